/* test/explore/self/equivalence.c: see equivalence.h.
 *
 * An execution is what each operation read and in which order each location was written. Both
 * searches have to see the same set of them, for every program. */
#include "test/explore/self/equivalence.h"

#include "test/explore/engine/search.h"
#include "test/explore/self/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 200000 };

struct set {
    uint64_t prints[RUNS_MAX];
    unsigned n;
};
static struct set all, reduced, *filling;
static uint64_t state;

static unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

static int order_for(enum step_kind kind)
{
    static const int of_load[] = {RELAXED, ACQUIRE, SEQ_CST};
    static const int of_store[] = {RELAXED, RELEASE, SEQ_CST};
    static const int of_rmw[] = {RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST};

    if (kind == STEP_LOAD)
        return of_load[below(3)];
    if (kind == STEP_STORE)
        return of_store[below(3)];
    return of_rmw[below(5)];
}

/* Loads and stores are more frequent than the rest. */
static struct step random_step(void)
{
    unsigned kind = below(STEP_KINDS + 8);
    struct step s = {.kind = kind < STEP_KINDS ? (enum step_kind)kind
                             : kind % 2        ? STEP_LOAD
                                               : STEP_STORE};

    s.order = order_for(s.kind);
    s.location = below(PROGRAM_LOCATIONS);
    s.value = s.kind == STEP_WAIT ? 0 : 1 + below(2);
    s.adds = below(4) == 0;
    return s;
}

static void random_program(uint64_t seed)
{
    unsigned threads = 2 + (unsigned)(seed % 2), most = threads == 2 ? PROGRAM_STEPS : 3;

    state = seed;
    memset(&program, 0, sizeof program);
    for (unsigned t = 0; t < threads; t++) {
        program.n[t] = 1 + below(most);
        for (unsigned i = 0; i < program.n[t]; i++)
            program.steps[t][i] = random_step();
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

/* False: there are too many runs. */
static bool fill(struct set *set, enum search_mode mode, struct search_result *result)
{
    struct search_options options = {.mode = mode,
                                     .runs_max = RUNS_MAX,
                                     .preemptions = UNLIMITED,
                                     .complete = add_print};
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
    static const char *const kinds[] = {"load", "store", "exchange",   "add",
                                        "cas",  "fence", "membarrier", "skip if 0",
                                        "wait", "wake",  "yield",      "await"};
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

bool equivalence_check(uint64_t seed, unsigned programs)
{
    static struct search_result of_all, of_reduced;
    uint64_t runs_all = 0, runs_reduced = 0, executions = 0;
    unsigned compared = 0;

    for (uint64_t i = seed; i < seed + programs; i++) {
        random_program(i);
        if (!fill(&all, SEARCH_ALL, &of_all))
            continue;
        compared++;
        if (!fill(&reduced, SEARCH_REDUCED, &of_reduced) || all.n != reduced.n ||
            memcmp(all.prints, reduced.prints, all.n * sizeof all.prints[0]) != 0) {
            printf("  the reduced search sees %u executions, not %u, of program %llu:\n",
                   reduced.n, all.n, (unsigned long long)i);
            print_program();
            return false;
        }
        runs_all += of_all.runs;
        runs_reduced += of_reduced.runs;
        executions += all.n;
    }
    printf("  %u random programs: %llu executions, %llu runs reduced, %llu runs in all "
           "orders\n",
           compared, (unsigned long long)executions, (unsigned long long)runs_reduced,
           (unsigned long long)runs_all);
    return compared > 0;
}
