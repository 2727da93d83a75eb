/* lib/name/table.c: changing the table. Relaxed loads and stores without a comment of their own
 * are of what only changes with the lock, which is held. */
#include "lib/name/table.h"

#ifdef WEFT_EXPLORE
enum { ARRAY_FIRST = 4 };
#else
enum { ARRAY_FIRST = 64 };
#endif

static size_t array_bytes(uint64_t size)
{
    return sizeof(struct name_array) + size * sizeof(struct name_bucket);
}

static struct name_array *array_of(struct name_table *t)
{
    return at_peek(&t->array); /* relaxed: with the lock */
}

static struct name_array *array_new(struct name_table *t, uint64_t size)
{
    struct name_array *array = memory_zalloc(&t->memory, array_bytes(size), CACHE_LINE);

    if (array != NULL)
        array->mask = size - 1;
    return array;
}

bool name_table_init(struct name_table *t, const struct memory *memory, uint64_t seed)
{
    struct name_array *array;

    memset(t, 0, sizeof *t);
    t->memory = *memory;
    t->seed = seed;
    array = array_new(t, ARRAY_FIRST);
    at_set(&t->array, array); /* relaxed: nobody else is here yet */
    return array != NULL;
}

static uint64_t chunk_size(unsigned k)
{
    return (uint64_t)NAME_CHUNK_FIRST << k;
}

void name_table_done(struct name_table *t)
{
    struct name_array *array = array_of(t), *before;

    for (; array != NULL; array = before) {
        before = array->before;
        memory_free(&t->memory, array, array_bytes(array->mask + 1), CACHE_LINE);
    }
    for (unsigned k = 0; k < NAME_CHUNKS; k++)
        memory_free(&t->memory, t->chunks[k], chunk_size(k) * sizeof(struct name),
                    CACHE_LINE);
}

/* --- nodes --- */

static struct name *node_at(struct name_table *t, uint32_t number)
{
    uint64_t place = (uint64_t)number + NAME_CHUNK_FIRST;
    unsigned k = 63u - (unsigned)__builtin_clzll(place / NAME_CHUNK_FIRST);

    return &t->chunks[k][place - chunk_size(k)];
}

/* Number `made` is the next one; its chunk is made with its first node. */
static struct name *node_make(struct name_table *t)
{
    uint64_t place = (uint64_t)t->made + NAME_CHUNK_FIRST;
    unsigned k = 63u - (unsigned)__builtin_clzll(place / NAME_CHUNK_FIRST);

    if (k >= NAME_CHUNKS)
        return NULL;
    if (t->chunks[k] == NULL)
        t->chunks[k] =
            memory_zalloc(&t->memory, chunk_size(k) * sizeof(struct name), CACHE_LINE);
    return t->chunks[k] != NULL ? node_at(t, t->made++) : NULL;
}

void name_free(struct name_table *t, struct name *n)
{
    INVARIANT(!n->listed && n->news == NULL);
    n->after = t->free;
    t->free = n;
}

/* --- chains --- */

static struct name_bucket *bucket_of(struct name_array *array, uint64_t hash)
{
    return &array->bucket[hash & array->mask];
}

static void push(struct name_array *array, struct name *n)
{
    struct name_bucket *b =
        bucket_of(array, at_peek(&n->hash)); /* relaxed, here and below: with the lock */

    at_store(&n->next[array->parity], at_peek(&b->first), release, NT2);
    at_store(&b->first, n, release, NT2);
}

/* Twice as many buckets. Without memory the chains grow longer. */
static void grow(struct name_table *t)
{
    struct name_array *old = array_of(t), *array = array_new(t, 2 * (old->mask + 1));

    if (array == NULL)
        return;
    array->before = old;
    array->parity = 1 - old->parity;
    for (uint64_t i = 0; i <= old->mask; i++) {
        struct name *n =
            at_peek(&old->bucket[i].first); /* relaxed, both: with the lock */

        for (; n != NULL; n = at_peek(&n->next[old->parity]))
            push(array, n);
    }
    at_store(&t->array, array, release, NT1);
}

static bool has_text(struct name *n, const struct name_key *key)
{
    if (at_peek(&n->hash) != key->hash) /* relaxed, here and below: with the lock */
        return false;
    for (unsigned i = 0; i < key->words; i++)
        if (at_peek(&n->text[i]) != key->word[i]) /* relaxed: see above */
            return false;
    return true;
}

struct name *name_lookup(struct name_table *t, const struct name_key *key)
{
    struct name_array *array = array_of(t);
    struct name *n = at_peek(&bucket_of(array, key->hash)->first); /* relaxed, both: */

    while (n != NULL && !has_text(n, key))
        n = at_peek(&n->next[array->parity]); /* with the lock */
    return n;
}

/* --- listing --- */

struct name *name_new(struct name_table *t)
{
    struct name *n = t->free;

    if (n == NULL)
        return node_make(t);
    t->free = n->after;
    n->after = NULL;
    n->kept = 0;
    return n;
}

/* Its text is that of a new life; a reader of the one before sees its age. */
static void write_text(struct name *n, const struct name_key *key)
{
    uint64_t age = at_peek(&n->age); /* relaxed: with the lock */

    at_set(&n->age, age + 1); /* relaxed, both: the text follows them */
    at_set(&n->hash, key->hash);
    for (unsigned i = 0; i < key->words; i++)
        at_store(&n->text[i], key->word[i], release, NT4);
    at_store(&n->age, age + 2, release, NT5);
}

void name_list(struct name_table *t, struct name *n, const struct name_key *key)
{
    INVARIANT(!n->listed);
    if (t->listed++ > array_of(t)->mask)
        grow(t);
    write_text(n, key);
    push(array_of(t), n);
    n->listed = true;
}

void name_give(struct name *n, uint64_t pid)
{
    at_store(&n->pid, pid, release, NT6);
}

void name_unlist(struct name_table *t, struct name *n)
{
    struct name_array *array = array_of(t);
    struct name_bucket *b =
        bucket_of(array, at_peek(&n->hash)); /* relaxed, here and below: with the lock */
    _Atomic(struct name *) *link = &b->first;

    INVARIANT(n->listed);
    at_set(&n->pid, 0); /* relaxed: the text of its next life follows it */
    while (at_peek(link) != n)
        link = &at_peek(link)->next[array->parity]; /* relaxed: see above */
    at_store(link, at_peek(&n->next[array->parity]), release,
             NT2);                                         /* relaxed: likewise */
    at_store(&b->age, at_peek(&b->age) + 1, release, NT3); /* relaxed: likewise */
    n->listed = false;
    t->listed--;
}

/* --- looking at all --- */

struct name *name_next(struct name_table *t, uint32_t *at)
{
    while (*at < t->made) {
        struct name *n = node_at(t, (*at)++);

        if (n->listed && at_peek(&n->pid) != 0) /* relaxed: with the lock */
            return n;
    }
    return NULL;
}

void name_text(struct name *n, char *text)
{
    for (unsigned i = 0; i < NAME_WORDS; i++) {
        uint64_t word = at_peek(&n->text[i]); /* relaxed: with the lock */

        for (unsigned k = 0; k < 8; k++, word >>= 8) {
            text[8 * i + k] = (char)(word & 0xff);
            if ((word & 0xff) == 0)
                return;
        }
    }
}
