/* lib/actor/block.c: objects that travel by address. A block is its type's address, padding
 * up to the type's alignment, and the object. */
#include "lib/actor/runtime.h"
#include "sched/pool.h"

#include <string.h>

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A class's blocks are aligned to their size. */
void *object_alloc(struct stock *stock, const struct memory *m, size_t size, size_t align)
{
    size_t need = larger(size, align);

    if (need <= POOL_SMALL_MAX)
        return pool_alloc(stock_pool(stock), pool_class_for(need));
    return memory_alloc(m, size, align);
}

void object_free(struct stock *stock, const struct memory *m, void *object, size_t size,
                 size_t align)
{
    size_t need = larger(size, align);

    if (need <= POOL_SMALL_MAX)
        pool_free(stock_pool(stock), pool_class_for(need), object);
    else
        memory_free(m, object, size, align);
}

static size_t header(const weft_type *type)
{
    return larger(sizeof(const weft_type *), type->align);
}

void *block_new(struct stock *stock, const struct memory *m, const weft_type *type,
                const void *object)
{
    size_t before = header(type);
    char *block = object_alloc(stock, m, before + type->size, before);

    if (block == NULL)
        return NULL;
    memcpy(block + before - sizeof type, &type, sizeof type);
    memcpy(block + before, object, type->size);
    return block + before;
}

const weft_type *block_type(const void *object)
{
    const weft_type *type;

    memcpy(&type, (const char *)object - sizeof type, sizeof type);
    return type;
}

void block_free(struct stock *stock, const struct memory *m, void *object)
{
    const weft_type *type = block_type(object);
    size_t before = header(type);

    object_free(stock, m, (char *)object - before, before + type->size, before);
}
