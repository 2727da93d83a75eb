/* lib/actor/family.c: what an actor hears of its children, and how they end with it.
 *
 * Their end is a walk over the tree, the youngest first, of which each actor does one step for
 * each of its children: it tells one to stop, and when that is over the next; then its stop hook
 * runs, and it is over. So the walk takes no stack, and its pieces are turns like others. Who is
 * killed kills all its children at once: no hook runs, so there is no order to keep. */
#include "lib/actor/family.h"

#include "lib/actor/call.h"
#include "sched/adopt.h"
#include "sched/pressure.h"

#include <string.h>

/* Of kin.phase: the stop hook is to run behind the children's end; they are killed. */
enum { PHASE_HOOK = KIN_PHASES, PHASE_KILLS = KIN_PHASES << 1 };

/* --- reasons --- */

static void why_write(struct kin *k, const weft_reason *reason)
{
    k->note.word = (uint64_t)(uintptr_t)reason->text;
    k->code = reason->code;
    k->exit = (uint8_t)reason->exit;
    k->hook = (uint8_t)reason->hook;
}

static weft_reason why_read(const struct sched *s, const struct task *t)
{
    const struct kin *k = task_kin(s, t);
    const weft_behavior *b = task_behavior(t);

    return (weft_reason){.exit = (enum weft_exit_kind)k->exit,
                         .hook = (enum weft_hook)k->hook,
                         .code = k->code,
                         .text = (const char *)(uintptr_t)k->note.word,
                         .behavior = b->name};
}

static const char *const exits[] = {
    [WEFT_EXIT_NORMAL] = "normal",
    [WEFT_EXIT_STOPPED] = "stopped",
    [WEFT_EXIT_KILLED] = "killed",
    [WEFT_EXIT_FAILED] = "failed",
    [WEFT_EXIT_SHUTDOWN] = "shutdown",
    [WEFT_EXIT_DRAINED] = "drained",
    [WEFT_EXIT_CHILD_FAILED] = "child failed",
    [WEFT_EXIT_ABANDONED] = "abandoned",
    [WEFT_EXIT_NODE_LOST] = "node lost",
};

const char *weft_exit_text(enum weft_exit_kind exit)
{
    return (unsigned)exit < sizeof exits / sizeof exits[0] ? exits[exit] : NULL;
}

/* --- the child --- */

bool family_hears(const struct task *parent)
{
    return ((const weft_behavior *)task_behavior(parent))->child != NULL;
}

void family_begun(struct sched *s, struct stock *stock, struct task *t)
{
    const struct task *parent = tree_parent(s, t);

    if (parent != NULL && family_hears(parent))
        tree_begun(s, stock, t);
}

bool family_told(const struct sched *s, const struct task *t)
{
    return !is_kinless(t) && (task_kin(s, t)->phase & KIN_TOLD) != 0;
}

/* A state that belongs to a thread dies there. */
bool family_keeps(struct sched *s, struct task *t)
{
    const weft_behavior *b = task_behavior(t), *heir;
    const struct task *parent = tree_parent(s, t);

    if (parent == NULL || b->state_size == 0 || b->own_thread)
        return false;
    heir = task_behavior(parent);
    return heir->inherits && heir->child != NULL && tree_keep(t);
}

void family_leave(struct sched *s, struct task *t, const weft_reason *reason)
{
    if (tree_parent(s, t) != NULL)
        why_write(task_kin(s, t), reason);
}

/* --- a child that lasts --- */

/* Whoever has a parent that ends ends for good. */
bool family_falls(struct worker *w, struct task *t, const weft_reason *reason)
{
    struct sched *s = sched_of(w);
    const weft_behavior *b = task_behavior(t);
    const struct task *parent = tree_parent(s, t);

    if (parent == NULL || (task_kin(s, t)->phase & KIN_LASTS) == 0 || is_dormant(t) ||
        sched_has(parent, TASK_ENDING))
        return false;
    why_write(task_kin(s, t), reason);
    if (!tree_fall(w->domain, t))
        return false;
    estate_renew(s, sched_stock(w), t, reason);
    sched_alarms_end(w, t);
    if (b->destroy != NULL)
        b->destroy(t->state);
    t->step = b->step;
    tree_lie_down(w->domain, t);
    return true;
}

