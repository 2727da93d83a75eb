/* lib/actor/port.c: ports, and the table of them.
 *
 * A message for a port is a node like one between domains; when it has been received its link
 * says whose memory it is. */
#include "lib/actor/port.h"

#include "lib/actor/simulated.h"
#include "lib/actor/threadless.h"
#include "lib/base/pause.h"
#include "sched/remote.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Each close spends a generation, so there are more places than may be open at a time: with
 * a million ports borrowed every second the spare ones last for two years. */
enum { PORT_KIND = 1, SPARE = 1 << 18 };

struct ports {
    weft_runtime *rt;
    struct weft_port *slots;
    uint32_t size, max;   /* places; of which so many may be open, borrowed ones apart */
    pthread_mutex_t lock; /* of what follows */
    uint32_t used, open;
    struct weft_port *free;
};

/* --- the table --- */

static size_t table_bytes(const struct ports *ps)
{
    return ps->size * sizeof *ps->slots;
}

struct ports *ports_create(weft_runtime *rt)
{
    struct ports *ps = memory_zalloc(&rt->memory, sizeof *ps, CACHE_LINE);

    if (ps == NULL)
        return NULL;
    ps->rt = rt;
    ps->max = rt->options.ports_max;
    ps->size = ps->max + SPARE;
    ps->slots = pages_reserve(table_bytes(ps));
    if (ps->slots == NULL) {
        memory_free(&rt->memory, ps, sizeof *ps, CACHE_LINE);
        return NULL;
    }
    pthread_mutex_init(&ps->lock, NULL);
    return ps;
}

void ports_close(struct ports *ps)
{
    for (uint32_t i = 0; i < ps->used; i++)
        if (at_peek(&ps->slots[i].box.in) != INBOX_CLOSED) /* relaxed: nobody is left */
            weft_port_close(&ps->slots[i]);
}

void ports_destroy(struct ports *ps)
{
    if (ps == NULL)
        return;
    pthread_mutex_destroy(&ps->lock);
    pages_release(ps->slots, table_bytes(ps));
    memory_free(&ps->rt->memory, ps, sizeof *ps, CACHE_LINE);
}

/* The next place that was never used. */
static weft_port *carve(struct ports *ps)
{
    uint32_t index = ps->used;
    weft_port *p = &ps->slots[index];

    if (index == ps->size)
        return NULL;
    ps->used++;
    p->rt = ps->rt;
    /* relaxed: shown by the inbox, like max below */
    at_set(&p->pid, (uint64_t)PORT_KIND << ID_KIND_SHIFT |
                        (uint64_t)ps->rt->tag << ID_RUNTIME_SHIFT | ID_FIRST_GENERATION |
                        index);
    return p;
}

static weft_port *slot_take(struct ports *ps, bool borrowed)
{
    weft_port *p = NULL;

    pthread_mutex_lock(&ps->lock);
    if (borrowed || ps->open < ps->max) {
        p = ps->free;
        if (p != NULL)
            ps->free = p->next;
        else
            p = carve(ps);
    }
    if (p != NULL) {
        p->borrowed = borrowed;
        ps->open += !borrowed;
    }
    pthread_mutex_unlock(&ps->lock);
    return p;
}

static void slot_return(struct ports *ps, weft_port *p)
{
    pthread_mutex_lock(&ps->lock);
    ps->open -= !p->borrowed;
    if (at_peek(&p->pid) != 0) { /* relaxed: the closer's, behind the lock */
        p->next = ps->free;
        ps->free = p;
    }
    pthread_mutex_unlock(&ps->lock);
}

static weft_port *slot_open(weft_runtime *rt, uint32_t max, bool borrowed)
{
    weft_port *p = slot_take(rt->ports, borrowed);

    if (p == NULL)
        return NULL;
    at_set(&p->max, max); /* relaxed: shown by the inbox */
    mailbox_open(&p->box);
    return p;
}

/* --- sending to a port --- */

