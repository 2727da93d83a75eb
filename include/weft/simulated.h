/* weft/simulated.h: a runtime that is played: one thread, every choice somebody else's, and a
 * clock that is a number.
 *
 * With weft_options.sim no thread is made. The workers are as many as the driver says; which of
 * them runs next, for how many turns, what is stolen, who is woken, where a newborn begins, and
 * what goes wrong, is asked of the driver. The same answers give the same run, to the last
 * message and pid. All else is the product's own: inboxes, tokens, hand-over, rescue.
 *
 * Whatever waits plays meanwhile: weft_rt_await, weft_port_wait, weft_run, weft_run_once,
 * weft_stop_all, weft_finish; timeouts are of the simulated clock, and WEFT_FOREVER is over when
 * nothing can happen any more (WEFT_ETIMEDOUT). Actors that are to have a thread of their own are
 * like others; offloaded functions run when nothing else can, one by one; crews are refused
 * (WEFT_EPLACE), faults of the hardware are not caught. Only one thread may use such a runtime.
 *
 * This is what simulators are made on; <weft/sim.h> is one, and what most programs want. */
#ifndef WEFT_SIMULATED_H
#define WEFT_SIMULATED_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

/* Where a choice is made. 0 is always the plainest: go on as before, nothing odd happens.
 * X(NAME, text) */
#define WEFT_SIM_SITES(X)                                  \
    X(WHO, "runs")         /* which worker is played */    \
    X(TURNS, "turns")      /* for how many turns */        \
    X(BIRTH, "birthplace") /* where an actor begins */     \
    X(STEAL, "victim")     /* where a thief looks first */ \
    X(WAKE, "woken")       /* which sleeper */             \
    X(SHIFT, "work moves") /* between workers */           \
    X(SLOW, "slow step")   /* in the middle for a while */ \
    X(LENGTH, "length")    /* of that */                   \
    X(WATCH, "watch")      /* after stuck steps */         \
    X(REACT, "reaction")   /* of the thread outside */     \
    X(MEMORY, "no memory")                                 \
    X(DELAY, "standstill") /* of a worker */               \
    X(WHICH, "of worker")                                  \
    X(CLOCK, "clock jumps")                                \
    X(KILL, "kill") /* from here on the simulator's */     \
    X(VICTIM, "of actor")                                  \
    X(OUTSIDE, "outside")                                  \
    X(PROGRAM, "program's choice") /* weft_sim_choose */

enum weft_sim_site {
#define WEFT_SIM_SITE_ENUM(NAME, text) WEFT_SIM_##NAME,
    WEFT_SIM_SITES(WEFT_SIM_SITE_ENUM)
#undef WEFT_SIM_SITE_ENUM
        WEFT_SIM_SITE_COUNT
};

/* What may go wrong; to be added up. */
enum weft_sim_fault {
    WEFT_SIM_SLOW_STEPS =
        1,                  /* a step is in the middle, before a send or at its end, while
                                others run, and may be found stuck: no lock may be held then */
    WEFT_SIM_NO_MEMORY = 2, /* now and then there is none */
    WEFT_SIM_DELAYS = 4, /* a worker stands still: mail for its actors waits, in order */
    WEFT_SIM_CLOCK_JUMPS = 8,
    WEFT_SIM_KILLS = 16,     /* <weft/sim.h> from here on: actors are killed */
    WEFT_SIM_INTRUSIONS = 32 /* weft_sim.outside is called */
};

enum { WEFT_SIM_WORKERS_MAX = 64 };

/* A step, or a hook of an actor, is over. */
typedef struct weft_sim_turn {
    uint64_t now_ns; /* when it began */
    weft_pid to;     /* whose it was */
    weft_pid from;   /* of its message; WEFT_NOBODY: outside, or it is a hook */
    uint32_t tag;
    uint32_t worker;
    bool is_message; /* false: init, stop hook and their like */
} weft_sim_turn;

/* Who decides. All are called on the thread that drives. choose and turn may be called with the
 * runtime's locks held, and must not call into Weft. */
typedef struct weft_sim_driver {
    /* Returns 0 .. bound - 1; bound is 2 at least.
     * @of  borrows: for WEFT_SIM_WHO the numbers of the workers to choose from; else NULL */
    uint64_t (*choose)(void *context, enum weft_sim_site site, uint64_t bound,
                       const uint32_t *of);
    void (*turn)(void *context, const weft_sim_turn *turn);
    /* Before each play, also while a step is in the middle; at_rest: nothing can run, and the
     * clock is going to jump. May call all weft_rt_ functions that do not wait. Returns false to
     * end this call of weft_sim_play. */
    bool (*between)(void *context, bool at_rest);
    void *context;
    unsigned workers; /* 0: 8; at most WEFT_SIM_WORKERS_MAX */
    unsigned faults;  /* enum weft_sim_fault */
    uint64_t turn_ns; /* of simulated time that a turn takes; 0: 1000 */
} weft_sim_driver;

WEFT_BEGIN_DECLS

/* Plays until turns_max turns have run, or the clock stands at until_ns, or nothing can happen
 * before that (the clock stands there then, unless that is WEFT_FOREVER), or the driver wants no
 * more.
 * Returns how many turns ran.
 * Errors: WEFT_EPLACE: it is no simulation, or is being played by a caller of this one.
 * Threads: the one of the simulation.  Blocks: no. */
WEFT_API int weft_sim_play(weft_runtime *rt, unsigned turns_max, uint64_t until_ns);

/* The simulated clock, which begins at a second; 0 if the runtime is none. */
WEFT_API uint64_t weft_sim_now(const weft_runtime *rt);

/* A choice of the program's own, for doubles of disks and networks: 0 .. bound - 1, 0 if bound is
 * 0 or the runtime is none that is simulated. Threads: the one of the simulation, in steps too. */
WEFT_API uint64_t weft_sim_choose(weft_runtime *rt, uint64_t bound);

/* From here on each choice is 0, and nothing goes wrong. */
WEFT_API void weft_sim_plain(weft_runtime *rt);

/* Whose answer an actor awaits (weft_await); WEFT_NOBODY: nobody's. */
WEFT_API weft_pid weft_sim_awaited(const weft_runtime *rt, weft_pid pid);

WEFT_END_DECLS

#endif
