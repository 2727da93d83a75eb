/* lib/actor/link.c: links: ties of which both sides hear. */
#include "lib/actor/tie.h"

#include "sched/inbox.h"

#include <weft/link.h>

/* The running actor's ties; NULL: it has none. */
static struct ties *own_ties(struct place p, struct talk_part *part)
{
    return sched_talk_of(p.sched, sched_running_task(p.worker), part) ? *part->ties
                                                                      : NULL;
}

static int make_link(struct place p, struct stock *stock, weft_pid pid)
{
    struct talk_part part;
    struct ties *ties = own_ties(p, &part);
    struct node *half[2];

    if (ties != NULL && ties_any(ties, TIE_LINKED, pid))
        return WEFT_OK;
    ties = tie_begin(p.worker, stock, TIE_LINKED, TIE_LINKED, pid, half);
    if (ties == NULL)
        return WEFT_ENOMEM;
    ties_add(p.sched, stock, ties, half[0]);
    tie_send(p.sched, stock, half[1], TIE_LINKED);
    return WEFT_OK;
}

int weft_link(weft_self *self, weft_pid pid)
{
    struct place p = place_inside(self);
    int error = tie_refuses(self, pid);
    struct stock *stock;
    bool lane;

    if (error < 0 || pid == weft_self_pid(self))
        return error;
    stock = place_enter(p, &lane);
    error = make_link(p, stock, pid);
    place_leave(p, stock, lane);
    return error;
}

int weft_unlink(weft_self *self, weft_pid pid)
{
    struct place p = place_inside(self);
    struct talk_part part;
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct ties *ties = own_ties(p, &part);
    struct node *half;

    if (ties != NULL) {
        ties_forget(stock, ties, pid);
        while ((half = ties_take(ties, TIE_LINKED, pid, 0)) != NULL)
            tie_send(p.sched, stock, half, TIE_UNLINK);
        ties_rest(p.sched, stock, &part);
    }
    place_leave(p, stock, lane);
    return WEFT_OK;
}

int weft_trap_exits(weft_self *self, bool on)
{
    struct place p = place_inside(self);
    struct talk_part part;
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct ties *ties = own_ties(p, &part);

    if (ties == NULL && on && sched_talk(p.worker, stock, &part))
        ties = ties_make(stock, &part);
    if (ties != NULL) {
        ties->traps = on;
        ties_rest(p.sched, stock, &part);
    }
    place_leave(p, stock, lane);
    return ties != NULL || !on ? WEFT_OK : WEFT_ENOMEM;
}

/* --- an actor that is linked from the first --- */

/* The actor was spawned with its half, or not; this one's follows. */
static void spawned(struct place p, int error, weft_pid pid, struct node *half[2])
{
    struct talk_part part;
    bool lane;
    struct stock *stock = place_enter(p, &lane);

    if (error == 0) {
        half[0]->record.to = pid;
        ties_add(p.sched, stock, own_ties(p, &part), half[0]);
    } else {
        tie_free(stock, half[0]);
        tie_free(stock, half[1]);
    }
    place_leave(p, stock, lane);
}

int weft_spawn_link(weft_self *self, const weft_behavior *behavior, const void *args,
                    weft_pid *ret_pid)
{
    struct place p = place_inside(self);
    struct node *half[2];
    weft_pid pid = WEFT_NOBODY;
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct ties *ties =
        tie_begin(p.worker, stock, TIE_LINKED, TIE_LINKED, WEFT_NOBODY, half);
    int error = WEFT_ENOMEM;

    place_leave(p, stock, lane);
    if (ties != NULL) {
        error = actor_spawn_tied(self, behavior, args, half[1], &pid);
        spawned(p, error, pid, half);
    }
    if (ret_pid != NULL)
        *ret_pid = pid;
    return error;
}

bool weft_link_exit_get(const weft_msg *msg, weft_link_exit *exit)
{
    const struct record *r = record_of(msg);

    if (record_tag(r) != WEFT_TAG_LINK_EXIT || record_slots(r) < 2)
        return false;
    exit->pid = r->from;
    exit->reason = reason_read(r);
    return true;
}
