/* test/explore/self/faults.c: what the explorer is there to find has to be found; and where
 * the fault is mended, nothing may be. */
#include "lib/base/atomic.h"
#include "test/explore/explore.h"

static _Atomic(int) flag;
static _Atomic(uint32_t) bell;
static int data;
static _Atomic(int *) shared;

static void setup(void)
{
    at_set(&flag, 0);
    at_set(&bell, 0);
    data = 0;
    at_set(&shared, (int *)explore_alloc(sizeof(int), sizeof(int)));
}

static bool is_told(void *unused)
{
    (void)unused;
    return atomic_load_explicit(&flag, memory_order_acquire) == 1;
}

/* --- data races --- */

static void write_data(void)
{
    data = 1;
}

static void read_data(void)
{
    (void)*(volatile int *)&data;
}

static void write_and_tell(void)
{
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_release);
}

static void write_and_whisper(void)
{
    data = 1;
    at_set(&flag, 1);
}

static void read_if_told(void)
{
    if (is_told(NULL))
        explore_assert(data == 1);
}

static void write_flag_plainly(void)
{
    *(int *)&flag = 1;
}

EXPLORE_SCENARIO(faults, "a data race"){
    .setup = setup, .threads = {write_data, read_data}, .expect = EXPLORE_RACE};

EXPLORE_SCENARIO(faults, "a data race behind a relaxed flag"){
    .setup = setup, .threads = {write_and_whisper, read_if_told}, .expect = EXPLORE_RACE};

EXPLORE_SCENARIO(faults, "a plain store and an atomic load"){
    .setup = setup,
    .threads = {write_flag_plainly, read_if_told},
    .expect = EXPLORE_RACE};

EXPLORE_SCENARIO(faults, "no race behind a flag that releases"){
    .setup = setup, .threads = {write_and_tell, read_if_told}};

/* --- memory that is gone --- */

static void take_and_free(void)
{
    explore_free(atomic_exchange_explicit(&shared, NULL, memory_order_acq_rel));
}

static void peep_and_use(void)
{
    int *p = atomic_load_explicit(&shared, memory_order_acquire);

    if (p != NULL)
        explore_assert(*p == 0);
}

static void free_and_use(void)
{
    int *p = atomic_load_explicit(&shared, memory_order_relaxed);

    explore_free(p);
    explore_assert(*p == 0);
}

EXPLORE_SCENARIO(faults, "memory is freed under a reader"){
    .setup = setup, .threads = {take_and_free, peep_and_use}, .expect = EXPLORE_FREED};

EXPLORE_SCENARIO(faults, "memory is used after it was freed"){
    .setup = setup, .threads = {free_and_use}, .expect = EXPLORE_FREED};

EXPLORE_SCENARIO(faults, "who takes a block may free it"){
    .setup = setup, .threads = {take_and_free, take_and_free}};

/* --- waiting --- */

static void sleep_carelessly(void)
{
    if (!is_told(NULL))
        explore_futex_wait(&bell, at_peek(&bell), false);
}

static void sleep_carefully(void)
{
    for (;;) {
        uint32_t rung = atomic_load_explicit(&bell, memory_order_acquire);

        if (is_told(NULL))
            break;
        explore_futex_wait(&bell, rung, false);
    }
}

static void ring(void)
{
    atomic_store_explicit(&flag, 1, memory_order_release);
    atomic_fetch_add_explicit(&bell, 1, memory_order_release);
    explore_futex_wake(&bell, 1);
}

EXPLORE_SCENARIO(faults, "a lost wake-up: the bell is read too late"){
    .setup = setup, .threads = {sleep_carelessly, ring}, .expect = EXPLORE_DEADLOCK};

EXPLORE_SCENARIO(faults, "no wake-up is lost"){.setup = setup,
                                               .threads = {sleep_carefully, ring}};

static void wait_until_told(void)
{
    explore_block_until(is_told, NULL);
    explore_assert(data == 1);
}

static void spin_until_told(void)
{
    while (!is_told(NULL))
        explore_yield();
    explore_assert(data == 1);
}

static void wait_for_ever(void)
{
    explore_daemon();
    explore_block_until(is_told, NULL);
    explore_assert(false);
}

EXPLORE_SCENARIO(faults, "a thread that spins is told"){
    .setup = setup, .threads = {spin_until_told, write_and_tell}};

EXPLORE_SCENARIO(faults, "threads that wait are told"){
    .setup = setup, .threads = {wait_until_told, wait_until_told, write_and_tell}};

EXPLORE_SCENARIO(faults, "a thread waits for what nobody does"){
    .setup = setup, .threads = {wait_until_told, write_data}, .expect = EXPLORE_DEADLOCK};

EXPLORE_SCENARIO(faults, "a thread spins for what nobody does"){
    .setup = setup, .threads = {spin_until_told, read_data}, .expect = EXPLORE_DEADLOCK};

EXPLORE_SCENARIO(faults, "a daemon may wait for ever"){
    .setup = setup, .threads = {wait_for_ever, write_data}};

/* --- what else may happen --- */

static void crash(void)
{
    *(volatile int *)(uintptr_t)explore_choose(2) = 1;
}

static void loop(void)
{
    for (;;)
        at_set(&flag, 1);
}

static void loop_plainly(void)
{
    static volatile int turns;

    for (;;)
        turns++;
}

static void fail_if_chosen(void)
{
    explore_assert(explore_choose(3) != 2);
}

EXPLORE_SCENARIO(faults, "a wild pointer"){
    .setup = setup, .threads = {crash}, .expect = EXPLORE_ASSERTION};

EXPLORE_SCENARIO(faults, "an endless loop of stores"){
    .setup = setup, .threads = {loop}, .expect = EXPLORE_ENDLESS};

EXPLORE_SCENARIO(faults, "an endless loop"){
    .setup = setup, .threads = {loop_plainly}, .expect = EXPLORE_ENDLESS};

EXPLORE_SCENARIO(faults, "every choice is made"){
    .setup = setup, .threads = {fail_if_chosen}, .expect = EXPLORE_ASSERTION};

static void label_nothing(void)
{
    explore_site("SF0");
}

EXPLORE_SCENARIO(faults, "a label without an operation"){
    .setup = setup, .threads = {label_nothing}, .expect = EXPLORE_ASSERTION};
