/* weft/version.h: the library's version and the attributes of its declarations. */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
#define WEFT_VERSION       "0.1.0"

#ifdef __cplusplus
#    define WEFT_BEGIN_DECLS                    extern "C" {
#    define WEFT_END_DECLS                      }
#    define WEFT_ALIGNOF(type)                  alignof(type)
#    define WEFT_COPYABLE(type)                 __is_trivially_copyable(type)
#    define WEFT_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#    define WEFT_BEGIN_DECLS
#    define WEFT_END_DECLS
#    define WEFT_ALIGNOF(type)                  _Alignof(type)
#    define WEFT_COPYABLE(type)                 1
#    define WEFT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#if defined(__GNUC__)
#    define WEFT_API        __attribute__((visibility("default")))
#    define WEFT_MUST_CHECK __attribute__((warn_unused_result))
#    define WEFT_UNUSED     __attribute__((unused))
#    define WEFT_NORETURN   __attribute__((noreturn))
#else
#    define WEFT_NORETURN
#    define WEFT_API
#    define WEFT_MUST_CHECK
#    define WEFT_UNUSED
#endif

WEFT_BEGIN_DECLS

/* The version of the library that is linked in, as "major.minor.patch". Compare it with
 * WEFT_VERSION to find a header that does not belong to the library.
 * Returns borrowed (static).  Threads: any.  Blocks: no. */
WEFT_API const char *weft_version(void);

WEFT_END_DECLS

#endif
