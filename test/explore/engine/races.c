/* test/explore/engine/races.c: two accesses to the same bytes, at least one a write and at
 * least one plain, must be ordered by happens-before; and the memory of scenarios.
 *
 * For each 8 bytes of memory we keep the last access of each thread, kind and set of bytes:
 * an earlier one of the same thread is ordered before whatever that one is ordered before. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CELLS = 1 << 14,
    RECORDS = 1 << 16,
    ACCESSES_MAX = 1 << 20, /* of a run: more is an endless loop */
    HEAP = 1 << 20,         /* bytes for each thread */
    HEAP_ALIGN = 64
};

struct record {
    uint32_t clock;
    uint8_t thread, access, bytes; /* a bit for each byte */
    uint32_t next;                 /* of the same cell; 0: none */
    void *pc;
};

struct cell {
    uintptr_t word;
    uint32_t run_number;
    uint32_t first;
    void *freed; /* where it was freed */
};

static struct cell cells[CELLS];
static struct record records[RECORDS];
static uint32_t n_records, n_cells, n_accesses, run_number;
static char *heap[THREADS_MAX];
static size_t heap_used[THREADS_MAX];

void races_reset(void)
{
    n_records = n_cells = n_accesses = 0;
    run_number++;
    memset(heap_used, 0, sizeof heap_used);
}

/* The word's cell, or a free one for it. */
static struct cell *find_cell(uintptr_t word)
{
    unsigned i = (unsigned)(word * 0x9e3779b97f4a7c15u >> 32) % CELLS;

    while (cells[i].run_number == run_number && cells[i].word != word)
        i = (i + 1) % CELLS;
    return &cells[i];
}

static struct cell *cell_at(uintptr_t word)
{
    struct cell *c = find_cell(word);

    if (c->run_number == run_number)
        return c;
    if (++n_cells > CELLS / 2)
        run_fail(EXPLORE_ENDLESS, "a run touches too much memory for the explorer");
    *c = (struct cell){word, run_number, 0, NULL};
    return c;
}

static bool is_write(enum access a)
{
    return a == ACCESS_WRITE || a == ACCESS_ATOMIC_WRITE;
}

static bool is_atomic(enum access a)
{
    return a == ACCESS_ATOMIC_READ || a == ACCESS_ATOMIC_WRITE;
}

static const char *access_name(enum access a)
{
    static const char *const names[] = {"read", "write", "atomic read", "atomic write"};

    return names[a];
}

_Noreturn static void race(uintptr_t address, const struct record *r, enum access access,
                           void *pc)
{
    char where[128], first[160], second[160];

    report_address(where, sizeof where, address);
    report_line(first, sizeof first, r->pc);
    report_line(second, sizeof second, pc);
    run_fail(EXPLORE_RACE,
             "data race on %s: %s by %s at %s, and %s by %s at %s, not ordered", where,
             access_name(r->access), report_thread(r->thread), first, access_name(access),
             report_thread(run.current), second);
}

_Noreturn static void freed(uintptr_t address, const struct cell *c, enum access access,
                            void *pc)
{
    char where[128], first[160], second[160];

    report_address(where, sizeof where, address);
    report_line(first, sizeof first, c->freed);
    report_line(second, sizeof second, pc);
    run_fail(EXPLORE_FREED, "%s of freed memory, %s, by %s at %s; it was freed at %s",
             access_name(access), where, report_thread(run.current), second, first);
}

static struct record *new_record(struct cell *c, unsigned thread, unsigned bytes,
                                 enum access access)
{
    struct record *r = &records[n_records + 1];

    if (++n_records == RECORDS - 1)
        run_fail(EXPLORE_ENDLESS, "a run has too many accesses for the explorer");
    r->thread = (uint8_t)thread;
    r->access = (uint8_t)access;
    r->bytes = (uint8_t)bytes;
    r->next = c->first;
    c->first = n_records;
    return r;
}

