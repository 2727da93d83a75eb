/* words.h: reads what is given to an option. Each mistake is answered on stderr by a sentence
 * that says what would be right. */
#ifndef WEFT_BENCH_WORDS_H
#define WEFT_BENCH_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_WORKERS_MAX 8u   /* different numbers of workers in a series */
#define WORDS_SCALE_MAX   1000 /* times the usual size */

/* Says what is wrong. Returns -1. */
__attribute__((format(printf, 1, 2))) int words_wrong(const char *format, ...);

/* A whole number and nothing else. Returns false if it is something else or does not lie
 * between least and most; then nobody was told. */
bool words_count(const char *text, uint64_t least, uint64_t most, uint64_t *count);

/* A factor. @scale fills: on success. Returns 0 or -1. */
int words_scale(const char *text, double *scale);

/* "2" or "1,2,4".
 * @workers  fills: adds those that are not in it yet, up to WORDS_WORKERS_MAX; *count of them
 * Returns 0 or -1. */
int words_workers(const char *text, unsigned *workers, unsigned *count);

#endif
