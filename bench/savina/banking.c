/* banking: a teller orders N transfers between A accounts. An account that is debited asks the
 * other one to take the money, waits for its word, and tells the teller; other orders wait. Money
 * goes to accounts with larger numbers only, so that no two wait for each other. */
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

#include <float.h>

enum { GO, CREDIT, DEBIT, REPLY, STOP, MOVED };
enum { A, N };

#define SEED 123456

/* The suite's words: who is to pay gets a CREDIT, who is to get it a DEBIT. */
#define CREDIT_FIELDS(F) F(double, amount) F(weft_pid, recipient)
WEFT_MESSAGE(credit, CREDIT, CREDIT_FIELDS)

#define MOVED_FIELDS(F) F(double, paid) F(double, got)
WEFT_MESSAGE(moved, MOVED, MOVED_FIELDS)

/* --- accounts --- */

struct account {
    weft_pid teller;
    double balance;
    struct moved moved; /* the balance is too large to show it */
};

static weft_next debited(weft_self *self, void *state, weft_msg *answer)
{
    struct account *account = state;

    if (weft_failure(answer) != 0)
        return weft_fail(self, weft_failure(answer), "nobody took the money");
    weft_cast(self, account->teller, weft_signal(REPLY));
    return weft_stay(self);
}

static weft_next pay(weft_self *self, struct account *account, struct credit credit)
{
    account->balance -= credit.amount;
    account->moved.paid += credit.amount;
    return weft_await_word(self, credit.recipient, DEBIT, savina_word(credit.amount),
                           WEFT_FOREVER, debited);
}

static weft_next trade(weft_self *self, void *state, weft_msg *msg)
{
    struct account *account = state;
    struct credit credit;

    if (credit_get(msg, &credit))
        return pay(self, account, credit);
    if (weft_tag(msg) == STOP) {
        weft_reply(self, msg, moved_msg(account->moved.paid, account->moved.got));
        return weft_stop(self);
    }
    account->balance += savina_number(weft_word(msg));
    account->moved.got += savina_number(weft_word(msg));
    weft_reply(self, msg, weft_signal(REPLY));
    return weft_stay(self);
}

static const weft_behavior account_behavior =
    WEFT_BEHAVIOR("account", struct account, trade, .args_size = sizeof(struct account));

/* --- the teller, which is the root --- */

struct teller {
    struct savina_run *run;
    weft_pid *account;
    uint64_t replies;
    uint64_t reports;
    double ordered;
    struct moved moved;
};

/* All accounts have been told to end, and report. */
static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct teller *teller = state;
    struct moved moved = {0};

    moved_get(msg, &moved);
    teller->moved.paid += moved.paid;
    teller->moved.got += moved.got;
    if (++teller->reports < teller->run->param[A])
        return weft_stay(self);
    savina_end(teller->run);
    return savina_result(self, teller->run,
                         savina_close(teller->moved.paid, teller->ordered, 1e-9) &&
                             savina_close(teller->moved.got, teller->ordered, 1e-9));
}

static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    struct teller *teller = state;

    (void)msg;
    if (++teller->replies < teller->run->param[N])
        return weft_stay(self);
    for (uint64_t i = 0; i < teller->run->param[A]; i++)
        weft_cast(self, teller->account[i], weft_signal(STOP));
    return weft_become(self, collect);
}

static void order(weft_self *self, struct teller *teller, struct savina_random *random)
{
    uint32_t accounts = (uint32_t)teller->run->param[A];
    uint32_t from = savina_below(random, accounts / 10 * 8);
    uint32_t further = savina_below(random, accounts - from);
    uint32_t to = from + (further > 0 ? further : 1);
    double amount = savina_fraction(random) * 1000;

    teller->ordered += amount;
    weft_cast(self, teller->account[from], credit_msg(amount, teller->account[to]));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct teller *teller = state;
    const uint64_t *param = teller->run->param;
    struct savina_random random = {SEED};
    struct account account = {.teller = weft_self_pid(self),
                              .balance = DBL_MAX / (double)(param[A] * param[N])};

    (void)msg;
    teller->account = savina_share(teller->run, param[A], sizeof *teller->account);
    savina_begin(teller->run);
    for (uint64_t i = 0; i < param[A]; i++)
        teller->account[i] = savina_spawn(self, &account_behavior, &account);
    for (uint64_t i = 0; i < param[N]; i++)
        order(self, teller, &random);
    return weft_become(self, count);
}

static const weft_behavior root = SAVINA_ROOT("teller", struct teller, start);

const struct savina savina_banking = {
    .name = "banking",
    .what = "questions within questions",
    .param = {[A] = {"A", 1000, 20, .power = 0}, [N] = {"N", 50000, 200, .power = 1}},
    .root = &root,
};
