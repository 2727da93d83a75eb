/* seeing.c: what a running program shows of itself.
 *
 * A clerk works hard, another one little; a letter goes to somebody who has left; and a step
 * does not come back until it has been noticed. Main looks at all of it. */
#include <inttypes.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <weft.h>

enum { TAG_WORK = 1, TAG_LETTER, TAG_HANG, CLERKS = 3, MANY = 200000 };

/* --- hooks: called on the runtime's threads --- */

static sem_t noticed, done;
static atomic_uint dead_letters;
static _Atomic(weft_pid) stuck_pid;
static const weft_behavior sloth;

/* Locks may be held: it does no more than count. */
static void on_dead_letter(void *context, const weft_dead_info *dead)
{
    (void)context;
    if (dead->tag == TAG_LETTER)
        atomic_fetch_add(&dead_letters, 1);
}

/* Here a program would write to its log, or end the actor with weft_rt_kill_actor. */
static void on_stuck(void *context, const weft_stuck_info *stuck)
{
    (void)context;
    if (stuck->times > 1)
        return;
    printf("stuck:  %s, for %" PRIu64 " ms and more\n", stuck->behavior,
           stuck->elapsed_ns / 1000000);
    if (strcmp(stuck->behavior, sloth.name) != 0)
        return; /* the machine was busy elsewhere */
    atomic_store(&stuck_pid, stuck->pid);
    sem_post(&noticed);
}

/* --- actors --- */

/* Passes its work on to itself, until there is none left. */
static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_word(msg) > 0)
        weft_cast_word(self, weft_self_pid(self), TAG_WORK, weft_word(msg) - 1);
    else
        sem_post(&done);
    return weft_stay(self);
}

/* Waits for what only comes because it waits. */
static weft_next hanging(weft_self *self, void *state, weft_msg *msg)
{
    (void)self, (void)state, (void)msg;
    while (sem_wait(&noticed) != 0)
        continue;
    sem_post(&done);
    return weft_stay(self);
}

static const weft_behavior clerk = WEFT_STATELESS("clerk", working);
static const weft_behavior sloth = WEFT_STATELESS("sloth", hanging);

/* --- looking --- */

/* The actor that has taken most messages. */
static weft_pid busiest(const weft_runtime *rt)
{
    weft_cursor cursor = {0};
    weft_actor_info info = {.size = sizeof info};
    weft_pid pid, most_pid = WEFT_NOBODY;
    uint32_t most = 0;
    char text[WEFT_PID_TEXT];

    while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY) {
        if (weft_actor_read(rt, pid, &info) < 0) /* it has ended */
            continue;
        printf("actor:  %s %s, %s, took %" PRIu32 ", %" PRIu32 " wait, %zu bytes\n",
               info.behavior, weft_pid_text(pid, text), weft_life_text(info.life),
               info.taken, info.waiting, info.memory);
        if (info.taken > most) {
            most = info.taken;
            most_pid = pid;
        }
    }
    return most_pid;
}

static void show_workers(const weft_runtime *rt)
{
    static const char *const text[] = {"idle", "active", "stuck"};
    weft_worker_info info = {.size = sizeof info};

    for (uint32_t i = 0; i < weft_workers(rt); i++)
        if (weft_worker_read(rt, i, &info) == 0)
            printf("worker: %" PRIu32 " %s, handled %" PRIu64 "\n", i,
                   text[info.activity], info.handled);
}

static void show_behaviors(const weft_runtime *rt)
{
    weft_cursor cursor = {0};
    weft_behavior_info info = {.size = sizeof info};

    while (weft_behavior_next(rt, &cursor, &info))
        printf("time:   %s %" PRIu64 " ms, by %" PRIu64 " looks\n", info.name,
               info.busy_ns / 1000000, info.looks);
}

/* --- the play --- */

static void wait_for(sem_t *what, int times)
{
    while (times > 0)
        times -= sem_wait(what) == 0;
}

static int play(weft_runtime *rt, weft_pid clerks[CLERKS], weft_pid *hangs)
{
    for (int i = 0; i < CLERKS; i++)
        if (weft_rt_spawn(rt, &clerk, NULL, &clerks[i]) < 0)
            return -1;
    if (weft_rt_spawn(rt, &sloth, NULL, hangs) < 0)
        return -1;
    weft_rt_cast_word(rt, clerks[0], TAG_WORK, MANY);
    weft_rt_cast_word(rt, clerks[1], TAG_WORK, MANY / 100);
    weft_rt_kill_actor(rt, clerks[2]);
    wait_for(&done, 2);
    while (weft_rt_cast_word(rt, clerks[2], TAG_LETTER, 0) == 0)
        continue; /* it has not quite left yet: these will be dead letters too */
    weft_rt_cast_word(rt, *hangs, TAG_HANG, 0);
    wait_for(&done, 1);
    return 0;
}

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid clerks[CLERKS], hangs, most = WEFT_NOBODY;
    weft_options options;
    weft_stats stats;
    int code;

    weft_options_init(&options);
    options.on_dead_letter = on_dead_letter;
    options.on_stuck = on_stuck;
    options.stuck_ns = WEFT_MS(20);
    if (sem_init(&noticed, 0, 0) < 0 || sem_init(&done, 0, 0) < 0 ||
        weft_start(&rt, &options) < 0)
        return 1;
    code = play(rt, clerks, &hangs);
    if (code == 0) {
        most = busiest(rt);
        show_workers(rt);
        show_behaviors(rt);
    }
    weft_stats_read(rt, &stats);
    printf("dead letters: %u, stuck steps: %" PRIu64 "\n", atomic_load(&dead_letters),
           stats.stuck);
    if (weft_finish(rt, WEFT_SEC(30)) < 0 || code < 0)
        return 1;
    return most == clerks[0] && atomic_load(&dead_letters) > 0 && stats.stuck > 0 &&
                   atomic_load(&stuck_pid) == hangs
               ? 0
               : 1;
}