/* An open port, as far as one can know without pushing; NULL: there is none. */
static weft_port *find(const weft_runtime *rt, weft_pid pid)
{
    struct ports *ps = rt->ports;
    weft_port *p = &ps->slots[pid & ID_INDEX];

    /* relaxed: who pushes with an old pid is refused by the inbox, or by its reader */
    return (pid & ID_INDEX) < ps->size && at_peek(&p->pid) == pid &&
                   at_peek(&p->box.in) != INBOX_CLOSED
               ? p
               : NULL;
}

bool port_is_open(const weft_runtime *rt, weft_pid pid)
{
    return find(rt, pid) != NULL;
}

/* Counts a message that is to come in; relaxed, for what it counts is published otherwise. */
static bool admit(weft_port *p, enum record_kind kind)
{
    uint32_t inside = at_peek(&p->inside); /* relaxed, here and below: a counter */

    do {
        if (inside >= at_peek(&p->max) && kind != RECORD_REPLY)
            return false;
    } while (!at_claim(&p->inside, &inside, inside + 1)); /* relaxed */
    return true;
}

static void left(weft_port *p)
{
    at_count(&p->inside, (uint32_t)-1); /* relaxed: a counter */
}

enum sched_sent port_send(struct sched *s, struct stock *stock, const struct record *r)
{
    enum record_kind kind = record_kind(r);
    weft_port *p = find(runtime_of(s), r->to);
    struct node *n;

    if (id_kind(r->to) != PORT_KIND)
        return SENT_FOREIGN;
    if (p == NULL || (kind != RECORD_MAIL && kind != RECORD_REPLY))
        return SENT_NO_TASK;
    if (!admit(p, kind))
        return SENT_NO_ROOM;
    n = node_new(stock_pool(stock), r);
    if (n != NULL && mailbox_put(&p->box, n))
        return SENT;
    left(p);
    if (n == NULL)
        return SENT_NO_MEMORY;
    node_free(stock_pool(stock), n);
    return SENT_NO_TASK;
}

/* --- the descriptor --- */

void mailbox_fd_set(int fd)
{
    (void)eventfd_write(fd, 1); /* it fails only if it is readable already */
}

void mailbox_fd_clear(int fd)
{
    eventfd_t count;

    (void)eventfd_read(fd, &count); /* it fails only if it is clear already */
}

/* Readable at first, for whatever came before it was there. */
int weft_port_fd(weft_port *port)
{
    int fd = at_peek(&port->box.fd); /* relaxed: our own */

    if (fd >= 0)
        return fd;
    fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    mailbox_watch(&port->box, fd);
    return fd;
}

/* --- receiving --- */

static void node_dead(weft_runtime *rt, struct node *n, enum sched_dead why)
{
    struct stock *stock = lane_enter(rt->sched);

    n->next = NULL;
    nodes_dead(rt->sched, stock, n, why);
    lane_leave(rt->sched, stock);
}

/* The oldest message. What a late sender had for the one who had the place before is dead. */
static weft_msg *next_message(weft_port *p)
{
    struct node *n;

    while ((n = mailbox_get(&p->box)) != NULL) {
        left(p);
        if (n->record.to == weft_port_pid(p))
            break;
        node_dead(p->rt, n, SCHED_NO_TASK);
    }
    if (n == NULL)
        return NULL;
    n->next = (struct node *)(void *)p->rt;
    return (weft_msg *)(void *)&n->record;
}

int weft_port_receive(weft_port *port, weft_msg **ret_msg)
{
    *ret_msg = next_message(port);
    return *ret_msg != NULL ? WEFT_OK : WEFT_EEMPTY;
}

/* An answer that comes at once comes sooner than a sleeper gets up. */
static bool spin(weft_port *p)
{
    for (int i = 0; i < SPINS; i++) {
        if (mailbox_has_mail(&p->box))
            return true;
        pause_hint();
    }
    return false;
}

/* 0: the time is over. */
static uint64_t time_left(const weft_runtime *rt, uint64_t began, uint64_t timeout_ns)
{
    uint64_t spent = runtime_clock(rt) - began;

    return spent < timeout_ns ? timeout_ns - spent : 0;
}

