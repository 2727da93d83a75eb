/* test/explore/self/litmus.c: the explorer itself is tested by programs of a few lines, whose
 * outcomes are known: all that C11 allows (without load buffering) have to be seen, and no
 * other. The names of the shapes are those of the literature (Alglave, Maranget, Tautschnig,
 * "Herding cats", 2014). */
#include "lib/base/atomic.h"
#include "test/explore/explore.h"

static _Atomic(int) x, y;
static int r[4];

static void setup(void)
{
    at_set(&x, 0);
    at_set(&y, 0);
    r[0] = r[1] = r[2] = r[3] = 0;
}

static void show2(void)
{
    explore_outcome("%d%d", r[0], r[1]);
}

static void show4(void)
{
    explore_outcome("%d%d%d%d", r[0], r[1], r[2], r[3]);
}

static void show_final(void)
{
    explore_outcome("%d%d", at_peek(&x), at_peek(&y));
}

#define STORE(p, v, order) atomic_store_explicit(p, v, memory_order_##order)
#define LOAD(p, order)     atomic_load_explicit(p, memory_order_##order)
#define ADD(p, v, order)   atomic_fetch_add_explicit(p, v, memory_order_##order)
#define FENCE(order)       atomic_thread_fence(memory_order_##order)
/* A thread: its name, and what it does. */
#define THREAD(name, ...)  \
    static void name(void) \
    {                      \
        __VA_ARGS__;       \
    }

/* --- message passing: the flag is y --- */

THREAD(send_relaxed, STORE(&x, 1, relaxed); STORE(&y, 1, relaxed))
THREAD(send_release, STORE(&x, 1, relaxed); STORE(&y, 1, release))
THREAD(send_fence, STORE(&x, 1, relaxed); FENCE(release); STORE(&y, 1, relaxed))
THREAD(get_relaxed, r[0] = LOAD(&y, relaxed); r[1] = LOAD(&x, relaxed))
THREAD(get_acquire, r[0] = LOAD(&y, acquire); r[1] = LOAD(&x, relaxed))
THREAD(get_fence, r[0] = LOAD(&y, relaxed); FENCE(acquire); r[1] = LOAD(&x, relaxed))

EXPLORE_SCENARIO(litmus, "message passing"){.setup = setup,
                                            .threads = {send_release, get_acquire},
                                            .check = show2,
                                            .outcomes = {"00", "01", "11"}};

EXPLORE_SCENARIO(litmus, "message passing by fences"){.setup = setup,
                                                      .threads = {send_fence, get_fence},
                                                      .check = show2,
                                                      .outcomes = {"00", "01", "11"}};

