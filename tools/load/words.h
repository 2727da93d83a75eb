/* tools/load/words.h: numbers with units, as people write and read them. */
#ifndef WEFT_TOOLS_LOAD_WORDS_H
#define WEFT_TOOLS_LOAD_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS 24u /* bytes that hold any of them */

/* "10s", "1.5ms", "200us", "2m"; a number alone is seconds. Each returns false if the text is
 * something else, or does not lie between least and most. */
bool words_read_time(const char *text, double least_s, double most_s, uint64_t *ns);

/* "5000", "10k", "1.5M". */
bool words_read_number(const char *text, double least, double most, double *number);

/* "64", "4K": whole bytes. */
bool words_read_count(const char *text, double least, double most, uint64_t *count);

/* "12.3 us", "9.87 M", with three or four digits. @text fills: WORDS bytes. Return text. */
const char *words_time(uint64_t ns, char *text);
const char *words_number(double number, char *text);

#endif
