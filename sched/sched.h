/* sched/sched.h: what the scheduler offers to the floor above, and what it wants from it.
 *
 * It runs tasks and knows no actor: what a message is about, when a task ends, and what is
 * to be done with mail for nobody are the business of sched_ops. */
#ifndef WEFT_SCHED_SCHED_H
#define WEFT_SCHED_SCHED_H

#include "lib/base/memory.h"
#include "sched/record.h"
#include "sched/task.h"

#include <setjmp.h>

struct sched;
struct worker;
struct domain;
struct stock;
struct node;

/* Counters: plain words of one writer at a time, read by others a little late.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   CT1 last: store release, load acquire -> CT1: who sees this count sees all that was
 *             counted before it */
typedef _Atomic(uint64_t) counter;

static inline void counter_add(counter *c, uint64_t n)
{
    at_set(c, at_peek(c) + n); /* relaxed: one writer; readers want no order */
}

static inline void counter_add_last(counter *c, uint64_t n)
{
    at_store(c, at_peek(c) + n, release, CT1); /* relaxed: one writer */
}

/* The domain of tasks that are made outside: they spread by their traffic. */
enum { SCHED_HOME = 0 };

#define SOLO_OVER UINT64_MAX /* a count of messages that no task reaches */

enum sched_sent { SENT, SENT_NO_TASK, SENT_FOREIGN, SENT_NO_MEMORY, SENT_NO_ROOM };
/* LATE: an answer that nobody waits for any more. */
enum sched_dead {
    SCHED_NO_TASK,
    SCHED_ENDED,
    SCHED_NO_MEMORY,
    SCHED_LATE,
    SCHED_STASH_FULL,
    SCHED_FULL
};

struct tally {
    counter handled, remote, outside, published, stolen, moved, rescues, parks, wakes,
        held;
    counter spawned, over, ended, dead[16], returned; /* the floor above counts these, but
                                                        for the quick ways */
};

/* A step that does not end. */
struct sched_stuck {
    uint64_t id;          /* of its task */
    const void *behavior; /* the task's */
    uint64_t ns;          /* since it was seen first */
    uint32_t times;       /* that it was reported, this one included */
    int thread;           /* the kernel's number of its thread */
};

/* What the scheduler itself understands of a step's result. The verdict says more:
 *   NEXT_STASH     the message comes back when the task wants its stash back
 *   NEXT_STASH_FULL  ... or would, if there were room
 *   NEXT_LATER     {step, tag, word}: that step has a turn, with a message of the task's own
 *   NEXT_AWAIT     {step, deadline, deadline of its questions}: sched_question is asked
 *   NEXT_RECEIVE   {step, deadline, wanted}: the next message that wanted() wants */
enum {
    NEXT_STAY = 0,
    NEXT_YIELD = 0x57454601,
    NEXT_STASH,
    NEXT_STASH_FULL,
    NEXT_LATER,
    NEXT_AWAIT,
    NEXT_RECEIVE,
    NEXT_OTHERS /* from here on it asks sched_ops.next */
};
/* The tag of an answer that is a failure; its word is the error. */
#define SCHED_TAG_FAILURE 0xffff0001u
/* The tags of WATCH records that are about the task's end and about its start: the latter are
 * looked at in order, all others when they come. */
#define SCHED_TAG_ENDED   0xffff0002u
#define SCHED_TAG_STARTED 0xffff0003u

/* --- simulation (sched/sim.h): what is chosen, and what is told --- */

/* Where a choice is made. 0 is the plainest: go on as before, do nothing odd. */
enum sched_site {
    SITE_WHO,    /* which worker is played */
    SITE_TURNS,  /* for how many turns */
    SITE_BIRTH,  /* how far from its maker a task begins */
    SITE_STEAL,  /* where a thief looks first */
    SITE_WAKE,   /* which sleeper is woken */
    SITE_SHIFT,  /* whether work changes hands */
    SITE_SLOW,   /* whether a step is in the middle for a while */
    SITE_LENGTH, /* for how many plays */
    SITE_WATCH,  /* whether somebody looks after stuck steps */
    SITE_REACT,  /* turns until a thread outside sees its mail */
    SITE_MEMORY, /* whether there is none */
    SITE_DELAY,  /* whether a worker stands still, */
    SITE_WHICH,  /* and which one */
    SITE_CLOCK,  /* whether the clock jumps */
    SITE_OTHERS  /* from here on the floor above's */
};

