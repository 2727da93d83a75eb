/* test/explore/engine/races.c: two accesses to the same bytes, at least one a write and at
 * least one plain, must be ordered by happens-before.
 *
 * For each 8 bytes of memory we keep the last access of each thread, kind and set of bytes:
 * an earlier one of the same thread is ordered before whatever that one is ordered before. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/report.h"

enum {
    CELLS = 1 << 14,
    RECORDS = 1 << 16,
    ACCESSES_MAX = 1 << 20 /* of a run: more is an endless loop */
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
};

static struct cell cells[CELLS];
static struct record records[RECORDS];
static uint32_t n_records, n_cells, n_accesses, run_number;
static uint16_t used[CELLS / 2]; /* the cells of this run */

void races_reset(void)
{
    n_records = n_cells = n_accesses = 0;
    run_number++;
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
    if (n_cells == CELLS / 2)
        run_fail(EXPLORE_ENDLESS, "a run touches too much memory for the explorer");
    used[n_cells++] = (uint16_t)(c - cells);
    *c = (struct cell){word, run_number, 0};
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

_Noreturn static void freed(uintptr_t address, void *where_freed, enum access access,
                            void *pc)
{
    char where[128], first[160], second[160];

    report_address(where, sizeof where, address);
    report_line(first, sizeof first, where_freed);
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
    if (own == NULL)
        own = new_record(c, thread, bytes, access);
    /* An atomic operation is over by now, and was done at the time before: who acquires what it
     * has released is ordered behind it too. */
    own->clock = view->clock[thread] - (is_atomic(access) ? 1 : 0);
    own->pc = pc;
}

void races_access(unsigned thread, uintptr_t address, size_t size, enum access access,
                  void *pc)
{
    uintptr_t end = address + size;
    void *where_freed = heap_freed(address);

    if (++n_accesses == ACCESSES_MAX)
        run_fail(EXPLORE_ENDLESS, "a run does not end: so many plain accesses");
    if (access == ACCESS_WRITE)
        memory_plain_write(thread, address, size);
    /* Setup comes before everything, and check after it. */
    for (uintptr_t at = address; thread != 0 && at < end;) {
        unsigned first = (unsigned)(at % 8);
        unsigned n = end - at < 8 - first ? (unsigned)(end - at) : 8 - first;

        word_access(thread, at / 8, ((1u << n) - 1) << first, access, pc);
        at += n;
    }
    if (where_freed != NULL)
        freed(address, where_freed, access, pc);
}

void races_free(unsigned thread, uintptr_t address, size_t size, void *pc)
{
    for (unsigned i = 0; i < n_cells; i++) {
        uintptr_t word = cells[used[i]].word;

        if (word >= address / 8 && word <= (address + size - 1) / 8)
            races_access(thread, word * 8, 8, ACCESS_WRITE, pc);
    }
}
