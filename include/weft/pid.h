/* weft/pid.h: the name of an actor.
 *
 * A pid is a 64-bit value: copy it, compare it with ==, keep it as long as you like. It
 * never comes to mean another actor; sending to one whose actor has ended is safe.
 *
 *   63..62  kind: 0 an actor here, 1 a port, 2 an actor of another node, 3 reserved
 *   61..56  runtime: tells the runtimes of one process apart
 *   55..28  generation: counts the actors that lived in the slot; a slot whose
 *           generations are spent is retired
 *   27..0   index of the slot
 *
 * The layout is fixed (docs/layouts.md); programs should not take it apart. */
#ifndef WEFT_PID_H
#define WEFT_PID_H

#include <stddef.h>
#include <stdint.h>

#include <weft/version.h>

typedef uint64_t weft_pid;

#define WEFT_NOBODY ((weft_pid)0) /* no actor has this pid */

#define WEFT_PID_TEXT 32 /* bytes that hold any pid's text and its final 0 */

WEFT_BEGIN_DECLS

/* Writes the pid as text, "<runtime.index.generation>", or "<nobody>".
 * @text    fills: WEFT_PID_TEXT bytes
 * Returns text.  Threads: any.  Blocks: no. */
WEFT_API char *weft_pid_text(weft_pid pid, char *text);

WEFT_END_DECLS

#endif
