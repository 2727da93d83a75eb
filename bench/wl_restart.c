/* restart: a supervisor's child fails N times and is started again each time. How long does it take
 * from the failing step to the next init? */
#include "bench/bench.h"

enum { GO, FAIL, DONE };

struct driver {
    struct bench_run *run;
};

/* What one life of the child leaves to the next; and the supervisor's table. */
struct fate {
    struct bench_run *run;
    weft_pid driver;
    uint64_t failed_ns;  /* 0: not yet */
    struct fate *itself; /* the child's args */
    weft_child child;
    weft_supervisor table;
};

static weft_next begin(weft_self *self, void *state, const void *args)
{
    struct fate *fate = *(struct fate *const *)args;
    struct delays *delays = &fate->run->delays;

    *(struct fate **)state = fate;
    if (fate->failed_ns != 0)
        delays_add(delays, bench_now() - fate->failed_ns);
    if (delays->count < fate->run->size.n)
        weft_cast_word(self, weft_self_pid(self), FAIL, 0);
    else
        weft_cast_word(self, fate->driver, DONE, 0);
    return weft_stay(self);
}

static weft_next fail(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    (*(struct fate **)state)->failed_ns = bench_now();
    return weft_fail(self, 1, "again");
}

static const weft_behavior child_behavior = WEFT_BEHAVIOR(
    "child", struct fate *, fail, .init = begin, .args_size = sizeof(struct fate *));

static weft_next drive(weft_self *self, void *state, weft_msg *msg)
{
    struct bench_run *run = ((struct driver *)state)->run;
    struct fate *fate;

    if (weft_tag(msg) == DONE) {
        bench_end(run);
        run->messages = run->size.n + 2;
        bench_result(self, run, run->size.n, run->delays.count == run->size.n);
        return weft_stay(self);
    }
    fate = bench_share(self, run, 1, sizeof *fate);
    if (fate == NULL)
        return weft_stay(self);
    fate->run = run;
    fate->driver = weft_self_pid(self);
    fate->itself = fate;
    fate->child =
        (weft_child){.id = "child", .behavior = &child_behavior, .args = &fate->itself};
    fate->table = (weft_supervisor){
        .children = &fate->child, .child_count = 1, .intensity = WEFT_ANY_INTENSITY};
    bench_begin(run);
    if (weft_supervise(self, &fate->table, NULL) < 0)
        weft_exit(self, 1);
    return weft_stay(self);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "restart driver", struct driver, drive, .args_size = sizeof(struct bench_run *));

const struct workload wl_restart = {
    .name = "restart",
    .what = "a child fails N times, and its supervisor starts it again",
    .unit = "restart",
    .kind = BENCH_DELAY,
    .usual = {200000, 0},
    .smoke = {200, 0},
    .least = {1, 0},
    .most = {1000000000, 0},
    .driver = &driver_behavior,
};
