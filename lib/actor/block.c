/* lib/actor/block.c: objects that travel by address. A block is padding up to the type's
 * alignment, the type's address with two marks, and the object:
 *
 *          ... | type, marks | object        a message's, or a letter's: HELD
 *   ... | count | type, marks | object       SHARED: any number of messages and letters carry it
 *
 * Ordering (label: operation -> partner: what it gives)
 *   BK1 unref: sub count acq_rel -> BK1: the last one destroys behind all reading by others */
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

/* --- blocks --- */

/* What the low bits of a type's address have room for. */
enum { SHARED = 1, HELD = 2, MARKS = SHARED | HELD };
_Static_assert(_Alignof(weft_type) > MARKS, "marks fit in front of an object");

static uintptr_t *head_of(const void *object)
{
    return (uintptr_t *)(uintptr_t)object - 1;
}

static _Atomic(uint64_t) *count_of(const void *object)
{
    return (_Atomic(uint64_t) *)(uintptr_t)object - 2;
}

/* Bytes in front of the object. */
static size_t front(const weft_type *type, uintptr_t marks)
{
    return larger((marks & SHARED) != 0 ? 16 : 8, type->align);
}

static void *make(struct stock *stock, const struct memory *m, const weft_type *type,
                  const void *object, uintptr_t marks)
{
    size_t before = front(type, marks);
    char *block = object_alloc(stock, m, before + type->size, before);

    if (block == NULL)
        return NULL;
    memcpy(block + before, object, type->size);
    *head_of(block + before) = (uintptr_t)type | marks;
    return block + before;
}

void *block_new(struct stock *stock, const struct memory *m, const weft_type *type,
                const void *object)
{
    return make(stock, m, type, object, 0);
}

void *block_new_shared(struct stock *stock, const struct memory *m, const weft_type *type,
                       const void *object)
{
    void *block = make(stock, m, type, object, SHARED);

    if (block != NULL)
        at_set(count_of(block), 1); /* relaxed: nobody else has it yet */
    return block;
}

const weft_type *block_type(const void *object)
{
    return (const weft_type *)(*head_of(object) & ~(uintptr_t)MARKS);
}

bool block_is_shared(const void *object)
{
    return (*head_of(object) & SHARED) != 0;
}

void block_free(struct stock *stock, const struct memory *m, void *object)
{
    const weft_type *type = block_type(object);
    size_t before = front(type, *head_of(object));

    object_free(stock, m, (char *)object - before, before + type->size, before);
}

/* --- who carries it --- */

void block_ref(void *object)
{
    INVARIANT(block_is_shared(object));
    at_count(count_of(object), 1); /* relaxed: the caller carries it, so it stays */
}

bool block_unref(void *object)
{
    uint64_t carried;

    if (!block_is_shared(object))
        return true;
    carried = at_sub(count_of(object), 1, acq_rel, BK1);
    INVARIANT(carried > 0);
    return carried == 1;
}

void block_release(struct stock *stock, const struct memory *m, void *object)
{
    const weft_type *type = block_type(object);

    if (!block_unref(object))
        return;
    if (type->destroy != NULL)
        type->destroy(object);
    block_free(stock, m, object);
}

/* The head of a shared block is read by many threads, and not written any more. */
void block_hold(void *object)
{
    INVARIANT((*head_of(object) & HELD) == 0);
    if (!block_is_shared(object))
        *head_of(object) |= HELD;
}

void block_let_go(void *object)
{
    INVARIANT((*head_of(object) & MARKS) != 0); /* else its letter was used before */
    if (!block_is_shared(object))
        *head_of(object) &= ~(uintptr_t)HELD;
}
