/* test/explore/engine/engine.h: what the files of the explorer share.
 *
 *   tsan.c      the compiler's calls for each access, and the scenario's calls
 *   sites.c     the labelled places in the code under test, and the mutant of this run
 *   run.c       one run: threads, the operations they wait to do, blocking
 *   memory.c    what an operation may read, and what it does: the C11 model
 *   seq_cst.c   the order of the seq_cst operations
 *   races.c     plain accesses
 *   heap.c      the memory of scenarios
 *   depend.c    which operations commute
 *   search.c    which runs there are
 *   report.c    a run for people to read
 *   mutants.c   the code with one ordering weakened
 *   driver.c    the command
 *
 * A run is deterministic but for its choices: which thread goes next, and what its operation
 * reads. The choices so far are the run's tape. */
#ifndef WEFT_EXPLORE_ENGINE_H
#define WEFT_EXPLORE_ENGINE_H

#include "test/explore/engine/coroutine.h"
#include "test/explore/explore.h"

#include <stdio.h>

enum {
    THREADS_MAX = EXPLORE_THREADS + 1, /* 0 is setup and check */
    LOCATIONS_MAX = 256,
    STORES_MAX = 8192,
    EVENTS_MAX = 4096,
    CHOICES_MAX = 32, /* of one operation; the oldest stores are left out beyond that */
    LABELS_MAX = 8,   /* labels of nested operations */
    NONE = 0          /* as a store, an event's number, ... */
};

/* --- operations --- */

/* The numbers by which the compiler passes them. */
enum order { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

enum op_kind {
    OP_LOAD,
    OP_STORE,
    OP_RMW,
    OP_CAS,
    OP_FENCE,
    OP_MEMBARRIER, /* a fence in every thread */
    OP_WAIT,       /* futex */
    OP_WAKE,
    OP_RESUME, /* a woken thread goes on */
    OP_YIELD,
    OP_CHOOSE
};

enum rmw { RMW_EXCHANGE, RMW_ADD, RMW_SUB, RMW_AND, RMW_OR, RMW_XOR, RMW_NAND };

struct site;

struct op {
    enum op_kind kind;
    enum order order, failure; /* as the mutant of this run has it; of a CAS that fails */
    enum rmw rmw;
    uint16_t location; /* of the operations with an address */
    uint8_t size;
    void *address;
    uint64_t operand, expected;
    const struct site *site;
    void *pc;
};

static inline bool op_acquires(enum order order)
{
    return order == ACQUIRE || order == CONSUME || order == ACQ_REL || order == SEQ_CST;
}

static inline bool op_releases(enum order order)
{
    return order == RELEASE || order == ACQ_REL || order == SEQ_CST;
}

/* An operation that was done. */
struct event {
    struct op op;
    uint8_t thread, choice;
    bool wrote, stale;     /* it stored something; there was something newer to read */
    uint16_t read, stored; /* stores */
    uint16_t index;        /* the thread's how many-th, from 1 on */
    uint16_t woken_by;     /* OP_RESUME: event */
    uint64_t result;
};

/* --- memory.c --- */

/* What a thread has seen: `clock` orders plain accesses (happens-before); `seen` is the
 * oldest store that it may still read, for each location. */
struct view {
    uint32_t clock[THREADS_MAX];
    uint16_t seen[LOCATIONS_MAX];
};

struct store {
    uint64_t value;
    uint16_t location, rank; /* place in the location's modification order */
    uint16_t event;          /* that made it; NONE: a plain write, or setup */
    uint8_t thread;
    uint32_t clock; /* its thread's own */
    bool rmw;       /* must stay behind the store that it read */
    bool has_view;
    struct view view; /* what an acquire that reads it gets */
};

struct memory_thread {
    struct view now;
    struct view acquired; /* by relaxed loads: for the next acquire fence */
    struct view released; /* at the last release fence: for relaxed stores */
    bool has_acquired, has_released;
};

void memory_reset(void);
uint16_t memory_location(void *address, unsigned size);
/* The stores that op may read, or be placed behind, newest first. */
unsigned memory_choices(unsigned thread, const struct op *op, uint16_t *choices);
/* Does event->op with that store, and fills in the event. */
void memory_perform(unsigned thread, struct event *event, uint16_t choice);
/* A plain write into a location of atomics: its last value is what is in memory. */
void memory_plain_write(unsigned thread, uintptr_t address, size_t size);
void memory_start(unsigned thread);  /* it sees what setup did */
void memory_finish(unsigned thread); /* check sees what it did */
const struct view *memory_view(unsigned thread);
/* For self/axioms.c: loads may read anything, stores and read-modify-writes be anywhere. */
void memory_be_lawless(bool lawless);
const struct store *memory_store(uint16_t store);
uint16_t memory_newest(uint16_t location);
/* The newest of those stores that happen before, or NONE. */
uint16_t memory_newest_before(uint16_t location, const uint32_t *clock);
unsigned memory_locations(void);
/* How many stores there are: stores are numbered as they are made. */
uint16_t memory_stores(void);
/* One number for the whole execution: what everybody read and the modification orders. */
uint64_t memory_fingerprint(void);

/* --- races.c --- */

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_ATOMIC_READ, ACCESS_ATOMIC_WRITE };

