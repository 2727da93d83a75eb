/* test/stress/test_ports.c: threads outside open ports, ask actors by them in all ways there
 * are, and close them again, with mail inside or on its way; small mailboxes run full. Nothing
 * is lost, destroyed twice or read by another one, and no reader sleeps beside its mail. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <poll.h>
#include <pthread.h>

#include <criterion/criterion.h>

enum { THREADS = 4, ECHOES = 8, LEDGER = 1 << 10 };

static weft_runtime *rt;
static struct ledger ledger;
static weft_pid echoes[ECHOES];
static atomic_ulong sent;
static uint64_t rounds;

/* --- actors: answer with a parcel of the same form, by cast or reply --- */

static void answer(weft_self *self, const weft_msg *msg, struct hop hop)
{
    enum parcel_form form = (enum parcel_form)(weft_random(self, PARCEL_FORMS));
    struct parcel parcel;
    weft_letter letter = parcel_letter(&parcel, form, hop);

    atomic_fetch_add(&sent, 1);
    switch (weft_random(self, 3)) {
    case 0:
        weft_cast(self, weft_sender(msg), letter);
        break;
    case 1:
        if (weft_try_cast(self, weft_sender(msg), letter) < 0)
            parcel_end(&parcel, form);
        break;
    default:
        weft_reply(self, msg, letter);
    }
}

static weft_next echoing(weft_self *self, void *state, weft_msg *msg)
{
    struct hop hop;

    (void)state;
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    if (weft_random(self, 2000) == 0)
        stress_spin(WEFT_MS(2)); /* stuck: it answers without its domain */
    answer(self, msg, hop);
    return weft_stay(self);
}

static const weft_behavior echo = WEFT_STATELESS("echo", echoing);

/* --- readers --- */

struct reader {
    uint32_t number;
    uint64_t random;
    weft_port *port;
    uint32_t life; /* of which port its questions are */
    unsigned asked, answered;
};

static void ask(struct reader *r)
{
    enum parcel_form form = (enum parcel_form)stress_random(&r->random, PARCEL_FORMS);
    struct hop hop = {r->number, 0, r->life};
    struct parcel parcel;

    atomic_fetch_add(&sent, 1);
    r->asked++;
    cr_expect_eq(weft_port_cast(r->port, echoes[stress_random(&r->random, ECHOES)],
                                parcel_letter(&parcel, form, hop)),
                 0);
}

static void read_answer(struct reader *r, weft_msg *msg)
{
    struct hop hop;

    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    cr_expect(hop.from == r->number && hop.number == r->life, "another one's answer");
    r->answered++;
    weft_msg_free(msg);
}

static void receive_by_wait(struct reader *r)
{
    weft_msg *msg;

    cr_assert_eq(weft_port_wait(r->port, STRESS_DEADLINE, &msg), 0, "%u of %u",
                 r->answered, r->asked);
    read_answer(r, msg);
}

/* One message at a time: what is left has to make the descriptor readable. */
static void receive_by_poll(struct reader *r)
{
    struct pollfd p = {.fd = weft_port_fd(r->port), .events = POLLIN};
    weft_msg *msg;

    cr_assert_geq(p.fd, 0);
    do
        cr_assert_eq(poll(&p, 1, STRESS_DEADLINE / WEFT_MS(1)), 1, "%u of %u",
                     r->answered, r->asked);
    while (weft_port_receive(r->port, &msg) != 0);
    read_answer(r, msg);
}

/* All, some or none of the answers are waited for. */
static void one_port(struct reader *r)
{
    bool full = stress_random(&r->random, 4) == 0, polls = stress_random(&r->random, 2);
    unsigned n = (unsigned)stress_random(&r->random, 40), wanted;

    cr_assert_eq(weft_port_open(rt, full ? 5 : 0, &r->port), 0);
    r->life++;
    r->asked = r->answered = 0;
    wanted = full ? 0 : (unsigned)stress_random(&r->random, n + 1);
    for (unsigned i = 0; i < n; i++)
        ask(r);
    while (r->answered < wanted) {
        if (polls)
            receive_by_poll(r);
        else
            receive_by_wait(r);
    }
    weft_port_close(r->port);
}

static void *read_on(void *argument)
{
    for (uint64_t i = 0; i < rounds; i++)
        one_port(argument);
    return NULL;
}

static void run(unsigned workers)
{
    uint64_t seed = stress_seed();
    struct reader readers[THREADS];
    pthread_t threads[THREADS];

    ledger_init(&ledger, LEDGER);
    rt = stress_start(workers, 1, seed, &ledger);
    atomic_store(&sent, 0);
    rounds = stress_amount(400);
    for (unsigned i = 0; i < ECHOES; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &echo, NULL, &echoes[i]), 0);
        ledger_add(&ledger, echoes[i], 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.number = i, .random = seed + i};
        cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0); /* nobody sends from here on */
    stress_finish(rt, atomic_load(&sent));
    thing_check();
    ledger_check(&ledger);
    ledger_done(&ledger);
}

TestSuite(ports, .timeout = 600);

Test(ports, opened_asked_by_and_closed_with_one_worker)
{
    run(1);
}

Test(ports, opened_asked_by_and_closed_with_two_workers)
{
    run(2);
}
