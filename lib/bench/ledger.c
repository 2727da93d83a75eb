/* lib/bench/ledger.c: counters in as many pages as there are writers.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   LG1 end: add over release -> LG2: what a step did before it said so
 *   LG2 look: load over acquire -> LG1: ... is seen by who finds all operations over
 * Relaxed: begun, uncounted, failed, took, most, least, last, bucket: sums that are read while
 * they are written, and exact when their writers rest. */
#include "lib/bench/ledger.h"

#include "lib/base/atomic.h"
#include "lib/bench/histogram.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 64u

typedef _Atomic(uint64_t) counter;

struct page {
    _Alignas(64) counter over;
    counter begun;
    counter uncounted; /* of begun: in the warm-up */
    counter failed;
    counter took; /* the sum */
    counter least;
    counter most;
    counter last;
    counter bucket[BUCKETS];
};

struct ledger {
    unsigned pages;
    struct page page[];
};

struct ledger *ledger_create(unsigned writers)
{
    unsigned pages = writers < PAGES_MAX ? writers : PAGES_MAX;
    struct ledger *ledger;

    pages += pages == 0;
    ledger = aligned_alloc(64, sizeof *ledger + pages * sizeof(struct page));
    if (ledger == NULL)
        return NULL;
    memset(ledger, 0, sizeof *ledger + pages * sizeof(struct page));
    ledger->pages = pages;
    for (unsigned i = 0; i < pages; i++)
        at_set(&ledger->page[i].least, UINT64_MAX); /* relaxed: not yet shared */
    return ledger;
}

void ledger_destroy(struct ledger *ledger)
{
    free(ledger);
}

/* The threads that have ever written are numbered, so that they spread evenly. */
static struct page *own_page(struct ledger *ledger)
{
    static _Atomic(unsigned) threads;
    static _Thread_local unsigned mine;
    unsigned seen = at_peek(&threads); /* relaxed: a number of one's own is all */

    while (mine == 0) {
        if (at_claim(&threads, &seen, seen + 1)) /* relaxed: as above */
            mine = seen + 1;
    }
    return &ledger->page[mine % ledger->pages];
}

void ledger_begun(struct ledger *ledger, uint64_t parts, bool counts)
{
    struct page *page = own_page(ledger);

    at_count(&page->begun, parts);
    if (!counts)
        at_count(&page->uncounted, parts);
}

void ledger_failed(struct ledger *ledger, uint64_t parts, bool counts)
{
    struct page *page = own_page(ledger);

    if (counts)
        at_count(&page->failed, parts);
    at_add(&page->over, parts, release, LG1);
}

static void count_time(struct page *page, uint64_t took)
{
    uint64_t least = at_peek(&page->least), most = at_peek(&page->most);

    at_count(&page->bucket[bucket_of(took)], 1);
    at_count(&page->took, took);
    while (took < least && !at_claim(&page->least, &least, took))
        continue;
    while (took > most && !at_claim(&page->most, &most, took))
        continue;
}

void ledger_done(struct ledger *ledger, uint64_t took_ns, uint64_t now_ns, bool counts)
{
    struct page *page = own_page(ledger);

    if (counts) {
        count_time(page, bucket_clamp(took_ns));
        at_set(&page->last,
               now_ns); /* relaxed: threads that share a page differ little */
    }
    at_add(&page->over, 1, release, LG1);
}

/* Ends are read before beginnings, so that there are never more of them. */
uint64_t ledger_under_way(const struct ledger *ledger)
{
    uint64_t over = 0, begun = 0;

    for (unsigned i = 0; i < ledger->pages; i++)
        over += at_load(&ledger->page[i].over, acquire, LG2);
    for (unsigned i = 0; i < ledger->pages; i++)
        begun += at_peek(&ledger->page[i].begun);
    return begun > over ? begun - over : 0;
}

static void read_times(const struct page *page, weft_histogram *h)
{
    uint64_t least = at_peek(&page->least), most = at_peek(&page->most);

    for (unsigned i = 0; i < BUCKETS; i++) {
        uint64_t count = at_peek(&page->bucket[i]);

        h->bucket[i] += count;
        h->count += count;
    }
    h->sum += at_peek(&page->took);
    if (least < h->least)
        h->least = least;
    if (most > h->most)
        h->most = most;
}

void ledger_read(const struct ledger *ledger, struct ledger_sums *sums,
                 weft_histogram *latency)
{
    *sums = (struct ledger_sums){.under_way = ledger_under_way(ledger)};
    weft_histogram_clear(latency);
    for (unsigned i = 0; i < ledger->pages; i++) {
        const struct page *page = &ledger->page[i];
        uint64_t last = at_peek(&page->last);

        read_times(page, latency);
        sums->failed += at_peek(&page->failed);
        sums->begun += at_peek(&page->begun) - at_peek(&page->uncounted);
        if (last > sums->last_ns)
            sums->last_ns = last;
    }
}