enum sched_fault { FAULT_SLOW = 1, FAULT_MEMORY = 2, FAULT_DELAY = 4, FAULT_CLOCK = 8 };

enum { SCHED_SIM_WORKERS = 80 }; /* at most, with the relief */

/* A step, init or hook is over. */
struct sched_turn {
    uint64_t now; /* when it began; nanoseconds */
    uint64_t to, from;
    uint32_t tag;
    uint32_t worker;
    bool is_message; /* else a hook */
};

/* Who decides. Called by the thread that drives, sometimes with locks held: but for `between`
 * they must not call into the scheduler. */
struct sched_sim {
    /* 0 .. bound - 1; bound is 2 at least. of: for SITE_WHO the workers' numbers, else NULL.
     * NULL: it is always 0. */
    uint64_t (*choose)(void *context, enum sched_site site, uint64_t bound,
                       const uint32_t *of);
    void (*turn)(void *context, const struct sched_turn *turn);
    /* Before each play, also within a step that is in the middle; at_rest: nothing can run, and
     * the clock is to jump. It may do what a thread outside may, but for waiting. False: end
     * this drive. */
    bool (*between)(void *context, bool at_rest);
    void *context;
    unsigned faults;  /* enum sched_fault, added up */
    uint64_t turn_ns; /* that a turn takes */
};

/* Hooks into the floor above. Guard up and domain held, between two steps, unless it says
 * otherwise. */
struct sched_ops {
    /* A message for nobody: release it, count it. Any thread. */
    void (*dead)(struct sched *s, struct stock *stock, const struct record *r,
                 enum sched_dead why);
    /* A word could not be sent by a step: count it. Guard down. Returns an error code. */
    int (*unsent)(struct worker *w, const struct record *r, enum sched_sent why);
    /* A record for an id of this runtime that is no task's (id_kind). Unless it is SENT it is
     * still the caller's. Any thread, also in the middle of a step; guard up if it is one. */
    enum sched_sent (*elsewhere)(struct sched *s, struct stock *stock,
                                 const struct record *r);
    /* A message with a block was handled, or a question that is still open: release the
     * block, say that there is no answer. next: what the step returned. Any thread. */
    void (*handled)(struct sched *s, struct stock *stock, const struct record *r,
                    int next);
    /* An answer comes up that is not awaited: does the task still want it? */
    bool (*answered)(struct sched *s, struct stock *stock, struct task *t,
                     const struct record *r);
    /* A PROBE record came: answer it by whom the task awaits, and the reference. Any thread. */
    void (*probed)(struct sched *s, struct stock *stock, const struct record *r,
                   uint64_t callee, uint64_t ref);
    /* A WATCH or TIE record comes up, or has come: its sender wants to know when the task has
     * begun, or something is to be done when it ends. It may set TASK_SIGNALLED. */
    void (*watch)(struct sched *s, struct stock *stock, struct task *t,
                  const struct record *r);
    /* TASK_SIGNALLED was set, and is not any more: fills m (RECORD_SLOTS_MAX slots) with the
     * message that is to be handled now. False: there is none; the task may be over. */
    bool (*signal)(struct worker *w, struct task *t, struct record *m);
    /* Does the task handle its signals? Else one of them ends it. */
    bool (*handles_signals)(struct sched *s, struct task *t);
    /* Tells the task which of its questions' deadlines have come; the next one, or 0. */
    uint64_t (*expire)(struct domain *d, struct task *t, uint64_t now);
    /* Bytes of what a message with a block carries. Any thread. */
    uint64_t (*size)(const struct record *r);
    /* A START record: run the task's beginning; one with RECORD_MARK: once more, perhaps, with what
     * tree_wake was given for its word. */
    void (*start)(struct worker *w, struct task *t, const struct record *r);
    /* A step of t returned `next`, none of those below. */
    void (*next)(struct worker *w, struct task *t, int next, const uint64_t verdict[3]);
    /* A control record came: RECORD_STOP or RECORD_KILL; or RECORD_LAST: it has drained; or
     * RECORD_OVER: it ends, its children first, and there is something to do about them. */
    void (*control)(struct worker *w, struct task *t, enum record_kind kind);
    /* A child of t has begun (RECORD_BEGUN); is over, and is to leave its circle (RECORD_OVER); or
     * was put off by tree_put_off (RECORD_SKIP). Returns a step that is to hear it, NULL for none;
     * r: its message, without a payload yet. It may end t. */
    task_step (*news)(struct worker *w, struct task *t, struct task *child,
                      enum record_kind what, struct record *r);
    /* Threadless: there may be something to run, and nobody runs it. Any thread. */
    void (*wanted)(struct sched *s);
    /* A signal tells of a fault in the running step, or code of the task: what it is to have
     * returned. In the signal's handler. */
    int (*faulted)(struct worker *w, int number);
    /* A step does not end. The lookout's thread (sched/lookout.h). */
    void (*stuck)(struct sched *s, const struct sched_stuck *stuck);
    /* The thread of a solo's task, which somebody watches, has nothing to do after so many
     * messages, or the task is over (SOLO_OVER). False: no memory to say so, try again. */
    bool (*idle)(struct sched *s, uint64_t watcher, uint64_t task, uint64_t handled);
    /* Simulated, and nothing else can run: runs one of the functions that block. False: there
     * is none. */
    bool (*offloaded)(struct sched *s);
};