bool family_fallen_of(const struct sched *s, const struct task *t, weft_reason *reason)
{
    if ((task_kin(s, t)->phase & KIN_FELL) == 0)
        return false;
    *reason = why_read(s, t);
    return true;
}

/* --- the parent hears --- */

/* Of kin.ordered, when a child is over: what its state owned is the parent's by now. */
enum { HERITAGE_TAKEN = ORDER_KILL + 1 };

/* It leaves the circle, and what it has left is destroyed. */
static void child_gone(struct worker *w, struct task *t, struct task *child)
{
    struct sched *s = sched_of(w);
    struct stock *stock = sched_stock(w);
    const weft_behavior *b = task_behavior(child);

    if (tree_has_kept(child)) {
        if (b->destroy != NULL && task_kin(s, child)->ordered != HERITAGE_TAKEN)
            b->destroy(child->state);
        state_free(stock, &runtime_of(s)->memory, b, child->state);
    }
    tree_leave(s, t, child);
    tree_bury(s, stock, child);
}

/* What a child hook hears: the payload of its turn's message. */
struct news {
    const weft_behavior *behavior;
    const char *text;
    struct task *heritage; /* whose state may be taken; NULL: there is none */
    int32_t code;
    uint8_t change, exit, hook;
    bool dormant;
};
_Static_assert(sizeof(struct news) <= RECORD_PAYLOAD_MAX, "in a small message");

/* It may fail at any depth, as steps may. */
static weft_next call_child(struct worker *w, const weft_behavior *b, void *state,
                            weft_child_event *event)
{
    jmp_buf here, *before = sched_unwind_to(w, &here);
    volatile weft_next next = NEXT_FAIL;

    if (_setjmp(here) == 0)
        next = b->child(self_of(w), state, event);
    sched_unwind_to(w, before);
    if (next == NEXT_FAIL) /* packed as a step's */
        sched_verdict(w)[2] |= WEFT_HOOK_CHILD;
    return next;
}

/* The hook is one piece: it cannot yield, and has no message to put aside. */
static weft_next hear(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *w = worker_of(self);
    const weft_behavior *b = sched_behavior(w);
    const struct record *r = record_of(msg);
    weft_child_event event;
    struct news news;
    weft_next next;

    memcpy(&news, &r->word, sizeof news);
    event = (weft_child_event){.change = (enum weft_child_change)news.change,
                               .pid = r->from,
                               .behavior = news.behavior,
                               .dormant = news.dormant,
                               .reason = {.exit = (enum weft_exit_kind)news.exit,
                                          .hook = (enum weft_hook)news.hook,
                                          .code = news.code,
                                          .text = news.text,
                                          .behavior = news.behavior->name}};
    if (news.heritage != NULL)
        event.state = news.heritage->state;
    next = call_child(w, b, state, &event);
    if (news.heritage != NULL && event.state == NULL)
        task_kin(sched_of(w), news.heritage)->ordered = HERITAGE_TAKEN;
    if (next == NEXT_YIELD || next == NEXT_STASH || next == NEXT_STASH_FULL)
        next = NEXT_STAY;
    return next;
}

/* Has it failed, for a parent that has not told it to end? */
static bool child_failed(const struct sched *s, const struct task *child)
{
    const struct kin *k = task_kin(s, child);

    return k->ordered == ORDER_NONE && weft_exit_is_failure((enum weft_exit_kind)k->exit);
}

/* The news are written down for the hook, and the child is gone, unless it has left something. */
static task_step tell_hook(struct worker *w, struct task *t, struct task *child,
                           enum record_kind what, struct record *r)
{
    struct sched *s = sched_of(w);
    struct news news = {.behavior = task_behavior(child), .change = WEFT_CHILD_STARTED};