static void word_access(unsigned thread, uintptr_t word, unsigned bytes,
                        enum access access, void *pc)
{
    struct cell *c = cell_at(word);
    const struct view *view = memory_view(thread);
    struct record *own = NULL;

    for (uint32_t i = c->first; i != 0; i = records[i].next) {
        struct record *r = &records[i];

        if (r->thread == thread) {
            if (r->access == access && r->bytes == bytes)
                own = r;
        } else if ((r->bytes & bytes) != 0 && (is_write(access) || is_write(r->access)) &&
                   !(is_atomic(access) && is_atomic(r->access)) &&
                   r->clock > view->clock[r->thread]) {
            race(word * 8 + (unsigned)__builtin_ctz(r->bytes & bytes), r, access, pc);
        }
    }
    if (c->freed != NULL)
        freed(word * 8 + (unsigned)__builtin_ctz(bytes), c, access, pc);
    if (own == NULL)
        own = new_record(c, thread, bytes, access);
    own->clock = view->clock[thread];
    own->pc = pc;
}

/* Setup comes before everything, and check after it. */
static void word_access_alone(uintptr_t word, unsigned bytes, enum access access,
                              void *pc)
{
    const struct cell *c = find_cell(word);

    if (c->run_number == run_number && c->freed != NULL)
        freed(word * 8 + (unsigned)__builtin_ctz(bytes), c, access, pc);
}

void races_access(unsigned thread, uintptr_t address, size_t size, enum access access,
                  void *pc)
{
    uintptr_t end = address + size;

    if (++n_accesses == ACCESSES_MAX)
        run_fail(EXPLORE_ENDLESS, "a run does not end: so many plain accesses");
    if (access == ACCESS_WRITE)
        memory_plain_write(thread, address, size);
    while (address < end) {
        unsigned first = (unsigned)(address % 8);
        unsigned n = end - address < 8 - first ? (unsigned)(end - address) : 8 - first;

        unsigned bytes = ((1u << n) - 1) << first;

        if (thread == 0)
            word_access_alone(address / 8, bytes, access, pc);
        else
            word_access(thread, address / 8, bytes, access, pc);
        address += n;
    }
}

/* --- memory of scenarios --- */

/* A header of HEAP_ALIGN bytes with the size comes before each block. Each thread has an area
 * of its own, so that addresses do not depend on the order of the run. */
void *heap_alloc(unsigned thread, size_t size)
{
    size_t whole = (size + HEAP_ALIGN - 1) / HEAP_ALIGN * HEAP_ALIGN + HEAP_ALIGN;
    char *block;

    if (heap[thread] == NULL)
        heap[thread] =
            mmap(NULL, HEAP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (heap[thread] == MAP_FAILED || heap_used[thread] + whole > HEAP)
        run_fail(EXPLORE_ENDLESS, "no memory left for the scenario");
    block = heap[thread] + heap_used[thread];
    heap_used[thread] += whole;
    memset(block, 0, whole);
    memcpy(block, &size, sizeof size);
    return block + HEAP_ALIGN;
}

void heap_free(unsigned thread, void *p, void *pc)
{
    uintptr_t address = (uintptr_t)p;
    size_t size;

    if (p == NULL)
        return;
    memcpy(&size, (char *)p - HEAP_ALIGN, sizeof size);
    races_access(thread, address, size, ACCESS_WRITE, pc);
    for (uintptr_t word = address / 8; word <= (address + size - 1) / 8; word++)
        cell_at(word)->freed = pc;
}

bool heap_name(uintptr_t address, char *name, size_t size)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (heap[i] == NULL || address - (uintptr_t)heap[i] >= HEAP)
            continue;
        snprintf(name, size, "heap:%c+0x%zx", i == 0 ? 's' : (int)('a' + i - 1),
                 (size_t)(address - (uintptr_t)heap[i]));
        return true;
    }
    return false;
}
