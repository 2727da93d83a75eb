/* machine.c: three prices, each the median of many short trials, because other programs
 * disturb a few of them and the median does not mind.
 *
 * Ordering:
 *  M1 exchange_trial: exchange acq_rel   -> none: one thread; the price is what counts
 *  M2 hit: store release                 -> M3: the ball, and nothing but the ball
 *  M3 hit: load acquire                  -> M2: the other's last number */
#include "bench/machine.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/bench.h"

#define TRIALS      21u
#define EXCHANGES   20000u
#define PAGE        4096u
#define HUGE        (512u * PAGE) /* bytes of a huge page */
#define ROUND_TRIPS 1000u         /* in a trial */
#define LINE        64u

typedef double trial(void *context);

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_of_trials(trial *measure, void *context)
{
    double took[TRIALS];

    for (unsigned i = 0; i < TRIALS; i++)
        took[i] = measure(context);
    qsort(took, TRIALS, sizeof took[0], by_size);
    return took[TRIALS / 2];
}

static double exchange_trial(void *context)
{
    static _Atomic uint64_t word;
    uint64_t value = 1, begin = bench_now();

    (void)context;
    for (unsigned i = 0; i < EXCHANGES; i++)
        value = atomic_exchange_explicit(&word, value + 1, memory_order_acq_rel); /* M1 */
    return (double)(bench_now() - begin) / EXCHANGES;
}

/* The first touch of HUGE bytes, of memory with the madvise(2) that context points to.
 * Returns 0 if there is none. */
static double touch_trial(void *context)
{
    const int *advice = context;
    uint64_t begin, end;
    char *memory =
        mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at;

    if (memory == MAP_FAILED)
        return 0;
    madvise(memory, 2 * HUGE, *advice);
    at = memory + HUGE - (uintptr_t)memory % HUGE;
    begin = bench_now();
    for (size_t i = 0; i < HUGE; i += PAGE)
        *(volatile char *)(at + i) = 1;
    end = bench_now();
    munmap(memory, 2 * HUGE);
    return (double)(end - begin);
}

/* A line that two threads write in turns: the one that serves makes the number odd, the
 * other one makes it even. */
struct court {
    _Alignas(LINE) _Atomic uint64_t ball;
    _Alignas(LINE) uint64_t turn; /* the server's own */
    double round_trip_ns;         /* read after the server has ended */
};

static void hit(struct court *court, uint64_t turn)
{
    while (atomic_load_explicit(&court->ball, memory_order_acquire) != turn) /* M3 */
        continue;
    atomic_store_explicit(&court->ball, turn + 1, memory_order_release); /* M2 */
}

static double rally_trial(void *context)
{
    struct court *court = context;
    uint64_t begin = bench_now();

    for (unsigned i = 0; i < ROUND_TRIPS; i++, court->turn += 2)
        hit(court, court->turn);
    return (double)(bench_now() - begin) / ROUND_TRIPS;
}

static void *serve(void *context)
{
    struct court *court = context;

    court->round_trip_ns = median_of_trials(rally_trial, court);
    return NULL;
}

static void *answer(void *context)
{
    struct court *court = context;

    for (uint64_t i = 0; i < (uint64_t)ROUND_TRIPS * TRIALS; i++)
        hit(court, 2 * i + 1);
    return NULL;
}

/* A thread on the `which`th processor that this process may use. */
static int start_on(unsigned which, pthread_t *thread, void *(*run)(void *),
                    struct court *court)
{
    cpu_set_t allowed, one;
    pthread_attr_t attributes;
    size_t cpu = 0;
    int code;

    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        return -1;
    while (!CPU_ISSET(cpu, &allowed) || which-- > 0)
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof one, &one);
    code = pthread_create(thread, &attributes, run, court);
    pthread_attr_destroy(&attributes);
    return code == 0 ? 0 : -1;
}

/* Returns 0 if it cannot be measured. */
static double round_trip_ns(void)
{
    struct court court = {.ball = 0};
    pthread_t server, partner;

    if (start_on(1, &partner, answer, &court) < 0)
        return 0;
    if (start_on(0, &server, serve, &court) < 0) {
        serve(&court); /* on this thread: the partner must not wait for ever */
        pthread_join(partner, NULL);
        return court.round_trip_ns;
    }
    pthread_join(server, NULL);
    pthread_join(partner, NULL);
    return court.round_trip_ns;
}

/* The name behind "model name", or "unknown processor". */
static void read_processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(name, size, "unknown processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

void machine_identify(struct machine *machine)
{
    cpu_set_t allowed;

    *machine = (struct machine){.processors = 1};
    read_processor(machine->processor, sizeof machine->processor);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        machine->processors = (unsigned)CPU_COUNT(&allowed);
}

void machine_measure(struct machine *machine)
{
    machine_identify(machine);
    machine->locked_ns = median_of_trials(exchange_trial, NULL);
    machine->touch_ns =
        median_of_trials(touch_trial, &(int){MADV_NOHUGEPAGE}) * PAGE / HUGE;
    machine->touch_huge_ns = median_of_trials(touch_trial, &(int){MADV_HUGEPAGE});
    if (machine->processors > 1)
        machine->round_trip_ns = round_trip_ns();
}
