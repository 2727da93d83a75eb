/* lib/sim/run.h: what the files of the simulator share.
 *
 *   tape.c     choices that were written down
 *   choose.c   making choices: by a strategy, or from a tape
 *   run.c      one run: the world is built, played, checked, and taken down
 *   faults.c   what goes wrong
 *   circle.c   actors that await each other
 *   log.c      a run for reading, and for looking at
 *   shrink.c   taking choices away
 *   report.c   what is said about it
 *   explore.c  run after run
 *   env.c      what the environment says
 *
 * It uses the public functions of the library only. */
#ifndef WEFT_SIM_RUN_H
#define WEFT_SIM_RUN_H

#include <stdio.h>
#include <weft.h>
#include <weft/sim.h>

/* --- tape.c --- */

struct choice {
    uint32_t index; /* which choice of the run it is */
    uint32_t value; /* not 0 */
};

/* Choices in the order of their index. */
struct tape {
    struct choice *choice;
    size_t count, room;
    bool lost; /* there was no memory for some */
};

void tape_add(struct tape *tape, uint32_t index, uint32_t value);
void tape_clear(struct tape *tape);
void tape_done(struct tape *tape);
/* False: no memory. */
bool tape_copy(struct tape *to, const struct tape *from);
/* "3:1,9:4" WEFT_EINVAL: it is none; WEFT_ENOMEM. */
int tape_read(struct tape *tape, const char *text);
/* False, and an empty string: it has no room. */
bool tape_write(const struct tape *tape, char *text, size_t size);

/* --- choose.c --- */

enum { DEPTH_MAX = 64, RUN_WORKERS_MAX = 2 * WEFT_SIM_WORKERS_MAX };

/* A search through all choices of who runs, kept from run to run. */
struct search {
    uint32_t value[DEPTH_MAX], bound[DEPTH_MAX];
    unsigned known; /* so many are given; what comes behind them is 0 */
    unsigned met;   /* in this run */
    bool over;
};

struct chooser {
    enum weft_sim_strategy strategy;
    unsigned depth;
    const struct tape *given; /* these and no others; NULL: the strategy's */
    size_t next;              /* of the given ones */
    struct tape *made; /* those that were not 0 are written down here; NULL: nowhere */
    uint64_t random;
    uint64_t count; /* choices so far */
    uint64_t digest;
    unsigned calm, sticky; /* of random choices, as powers of two */
    unsigned faults, faults_max;
    uint64_t whos, whos_expected; /* choices of who runs; of PCT */
    uint64_t change[DEPTH_MAX];   /* when priorities change */
    int32_t priority[RUN_WORKERS_MAX];
    struct search *search;
    bool has_memory; /* always */
};

void choose_begin(struct chooser *c, const weft_sim *sim, uint64_t seed);
uint64_t choose(struct chooser *c, enum weft_sim_site site, uint64_t bound,
                const uint32_t *of);
/* The next run of the search; false: there is none. */
bool search_next(struct search *search);

static inline uint64_t digest_add(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * 0x9fb21c651e98df25u;
    return digest ^ digest >> 32;
}

/* --- log.c --- */

struct log {
    FILE *text, *trace;
    uint64_t events;
};

/* NULL for a file that is not wanted, or cannot be written. */
void log_open(struct log *log, const weft_sim *sim);
void log_close(struct log *log);

/* --- run.c --- */

struct run {
    const weft_sim *sim;
    uint64_t seed;
    weft_runtime *rt;
    weft_sim_driver driver;
    weft_allocator allocator;
    const weft_allocator *below; /* NULL: the C library's */
    struct chooser chooser;
    struct log *log; /* NULL: nothing is written */
    uint64_t turns, turns_max, began_ns, now_ns, deadline_ns;
    bool playing;  /* the world is there, or being built */
    bool happened; /* what is to hold eventually has */
    enum weft_sim_verdict verdict;
    int error;
    weft_pid circle[WEFT_SIM_CIRCLE];
    const char *circle_name[WEFT_SIM_CIRCLE];
    unsigned circle_size;
    bool circle_open; /* it is a chain: the last one awaits somebody who awaits nobody */
};

/* Builds, plays and takes down. The members chooser.strategy to made are the caller's. */
void run_make(struct run *run, const weft_sim *sim, uint64_t seed);
void run_fail(struct run *run, enum weft_sim_verdict verdict, int error);
/* What somebody notices between two plays. */
void run_look_for_circles(struct run *run, bool at_the_end);
void run_faults(struct run *run);

void log_turn(struct run *run, const weft_sim_turn *turn);
void log_choice(struct run *run, enum weft_sim_site site, uint64_t value,
                const uint32_t *of);
void log_verdict(struct run *run);

/* --- shrink.c --- */

/* Takes choices away from the tape of a run that failed, as long as it fails in the same way.
 * Adds to *turns what its runs took. */
void shrink(const weft_sim *sim, const struct run *failed, struct tape *tape,
            uint64_t *turns);

/* --- report.c --- */

void report_run(const struct run *run, weft_sim_report *report);
void report_text(const struct run *run, const struct tape *tape, weft_sim_report *report);

#endif
