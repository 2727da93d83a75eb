/* test/explore/engine/sites.c: the labelled places of the code under test, and the mutant:
 * one of them weakened. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SITES_MAX = 1024 };

static struct site sites[SITES_MAX]; /* a hash table by pc */
static struct place places[PLACES_MAX];
static unsigned n_places;
static int scenario = -1;

static struct {
    const char *name; /* of a place */
    enum weakening how;
} mutant;

const char *weakening_name(enum weakening how)
{
    static const char *const names[] = {[TO_RELAXED] = "relaxed",
                                        [TO_ACQUIRE] = "acquire",
                                        [TO_RELEASE] = "release",
                                        [TO_ACQ_REL] = "acq_rel",
                                        [SKIP] = "skip"};

    return names[how];
}

/* --- places --- */

/* A label, two letters or more and a number, that ends at `end` and is the last argument of an
 * operation: a comma or the line's beginning is before it, or the quote of explore_site. */
static bool label_at(const char *text, const char *end, char *label, size_t size)
{
    const char *last = end > text && end[-1] == '"' ? end - 1 : end, *first = last,
               *before;
    unsigned digits = 0, letters = 0;

    for (; first > text && isdigit((unsigned char)first[-1]); first--)
        digits++;
    for (; first > text && isupper((unsigned char)first[-1]); first--)
        letters++;
    before = first;
    while (before > text && before[-1] == ' ')
        before--;
    snprintf(label, size, "%.*s", (int)(last - first), first);
    return digits >= 1 && letters >= 2 &&
           (before == text || before[-1] == ',' || (last != end && before[-1] == '"'));
}

/* The label of a line of source; false: it has none. */
static bool find_label(const char *text, char *label, size_t size)
{
    for (const char *end = strchr(text, ')'); end != NULL; end = strchr(end + 1, ')')) {
        if (label_at(text, end, label, size))
            return true;
    }
    return false;
}

/* The file, the label, and which of the file's lines that have it this is. The line that we
 * know is where the statement begins. */
static void name_place(struct place *p)
{
    const char *slash = strrchr(p->file, '/'),
               *base = slash != NULL ? slash + 1 : p->file;
    char text[512], label[16];
    unsigned line = 0, with_label = 0, mine = 0;
    FILE *f = fopen(p->file, "r");

    while (f != NULL && fgets(text, sizeof text, f) != NULL) {
        line++;
        if (!find_label(text, label, sizeof label) || strcmp(label, p->label) != 0)
            continue;
        with_label++;
        if (mine == 0 && line >= p->line) {
            mine = with_label;
            p->label_line = line;
        }
    }
    if (f != NULL)
        fclose(f);
    snprintf(p->name, sizeof p->name, with_label > 1 ? "%.40s:%s.%u" : "%.40s:%s", base,
             p->label, mine);
}

static struct place *place_of(const char *label, void *pc)
{
    struct place *p = &places[n_places];

    report_source(p->file, sizeof p->file, &p->line, pc);
    for (unsigned i = 0; i < n_places; i++) {
        if (places[i].line == p->line && strcmp(places[i].label, label) == 0 &&
            strcmp(places[i].file, p->file) == 0)
            return &places[i];
    }
    if (++n_places == PLACES_MAX) {
        fprintf(stderr, "explore: too many labelled places\n");
        exit(2);
    }
    p->label = label;
    name_place(p);
    return p;
}

static struct site *site_at(const char *label, void *pc)
{
    unsigned i = (unsigned)((uintptr_t)pc * 0x9e3779b97f4a7c15u >> 40) % SITES_MAX;

    while (sites[i].pc != NULL && (sites[i].pc != pc || sites[i].label != label))
        i = (i + 1) % SITES_MAX;
    if (sites[i].pc == NULL)
        sites[i] = (struct site){label, pc, place_of(label, pc)};
    return &sites[i];
}

/* --- what can be weakened --- */

