/* lib/sup/sup.h: the supervisor as an actor.
 *
 * A supervisor does one thing after the other, each a little at a time: it stops those children
 * that are to be stopped, the youngest first; when there are none it starts those that are to be
 * started, the oldest first. What is to be stopped and started is decided when a child ends, by
 * the strategy, or when somebody asks; work() then goes on with it, after every event and when
 * its time has come.
 *
 *            start            it has begun        told to stop
 *   WAITING ------> STARTING -------------> RUNNING ---------> STOPPING
 *     ^                |                       |                  |
 *     |                +---- it has ended -----+------------------+
 *     +------ to start again ------+-----------> ABSENT, or it is forgotten
 *
 * Children that last (lib/actor/family.h) keep their pids meanwhile: they are dormant. If one is not
 * to start again it is told to end for good, and then it has ended. */
#ifndef WEFT_SUP_SUP_H
#define WEFT_SUP_SUP_H

#include "lib/actor/family.h"

#include <weft/call.h>
#include <weft/supervisor.h>

enum { SUP_ARGS = WEFT_SMALL_MAX / 8, RETRY_NS = 1000000 };
#define TAG_ANSWER (WEFT_TAG_RESERVED + 63u)

/* What somebody waits for. */
enum wanted { WANTED_NOTHING, WANTED_PID, WANTED_STOPPED, WANTED_REMOVED };

struct sup_child {
    weft_child spec;
    weft_pid pid;                      /* as long as it lives */
    uint64_t key;                      /* of one of the pool */
    struct sup_child *older, *younger; /* in the order of start */
    struct sup_child *next_waiting;
    struct sup_child *next_by_pid, *next_by_key; /* in their chains */
    uint64_t due; /* in cycles. WAITING: until then; STOPPING: to be killed; 0: neither */
    uint64_t settled;  /* in cycles: its failures are forgotten then */
    uint32_t failures; /* since it was settled last */
    uint32_t restarts;
    uint8_t status;      /* enum weft_sup_status */
    uint8_t wanted;      /* enum wanted, by `asker` */
    bool to_stop, again; /* and to be started again behind that */
    bool adding; /* it was added, and has not begun: it is forgotten if it fails to */
    bool pooled, keyed;
    bool lasts;          /* it keeps its pid */
    bool ends;           /* it has fallen, and is told to end for good */
    uint32_t place;      /* in the supervisor's table; others: behind its end */
    weft_question ready; /* a supervisor is asked when it is */
    weft_due asker;
    uint64_t args[SUP_ARGS]; /* of one of the pool */
};

/* A table of children by a number; chains are as long as memory is short. */
struct sup_table {
    struct sup_child **chains;
    uint32_t size, count;
    bool by_key; /* else by pid */
};

struct sup {
    const weft_supervisor *spec;
    weft_runtime *rt;
    struct sup_child *oldest, *youngest;
    struct sup_child *waiting, *last_waiting; /* to be started, in this order */
    struct sup_child *starting;               /* in order: nobody else starts meanwhile */
    struct sup_child *stopping;               /* nothing else is done meanwhile */
    struct sup_table by_pid, by_key;
    uint32_t known, running, to_stop;
    bool regroup;       /* those to be started again are to wait, when all are stopped */
    bool ready;         /* all of the table had begun */
    uint64_t group_due; /* in cycles: not before; 0: at once */
    uint64_t restarts;
    uint64_t *times; /* when the last `intensity` restarts are no matter any more */
    uint32_t intensity, next_time;
    weft_due *askers; /* who waits until it is ready */
    uint32_t n_askers;
    _Atomic(weft_pid) *pids; /* of the table's children, for siblings: relaxed */
};

/* --- lib/sup/children.c --- */

/* A child more, the youngest; the spec is copied. NULL: no memory. */
struct sup_child *sup_child_new(struct sup *sup, const weft_child *spec);
/* It is known no more; with its args. */
void sup_child_free(struct sup *sup, struct sup_child *c);
/* False: no memory. */
bool sup_table_begin(struct sup *sup, struct sup_table *table);
/* Its pid has changed: it is found by the new one, by none if it is NOBODY. */
void sup_set_pid(struct sup *sup, struct sup_child *c, weft_pid pid);
bool sup_set_key(struct sup *sup, struct sup_child *c, uint64_t key);
struct sup_child *sup_by_pid(const struct sup *sup, weft_pid pid);
struct sup_child *sup_by_key(const struct sup *sup, uint64_t key);
struct sup_child *sup_by_id(const struct sup *sup, const char *id);
/* The queue of those that wait to be started. */
void sup_wait(struct sup *sup, struct sup_child *c, uint64_t due);
void sup_wait_no_more(struct sup *sup, struct sup_child *c);
/* Frees all. */
void sup_done(struct sup *sup);

/* --- lib/sup/restart.c: what is decided when a child has ended --- */

/* False: too often, the supervisor is to fail. */
bool sup_may_restart(weft_self *self, struct sup *sup);
/* In cycles; 0: at once. */
uint64_t sup_backoff(weft_self *self, struct sup *sup, struct sup_child *c);
/* It has begun: after a while its failures are forgotten. */
void sup_begun(weft_self *self, struct sup *sup, struct sup_child *c);
/* Who else is to be stopped and started again. */
void sup_apply(struct sup *sup, struct sup_child *c);
void sup_to_stop(struct sup *sup, struct sup_child *c, bool again);

/* --- lib/sup/work.c: doing it --- */

/* Goes on; what the step or hook returns. */
weft_next sup_work(weft_self *self, struct sup *sup);
/* A child has begun, or ended. */
weft_next sup_hear(weft_self *self, void *state, weft_child_event *event);
/* It has begun. */
void sup_child_begun(weft_self *self, struct sup *sup, struct sup_child *c);
/* It gets a pid, as a dormant actor if it lasts. Starts one now. Error codes. */
int sup_spawn(weft_self *self, struct sup *sup, struct sup_child *c);
int sup_start(weft_self *self, struct sup *sup, struct sup_child *c);
/* Tells who waits for the child, if anybody does. error: 0: it is as wanted. */
void sup_answer(weft_self *self, struct sup_child *c, int error);
/* The same, and it is known no more. */
void sup_forget(weft_self *self, struct sup *sup, struct sup_child *c, int error);

/* --- lib/sup/ask.c --- */

/* The supervisor's step. */
weft_next sup_asked(weft_self *self, void *state, weft_msg *msg);
void sup_is_ready(weft_self *self, struct sup *sup);
/* A child that is a supervisor has begun when its children have. False: no memory. */
bool sup_ask_ready(weft_self *self, struct sup_child *c);

/* --- lib/sup/supervisor.c --- */

extern const weft_behavior sup_behavior;
bool sup_spec_is_sound(const weft_child *c);

#endif
