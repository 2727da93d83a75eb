/* test/explore/engine/search.c: which runs of a scenario there are to make.
 *
 * The reduced search is stateless model checking with dynamic partial order reduction: source
 * sets (Abdulla, Aronis, Jonsson and Sagonas, "Optimal Dynamic Partial Order Reduction", POPL
 * 2014) and sleep sets. It differs from the paper in that a thread's operation has several
 * outcomes (what it reads), each of which is explored wherever the thread is; so orders are
 * about events as they went (depend_on), and another order is tried wherever one of two
 * operations might have other outcomes in it (depend_reversible). The orders that are left
 * out are held against a search that leaves out none in self/equivalence.c. */
#include "test/explore/engine/search.h"

#include "test/explore/engine/depend.h"
#include "test/explore/engine/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A state in which the search has a choice. Node i is left by event i + 1. */
struct node {
    uint8_t thread, choice;           /* taken now */
    uint8_t enabled, backtrack, done; /* threads, as bits: to be explored; explored */
    uint32_t awake[THREADS_MAX];      /* choices of each to explore, as bits */
    uint16_t
        asleep_below[THREADS_MAX]; /* reading a store below this, and what does not read,
                                           is explored elsewhere; 0: nothing is */
    uint16_t stores;               /* made before */
    unsigned preemptions;          /* before */
};

static const struct search_options *options;
static struct node nodes[EVENTS_MAX];
static unsigned length; /* nodes that the next run has to follow */
static unsigned noted;  /* events whose clocks are known */
/* Of each event: the last event of each thread that it depends on, by its index. */
static uint16_t clocks[EVENTS_MAX][THREADS_MAX];
static uint64_t random_state;

static unsigned first_bit(uint32_t bits)
{
    return (unsigned)__builtin_ctz(bits);
}

static bool has_bit(unsigned bits, unsigned bit)
{
    return (bits >> bit & 1) != 0;
}

/* --- orders of events --- */

static bool comes_before(unsigned earlier, unsigned later)
{
    return clocks[later][run.events[earlier].thread] >= run.events[earlier].index;
}

static void join_clock(unsigned later, unsigned earlier)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (clocks[earlier][i] > clocks[later][i])
            clocks[later][i] = clocks[earlier][i];
    }
}

/* In the run without `first` and what depends on it, up to `last`: the threads that can
 * begin it. */
static unsigned initials(unsigned first, unsigned last)
{
    unsigned begin = 0, seen = 0;

    for (unsigned i = first + 1; i <= last; i++) {
        const struct event *e = &run.events[i];
        bool free = true;

        if (has_bit(seen, e->thread) || (i != last && comes_before(first, i)))
            continue;
        seen |= 1u << e->thread;
        for (unsigned k = first + 1; k < i && free; k++)
            free = comes_before(first, k) || /* the last event's clock is not known yet */
                   !(i == last ? depend_on(&run.events[k], e) : comes_before(k, i));
        if (free)
            begin |= 1u << e->thread;
    }
    return begin;
}

/* Event `last` could be done before event `first`. */
static void reverse(unsigned first, unsigned last)
{
    struct node *n = &nodes[first - 1];
    unsigned begin = initials(first, last) & n->enabled;

    if (begin == 0)
        n->backtrack = n->enabled;
    else if ((begin & n->backtrack) == 0)
        n->backtrack |= (uint8_t)(1u << first_bit(begin));
}

/* The last event's clock, and the orders that are still to be tried because of it. */
static void note_event(unsigned number)
{
    const struct event *e = &run.events[number];

    memset(clocks[number], 0, sizeof clocks[number]);
    for (unsigned i = number - 1; i >= 1; i--) {
        const struct event *earlier = &run.events[i];

        if (comes_before(i, number))
            continue;
        if (earlier->thread == e->thread || i == e->woken_by) {
            join_clock(number, i);
            continue;
        }
        if (depend_reversible(earlier, e))
            reverse(i, number);
        if (depend_on(earlier, e))
            join_clock(number, i);
    }
    clocks[number][e->thread] = e->index;
}

static void note_events(void)
{
    while (options->mode == SEARCH_REDUCED && noted < run.n_events)
        note_event(++noted);
}

/* --- nodes --- */

static bool is_reader(enum op_kind kind)
{
    return kind == OP_LOAD || kind == OP_RMW || kind == OP_CAS || kind == OP_WAIT;
}

