/* tools/load/chart.c: line charts as SVG, with axes, ticks and a legend. */
#include "tools/load/chart.h"

#include <math.h>

#define WIDTH  760.0
#define HEIGHT 260.0
#define LEFT   76.0
#define RIGHT  34.0
#define TOP    34.0
#define BOTTOM 30.0

#define TEXT  32
#define TICKS 6

static const char *const colours[CHART_LINES] = {"#2563ab", "#3a8f4d", "#d08a1d",
                                                 "#b6392e", "#6d6d6d"};

struct range {
    double low, high;
};

static struct range x_range(const struct chart *c)
{
    struct range r = {c->count > 0 ? c->x[0] : 0, c->count > 0 ? c->x[c->count - 1] : 1};

    if (!(r.high > r.low))
        r.high = r.low + 1;
    return r;
}

static bool is_shown(const struct chart *c, double y)
{
    return isfinite(y) && (!c->log_y || y > 0);
}

/* From 0, or from one power of ten to another. */
static struct range y_range(const struct chart *c)
{
    struct range r = {c->log_y ? INFINITY : 0, 0};

    for (unsigned line = 0; line < c->line_count; line++) {
        for (size_t i = 0; i < c->count; i++) {
            double y = c->lines[line].y[i];

            if (!is_shown(c, y))
                continue;
            r.high = fmax(r.high, y);
            r.low = fmin(r.low, y);
        }
    }
    if (c->log_y && !(r.high > 0))
        return (struct range){1, 10};
    if (c->log_y)
        return (struct range){pow(10, floor(log10(r.low))),
                              pow(10, floor(log10(r.high)) + 1)};
    r.high = r.high > 0 ? r.high * 1.05 : 1;
    return r;
}

static double place(double value, struct range r, bool is_log)
{
    return is_log ? (log10(value) - log10(r.low)) / (log10(r.high) - log10(r.low))
                  : (value - r.low) / (r.high - r.low);
}

static double x_at(double x, struct range r)
{
    return LEFT + place(x, r, false) * (WIDTH - LEFT - RIGHT);
}

static double y_at(double y, struct range r, bool is_log)
{
    return HEIGHT - BOTTOM - place(y, r, is_log) * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten, some TICKS of which make up the range. */
static double round_step(struct range r)
{
    double rough = (r.high - r.low) / TICKS, power = pow(10, floor(log10(rough)));
    double times = rough / power;

    return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

static void write_y_tick(FILE *out, const struct chart *c, double y, struct range r)
{
    double at = y_at(y, r, c->log_y);
    char text[TEXT];

    c->y_text(y, text, sizeof text);
    fprintf(out,
            "<line class=\"grid\" x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\"/>"
            "<text class=\"y\" x=\"%.0f\" y=\"%.1f\">%s</text>\n",
            LEFT, at, WIDTH - RIGHT, at, LEFT - 6, at + 4, text);
}

static void write_x_tick(FILE *out, const struct chart *c, double x, struct range r)
{
    char text[TEXT];

    c->x_text(x, text, sizeof text);
    fprintf(out, "<text class=\"x\" x=\"%.1f\" y=\"%.0f\">%s</text>\n", x_at(x, r),
            HEIGHT - BOTTOM + 18, text);
}

static void write_y_axis(FILE *out, const struct chart *c, struct range r)
{
    double step = c->log_y ? 0 : round_step(r);

    for (int i = 0; c->log_y && r.low * pow(10, i) <= r.high * 1.001; i++)
        write_y_tick(out, c, r.low * pow(10, i), r);
    for (int i = 0; !c->log_y && i * step <= r.high; i++)
        write_y_tick(out, c, i * step, r);
}

static void write_x_axis(FILE *out, const struct chart *c, struct range r)
{
    double step = round_step(r);

    for (size_t i = 0; i < c->x_tick_count; i++) {
        if (c->x_ticks[i] >= r.low && c->x_ticks[i] <= r.high)
            write_x_tick(out, c, c->x_ticks[i], r);
    }
    for (int i = (int)ceil(r.low / step); c->x_ticks == NULL && i * step <= r.high; i++)
        write_x_tick(out, c, i * step, r);
}

static void write_line(FILE *out, const struct chart *c, unsigned number, struct range x,
                       struct range y)
{
    const struct chart_line *line = &c->lines[number];

    fprintf(out, "<polyline stroke=\"%s\" points=\"", colours[number]);
    for (size_t i = 0; i < c->count; i++) {
        if (is_shown(c, line->y[i]))
            fprintf(out, "%.1f,%.1f ", x_at(c->x[i], x), y_at(line->y[i], y, c->log_y));
    }
    fprintf(out, "\"><title>%s</title></polyline>\n", line->name);
}

static void write_legend(FILE *out, const struct chart *c)
{
    double at = WIDTH - RIGHT - 100.0 * c->line_count;

    fprintf(out, "<text class=\"title\" x=\"%.0f\" y=\"18\">%s</text>\n", LEFT, c->title);
    for (unsigned i = 0; i < c->line_count; i++, at += 100)
        fprintf(
            out,
            "<line stroke=\"%s\" stroke-width=\"3\" x1=\"%.0f\" y1=\"14\" x2=\"%.0f\" "
            "y2=\"14\"/><text x=\"%.0f\" y=\"18\">%s</text>\n",
            colours[i], at, at + 18, at + 23, c->lines[i].name);
}

void chart_write(FILE *out, const struct chart *chart)
{
    struct range x = x_range(chart), y = y_range(chart);

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
            "role=\"img\">\n<title>%s</title>\n",
            WIDTH, HEIGHT, chart->title);
    write_legend(out, chart);
    write_y_axis(out, chart, y);
    write_x_axis(out, chart, x);
    for (unsigned i = 0; i < chart->line_count; i++)
        write_line(out, chart, i, x, y);
    fprintf(out, "</svg>\n");
}
