/* weft/gather.h: one question to many, and all their answers, or as many as it takes.
 *
 *   struct shop { weft_pid stores[3]; weft_outcome stock[3]; };
 *
 *   return weft_await_many(self, shop->stores, 3, weft_word_letter(TAG_STOCK_OF, item), 2,
 *                          WEFT_MS(50), shop->stock, got_stocks);       two of three will do */
#ifndef WEFT_GATHER_H
#define WEFT_GATHER_H

#include <stddef.h>
#include <stdint.h>
#include <weft/actor.h>
#include <weft/call.h>
#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_GATHER_MAX 4096u /* actors that are asked at a time */

/* What came of one question. */
typedef struct weft_outcome {
    int failure;   /* 0: an answer; WEFT_ETIMEDOUT: none when the step was called; else as
                      weft_failure() */
    uint32_t tag;  /* of the answer */
    uint32_t size; /* bytes of its payload; an answer with a block is WEFT_ETYPE */
    uint32_t reserved;
    uint64_t word[WEFT_SMALL_MAX / 8];
} weft_outcome;

WEFT_BEGIN_DECLS

/* Asks `count` actors the same, and waits as weft_await does until `need` of them have answered
 * (1: the first; count: all; between: a quorum), or so many have failed that it cannot be, or
 * the time is over. Answers that are still out then are late: dead letters. The questions go
 * out at once.
 * @to        borrows: until it returns; 1 to WEFT_GATHER_MAX
 * @letter    takes: a small one (each gets it)
 * @outcomes  fills: outcomes[i] is of to[i]. In the actor's state, or where it lives as long as
 *            the actor waits
 * @step      gets a message whose word is the number of answers, `need` or more; or whose
 *            weft_failure() is WEFT_ETIMEDOUT, or WEFT_ENOANSWER: too many have failed. It
 *            may neither yield nor stash.
 * The actor fails with WEFT_EINVAL if an argument is wrong, with WEFT_ENOMEM if there is no
 * memory to wait in.
 * Threads: owner actor, in a step (not in a hook).  Blocks: no. */
WEFT_API weft_next weft_await_many(weft_self *self, const weft_pid *to, size_t count,
                                   weft_letter letter, size_t need, uint64_t timeout_ns,
                                   weft_outcome *outcomes, weft_step_fn step);

WEFT_END_DECLS

#endif
