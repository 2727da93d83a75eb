/* sched/record.h: one message as it lies in a ring, a queue or a node.
 *
 *   to      8   whom for: 0 is nobody (a place to skip)
 *   from    8   who sent it; 0 is nobody
 *   head    8   tag:32  kind:8  more:2 block:1 call:1 failed:1 open:1 mark:1 heard:1  size:16
 *   word    8   the payload's first 8 bytes, or the address of a block
 *
 * `more` further slots of 32 bytes follow in the same memory, so a small payload of up to
 * 40 bytes is contiguous from `word` on. A question, its answer and what an alarm sends to its
 * own task (`call`) have a struct call for their last slot. A question is `open` until it is
 * answered, handed on, or put among the debts of its holder; an answer that is open has an
 * envelope. A `failed` answer's word is an error code. An answer is `heard` when its question has
 * been struck off: once, though it may be put off later. */
#ifndef WEFT_SCHED_RECORD_H
#define WEFT_SCHED_RECORD_H

#include "lib/base/base.h"

struct record {
    uint64_t to, from, head, word;
};
_Static_assert(sizeof(struct record) == 32, "two records share a cache line");

enum record_kind {
    RECORD_MAIL,   /* a message */
    RECORD_REPLY,  /* a message that answers one; no limit stops it */
    RECORD_TIMED,  /* a message of the task's own alarm, which may be taken back yet */
    RECORD_END,    /* a ring segment's last: go on in the next one */
    RECORD_SKIP,   /* was taken out: go on behind it */
    RECORD_TURN,   /* the task's own queue is to be served */
    RECORD_START,  /* the task is to be started */
    RECORD_STOP,   /* control mail, in nodes only: */
    RECORD_KILL,   /* ... */
    RECORD_RETURN, /* a detached step is over */
    RECORD_DRAIN,  /* control: nobody may send any more; end behind what is queued */
    RECORD_LAST,   /* among the messages: there are no more */
    RECORD_WATCH,  /* a question: answer when it has begun, or ended */
    RECORD_PROBE,  /* control, a question: whose answer is awaited? */
    RECORD_TIE,    /* what tasks that watch each other tell each other */
    RECORD_HOLD, /* control: its sender waits for room; word: which time (sched/pressure.h) */
    RECORD_GO,     /* ... need not wait any more */
    RECORD_BEGUN,  /* control, to the parent: a child has begun (sched/tree.h) */
    RECORD_FALLEN, /* ... has come to an end, and may be woken */
    RECORD_OVER,   /* ... is over */
    RECORD_WAKE    /* control, from the parent: begin */
};

enum {
    RECORD_SLOTS_MAX = 3,
    RECORD_KIND_SHIFT = 32,
    RECORD_EXTRA_SHIFT = 40,
    RECORD_SIZE_SHIFT = 48
};
enum {
    RECORD_MORE = 3,
    RECORD_BLOCK = 4,
    RECORD_CALL = 8,
    RECORD_FAILED = 16,
    RECORD_OPEN = 32,
    RECORD_MARK = 64, /* no message, though it lies among them: see its kind; of a STOP or
                         KILL: its parent's, in a node of the task's own */
    RECORD_HEARD = 128,
    RECORD_PAST =
        128, /* of a MAIL: it goes past its receiver's limit (sched/pressure.h) */
    RECORD_EXTRA = 0xff
};
enum { RECORD_OWNED = RECORD_BLOCK | RECORD_OPEN }; /* marks of what a record owns */
enum { RECORD_WORD_BYTES = 8, RECORD_PAYLOAD_MAX = 40 };

/* The last slot of a question or an answer; of a TIMED record: ref is the alarm's key. */
struct call {
    uint64_t ref;      /* the asker's; the answer has the same */
    uint64_t deadline; /* of the question, in cycles; 0: none */
    uint64_t trace, reserved;
};
_Static_assert(sizeof(struct call) == sizeof(struct record), "a slot like any other");

