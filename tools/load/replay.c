/* tools/load/replay.c: times of arrivals, out of a file. */
#include "tools/load/replay.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_ 256
#define TIME_MAX  86400.0

struct times {
    uint64_t *ns;
    size_t count, room;
};

static int add(struct times *times, uint64_t ns)
{
    if (times->count == times->room) {
        size_t room = times->room * 2 + 1024;
        uint64_t *more = realloc(times->ns, room * sizeof *more);

        if (more == NULL)
            return -1;
        times->ns = more;
        times->room = room;
    }
    times->ns[times->count++] = ns;
    return 0;
}

/* Returns NULL, or what is wrong with the line. */
static const char *read_line(char *line, struct times *times)
{
    char *end;
    double seconds;
    uint64_t ns;

    line[strcspn(line, "#\r\n")] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0')
        return NULL;
    seconds = strtod(line, &end);
    end += strspn(end, " \t");
    if (*end != '\0' || !(seconds >= 0 && seconds <= TIME_MAX))
        return "give a time in seconds, at most a day, such as 0.000125";
    ns = (uint64_t)llround(seconds * 1e9);
    if (times->count > 0 && ns < times->ns[times->count - 1])
        return "a time before the one above it";
    return add(times, ns) < 0 ? "out of memory" : NULL;
}

static int read_lines(FILE *file, const char *path, struct times *times)
{
    char line[LINE_MAX_];

    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        const char *trouble = read_line(line, times);

        if (trouble != NULL) {
            fprintf(stderr, "weft load: %s, line %u: %s\n", path, number, trouble);
            return -1;
        }
    }
    if (times->count > 0 && !ferror(file))
        return 0;
    fprintf(stderr, "weft load: %s: %s\n", path,
            ferror(file) ? strerror(errno) : "there is no time in it");
    return -1;
}

int replay_read(const char *path, uint64_t **ret_times, size_t *ret_count)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    struct times times = {0};
    int result;

    if (file == NULL) {
        fprintf(stderr, "weft load: %s: %s\n", path, strerror(errno));
        return -1;
    }
    result = read_lines(file, path, &times);
    if (file != stdin)
        fclose(file);
    if (result < 0) {
        free(times.ns);
        return -1;
    }
    *ret_times = times.ns;
    *ret_count = times.count;
    return 0;
}
