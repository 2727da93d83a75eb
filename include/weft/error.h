/* weft/error.h: one table of error codes.
 *
 * Functions that can fail return an int: 0 or positive is success, negative is an error.
 * Weft's own codes start at -2001; what the operating system said passes through as a
 * negated errno value (-EAGAIN from pthread_create, say), so the two never meet. */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H

#include <weft/version.h>

/* X(name, value, text) */
#define WEFT_ERRORS(X)                                                              \
    X(WEFT_EINVAL, -2001, "invalid argument")                                       \
    X(WEFT_ENOMEM, -2002, "out of memory")                                          \
    X(WEFT_ENOACTOR, -2003, "no such actor: it has ended or never was")             \
    X(WEFT_EFOREIGN, -2004, "the pid belongs to another runtime")                   \
    X(WEFT_ELIMIT, -2005, "a limit of the runtime's options is reached")            \
    X(WEFT_ETIMEDOUT, -2006, "the time allowed is over")                            \
    X(WEFT_ESTOPPING, -2007, "the runtime is stopping")                             \
    X(WEFT_ETYPE, -2008, "the message is of another type")                          \
    X(WEFT_EPLACE, -2009, "not allowed at this place (see the function's comment)") \
    X(WEFT_EDEADLOCK, -2010, "the actor would wait for itself")                     \
    X(WEFT_ENOANSWER, -2011, "the question was not answered")                       \
    X(WEFT_EENDED, -2012, "the actor ended before it answered")                     \
    X(WEFT_EANSWERED, -2013, "the question has been answered already")              \
    X(WEFT_EFULL, -2014, "the mailbox, or the queue, is full")                      \
    X(WEFT_EEMPTY, -2015, "there is no message")                                    \
    X(WEFT_ETAKEN, -2016, "the name is taken")                                      \
    X(WEFT_ENONAME, -2017, "nobody has this name")                                  \
    X(WEFT_EFAULT, -2018, "a fault of the hardware, or abort(), in a step")         \
    X(WEFT_EBROKEN, -2019, "something did not hold in a simulation")

enum weft_error {
#define WEFT_ERROR_ENUM(name, value, text) name = value,
    WEFT_ERRORS(WEFT_ERROR_ENUM)
#undef WEFT_ERROR_ENUM
        WEFT_OK = 0
};

WEFT_BEGIN_DECLS

/* What a code means, in a sentence without a full stop. Any int is allowed: an unknown
 * one reads "unknown error". Returns borrowed (static for Weft's own codes; for a negated
 * errno what strerror gives, valid as long as that).  Threads: any.  Blocks: no. */
WEFT_API const char *weft_strerror(int code);

/* The code's name, "WEFT_ENOMEM" or, for a negated errno, "errno"; NULL for 0 and for
 * what is no error code.  Returns borrowed (static).  Threads: any.  Blocks: no. */
WEFT_API const char *weft_err_name(int code);

WEFT_END_DECLS

#endif
