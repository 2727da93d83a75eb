/* tools/load/live.h: how a run is going, on a terminal. */
#ifndef WEFT_TOOLS_LOAD_LIVE_H
#define WEFT_TOOLS_LOAD_LIVE_H

#include "tools/load/options.h"

#define LIVE_SPARKS 30u

struct live {
    bool on;   /* there is a terminal, and nobody said --quiet */
    bool utf8; /* it can show bars of eighths */
    unsigned columns;
    unsigned run, runs;
    double rates[LIVE_SPARKS]; /* of the last intervals, the oldest first */
    unsigned count;
};

/* Looks whether stderr is a terminal. @live fills. */
void live_init(struct live *live, const struct load_options *options);

/* One interval more: a line on stderr, in the place of the one before. */
void live_show(struct live *live, const weft_bench_interval *interval);

/* Takes the line away. */
void live_clear(const struct live *live);

#endif
