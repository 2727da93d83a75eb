/* run.c: one iteration of one benchmark in this process. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/savina/savina.h"

#define END_WITHIN WEFT_SEC(60)

#define SAVINA_ENTRY(name) &savina_##name,
const struct savina *const savina_benchmarks[] = {SAVINA_BENCHMARKS(SAVINA_ENTRY) NULL};

const struct savina *savina_find(const char *name)
{
    for (size_t i = 0; savina_benchmarks[i] != NULL; i++) {
        if (strcmp(savina_benchmarks[i]->name, name) == 0)
            return savina_benchmarks[i];
    }
    return NULL;
}

/* --- parameters --- */

static uint64_t scaled(const struct savina_param *param, double scale)
{
    double value = (double)param->usual;
    uint64_t unit = param->multiple > 0 ? param->multiple : 1;

    if (param->base > 0)
        value += log(scale) / log(param->base);
    else if (param->power > 0)
        value *= pow(scale, 1 / param->power);
    if (param->power_of_two)
        value = exp2(round(log2(value)));
    value = round(value / (double)unit) * (double)unit;
    /* The small form is the least that the program is written for. */
    return value < (double)param->smoke ? param->smoke : (uint64_t)value;
}

void savina_params(const struct savina *benchmark, double scale, bool smoke,
                   uint64_t *param)
{
    for (unsigned i = 0; i < SAVINA_PARAMS_MAX; i++) {
        const struct savina_param *p = &benchmark->param[i];

        param[i] = smoke ? p->smoke : scale == 1 ? p->usual : scaled(p, scale);
    }
}

/* --- for the benchmarks --- */

void savina_begin(struct savina_run *run)
{
    run->began_ns = bench_now();
}

void savina_end(struct savina_run *run)
{
    run->ended_ns = bench_now();
}

weft_next savina_result(weft_self *self, struct savina_run *run, bool right)
{
    run->right = right;
    weft_exit(self, 0);
    return weft_stop(self);
}

void *savina_alloc(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (memory == NULL) {
        fprintf(stderr, "weft bench savina: %s\n", weft_strerror(WEFT_ENOMEM));
        _Exit(1);
    }
    return memory;
}

struct savina_shared {
    struct savina_shared *next;
    max_align_t memory[];
};

void *savina_share(struct savina_run *run, size_t count, size_t size)
{
    struct savina_shared *shared = savina_alloc(1, sizeof *shared + count * size);

    shared->next = run->shared;
    run->shared = shared;
    return shared->memory;
}

static void free_shared(struct savina_run *run)
{
    while (run->shared != NULL) {
        struct savina_shared *next = run->shared->next;

        free(run->shared);
        run->shared = next;
    }
}

/* --- an iteration --- */

/* Sends the root off and waits until it, or whoever could not go on, ends the run. Returns 0
 * or an error code. */
static int drive(const struct savina *benchmark, weft_runtime *rt, struct savina_run *run)
{
    weft_pid root;
    int code = weft_rt_spawn(rt, benchmark->root, &run, &root);

    if (code == 0)
        code = weft_rt_cast_word(rt, root, SAVINA_GO, 0);
    return code < 0 ? code : -weft_run(rt);
}

static const char *judge(const struct savina *benchmark, const struct savina_run *run,
                         const weft_stats *stats)
{
    uint64_t dead = 0;

    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        dead += stats->dead[i];
    if (!run->right)
        return "WRONG RESULT";
    if (stats->spawned != stats->ended)
        return "WRONG RESULT: not every actor that was made has ended";
    if (dead > 0 && !benchmark->leaves_mail)
        return "WRONG RESULT: messages were left over";
    return NULL;
}

const char *savina_measure(const struct savina *benchmark, const weft_options *options,
                           struct savina_run *run)
{
    weft_runtime *rt = NULL;
    weft_stats stats;
    int code = weft_start(&rt, options), ended;

    if (code < 0)
        return weft_strerror(code);
    run->shared = NULL;
    run->right = false;
    code = drive(benchmark, rt, run);
    ended = weft_stop_all(rt, END_WITHIN);
    weft_stats_read(rt, &stats);
    if (ended == 0)
        ended = weft_finish(rt, END_WITHIN);
    if (code < 0 || ended < 0) /* what is shared stays: a step may still use it */
        return weft_strerror(code < 0 ? code : ended);
    free_shared(run);
    run->messages = stats.handled;
    return judge(benchmark, run, &stats);
}
