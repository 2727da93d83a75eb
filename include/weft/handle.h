/* weft/handle.h: a pid that admits some messages only.
 *
 * Who is to send an actor a part of what it understands, and nothing else, is given a
 * handle in place of the pid: the pid and an *interface*, a constant table of tags, which
 * is declared beside the messages:
 *
 *   WEFT_INTERFACE(counting, NULL, inc_tag, TAG_READ)
 *
 *   weft_handle counter = weft_handle_make(pid, &counting);
 *   weft_handle_cast(self, counter, inc_msg(42, 1));           0
 *   weft_handle_cast(self, counter, weft_signal(TAG_RESET));   WEFT_ETYPE
 *
 * An interface may convert: its function makes of a small letter as the holder of the
 * handle knows it one that the actor understands; so actors need not know each other's
 * messages. A handle is a value of 16 bytes: it may be kept, compared by its members, and
 * sent in a message, as a field of a declared type. It is a promise of the sender's to
 * himself, checked at each sending, and no guard against code that takes it apart. */
#ifndef WEFT_HANDLE_H
#define WEFT_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/letter.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/runtime.h>

/* Which messages are admitted, and what becomes of them. Static and constant. */
typedef struct weft_interface {
    const char *name;
    const uint32_t *tags; /* that are admitted */
    size_t count;
    /* Makes the actor's letter of one that was admitted; or NULL: it stays as it is. Is
     * given small letters only and returns small ones; blocks go as they are. Returns
     * weft_no_letter() for one that it cannot convert: it is malformed then. Runs where the
     * letter is sent. */
    weft_letter (*convert)(weft_letter letter);
} weft_interface;

typedef struct weft_handle {
    weft_pid pid;
    const weft_interface *interface;
} weft_handle;

/* Declares the interface `name`; write it without a semicolon. convert_ may be NULL; the
 * tags follow, one or more. */
#define WEFT_INTERFACE(name, convert_, ...)              \
    static const uint32_t name##_tags[] = {__VA_ARGS__}; \
    static const weft_interface name WEFT_UNUSED = {     \
        #name, name##_tags, sizeof name##_tags / sizeof *name##_tags, convert_};

WEFT_BEGIN_DECLS

/* @interface  borrows for ever: static */
static inline weft_handle weft_handle_make(weft_pid pid, const weft_interface *interface)
{
    weft_handle handle;

    handle.pid = pid;
    handle.interface = interface;
    return handle;
}

/* True if a message with this tag may be sent with this handle. */
static inline bool weft_handle_admits(weft_handle handle, uint32_t tag)
{
    for (size_t i = 0; i < handle.interface->count; i++)
        if (handle.interface->tags[i] == tag)
            return true;
    return false;
}

/* The letter as the actor is to get it, for functions that have no counterpart here: send
 * it to handle.pid.
 * @letter  takes
 * Returns new: what was made of it, which owns what it did; no letter if it is not
 * admitted: then it was given up, and who sends it is told WEFT_EINVAL. */
static inline weft_letter weft_handle_letter(weft_handle handle, weft_letter letter)
{
    if (!weft_handle_admits(handle, letter.tag)) {
        weft_letter_drop(letter);
        return weft_no_letter();
    }
    if (handle.interface->convert != NULL && letter.form == WEFT_LETTER_SMALL)
        return handle.interface->convert(letter);
    return letter;
}

/* Sends a message, as weft_cast.
 * @letter  takes: on every path. One that is not admitted is a dead letter, malformed.
 * Errors: WEFT_ETYPE (it is not admitted), and those of weft_cast; WEFT_EINVAL also if it
 * could not be converted. Threads: owner actor, in a step or hook.  Blocks: no. */
static inline int weft_handle_cast(weft_self *self, weft_handle handle,
                                   weft_letter letter)
{
    bool admitted = weft_handle_admits(handle, letter.tag);
    int error = weft_cast(self, handle.pid, weft_handle_letter(handle, letter));

    return admitted ? error : WEFT_ETYPE;
}

/* Sends a message, or gives it back, as weft_try_cast.
 * @letter  takes on success. On an error it is the caller's as it was. */
static inline WEFT_MUST_CHECK int
weft_handle_try_cast(weft_self *self, weft_handle handle, weft_letter letter)
{
    if (!weft_handle_admits(handle, letter.tag)) {
        int error = weft_try_cast(self, handle.pid, weft_no_letter());

        return error < 0 ? WEFT_ETYPE : error;
    }
    return weft_try_cast(self, handle.pid, weft_handle_letter(handle, letter));
}

/* As weft_handle_cast, from any thread. Blocks: no (a short lock is held). */
static inline int weft_rt_handle_cast(weft_runtime *rt, weft_handle handle,
                                      weft_letter letter)
{
    bool admitted = weft_handle_admits(handle, letter.tag);
    int error = weft_rt_cast(rt, handle.pid, weft_handle_letter(handle, letter));

    return admitted ? error : WEFT_ETYPE;
}

WEFT_END_DECLS

#endif
