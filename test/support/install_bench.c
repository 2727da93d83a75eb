/* test/support/install_bench.c: a program that measures, of somebody who has only installed Weft.
 *
 * tools/dev/check_install compiles it outside the tree, in C and in C++, with weft-bench.pc. */
#include <weft.h>
#include <weft/bench.h>

static int run(weft_bench *bench, void *context, weft_op op)
{
    (void)context;
    weft_bench_done(bench, op);
    return 0;
}

int main(void)
{
    weft_scenario scenario = {"nothing", NULL, run, NULL, NULL};
    weft_bench_options options;
    weft_bench_result result;
    bool right;

    weft_bench_options_init(&options);
    options.duration_ns = WEFT_MS(5);
    options.arrivals.rate = 10000;
    if (weft_bench_run(&scenario, &options, &result) < 0)
        return 1;
    right = result.right && result.done == 50;
    weft_bench_result_done(&result);
    return right ? 0 : 2;
}
