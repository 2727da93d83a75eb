/* test/explore/engine/driver.c: the command. It explores all scenarios, and then, unless an
 * option says how to explore, all mutants. See usage below. */
#include "test/explore/engine/driver.h"

#include "test/explore/engine/report.h"
#include "test/explore/self/equivalence.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "explore [OPTION]... [TEXT]      only scenarios with TEXT in their \"group: title\"\n"
    "  --long            more runs of everything\n"
    "  --survivors FILE  the mutants that are known to survive\n"
    "  --list            only says which scenarios there are\n"
    "without mutants of all kinds:\n"
    "  --mutant MUTANT   with this one, \"LABEL WEAKENING\"\n"
    "  --replay TAPE     one run, which is shown\n"
    "  --runs N          at most so many runs\n"
    "  --random SEED     random runs, from this seed on\n"
    "  --all             all orders of all operations, no reduction\n"
    "  --preemptions N   all orders with at most so many preemptions\n";

/* How much is done: of the scenarios, of the same with a mutant, of self/equivalence.c. */
static const struct tier {
    struct effort scenarios, mutants;
    unsigned programs;
} quick = {{300000, 100}, {20000, 20}, 2000},
  thorough = {{20000000, 2000}, {400000, 150}, 20000};

enum { SCENARIOS_MAX = 256 };
/* Where the linker has put what EXPLORE_SCENARIO declares. */
extern const struct explore_entry *const __start_explore_entries[];
extern const struct explore_entry *const __stop_explore_entries[];

static struct {
    const struct tier *tier;
    const char *survivors, *text;
    char mutant[64];
    bool list;
    bool only_search; /* in the way that `search` says */
    struct search_options search;
} how = {.tier = &quick, .search = {.preemptions = UNLIMITED}};

/* --- one scenario --- */

bool is_mutable(const struct explore_scenario *s)
{
    return s->expect == EXPLORE_NO_FAULT && s->outcomes[0] == NULL;
}

void explore_scenario(const struct explore_scenario *s, struct effort effort,
                      struct search_result *result)
{
    struct search_options options = {.mode = SEARCH_REDUCED, .runs_max = effort.runs};

    if (s->random > 0) {
        options.mode = SEARCH_RANDOM;
        options.runs_max = ((uint64_t)s->random * effort.random_percent + 99) / 100;
    }
    search(s, how.only_search ? &how.search : &options, result);
}

static bool is_allowed(const struct explore_scenario *s, const char *outcome)
{
    for (unsigned i = 0; i < EXPLORE_OUTCOMES && s->outcomes[i] != NULL; i++) {
        if (strcmp(s->outcomes[i], outcome) == 0)
            return true;
    }
    return false;
}

static bool was_seen(const struct search_result *result, const char *outcome)
{
    for (unsigned i = 0; i < result->n_outcomes; i++) {
        if (strcmp(result->outcomes[i], outcome) == 0)
            return true;
    }
    return false;
}

static bool check_outcomes(const struct explore_scenario *s,
                           const struct search_result *result)
{
    bool ok = true;

    if (s->outcomes[0] == NULL)
        return true;
    for (unsigned i = 0; i < result->n_outcomes; i++) {
        if (!is_allowed(s, result->outcomes[i])) {
            printf("  FAILED   outcome %s is not allowed\n", result->outcomes[i]);
            ok = false;
        }
    }
    for (unsigned i = 0; i < EXPLORE_OUTCOMES && s->outcomes[i] != NULL; i++) {
        if (!was_seen(result, s->outcomes[i])) {
            printf("  FAILED   outcome %s was never seen\n", s->outcomes[i]);
            ok = false;
        }
    }
    return ok;
}

/* A long tape is put into a file beside the program. */
static void print_tape(const char *tape)
{
    enum { SHORT = 200 };
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s.tape", program_invocation_name);
    f = strlen(tape) > SHORT ? fopen(path, "w") : NULL;
    if (f == NULL) {
        printf("'%s'", tape);
        return;
    }
    fprintf(f, "%s\n", tape);
    fclose(f);
    printf("\"$(cat %s)\"", path);
}

static void show_failure(const struct explore_entry *e,
                         const struct search_result *result)
{
    static struct search_result again;
    struct search_options options = {.mode = SEARCH_TAPE, .tape = result->tape};

    search(e->body, &options, &again);
    printf("  FAILED   %s\n", result->message);
    report_trace();
    printf("  again with: %s --mutant '%s' --replay ", program_invocation_name,
           how.mutant);
    print_tape(result->tape);
    printf(" '%s: %s'\n", e->group, e->title);
}

static bool went_well(const struct explore_entry *e, const struct search_result *result)
{
    const struct explore_scenario *s = e->body;

    if (s->expect != EXPLORE_NO_FAULT) {
        if (result->failed && result->fault == s->expect)
            return true;
        printf("  FAILED   the fault was not found: %s\n", result->message);
        return false;
    }
    if (result->failed) {
        show_failure(e, result);
        return false;
    }
    if (!result->exhausted && s->random == 0 && !how.only_search) {
        printf("  FAILED   there are more runs than that: make it smaller, or random\n");
        return false;
    }
    return check_outcomes(s, result);
}

/* Random runs have to come to the same outcomes. */
static bool check_random(const struct explore_scenario *s)
{
    static struct search_result r;
    struct search_options options = {.mode = SEARCH_RANDOM, .runs_max = 2000};

    if (s->outcomes[0] == NULL || how.only_search)
        return true;
    search(s, &options, &r);
    return check_outcomes(s, &r);
}