    if (what == RECORD_OVER || what == RECORD_FALLEN) {
        weft_reason reason = why_read(s, child);

        news.change = child_failed(s, child) ? WEFT_CHILD_FAILED : WEFT_CHILD_ENDED;
        news.exit = (uint8_t)reason.exit;
        news.hook = (uint8_t)reason.hook;
        news.code = reason.code;
        news.text = reason.text;
        news.dormant = what == RECORD_FALLEN;
        if (news.dormant) {
            task_kin(s, child)->ordered = ORDER_NONE;
        } else if (tree_has_kept(child)) {
            news.heritage = child;
            tree_put_off(w->domain, t, child);
        } else {
            child_gone(w, t, child);
        }
    }
    r->head = record_head(0, RECORD_MAIL, RECORD_MARK | 1, sizeof news);
    memcpy(&r->word, &news, sizeof news);
    return hear;
}

/* An actor that has no hook fails if a child of its does, in the words of the first failure. */
static void hear_without_hook(struct worker *w, struct task *t, struct task *child)
{
    struct sched *s = sched_of(w);
    weft_reason reason = why_read(s, child);
    bool failed = child_failed(s, child);

    child_gone(w, t, child);
    if (!failed)
        return;
    reason.exit = WEFT_EXIT_CHILD_FAILED;
    actor_end(w, t, &reason, true);
}

task_step family_news(struct worker *w, struct task *t, struct task *child,
                      enum record_kind what, struct record *r)
{
    if (what == RECORD_SKIP)
        child_gone(w, t, child);
    else if (family_hears(t))
        return tell_hook(w, t, child, what, r);
    else if (what == RECORD_OVER)
        hear_without_hook(w, t, child);
    return NULL;
}

/* --- the parent ends --- */

/* relaxed: only a word in the report hangs on it */
static enum weft_exit_kind asked_exit(const struct sched *s)
{
    return at_peek(&runtime_of(s)->stopping) ? WEFT_EXIT_SHUTDOWN : WEFT_EXIT_STOPPED;
}

static void hear_of_ends(struct worker *w, struct task *t)
{
    enum record_kind what;
    struct task *child;

    while ((child = tree_hear(w->domain, t, &what)) != NULL) {
        if (what == RECORD_FALLEN) /* and now it has to be over */
            task_kin(sched_of(w), child)->ordered = ORDER_NONE;
        if (what == RECORD_BEGUN || what == RECORD_FALLEN)
            continue;
        if (tree_youngest(sched_of(w), t) == child)
            tree_wait_over(sched_of(w), t);
        child_gone(w, t, child);
    }
}

/* A child that lives here, does nothing, and has nothing to do but to be over, is over now. */
static bool end_at_once(struct worker *w, struct task *child, bool kill)
{
    enum { BUSY = TASK_DETACHED | TASK_DYING };
    weft_reason reason = {.exit = kill ? WEFT_EXIT_KILLED : asked_exit(sched_of(w))};
    const weft_behavior *b = task_behavior(child);
    uint64_t word = task_word(child);

    if ((word & (OWNER_MASK | BUSY)) != w->domain->mine || has_children(child))
        return false;
    if (is_dormant(child))
        family_fallen_of(sched_of(w), child, &reason);
    else if ((word & TASK_ENDING) != 0 ||
             (!kill && (b->stop != NULL ||
                        (word & TASK_FLAGS & ~(uint64_t)(TASK_FRESH | TASK_LIFO)) != 0)))
        return false;
    task_kin(sched_of(w), child)->ordered = ORDER_KILL;
    reason.behavior = b->name;
    actor_finish(w, child, &reason);
    return true;
}

static bool order(struct worker *w, struct task *child, enum kin_order order)
{
    if (!tree_order(w->domain, child, order == ORDER_KILL ? RECORD_KILL : RECORD_STOP))
        return false;
    task_kin(sched_of(w), child)->ordered = (uint8_t)order;
    return true;
}

