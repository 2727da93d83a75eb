/* weft/sim.h: a program run with a seed, again and again; in a library of its own,
 * libweft-sim.a.
 *
 *   static const weft_sim sim = {
 *       .name = "shop_test",
 *       .build = build,                        makes the world: actors, first messages
 *       .check = never_negative,               has to hold behind every step
 *       .check_name = "stock never negative",
 *       .seeds = 1000,
 *       .span_ns = WEFT_SEC(60),               of simulated time each
 *   };
 *   weft_sim_report report;
 *
 *   if (weft_sim_run(&sim, &report) == WEFT_EBROKEN)
 *       puts(report.text);
 *
 * The world is built and run once for each seed, on one thread, with a clock that jumps when
 * nothing can run (weft/simulated.h says what is simulated). The first run in which something
 * does not hold ends the search; then as many of its choices as possible are taken away, and the
 * report says what is left of them, and how to run it again:
 *
 *   shop_test: invariant 'stock never negative' broken at t=1.204s, step 8,113 (shrunk from 31
 *     choices to 2)
 *     replay: WEFT_SEED=0x5eed17 WEFT_TAPE=3:1,9:0 ./shop_test      trace: shop_test.json
 *
 * A *tape* is the choices that were not the plainest: "index:value,index:value". A seed and a
 * tape are a run; a seed alone is one, too.
 *
 * Everything that a world consists of has to be made by `build`, each time anew, and must not
 * depend on anything else: no clock, no address, no thread, nothing left from the run before.
 * docs/simulation.md is the guide. */
#ifndef WEFT_SIM_H
#define WEFT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/simulated.h>
#include <weft/version.h>

/* How runs differ. */
enum weft_sim_strategy {
    WEFT_SIM_RANDOM = 0, /* every choice is drawn; how wildly is drawn for each run */
    WEFT_SIM_PCT =
        1, /* workers have priorities, which change `depth` times in a run: finds
                            what needs few unlucky moments, with a probability that is known */
    WEFT_SIM_EXHAUSTIVE = 2 /* all answers to the first `depth` choices that decide about
                               order (who runs, where an actor begins, who is woken), and
                               the program's own: for small programs; ends when all were
                               tried */
};

/* What is to hold, under what, and how long is to be searched. Members that are 0 are the
 * defaults; only build has to be there. */
typedef struct weft_sim {
    const char *name; /* of the program, for the report; NULL: "sim" */

    /* Makes the world, and begins anew what the functions below look at. It may wait for actors
     * (weft_rt_await): they run meanwhile. It does not want for memory. Returns 0, or an error, which fails the run. */
    int (*build)(weft_runtime *rt, void *context);

    /* Has to hold behind every step; must not call into Weft. May be NULL. */
    bool (*check)(void *context);
    const char *check_name;
    /* Has to hold whenever nothing can run but timers, and at the end. May look (weft/look.h,
     * weft_stats_read), and must not call into Weft otherwise. May be NULL. */
    bool (*check_at_rest)(void *context);
    const char *check_at_rest_name;
    /* Has to hold once, within_ns (0: the span) from the beginning at the latest; must not call
     * into Weft. May be NULL. */
    bool (*eventually)(void *context);
    const char *eventually_name;
    uint64_t within_ns;
    /* Actors that await each other in a circle when nothing can run, or await for ever when
     * nothing can happen any more, fail the run; true: they do not. */
    bool deadlocks_allowed;

    /* All actors have ended, and the runtime is about to: for counters, which are exact now. Must
     * not wait. Returns 0, or an error, which fails the run. May be NULL. */
    int (*end)(weft_runtime *rt, void *context);

    void *context; /* given to all functions */

    uint64_t seed;      /* the first */
    unsigned seeds;     /* how many, one after the other; 0: 1, or as many as there are
                           orders if all are tried, 100,000 at most */
    const char *tape;   /* one run, with these choices and no others; "": the plainest */
    uint64_t span_ns;   /* of simulated time; 0: until nothing can happen any more */
    unsigned turns_max; /* steps in a run; 0: 1,000,000 */

    enum weft_sim_strategy strategy;
    unsigned
        depth; /* of WEFT_SIM_PCT: changes, 0: 3; of WEFT_SIM_EXHAUSTIVE: choices, 0: 16 */
    unsigned workers; /* 0: 8; 2 for WEFT_SIM_EXHAUSTIVE */
    uint64_t turn_ns; /* of simulated time that a step takes; 0: 1000 */

    unsigned faults;     /* enum weft_sim_fault, added up */
    unsigned faults_max; /* in a run; 0: 100 */
    /* WEFT_SIM_KILLS: may this actor be killed? NULL: any. */
    bool (*may_kill)(void *context, weft_pid pid, const char *behavior);
    /* WEFT_SIM_INTRUSIONS: called between two steps, now and then; does what a thread outside
     * might, without waiting. */
    void (*outside)(weft_runtime *rt, void *context);

    bool
        twice; /* each run is made twice: it fails if the two differ (WEFT_SIM_DIFFERS) */

    /* Runs that are spent on taking choices away. 0: 2000. */
    unsigned shrink_max;

    /* Of the runtime: allocator, callbacks, limits. What is about threads is not used. May be
     * NULL. */
    const weft_options *options;

    /* Files to write about the run that failed, or about the one that `tape` asks for; "-":
     * stdout; NULL: none. What happened, a line each; and the same for Perfetto (ui.perfetto.dev) or
     * chrome://tracing. */
    const char *log, *trace;
} weft_sim;