/* What of the thread's choices is known from elsewhere, after the last event. */
static uint16_t asleep_below(const struct node *parent, unsigned thread)
{
    const struct event *last = &run.events[run.n_events];
    uint16_t limit = has_bit(parent->done, thread) ? (uint16_t)(parent->stores + 1)
                                                   : parent->asleep_below[thread];

    if (thread == last->thread || !depend_stays_asleep(&run.threads[thread].op, last))
        return 0;
    return limit;
}

static uint32_t awake_choices(const struct node *n, unsigned thread)
{
    const struct op *op = &run.threads[thread].op;
    uint16_t choices[CHOICES_MAX];
    unsigned count = memory_choices(thread, op, choices);
    uint32_t awake = 0;

    for (unsigned i = 0; i < count; i++) {
        uint16_t below = n->asleep_below[thread];

        if (below == 0 || (is_reader(op->kind) && choices[i] >= below))
            awake |= (uint32_t)1 << i;
    }
    return awake;
}

/* Threads that may be chosen if no more preemptions are allowed than there are. */
static unsigned within_bound(const struct node *n, unsigned enabled, unsigned last)
{
    bool spent = n->preemptions >= options->preemptions;

    return spent && has_bit(enabled, last) ? 1u << last : enabled;
}

static void new_node(struct node *n, unsigned depth)
{
    const struct node *parent = depth > 0 ? &nodes[depth - 1] : NULL;
    unsigned last = depth > 0 ? run.events[depth].thread : 0, can_go = 0;

    memset(n, 0, sizeof *n);
    n->enabled = (uint8_t)run_enabled();
    n->stores = memory_stores();
    for (unsigned t = 1; t < run.n_threads; t++) {
        if (!has_bit(n->enabled, t))
            continue;
        if (parent != NULL && options->mode == SEARCH_REDUCED)
            n->asleep_below[t] = asleep_below(parent, t);
        n->awake[t] = awake_choices(n, t);
        if (n->awake[t] != 0)
            can_go |= 1u << t;
    }
    if (depth > 1) {
        unsigned before = run.events[depth - 1].thread;

        n->preemptions =
            parent->preemptions + (before != last && has_bit(parent->enabled, before));
    }
    if (can_go == 0)
        return;
    n->thread = (uint8_t)(has_bit(can_go, last) ? last : first_bit(can_go));
    n->backtrack = (uint8_t)(1u << n->thread);
    if (options->mode == SEARCH_ALL)
        n->backtrack = (uint8_t)within_bound(n, can_go, last);
    n->choice = (uint8_t)first_bit(n->awake[n->thread]);
}

static bool pick_systematic(unsigned *thread, unsigned *choice)
{
    unsigned depth = run.n_events;
    struct node *n = &nodes[depth];

    note_events();
    if (depth == length) {
        new_node(n, depth);
        if (n->backtrack == 0)
            return false;
        length++;
    }
    *thread = n->thread;
    *choice = n->choice;
    return true;
}

/* The next run differs in the last node that has something left. */
static bool next_run(void)
{
    while (length > 0) {
        struct node *n = &nodes[length - 1];

        n->awake[n->thread] &= ~((uint32_t)1 << n->choice);
        if (n->awake[n->thread] == 0)
            n->done |= (uint8_t)(1u << n->thread);
        for (unsigned t = n->thread, i = 0; i < THREADS_MAX;
             i++, t = (t + 1) % THREADS_MAX) {
            if (!has_bit(n->backtrack, t) || n->awake[t] == 0)
                continue;
            n->thread = (uint8_t)t;
            n->choice = (uint8_t)first_bit(n->awake[t]);
            return true;
        }
        length--;
    }
    return false;
}

/* --- random runs, and a given one --- */

static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 32) * n >> 32);
}

static void random_begin(uint64_t seed)
{
    random_state = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
    for (int i = 0; i < 8; i++)
        random_below(2);
}

/* Rather on with the same thread, and rather the newest store: both halve at each step. */
static bool pick_random(unsigned *thread, unsigned *choice)
{
    unsigned enabled = run_enabled(), last = run.events[run.n_events].thread, n;
    uint16_t choices[CHOICES_MAX];

    if (run.n_events == 0 || !has_bit(enabled, last) || random_below(2) == 0) {
        unsigned skip = random_below((unsigned)__builtin_popcount(enabled));

        while (skip-- > 0)
            enabled &= enabled - 1;
        last = first_bit(enabled);
    }
    n = memory_choices(last, &run.threads[last].op, choices);
    *thread = last;
    *choice = random_below(2) == 0 ? 0 : random_below(n);
    return true;
}

