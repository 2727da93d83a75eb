/* tools/load/table.c: reads the lines of a CSV file by the names of their columns. */
#include "tools/load/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 40u
#define LINE_SIZE   1024

static const char *const figure_names[FIGURES] = {"done_per_s", "p50_us", "p99_us",
                                                  "p999_us"};

/* Where the columns are. */
struct columns {
    int load, run;
    int figure[FIGURES];
};

static int wrong(const char *path, unsigned line, const char *what)
{
    fprintf(stderr, "weft load compare: %s, line %u: %s\n", path, line, what);
    return -1;
}

/* Cuts a line into its cells. Returns how many there are. */
static unsigned split(char *line, char **cells)
{
    unsigned count = 0;

    line[strcspn(line, "\r\n")] = '\0';
    while (count < COLUMNS_MAX) {
        cells[count++] = line;
        line += strcspn(line, ",");
        if (*line == '\0')
            break;
        *line++ = '\0';
    }
    return count;
}

static int find(char **cells, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(cells[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static bool read_head(char *line, struct columns *columns)
{
    char *cells[COLUMNS_MAX];
    unsigned count = split(line, cells);
    bool all = true;

    columns->load = find(cells, count, "load");
    columns->run = find(cells, count, "run");
    for (unsigned i = 0; i < FIGURES; i++) {
        columns->figure[i] = find(cells, count, figure_names[i]);
        all = all && columns->figure[i] >= 0;
    }
    return all && columns->load >= 0 && columns->run >= 0;
}

/* A number of at least 0. */
static bool read_cell(char **cells, unsigned count, int column, double *number)
{
    char *end;

    if ((unsigned)column >= count)
        return false;
    *number = strtod(cells[column], &end);
    return end != cells[column] && *end == '\0' && *number >= 0 && isfinite(*number);
}

static int add(struct table *table, const struct table_row *row)
{
    struct table_row *rows =
        realloc(table->rows, (table->count + 1) * sizeof *table->rows);

    if (rows == NULL)
        return -1;
    table->rows = rows;
    rows[table->count++] = *row;
    table->runs = row->run;
    return 0;
}

/* Returns NULL, or what is wrong with the line. */
static const char *read_row(char *line, const struct columns *columns,
                            struct table *table)
{
    char *cells[COLUMNS_MAX];
    unsigned count = split(line, cells);
    struct table_row row;
    double run;

    if ((unsigned)columns->load >= count || strlen(cells[columns->load]) >= LOAD_TEXT)
        return "there is no load in it";
    if (table->count == 0)
        strcpy(table->load, cells[columns->load]);
    if (strcmp(table->load, cells[columns->load]) != 0)
        return "another load than in the lines above it";
    if (!read_cell(cells, count, columns->run, &run) || run < table->runs ||
        run > table->runs + 1 || run < 1)
        return "runs are numbered from 1, in order";
    row.run = (unsigned)run;
    for (unsigned i = 0; i < FIGURES; i++) {
        if (!read_cell(cells, count, columns->figure[i], &row.figure[i]))
            return "a figure is missing, or is no number";
    }
    return add(table, &row) < 0 ? "out of memory" : NULL;
}

static int read_lines(FILE *file, const char *path, struct table *table)
{
    char line[LINE_SIZE];
    struct columns columns;

    if (fgets(line, sizeof line, file) == NULL || !read_head(line, &columns))
        return wrong(path, 1, "this is not what weft load --csv writes");
    for (unsigned number = 2; fgets(line, sizeof line, file) != NULL; number++) {
        const char *trouble = read_row(line, &columns, table);

        if (trouble != NULL)
            return wrong(path, number, trouble);
    }
    return table->count > 0 ? 0 : wrong(path, 2, "there is no interval in it");
}

int table_read(const char *path, struct table *table)
{
    FILE *file = fopen(path, "r");
    int result;

    memset(table, 0, sizeof *table);
    if (file == NULL) {
        fprintf(stderr, "weft load compare: %s: %s\n", path, strerror(errno));
        return -1;
    }
    result = read_lines(file, path, table);
    fclose(file);
    if (result < 0)
        table_done(table);
    return result;
}

void table_done(struct table *table)
{
    free(table->rows);
    table->rows = NULL;
}
