/* words.c: reads what is given to an option. */
#include "bench/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft.h>

int words_wrong(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("weft bench: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    return -1;
}

bool words_count(const char *text, uint64_t least, uint64_t most, uint64_t *count)
{
    char *end;
    unsigned long long value;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < least || value > most)
        return false;
    *count = value;
    return true;
}

int words_scale(const char *text, double *scale)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value > 0) || value > WORDS_SCALE_MAX)
        return words_wrong(
            "--scale %s: give a number above 0 and up to %d, such as 0.1 or 10", text,
            WORDS_SCALE_MAX);
    *scale = value;
    return 0;
}

static int add_workers(const char *text, unsigned *workers, unsigned *count)
{
    uint64_t number;

    if (!words_count(text, 1, WEFT_WORKERS_MAX, &number))
        return words_wrong(
            "--workers: '%s' is no number of workers: give one from 1 to %u, or "
            "several with commas, such as 1,2",
            text, WEFT_WORKERS_MAX);
    for (unsigned i = 0; i < *count; i++) {
        if (workers[i] == number)
            return 0;
    }
    if (*count == WORDS_WORKERS_MAX)
        return words_wrong("--workers: give at most %u different numbers",
                           WORDS_WORKERS_MAX);
    workers[(*count)++] = (unsigned)number;
    return 0;
}

int words_workers(const char *text, unsigned *workers, unsigned *count)
{
    char item[24];

    for (;;) {
        size_t length = strcspn(text, ",");

        snprintf(item, sizeof item, "%.*s", (int)(length < 23 ? length : 23), text);
        if (add_workers(item, workers, count) < 0)
            return -1;
        if (text[length] == '\0')
            return 0;
        text += length + 1;
    }
}
