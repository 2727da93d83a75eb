/* lib/base/base.h: the few words that every file uses. */
#ifndef WEFT_BASE_BASE_H
#define WEFT_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COLD        __attribute__((noinline))
#define CACHE_LINE  64

/* ThreadSanitizer cannot see membarrier(2): its builds use real fences (sched/hold.h).
 * The interleaving explorer, which uses the same instrumentation, can. */
#if defined(WEFT_EXPLORE)
#    define WEFT_TSAN 0
#elif defined(__SANITIZE_THREAD__)
#    define WEFT_TSAN 1
#elif defined(__has_feature)
#    if __has_feature(thread_sanitizer)
#        define WEFT_TSAN 1
#    endif
#endif
#ifndef WEFT_TSAN
#    define WEFT_TSAN 0
#endif

/* Impossible states end the process: they mean that memory is no longer what it was.
 * INVARIANT is checked in debug builds, PANIC_IF always (cold paths only). In release builds
 * an INVARIANT is compiled, and so a use of what it names, but never evaluated. */
_Noreturn void panic(const char *file, int line, const char *what);

#define PANIC_IF(c)                        \
    do {                                   \
        if (UNLIKELY(c))                   \
            panic(__FILE__, __LINE__, #c); \
    } while (0)

#ifdef WEFT_DEBUG
#    define INVARIANT(c)                       \
        do {                                   \
            if (UNLIKELY(!(c)))                \
                panic(__FILE__, __LINE__, #c); \
        } while (0)
#else
#    define INVARIANT(c) ((void)(false && (c)))
#endif

#endif
