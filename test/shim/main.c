/* test/shim/main.c: runs the tests that a program registered, one process each.
 *
 * The parent has one thread and touches no memory of the tests. A child leaves by exit()
 * if all went well, so that AddressSanitizer, LeakSanitizer, ThreadSanitizer and Valgrind
 * have the last word on it: what they find makes its exit code differ. A child that has
 * failed already leaves at once: what a broken-off test holds is no leak.
 *
 *   PROGRAM [--list] [--verbose] [--filter SUITE/NAME]      the filter is a shell pattern
 *
 * SHIM_TIMEOUT_FACTOR in the environment stretches every timeout, for slow tools. */
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

/* What a child has to say; shared with the parent, which reads it after the child's end. */
struct verdict {
    atomic_int failures;
    atomic_bool skipped;
};

enum outcome { PASSED, FAILED, SKIPPED };

static struct shim_test *tests;
static struct shim_test **tests_end = &tests;

static struct verdict *verdict;
static const struct shim_test *running;
static pthread_t test_thread; /* in a child: the thread that may be unwound */
static jmp_buf end_of_body;

static bool verbose;
static const char *filter = "*";

void shim_register(struct shim_test *test)
{
    *tests_end = test;
    tests_end = &test->next;
}

/* --- in the child --- */

/* One line is one write, so that threads do not mix theirs. */
static void say(const char *head, const char *format, va_list arguments)
{
    char text[512] = "";

    if (format)
        vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "%s%s%s\n", head, format ? ": " : "", text);
}

void shim_fail(const char *file, int line, const char *what, const char *format, ...)
{
    char head[512];
    va_list arguments;

    atomic_fetch_add(&verdict->failures, 1);
    snprintf(head, sizeof head, "%s:%d: %s/%s: %s", file, line, running->suite,
             running->name, what);
    va_start(arguments, format);
    say(head, format, arguments);
    va_end(arguments);
}

void shim_log(const char *kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(kind, format, arguments);
    va_end(arguments);
}

void shim_abort(void)
{
    if (pthread_equal(pthread_self(), test_thread))
        longjmp(end_of_body, 1);
    _exit(1);
}

void shim_skip(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("skipped", format, arguments);
    va_end(arguments);
    atomic_store(&verdict->skipped, true);
    shim_abort();
}

static void call(void (*function)(void))
{
    if (function && setjmp(end_of_body) == 0)
        function();
}

/* Parent and child: SIGCHLD is blocked in the one, which waits for it, not in the other. */
static void set_child_signal(int how)
{
    sigset_t child_signal;

    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    sigprocmask(how, &child_signal, NULL);
}

