/* sched/alarm.h: letters that a task wants sent later, once or again and again.
 *
 *           alarm_set                    its time comes, to another
 *   (none) ----------> in the heap --------------------------------> over, or in the heap again
 *                        |     ^   \ to itself                        ^
 *             sched_alarm_take  \   +----> out, a TIMED record ------+
 *                        |       \         waits with its mail      its turn comes: it is heard
 *                        v        +--------------------------------- (again and again)
 *                       over
 *
 * A task's alarms are its own, as what it asks and owes: they belong to the running step, and
 * go where the task goes. The domain's wheel only knows when to look at the task
 * (sched/timer.h), which happens between two of its steps. One that is out is known by its
 * key: its record is a message only if the alarm is still there when its turn comes, so a
 * letter taken back is never handled. An alarm to its own task is out once at a time. */
#ifndef WEFT_SCHED_ALARM_H
#define WEFT_SCHED_ALARM_H

#include "lib/base/heap.h"
#include "sched/pool.h"
#include "sched/record.h"
#include "sched/slab.h"
#include "sched/wheel.h"

struct domain;
struct mailq;

enum { ALARM_SLOTS = 2 }; /* of a letter */

struct alarm {
    struct heap_node node; /* at: its time, in cycles */
    uint64_t key;
    uint64_t period;                   /* cycles; 0: once */
    uint8_t missed;                    /* enum sched_missed */
    bool out;                          /* to its own task: a record of it waits */
    struct record letter[ALARM_SLOTS]; /* a message, or RECORD_STOP, RECORD_KILL */
};
_Static_assert(sizeof(struct alarm) == 128, "a block of class POOL_128");

struct alarms {
    struct heap heap; /* those that are not out */
    struct slab slab; /* all: key -> {struct alarm *} */
    uint64_t order;
};

/* When a task is looked at, and for what besides its questions. */
struct timing {
    struct wheel_link link; /* in its domain's wheel, if the task's timer is armed */
    struct task *task;
    struct alarms *alarms; /* NULL: it has none */
};
_Static_assert(sizeof(struct timing) <= 64 && sizeof(struct alarms) <= 64,
               "blocks of class POOL_64");

static inline struct timing *timing_of_link(struct wheel_link *link)
{
    return (struct timing *)(void *)link;
}

/* The task's, made if it has none; NULL: no memory. The domain's holder, or the running step. */
struct timing *timing_make(struct pool *pool, struct mailq *q, struct task *t);
bool timing_is_idle(const struct timing *timing);
/* One that is idle, or NULL. */
void timing_free(struct pool *pool, struct timing *timing);

/* --- the domain's holder, between two steps of the task --- */

/* Sends what is due; when the next one is, or 0. */
uint64_t alarms_ring(struct domain *d, struct task *t, uint64_t now);
/* A TIMED record's turn has come: it becomes a message. False: it was taken back, and is over. */
bool alarm_heard(struct domain *d, struct task *t, struct record *m);
/* The task is over, and what it wanted sent with it. */
void alarms_end(struct domain *d, struct mailq *q);

#endif