/* Runs the actors meanwhile. */
static void rest(weft_port *p, uint64_t ns)
{
    int fd = weft_port_fd(p);

    if (ns == 0)
        ns = WEFT_FOREVER;
    if (fd < 0 && ns > WEFT_MS(1)) /* it has to do without */
        ns = WEFT_MS(1);
    threadless_rest(p->rt, fd, ns);
}

int weft_port_wait(weft_port *port, uint64_t timeout_ns, weft_msg **ret_msg)
{
    weft_runtime *rt = port->rt;
    uint64_t began = timeout_ns != WEFT_FOREVER ? runtime_clock(rt) : 0,
             ns = 0; /* 0: for ever */

    for (;;) {
        *ret_msg = next_message(port);
        if (*ret_msg != NULL)
            return WEFT_OK;
        if (timeout_ns != WEFT_FOREVER && (ns = time_left(rt, began, timeout_ns)) == 0)
            return WEFT_ETIMEDOUT;
        if (is_simulated(rt)) {
            if (!simulated_rest(rt, timeout_ns != WEFT_FOREVER ? ns : WEFT_FOREVER) &&
                !mailbox_has_mail(&port->box))
                return WEFT_ETIMEDOUT;
        } else if (rt->options.threadless)
            rest(port, ns);
        else if (!spin(port))
            mailbox_wait(&port->box, ns);
    }
}

void weft_msg_free(weft_msg *msg)
{
    struct node *n;
    weft_runtime *rt;
    struct stock *stock;

    if (msg == NULL)
        return;
    n = (struct node *)(void *)((char *)msg - offsetof(struct node, record));
    rt = (weft_runtime *)(void *)n->next;
    stock = lane_enter(rt->sched);
    if ((record_extra(&n->record) & RECORD_OWNED) != 0)
        actor_ops.handled(rt->sched, stock, &n->record, NEXT_STAY);
    if ((record_extra(&n->record) & RECORD_FAILED) == 0) /* that is the runtime's own */
        counter_add(&stock_tally(stock)->handled, 1);
    node_free(stock_pool(stock), n);
    lane_leave(rt->sched, stock);
}

/* --- opening, closing --- */

int weft_port_open(weft_runtime *rt, uint32_t mailbox_max, weft_port **ret_port)
{
    if (rt == NULL || ret_port == NULL)
        return WEFT_EINVAL;
    *ret_port = slot_open(rt, mailbox_max > 0 ? mailbox_max : WEFT_PORT_MAIL, false);
    return *ret_port != NULL ? WEFT_OK : WEFT_ELIMIT;
}

weft_port *port_borrow(weft_runtime *rt)
{
    return slot_open(rt, WEFT_PORT_MAIL, true);
}

static weft_pid pid_after(weft_pid pid)
{
    return (pid & ID_GENERATION) == ID_GENERATION ? 0 : pid + ID_FIRST_GENERATION;
}

/* A sender that has to ring may be in the middle of it; it is a few instructions. */
static void wait_until_quiet(struct mailbox *b)
{
    for (unsigned tries = 1; !mailbox_quiet(b); tries++)
        if (tries % 128 == 0)
            sched_yield();
        else
            pause_hint();
}

void weft_port_close(weft_port *port)
{
    struct node *n;
    int fd;

    if (port == NULL)
        return;
    /* relaxed: the inbox, shut, is what refuses */
    at_set(&port->pid, pid_after(weft_port_pid(port)));
    mailbox_shut(&port->box);
    while ((n = port->box.mail) != NULL) {
        port->box.mail = n->next;
        left(port);
        node_dead(port->rt, n, SCHED_ENDED);
    }
    wait_until_quiet(&port->box);
    fd = at_peek(&port->box.fd); /* relaxed: our own */
    if (fd >= 0)
        close(fd);
    slot_return(port->rt->ports, port);
}

void port_return(weft_port *port)
{
    weft_port_close(port);
}

/* --- who is it --- */

weft_pid weft_port_pid(const weft_port *port)
{
    /* relaxed: it does not change while the port is open */
    return at_peek(&((weft_port *)(uintptr_t)port)->pid);
}