struct sched_options {
    uint32_t workers, relief; /* threads that have a domain; threads more, for rescues */
    uint32_t solos;           /* tasks with a thread of their own, at most */
    bool pin;
    bool threadless; /* one worker, no thread: see sched_drive */
    uint32_t tasks_max;
    uint64_t seed;
    uint64_t stuck_ns;  /* a step of this length is reported; 0: none is */
    uint64_t sample_ns; /* between two samples of what runs; 0: there are none */
    bool catch_faults;  /* sched/fault.h */
    /* Hooks that replace the clock (in cycles); NULL: the real one. */
    uint64_t (*now)(void *hook);
    void *hook;
    const struct sched_sim *sim; /* NULL: workers have threads, or one is driven */
};

/* Ids of tasks that live, at most as many as were ever made: walks the table. index: 0 at
 * first; returns 0 when there are no more. Any thread; who begins meanwhile may be missed. */
uint64_t sched_each(const struct sched *s, uint32_t *index);

/* Makes domains and workers and starts the threads. 0, or a negative error of
 * <weft/error.h> or errno. */
int sched_create(struct sched **ret, const struct sched_options *options,
                 const struct memory *memory, const struct sched_ops *ops, void *context,
                 uint64_t runtime);
/* Ends the threads, disposes of what mail there is, frees all. No step may be running. */
void sched_destroy(struct sched *s);
void *sched_context(const struct sched *s);
/* A sum over all tallies; `offset` is offsetof(struct tally, member). */
uint64_t sched_sum(const struct sched *s, size_t offset);

/* --- threadless: the caller is the worker --- */

/* False: somebody else is. Any thread. */
bool sched_drive_begin(struct sched *s);
void sched_drive_end(struct sched *s);
/* In between: runs about `budget` turns, or until nothing can run; returns how many. */
uint64_t sched_drive(struct sched *s, uint32_t budget);
/* Nanoseconds until a timer wants a look; UINT64_MAX: there is none. */
uint64_t sched_wait_ns(const struct sched *s);

/* --- simulated: the same for all workers --- */

/* Plays until so many turns have run, or the time has come, or nothing can happen before that:
 * then that is the time. Returns how many ran. */
uint64_t sched_sim_drive(struct sched *s, uint64_t turns, uint64_t until);
/* True if nothing can run now. */
bool sched_sim_rests(const struct sched *s);
/* When something will be possible that is not now; 0: never. */
uint64_t sched_sim_next(const struct sched *s);
uint64_t sched_sim_choose(const struct sched *s, enum sched_site site, uint64_t bound);
/* From here on every choice is 0, and nothing fails. */
void sched_sim_plain(struct sched *s);
/* Where a task made in `home` is to begin: there, unless this is a simulation. */
uint32_t sched_birthplace(const struct sched *s, uint32_t home);
/* The same for one that the running step makes. False: in the worker's own domain. */
bool sched_is_apart(struct worker *w, uint32_t *domain);
/* Whose answer a task awaits; 0: nobody's. Only where nothing else runs. */
uint64_t sched_awaited(const struct sched *s, uint64_t id);
/* The time that sched_deadline counts from, in nanoseconds, of a simulation. */
uint64_t sched_clock(const struct sched *s);
bool sched_is_simulated(const struct sched *s);

