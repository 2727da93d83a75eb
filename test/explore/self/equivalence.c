/* test/explore/self/equivalence.c: see equivalence.h.
 *
 * An execution is what each operation read and in which order each location was written. Two
 * ways of exploring have to see the same set of them, for every program:
 *
 *   the reduced search and the one of all orders;
 *   the machine (engine/memory.c), and one without any law, of whose executions only those are
 *   kept that the axioms allow. */
#include "test/explore/self/equivalence.h"

#include "test/explore/engine/search.h"
#include "test/explore/self/axioms.h"
#include "test/explore/self/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 200000 };

struct set {
    uint64_t prints[RUNS_MAX];
    unsigned n;
};
static struct set expected, found, *filling;
static uint64_t state;

/* How random programs are made. */
struct style {
    unsigned kinds;   /* of steps: the first so many */
    unsigned steps_2; /* at most, of two threads; of three */
    unsigned steps_3;
    unsigned accesses; /* more loads and stores, the higher */
};

static unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

/* Orders that go together, or the tests would rarely be about more than one thing: most of a
 * program's are of one kind. */
enum taste { ANY, RELAXED_BUT_FENCES, SEQUENTIAL, RELEASE_ACQUIRE, TASTES };

static int order_for(enum step_kind kind, enum taste taste)
{
    static const int any[3][5] = {{RELAXED, ACQUIRE, SEQ_CST, RELAXED, ACQUIRE},
                                  {RELAXED, RELEASE, SEQ_CST, RELAXED, RELEASE},
                                  {RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST}};
    const int *orders = any[kind == STEP_LOAD ? 0 : kind == STEP_STORE ? 1 : 2];

    if (taste == ANY || below(4) == 0)
        return orders[below(5)];
    if (taste == RELAXED_BUT_FENCES)
        return kind == STEP_FENCE ? SEQ_CST : RELAXED;
    if (taste == SEQUENTIAL)
        return SEQ_CST;
    return kind == STEP_LOAD ? ACQUIRE : kind == STEP_STORE ? RELEASE : ACQ_REL;
}

static struct step random_step(const struct style *style, enum taste taste)
{
    unsigned kind = below(style->kinds + style->accesses);
    struct step s = {.kind = (enum step_kind)(kind < style->kinds ? kind : kind % 2)};

    if (taste == RELAXED_BUT_FENCES && below(3) == 0)
        s.kind = STEP_FENCE;
    s.order = order_for(s.kind, taste);
    s.value = s.kind == STEP_WAIT ? 0 : 1 + below(2);
    s.adds = below(4) == 0;
    return s;
}

static void random_program(const struct style *style, uint64_t seed)
{
    unsigned threads = 2 + (unsigned)(seed % 2);
    enum taste taste = (enum taste)(seed / 2 % TASTES);

    state = seed;
    memset(&program, 0, sizeof program);
    for (unsigned t = 0; t < threads; t++) {
        unsigned location = below(PROGRAM_LOCATIONS);

        program.n[t] = (threads == 2 ? style->steps_2 : style->steps_3) - below(2);
        for (unsigned i = 0; i < program.n[t]; i++) {
            program.steps[t][i] = random_step(style, taste);
            program.steps[t][i].location = location;
            if (program.steps[t][i].kind != STEP_FENCE && below(4) > 0)
                location = (location + 1) % PROGRAM_LOCATIONS;
        }
    }
}

static void add_print(uint64_t print)
{
    if (filling->n < RUNS_MAX)
        filling->prints[filling->n++] = print;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void add_lawful(uint64_t print)
{
    if (axioms_hold())
        add_print(print);
}

/* False: there are too many runs. */
static bool fill(struct set *set, enum search_mode mode, void (*complete)(uint64_t),
                 struct search_result *result)
{
    struct search_options options = {.mode = mode,
                                     .runs_max = RUNS_MAX,
                                     .preemptions = UNLIMITED,
                                     .complete = complete};
    unsigned kept = 0;

    filling = set;
    set->n = 0;
    search(&program_scenario, &options, result);
    qsort(set->prints, set->n, sizeof set->prints[0], compare);
    for (unsigned i = 0; i < set->n; i++) {
        if (i == 0 || set->prints[i] != set->prints[kept - 1])
            set->prints[kept++] = set->prints[i];
    }
    set->n = kept;
    return result->exhausted;
}

static void print_program(void)
{
    static const char *const kinds[] = {"load", "store", "exchange",  "add",
                                        "cas",  "fence", "skip if 0", "membarrier",
                                        "wait", "wake",  "await",     "yield"};
    static const char *const orders[] = {"relaxed", "",        "acquire",
                                         "release", "acq_rel", "seq_cst"};

    for (unsigned t = 0; t < PROGRAM_THREADS; t++) {
        printf("    thread %u:", t + 1);
        for (unsigned i = 0; i < program.n[t]; i++) {
            const struct step *s = &program.steps[t][i];

            printf(" %s %s %c %u%s;", kinds[s->kind], orders[s->order], "xy"[s->location],
                   s -> value, s -> adds ? "+" : "");
        }
        printf("\n");
    }
}

static bool same_sets(uint64_t number)
{
    if (expected.n == found.n &&
        memcmp(expected.prints, found.prints, found.n * sizeof found.prints[0]) == 0)
        return true;
    printf("  FAILED   %u executions were found, not %u, of program %llu:\n", found.n,
           expected.n, (unsigned long long)number);
    print_program();
    return false;
}

bool equivalence_check(uint64_t seed, unsigned programs)
{
    static const struct style style = {
        .kinds = STEP_KINDS, .steps_2 = PROGRAM_STEPS, .steps_3 = 3, .accesses = 8};
    static struct search_result of_all, of_reduced;
    uint64_t runs_all = 0, runs_reduced = 0, executions = 0;

    for (uint64_t i = seed; i < seed + programs; i++) {
        random_program(&style, i);
        if (!fill(&expected, SEARCH_ALL, add_print, &of_all))
            continue;
        if (!fill(&found, SEARCH_REDUCED, add_print, &of_reduced) || !same_sets(i))
            return false;
        runs_all += of_all.runs;
        runs_reduced += of_reduced.runs;
        executions += found.n;
    }
    printf("  ok       %u random programs: %llu executions in %llu runs, reduced from "
           "%llu\n",
           programs, (unsigned long long)executions, (unsigned long long)runs_reduced,
           (unsigned long long)runs_all);
    return executions > 0;
}

bool axioms_check(uint64_t seed, unsigned programs)
{
    static const struct style style = {
        .kinds = STEP_SKIP + 1, .steps_2 = 4, .steps_3 = 3, .accesses = 4};
    static struct search_result result;
    uint64_t executions = 0, runs = 0;

    for (uint64_t i = seed; i < seed + programs; i++) {
        bool complete;

        random_program(&style, i);
        memory_be_lawless(true);
        complete = fill(&expected, SEARCH_REDUCED, add_lawful, &result);
        memory_be_lawless(false);
        runs += result.runs;
        if (!complete)
            continue;
        if (!fill(&found, SEARCH_REDUCED, add_print, &result) || !same_sets(i))
            return false;
        executions += found.n;
    }
    printf("  ok       %u random programs: %llu executions, those of %llu that the "
           "axioms allow\n",
           programs, (unsigned long long)executions, (unsigned long long)runs);
    return executions > 0;
}
