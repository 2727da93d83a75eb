/* tools/load/table.h: what `weft load --csv` has written, read again. */
#ifndef WEFT_TOOLS_LOAD_TABLE_H
#define WEFT_TOOLS_LOAD_TABLE_H

#include <stddef.h>

#include "tools/load/options.h"

/* The figures that are compared. */
enum figure { FIGURE_RATE, FIGURE_P50, FIGURE_P99, FIGURE_P999, FIGURES };

struct table_row {
    unsigned run; /* from 1, in order */
    double figure[FIGURES];
};

struct table {
    char load[LOAD_TEXT]; /* what was asked for */
    struct table_row *rows;
    size_t count;
    unsigned runs;
};

/* @table  fills: on success; table_done releases it
 * Returns 0, or -1 after it has said on stderr what is wrong, and in which line. */
int table_read(const char *path, struct table *table);
void table_done(struct table *table);

#endif