/* Steps that did not end in time, each counted once. */
uint64_t sched_stuck_steps(const struct sched *s);
/* The next behaviour of which a step was seen, index: 0 at first; NULL: no more. *ns: what
 * its steps took, estimated from so many *looks. Any thread. */
const void *sched_sample(const struct sched *s, uint32_t *index, uint64_t *ns,
                         uint64_t *looks);
/* The same of one task. Who checks behind that that it lives knows that it is its own. */
uint64_t sched_sampled_ns(const struct sched *s, uint64_t id);

/* --- inside a step or an op --- */

/* Sends one word. Returns 0, or what ops->unsent returned. */
int sched_send_word(struct worker *w, uint64_t to, uint64_t head, uint64_t word);
/* r is a whole record with its slots. On an error the message is still the caller's. */
enum sched_sent sched_send(struct worker *w, const struct record *r);

/* The same past the limit of a mailbox that has refused it (SENT_NO_ROOM): if that is a rule of
 * the mailbox, and the running task is held for it behind the step (sched/pressure.h). */
enum sched_sent sched_send_past(struct worker *w, struct record *r);

/* Answers an open question by a word (head: that of an answer of two slots), if that takes no
 * more than a message; false: sched_send has to do it. */
bool sched_answer_word(struct worker *w, struct record *question, uint64_t head,
                       uint64_t word);

/* What the tasks of a behaviour have in common. The floor above keeps here what it has found
 * out about the behaviours of the last tasks, so that it need not look again for each. */
struct sched_kind {
    const void *behavior; /* NULL: none yet */
    task_step step;       /* the first */
    bool plain;           /* sched/spawn.h will do: no state or one that fits its slot, */
    bool state;           /* ... which there is, */
    uint8_t words;        /* ... and begins with so many words that the spawner gives */
};
/* A new task of the worker's domain; NULL if there is no slot. The caller fills in step,
 * state and behaviour, then calls sched_spawned. */
struct task *sched_task_new(struct worker *w);
/* start: NULL, or a record that is to be the task's first (RECORD_START). False if there is
 * no memory for it: then sched_undo. */
bool sched_spawned(struct worker *w, struct task *t, const struct record *start);

/* What a task wants of its mailbox. */
enum sched_overflow {
    SCHED_REFUSE,
    SCHED_DROP_NEWEST,
    SCHED_DROP_OLDEST,
    SCHED_STOP,
    SCHED_HOLD /* refuses, but what refuses may be sent past its limit */
};
struct sched_mailbox {
    uint64_t max, bytes_max; /* messages that wait, bytes of theirs; 0: any number */
    enum sched_overflow overflow;
    /* A message's priority, 0 to 3, the highest first; NULL: none has one. Called when it is
     * queued, with the guard up. */
    unsigned (*rank)(const struct weft_msg *msg);
};
/* Before sched_spawned or sched_outside_spawned. False: no memory. */
bool sched_mailbox(struct sched *s, struct stock *stock, struct task *t,
                   const struct sched_mailbox *box);
/* Is the task to be stopped because its mailbox overflowed? In an op. */
bool sched_overflown(const struct sched *s, const struct task *t);

/* The task is over: from sched_close on, mail for it is dead, its queue's at once. After
 * sched_free its slot is free, as soon as nobody can be looking at it. In an op only. */
void sched_close(struct worker *w, struct task *t);
void sched_free(struct worker *w, struct task *t);
/* Both at once, and counted as over and ended, for a task about whose end nobody has to be
 * told, and that leaves nothing behind but its slot. */
void sched_end(struct worker *w, struct task *t);

