/* lib/actor/names.c: errors and pids as text. */
#include "sched/id.h"

#include <stdio.h>
#include <string.h>
#include <weft/error.h>
#include <weft/pid.h>

_Static_assert((int)WEFT_EINVAL < -2000, "apart from negated errno values");

const char *weft_strerror(int code)
{
    switch (code) {
    case 0:
        return "success";
#define TEXT(name, value, text) \
    case name:                  \
        return text;
        WEFT_ERRORS(TEXT)
#undef TEXT
    default:
        return code < 0 && code > -2000 ? strerror(-code) : "unknown error";
    }
}

const char *weft_err_name(int code)
{
    switch (code) {
#define NAME(name, value, text) \
    case name:                  \
        return #name;
        WEFT_ERRORS(NAME)
#undef NAME
    default:
        return code < 0 && code > -2000 ? "errno" : NULL;
    }
}

char *weft_pid_text(weft_pid pid, char *text)
{
    if (pid == WEFT_NOBODY)
        snprintf(text, WEFT_PID_TEXT, "<nobody>");
    else
        snprintf(text, WEFT_PID_TEXT, "<%u.%u.%u>", (unsigned)(pid >> ID_RUNTIME_SHIFT),
                 (unsigned)(pid & ID_INDEX),
                 (unsigned)((pid & ID_GENERATION) >> ID_INDEX_BITS));
    return text;
}
