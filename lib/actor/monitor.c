/* lib/actor/monitor.c: monitors: ties of which one side only hears. */
#include "lib/actor/tie.h"

#include "sched/inbox.h"

#include <weft/monitor.h>

static uint64_t monitor(struct place p, struct stock *stock, weft_pid pid)
{
    struct node *half[2];
    struct ties *ties = tie_begin(p.worker, stock, TIE_WATCHES, TIE_WATCHED, pid, half);

    if (ties == NULL)
        return 0;
    ties_add(p.sched, stock, ties, half[0]);
    tie_send(p.sched, stock, half[1], TIE_WATCHED);
    return record_call(&half[0]->record)->ref;
}

int weft_monitor(weft_self *self, weft_pid pid, weft_watch *ret_watch)
{
    struct place p = place_inside(self);
    int error = tie_refuses(self, pid);
    uint64_t key = 0;

    if (error == 0) {
        bool lane;
        struct stock *stock = place_enter(p, &lane);

        key = monitor(p, stock, pid);
        place_leave(p, stock, lane);
        error = key != 0 ? WEFT_OK : WEFT_ENOMEM;
    }
    if (ret_watch != NULL)
        *ret_watch = key;
    return error;
}

int weft_demonitor(weft_self *self, weft_watch watch)
{
    struct place p = place_inside(self);
    struct node *half = NULL;
    struct talk_part part;
    bool lane;
    struct stock *stock = place_enter(p, &lane);

    if (sched_talk_of(p.sched, sched_running_task(p.worker), &part) && *part.ties != NULL)
        half = ties_take(*part.ties, TIE_WATCHES, watch, 0);
    if (half != NULL) {
        tie_send(p.sched, stock, half, TIE_UNWATCH);
        ties_rest(p.sched, stock, &part);
    }
    place_leave(p, stock, lane);
    return half != NULL ? WEFT_OK : WEFT_EINVAL;
}

bool weft_down_get(const weft_msg *msg, weft_down *down)
{
    const struct record *r = record_of(msg);

    if (record_tag(r) != WEFT_TAG_DOWN || record_slots(r) < 2)
        return false;
    down->pid = r->from;
    down->watch = record_is_answer(r) ? record_call(r)->ref : 0;
    down->reason = reason_read(r);
    return true;
}