static inline uint64_t record_head(uint32_t tag, enum record_kind kind, unsigned extra,
                                   uint32_t size)
{
    return tag | (uint64_t)kind << RECORD_KIND_SHIFT |
           (uint64_t)extra << RECORD_EXTRA_SHIFT | (uint64_t)size << RECORD_SIZE_SHIFT;
}

static inline uint32_t record_tag(const struct record *r)
{
    return (uint32_t)r->head;
}

static inline enum record_kind record_kind(const struct record *r)
{
    return (enum record_kind)(r->head >> RECORD_KIND_SHIFT & 0xff);
}

static inline unsigned record_extra(const struct record *r)
{
    return (unsigned)(r->head >> RECORD_EXTRA_SHIFT) & RECORD_EXTRA;
}

static inline unsigned record_slots(const struct record *r)
{
    return 1 + (record_extra(r) & RECORD_MORE);
}

static inline uint32_t record_size(const struct record *r)
{
    return (uint32_t)(r->head >> RECORD_SIZE_SHIFT) & 0xffff;
}

static inline struct call *record_call(const struct record *r)
{
    return (struct call *)(uintptr_t)(r + record_slots(r) - 1);
}

static inline void record_mark(struct record *r, unsigned extra)
{
    r->head |= (uint64_t)extra << RECORD_EXTRA_SHIFT;
}

static inline void record_unmark(struct record *r, unsigned extra)
{
    r->head &= ~((uint64_t)extra << RECORD_EXTRA_SHIFT);
}

static inline bool record_is_answer(const struct record *r)
{
    return record_kind(r) == RECORD_REPLY && (record_extra(r) & RECORD_CALL) != 0;
}

/* That the questions of its step keep to; 0: none. */
static inline uint64_t record_deadline(const struct record *r)
{
    return record_kind(r) == RECORD_MAIL && (record_extra(r) & RECORD_CALL) != 0
               ? record_call(r)->deadline
               : 0;
}

/* Something for a step. */
static inline bool record_is_message(const struct record *r)
{
    return record_kind(r) <= RECORD_TIMED;
}

/* A message, or the args of a start: somebody's, until it has been handled. */
static inline bool record_is_mail(const struct record *r)
{
    return record_is_message(r) || record_kind(r) == RECORD_START ||
           record_kind(r) == RECORD_WATCH || record_kind(r) == RECORD_PROBE ||
           record_kind(r) == RECORD_TIE;
}

struct node;

/* What is told of the ends of others must not be lost for want of memory: it has an envelope,
 * a node of three slots that was there before, goes with it, and is used again if there is no
 * memory for the record at some place. call->reserved is its address. */
static inline bool record_has_envelope(const struct record *r)
{
    return record_kind(r) == RECORD_TIE ||
           (record_kind(r) == RECORD_REPLY && (record_extra(r) & RECORD_OPEN) != 0);
}

static inline struct node *record_envelope(const struct record *r)
{
    return (struct node *)(uintptr_t)record_call(r)->reserved;
}

/* It has a struct call no more. */
static inline void record_no_call(struct record *r)
{
    record_unmark(r, RECORD_CALL | RECORD_HEARD);
    r->head -= (uint64_t)1 << RECORD_EXTRA_SHIFT; /* one slot less */
}

/* Word by word: what was written by words a moment ago is not read back in one piece, which
 * would wait for the stores to reach the cache. */
static inline void record_copy(struct record *to, const struct record *from)
{
    to->to = from->to;
    to->from = from->from;
    to->head = from->head;
    to->word = from->word;
}

/* What it carried and owned has gone elsewhere. Its slots remain, and who sent it. */
static inline void record_empty(struct record *r, unsigned owned)
{
    r->head &= ~((uint64_t)owned << RECORD_EXTRA_SHIFT | (uint64_t)UINT16_MAX
                                                             << RECORD_SIZE_SHIFT);
    r->word = 0;
}

/* Slots that a small payload of `size` bytes takes, less one. */
static inline unsigned record_more_for(uint32_t size)
{
    return size > RECORD_WORD_BYTES ? 1 : 0;
}

#endif
