/* test/support/install_sim.c: a simulation of somebody who has only installed Weft.
 *
 * tools/dev/check_install compiles it outside the tree, in C and in C++, with weft-sim.pc. Two
 * actors add to a number that a third reads and writes in two steps: some order loses one. */
#include <weft.h>
#include <weft/sim.h>

enum { TAG_READ = 1, TAG_WRITE, CLERKS = 2 };

static uint64_t balance;

static weft_next keeping(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_READ)
        weft_reply_word(self, msg, TAG_READ, balance);
    else
        balance = weft_word(msg);
    return weft_stay(self);
}

static weft_next adding(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *book = (const weft_pid *)state;

    if (weft_sender(msg) == *book)
        weft_cast_word(self, *book, TAG_WRITE, weft_word(msg) + 1);
    else
        weft_cast_word(self, *book, TAG_READ, 0);
    return weft_stay(self);
}

static const weft_behavior keeper = WEFT_STATELESS("keeper", keeping);

static int build(weft_runtime *rt, void *context)
{
    static weft_behavior clerk;
    weft_pid book, pid;
    int error = weft_rt_spawn(rt, &keeper, NULL, &book);

    (void)context;
    clerk.name = "clerk";
    clerk.state_size = clerk.args_size = clerk.state_align = sizeof book;
    clerk.step = adding;
    balance = 0;
    for (int i = 0; i < CLERKS && error == 0; i++) {
        error = weft_rt_spawn(rt, &clerk, &book, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_READ, 0);
    }
    return error;
}

static bool nothing_is_lost(void *context)
{
    (void)context;
    return balance == CLERKS;
}

int main(void)
{
    static weft_sim_report report;
    static weft_sim sim;

    sim.name = "install_sim";
    sim.build = build;
    sim.eventually = nothing_is_lost;
    sim.eventually_name = "nothing is lost";
    sim.seeds = 1000;
    if (weft_sim_run(&sim, &report) != WEFT_EBROKEN)
        return 1;
    return report.verdict == WEFT_SIM_EVENTUALLY && report.text[0] != 0 ? 0 : 2;
}
