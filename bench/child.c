/* child.c: each run has a process of its own, so that its peak of memory is its own and
 * nothing is left from the run before. The process is this program again, with
 * --contract; what passes between them is the contract's line. */
#include "bench/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_LIMIT_S 120 /* a run that takes longer has lost a message */

void child_print(const struct workload *workload, unsigned workers,
                 const struct bench_run *run)
{
    double seconds = (double)(run->ended_ns - run->began_ns) / 1e9;
    double rate = (double)run->ops / (seconds > 0 ? seconds : 1e-9);
    struct rusage usage;

    if (workload->kind == BENCH_BYTES)
        rate = (double)run->actor_bytes;
    getrusage(RUSAGE_SELF, &usage);
    printf("impl=weft workload=%s workers=%u n=%llu m=%llu ops=%llu seconds=%.9f "
           "rate=%.0f rss_kib=%ld",
           workload->name, workers, (unsigned long long)run->size.n,
           (unsigned long long)run->size.m, (unsigned long long)run->ops, seconds, rate,
           usage.ru_maxrss);
    if (workload->kind == BENCH_DELAY) {
        struct delays_summary delays = delays_summary(&run->delays);

        printf(" p50_ns=%llu p99_ns=%llu worst_ns=%llu",
               (unsigned long long)delays.p50_ns, (unsigned long long)delays.p99_ns,
               (unsigned long long)delays.worst_ns);
    }
    printf("\n");
}

/* Never returns: becomes the program that runs the workload, writing into the pipe. */
static void become(const char *const *argv, int pipe_end)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe_end, STDOUT_FILENO);
    dup2(pipe_end, STDERR_FILENO);
    execv("/proc/self/exe", (char *const *)argv);
    fprintf(stderr, "cannot start a process for the run: %s\n", strerror(errno));
    _exit(127);
}

/* Reads what the process prints until it ends or its time is over.
 * @output  fills: CHILD_OUTPUT bytes, a string
 * Returns false if the time was over. */
static bool listen_to(int pipe_end, unsigned limit_s, char *output)
{
    uint64_t limit = bench_now() + WEFT_SEC(limit_s);
    struct pollfd ready = {.fd = pipe_end, .events = POLLIN};
    size_t length = 0;
    bool in_time = true;

    for (;;) {
        uint64_t now = bench_now();
        ssize_t got;

        in_time = now < limit;
        if (!in_time || length == CHILD_OUTPUT - 1)
            break;
        if (poll(&ready, 1, (int)((limit - now) / 1000000 + 1)) <= 0)
            continue;
        got = read(pipe_end, output + length, CHILD_OUTPUT - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    output[length] = '\0';
    return in_time;
}

const char *child_text(const char *line, const char *key)
{
    char pattern[24];
    const char *at;

    snprintf(pattern, sizeof pattern, " %s=", key);
    at = strstr(line, pattern);
    return at == NULL ? NULL : at + strlen(pattern);
}

static void read_figures(const char *line, struct child_figures *figures)
{
    figures->ops = child_value(line, "ops");
    figures->seconds = child_value(line, "seconds");
    figures->rate = child_value(line, "rate");
    figures->rss_kib = child_value(line, "rss_kib");
    figures->p50_ns = child_value(line, "p50_ns");
    figures->p99_ns = child_value(line, "p99_ns");
    figures->worst_ns = child_value(line, "worst_ns");
}

/* Says why there is no result, from how the process ended and what it has printed last:
 * one line, "weft bench: WORKLOAD: why". */
static void explain(int status, unsigned limit_s, bool in_time, const char *output,
                    char *trouble)
{
    const char *why = strstr(output, ": ");

    why = why == NULL ? NULL : strstr(why + 2, ": ");
    why = why == NULL ? output : why + 2;
    if (!in_time)
        snprintf(trouble, CHILD_TROUBLE, "no result after %u s", limit_s);
    else if (WIFSIGNALED(status))
        snprintf(trouble, CHILD_TROUBLE, "ended by signal %d (%s)%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)),
                 WTERMSIG(status) == SIGKILL ? ": out of memory?" : "");
    else
        snprintf(trouble, CHILD_TROUBLE, "%.*s", (int)strcspn(why, "\n"), why);
}

int child_capture(const char *const *argv, unsigned limit_s, char *output, char *trouble)
{
    int ends[2], status = 0;
    bool in_time;
    pid_t child;

    if (pipe(ends) < 0) {
        snprintf(trouble, CHILD_TROUBLE, "cannot make a pipe: %s", strerror(errno));
        return -1;
    }
    child = fork();
    if (child == 0)
        become(argv, ends[1]);
    close(ends[1]);
    if (child < 0) {
        snprintf(trouble, CHILD_TROUBLE, "cannot start a process: %s", strerror(errno));
        close(ends[0]);
        return -1;
    }
    in_time = listen_to(ends[0], limit_s, output);
    close(ends[0]);
    if (!in_time)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    explain(status, limit_s, in_time, output, trouble);
    return -1;
}

double child_value(const char *line, const char *key)
{
    const char *at = child_text(line, key);

    return at == NULL ? 0 : strtod(at, NULL);
}

int child_run(const struct workload *workload, unsigned workers, struct bench_size size,
              bool pin, struct child_figures *figures, char *trouble)
{
    char output[CHILD_OUTPUT], words[3][24];
    const char *argv[] = {"weft",   "bench",  "--contract", workload->name,
                          words[0], words[1], words[2],     pin ? NULL : "--no-pin",
                          NULL};

    snprintf(words[0], sizeof words[0], "%u", workers);
    snprintf(words[1], sizeof words[1], "%llu", (unsigned long long)size.n);
    snprintf(words[2], sizeof words[2], "%llu", (unsigned long long)size.m);
    if (child_capture(argv, RUN_LIMIT_S, output, trouble) < 0)
        return -1;
    read_figures(output, figures);
    return 0;
}
