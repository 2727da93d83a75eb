/* test_inbox.c: aim: each operation on an inbox does what its state allows and nothing else;
 * one pusher for each arming gets the token; nothing is lost or doubled.
 * Method: a table of states against operations; then several pushers and one who drains. */
#include "sched/inbox.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(inbox, .timeout = 60);
TestSuite(token, .timeout = 60);

static struct node nodes[4];

/* --- states and operations --- */

enum { CLOSED, ARMED, TAKEN, MAIL, INBOX_ALL };

static void put_in_state(inbox *in, int state)
{
    static const uintptr_t words[] = {INBOX_CLOSED, INBOX_ARMED, INBOX_TAKEN};

    memset(nodes, 0, sizeof nodes);
    at_set(in, state == MAIL ? (uintptr_t)&nodes[0] : words[state]); /* relaxed: alone */
}

static uintptr_t word_of(inbox *in)
{
    return at_peek(in); /* relaxed: alone */
}

Test(inbox, a_push_is_refused_joins_or_gets_the_token)
{
    static const enum inbox_pushed expected[] = {INBOX_REFUSED, INBOX_TOKEN, INBOX_JOINED,
                                                 INBOX_JOINED};

    for (int state = CLOSED; state < INBOX_ALL; state++) {
        inbox in;

        put_in_state(&in, state);
        cr_expect_eq(inbox_push(&in, &nodes[1], &nodes[1]), expected[state], "state %d",
                     state);
        cr_expect_eq(word_of(&in), state == CLOSED ? INBOX_CLOSED : (uintptr_t)&nodes[1]);
        if (state != CLOSED)
            cr_expect_eq(nodes[1].next, state == MAIL ? &nodes[0] : NULL);
    }
}

Test(inbox, a_chain_is_pushed_whole_and_in_front)
{
    inbox in;

    put_in_state(&in, MAIL);
    nodes[3].next = &nodes[2];
    nodes[2].next = &nodes[1];
    cr_expect_eq(inbox_push(&in, &nodes[3], &nodes[1]), INBOX_JOINED);
    cr_expect_eq(word_of(&in), (uintptr_t)&nodes[3]);
    cr_expect_eq(nodes[3].next, &nodes[2]);
    cr_expect_eq(nodes[2].next, &nodes[1]);
    cr_expect_eq(nodes[1].next, &nodes[0]);
}

Test(inbox, a_drain_takes_the_chain_and_leaves_what_it_is_told)
{
    static const uintptr_t leave[] = {INBOX_ARMED, INBOX_TAKEN};

    for (int state = TAKEN; state < INBOX_ALL; state++)
        for (int i = 0; i < 2; i++) {
            inbox in;

            put_in_state(&in, state);
            cr_expect_eq(inbox_drain(&in, leave[i]), state == MAIL ? &nodes[0] : NULL);
            cr_expect_eq(word_of(&in), leave[i]);
        }
}

Test(inbox, only_an_armed_one_can_be_seized)
{
    for (int state = CLOSED; state < INBOX_ALL; state++) {
        uintptr_t before;
        inbox in;

        put_in_state(&in, state);
        before = word_of(&in);
        cr_expect_eq(inbox_seize(&in, NULL), state == ARMED);
        cr_expect_eq(word_of(&in), state == ARMED ? INBOX_TAKEN : before);

        put_in_state(&in, state);
        cr_expect_eq(inbox_seize(&in, &nodes[2]), state == ARMED);
        cr_expect_eq(word_of(&in), state == ARMED ? (uintptr_t)&nodes[2] : before);
    }
}

Test(inbox, only_an_armed_one_can_be_closed)
{
    for (int state = CLOSED; state < INBOX_ALL; state++) {
        uintptr_t before;
        inbox in;

        put_in_state(&in, state);
        before = word_of(&in);
        cr_expect_eq(inbox_close(&in), state == ARMED);
        cr_expect_eq(word_of(&in), state == ARMED ? INBOX_CLOSED : before);
    }
}

Test(inbox, with_the_token_it_is_shut_and_gives_its_chain)
{
    for (int state = TAKEN; state < INBOX_ALL; state++) {
        inbox in;

        put_in_state(&in, state);
        cr_expect_eq(inbox_shut(&in), state == MAIL ? &nodes[0] : NULL);
        cr_expect_eq(word_of(&in), INBOX_CLOSED);
        cr_expect_eq(inbox_push(&in, &nodes[1], &nodes[1]), INBOX_REFUSED);
    }
}

Test(inbox, an_opened_one_gives_the_token_to_the_first_push)
{
    inbox in;

    put_in_state(&in, CLOSED);
    inbox_open(&in);
    cr_expect_eq(inbox_push(&in, &nodes[0], &nodes[0]), INBOX_TOKEN);
    cr_expect_eq(inbox_push(&in, &nodes[1], &nodes[1]), INBOX_JOINED);
    inbox_drain(&in, INBOX_ARMED);
    cr_expect_eq(inbox_push(&in, &nodes[2], &nodes[2]), INBOX_TOKEN);
    inbox_drain(&in, INBOX_TAKEN);
    cr_expect_eq(inbox_push(&in, &nodes[3], &nodes[3]), INBOX_JOINED);
}

