/* test/explore/sched/inbox.c: sched/inbox.h. Every message arrives once, in its sender's
 * order, or is refused; and there is one token for a task, in one hand at a time.
 *
 * The task here has what a task has: its inbox, its token, and plain members that only who
 * holds the token may touch, and who posts it reads. */
#include "sched/inbox.h"

#include "test/explore/explore.h"

enum { SENDERS = 3, EACH = 2, OWNERS = 2 };

static inbox in;
static token_list tokens[OWNERS];
static struct token token;
static int owner;  /* plain: the list that the token is to go to */
static bool dying; /* plain: the task is over, but its token is out */

static struct node nodes[SENDERS][EACH];
static struct sender {
    int sent, refused;
} senders[SENDERS]; /* each its own */
static struct {
    int arrived, last;
} received[SENDERS]; /* who serves */

static void setup(void)
{
    at_set(&in, INBOX_ARMED);
    for (int i = 0; i < OWNERS; i++)
        at_set(&tokens[i], NULL);
    owner = 0;
    dying = false;
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){0, 0};
        received[i].arrived = 0;
        received[i].last = -1;
    }
    EXPLORE_NAME(in);
    EXPLORE_NAME(tokens);
}

/* --- senders --- */

static struct node *new_message(int sender)
{
    int number = senders[sender].sent++;
    struct node *n = &nodes[sender][number];

    n->record = (struct record){.from = (uint64_t)sender, .word = (uint64_t)number};
    n->next = NULL;
    return n;
}

static void send(int sender)
{
    struct node *n = new_message(sender);

    switch (inbox_push(&in, n, n)) {
    case INBOX_REFUSED:
        senders[sender].refused++;
        break;
    case INBOX_TOKEN:
        token_post(&tokens[owner], &token);
        break;
    case INBOX_JOINED:
        break;
    }
}

static void send_one(void)
{
    send(0);
}

static void send_another(void)
{
    send(1);
}

static void send_two(void)
{
    send(0);
    send(0);
}

/* Two in one chain. */
static void send_chain(void)
{
    struct node *oldest = new_message(0), *newest = new_message(0);

    newest->next = oldest;
    if (inbox_push(&in, newest, oldest) == INBOX_TOKEN)
        token_post(&tokens[owner], &token);
}

/* --- owners --- */

static void receive(struct node *newest)
{
    for (struct node *m = inbox_reverse(newest); m != NULL; m = m->next) {
        explore_assert((int)m->record.word > received[m->record.from].last);
        received[m->record.from].last = (int)m->record.word;
        received[m->record.from].arrived++;
    }
}

/* Somebody else lives there from now on. */
static void live_again(void)
{
    dying = false;
    owner = 1;
    inbox_open(&in);
}

/* The token, if it has come. */
static bool serve(int who)
{
    struct token *t = token_take(&tokens[who]);

    if (t == NULL)
        return false;
    explore_assert(t == &token && t->next == NULL && owner == who);
    if (dying) {
        receive(inbox_shut(&in));
        live_again();
    } else {
        receive(inbox_drain(&in, INBOX_ARMED));
    }
    return true;
}

static void serve_once(void)
{
    serve(0);
}

static void serve_twice(void)
{
    serve(0);
    serve(0);
}

static void serve_other(void)
{
    serve(1);
}

/* The task goes to the other owner, with a message that was here. */
static void move_with_mail(void)
{
    if (!inbox_seize(&in, new_message(2)))
        senders[2].refused++;
    else
        token_post(&tokens[owner = 1], &token);
}

static void move_without(void)
{
    if (inbox_seize(&in, NULL))
        token_post(&tokens[owner = 1], &token);
}

/* Served here before it goes. */
static void serve_and_move(void)
{
    serve(0);
    move_with_mail();
}

/* The task is over. Its owner knows where its token is only by trying. */
static void end(void)
{
    if (inbox_close(&in))
        live_again();
    else
        dying = true;
}

static void end_and_serve(void)
{
    end();
    serve(0);
}

static void serve_and_end(void)
{
    serve(0);
    end();
}

/* Whatever is on its way still comes. */
static void check(void)
{
    while (serve(0) || serve(1))
        continue;
    explore_assert(at_peek(&in) == INBOX_ARMED && !dying);
    for (int i = 0; i < SENDERS; i++)
        explore_assert(received[i].arrived + senders[i].refused == senders[i].sent);
}

EXPLORE_SCENARIO(inbox, "a message arrives"){
    .setup = setup, .threads = {send_one, serve_once}, .check = check};

EXPLORE_SCENARIO(inbox, "two senders, one token"){
    .setup = setup, .threads = {send_one, send_another, serve_once}, .check = check};

EXPLORE_SCENARIO(inbox, "messages arrive while others are served"){
    .setup = setup, .threads = {send_two, send_another, serve_twice}, .check = check};

EXPLORE_SCENARIO(inbox, "a chain arrives"){
    .setup = setup, .threads = {send_chain, send_another, serve_once}, .check = check};

EXPLORE_SCENARIO(inbox, "the task moves while a message comes"){
    .setup = setup, .threads = {send_two, move_with_mail, serve_other}, .check = check};

EXPLORE_SCENARIO(inbox, "the task moves without mail"){
    .setup = setup, .threads = {send_one, move_without, serve_other}, .check = check};

EXPLORE_SCENARIO(inbox, "the task is served and moves"){
    .setup = setup, .threads = {send_two, serve_and_move, serve_other}, .check = check};

EXPLORE_SCENARIO(inbox, "the task ends while a message comes, and another one begins"){
    .setup = setup, .threads = {send_two, end_and_serve, serve_other}, .check = check};

EXPLORE_SCENARIO(inbox, "the task is served and ends"){
    .setup = setup, .threads = {send_two, serve_and_end, send_another}, .check = check};