/* Begins the tape of a random run, in which threads that wait go on in the same run. */
enum { PATIENT = '~' };
static const char *tape_left;

static bool is_patient(const struct search_options *o)
{
    return o->mode == SEARCH_RANDOM || (o->mode == SEARCH_TAPE && o->tape[0] == PATIENT);
}

/* A letter for each step, the thread's, and a number if its choice is not the first. */
static bool pick_from_tape(unsigned *thread, unsigned *choice)
{
    uint16_t choices[CHOICES_MAX];
    char *end;

    if (*tape_left < 'a' || *tape_left >= 'a' + EXPLORE_THREADS)
        return false;
    *thread = (unsigned)(*tape_left++ - 'a') + 1;
    *choice = 0;
    if (isdigit((unsigned char)*tape_left)) {
        *choice = (unsigned)strtoul(tape_left, &end, 10);
        tape_left = end;
    }
    return has_bit(run_enabled(), *thread) &&
           *choice < memory_choices(*thread, &run.threads[*thread].op, choices);
}

static void write_tape(char *tape, size_t size)
{
    size_t n = 0;

    if (run.patient)
        tape[n++] = PATIENT;
    tape[n] = '\0';
    for (unsigned i = 1; i <= run.n_events && n + 8 < size; i++) {
        const struct event *e = &run.events[i];

        tape[n++] = (char)('a' + e->thread - 1);
        if (e->choice > 0)
            n += (size_t)snprintf(tape + n, size - n, "%u", e->choice);
        tape[n] = '\0';
    }
}

/* --- the whole search --- */

static void count_outcome(struct search_result *result)
{
    unsigned i = 0;

    while (i < result->n_outcomes && strcmp(result->outcomes[i], run.outcome) != 0)
        i++;
    if (run.outcome[0] == '\0' || i == EXPLORE_OUTCOMES)
        return;
    snprintf(result->outcomes[i], sizeof result->outcomes[i], "%s", run.outcome);
    if (i == result->n_outcomes)
        result->n_outcomes++;
}

static void count_run(struct search_result *result, enum verdict verdict)
{
    result->runs++;
    result->operations += run.n_events;
    result->cut += verdict == RUN_CUT;
    result->unfair += verdict == RUN_UNFAIR;
    result->complete += verdict == RUN_COMPLETE;
    if (run.n_events > result->depth)
        result->depth = run.n_events;
    if (verdict == RUN_COMPLETE) {
        count_outcome(result);
        if (options->complete != NULL)
            options->complete(memory_fingerprint());
    }
    if (verdict == RUN_FAILED) {
        result->failed = true;
        result->fault = run.fault;
        snprintf(result->message, sizeof result->message, "%s", run.message);
        write_tape(result->tape, sizeof result->tape);
    }
}

static bool one_more(struct search_result *result)
{
    if (result->failed || (options->runs_max != 0 && result->runs >= options->runs_max))
        return false;
    switch (options->mode) {
    case SEARCH_RANDOM:
        random_begin(options->seed + result->runs);
        return true;
    case SEARCH_TAPE:
        tape_left = options->tape + is_patient(options);
        return result->runs == 0;
    default:
        result->exhausted = result->runs > 0 && !next_run();
        return !result->exhausted;
    }
}

void search(const struct explore_scenario *scenario, const struct search_options *how,
            struct search_result *result)
{
    static const run_pick picks[] = {[SEARCH_REDUCED] = pick_systematic,
                                     [SEARCH_ALL] = pick_systematic,
                                     [SEARCH_RANDOM] = pick_random,
                                     [SEARCH_TAPE] = pick_from_tape};

    memset(result, 0, sizeof *result);
    options = how;
    length = 0;
    while (one_more(result)) {
        enum verdict verdict;

        noted = length > 1 ? length - 1
                           : 0; /* the events before the last node are the same */
        verdict = run_once(scenario, picks[how->mode], is_patient(how));
        note_events();
        count_run(result, verdict);
    }
}
