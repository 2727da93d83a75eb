/* tools/load/words.c: numbers with units. */
#include "tools/load/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit times[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                                    {"m", 60},    {"h", 3600},  {"", 1},      {NULL, 0}};
static const struct unit decimal[] = {{"", 1},    {"k", 1e3}, {"K", 1e3},
                                      {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const struct unit binary[] = {{"", 1},        {"k", 1 << 10},  {"K", 1 << 10},
                                     {"B", 1},       {"KB", 1 << 10}, {"KiB", 1 << 10},
                                     {"M", 1 << 20}, {NULL, 0}};

static bool read_units(const char *text, const struct unit *units, double *number)
{
    char *end;
    double value = strtod(text, &end);

    if (text[0] < '0' || text[0] > '9' || end == text)
        return false;
    for (; units->name != NULL; units++) {
        if (strcmp(end, units->name) == 0) {
            *number = value * units->factor;
            return true;
        }
    }
    return false;
}

bool words_read_time(const char *text, double least_s, double most_s, uint64_t *ns)
{
    double seconds;

    if (!read_units(text, times, &seconds) || !(seconds >= least_s && seconds <= most_s))
        return false;
    *ns = (uint64_t)llround(seconds * 1e9);
    return true;
}

bool words_read_number(const char *text, double least, double most, double *number)
{
    return read_units(text, decimal, number) && *number >= least && *number <= most;
}

bool words_read_count(const char *text, double least, double most, uint64_t *count)
{
    double number;

    if (!read_units(text, binary, &number) || !(number >= least && number <= most) ||
        number != floor(number))
        return false;
    *count = (uint64_t)number;
    return true;
}

/* So many digits behind the point that there are three in all, at least. */
static int digits_of(double number)
{
    return number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
}

const char *words_time(uint64_t ns, char *text)
{
    static const char *const names[] = {"ns", "us", "ms", "s"};
    double value = (double)ns;
    unsigned unit = 0;

    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(text, WORDS, "%.*f %s", unit == 0 ? 0 : digits_of(value), value,
             names[unit]);
    return text;
}

const char *words_number(double number, char *text)
{
    static const char *const names[] = {"", " k", " M", " G"};
    unsigned unit = 0;

    while (number >= 9999.5 && unit < 3) {
        number /= 1000;
        unit++;
    }
    snprintf(text, WORDS, "%.*f%s", unit == 0 ? 0 : digits_of(number), number,
             names[unit]);
    return text;
}
