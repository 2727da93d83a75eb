/* tables.h: the results of a series as rows and columns. */
#ifndef WEFT_BENCH_TABLES_H
#define WEFT_BENCH_TABLES_H

#include "bench/grid.h"
#include "bench/series.h"

/* Two tables, because rates and delays have different columns. Those without a row have
 * no header either. */
struct tables {
    struct grid rates;
    struct grid delays;
};

/* Fills them in with what is known so far.
 * @live  each row ends with how far it is */
void tables_fill(struct tables *tables, const struct series *series, bool live);

/* Each target with what was reached.
 * Returns how many were missed. */
unsigned tables_targets(struct grid *grid, const struct series *series);

#endif