/* Never returns: leaves the child's process. */
static void be_the_child(const struct shim_test *test, const struct shim_test *suite)
{
    const struct rlimit no_core = {0, 0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    set_child_signal(SIG_UNBLOCK);
    test_thread = pthread_self();

    call(suite->options.init);
    call(test->options.init);
    if (atomic_load(&verdict->failures) == 0 && !atomic_load(&verdict->skipped))
        call(test->body);
    call(test->options.fini);
    call(suite->options.fini);

    fflush(NULL);
    if (atomic_load(&verdict->failures) > 0)
        _exit(1);
    if (atomic_load(&verdict->skipped))
        _exit(0);
    exit(0);
}

/* --- in the parent --- */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Waits for the child's end; kills it and what it started when the time is over.
 * SIGCHLD is blocked, so none is missed between the look and the wait. */
static bool wait_for(pid_t child, double timeout, int *status)
{
    const double end = seconds() + timeout;
    sigset_t child_signal;

    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    while (waitpid(child, status, WNOHANG) == 0) {
        const double left = timeout > 0 ? end - seconds() : 3600;
        struct timespec span;

        if (left <= 0) {
            kill(-child, SIGKILL);
            kill(child, SIGKILL);
            waitpid(child, status, 0);
            return false;
        }
        span.tv_sec = (time_t)left;
        span.tv_nsec = (long)((left - (double)span.tv_sec) * 1e9);
        sigtimedwait(&child_signal, NULL, &span);
    }
    return true;
}

/* Says what is wrong with the way the child ended, if anything is. */
static bool ended_well(const struct shim_test *test, const struct shim_options *options,
                       int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == options->signal)
        return true;
    if (WIFSIGNALED(status))
        printf("%s/%s: died of signal %d (%s)\n", test->suite, test->name,
               WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (options->signal != 0)
        printf("%s/%s: should have died of signal %d (%s), but exited with %d\n",
               test->suite, test->name, options->signal, strsignal(options->signal),
               WEXITSTATUS(status));
    else if (WEXITSTATUS(status) != options->exit_code)
        printf("%s/%s: exited with %d, not %d\n", test->suite, test->name,
               WEXITSTATUS(status), options->exit_code);
    else
        return true;
    return false;
}

static double timeout_factor(void)
{
    const char *text = getenv("SHIM_TIMEOUT_FACTOR");
    const double factor = text ? strtod(text, NULL) : 1;

    return factor > 0 ? factor : 1;
}

/* A test's own options, and for what it leaves open its suite's. */
static struct shim_options merged(const struct shim_test *test,
                                  const struct shim_test *suite)
{
    struct shim_options options = test->options;

    if (options.signal == 0)
        options.signal = suite->options.signal;
    if (options.exit_code == 0)
        options.exit_code = suite->options.exit_code;
    if (options.timeout <= 0)
        options.timeout = suite->options.timeout;
    options.timeout *= timeout_factor();
    options.disabled |= suite->options.disabled;
    return options;
}

static enum outcome run(const struct shim_test *test, const struct shim_test *suite)
{
    const struct shim_options options = merged(test, suite);
    int status = 0;
    pid_t child;

    if (options.disabled)
        return SKIPPED;
    atomic_store(&verdict->failures, 0);
    atomic_store(&verdict->skipped, false);
    fflush(NULL);
    child = fork();
    if (child < 0) {
        printf("%s/%s: fork: %s\n", test->suite, test->name, strerror(errno));
        return FAILED;
    }
    if (child == 0)
        be_the_child(test, suite);
    if (!wait_for(child, options.timeout, &status)) {
        printf("%s/%s: not over after %g s\n", test->suite, test->name, options.timeout);
        return FAILED;
    }
    if (atomic_load(&verdict->failures) > 0 || !ended_well(test, &options, status))
        return FAILED;
    return atomic_load(&verdict->skipped) ? SKIPPED : PASSED;
}

static const struct shim_test *suite_of(const struct shim_test *test)
{
    static const struct shim_test none;
    const struct shim_test *entry;

    for (entry = tests; entry; entry = entry->next)
        if (!entry->name && strcmp(entry->suite, test->suite) == 0)
            return entry;
    return &none;
}

static bool chosen(const struct shim_test *test)
{
    char full_name[512];

    snprintf(full_name, sizeof full_name, "%s/%s", test->suite, test->name);
    return fnmatch(filter, full_name, 0) == 0;
}

static int run_all(void)
{
    static const char *const words[] = {"passed", "FAILED", "skipped"};
    int count[3] = {0};
    const struct shim_test *test;
    enum outcome outcome;

    for (test = tests; test; test = test->next) {
        if (!test->name || !chosen(test))
            continue;
        running = test;
        outcome = run(test, suite_of(test));
        count[outcome]++;
        if (verbose || outcome == FAILED)
            printf("%s/%s: %s\n", test->suite, test->name, words[outcome]);
    }
    if (count[SKIPPED] > 0)
        printf("%d skipped\n", count[SKIPPED]);
    printf("%d passed, %d failed\n", count[PASSED], count[FAILED]);
    return count[FAILED] > 0;
}

static int list_all(void)
{
    const struct shim_test *test;

    for (test = tests; test; test = test->next)
        if (test->name && chosen(test))
            printf("%s/%s\n", test->suite, test->name);
    return 0;
}

int main(int argc, char **argv)
{
    bool list = false;
    int i;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            filter = argv[++i];
        } else {
            fprintf(stderr, "usage: %s [--list] [--verbose] [--filter SUITE/NAME]\n",
                    argv[0]);
            return 2;
        }
    }
    if (list)
        return list_all();

    verdict = mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (verdict == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    set_child_signal(SIG_BLOCK);
    return run_all();
}
