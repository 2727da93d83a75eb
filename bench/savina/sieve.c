/* sieve: a pipeline that grows: each actor keeps up to M primes, sieves with them what comes,
 * and makes the next one when it has no room for a prime. */
#include <stdlib.h>

#include "bench/savina/savina.h"

enum { GO, CANDIDATE, EXIT, PRIMES };
enum { N, M };

/* --- filters --- */

struct filter {
    weft_pid root;
    weft_pid next;
    uint64_t before; /* primes that the filters before it keep */
    uint64_t room;
    uint64_t count;
    uint64_t first;
    uint64_t *prime;
};

static weft_next filter_init(weft_self *self, void *state, const void *args)
{
    struct filter *filter = state;

    *filter = *(const struct filter *)args;
    filter->prime = savina_alloc(filter->room, sizeof *filter->prime);
    filter->prime[filter->count++] = filter->first;
    return weft_stay(self);
}

static void filter_destroy(void *state)
{
    free(((struct filter *)state)->prime);
}

static const weft_behavior filter_behavior;

static bool divides_none(const struct filter *filter, uint64_t candidate)
{
    for (uint64_t i = 0; i < filter->count; i++) {
        if (candidate % filter->prime[i] == 0)
            return false;
    }
    return true;
}

static void keep(weft_self *self, struct filter *filter, uint64_t prime)
{
    struct filter next = {.root = filter->root,
                          .before = filter->before + filter->count,
                          .room = filter->room,
                          .first = prime};

    if (filter->count < filter->room)
        filter->prime[filter->count++] = prime;
    else
        filter->next = savina_spawn(self, &filter_behavior, &next);
}

static weft_next sieve(weft_self *self, void *state, weft_msg *msg)
{
    struct filter *filter = state;
    uint64_t candidate = weft_word(msg);

    if (weft_tag(msg) == EXIT) {
        if (filter->next != WEFT_NOBODY)
            weft_cast(self, filter->next, weft_signal(EXIT));
        else
            weft_cast_word(self, filter->root, PRIMES, filter->before + filter->count);
        return weft_stop(self);
    }
    if (!divides_none(filter, candidate))
        return weft_stay(self);
    if (filter->next != WEFT_NOBODY)
        weft_cast_word(self, filter->next, CANDIDATE, candidate);
    else
        keep(self, filter, candidate);
    return weft_stay(self);
}

static const weft_behavior filter_behavior =
    WEFT_BEHAVIOR("filter", struct filter, sieve, .init = filter_init,
                  .destroy = filter_destroy, .args_size = sizeof(struct filter));

/* --- the producer of numbers, which is the root --- */

struct root {
    struct savina_run *run;
};

/* How many primes there are below n, by the sieve of one table. */
static uint64_t count_primes(uint64_t n)
{
    bool *composite = savina_alloc(n, sizeof *composite);
    uint64_t primes = 0;

    for (uint64_t i = 2; i < n; i++) {
        if (composite[i])
            continue;
        primes++;
        for (uint64_t k = i * i; k < n; k += i)
            composite[k] = true;
    }
    free(composite);
    return primes;
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;

    savina_end(run);
    return savina_result(self, run, weft_word(msg) == count_primes(run->param[N]));
}

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;
    struct filter first = {
        .root = weft_self_pid(self), .room = run->param[M], .first = 2};
    weft_pid filter;

    (void)msg;
    savina_begin(run);
    filter = savina_spawn(self, &filter_behavior, &first);
    for (uint64_t i = 3; i < run->param[N]; i += 2)
        weft_cast_word(self, filter, CANDIDATE, i);
    weft_cast(self, filter, weft_signal(EXIT));
    return weft_become(self, finish);
}

static const weft_behavior root_behavior = SAVINA_ROOT("producer", struct root, produce);

const struct savina savina_sieve = {
    .name = "sieve",
    .what = "a pipeline that grows while it is used",
    .param = {[N] = {"N", 100000, 1000, .power = 2}, [M] = {"M", 1000, 20, .power = 0}},
    .root = &root_behavior,
};
