/* lib/sim/circle.c: actors that await each other when nothing can run.
 *
 * Each awaits one other, so from any of them there is one way to go. It is followed by a slow
 * and a fast foot (Floyd): they meet in a circle, or the way ends at somebody who awaits nobody.
 * That is a fault at the end of all, when nobody will ever answer. */
#include "lib/sim/run.h"

static weft_pid awaited(const struct run *run, weft_pid pid)
{
    return pid != WEFT_NOBODY ? weft_sim_awaited(run->rt, pid) : WEFT_NOBODY;
}

/* Somebody in the circle that the way from pid leads into; WEFT_NOBODY: it leads into none. */
static weft_pid in_circle(const struct run *run, weft_pid pid)
{
    weft_pid slow = pid, fast = awaited(run, pid);

    while (fast != WEFT_NOBODY && fast != slow) {
        slow = awaited(run, slow);
        fast = awaited(run, awaited(run, fast));
    }
    return fast;
}

static void add(struct run *run, weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};
    unsigned at = run->circle_size++;

    if (at >= WEFT_SIM_CIRCLE)
        return;
    run->circle[at] = pid;
    run->circle_name[at] =
        weft_actor_read(run->rt, pid, &info) == 0 ? info.behavior : "not there any more";
}

static void write_circle(struct run *run, weft_pid first)
{
    weft_pid pid = first;

    run->circle_open = false;
    do {
        add(run, pid);
        pid = awaited(run, pid);
    } while (pid != first);
}

static void write_chain(struct run *run, weft_pid first)
{
    run->circle_open = true;
    for (weft_pid pid = first; pid != WEFT_NOBODY; pid = awaited(run, pid))
        add(run, pid);
}

void run_look_for_circles(struct run *run, bool at_the_end)
{
    weft_cursor cursor = {0};
    weft_pid pid, member;

    while (run->verdict == WEFT_SIM_HELD &&
           (pid = weft_actor_next(run->rt, &cursor)) != WEFT_NOBODY) {
        if (awaited(run, pid) == WEFT_NOBODY)
            continue;
        member = in_circle(run, pid);
        if (member != WEFT_NOBODY)
            write_circle(run, member);
        else if (at_the_end)
            write_chain(run, pid);
        if (run->circle_size > 0)
            run_fail(run, WEFT_SIM_DEADLOCK, 0);
    }
}