EXPLORE_SCENARIO(litmus, "stores are reordered without release"){
    .setup = setup,
    .threads = {send_relaxed, get_acquire},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "loads are reordered without acquire"){
    .setup = setup,
    .threads = {send_release, get_relaxed},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

/* A read-modify-write reads the newest store only if it knows of it. */
THREAD(get_and_add, r[0] = LOAD(&y, relaxed); r[1] = ADD(&x, 2, relaxed))

EXPLORE_SCENARIO(litmus, "a store behind its flag comes behind a read-modify-write"){
    .setup = setup,
    .threads = {send_relaxed, get_and_add},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

/* A seq_cst load may be done before a relaxed one in front of it. */
THREAD(send_seq_cst, STORE(&x, 1, seq_cst); STORE(&y, 1, seq_cst))
THREAD(get_seq_cst_late, r[0] = LOAD(&y, relaxed); r[1] = LOAD(&x, seq_cst))
THREAD(get_seq_cst, r[0] = LOAD(&y, acquire); r[1] = LOAD(&x, seq_cst))

EXPLORE_SCENARIO(litmus, "a seq_cst load overtakes a relaxed one"){
    .setup = setup,
    .threads = {send_seq_cst, get_seq_cst_late},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "a seq_cst load does not overtake an acquire"){
    .setup = setup,
    .threads = {send_seq_cst, get_seq_cst},
    .check = show2,
    .outcomes = {"00", "01", "11"}};

/* WRC: what is passed on carries what was acquired. */
THREAD(set_x, STORE(&x, 1, relaxed))
THREAD(pass_on, r[0] = LOAD(&x, acquire); STORE(&y, 1, release))
THREAD(set_x_release, STORE(&x, 1, release))
THREAD(get_both, r[1] = LOAD(&y, acquire); r[2] = LOAD(&x, relaxed))

EXPLORE_SCENARIO(litmus, "write to read causality"){
    .setup = setup,
    .threads = {set_x_release, pass_on, get_both},
    .check = show4,
    .outcomes = {"0000", "0010", "0100", "0110", "1000", "1010", "1110"}};

/* --- store buffering --- */

THREAD(sb_relaxed_x, STORE(&x, 1, relaxed); r[0] = LOAD(&y, relaxed))
THREAD(sb_relaxed_y, STORE(&y, 1, relaxed); r[1] = LOAD(&x, relaxed))
THREAD(sb_acq_rel_x, STORE(&x, 1, release); r[0] = LOAD(&y, acquire))
THREAD(sb_acq_rel_y, STORE(&y, 1, release); r[1] = LOAD(&x, acquire))
THREAD(sb_seq_cst_x, STORE(&x, 1, seq_cst); r[0] = LOAD(&y, seq_cst))
THREAD(sb_seq_cst_y, STORE(&y, 1, seq_cst); r[1] = LOAD(&x, seq_cst))
THREAD(sb_fence_x, STORE(&x, 1, relaxed); FENCE(seq_cst); r[0] = LOAD(&y, relaxed))
THREAD(sb_fence_y, STORE(&y, 1, relaxed); FENCE(seq_cst); r[1] = LOAD(&x, relaxed))
THREAD(sb_half_y, STORE(&y, 1, seq_cst); r[1] = LOAD(&x, acquire))
THREAD(sb_rmw_x, ADD(&x, 1, seq_cst); r[0] = LOAD(&y, seq_cst))
THREAD(sb_barrier_y, STORE(&y, 1, relaxed); explore_membarrier();
       r[1] = LOAD(&x, relaxed))
THREAD(barrier, explore_membarrier())

EXPLORE_SCENARIO(litmus, "store buffering"){.setup = setup,
                                            .threads = {sb_relaxed_x, sb_relaxed_y},
                                            .check = show2,
                                            .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "store buffering, release and acquire"){
    .setup = setup,
    .threads = {sb_acq_rel_x, sb_acq_rel_y},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus,
                 "store buffering, seq_cst"){.setup = setup,
                                             .threads = {sb_seq_cst_x, sb_seq_cst_y},
                                             .check = show2,
                                             .outcomes = {"01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "store buffering, one load is not seq_cst"){
    .setup = setup,
    .threads = {sb_seq_cst_x, sb_half_y},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus,
                 "store buffering, seq_cst fences"){.setup = setup,
                                                    .threads = {sb_fence_x, sb_fence_y},
                                                    .check = show2,
                                                    .outcomes = {"01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "store buffering, a fence and seq_cst accesses"){
    .setup = setup,
    .threads = {sb_fence_x, sb_seq_cst_y},
    .check = show2,
    .outcomes = {"01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "store buffering, a seq_cst read-modify-write"){
    .setup = setup,
    .threads = {sb_rmw_x, sb_seq_cst_y},
    .check = show2,
    .outcomes = {"01", "10", "11"}};

EXPLORE_SCENARIO(litmus,
                 "Dekker with a plain store on one side and membarrier on the other"){
    .setup = setup,
    .threads = {sb_relaxed_x, sb_barrier_y},
    .check = show2,
    .outcomes = {"01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "a fence on one side is no membarrier"){
    .setup = setup,
    .threads = {sb_relaxed_x, sb_fence_y},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

EXPLORE_SCENARIO(litmus, "a membarrier at the wrong time"){
    .setup = setup,
    .threads = {sb_relaxed_x, sb_relaxed_y, barrier},
    .check = show2,
    .outcomes = {"00", "01", "10", "11"}};

/* --- independent reads of independent writes: do all see one order? --- */

THREAD(set_y, STORE(&y, 1, relaxed))
THREAD(set_y_release, STORE(&y, 1, release))
THREAD(set_x_seq_cst, STORE(&x, 1, seq_cst))
THREAD(set_y_seq_cst, STORE(&y, 1, seq_cst))
THREAD(xy_acquire, r[0] = LOAD(&x, acquire); r[1] = LOAD(&y, acquire))
THREAD(yx_acquire, r[2] = LOAD(&y, acquire); r[3] = LOAD(&x, acquire))
THREAD(xy_seq_cst, r[0] = LOAD(&x, seq_cst); r[1] = LOAD(&y, seq_cst))
THREAD(yx_seq_cst, r[2] = LOAD(&y, seq_cst); r[3] = LOAD(&x, seq_cst))
THREAD(xy_fence, r[0] = LOAD(&x, relaxed); FENCE(seq_cst); r[1] = LOAD(&y, relaxed))
THREAD(yx_fence, r[2] = LOAD(&y, relaxed); FENCE(seq_cst); r[3] = LOAD(&x, relaxed))

#define ALL_BUT_1010                                                                \
    "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001", \
        "1011", "1100", "1101", "1110", "1111"

EXPLORE_SCENARIO(litmus, "independent reads, seq_cst"){
    .setup = setup,
    .threads = {set_x_seq_cst, set_y_seq_cst, xy_seq_cst, yx_seq_cst},
    .check = show4,
    .outcomes = {ALL_BUT_1010}};

EXPLORE_SCENARIO(litmus, "independent reads, acquire"){
    .setup = setup,
    .threads = {set_x_release, set_y_release, xy_acquire, yx_acquire},
    .check = show4,
    .outcomes = {ALL_BUT_1010, "1010"}};

EXPLORE_SCENARIO(litmus, "independent reads, fences"){
    .setup = setup,
    .threads = {set_x, set_y, xy_fence, yx_fence},
    .check = show4,
    .outcomes = {ALL_BUT_1010}};

/* As C11 and RC11 have it; C++20 forbids it, and no machine does it. */
EXPLORE_SCENARIO(litmus, "independent reads, seq_cst, of stores that are not"){
    .setup = setup,
    .threads = {set_x, set_y, xy_seq_cst, yx_seq_cst},
    .check = show4,
    .outcomes = {ALL_BUT_1010, "1010"}};

/* --- coherence --- */

THREAD(write_1_2, STORE(&x, 1, relaxed); STORE(&x, 2, relaxed))
THREAD(read_twice, r[0] = LOAD(&x, relaxed); r[1] = LOAD(&x, relaxed))
THREAD(read_write, r[0] = LOAD(&x, relaxed); STORE(&x, 2, relaxed);
       r[1] = LOAD(&x, relaxed))
THREAD(write_y_x, STORE(&y, 1, relaxed); STORE(&x, 2, relaxed))
THREAD(write_x_y, STORE(&x, 1, relaxed); STORE(&y, 2, relaxed))
THREAD(write_y_x_seq_cst, STORE(&y, 1, seq_cst); STORE(&x, 2, seq_cst))
THREAD(write_x_y_seq_cst, STORE(&x, 1, seq_cst); STORE(&y, 2, seq_cst))

EXPLORE_SCENARIO(litmus, "nobody reads backwards"){
    .setup = setup,
    .threads = {write_1_2, read_twice},
    .check = show2,
    .outcomes = {"00", "01", "02", "11", "12", "22"}};

EXPLORE_SCENARIO(litmus, "a thread sees its own store, or a newer one"){
    .setup = setup,
    .threads = {set_x, read_write},
    .check = show2,
    .outcomes = {"02", "12", "01"}};

EXPLORE_SCENARIO(litmus,
                 "two locations written crosswise"){.setup = setup,
                                                    .threads = {write_x_y, write_y_x},
                                                    .check = show_final,
                                                    .outcomes = {"11", "12", "21", "22"}};

EXPLORE_SCENARIO(litmus, "two locations written crosswise, seq_cst"){
    .setup = setup,
    .threads = {write_x_y_seq_cst, write_y_x_seq_cst},
    .check = show_final,
    .outcomes = {"12", "21", "22"}};

/* Not covered: a load is never reordered with a later store. C11 allows 11. */
THREAD(lb_x, r[0] = LOAD(&x, relaxed); STORE(&y, 1, relaxed))
THREAD(lb_y, r[1] = LOAD(&y, relaxed); STORE(&x, 1, relaxed))

EXPLORE_SCENARIO(litmus, "load buffering is left out"){.setup = setup,
                                                       .threads = {lb_x, lb_y},
                                                       .check = show2,
                                                       .outcomes = {"00", "01", "10"}};

/* --- read-modify-writes --- */

THREAD(add_1, r[0] = ADD(&x, 1, relaxed))
THREAD(add_1_too, r[1] = ADD(&x, 1, relaxed))
THREAD(sent_then_1, STORE(&y, 1, relaxed); STORE(&x, 1, release))
THREAD(add_2, r[2] = ADD(&x, 2, relaxed))
THREAD(store_3, if (LOAD(&x, relaxed) == 1) STORE(&x, 3, relaxed))
THREAD(get_after, r[0] = LOAD(&x, acquire); r[1] = LOAD(&y, relaxed))

static bool win(void)
{
    int expected = 0;

    return atomic_compare_exchange_strong_explicit(&x, &expected, 1, memory_order_relaxed,
                                                   memory_order_relaxed);
}
THREAD(win_a, r[0] = win())
THREAD(win_b, r[1] = win())

static void show_sum(void)
{
    explore_outcome("%d%d%d", at_peek(&x), r[0], r[1]);
}

EXPLORE_SCENARIO(litmus, "no addition is lost"){.setup = setup,
                                                .threads = {add_1, add_1_too},
                                                .check = show_sum,
                                                .outcomes = {"201", "210"}};

EXPLORE_SCENARIO(litmus, "one of two wins"){
    .setup = setup, .threads = {win_a, win_b}, .check = show2, .outcomes = {"10", "01"}};

EXPLORE_SCENARIO(litmus, "a release sequence goes through read-modify-writes"){
    .setup = setup,
    .threads = {sent_then_1, add_2, get_after},
    .check = show2,
    .outcomes = {"00", "01", "11", "20", "21", "31"}};

EXPLORE_SCENARIO(litmus, "a release sequence ends at a store"){
    .setup = setup,
    .threads = {sent_then_1, store_3, get_after},
    .check = show2,
    .outcomes = {"00", "01", "11", "30", "31"}};