Test(inbox, states_are_told_from_mail_by_two_bits)
{
    cr_expect_eq(INBOX_CLOSED & INBOX_MAIL, 0);
    cr_expect_eq(INBOX_ARMED & INBOX_MAIL, 0);
    cr_expect_eq(INBOX_TAKEN & INBOX_MAIL, 0);
    cr_expect_null(inbox_chain(INBOX_ARMED));
    cr_expect_null(inbox_chain(INBOX_TAKEN));
    cr_expect_null(inbox_chain(INBOX_CLOSED));
    cr_expect_eq(inbox_chain((uintptr_t)&nodes[1]), &nodes[1]);
    cr_expect_geq(_Alignof(struct node), 4);
}

Test(inbox, a_reversed_chain_is_oldest_first)
{
    struct node *n;

    cr_expect_null(inbox_reverse(NULL));
    memset(nodes, 0, sizeof nodes);
    for (int i = 1; i < 4; i++)
        nodes[i].next = &nodes[i - 1];
    n = inbox_reverse(&nodes[3]);
    for (int i = 0; i < 4; i++, n = n->next)
        cr_assert_eq(n, &nodes[i]);
    cr_expect_null(n);
}

/* --- tokens --- */

Test(token, a_list_gives_all_oldest_first)
{
    struct token tokens[5], *t;
    token_list list;

    at_set(&list, NULL); /* relaxed: alone */
    cr_expect_null(token_take(&list));
    for (int i = 0; i < 5; i++)
        token_post(&list, &tokens[i]);
    t = token_take(&list);
    for (int i = 0; i < 5; i++, t = t->next)
        cr_assert_eq(t, &tokens[i]);
    cr_expect_null(t);
    cr_expect_null(token_take(&list));
}

/* --- several pushers, one who drains, as a domain does --- */

enum { PUSHERS = 3, EACH = 20000, CHAIN = 3 };

static inbox box;
static token_list posted;
static struct token token;
static struct node mail[PUSHERS][EACH];
static atomic_int tokens_out, pushed_all;

static void post_token(void)
{
    cr_expect_eq(atomic_fetch_add(&tokens_out, 1), 0, "a second token is out");
    token_post(&posted, &token);
}

/* Single nodes and chains of three in turns. */
static void push_mine(unsigned number)
{
    for (int i = 0; i < EACH;) {
        int n = i % 2 == 0 && i + CHAIN <= EACH ? CHAIN : 1;
        struct node *newest = &mail[number][i + n - 1];

        for (int k = 0; k < n; k++) {
            mail[number][i + k].record.from = number;
            mail[number][i + k].record.word = (uint64_t)(i + k);
            mail[number][i + k].next = k > 0 ? &mail[number][i + k - 1] : NULL;
        }
        if (inbox_push(&box, newest, &mail[number][i]) == INBOX_TOKEN)
            post_token();
        i += n;
    }
    atomic_fetch_add(&pushed_all, 1);
}

/* Every pusher's nodes in its own order, none missing. */
static void read_chain(struct node *n, uint64_t due[PUSHERS])
{
    for (n = inbox_reverse(n); n != NULL; n = n->next) {
        cr_expect_eq(n->record.word, due[n->record.from]);
        due[n->record.from] = n->record.word + 1;
    }
}

static void drain_all(void)
{
    uint64_t due[PUSHERS] = {0};
    unsigned drained = 0;
    bool last;

    do {
        last = atomic_load(&pushed_all) == PUSHERS;
        if (token_take(&posted) == NULL)
            continue;
        if (drained++ % 3 == 0) /* like a local sender, which looks in on the way */
            read_chain(inbox_drain(&box, INBOX_TAKEN), due);
        atomic_fetch_sub(&tokens_out, 1);
        read_chain(inbox_drain(&box, INBOX_ARMED), due);
    } while (!last);
    for (int i = 0; i < PUSHERS; i++)
        cr_expect_eq(due[i], EACH);
    cr_expect_eq(at_peek(&box), INBOX_ARMED); /* relaxed: the pushers are through */
}

static void push_or_drain(unsigned number)
{
    if (number == PUSHERS)
        drain_all();
    else
        push_mine(number);
}

Test(inbox, gives_one_token_for_an_arming_and_all_mail_once_and_in_order)
{
    inbox_open(&box);
    in_threads(PUSHERS + 1, push_or_drain);
}

/* Pushers against one who closes: what was not refused is in the chain. */
static atomic_int accepted;

static void push_or_shut(unsigned number)
{
    int found = 0;

    if (number < PUSHERS) {
        for (int i = 0; i < EACH; i++) {
            enum inbox_pushed p = inbox_push(&box, &mail[number][i], &mail[number][i]);

            if (p == INBOX_REFUSED)
                break;
            if (p == INBOX_TOKEN)
                post_token();
            atomic_fetch_add(&accepted, 1);
        }
        return;
    }
    while (token_take(&posted) == NULL)
        continue;
    for (struct node *n = inbox_shut(&box); n != NULL; n = n->next)
        found++;
    atomic_fetch_sub(&accepted, found);
}

Test(inbox, what_was_not_refused_is_there_when_it_is_shut)
{
    inbox_open(&box);
    in_threads(PUSHERS + 1, push_or_shut);
    cr_expect_eq(accepted, 0);
    cr_expect_eq(at_peek(&box), INBOX_CLOSED); /* relaxed: alone again */
}