/* An order that could not be given is tried again, unless there will be news of the child. */
static void order_later(struct worker *w, struct task *t, const struct task *child)
{
    if ((kin_word(child) & KIN_OVER) == 0)
        control_later(w->domain, t);
}

/* The youngest is told, and given its time. Without memory to wait in it has none. True: it is
 * over already. */
static bool stop_youngest(struct worker *w, struct task *t, struct task *child)
{
    struct sched *s = sched_of(w);
    struct kin *k = task_kin(s, child);
    bool late = k->shutdown_ns == WEFT_KILL_AT_ONCE || tree_has_waited(s, t);

    if (k->ordered == ORDER_NONE && end_at_once(w, child, late))
        return true;
    if (k->ordered == ORDER_NONE && !late && k->shutdown_ns != WEFT_FOREVER)
        late = !tree_wait(w->domain, t, sched_deadline(s, k->shutdown_ns));
    if (k->ordered < (late ? ORDER_KILL : ORDER_STOP) &&
        !order(w, child, late ? ORDER_KILL : ORDER_STOP))
        order_later(w, t, child);
    return false;
}

/* All of them are, one after the other. True: there are more. */
static bool kill_next(struct worker *w, struct task *t, struct task *child)
{
    struct sched *s = sched_of(w);

    if (task_kin(s, child)->ordered == ORDER_KILL)
        return false;
    if (end_at_once(w, child, true))
        return true;
    if (!order(w, child, ORDER_KILL) && (kin_word(child) & KIN_OVER) == 0) {
        control_later(w->domain, t);
        return false;
    }
    task_kin(s, child)->ordered = ORDER_KILL;
    tree_turn(s, t);
    return true;
}

/* Of many children none is in the cache. */
static inline void prefetch_older(const struct sched *s, const struct task *child)
{
    const struct task *older = &s->table.tasks[child->cold.next];

    __builtin_prefetch(older, 1);
    __builtin_prefetch(&older->cold, 1);
    __builtin_prefetch(task_kin(s, older), 1);
}

/* True: there is none left. */
static bool children_ended(struct worker *w, struct task *t)
{
    enum { CHILDREN_TURNS = 64 };
    struct sched *s = sched_of(w);
    bool kills = (task_kin(s, t)->phase & PHASE_KILLS) != 0;

    for (int i = 0; i < CHILDREN_TURNS; i++) {
        struct task *child;

        hear_of_ends(w, t);
        child = tree_youngest(s, t);
        if (child == NULL)
            return true;
        prefetch_older(s, child);
        if (!(kills ? kill_next : stop_youngest)(w, t, child))
            return false;
    }
    control_later(w->domain, t); /* the others have a turn */
    return false;
}

static void go_on(struct worker *w, struct task *t)
{
    weft_reason reason;
    bool hook;

    if (!children_ended(w, t))
        return;
    reason = why_read(sched_of(w), t);
    hook = (task_kin(sched_of(w), t)->phase & PHASE_HOOK) != 0;
    actor_end(w, t, &reason, hook);
}

void family_end(struct worker *w, struct task *t, const weft_reason *reason, bool hook)
{
    struct kin *k = task_kin(sched_of(w), t);

    ending_begin(t);
    task_unflag(t, TASK_AWAITING | TASK_DUE | TASK_STOPPING | TASK_SIGNALLED);
    pressure_end(w->domain, t);
    pressure_release(w->domain, t); /* nobody waits for who is ending */
    why_write(k, reason);
    if (reason->exit == WEFT_EXIT_KILLED)
        k->phase |= PHASE_KILLS;
    else if (hook)
        k->phase |= PHASE_HOOK;
    tree_wait_over(sched_of(w), t);
    go_on(w, t);
}

/* A kill that comes while its children stop. */
static void kill_all(struct kin *k)
{
    k->phase = (uint8_t)((k->phase & ~PHASE_HOOK) | PHASE_KILLS);
    if (!weft_exit_is_failure((enum weft_exit_kind)k->exit))
        k->exit = WEFT_EXIT_KILLED;
}

