/* weft.c: the `weft` command. Its first word says which tool is wanted. */
#include <stdio.h>
#include <string.h>
#include <weft.h>

#include "bench/bench.h"
#include "tools/load/load.h"

enum exit_code { EXIT_DONE = 0, EXIT_USAGE = 2 };

struct tool {
    const char *name;
    const char *what;
    int (*run)(int argc, char **argv); /* argv[0] is the tool's name */
};

static const struct tool tools[] = {
    {"bench", "measure the throughput of messages and actors", bench_main},
    {"load", "put a load on actors and measure latency", load_main},
};

#define TOOLS (sizeof tools / sizeof tools[0])

static void print_usage(FILE *out)
{
    fprintf(out, "usage: weft TOOL [ARGUMENT...]\n\n");
    for (size_t i = 0; i < TOOLS; i++)
        fprintf(out, "  %-10s %s\n", tools[i].name, tools[i].what);
    fprintf(out,
            "\nweft TOOL --help says more; weft --version says which one this is.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < TOOLS; i++) {
        if (strcmp(argv[1], tools[i].name) == 0)
            return tools[i].run(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("weft %s\n", weft_version());
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    fprintf(stderr, "weft: there is no tool '%s'; weft --help shows them all\n", argv[1]);
    return EXIT_USAGE;
}
