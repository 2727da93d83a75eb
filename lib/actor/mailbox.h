/* lib/actor/mailbox.h: a mailbox that one thread reads, and how that thread is told.
 *
 * Mail comes into an inbox (sched/inbox.h) whose states mean: TAKEN, it is empty and the
 * reader looks again before it waits; ARMED, it is empty and whoever puts mail in has to
 * ring, once for each arming. So nobody rings for a reader that is awake.
 *
 * The reader is told through an eventfd, if it has one, and by the bell, a futex. The
 * descriptor is readable as long as there is mail that the reader has not received (or soon
 * will be: who has to ring has put the mail in first). It is cleared only by a reader that has
 * nothing left, in this order:
 *
 *      reader: clear fd; exchange the inbox, leaving ARMED; mail there after all? set fd
 *      sender: put mail in;  it was ARMED? set fd
 *
 * Mail that is put in before the exchange is found by it. What comes later finds ARMED, and its
 * sender sets fd behind our clearing. A sender that is late with its ring, for mail that was
 * received meanwhile, makes the reader look once in vain.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   MX1 rung:  add to bell release -> MX2: the ringer is done with the descriptor
 *   MX2 quiet: load bell acquire -> MX1: all are, so it can be closed, and the box be used again
 *   MX3 fd:    store release, load acquire -> MX3: the descriptor was made before it is used
 * Relaxed: fd by the reader, its own. fd, waits: the reader writes them before it arms the
 * inbox, and who rings has read that arming or a later one by IN1; one that read an earlier one
 * has put its mail where the reader's arming finds it. bell when the reader begins to wait: an
 * old value lets it look again. in: IN1 and IN2 decide. */
#ifndef WEFT_ACTOR_MAILBOX_H
#define WEFT_ACTOR_MAILBOX_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"
#include "sched/inbox.h"
#include "sched/park.h"

struct mailbox {
    /* --- senders --- */
    _Alignas(CACHE_LINE) inbox in;
    _Atomic(uint32_t) bell; /* rings so far; a futex */

    /* --- the reader; read by who rings --- */
    _Atomic(int) fd; /* an eventfd, -1: none */
    _Atomic(bool) waits;

    /* --- the reader --- */
    _Alignas(CACHE_LINE) struct node *mail; /* taken, oldest first */
    uint32_t due;                           /* rings that armings have led to */
    bool armed;
};

/* Makes the descriptor readable, or no more (lib/actor/port.c). */
void mailbox_fd_set(int fd);
void mailbox_fd_clear(int fd);

/* A box that was never used, or is shut and quiet, is used from here on; without descriptor. */
static inline void mailbox_open(struct mailbox *b)
{
    at_set(&b->fd, -1);
    at_set(&b->waits, false);
    b->armed = true;
    inbox_open(&b->in);
}

/* --- senders --- */

static inline void mailbox_ring(struct mailbox *b)
{
    int fd = at_load(&b->fd, acquire, MX3);

    if (fd >= 0)
        mailbox_fd_set(fd);
    at_add(&b->bell, 1, release, MX1);
    if (at_peek(&b->waits))
        bell_ring(&b->bell);
}

/* False: the box is shut, the node still the caller's. */
static inline bool mailbox_put(struct mailbox *b, struct node *n)
{
    enum inbox_pushed pushed = inbox_push(&b->in, n, n);

    if (pushed == INBOX_TOKEN)
        mailbox_ring(b);
    return pushed != INBOX_REFUSED;
}

static inline bool mailbox_has_mail(struct mailbox *b)
{
    return (at_peek(&b->in) & INBOX_MAIL) != 0;
}

/* --- the reader --- */

/* What came, the inbox being left in this state; the box's own mail has been received. */
static inline bool mailbox_took(struct mailbox *b, struct node *newest, uintptr_t left)
{
    b->due += b->armed && newest != NULL;
    b->armed = left == INBOX_ARMED;
    b->mail = inbox_reverse(newest);
    return newest != NULL;
}

static inline bool mailbox_refill(struct mailbox *b)
{
    int fd = at_peek(&b->fd);

    if (mailbox_has_mail(b))
        return mailbox_took(b, inbox_drain(&b->in, INBOX_TAKEN), INBOX_TAKEN);
    if (fd >= 0)
        mailbox_fd_clear(fd);
    if (!mailbox_took(b, inbox_drain(&b->in, INBOX_ARMED), INBOX_ARMED))
        return false;
    if (fd >= 0)
        mailbox_fd_set(fd);
    return true;
}

/* From here on the reader is told through this descriptor as well; it is readable. */
static inline void mailbox_watch(struct mailbox *b, int fd)
{
    at_store(&b->fd, fd, release, MX3);
}

/* The oldest message; NULL: there is none, and who brings one will ring. */
static inline struct node *mailbox_get(struct mailbox *b)
{
    struct node *n;

    if (b->mail == NULL && !mailbox_refill(b))
        return NULL;
    n = b->mail;
    b->mail = n->next;
    return n;
}

/* The box's own mail has been received: sleeps until more comes, for at most ns (0: for
 * ever), or for no reason. */
static inline void mailbox_wait(struct mailbox *b, uint64_t ns)
{
    uint32_t rung = at_peek(&b->bell);

    at_set(&b->waits, true);
    if (!mailbox_refill(b))
        bell_wait(&b->bell, rung, ns);
    at_set(&b->waits, false);
}

/* Nothing can be put in any more. What is inside can still be got. */
static inline void mailbox_shut(struct mailbox *b)
{
    struct node *mail = b->mail, **end = &mail;

    while (*end != NULL)
        end = &(*end)->next;
    mailbox_took(b, inbox_shut(&b->in), INBOX_CLOSED);
    *end = b->mail;
    b->mail = mail;
}

/* True if nobody is between putting mail in and having rung for it; none will be, if the box
 * is shut. */
static inline bool mailbox_quiet(struct mailbox *b)
{
    return at_load(&b->bell, acquire, MX2) == b->due;
}

#endif