/* The id of a task, and the room for its state beside it (TASK_INLINE_STATE bytes). */
uint64_t sched_id(const struct sched *s, const struct task *t);
void *sched_slot_state(struct task *t);
/* True if a flag of the word (id.h) is set; sets one that is the floor above's. */
bool sched_has(const struct task *t, uint64_t flag);
void sched_set(struct task *t, uint64_t flag);
/* What a running step may touch of its task: what it has asked and owes (sched/slab.h), whom
 * it is tied to, its stash; made if it is missing. NULL: no memory. The stock is that of stock_enter. */
struct talk_part {
    struct slab *asks, *debts;
    void **ties;
    uint64_t stashed; /* messages */
};
bool sched_talk(struct worker *w, struct stock *stock, struct talk_part *part);
/* The same of any task, by the holder of its domain: in an op. */
bool sched_talk_make(struct sched *s, struct stock *stock, struct task *t,
                     struct talk_part *part);
/* False: it has none. */
bool sched_talk_of(struct sched *s, struct task *t, struct talk_part *part);
/* The stash comes back when the running step is over. */
void sched_unstash(struct worker *w);
/* True if the running task has that for certain: it has just waited. */
bool sched_handles_answer(struct worker *w);
/* Room for NEXT_LATER or NEXT_RECEIVE of the running task. False: no memory. */
bool sched_make_room(struct worker *w);
/* In an op: does what a hook returned, as behind a step; undoes RECORD_STOP. */
void sched_settle(struct worker *w, struct task *t, int next, const uint64_t verdict[3]);
void sched_stays(struct worker *w, struct task *t);
/* There is something to look at behind the running step, even if it just stays. */
void sched_look_behind(struct worker *w);
/* A question that was written down and is not asked: it is dead. Some time behind the step. */
void sched_unask(struct sched *s, struct stock *stock, struct record *question);
/* Where a step writes down what NEXT_AWAIT is to ask: RECORD_SLOTS_MAX slots. */
struct record *sched_question(struct worker *w);
/* A number that no other call gave; for keys. The stock is that of stock_enter. */
uint64_t sched_serial(struct stock *stock);
/* Time: a deadline in cycles for a timeout; and the one that the running step's questions
 * have to keep to, 0: none. */
uint64_t sched_deadline(struct sched *s, uint64_t timeout_ns);
uint64_t *sched_inherited(struct worker *w);
/* Nanoseconds until then; 0: it is past. */
uint64_t sched_until(const struct sched *s, uint64_t deadline);
/* What the floor above said that the running task is made of. */
const void *sched_behavior(struct worker *w);
/* The running task has a question with this deadline: its timer is set. False: no memory. */
bool sched_remind(struct worker *w, uint64_t deadline);
/* --- letters that are sent later (sched/alarm.h); in a step --- */

/* What becomes of the times of a repeated letter that have passed when it is sent, or heard by
 * the task itself: the next is at the first one to come, at the next one at once, or a period
 * later. */
enum sched_missed { SCHED_SKIP, SCHED_CATCH_UP, SCHED_DELAY };
enum sched_alarm_error { SCHED_ALARM_NO_MEMORY, SCHED_ALARM_FULL };
struct sched_alarm {
    uint64_t at, period; /* cycles; period 0: once */
    enum sched_missed missed;
    uint64_t max; /* that the task may have */
};
/* letter: a message (one that repeats owns nothing), STOP or KILL; two slots. Returns its key,
 * or 0: *why says why. */
uint64_t sched_alarm_set(struct worker *w, const struct sched_alarm *how,
                         const struct record *letter, enum sched_alarm_error *why);
/* It will not be handled; if its letter carries a block, that record is the caller's, else its
 * head is 0. False: it was handled, or there is none. */
bool sched_alarm_take(struct worker *w, uint64_t key, struct record *letter);
/* When it goes off, in cycles; 0: there is none. */
uint64_t sched_alarm_at(struct worker *w, uint64_t key);
/* How many the running task has. */
uint32_t sched_alarms(struct worker *w);
/* In an op: the task has none any more. */
void sched_alarms_end(struct worker *w, struct task *t);
/* Cycles in so many ns, less than can be told from the past. */
uint64_t sched_span(const struct sched *s, uint64_t ns);
/* Nanoseconds since the scheduler was made, by the clock that deadlines keep to. Any thread. */
uint64_t sched_time(const struct sched *s);

