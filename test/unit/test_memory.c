/* test_memory.c: aim: memory comes aligned, zeroed where promised, through the functions that
 * the embedder gave; address space comes in whole huge pages, zero.
 * Method: a counting allocator; reading and writing both ends of what was reserved. */
#include "lib/base/memory.h"
#include "test/support/unit_heap.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

TestSuite(memory, .timeout = 20);

static struct heap heap;
static const struct memory counted = {heap_alloc, heap_free, &heap};

static bool is_aligned(const void *p, size_t align)
{
    return ((uintptr_t)p & (align - 1)) == 0;
}

Test(memory, of_the_host_is_aligned_as_asked)
{
    for (size_t align = 1; align <= 4096; align *= 2)
        for (size_t size = 1; size <= 5000; size = size * 3 + 1) {
            char *p = memory_alloc(&memory_host, size, align);

            cr_assert_not_null(p);
            cr_expect(is_aligned(p, align), "size %zu, align %zu", size, align);
            memset(p, 0x5a, size);
            memory_free(&memory_host, p, size, align);
        }
}

Test(memory, goes_through_the_functions_that_were_given)
{
    void *p = memory_alloc(&counted, 100, 64);

    cr_assert_not_null(p);
    cr_expect_eq(heap.blocks, 1);
    cr_expect_eq(heap.bytes, 100);
    memory_free(&counted, p, 100, 64);
    cr_expect(heap_is_balanced(&heap));
}

Test(memory, that_is_nothing_may_be_freed)
{
    memory_free(&counted, NULL, 100, 64);
    cr_expect_eq(heap.wrong, 0);
    cr_expect_eq(heap.blocks, 0);
}

static bool all_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void *dirty_alloc(void *context, size_t size, size_t align)
{
    void *p = heap_alloc(context, size, align);

    if (p != NULL)
        memset(p, 0xee, size);
    return p;
}

Test(memory, from_zalloc_is_zero)
{
    const struct memory dirty = {dirty_alloc, heap_free, &heap};
    char *p = memory_zalloc(&dirty, 1000, 8);

    cr_assert_not_null(p);
    cr_expect(all_zero(p, 1000));
    memory_free(&dirty, p, 1000, 8);
}

Test(memory, that_is_refused_is_NULL)
{
    heap.refuses = true;
    cr_expect_null(memory_alloc(&counted, 8, 8));
    cr_expect_null(memory_zalloc(&counted, 8, 8));
    cr_expect_eq(heap.calls, 2);
}

Test(memory, of_pages_is_aligned_zero_and_writable_to_its_end)
{
    static const size_t sizes[] = {HUGE_PAGE, 3 * (size_t)HUGE_PAGE,
                                   64 * (size_t)HUGE_PAGE};

    for (int i = 0; i < 3; i++) {
        char *p = pages_reserve(sizes[i]);

        cr_assert_not_null(p);
        cr_expect(is_aligned(p, HUGE_PAGE));
        pages_huge(p, sizes[i]);
        cr_expect(all_zero(p, 4096));
        cr_expect(all_zero(p + sizes[i] - 4096, 4096));
        p[0] = p[sizes[i] - 1] = 1;
        pages_release(p, sizes[i]);
    }
}

/* Bytes of address space that the process uses. */
static size_t address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What is cut off in front and behind goes back at once, the rest when it is released. */
Test(memory, of_pages_takes_no_more_address_space_than_was_asked_for)
{
    enum { ROUNDS = 64, ODD = HUGE_PAGE / 2 };
    const size_t before = address_space(), room = ROUNDS * (size_t)HUGE_PAGE / 4;
    void *pages[ROUNDS], *odd[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) { /* something odd lies between them */
        odd[i] = mmap(NULL, ODD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pages[i] = pages_reserve(HUGE_PAGE);
    }
    cr_expect_lt(address_space() - before, ROUNDS * (size_t)(HUGE_PAGE + ODD) + room);
    for (int i = 0; i < ROUNDS; i++) {
        pages_release(pages[i], HUGE_PAGE);
        munmap(odd[i], ODD);
    }
    cr_expect_lt(address_space(), before + room);
}

Test(memory, of_an_account_is_counted_and_limited)
{
    struct memory_account account = {.from = counted, .max = 1000};
    struct memory m = memory_of_account(&account);
    void *p = memory_alloc(&m, 600, 8), *q;

    cr_assert_not_null(p);
    cr_expect_null(memory_alloc(&m, 401, 8));
    cr_expect_null(memory_alloc(&m, SIZE_MAX, 8));
    cr_expect_eq(memory_used(&account), 600);
    q = memory_alloc(&m, 400, 8);
    cr_expect_not_null(q);
    memory_free(&m, p, 600, 8);
    cr_expect_eq(memory_used(&account), 400);
    atomic_store(&heap.refuses, true);
    cr_expect_null(memory_alloc(&m, 1, 8));
    cr_expect_eq(memory_used(&account), 400);
    atomic_store(&heap.refuses, false);
    memory_free(&m, q, 400, 8);
    cr_expect_eq(memory_used(&account), 0);
    cr_expect(heap_is_balanced(&heap));
}

Test(memory, of_pages_that_cannot_be_had_is_NULL)
{
    cr_expect_null(pages_reserve((size_t)1 << 60));
    pages_release(NULL, (size_t)1 << 60);
}
