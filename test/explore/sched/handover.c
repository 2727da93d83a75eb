/* test/explore/sched/handover.c: tokens, hold and beds together. A token that is posted to a
 * domain is found: by its holder, by the poster itself, or by a sleeper that is woken for it.
 *
 * The steps are those of post, serve, nap and borrow in sched/, with their own looks at the
 * tokens; what is to be shown here are the orders inside the three protocols. */
#include "sched/hold.h"
#include "sched/inbox.h"
#include "sched/park.h"

#include "test/explore/explore.h"

enum { WORKERS = 2, POSTS = 2, MINE = 1 << OWNER_SHIFT };

static token_list tokens;
static hold word;
static struct guard guards[WORKERS];
static struct bed beds[WORKERS];
static struct dormitory dormitory;
static struct token posts[POSTS];
static int served; /* plain: the holder's */
static _Atomic(int) all_served;

static void setup(void)
{
    served = 0;
    at_set(&tokens, NULL);
    at_set(&word, HOLD_FREE);
    at_set(&all_served, 0);
    dormitory = (struct dormitory){0};
    for (int i = 0; i < WORKERS; i++) {
        beds[i] = (struct bed){0};
        guards[i].asymmetric = true;
        guard_claim(&guards[i], MINE_NOBODY);
        guard_lower(&guards[i]);
    }
    EXPLORE_NAME(tokens);
    EXPLORE_NAME(word);
    EXPLORE_NAME(beds[0]);
    EXPLORE_NAME(beds[1]);
    EXPLORE_NAME(dormitory.sleeping);
}

static bool any_tokens(void)
{
    return atomic_load_explicit(&tokens, memory_order_seq_cst) != NULL;
}

static void take_tokens(void)
{
    for (struct token *t = token_take(&tokens); t != NULL; t = t->next)
        served++;
    if (served == POSTS)
        at_set(&all_served, 1); /* for those who wait for the end only */
}

/* --- posters --- */

/* A worker between two steps of its own domain. */
static void serve(void)
{
    do {
        if (!hold_serve(&word))
            return;
        take_tokens();
        hold_served(&word);
    } while (any_tokens());
}

static void post_and_serve(int i)
{
    token_post(&tokens, &posts[i]);
    if (hold_state(hold_look(&word)) == HOLD_FREE)
        serve();
}

/* A thread outside, which may not serve it. */
static void post_and_wake(int i)
{
    token_post(&tokens, &posts[i]);
    if (hold_state(hold_look(&word)) != HOLD_FREE || !dormitory_any(&dormitory))
        return;
    for (int k = 0; k < WORKERS; k++) {
        if (bed_wake(&dormitory, &beds[k]))
            return;
    }
}

static void poster_0(void)
{
    post_and_serve(0);
}

static void poster_1(void)
{
    post_and_serve(1);
}

static void outside_0(void)
{
    post_and_wake(0);
}

static void outside_1(void)
{
    post_and_wake(1);
}

/* --- workers --- */

static void leave(int i)
{
    explore_assert(hold_leave(&word, &guards[i]));
}

/* Leaves, lies down, looks once more. */
static void nap(int i, bool holds)
{
    uint32_t bell = bed_bell(&beds[i]);

    bed_lie_down(&dormitory, &beds[i]);
    if (holds)
        leave(i);
    if (!(hold_state(hold_look(&word)) == HOLD_FREE && any_tokens()))
        bell_wait(&beds[i].bell, bell, 0);
    bed_get_up(&dormitory, &beds[i]);
}

static void work(int i)
{
    explore_daemon();
    for (;;) {
        bool holds = hold_take(&word, &guards[i], (uint32_t)i, MINE);

        if (holds)
            take_tokens();
        nap(i, holds);
    }
}

static void worker_0(void)
{
    work(0);
}

static void worker_1(void)
{
    work(1);
}

/* Takes the domain once, and has nowhere to sleep. */
static void passer_by(void)
{
    if (!hold_take(&word, &guards[0], 0, MINE))
        return;
    take_tokens();
    leave(0);
    if (any_tokens())
        serve();
}

/* --- the watch: who takes a domain looks for a watcher, who ends a watch looks for a holder --- */

static bool unwatched;  /* plain: the taker's */
static bool unwatching; /* plain: the watcher's */

static void setup_watched(void)
{
    setup();
    unwatched = unwatching = false;
    watch_begin(&dormitory, 1);
}

static void taker(void)
{
    explore_assert(hold_take(&word, &guards[0], 0, MINE));
    unwatched = watcher_of(&dormitory) == NO_WATCHER;
}

static void watcher(void)
{
    watch_end(&dormitory);
    unwatching = hold_state(hold_look(&word)) == HOLD_FREE;
}

static void check_watched(void)
{
    explore_assert(unwatched || !unwatching);
}

EXPLORE_SCENARIO(handover, "a watch ends while a domain is taken"){
    .setup = setup_watched, .threads = {taker, watcher}, .check = check_watched};

static void check_one(void)
{
    explore_assert(served == 1 && !any_tokens());
    explore_assert(hold_state(hold_look(&word)) == HOLD_FREE);
}

static void check_two(void)
{
    explore_assert(served == 2 && !any_tokens());
    explore_assert(hold_state(hold_look(&word)) == HOLD_FREE);
}

EXPLORE_SCENARIO(handover, "a token is posted while the domain is left"){
    .setup = setup, .threads = {passer_by, poster_0}, .check = check_one};

EXPLORE_SCENARIO(handover, "two posters find the domain free"){
    .setup = setup, .threads = {poster_0, poster_1}, .check = check_two};

EXPLORE_SCENARIO(handover, "two tokens are posted while the domain is left"){
    .setup = setup,
    .threads = {passer_by, poster_0, poster_1},
    .check = check_two,
    .random = 2000};

EXPLORE_SCENARIO(handover, "a token comes from outside while a worker lies down"){
    .setup = setup, .threads = {worker_0, outside_0}, .check = check_one};

EXPLORE_SCENARIO(handover, "two tokens come from outside while a worker lies down"){
    .setup = setup,
    .threads = {worker_0, outside_0, outside_1},
    .check = check_two,
    .random = 2000};

EXPLORE_SCENARIO(handover, "a token comes from outside while two workers lie down"){
    .setup = setup,
    .threads = {worker_0, worker_1, outside_0},
    .check = check_one,
    .random = 2000};
