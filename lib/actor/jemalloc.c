/* lib/actor/jemalloc.c: an allocator over jemalloc: its own arenas, sized frees. A member of
 * its own in libweft.a, so that only who names it needs jemalloc. */
#include <jemalloc/jemalloc.h>
#include <weft/runtime.h>

static void *alloc(void *context, size_t size, size_t align)
{
    (void)context;
    return mallocx(size, MALLOCX_ALIGN(align));
}

static void release(void *context, void *memory, size_t size, size_t align)
{
    (void)context;
    sdallocx(memory, size, MALLOCX_ALIGN(align));
}

const weft_allocator *weft_jemalloc(void)
{
    static const weft_allocator jemalloc = {alloc, release, NULL};

    return &jemalloc;
}