/* What became of it. */
enum weft_sim_verdict {
    WEFT_SIM_HELD = 0,
    WEFT_SIM_CHECK,      /* check did not hold */
    WEFT_SIM_AT_REST,    /* check_at_rest did not hold */
    WEFT_SIM_EVENTUALLY, /* eventually did not hold in time */
    WEFT_SIM_DEADLOCK,   /* actors await each other */
    WEFT_SIM_ERROR,      /* build, end, or the runtime failed: `error` */
    WEFT_SIM_DIFFERS     /* the same seed gave another run */
};

enum { WEFT_SIM_CIRCLE = 16, WEFT_SIM_TAPE = 4096, WEFT_SIM_TEXT = 8192 };

/* About the run that failed, as it is when its choices were taken away; or about the last one. */
typedef struct weft_sim_report {
    enum weft_sim_verdict verdict;
    int error;
    uint64_t seed;
    uint64_t digest;      /* of the run: who handled what when, and every choice */
    uint64_t turns;       /* steps */
    uint64_t time_ns;     /* simulated, from the beginning */
    uint64_t runs;        /* that were made, but for those of shrinking */
    uint64_t turns_total; /* of all runs */
    unsigned choices;     /* not the plainest ones, at first */
    unsigned shrunk_to;   /* ... and at last */
    weft_pid circle[WEFT_SIM_CIRCLE]; /* of a deadlock: each awaits the next */
    unsigned circle_size;             /* may be more */
    char tape[WEFT_SIM_TAPE]; /* "" if it has no room: the seed alone is the run */
    char text[WEFT_SIM_TEXT]; /* the whole in some lines; "" if all held */
} weft_sim_report;

WEFT_BEGIN_DECLS

/* Runs the world until something does not hold, or all is done.
 * @sim     borrows
 * @report  fills, on every path
 * Returns 0: all held; WEFT_EBROKEN: something did not; WEFT_EINVAL, WEFT_ENOMEM: it could not be
 * tried.  Threads: any.  Blocks: for as long as it takes. */
WEFT_API WEFT_MUST_CHECK int weft_sim_run(const weft_sim *sim, weft_sim_report *report);

/* Fills in what the environment says; what it does not mention stays:
 *
 *   WEFT_SEED=0x5eed17    that seed and no other       WEFT_SEEDS=1000     so many
 *   WEFT_TAPE=3:1,9:0     that tape and no other       WEFT_SIM=pct        random, exhaustive
 *   WEFT_SIM_LOG=FILE     see weft_sim.log             WEFT_SIM_TRACE=FILE see weft_sim.trace
 *
 * The strings of @sim are the environment's from then on.
 * Errors: WEFT_EINVAL: a number is none.  Threads: as getenv. */
WEFT_API int weft_sim_from_env(weft_sim *sim);

/* The main function of a simulation: takes what the environment says, runs it, prints to stdout
 * what came of it. Returns the exit code: 0 if all held, 1 if not, 2 if it could not be tried. */
WEFT_API int weft_sim_main(const weft_sim *sim);

/* "invariant" and so on. Returns borrowed (static); NULL for no verdict. */
WEFT_API const char *weft_sim_verdict_text(enum weft_sim_verdict verdict);

WEFT_END_DECLS

#endif