void races_reset(void);
void races_access(unsigned thread, uintptr_t address, size_t size, enum access access,
                  void *pc);
/* The memory is freed: as if all that was ever used of it were written. */
void races_free(unsigned thread, uintptr_t address, size_t size, void *pc);

/* --- heap.c --- */

void heap_reset(void);
void *heap_alloc(unsigned thread, size_t size, size_t align);
void heap_free(unsigned thread, void *p, void *pc);
/* Where the address was freed; NULL if it was not. */
void *heap_freed(uintptr_t address);
/* False: the address is not in the heap. */
bool heap_name(uintptr_t address, char *name, size_t size);

/* --- run.c --- */

enum verdict {
    RUN_COMPLETE,
    RUN_CUT,    /* the search knows the rest already */
    RUN_UNFAIR, /* a thread spins on a value that is not the newest: not a fault */
    RUN_FAILED
};

struct thread {
    struct coroutine coroutine;
    void (*body)(void);
    enum {
        THREAD_UNUSED,
        THREAD_READY,
        THREAD_ASLEEP,
        THREAD_SPINNING,
        THREAD_DONE
    } state;
    bool daemon;
    bool timed;   /* if ASLEEP: it wakes up when nobody else can go on */
    struct op op; /* what it does next, if READY */
    uint16_t n_events, woken_by;
    const struct site *sites[LABELS_MAX]; /* labels whose operations are still to come */
    unsigned n_sites;
    struct { /* what it looks at while it spins */
        uint16_t reads[LOCATIONS_MAX];
        unsigned n;
        uint16_t since; /* event */
    } spin;
};

struct run {
    const struct explore_scenario *scenario;
    struct thread threads[THREADS_MAX];
    unsigned n_threads;              /* with 0 */
    unsigned current;                /* thread; meaningful while `inside` */
    bool inside;                     /* code of the scenario is running */
    struct event events[EVENTS_MAX]; /* from 1 on */
    unsigned n_events;               /* the last one's number */
    uint16_t choice; /* of the operation to be done now: a store, or a number */
    bool patient; /* a thread that waits goes on when it may; else another run has it */
    uint64_t passed, operation_ns; /* virtual time */
    enum explore_fault fault;
    char message[1024];
    char outcome[64];
};
extern struct run run;

/* Asks which thread goes next and which of its choices it takes; false: end the run. */
typedef bool (*run_pick)(unsigned *thread, unsigned *choice);

enum verdict run_once(const struct explore_scenario *scenario, run_pick pick,
                      bool patient);
/* The threads that can go on, as bits. */
unsigned run_enabled(void);
/* Called by the code under test: waits for its turn, and does it. */
uint64_t run_op(struct op op, bool *succeeded);
enum explore_waited run_wait(struct op op, bool timed);
_Noreturn __attribute__((format(printf, 2, 3))) void run_fail(enum explore_fault fault,
                                                              const char *format, ...);
void run_spin_begin(void);
_Noreturn void run_spin_failed(void);

/* --- sites.c --- */

enum { PLACES_MAX = 256 };

enum weakening { TO_RELAXED, TO_ACQUIRE, TO_RELEASE, TO_ACQ_REL, SKIP, WEAKENINGS };

/* A line of source with a label. */
struct place {
    char name[64]; /* the file and the label, and .n if several of its lines have it */
    const char *label;
    char file[256];
    unsigned line, label_line; /* where the statement begins, and where the label is */
    unsigned weakenings;       /* bits of those that make it weaker */
    uint64_t scenarios;        /* that come here, as bits */
};

/* An instance of a place in the compiled code. */
struct site {
    const char *label;
    void *pc;
    struct place *place;
};

void sites_push(const char *label, void *pc);
/* The label of an operation that comes now, or NULL. */
const struct site *sites_pop(const struct op *op);
bool sites_recheck(const char *label, void *pc);
/* The order that the mutant of this run has here, and whether it leaves the operation out. */
enum order sites_order(const struct site *site, enum order order);
bool sites_skips(const struct site *site);

/* The scenario whose places are noted from now on, or -1: none. */
void sites_scenario(int number);
/* From now on the place with this name is weakened; NULL: none is. */
void sites_mutate(const char *name, enum weakening how);
unsigned sites_places(const struct place **places);
/* Lines with a label, in files with places, where no scenario came. */
void sites_unreached(void (*found)(const struct place *p));
const char *weakening_name(enum weakening how);

#endif
