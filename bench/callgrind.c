/* callgrind.c: runs a workload below Valgrind and reads what was counted.
 *
 * A worker looks at its surroundings every few microseconds: in the function `tick`, and in what
 * is around it. Below Valgrind time is fifty times as short for it, and how much of it passes
 * depends on the machine, so these instructions are neither few nor always the same. But they go
 * with each other: all = messages + b * tick. So the workload is run twice, the second time with
 * a simulation of caches, which slows it down further; and the line through both points says what
 * would be left if no time passed. What is found so is the same to about 1 %. */
#include "bench/callgrind.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK        "tick"
#define TRIES       4    /* until the two runs differ enough */
#define RATIO_LEAST 1.5  /* of their ticks */
#define ALL_LEAST   1000 /* fewer have not been counted */
#define LINE_SIZE   4096

/* What one run came to, in instructions. */
struct count {
    double ops;
    double all;
    double ticks;
};

static int trouble_is(char *trouble, const char *why)
{
    snprintf(trouble, CALLGRIND_TROUBLE, "%.*s", (int)strcspn(why, "\n"), why);
    return -1;
}

/* --- a run --- */

static int command_for(const struct workload *workload, struct bench_size size, bool slow,
                       const char *file, char *command)
{
    char self[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    if (length < 0)
        return -1;
    self[length] = '\0';
    snprintf(
        command, LINE_SIZE,
        "valgrind --tool=callgrind --collect-atstart=no %s --callgrind-out-file='%s' "
        "'%s' bench --no-pin --contract %s 1 %llu %llu 2>&1",
        slow ? "--cache-sim=yes --branch-sim=yes" : "", file, self, workload->name,
        (unsigned long long)size.n, (unsigned long long)size.m);
    return 0;
}

/* Returns the operations of the contract's line, 0 if there was none. */
static double run_command(const char *command, char *trouble)
{
    char line[LINE_SIZE];
    double ops = 0;
    FILE *output = popen(command, "r");

    trouble[0] = '\0';
    if (output == NULL)
        return 0;
    while (fgets(line, sizeof line, output) != NULL) {
        const char *found = strstr(line, " ops=");

        if (found != NULL)
            ops = strtod(found + 5, NULL);
        else if (strncmp(line, "==", 2) != 0)
            trouble_is(trouble, line);
    }
    return pclose(output) == 0 ? ops : 0;
}

/* --- what Callgrind has written ---
 *
 * "fn=(12) name", later only "fn=(12)", and below it what the function did: a line number and its
 * instructions; but what is below a "calls=" was done by another. */

struct reader {
    unsigned tick; /* its number; 0: not seen yet */
    bool in_tick;
    bool calls; /* the line before said so */
};

static bool is_tick(const char *name)
{
    size_t length = strlen(TICK);

    return strncmp(name, TICK, length) == 0 &&
           (name[length] == '\n' || name[length] == '.' || name[length] == '\0');
}

/* A function by its number; its name is there the first time. */
static bool names_tick(struct reader *reader, const char *line)
{
    char *end;
    unsigned number = (unsigned)strtoul(line + 1, &end, 10);

    if (strncmp(end, ") ", 2) == 0 && is_tick(end + 2))
        reader->tick = number;
    return number == reader->tick;
}

static void read_line(struct reader *reader, const char *line, struct count *count)
{
    if (strncmp(line, "fn=(", 4) == 0) {
        reader->in_tick = names_tick(reader, line + 3);
    } else if (strncmp(line, "cfn=(", 5) == 0) {
        names_tick(reader, line + 4);
    } else if (strncmp(line, "calls=", 6) == 0) {
        reader->calls = true;
    } else if (isdigit((unsigned char)*line) || strchr("+-*", *line) != NULL) {
        const char *cost = strchr(line, ' ');
        double instructions = cost != NULL && !reader->calls ? strtod(cost, NULL) : 0;

        count->all += instructions;
        count->ticks += reader->in_tick ? instructions : 0;
        reader->calls = false;
    }
}

static int read_counts(const char *path, struct count *count)
{
    char line[LINE_SIZE];
    struct reader reader = {0};
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL)
        read_line(&reader, line, count);
    fclose(file);
    return reader.tick > 0 ? 0 : -1;
}

static int count_once(const struct workload *workload, struct bench_size size, bool slow,
                      struct count *count, char *trouble)
{
    char path[] = P_tmpdir "/weft-callgrind-XXXXXX", command[LINE_SIZE];
    int file = mkstemp(path), result = -1;

    *count = (struct count){0};
    if (file < 0)
        return trouble_is(trouble, "there is no temporary file to be had");
    close(file);
    if (command_for(workload, size, slow, path, command) == 0)
        count->ops = run_command(command, trouble);
    if (count->ops > 0)
        result = read_counts(path, count);
    unlink(path);
    if (count->ops <= 0)
        return trouble[0] != '\0' ? -1 : trouble_is(trouble, "there is no valgrind");
    if (result < 0 || count->all < ALL_LEAST)
        return trouble_is(trouble, "nothing was counted: weft was built when valgrind "
                                   "was not installed; make clean");
    return 0;
}

/* --- two of them --- */

static bool differ(const struct count *a, const struct count *b)
{
    return a->ticks > RATIO_LEAST * b->ticks || b->ticks > RATIO_LEAST * a->ticks;
}

int callgrind_per_op(const struct workload *workload, struct bench_size size,
                     double *ret_per_op, char *trouble)
{
    struct count a, b;

    for (int i = 0; i < TRIES; i++) {
        double slope;

        if (count_once(workload, size, false, &a, trouble) < 0 ||
            count_once(workload, size, true, &b, trouble) < 0)
            return -1;
        if (!differ(&a, &b))
            continue;
        slope = (b.all - a.all) / (b.ticks - a.ticks);
        *ret_per_op = (a.all - slope * a.ticks) / a.ops;
        return 0;
    }
    return trouble_is(trouble, "what goes by time could not be told from the rest");
}
