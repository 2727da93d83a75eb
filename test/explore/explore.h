/* test/explore/explore.h: what a scenario says to the interleaving explorer.
 *
 * A scenario is a handful of functions that the explorer runs as threads, again and again,
 * once for every interleaving and every store that a load may read under the C11 memory
 * model. README.md says what is covered.
 *
 *     static _Atomic(int) flag;
 *     static int data, got;
 *
 *     static void setup(void)  { at_set(&flag, 0); data = 0; got = -1; }
 *     static void writer(void) { data = 1; at_store(&flag, 1, release, XX1); }
 *     static void reader(void) { if (at_load(&flag, acquire, XX2)) got = data; }
 *     static void check(void)  { explore_assert(got != 0); }
 *
 *     EXPLORE_SCENARIO(example, "the data comes with the flag")
 *     {.setup = setup, .threads = {writer, reader}, .check = check};
 *
 * setup runs before the threads and makes all memory equal at each run; check runs when
 * they are through, and sees everything they did. */
#ifndef WEFT_EXPLORE_H
#define WEFT_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXPLORE_THREADS = 6, EXPLORE_OUTCOMES = 32 };

enum explore_fault {
    EXPLORE_NO_FAULT,
    EXPLORE_ASSERTION, /* explore_assert, abort, a fatal signal */
    EXPLORE_RACE,      /* two accesses that nothing orders, one of them plain */
    EXPLORE_FREED,     /* memory is used after explore_free */
    EXPLORE_DEADLOCK,  /* all threads wait for each other: a lost wake-up, say */
    EXPLORE_ENDLESS    /* a run does not come to an end */
};

struct explore_scenario {
    void (*setup)(void);
    void (*threads[EXPLORE_THREADS])(void);
    void (*check)(void);
    /* Too large to exhaust: explored at random, so many times (more in the long tier). */
    unsigned random;
    /* For the explorer's own tests. This fault has to be found: */
    enum explore_fault expect;
    /* ... and exactly these outcomes (explore_outcome) have to be seen: */
    const char *outcomes[EXPLORE_OUTCOMES];
};

struct explore_entry {
    const char *group, *title, *file;
    unsigned line;
    const struct explore_scenario *body;
};

#define EXPLORE_JOIN_(a, b) a##b
#define EXPLORE_JOIN(a, b)  EXPLORE_JOIN_(a, b)
#define EXPLORE_SCENARIO(group, title)                                                  \
    static const struct explore_scenario EXPLORE_JOIN(scenario_, __LINE__);             \
    static const struct explore_entry EXPLORE_JOIN(scenario_entry_, __LINE__) = {       \
        #group, title, __FILE__, __LINE__, &EXPLORE_JOIN(scenario_, __LINE__)};         \
    __attribute__((section("explore_entries"), used)) static const struct explore_entry \
        *const EXPLORE_JOIN(scenario_listed_, __LINE__) =                               \
            &EXPLORE_JOIN(scenario_entry_, __LINE__);                                   \
    static const struct explore_scenario EXPLORE_JOIN(scenario_, __LINE__) =

/* The run fails here, and is shown. */
#define explore_assert(c) ((c) ? (void)0 : explore_failed(__FILE__, __LINE__, #c))
_Noreturn void explore_failed(const char *file, int line, const char *what);

/* The thread waits until pred(arg) is true. pred reads atomics and changes nothing. */
void explore_block_until(bool (*pred)(void *), void *arg);
/* In a loop that spins and has effects: the thread goes on when another one has stored
 * something, or when there is something newer to read than what it has read. */
void explore_yield(void);
/* In a loop that spins for a while only: as yield, but it goes on as well if nobody else can. */
void explore_pause(void);
/* The thread may still be waiting when the others are through. */
void explore_daemon(void);
/* One of 0 .. n-1; each is tried. */
unsigned explore_choose(unsigned n);

/* membarrier(2): all other threads pass a seq_cst fence where they are just now. */
void explore_membarrier(void);
/* futex(2). A timed wait ends by itself when nobody else can go on. */
enum explore_waited { EXPLORE_CHANGED, EXPLORE_WOKEN, EXPLORE_TIMED_OUT };
enum explore_waited explore_futex_wait(_Atomic(uint32_t) *word, uint32_t expected,
                                       bool timed);
/* Wakes up to n, the longest waiting first; returns how many. It orders nothing. */
unsigned explore_futex_wake(_Atomic(uint32_t) *word, unsigned n);

/* Virtual time: each operation takes a little (100 ns, or what setup says), and it can be made
 * to pass. */
uint64_t explore_time_ns(void);
void explore_pass(uint64_t ns);
void explore_pace(uint64_t operation_ns);

/* Memory of this run: zeroed, gone when it is over, and never given out twice in it, so
 * that every use after explore_free is found. */
void *explore_alloc(size_t size, size_t align);
void explore_free(void *p);

/* A litmus test's result, from check: printf's arguments. */
__attribute__((format(printf, 1, 2))) void explore_outcome(const char *format, ...);

/* Gives memory a name in traces; from setup. printf's arguments. */
#define EXPLORE_NAME(object) explore_name(&(object), sizeof(object), "%s", #object)
__attribute__((format(printf, 3, 4))) void
explore_name(const volatile void *p, size_t size, const char *format, ...);

/* lib/base/atomic.h calls these before an ordered operation, and when a condition is looked
 * at once more. Scenarios call explore_site before explore_membarrier and explore_futex_wake,
 * so that there are mutants without them. */
void explore_site(const char *label);
bool explore_recheck(const char *label);

#endif
