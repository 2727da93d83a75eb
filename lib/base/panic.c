/* lib/base/panic.c: the end of a process whose memory is no longer what it was. The only
 * place of the library that writes anything. */
#include "lib/base/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "weft: impossible state at %s:%d: %s\n", file, line, what);
    abort();
}
