/* test/explore/engine/heap.c: the memory of scenarios. Each thread has an area of its own, so
 * that addresses do not depend on the order of the run, and nothing is given out twice in a
 * run, so that every use of freed memory is seen. */
#include "test/explore/engine/engine.h"

#include <string.h>
#include <sys/mman.h>

enum { AREA = 16 << 20, BLOCKS_MAX = 1 << 12, ALIGN_MIN = 64 };

static struct block {
    uintptr_t address;
    size_t size;
    void *freed; /* where; NULL: it is not */
} blocks[BLOCKS_MAX];
static unsigned n_blocks, n_freed;
static char *areas[THREADS_MAX];
static size_t used[THREADS_MAX];

void heap_reset(void)
{
    n_blocks = n_freed = 0;
    memset(used, 0, sizeof used);
}

static char *area_of(unsigned thread)
{
    if (areas[thread] == NULL)
        areas[thread] = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (areas[thread] == MAP_FAILED)
        run_fail(EXPLORE_ENDLESS, "no memory for the scenario");
    return areas[thread];
}

void *heap_alloc(unsigned thread, size_t size, size_t align)
{
    uintptr_t free = (uintptr_t)area_of(thread) + used[thread], at;

    if (align < ALIGN_MIN)
        align = ALIGN_MIN;
    at = (free + align - 1) & ~(uintptr_t)(align - 1);
    used[thread] += at - free + size;
    if (used[thread] > AREA || n_blocks == BLOCKS_MAX)
        run_fail(EXPLORE_ENDLESS, "no memory left for the scenario");
    blocks[n_blocks++] = (struct block){at, size, NULL};
    return memset((void *)at, 0, size);
}

static struct block *block_at(uintptr_t address)
{
    for (unsigned i = n_blocks; i-- > 0;) {
        if (address - blocks[i].address < blocks[i].size)
            return &blocks[i];
    }
    return NULL;
}

void heap_free(unsigned thread, void *p, void *pc)
{
    struct block *b = block_at((uintptr_t)p);

    if (p == NULL)
        return;
    if (b == NULL || b->address != (uintptr_t)p || b->freed != NULL)
        run_fail(EXPLORE_FREED, "what is freed is no block, or was freed before");
    races_free(thread, b->address, b->size, pc);
    b->freed = pc;
    n_freed++;
}

static unsigned area_with(uintptr_t address)
{
    unsigned i = 0;

    while (i < THREADS_MAX && (areas[i] == NULL || address - (uintptr_t)areas[i] >= AREA))
        i++;
    return i;
}

void *heap_freed(uintptr_t address)
{
    const struct block *b;

    if (n_freed == 0 || area_with(address) == THREADS_MAX)
        return NULL;
    b = block_at(address);
    return b != NULL ? b->freed : NULL;
}

bool heap_name(uintptr_t address, char *name, size_t size)
{
    unsigned area = area_with(address);

    if (area == THREADS_MAX)
        return false;
    snprintf(name, size, "heap:%c+0x%zx", area == 0 ? 's' : (int)('a' + area - 1),
             (size_t)(address - (uintptr_t)areas[area]));
    return true;
}
