/* test/explore/actor/mailbox.c: lib/actor/mailbox.h. Every message is received once, or was
 * refused; a reader that waits for the descriptor or for the bell misses none; the descriptor
 * is used by nobody once it is closed, or readable while mail is there that the reader has not
 * received. */
#include "lib/actor/mailbox.h"

#include "test/explore/explore.h"

enum { SENDERS = 2, EACH = 2 };

static struct mailbox box;
static struct node nodes[SENDERS][EACH];
static int sent[SENDERS], refused[SENDERS]; /* each sender its own */
static int received, last[SENDERS];         /* the reader's */

/* The descriptor, as weak as can be: the kernel would order more. */
static _Atomic(uint32_t) readable;
static bool made, closed; /* plain: who uses it before or later is found */

void mailbox_fd_set(int fd)
{
    (void)fd;
    explore_assert(made && !closed);
    at_set(&readable, 1);
}

void mailbox_fd_clear(int fd)
{
    (void)fd;
    atomic_exchange_explicit(&readable, 0, memory_order_relaxed);
}

static void setup(void)
{
    box = (struct mailbox){0};
    mailbox_open(&box);
    at_set(&readable, 0);
    made = closed = false;
    received = 0;
    for (int i = 0; i < SENDERS; i++) {
        sent[i] = refused[i] = 0;
        last[i] = -1;
    }
    EXPLORE_NAME(box.in);
    EXPLORE_NAME(box.bell);
    EXPLORE_NAME(box.fd);
    EXPLORE_NAME(box.waits);
    EXPLORE_NAME(readable);
}

static void make_fd(void)
{
    at_set(&readable, 1);
    made = true;
    mailbox_watch(&box, 3);
}

static void setup_with_fd(void)
{
    setup();
    make_fd();
}

/* --- senders --- */

static void send(int sender)
{
    struct node *n = &nodes[sender][sent[sender]];

    n->record =
        (struct record){.from = (uint64_t)sender, .word = (uint64_t)sent[sender]++};
    refused[sender] += !mailbox_put(&box, n);
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

/* --- the reader --- */

static bool receive(void)
{
    struct node *n = mailbox_get(&box);

    if (n == NULL)
        return false;
    explore_assert((int)n->record.word > last[n->record.from]);
    last[n->record.from] = (int)n->record.word;
    received++;
    return true;
}

static bool is_readable(void *unused)
{
    (void)unused;
    return at_peek(&readable) == 1;
}

/* One message each time the descriptor is readable, as a loop does that is in no hurry. */
static void poll_for(int n)
{
    while (received < n) {
        explore_block_until(is_readable, NULL);
        receive();
    }
}

static void poll_one(void)
{
    poll_for(1);
}

static void poll_two(void)
{
    poll_for(2);
}

static void poll_all(void)
{
    poll_for(3);
}

/* The descriptor is made when mail may be there. */
static void make_fd_and_poll_two(void)
{
    receive();
    make_fd();
    poll_for(2);
}

static void wait_for(int n)
{
    while (received < n)
        if (!receive())
            mailbox_wait(&box, 0);
}

static void wait_two(void)
{
    wait_for(2);
}

static void wait_all(void)
{
    wait_for(3);
}

/* The time is over before, or after. */
static void wait_in_vain(void)
{
    mailbox_wait(&box, 1);
    receive();
}

/* --- closing --- */

static void close_box(void)
{
    mailbox_shut(&box);
    while (box.mail != NULL)
        receive();
    while (!mailbox_quiet(&box))
        explore_yield();
    closed = true;
}

static void receive_and_close(void)
{
    receive();
    close_box();
}

/* What is left can still be received; then all is accounted for. */
static void check(void)
{
    while (receive())
        continue;
    for (int i = 0; i < SENDERS; i++)
        received += refused[i];
    explore_assert(received == sent[0] + sent[1]);
}

/* Nothing was lost or refused on the way. */
static void check_open(void)
{
    explore_assert(refused[0] == 0 && refused[1] == 0);
    check();
}

EXPLORE_SCENARIO(mailbox, "mail comes while the reader looks and polls"){
    .setup = setup_with_fd, .threads = {send_one, poll_one}, .check = check_open};

EXPLORE_SCENARIO(mailbox, "two messages from one, one for each poll"){
    .setup = setup_with_fd, .threads = {send_two, poll_two}, .check = check_open};

EXPLORE_SCENARIO(mailbox, "two send while the reader polls"){
    .setup = setup_with_fd,
    .threads = {send_one, send_another, poll_two},
    .check = check_open};

EXPLORE_SCENARIO(mailbox, "three messages, one for each poll"){
    .setup = setup_with_fd,
    .threads = {send_two, send_another, poll_all},
    .check = check_open,
    .random = 20000};

EXPLORE_SCENARIO(mailbox, "the descriptor is made while mail comes"){
    .setup = setup, .threads = {send_two, make_fd_and_poll_two}, .check = check_open};

EXPLORE_SCENARIO(mailbox, "the reader sleeps"){
    .setup = setup, .threads = {send_two, wait_two}, .check = check_open};

EXPLORE_SCENARIO(mailbox, "two send while the reader sleeps"){
    .setup = setup,
    .threads = {send_one, send_another, wait_two},
    .check = check_open,
    .random = 20000};

EXPLORE_SCENARIO(mailbox, "the reader sleeps again and again"){
    .setup = setup,
    .threads = {send_two, send_another, wait_all},
    .check = check_open,
    .random = 20000};

EXPLORE_SCENARIO(mailbox, "a wait ends by itself"){
    .setup = setup, .threads = {send_two, wait_in_vain}, .check = check_open};

EXPLORE_SCENARIO(mailbox, "it is closed while mail comes"){
    .setup = setup_with_fd,
    .threads = {send_one, send_another, receive_and_close},
    .check = check};

EXPLORE_SCENARIO(mailbox, "it is closed between two messages"){
    .setup = setup_with_fd, .threads = {send_two, receive_and_close}, .check = check};
