#!/usr/bin/env python3
"""step.py: an actor whose step is written in Python, asked through a port.

    python3 step.py PATH/TO/libweft.so

The next step is set through `self` and a step returns an int, so another language needs
nothing but a C function pointer. It is called on the runtime's threads; ctypes takes the
interpreter's lock for it. What is called often belongs into C.
"""

import ctypes as c
import sys

STEP = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_void_p)
TAG_ADD, TAG_SUM = 1, 2
SECOND = 1_000_000_000


class Behavior(c.Structure):
    """struct weft_behavior of <weft/actor.h>. It grows at its end only; 0 is the default."""

    _fields_ = [
        ("name", c.c_char_p),
        ("state_size", c.c_size_t),
        ("state_align", c.c_size_t),
        ("step", STEP),
        ("init", c.c_void_p),
        ("stop", c.c_void_p),
        ("destroy", c.c_void_p),
        ("args_size", c.c_size_t),
        ("later", c.c_void_p * 32),
    ]


class Letter(c.Structure):
    """struct weft_letter of <weft/message.h>; these are weft_word_letter()'s."""

    _fields_ = [
        ("tag", c.c_uint32),
        ("size", c.c_uint16),
        ("form", c.c_uint16),
        ("word", c.c_uint64 * 5),
    ]


def load(path):
    """The library, with the types of the functions that take more than pointers."""
    weft = c.CDLL(path)
    weft.weft_strerror.restype = c.c_char_p
    weft.weft_start.argtypes = [c.POINTER(c.c_void_p), c.c_void_p]
    weft.weft_finish.argtypes = [c.c_void_p, c.c_uint64]
    weft.weft_rt_spawn.argtypes = [c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p]
    weft.weft_tag.argtypes = [c.c_void_p]
    weft.weft_tag.restype = c.c_uint32
    weft.weft_word.argtypes = [c.c_void_p]
    weft.weft_word.restype = c.c_uint64
    weft.weft_reply_word.argtypes = [c.c_void_p, c.c_void_p, c.c_uint32, c.c_uint64]
    weft.weft_port_open.argtypes = [c.c_void_p, c.c_uint32, c.c_void_p]
    weft.weft_port_cast.argtypes = [c.c_void_p, c.c_uint64, Letter]
    weft.weft_port_wait.argtypes = [c.c_void_p, c.c_uint64, c.c_void_p]
    weft.weft_port_close.argtypes = [c.c_void_p]
    weft.weft_msg_free.argtypes = [c.c_void_p]
    return weft


def check(weft, code):
    if code < 0:
        raise RuntimeError(weft.weft_strerror(code).decode())


def ask(weft, port, pid, number):
    msg = c.c_void_p()
    check(weft, weft.weft_port_cast(port, pid, Letter(TAG_ADD, 8, 0, (number,))))
    check(weft, weft.weft_port_wait(port, 30 * SECOND, c.byref(msg)))
    answer = weft.weft_word(msg)
    weft.weft_msg_free(msg)
    return answer


def main():
    weft = load(sys.argv[1])
    total = 0

    def adding(me, _state, msg):
        nonlocal total
        if weft.weft_tag(msg) == TAG_ADD:
            total += weft.weft_word(msg)
            weft.weft_reply_word(me, msg, TAG_SUM, total)
        return 0  # weft_stay()

    # The runtime borrows it for ever: it must not be collected before weft_finish.
    adder = Behavior(name=b"adder", state_align=1, step=STEP(adding))
    rt, port, pid = c.c_void_p(), c.c_void_p(), c.c_uint64()

    check(weft, weft.weft_start(c.byref(rt), None))
    check(weft, weft.weft_rt_spawn(rt, c.byref(adder), None, c.byref(pid)))
    check(weft, weft.weft_port_open(rt, 0, c.byref(port)))
    answers = [ask(weft, port, pid.value, number) for number in range(1, 101)]
    weft.weft_port_close(port)
    check(weft, weft.weft_finish(rt, 30 * SECOND))
    print("the numbers from 1 to 100 make", answers[-1])
    return 0 if answers[-1] == 5050 else 1


if __name__ == "__main__":
    sys.exit(main())