/* All orders below the one that it has. */
static unsigned weaker_orders(const struct op *op)
{
    unsigned acquire = 1u << TO_RELAXED | (op->kind != OP_STORE ? 1u << TO_ACQUIRE : 0);
    unsigned release = 1u << TO_RELAXED | (op->kind != OP_LOAD ? 1u << TO_RELEASE : 0);

    if (op->kind == OP_MEMBARRIER || op->kind == OP_WAKE)
        return 1u << SKIP;
    switch (op->order) {
    case SEQ_CST:
        return acquire | release |
               (op->kind == OP_RMW || op->kind == OP_CAS ? 1u << TO_ACQ_REL : 0);
    case ACQ_REL:
        return acquire | release;
    case ACQUIRE:
    case RELEASE:
        return 1u << TO_RELAXED;
    default:
        return 0;
    }
}

static void note(struct place *p, unsigned weakenings)
{
    if (scenario < 0)
        return;
    p->weakenings |= weakenings;
    p->scenarios |= (uint64_t)1 << scenario;
}

static bool is_mutated(const struct site *site)
{
    return mutant.name != NULL && strcmp(site->place->name, mutant.name) == 0;
}

enum order sites_order(const struct site *site, enum order order)
{
    static const enum order orders[WEAKENINGS] = {[TO_RELAXED] = RELAXED,
                                                  [TO_ACQUIRE] = ACQUIRE,
                                                  [TO_RELEASE] = RELEASE,
                                                  [TO_ACQ_REL] = ACQ_REL};

    return is_mutated(site) && mutant.how != SKIP ? orders[mutant.how] : order;
}

bool sites_skips(const struct site *site)
{
    return is_mutated(site) && mutant.how == SKIP;
}

/* --- the labels of operations to come --- */

void sites_push(const char *label, void *pc)
{
    struct thread *t = &run.threads[run.current];

    if (t->n_sites == LABELS_MAX)
        run_fail(EXPLORE_ASSERTION, "label %s has no ordered operation",
                 t->sites[t->n_sites - 1]->label);
    t->sites[t->n_sites++] = site_at(label, pc);
}

/* The arguments of an ordered operation may have operations of their own, which come first:
 * relaxed ones, that have no label, and ordered ones, whose label was pushed last. */
const struct site *sites_pop(const struct op *op)
{
    struct thread *t = &run.threads[run.current];
    const struct site *site;

    if (t->n_sites == 0 || (op->kind <= OP_CAS && op->order == RELAXED) ||
        (op->kind > OP_CAS && op->kind != OP_MEMBARRIER && op->kind != OP_WAKE))
        return NULL;
    site = t->sites[--t->n_sites];
    note(site->place, weaker_orders(op));
    return site;
}

bool sites_recheck(const char *label, void *pc)
{
    struct site *site = site_at(label, pc);

    note(site->place, 1u << SKIP);
    return !sites_skips(site);
}

/* --- for the driver --- */

void sites_scenario(int number)
{
    scenario = number;
}

void sites_mutate(const char *name, enum weakening how)
{
    mutant.name = name;
    mutant.how = how;
}

unsigned sites_places(const struct place **all)
{
    *all = places;
    return n_places;
}

static bool is_known(const char *file, unsigned line)
{
    for (unsigned i = 0; i < n_places; i++) {
        if (places[i].label_line == line && strcmp(places[i].file, file) == 0)
            return true;
    }
    return false;
}

static void find_unreached(const char *file, void (*found)(const struct place *p))
{
    struct place p = {.line = 0};
    char text[512], label[16];
    FILE *f = fopen(file, "r");

    snprintf(p.file, sizeof p.file, "%s", file);
    p.label = label;
    while (f != NULL && fgets(text, sizeof text, f) != NULL) {
        p.line++;
        if (!find_label(text, label, sizeof label) || is_known(file, p.line))
            continue;
        name_place(&p);
        found(&p);
    }
    if (f != NULL)
        fclose(f);
}

void sites_unreached(void (*found)(const struct place *p))
{
    for (unsigned i = 0; i < n_places; i++) {
        bool first = true;

        for (unsigned k = 0; k < i && first; k++)
            first = strcmp(places[k].file, places[i].file) != 0;
        if (first)
            find_unreached(places[i].file, found);
    }
}
