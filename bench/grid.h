/* grid.h: columns of text that line up. */
#ifndef WEFT_BENCH_GRID_H
#define WEFT_BENCH_GRID_H

#include <stdbool.h>
#include <stdio.h>

#define GRID_ROWS    40u
#define GRID_COLUMNS 32u
#define GRID_TEXT    40u

enum grid_style { GRID_PLAIN, GRID_BOLD, GRID_DIM, GRID_GOOD, GRID_BAD };

struct grid {
    unsigned rows;
    struct grid_row {
        unsigned columns;
        struct grid_cell {
            enum grid_style style;
            char text[GRID_TEXT];
        } cell[GRID_COLUMNS];
    } row[GRID_ROWS];
};

/* Begins a row. */
void grid_row(struct grid *grid);

/* Adds a cell to the last row. Text beyond GRID_TEXT is cut, rows and columns beyond the
 * grid's size are left out. */
__attribute__((format(printf, 3, 4))) void
grid_cell(struct grid *grid, enum grid_style style, const char *format, ...);

/* Writes it, a line for each row. */
void grid_print(const struct grid *grid, FILE *out, bool colour);

/* How wide the widest line is, in characters. */
unsigned grid_width(const struct grid *grid);

#endif
