/* lib/bench/ledger.h: what has become of the operations of a run, and how long they took.
 *
 * Written by many threads at once, each into pages of its own as far as there are enough, read by
 * one beside them. Every number only grows. */
#ifndef WEFT_LIB_BENCH_LEDGER_H
#define WEFT_LIB_BENCH_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <weft/histogram.h>

struct ledger;

/* Those that count are the ones that began after the warm-up. */
struct ledger_sums {
    uint64_t begun;
    uint64_t failed;
    uint64_t under_way; /* with those that do not count */
    uint64_t last_ns;   /* when the last one that counts was done; 0: none was */
};

/* @writers  about so many threads will write; any number may
 * Returns new: ledger_destroy; NULL if there is no memory. */
struct ledger *ledger_create(unsigned writers);
void ledger_destroy(struct ledger *ledger);

/* Each from any thread, without blocking. */
void ledger_begun(struct ledger *ledger, uint64_t parts, bool counts);
void ledger_failed(struct ledger *ledger, uint64_t parts, bool counts);
void ledger_done(struct ledger *ledger, uint64_t took_ns, uint64_t now_ns, bool counts);

/* How many are under way; it may be a little old. */
uint64_t ledger_under_way(const struct ledger *ledger);

/* All of it. What steps did before they said that an operation was over is seen afterwards.
 * @latency  fills: of those that were done and count */
void ledger_read(const struct ledger *ledger, struct ledger_sums *sums,
                 weft_histogram *latency);

#endif
