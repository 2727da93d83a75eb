/* lib/name/table.h: which name means which pid: a hash table that is read without a lock.
 *
 * Concurrency Kit's tables do the same with an epoch around each read, which costs a fence and wants
 * a record for every thread; ThreadSanitizer and the explorer cannot see into them. Here nothing
 * that a reader may look at is ever freed or becomes something else: a node is a node as long as
 * the table lives. So a reader looks, and looks again whether what it saw was the same all the
 * time:
 *
 *   found      the node's age is what it was, so its text and its pid belonged together
 *   not found  the bucket's age is what it was, so nothing left its chain meanwhile, to lead the
 *              reader into another one; and the array is still the table's
 *
 * Else somebody has changed the table, and it starts again. When the table grows, the nodes are
 * chained up for the new array by their other link: the chains of the old one stay as they are.
 *
 * Who changes the table has its lock.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   NT1 array: store release, load acquire -> NT1: a new array's chains are whole
 *   NT2 chain: store release, load acquire -> NT2, NT3: a node that is found is filled in; who is
 *              led astray by a node that was used again sees its old bucket's age
 *   NT3 bucket's age: store release, loads acquire -> NT2: see there
 *   NT4 text:  store release, load acquire -> NT4: who sees a word of a node's next life sees that
 *              its age has changed, and that it is nobody's
 *   NT5 age:   store release, load acquire -> NT5: who sees the age of a life sees its text, and
 *              no pid of the one before
 *   NT6 pid:   store release, load acquire -> NT6: who sees whose it is sees it in its chain, and
 *              of what age it is
 * Relaxed: what only changes with the lock, where that is held; hash (the text follows it); an age
 * that becomes odd and a pid that becomes nobody's (text follows them); the second look at an age or the
 * array (it is behind acquiring loads, and must only not be older than they). */
#ifndef WEFT_NAME_TABLE_H
#define WEFT_NAME_TABLE_H

#include "lib/base/atomic.h"
#include "lib/base/memory.h"

#include <string.h>

enum { NAME_WORDS = 8, NAME_BYTES = 8 * NAME_WORDS - 1 };

struct node;

/* 128 bytes: names of up to 23 bytes are read from the first line. */
struct name {
    _Alignas(CACHE_LINE) _Atomic(uint64_t) age; /* odd: it is being changed */
    _Atomic(uint64_t) pid;                      /* 0: nobody's */
    _Atomic(uint64_t) hash;
    _Atomic(struct name *) next[2]; /* in the chain of the array of this parity */
    _Atomic(uint64_t) text[NAME_WORDS];

    /* with the lock */
    uint64_t kept; /* the key by which its holder keeps it (lib/actor/keep.h); 0: none */
    union {
        struct node *news;  /* to be told when it goes (lib/name/news.h) */
        struct name *after; /* in the list of those that are free */
    };
    bool listed; /* it is in the table */
};
_Static_assert(sizeof(struct name) == 2 * CACHE_LINE, "two lines");

struct name_bucket {
    _Atomic(struct name *) first;
    _Atomic(uint64_t) age;
};

struct name_array {
    struct name_array *before; /* the smaller ones: readers may still be there */
    uint64_t mask;
    unsigned parity;
    struct name_bucket bucket[];
};

enum { NAME_CHUNKS = 24, NAME_CHUNK_FIRST = 32 };

struct name_table {
    _Atomic(struct name_array *) array;
    uint64_t seed;
    struct memory memory;
    uint64_t listed; /* names */
    struct name *free;
    struct name *chunks[NAME_CHUNKS]; /* number k: NAME_CHUNK_FIRST << k nodes */
    uint32_t made;                    /* nodes that were ever used */
};

/* A name as it is looked for. */
struct name_key {
    uint64_t hash, word[NAME_WORDS];
    unsigned words; /* with a zero byte behind the text */
};

static inline uint64_t name_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* False: the text is empty, or too long. */
static inline bool name_key(const struct name_table *t, const char *text,
                            struct name_key *key)
{
    size_t size = strnlen(text, NAME_BYTES + 1), whole = size / 8;
    uint64_t hash = t->seed, last = 0;

    if (size == 0 || size > NAME_BYTES)
        return false;
    for (size_t i = 0; i < whole; i++) {
        memcpy(&key->word[i], text + 8 * i, 8);
        hash = name_mix(hash, key->word[i]);
    }
    for (size_t i = size; i > 8 * whole; i--)
        last = last << 8 | (unsigned char)text[i - 1];
    key->word[whole] = last;
    key->words = (unsigned)whole + 1;
    key->hash = name_mix(hash, last);
    return true;
}

/* --- any thread --- */

/* The pid, if this node has the text, and had it all the while; else 0. */
static inline uint64_t name_read(struct name *n, const struct name_key *key)
{
    uint64_t age = at_load(&n->age, acquire, NT5), pid;

    if (at_peek(&n->hash) != key->hash) /* relaxed: see above */
        return 0;
    for (unsigned i = 0; i < key->words; i++)
        if (at_load(&n->text[i], acquire, NT4) != key->word[i])
            return 0;
    pid = at_load(&n->pid, acquire, NT6);
    /* relaxed: see above */
    return age % 2 == 0 && at_peek(&n->age) == age ? pid : 0;
}

/* Whose name it is; 0: nobody's. */
static inline uint64_t name_find(struct name_table *t, const struct name_key *key)
{
    for (;;) {
        struct name_array *array = at_load(&t->array, acquire, NT1);
        struct name_bucket *b = &array->bucket[key->hash & array->mask];
        uint64_t age = at_load(&b->age, acquire, NT3), pid;
        struct name *n = at_load(&b->first, acquire, NT2);

        for (; n != NULL; n = at_load(&n->next[array->parity], acquire, NT2))
            if ((pid = name_read(n, key)) != 0)
                return pid;
        /* relaxed: see above */
        if (LIKELY(at_peek(&b->age) == age && at_peek(&t->array) == array))
            return 0;
    }
}

/* --- with the lock --- */

bool name_table_init(struct name_table *t, const struct memory *memory, uint64_t seed);
void name_table_done(struct name_table *t);

/* The node of a name that is listed, or NULL. */
struct name *name_lookup(struct name_table *t, const struct name_key *key);
/* One that is not listed; NULL: no memory, for it or for more in the table. */
struct name *name_new(struct name_table *t);
void name_free(struct name_table *t, struct name *n);
/* It is nobody's until it is given: who finds the pid finds the node where it belongs. */
void name_list(struct name_table *t, struct name *n, const struct name_key *key);
void name_give(struct name *n, uint64_t pid);
void name_unlist(struct name_table *t, struct name *n);
/* The next that is listed and has a pid, from node number *at on; NULL: there is no more. */
struct name *name_next(struct name_table *t, uint32_t *at);
/* Of one that is listed: up to NAME_BYTES and a zero. */
void name_text(struct name *n, char *text);

#endif
