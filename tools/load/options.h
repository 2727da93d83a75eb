/* tools/load/options.h: what `weft load` is asked to do. */
#ifndef WEFT_TOOLS_LOAD_OPTIONS_H
#define WEFT_TOOLS_LOAD_OPTIONS_H

#include <stdbool.h>
#include <weft.h>
#include <weft/bench.h>

enum topology { ONE_TO_ONE, ONE_TO_MANY, MANY_TO_ONE, MANY_TO_MANY, PIPELINE, TREE };

#define LOAD_SIZE_MIN    8u
#define LOAD_SIZE_MAX    65536u
#define LOAD_ACTORS_MAX  10000u
#define LOAD_CLIENTS_MAX 65535u
#define LOAD_REPEAT_MAX  99u
#define LOAD_TEXT        200u

struct load_options {
    bool help;
    bool quiet;
    enum topology topology;
    unsigned actors;               /* N of the topology */
    unsigned workers;              /* 0: one for each processor */
    unsigned repeat;               /* runs */
    weft_bench_options bench;      /* with arrivals, clients and message_size */
    uint64_t *times_ns;            /* of a replay: new, options_done */
    const char *replay;            /* the file's name */
    const char *csv, *json, *html; /* names of files, "-" for stdout, or NULL */
};

/* Reads the arguments; argv[0] is the word "load".
 * @options  fills: on success; options_done releases it
 * Returns 0, or -1 after it has said on stderr what is wrong and what to do. */
int load_options_parse(int argc, char **argv, struct load_options *options);
void load_options_done(struct load_options *options);

/* "1:N", and how the others are called. */
const char *topology_name(enum topology topology);

/* What was asked for, in a line without commas; the same for the same load.
 * @text  fills: LOAD_TEXT bytes */
const char *load_options_text(const struct load_options *options, char *text);

#endif
