/* tools/load/chart.h: line charts as SVG. */
#ifndef WEFT_TOOLS_LOAD_CHART_H
#define WEFT_TOOLS_LOAD_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHART_LINES 5u

struct chart_line {
    const char *name;
    const double *y; /* as many as the chart has places */
};

struct chart {
    const char *title;
    const double *x; /* in order */
    size_t count;
    bool log_y; /* what is not above 0 is left out */
    struct chart_line lines[CHART_LINES];
    unsigned line_count;

    /* A tick's text. @text fills: size bytes. */
    void (*x_text)(double x, char *text, size_t size);
    void (*y_text)(double y, char *text, size_t size);
    const double *x_ticks; /* NULL: some round numbers */
    size_t x_tick_count;
};

/* Writes an <svg> element. */
void chart_write(FILE *out, const struct chart *chart);

#endif
