/* weft/letter.h: letters that own what they carry.
 *
 * Most letters are sent in the expression that makes them. One that owns its block is a
 * thing that an actor may keep in its state, send later, and send without a copy:
 *
 *   weft_take     makes one of a message that has come in
 *   weft_share    makes one whose object many messages carry, all the same one
 *
 * It ends once: every sending function takes it, weft_letter_drop gives it up. A letter is
 * a value, but the block that it owns is one: when it has been sent or dropped, the other
 * copies of the value are void (debug builds mostly find out who uses one). All of a
 * runtime's letters have to be sent or dropped before weft_finish.
 *
 * A letter that is all zeros is a signal and owns nothing, so a state that is begun with
 * zeros can be destroyed at any time:
 *
 *   static void shelf_destroy(void *state)
 *   {
 *       weft_letter_drop(((struct shelf *)state)->kept);
 *   }
 *
 * Objects of messages should not own letters: a type's destroy must not call back, and
 * weft_letter_drop is no exception. docs/messages.md says who owns a message when. */
#ifndef WEFT_LETTER_H
#define WEFT_LETTER_H

#include <weft/actor.h>
#include <weft/message.h>
#include <weft/runtime.h>

WEFT_BEGIN_DECLS

/* Takes over what a message carries; nothing of a block is copied.
 * @msg  its payload goes to the letter: a block is the letter's, a small payload is in it,
 *       and of a shared one the letter carries on what the message did. The message is
 *       empty afterwards: it still has its tag and its sender, but its word is 0, its
 *       payload has no bytes, and it is of no type. So it is seen again if the step yields.
 * Returns new: with the message's tag; released by sending it, or with weft_letter_drop.
 * Threads: owner actor, in a step.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK weft_letter weft_take(weft_self *self, weft_msg *msg);

/* Sends a message on as it came, uncopied, with its tag and its first sender: a reply goes
 * to him. For `to` it lies behind what this actor has sent it before; about the order
 * between it and what the first sender sends `to` himself nothing is promised.
 * @msg  takes on success: it is empty then (see weft_take). On an error it is as it was,
 *       the step's, which may send it elsewhere or answer it; that it did not arrive is
 *       counted as a dead letter.
 * Errors, as weft_cast: WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_ENOMEM.
 * Threads: owner actor, in a step.  Blocks: no. */
WEFT_API int weft_forward(weft_self *self, weft_pid to, weft_msg *msg);

/* Makes a letter whose object may be carried by any number of messages at a time:
 *
 *   error = weft_share(self, news_msg(&news), &letter);      one copy
 *   for (i = 0; error == 0 && i < n; i++)
 *       weft_cast(self, reader[i], weft_letter_copy(&letter)); no more
 *   weft_letter_drop(letter);
 *
 * Nobody may change the object from now on: receivers read it with weft_see (a declared
 * type's _see); weft_at is NULL. When the last message and the last letter that carry it
 * have ended it is destroyed, on whatever thread that is.
 * @letter      takes on success. One that borrows an object copies it, one that owns it
 *              moves it; a small one and one that is shared already stay as they are.
 * @ret_letter  fills: new, as weft_take's; no letter on an error
 * Errors: WEFT_EINVAL (malformed), WEFT_EFOREIGN (it owns a block of another runtime),
 * WEFT_ENOMEM. Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_share(weft_self *self, weft_letter letter,
                                        weft_letter *ret_letter);

/* The same from any thread. Blocks: no (a short lock is held). */
WEFT_API WEFT_MUST_CHECK int weft_rt_share(weft_runtime *rt, weft_letter letter,
                                           weft_letter *ret_letter);

/* One more letter that carries the same. @letter borrows: small, or shared.
 * Returns new: as weft_take's; no letter if it owns or borrows a block that is not shared.
 * Threads: any.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK weft_letter weft_letter_copy(const weft_letter *letter);

/* Gives a letter up: what it carries ends here, as if it could not be sent, but it is
 * counted nowhere.
 * @letter  takes: what it owns is destroyed (of what is shared: by the last), and what the
 *          object that it borrows owns
 * Threads: any; also in a behaviour's hooks, destroy among them. Not in a type's destroy.
 * Blocks: no (a short lock is held). */
WEFT_API void weft_letter_drop(weft_letter letter);

WEFT_END_DECLS

#endif
