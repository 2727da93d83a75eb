/* The dining philosophers, and the circle in which they starve.
 *
 * Five sit around a table, with a fork between each two, which is the left one's. Who is hungry
 * asks his right neighbour for the fork between them, and waits for it. If all are hungry at the
 * same time all wait, and nobody answers. The simulation finds that without a time limit: when
 * nothing can run it looks who awaits whom. */
#include <stdio.h>
#include <stdlib.h>
#include <weft.h>
#include <weft/sim.h>

enum { TAG_NEIGHBOUR = 1, TAG_HUNGRY, TAG_FORK, SEATS = 5, MEALS = 20 };

struct philosopher {
    weft_pid right;
    unsigned meals;
};

static weft_next got_fork(weft_self *self, void *state, weft_msg *answer)
{
    struct philosopher *p = state;

    if (weft_failure(answer) != 0)
        return weft_stop(self); /* starved */
    p->meals++;
    if (p->meals < MEALS)
        weft_cast_word(self, weft_self_pid(self), TAG_HUNGRY, weft_random(self, 3));
    return weft_stay(self);
}

/* Thinks for so many turns, then eats. */
static weft_next think(weft_self *self, struct philosopher *p, uint64_t turns)
{
    if (turns == 0)
        return weft_await_word(self, p->right, TAG_FORK, 0, WEFT_FOREVER, got_fork);
    weft_cast_word(self, weft_self_pid(self), TAG_HUNGRY, turns - 1);
    return weft_stay(self);
}

static weft_next dining(weft_self *self, void *state, weft_msg *msg)
{
    struct philosopher *p = state;

    switch (weft_tag(msg)) {
    case TAG_NEIGHBOUR:
        p->right = weft_word(msg);
        return weft_stay(self);
    case TAG_HUNGRY:
        return think(self, p, weft_word(msg));
    default:
        weft_reply_word(self, msg, TAG_FORK, 0); /* he is not eating: here it is */
        return weft_stay(self);
    }
}

static const weft_behavior philosopher =
    WEFT_BEHAVIOR("philosopher", struct philosopher, dining);

static int build(weft_runtime *rt, void *context)
{
    weft_pid seat[SEATS];
    int error = 0;

    (void)context;
    for (int i = 0; i < SEATS && error == 0; i++)
        error = weft_rt_spawn(rt, &philosopher, NULL, &seat[i]);
    for (int i = 0; i < SEATS && error == 0; i++)
        error = weft_rt_cast_word(rt, seat[i], TAG_NEIGHBOUR, seat[(i + 1) % SEATS]);
    for (int i = 0; i < SEATS && error == 0; i++)
        error = weft_rt_cast_word(rt, seat[i], TAG_HUNGRY, (uint64_t)i * 2);
    return error;
}

int main(void)
{
    static weft_sim_report report;
    const weft_sim sim = {.name = "philosophers", .build = build, .seeds = 1000};

    if (getenv("WEFT_SEED") != NULL)
        return weft_sim_main(&sim);
    if (weft_sim_run(&sim, &report) != WEFT_EBROKEN ||
        report.verdict != WEFT_SIM_DEADLOCK) {
        puts("they did not starve");
        return 1;
    }
    puts(report.text);
    return 0;
}