void family_control(struct worker *w, struct task *t, enum record_kind kind)
{
    struct kin *k = task_kin(sched_of(w), t);

    if (kind == RECORD_KILL && (k->phase & PHASE_KILLS) == 0)
        kill_all(k);
    go_on(w, t);
}

/* --- what a step may do --- */

/* The actor's child of this pid, in its circle; NULL: there is none. Who is over, or not its child,
 * may be anybody's slot by now: nothing of it is looked at but its parent. */
static struct task *child_of(weft_self *self, weft_pid pid)
{
    struct sched *s = sched_of(worker_of(self));
    struct task *child = task_at(&s->table, pid);

    if (!task_id_is_sound(&s->table, pid) ||
        tree_parent(s, child) != sched_running_task(worker_of(self)) ||
        task_kin(s, child)->note.from != pid)
        return NULL;
    return child;
}

static int tell_child(weft_self *self, weft_pid pid, enum record_kind kind)
{
    struct worker *w = worker_of(self);
    struct task *child = child_of(self, pid);
    struct stock *stock;
    bool lane, sent;
    int error = WEFT_OK;

    if (child == NULL || (kin_word(child) & KIN_OVER) != 0)
        return WEFT_ENOACTOR;
    stock = stock_enter(w, &lane);
    sent = tree_send_order(sched_of(w), stock, child, kind);
    stock_leave(w, stock, lane);
    if (!sent && (kin_word(child) & (KIN_OVER | KIN_KEPT)) != 0)
        return WEFT_ENOACTOR;
    if (!sent) /* its node is away */
        error =
            kind == RECORD_KILL ? weft_kill_actor(self, pid) : weft_stop_actor(self, pid);
    if (error == WEFT_OK)
        task_kin(sched_of(w), child)->ordered =
            kind == RECORD_KILL ? ORDER_KILL : ORDER_STOP;
    return error;
}

bool child_wake(weft_self *self, weft_pid pid, const void *args)
{
    struct worker *w = worker_of(self);
    struct task *child = child_of(self, pid);
    struct stock *stock;
    bool lane, woken;

    if (child == NULL)
        return false;
    stock = stock_enter(w, &lane);
    woken = tree_wake(w->sched, stock, child, (uint64_t)(uintptr_t)args);
    stock_leave(w, stock, lane);
    return woken;
}

int weft_stop_child(weft_self *self, weft_pid pid)
{
    return tell_child(self, pid, RECORD_STOP);
}

int weft_kill_child(weft_self *self, weft_pid pid)
{
    return tell_child(self, pid, RECORD_KILL);
}

int weft_release(weft_self *self, weft_pid pid)
{
    struct sched *s = sched_of(worker_of(self));
    struct task *child = child_of(self, pid);

    if (child == NULL)
        return WEFT_ENOACTOR;
    if (tree_release(s, sched_running_task(worker_of(self)), child))
        return WEFT_OK;
    return (kin_word(child) & (KIN_OVER | KIN_KEPT)) != 0 ? WEFT_ENOACTOR : WEFT_EPLACE;
}

size_t weft_children(weft_self *self, weft_pid *pids, size_t max)
{
    const struct sched *s = sched_of(worker_of(self));
    struct task *t = sched_running_task(worker_of(self));
    size_t n = 0;

    for (struct task *c = tree_youngest(s, t); c != NULL; c = tree_older(s, t, c)) {
        if ((kin_word(c) & KIN_OVER) != 0)
            continue;
        if (n < max)
            pids[n] = task_kin(s, c)->note.from;
        n++;
    }
    return n;
}

weft_pid weft_supervisor_pid(weft_self *self)
{
    const struct sched *s = sched_of(worker_of(self));
    const struct task *parent = tree_parent(s, sched_running_task(worker_of(self)));

    return parent != NULL ? sched_id(s, parent) : WEFT_NOBODY;
}
