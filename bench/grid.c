/* grid.c: columns of text that line up. */
#include "bench/grid.h"

#include <stdarg.h>
#include <string.h>

#define GAP 3u /* blanks between two columns */

static const char *const style_codes[] = {
    [GRID_PLAIN] = "",        [GRID_BOLD] = "\033[1m", [GRID_DIM] = "\033[2m",
    [GRID_GOOD] = "\033[32m", [GRID_BAD] = "\033[31m",
};

void grid_row(struct grid *grid)
{
    if (grid->rows < GRID_ROWS)
        grid->row[grid->rows++].columns = 0;
}

void grid_cell(struct grid *grid, enum grid_style style, const char *format, ...)
{
    struct grid_row *row = &grid->row[grid->rows - 1];
    struct grid_cell *cell;
    va_list args;

    if (row->columns == GRID_COLUMNS)
        return;
    cell = &row->cell[row->columns++];
    cell->style = style;
    va_start(args, format);
    vsnprintf(cell->text, sizeof cell->text, format, args);
    va_end(args);
}

static unsigned column_width(const struct grid *grid, unsigned column)
{
    size_t width = 0;

    for (unsigned i = 0; i < grid->rows; i++) {
        const struct grid_row *row = &grid->row[i];

        if (column < row->columns && strlen(row->cell[column].text) > width)
            width = strlen(row->cell[column].text);
    }
    return (unsigned)width;
}

unsigned grid_width(const struct grid *grid)
{
    unsigned width = 0;

    for (unsigned column = 0; column < GRID_COLUMNS; column++) {
        unsigned of_column = column_width(grid, column);

        width += of_column > 0 ? of_column + GAP : 0;
    }
    return width;
}

static void print_cell(const struct grid_cell *cell, unsigned width, FILE *out,
                       bool colour)
{
    bool styled = colour && cell->style != GRID_PLAIN;

    fprintf(out, "%s%s%s", styled ? style_codes[cell->style] : "", cell->text,
            styled ? "\033[0m" : "");
    if (width > 0)
        fprintf(out, "%*s", (int)(width - strlen(cell->text)), "");
}

void grid_print(const struct grid *grid, FILE *out, bool colour)
{
    unsigned width[GRID_COLUMNS];

    for (unsigned column = 0; column < GRID_COLUMNS; column++)
        width[column] = column_width(grid, column);
    for (unsigned i = 0; i < grid->rows; i++) {
        const struct grid_row *row = &grid->row[i];

        for (unsigned column = 0; column < row->columns; column++) {
            bool last = column + 1 == row->columns;

            if (width[column] > 0)
                print_cell(&row->cell[column], last ? 0 : width[column] + GAP, out,
                           colour);
        }
        fputc('\n', out);
    }
}
