/* test/explore/engine/mutants.c: each ordering of the code under test is weakened, one at a
 * time, and a scenario that comes there has to fail. What survives is needless, or shows that
 * a scenario is missing; which of the two, a file has to say.
 *
 * The file has a line "PLACE WEAKENING: reason" for each survivor, and "PLACE unreached: reason"
 * for each labelled line where no scenario comes; # begins a comment. A mutant whose reason
 * begins with "rare" is one that takes many random runs to catch: it may survive the quick tier,
 * but not the long one. */
#include "test/explore/engine/driver.h"

#include <stdlib.h>
#include <string.h>

enum { SURVIVORS_MAX = 128 };

struct survivor {
    char name[64], how[16], reason[200];
    bool rare, seen;
};
static struct survivor survivors[SURVIVORS_MAX];
static unsigned n_survivors;
static bool listed, thorough; /* there is a list; the long tier */
static struct tally *tally;

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
            sscanf(line, "%63s %15[a-z_]: %199[^\n]", s->name, s->how, s->reason) != 3) {
            fprintf(stderr, "%s: not \"PLACE WEAKENING: reason\": %s", path, line);
            exit(2);
        }
        s->seen = false;
        s->rare = strncmp(s->reason, "rare", 4) == 0;
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

static void try_mutant(struct scenario_list list, const struct place *p,
                       struct effort effort, struct fate *fate)
{
    static struct search_result result;
    unsigned number = 0;

    memset(fate, 0, sizeof *fate);
    fate->exhausted = true;
    for (unsigned i = 0; i < list.n && fate->by == NULL; i++) {
        if (!is_mutable(list.entries[i]->body) || (p->scenarios >> number++ & 1) == 0)
            continue;
        explore_scenario(list.entries[i]->body, effort, &result);
        fate->runs += result.runs;
        fate->exhausted = fate->exhausted && result.exhausted;
        if (result.failed)
            fate->by = list.entries[i];
    }
    snprintf(fate->message, sizeof fate->message, "%.150s", result.message);
}

static void count(bool ok, const char *why)
{
    if (!ok)
        printf("  FAILED   %s\n", why);
    tally->passed += ok;
    tally->failed += !ok;
}

/* Whether it fared as the list says. */
static void judge(const struct place *p, const char *how, const struct fate *fate)
{
    struct survivor *s = find_survivor(p->name, how);
    bool caught = fate->by != NULL;

    if (caught)
        printf("  caught   %-16s %-8s %6llu runs  %s: %s: %.100s\n", p->name, how,
               (unsigned long long)fate->runs, fate->by->group, fate->by->title,
               fate->message);
    else
        printf("  SURVIVED %-16s %-8s %6llu runs%s  %s:%u  %s\n", p->name, how,
               (unsigned long long)fate->runs, fate->exhausted ? ", all there are" : "",
               p->file, p->label_line, s != NULL ? s->reason : "");
    if (s != NULL)
        s->seen = true;
    if (s != NULL && s->rare)
        count(caught || !thorough, "it takes many runs to catch, but not so many");
    else if (caught)
        count(s == NULL, "it is in the list of survivors");
    else
        count(s != NULL || !listed, "it is not in the list of survivors");
}

static void judge_unreached(const struct place *p)
{
    struct survivor *s = find_survivor(p->name, "unreached");

    printf("  UNREACHED %s  %s:%u  %s\n", p->name, p->file, p->line,
           s != NULL ? s->reason : "");
    if (s != NULL)
        s->seen = true;
    count(s != NULL, "it is not in the list of survivors");
}

static void judge_list(void)
{
    for (unsigned i = 0; i < n_survivors; i++) {
        if (survivors[i].seen)
            continue;
        printf("  MISSING  %s %s\n", survivors[i].name, survivors[i].how);
        count(false, "it is in the list of survivors, but there is no such mutant");
    }
}

static int by_line(const void *a, const void *b)
{
    const struct place *const *x = a, *const *y = b;
    int files = strcmp((*x)->file, (*y)->file);

    return files != 0 ? files : (int)(*x)->line - (int)(*y)->line;
}

static void try_place(struct scenario_list list, const struct place *p,
                      struct effort effort)
{
    struct fate fate;

    for (enum weakening how = 0; how < WEAKENINGS; how++) {
        if ((p->weakenings >> how & 1) == 0)
            continue;
        sites_mutate(p->name, how);
        try_mutant(list, p, effort, &fate);
        judge(p, weakening_name(how), &fate);
    }
    sites_mutate(NULL, 0);
}

void explore_mutants(struct scenario_list list, struct effort effort,
                     const char *survivors_file, struct tally *counts)
{
    static const struct place *places[PLACES_MAX];
    const struct place *all;
    unsigned n = sites_places(&all);

    tally = counts;
    listed = survivors_file != NULL;
    thorough = effort.random_percent >= 100;
    if (listed)
        read_survivors(survivors_file);
    for (unsigned i = 0; i < n; i++)
        places[i] = &all[i];
    qsort(places, n, sizeof places[0], by_line);
    for (unsigned i = 0; i < n; i++)
        try_place(list, places[i], effort);
    if (!listed)
        return;
    sites_unreached(judge_unreached);
    judge_list();
}