static bool check_scenario(const struct explore_entry *e)
{
    static struct search_result r;

    explore_scenario(e->body, how.tier->scenarios, &r);
    printf("  %-7s %7llu runs%s, %llu complete, %llu cut, %llu unfair, up to %u "
           "operations  %s: %s\n",
           r.failed ? "fault" : "ok", (unsigned long long)r.runs,
           r.exhausted || r.failed ? "" : " of more", (unsigned long long)r.complete,
           (unsigned long long)r.cut, (unsigned long long)r.unfair, r.depth, e->group,
           e->title);
    return went_well(e, &r) && check_random(e->body);
}

static void count(struct tally *tally, bool ok)
{
    tally->passed += ok;
    tally->failed += !ok;
}

static void check_scenarios(struct scenario_list list, struct tally *tally)
{
    int number = 0;

    for (unsigned i = 0; i < list.n; i++) {
        sites_scenario(is_mutable(list.entries[i]->body) ? number++ : -1);
        count(tally, check_scenario(list.entries[i]));
    }
    sites_scenario(-1);
}

/* --- the command --- */

static int by_place(const void *a, const void *b)
{
    const struct explore_entry *const *x = a, *const *y = b;
    int files = strcmp((*x)->file, (*y)->file);

    return files != 0 ? files : (int)(*x)->line - (int)(*y)->line;
}

static struct scenario_list choose_scenarios(void)
{
    static const struct explore_entry *entries[SCENARIOS_MAX];
    struct scenario_list list = {entries, 0};
    char name[256];

    for (const struct explore_entry *const *e = __start_explore_entries;
         e < __stop_explore_entries && list.n < SCENARIOS_MAX; e++) {
        snprintf(name, sizeof name, "%s: %s", (*e)->group, (*e)->title);
        if (how.text == NULL || strstr(name, how.text) != NULL)
            entries[list.n++] = *e;
    }
    qsort(entries, list.n, sizeof entries[0], by_place);
    return list;
}

static void set_search(enum search_mode mode, const char *value)
{
    how.only_search = true;
    how.search.mode = mode;
    switch (mode) {
    case SEARCH_RANDOM:
        how.search.seed = strtoull(value, NULL, 10);
        break;
    case SEARCH_TAPE:
        how.search.tape = value;
        break;
    default:
        if (value != NULL)
            how.search.preemptions = (unsigned)strtoul(value, NULL, 10);
        break;
    }
}

static bool set_mutant(const char *value)
{
    char *space;

    snprintf(how.mutant, sizeof how.mutant, "%s", value);
    how.only_search = true;
    space = strchr(how.mutant, ' ');
    for (enum weakening w = 0; space != NULL && w < WEAKENINGS; w++) {
        static char name[64];

        if (strcmp(space + 1, weakening_name(w)) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(space - how.mutant), how.mutant);
        sites_mutate(name, w);
        return true;
    }
    return value[0] == '\0';
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = {{"long", no_argument, NULL, 'l'},
                                            {"survivors", required_argument, NULL, 's'},
                                            {"list", no_argument, NULL, 'L'},
                                            {"mutant", required_argument, NULL, 'm'},
                                            {"replay", required_argument, NULL, 'r'},
                                            {"runs", required_argument, NULL, 'n'},
                                            {"random", required_argument, NULL, 'R'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"preemptions", required_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    int option;
    bool ok = true;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'l':
            how.tier = &thorough;
            break;
        case 's':
            how.survivors = optarg;
            break;
        case 'L':
            how.list = true;
            break;
        case 'm':
            ok = ok && set_mutant(optarg);
            break;
        case 'n':
            how.only_search = true;
            how.search.runs_max = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            set_search(SEARCH_TAPE, optarg);
            break;
        case 'R':
            set_search(SEARCH_RANDOM, optarg);
            break;
        case 'a':
            set_search(SEARCH_ALL, NULL);
            break;
        case 'p':
            set_search(SEARCH_ALL, optarg);
            break;
        default:
            ok = false;
        }
    }
    how.text = argv[optind];
    return ok && (optind >= argc - 1) &&
           (how.search.mode != SEARCH_RANDOM || how.search.runs_max > 0);
}

int main(int argc, char **argv)
{
    struct tally tally = {0, 0};
    struct scenario_list list;

    setvbuf(stdout, NULL, _IOLBF, 0);
    report_begin(argv[0]);
    if (!read_options(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    list = choose_scenarios();
    for (unsigned i = 0; how.list && i < list.n; i++)
        printf("%s: %s\n", list.entries[i]->group, list.entries[i]->title);
    if (how.list)
        return 0;
    check_scenarios(list, &tally);
    if (how.search.mode == SEARCH_TAPE)
        report_trace();
    if (!how.only_search && how.text == NULL) {
        count(&tally, equivalence_check(1, how.tier->programs));
        count(&tally, axioms_check(1, how.tier->programs));
    }
    if (!how.only_search && tally.failed == 0)
        explore_mutants(list, how.tier->mutants, how.text == NULL ? how.survivors : NULL,
                        &tally);
    else if (!how.only_search)
        printf("  no mutants: the code fails as it is\n");
    printf("%u passed, %u failed\n", tally.passed, tally.failed);
    return tally.failed > 0 || tally.passed == 0;
}
