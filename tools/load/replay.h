/* tools/load/replay.h: times of arrivals, out of a file. */
#ifndef WEFT_TOOLS_LOAD_REPLAY_H
#define WEFT_TOOLS_LOAD_REPLAY_H

#include <stddef.h>
#include <stdint.h>

/* Reads a file that has a time on each line, in seconds from the beginning, such as 0.000125,
 * none less than the one before. Empty lines, and what follows a #, are skipped.
 * @path       "-": stdin
 * @ret_times  fills: on success: new, free; at least one
 * Returns 0, or -1 after it has said on stderr what is wrong, and in which line. */
int replay_read(const char *path, uint64_t **ret_times, size_t *ret_count);

#endif
