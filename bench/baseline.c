/* baseline.c: compares instructions of an operation with those that are kept in a file.
 *
 * A line of the file is a workload, its N and M, and its instructions; one says which compiler
 * they are of, since another one makes others. Figures may be lowered by this program, never
 * raised: that is done by hand, with the reason above the line. */
#include "bench/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/callgrind.h"

#define USUAL_FILE "bench/baseline/instructions.txt"
#define OVER       1.03  /* times as many: too many */
#define UNDER      0.995 /* times as many: worth to be kept */
#define LINES_MAX  200u
#define LINE_SIZE  200u

enum exit_code { EXIT_RIGHT = 0, EXIT_OVER = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: weft bench --baseline[=FILE] [--lower]\n"
    "\n"
    "Counts the instructions of an operation, by callgrind (package valgrind), for the\n"
    "workloads in FILE (" USUAL_FILE "), and compares them with those\n"
    "that it says. Takes about a minute; does not depend on how fast the machine is.\n"
    "\n"
    "  --lower   write down what has become less\n"
    "\n"
    "Exit code: 0; 1 if a workload takes over 3 % more, or could not be counted; 2 if\n"
    "there is nothing to compare with.\n";

struct file {
    const char *path;
    char lines[LINES_MAX][LINE_SIZE];
    unsigned count;
};

static int usage(const char *what, const char *why)
{
    fprintf(stderr, "weft bench --baseline: %s: %s\n", what, why);
    return -1;
}

/* --- the file --- */

static int read_file(struct file *file)
{
    FILE *in = fopen(file->path, "r");

    if (in == NULL)
        return usage(file->path, strerror(errno));
    while (file->count < LINES_MAX &&
           fgets(file->lines[file->count], LINE_SIZE, in) != NULL)
        file->count++;
    if (!feof(in))
        usage(file->path, "it is too long");
    fclose(in);
    return file->count < LINES_MAX ? 0 : -1;
}

static int write_file(const struct file *file)
{
    FILE *out = fopen(file->path, "w");

    if (out == NULL)
        return usage(file->path, strerror(errno));
    for (unsigned i = 0; i < file->count; i++)
        fputs(file->lines[i], out);
    return fclose(out) == 0 ? 0 : usage(file->path, strerror(errno));
}

static bool same_compiler(const struct file *file)
{
    char compiler[LINE_SIZE];

    for (unsigned i = 0; i < file->count; i++) {
        if (sscanf(file->lines[i], "compiler %199[^\n]", compiler) != 1)
            continue;
        if (strcmp(compiler, __VERSION__) == 0)
            return true;
        fprintf(
            stderr,
            "weft bench --baseline: %s is of compiler %s, this weft of %s: they cannot "
            "be compared\n",
            file->path, compiler, __VERSION__);
        return false;
    }
    usage(file->path, "it does not say: compiler " __VERSION__);
    return false;
}

struct entry {
    const struct workload *workload;
    struct bench_size size;
    double per_op;
};

static bool read_entry(const char *line, struct entry *entry)
{
    char name[32];
    unsigned long long n, m;

    if (sscanf(line, "%31s %llu %llu %lf", name, &n, &m, &entry->per_op) != 4)
        return false;
    entry->workload = bench_find(name);
    entry->size = (struct bench_size){n, m};
    return entry->workload != NULL && entry->per_op > 0;
}

/* --- the comparison --- */

/* Lines that are no entries, and no mistakes. */
static bool is_other(const char *line)
{
    return line[0] == '#' || line[0] == '\n' || strncmp(line, "compiler ", 9) == 0;
}

/* Returns whether it is too much. Changes the line to what has become less. */
static bool compare_entry(const struct entry *entry, char *line)
{
    char trouble[CALLGRIND_TROUBLE];
    double now, ratio;

    printf("%-10s %10.1f", entry->workload->name, entry->per_op);
    fflush(stdout);
    if (callgrind_per_op(entry->workload, entry->size, &now, trouble) < 0) {
        printf("   NOT COUNTED: %s\n", trouble);
        return true;
    }
    ratio = now / entry->per_op;
    printf(" %10.1f %+8.1f %%%s\n", now, (ratio - 1) * 100,
           ratio > OVER    ? "   TOO MANY"
           : ratio < UNDER ? "   less"
                           : "");
    if (ratio < UNDER)
        snprintf(line, LINE_SIZE, "%s %llu %llu %.1f\n", entry->workload->name,
                 (unsigned long long)entry->size.n, (unsigned long long)entry->size.m,
                 now);
    return ratio > OVER;
}

/* Returns the exit code. */
static int compare(struct file *file)
{
    struct entry entry;
    bool over = false;

    printf("%-10s %10s %10s %10s\n", "workload", "baseline", "now", "change");
    for (unsigned i = 0; i < file->count; i++) {
        if (is_other(file->lines[i]))
            continue;
        if (!read_entry(file->lines[i], &entry)) {
            usage(file->path, "a line is no workload, N, M and instructions");
            return EXIT_USAGE;
        }
        over = compare_entry(&entry, file->lines[i]) || over;
    }
    return over ? EXIT_OVER : EXIT_RIGHT;
}

/* --- the arguments --- */

static bool is_baseline(const char *word)
{
    return strcmp(word, "--baseline") == 0 || strncmp(word, "--baseline=", 11) == 0;
}

bool baseline_wanted(int argc, char **argv)
{
    return argc > 1 && is_baseline(argv[1]);
}

int baseline_main(int argc, char **argv)
{
    static struct file file;
    bool lower = false;
    int code;

    file.path = argv[1][10] == '=' ? argv[1] + 11 : USUAL_FILE;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return EXIT_RIGHT;
        }
        if (strcmp(argv[i], "--lower") != 0) {
            usage(argv[i], "there is only --lower, and --help");
            return EXIT_USAGE;
        }
        lower = true;
    }
    if (read_file(&file) < 0 || !same_compiler(&file))
        return EXIT_USAGE;
    code = compare(&file);
    if (lower && code != EXIT_USAGE && write_file(&file) < 0)
        return EXIT_USAGE;
    return code;
}
