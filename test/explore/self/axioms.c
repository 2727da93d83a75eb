/* test/explore/self/axioms.c: RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing
 * sequential consistency in C/C++11", PLDI 2017) word for word, as relations between the
 * events of a run, with two differences: a release sequence has no plain stores of the same
 * thread in it (as in C++20), and happens-before between two seq_cst accesses always counts.
 *
 * Nothing here is meant to be fast: programs have a dozen events. */
#include "test/explore/self/axioms.h"

#include "test/explore/engine/engine.h"

#include <string.h>

enum { EVENTS = 32 };

typedef bool relation[EVENTS][EVENTS];

static relation before_in_thread, reads_from, modified_before, read_before,
    happens_before, eco, psc;
static unsigned n;

static const struct event *event(unsigned i)
{
    return &run.events[i + 1];
}

static bool is_fence(unsigned i)
{
    return event(i)->op.kind == OP_FENCE;
}

static bool is_read(unsigned i)
{
    return event(i)->read != NONE;
}

static bool is_write(unsigned i)
{
    return event(i)->stored != NONE;
}

static enum order order_of(unsigned i)
{
    const struct event *e = event(i);

    return e->op.kind == OP_CAS && !e->wrote ? e->op.failure : e->op.order;
}

static bool is_seq_cst(unsigned i)
{
    return order_of(i) == SEQ_CST;
}

static unsigned rank(uint16_t store)
{
    return memory_store(store)->rank;
}

static void close_transitively(relation r)
{
    for (unsigned k = 0; k < n; k++)
        for (unsigned i = 0; i < n; i++)
            for (unsigned j = 0; j < n; j++)
                r[i][j] = r[i][j] || (r[i][k] && r[k][j]);
}

static bool is_irreflexive(relation r)
{
    for (unsigned i = 0; i < n; i++) {
        if (r[i][i])
            return false;
    }
    return true;
}

/* --- the relations --- */

static void relate_accesses(unsigned a, unsigned b)
{
    bool same = !is_fence(a) && !is_fence(b) && a != b &&
                event(a)->op.location == event(b)->op.location;

    before_in_thread[a][b] = a < b && event(a)->thread == event(b)->thread;
    reads_from[a][b] =
        same && is_write(a) && is_read(b) && event(b)->read == event(a)->stored;
    modified_before[a][b] = same && is_write(a) && is_write(b) &&
                            rank(event(a)->stored) < rank(event(b)->stored);
    read_before[a][b] = same && is_read(a) && is_write(b) &&
                        rank(event(a)->read) < rank(event(b)->stored);
    eco[a][b] = reads_from[a][b] || modified_before[a][b] || read_before[a][b];
}

/* What `read` reads was released by a. */
static bool is_released_by(unsigned a, unsigned read)
{
    for (unsigned head = 0; head < n; head++) {
        bool releases = is_write(head) && op_releases(order_of(a)) &&
                        (head == a || (is_fence(a) && before_in_thread[a][head]));

        if (!releases)
            continue;
        for (unsigned last = 0, i = read; i < n; i = last) { /* backwards to the head */
            for (last = 0; last < n && !reads_from[last][i]; last++)
                continue;
            if (last == head)
                return true;
            if (last < n && !is_read(last)) /* the sequence goes on through these only */
                break;
        }
    }
    return false;
}

static bool synchronizes(unsigned a, unsigned b)
{
    for (unsigned read = 0; read < n; read++) {
        if (is_read(read) && op_acquires(order_of(b)) &&
            (read == b || (is_fence(b) && before_in_thread[read][b])) &&
            is_released_by(a, read))
            return true;
    }
    return false;
}

/* From a, or if that is a fence also from what it happens before. */
static bool goes_out(unsigned a, unsigned x)
{
    return a == x || (is_fence(a) && happens_before[a][x]);
}

static bool comes_in(unsigned y, unsigned b)
{
    return y == b || (is_fence(b) && happens_before[y][b]);
}

static bool ordered_by_seq_cst(unsigned a, unsigned b)
{
    bool fences = is_fence(a) && is_fence(b);

    if (fences && happens_before[a][b])
        return true;
    for (unsigned x = 0; x < n; x++) {
        for (unsigned y = 0; y < n; y++) {
            bool base =
                happens_before[x][y] || modified_before[x][y] || read_before[x][y];

            if (base && goes_out(a, x) && comes_in(y, b))
                return true;
            if (fences && happens_before[a][x] && eco[x][y] && happens_before[y][b])
                return true;
        }
    }
    return false;
}

/* --- the axioms --- */

static bool is_coherent(void)
{
    for (unsigned a = 0; a < n; a++) {
        for (unsigned b = 0; b < n; b++) {
            if (happens_before[a][b] && eco[b][a])
                return false;
        }
    }
    return is_irreflexive(happens_before) && is_irreflexive(eco);
}

static bool is_atomic(void)
{
    for (unsigned i = 0; i < n; i++) {
        if (is_read(i) && is_write(i) &&
            rank(event(i)->stored) != rank(event(i)->read) + 1)
            return false;
    }
    return true;
}

bool axioms_hold(void)
{
    n = run.n_events;
    if (n > EVENTS)
        run_fail(EXPLORE_ENDLESS, "too many events for the axioms");
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = 0; b < n; b++)
            relate_accesses(a, b);
    close_transitively(eco);
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = 0; b < n; b++)
            happens_before[a][b] = before_in_thread[a][b] || synchronizes(a, b);
    close_transitively(happens_before);
    if (!is_coherent() || !is_atomic())
        return false;
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = 0; b < n; b++)
            psc[a][b] = is_seq_cst(a) && is_seq_cst(b) && ordered_by_seq_cst(a, b);
    close_transitively(psc);
    return is_irreflexive(psc);
}
