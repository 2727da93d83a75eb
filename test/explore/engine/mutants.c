/* test/explore/engine/mutants.c: each ordering of the code under test is weakened, one at a
 * time, and a scenario that comes there has to fail. What survives is needless, or shows that
 * a scenario is missing; which of the two, a file has to say.
 *
 * The file has a line "LABEL WEAKENING: reason" for each survivor; # begins a comment. */
#include "test/explore/engine/driver.h"

#include <stdlib.h>
#include <string.h>

enum { SURVIVORS_MAX = 128 };

struct survivor {
    char name[32], how[16], reason[200];
    bool seen;
};
static struct survivor survivors[SURVIVORS_MAX];
static unsigned n_survivors;

static void read_survivors(const char *path)
{
    char line[300];
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        perror(path);
        exit(2);
    }
    n_survivors = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        struct survivor *s = &survivors[n_survivors];

        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (n_survivors == SURVIVORS_MAX ||
            sscanf(line, "%31s %15[a-z_]: %199[^\n]", s->name, s->how, s->reason) != 3) {
            fprintf(stderr, "%s: not \"LABEL WEAKENING: reason\": %s", path, line);
            exit(2);
        }
        s->seen = false;
        n_survivors++;
    }
    fclose(f);
}

static struct survivor *find_survivor(const char *name, const char *how)
{
    for (unsigned i = 0; i < n_survivors; i++) {
        if (strcmp(survivors[i].name, name) == 0 && strcmp(survivors[i].how, how) == 0)
            return &survivors[i];
    }
    return NULL;
}

/* How a mutant fared. */
struct fate {
    const struct explore_entry *by; /* that caught it, or NULL */
    uint64_t runs;
    bool exhausted; /* all runs of all its scenarios were made */
    char message[160];
};

/* A random search finds most of them soon; what it does not find may need all runs. */
static void try_mutant(struct scenario_list list, const struct place *p,
                       uint64_t runs_max, struct fate *fate)
{
    static struct search_result result;
    unsigned number = 0;

    memset(fate, 0, sizeof *fate);
    fate->exhausted = true;
    for (unsigned i = 0; i < list.n && fate->by == NULL; i++) {
        if (!is_mutable(list.entries[i]->body) || (p->scenarios >> number++ & 1) == 0)
            continue;
        explore_scenario(list.entries[i]->body, runs_max, &result);
        fate->runs += result.runs;
        fate->exhausted = fate->exhausted && result.exhausted;
        if (result.failed)
            fate->by = list.entries[i];
    }
    snprintf(fate->message, sizeof fate->message, "%.150s", result.message);
}

/* Whether it fared as the list says. */
static bool judge(const struct place *p, const char *how, const struct fate *fate,
                  bool listed)
{
    struct survivor *s = listed ? find_survivor(p->name, how) : NULL;

    printf("  %-8s %-8s %-8s ", fate->by != NULL ? "caught" : "SURVIVED", p->name, how);
    if (fate->by != NULL)
        printf("%6llu runs  %s: %s: %.100s\n", (unsigned long long)fate->runs,
               fate->by->group, fate->by->title, fate->message);
    else
        printf("%6llu runs%s  %s:%u  %s\n", (unsigned long long)fate->runs,
               fate->exhausted ? ", all there are" : "", p->file, p->line,
               s != NULL ? s->reason : "");
    if (s != NULL)
        s->seen = true;
    if (!listed || (fate->by == NULL) == (s != NULL))
        return true;
    printf("  FAILED   %s\n",
           s != NULL ? "it is in the list of survivors, but was caught"
                     : "nothing notices, and it is not in the list of survivors");
    return false;
}

static bool all_seen(void)
{
    bool all = true;

    for (unsigned i = 0; i < n_survivors; i++) {
        if (!survivors[i].seen) {
            printf("  FAILED   %s %s is in the list of survivors, but there is no such "
                   "mutant\n",
                   survivors[i].name, survivors[i].how);
            all = false;
        }
    }
    return all;
}

static int by_name(const void *a, const void *b)
{
    const struct place *const *x = a, *const *y = b;
    int files = strcmp((*x)->file, (*y)->file);

    return files != 0 ? files : (int)(*x)->line - (int)(*y)->line;
}

void explore_mutants(struct scenario_list list, const struct effort *effort,
                     const char *survivors_file, struct tally *tally)
{
    const struct place *all, *places[256];
    unsigned n = sites_places(&all), passed;
    struct fate fate;

    if (survivors_file != NULL)
        read_survivors(survivors_file);
    for (unsigned i = 0; i < n; i++)
        places[i] = &all[i];
    qsort(places, n, sizeof places[0], by_name);
    for (unsigned i = 0; i < n; i++) {
        for (enum weakening how = 0; how < WEAKENINGS; how++) {
            if ((places[i]->weakenings >> how & 1) == 0)
                continue;
            sites_mutate(places[i]->name, how);
            try_mutant(list, places[i], effort->mutant_runs, &fate);
            passed = judge(places[i], weakening_name(how), &fate, survivors_file != NULL);
            tally->passed += passed;
            tally->failed += !passed;
        }
    }
    sites_mutate(NULL, 0);
    if (survivors_file != NULL)
        tally->failed += !all_seen();
}