/* In expire: a message for the task, in order of arrival. False: no memory. */
bool sched_tell(struct domain *d, struct task *t, const struct record *r);
struct sched *sched_of_domain(struct domain *d);
/* From ops that have a stock, to anybody, on any thread. */
enum sched_sent sched_push(struct sched *s, struct stock *stock, const struct record *r);
/* The running task's next step. */
void sched_become(struct worker *w, task_step step);

/* Around code of the task that runs in an op (its start, its stop hook): the guard is down
 * between them, as in a step. end returns false if the domain was lost meanwhile: the caller
 * must touch nothing any more, and the domain's holder calls ops->next with `next`. */
void sched_code_begin(struct worker *w, struct task *t);
bool sched_code_end(struct worker *w, struct task *t, int next);

/* Leaves the running step, or such code, at any depth; nothing between is unwound. A step is as
 * if it had returned `next`. Code in an op sets a place of its own to go on at, by setjmp, and
 * the one that was before behind it; sched_code_end follows in either case. */
_Noreturn void sched_unwind(struct worker *w, int next);
jmp_buf *sched_unwind_to(struct worker *w, jmp_buf *here);

/* Has the running task been asked to stop, or killed? */
bool sched_asked_to_end(struct worker *w);
uint64_t sched_running(const struct worker *w);
struct task *sched_running_task(struct worker *w);
struct sched *sched_of(const struct worker *w);
uint64_t *sched_verdict(struct worker *w);
uint64_t sched_random(struct worker *w, uint64_t below);
/* Memory and counters of the place where a step works: its domain's or, if it has lost that,
 * a lane's, which is locked until stock_leave. */
struct stock *stock_enter(struct worker *w, bool *lane);
void stock_leave(struct worker *w, struct stock *stock, bool lane);
struct pool *stock_pool(struct stock *stock);
struct tally *stock_tally(struct stock *stock);
/* The domain's, in an op. */
struct stock *sched_stock(struct worker *w);

/* --- from any thread --- */

enum sched_sent sched_post(struct sched *s, const struct record *r);
/* Memory for one message to come, so that sending it cannot fail for want of it; NULL if there
 * is none now. */
struct node *sched_envelope_new(struct sched *s);
void sched_envelope_free(struct sched *s, struct node *envelope);
/* Sends r, of two slots or more, in an envelope, which goes with it. What is for nobody is
 * dead, with its block: that is the only other result. */
enum sched_sent sched_post_in(struct sched *s, struct node *envelope,
                              const struct record *r);
/* The same where one has a stock: in an op, in a step between stock_enter and stock_leave. */
enum sched_sent sched_push_in(struct sched *s, struct stock *stock, struct node *envelope,
                              const struct record *r);
/* As sched_post from a step, behind all that it has sent. */
enum sched_sent sched_post_behind(struct worker *w, const struct record *r);
struct stock *lane_enter(struct sched *s);
void lane_leave(struct sched *s, struct stock *stock);
/* True if the id names a living task. Any thread. */
bool sched_alive(const struct sched *s, uint64_t id);
/* True if it is some other's child (sched/tree.h). Any thread. */
bool sched_has_parent(const struct sched *s, uint64_t id);
/* True if as many tasks live as are allowed. */
bool sched_is_full(const struct sched *s);
/* A new task that was never shown to anybody goes back. */
void sched_undo(struct stock *stock, struct task *t);
/* As sched_task_new and sched_spawned, with a lane's stock, in SCHED_HOME or a solo's domain. */
struct task *sched_outside_new(struct sched *s, struct stock *stock, uint32_t domain);
bool sched_outside_spawned(struct sched *s, struct stock *stock, struct task *t,
                           const struct record *start);

/* --- tasks with a thread of their own (sched/solo.h); any thread --- */

/* Starts a thread for one task; watcher: whom ops->idle is called for, or 0. Returns its domain,
 * or WEFT_ELIMIT (so many are open), WEFT_ENOMEM, a negated errno. Ends with its task. */
int sched_solo_open(struct sched *s, uint64_t watcher);
/* Its task was spawned; or there is none after all. */
void sched_solo_opened(struct sched *s, int domain, bool spawned);
/* True for such a thread: what it makes is to live elsewhere. */
bool sched_is_solo(const struct worker *w);
/* How many are open. */
uint32_t sched_solos(struct sched *s);

#endif
