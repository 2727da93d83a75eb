/* test/explore/engine/memory.c: C11's memory model as a machine.
 *
 * Each location keeps all its stores in their modification order; each thread has a view, the
 * oldest store of each location that it may still read. A load reads any store that is not
 * older, a store takes any place behind what its thread has seen. A release stores the
 * writer's view with the value, and an acquire that reads it joins it to the reader's. A
 * read-modify-write is placed right behind what it reads, and nothing comes between.
 *
 * What sequential consistency forbids beyond that is in seq_cst.c. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/seq_cst.h"

#include <string.h>

enum { ORDER_MAX = 1024, WORDS = 1024 };

struct location {
    char *address;
    uint8_t size;
    bool dirty;           /* the last store's value is not known yet: it is in memory */
    uint16_t n;           /* stores */
    uint16_t same_word;   /* the next location in the same 8 bytes; LOCATIONS_MAX: none */
    uint16_t futex_floor; /* store; a later futex wait reads it or what is newer */
    uint16_t order[ORDER_MAX]; /* modification order: rank to store */
};

static struct location locations[LOCATIONS_MAX];
static unsigned n_locations;
static struct store stores[STORES_MAX]; /* from 1 on; 0 is older than all */
static unsigned n_stores;
static struct memory_thread threads[THREADS_MAX];

/* Which locations are in a word of memory; valid if `run_number` is this run's. */
static struct word {
    uintptr_t word;
    uint32_t run_number;
    uint16_t location;
} words[WORDS];
static uint32_t run_number;
static bool lawless;

void memory_be_lawless(bool is)
{
    lawless = is;
}

void memory_reset(void)
{
    n_locations = 0;
    n_stores = 0;
    run_number++;
    seq_cst_reset();
    memset(&threads[0], 0, sizeof threads[0]);
    threads[0].now.clock[0] = 1;
}

void memory_start(unsigned thread)
{
    memset(&threads[thread], 0, sizeof threads[thread]);
    threads[thread].now = threads[0].now;
    threads[thread].now.clock[thread] = 1;
}

const struct view *memory_view(unsigned thread)
{
    return &threads[thread].now;
}

const struct store *memory_store(uint16_t store)
{
    return &stores[store];
}

unsigned memory_locations(void)
{
    return n_locations;
}

uint16_t memory_stores(void)
{
    return (uint16_t)n_stores;
}

/* --- views --- */

static void seen_join(uint16_t *to, const uint16_t *from)
{
    for (unsigned i = 0; i < n_locations; i++) {
        if (stores[from[i]].rank > stores[to[i]].rank)
            to[i] = from[i];
    }
}

static void clock_join(uint32_t *to, const uint32_t *from)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (from[i] > to[i])
            to[i] = from[i];
    }
}

static void view_join(struct view *to, const struct view *from)
{
    seen_join(to->seen, from->seen);
    clock_join(to->clock, from->clock);
}

static void see(uint16_t *seen, uint16_t store)
{
    uint16_t *at = &seen[stores[store].location];

    if (stores[store].rank >= stores[*at].rank)
        *at = store;
}

void memory_finish(unsigned thread)
{
    view_join(&threads[0].now, &threads[thread].now);
}

/* --- locations --- */

static uint64_t read_memory(const char *address, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, address, size); /* little endian, as all machines of this project */
    return value;
}

static struct word *word_at(uintptr_t word)
{
    unsigned i = (unsigned)(word * 0x9e3779b97f4a7c15u >> 32) % WORDS;

    while (words[i].run_number == run_number && words[i].word != word)
        i = (i + 1) % WORDS;
    return &words[i];
}

uint16_t memory_newest(uint16_t location)
{
    return locations[location].order[locations[location].n - 1];
}

uint16_t memory_newest_before(uint16_t location, const uint32_t *clock)
{
    const struct location *l = &locations[location];

    for (unsigned rank = l->n; rank-- > 0;) {
        if (clock[stores[l->order[rank]].thread] >= stores[l->order[rank]].clock)
            return l->order[rank];
    }
    return NONE;
}

/* A new store at that rank. The value is still to be set. */
static uint16_t insert(unsigned thread, uint16_t location, unsigned rank)
{
    struct location *l = &locations[location];
    struct store *s;

    if (++n_stores == STORES_MAX || l->n == ORDER_MAX)
        run_fail(EXPLORE_ENDLESS, "too many stores for the explorer");
    memmove(&l->order[rank + 1], &l->order[rank], (l->n - rank) * sizeof l->order[0]);
    l->order[rank] = (uint16_t)n_stores;
    l->n++;
    for (unsigned i = rank; i < l->n; i++)
        stores[l->order[i]].rank = (uint16_t)i;
    s = &stores[n_stores];
    s->location = location;
    s->thread = (uint8_t)thread;
    s->clock = threads[thread].now.clock[thread];
    s->event = NONE;
    s->rmw = s->has_view = false;
    return (uint16_t)n_stores;
}

static uint16_t new_location(struct word *w, char *address, unsigned size)
{
    uint16_t number = (uint16_t)n_locations;
    struct location *l = &locations[number];
    bool known = w->run_number == run_number;

    if (++n_locations == LOCATIONS_MAX)
        run_fail(EXPLORE_ENDLESS, "too many atomics for the explorer");
    l->address = address;
    l->size = (uint8_t)size;
    l->dirty = false;
    l->n = 0;
    l->futex_floor = NONE;
    l->same_word = known ? w->location : LOCATIONS_MAX;
    *w = (struct word){(uintptr_t)address / 8, run_number, number};
    stores[insert(0, number, 0)].value = read_memory(address, size);
    return number;
}

uint16_t memory_location(void *address, unsigned size)
{
    struct word *w = word_at((uintptr_t)address / 8);
    uint16_t i = w->run_number == run_number ? w->location : LOCATIONS_MAX;

    for (; i != LOCATIONS_MAX; i = locations[i].same_word) {
        if (locations[i].address != address)
            continue;
        if (locations[i].size != size)
            run_fail(EXPLORE_ASSERTION, "an atomic is used in two sizes: %u and %u",
                     locations[i].size, size);
        return i;
    }
    return new_location(w, address, size);
}

/* What was written there plainly is known now. */
static struct location *settle(uint16_t location)
{
    struct location *l = &locations[location];

    if (l->dirty)
        stores[memory_newest(location)].value = read_memory(l->address, l->size);
    l->dirty = false;
    return l;
}

static void plain_store(unsigned thread, uint16_t location)
{
    struct location *l = settle(location);

    threads[thread].now.seen[location] = insert(thread, location, l->n);
    l->dirty = true;
}

void memory_plain_write(unsigned thread, uintptr_t address, size_t size)
{
    if (n_locations == 0)
        return;
    for (uintptr_t w = address / 8; w <= (address + size - 1) / 8; w++) {
        struct word *word = word_at(w);
        uint16_t i = word->run_number == run_number ? word->location : LOCATIONS_MAX;

        for (; i != LOCATIONS_MAX; i = locations[i].same_word) {
            uintptr_t begin = (uintptr_t)locations[i].address;

            if (begin < address + size && address < begin + locations[i].size)
                plain_store(thread, i);
        }
    }
}

/* --- what an operation may read --- */

static bool followed_by_rmw(const struct location *l, unsigned rank)
{
    return rank + 1 < l->n && stores[l->order[rank + 1]].rmw;
}

static bool fails(const struct op *op, uint16_t store)
{
    return op->kind == OP_CAS && stores[store].value != op->expected;
}

static enum order order_with(const struct op *op, uint16_t store)
{
    return fails(op, store) ? op->failure : op->order;
}

static struct seq_cst_access access_with(const struct op *op, uint16_t store,
                                         const uint32_t *clock)
{
    return (struct seq_cst_access){.location = op->location,
                                   .seq_cst = order_with(op, store) == SEQ_CST,
                                   .reads = op->kind != OP_STORE,
                                   .writes = op->kind == OP_STORE || op->kind == OP_RMW ||
                                             (op->kind == OP_CAS && !fails(op, store)),
                                   .after = store,
                                   .clock = clock};
}

static bool may_choose(unsigned thread, const struct op *op, unsigned rank)
{
    const struct location *l = &locations[op->location];
    uint16_t store = l->order[rank];
    struct seq_cst_access access = access_with(op, store, threads[thread].now.clock);
    uint32_t clock[THREADS_MAX];

    if (lawless || thread == 0)
        return true;
    if (access.writes && followed_by_rmw(l, rank))
        return false;
    if (access.reads && stores[store].has_view && op_acquires(order_with(op, store))) {
        memcpy(clock, threads[thread].now.clock, sizeof clock);
        clock_join(clock, stores[store].view.clock);
        access.clock = clock;
    }
    return seq_cst_allows(&access);
}

/* The rank of the oldest store that op may still read. */
static unsigned floor_of(unsigned thread, const struct op *op)
{
    const struct view *view = &threads[lawless ? 0 : thread].now; /* at least setup's */
    unsigned rank = stores[view->seen[op->location]].rank;
    unsigned futex = stores[locations[op->location].futex_floor].rank;

    return op->kind == OP_WAIT && futex > rank ? futex : rank;
}

unsigned memory_choices(unsigned thread, const struct op *op, uint16_t *choices)
{
    const struct location *l;
    unsigned n = 0, floor;

    if (op->kind == OP_CHOOSE) {
        for (; n < op->operand && n < CHOICES_MAX; n++)
            choices[n] = (uint16_t)n;
        return n;
    }
    choices[0] = NONE;
    if (op->kind > OP_CAS && op->kind != OP_WAIT)
        return 1;
    l = settle(op->location);
    floor = floor_of(thread, op);
    for (unsigned rank = l->n; rank-- > floor && n < CHOICES_MAX;) {
        if (may_choose(thread, op, rank))
            choices[n++] = l->order[rank];
    }
    return n;
}

/* --- what it does --- */

static void read_store(unsigned thread, struct event *e, uint16_t store, enum order order)
{
    struct memory_thread *t = &threads[thread];

    e->read = store;
    e->stale = store != memory_newest(stores[store].location);
    e->result = stores[store].value;
    see(t->now.seen, store);
    if (!stores[store].has_view)
        return;
    if (op_acquires(order)) {
        view_join(&t->now, &stores[store].view);
    } else {
        if (!t->has_acquired)
            t->acquired = stores[store].view;
        view_join(&t->acquired, &stores[store].view);
        t->has_acquired = true;
    }
}

/* What a new store hands to those who acquire it; `read` if it is a read-modify-write. */
static void attach_view(unsigned thread, uint16_t store, uint16_t read, enum order order)
{
    const struct memory_thread *t = &threads[thread];
    struct store *s = &stores[store];
    const struct view *own = op_releases(order) ? &t->now
                             : t->has_released  ? &t->released
                                                : NULL;

    s->has_view = own != NULL || stores[read].has_view;
    if (own != NULL)
        s->view = *own;
    else if (s->has_view)
        s->view = stores[read].view;
    if (own != NULL && stores[read].has_view)
        view_join(&s->view, &stores[read].view);
}

/* Puts a store right behind `after`. */
static void write_store(unsigned thread, struct event *e, uint16_t after, uint64_t value)
{
    uint16_t location = e->op.location;
    struct location *l = &locations[location];
    uint16_t store = insert(thread, location, stores[after].rank + 1u);

    stores[store].value = value;
    stores[store].event = (uint16_t)run.n_events;
    stores[store].rmw = e->op.kind != OP_STORE;
    e->wrote = true;
    e->stored = store;
    see(threads[thread].now.seen, store);
    attach_view(thread, store, e->op.kind == OP_STORE ? NONE : after, e->op.order);
    if (store == memory_newest(location))
        memcpy(l->address, &value, l->size);
}

static uint64_t modify(const struct op *op, uint64_t value)
{
    uint64_t mask = op->size == 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * op->size) - 1;

    switch (op->rmw) {
    case RMW_ADD:
        return (value + op->operand) & mask;
    case RMW_SUB:
        return (value - op->operand) & mask;
    case RMW_AND:
        return value & op->operand;
    case RMW_OR:
        return value | op->operand;
    case RMW_XOR:
        return value ^ op->operand;
    case RMW_NAND:
        return ~(value & op->operand) & mask;
    default:
        return op->operand;
    }
}

static void fence(unsigned thread, enum order order)
{
    struct memory_thread *t = &threads[thread];

    if (op_acquires(order) && t->has_acquired)
        view_join(&t->now, &t->acquired);
    if (order == SEQ_CST && thread != 0)
        seq_cst_fence(thread);
    if (op_releases(order)) {
        t->released = t->now;
        t->has_released = true;
    }
}

/* As if all others executed a fence now. */
static void membarrier(unsigned thread)
{
    for (unsigned i = 1; i < run.n_threads; i++)
        fence(i, ACQ_REL);
    seq_cst_membarrier(thread);
}

static void access_memory(unsigned thread, struct event *e, uint16_t store)
{
    const struct op *op = &e->op;
    struct seq_cst_access access = access_with(op, store, threads[thread].now.clock);

    if (access.reads)
        read_store(thread, e, store, order_with(op, store));
    if (access.writes)
        write_store(thread, e, store,
                    op->kind == OP_RMW ? modify(op, e->result) : op->operand);
    if (thread != 0)
        seq_cst_access(&access, thread, e->stored);
}

void memory_perform(unsigned thread, struct event *e, uint16_t choice)
{
    const struct op *op = &e->op;

    switch (op->kind) {
    case OP_LOAD:
    case OP_STORE:
    case OP_RMW:
    case OP_CAS:
    case OP_WAIT:
        access_memory(thread, e, choice);
        break;
    case OP_WAKE: /* the kernel's lock: who comes to wait later sees what the waker stored */
        if (stores[threads[thread].now.seen[op->location]].rank >
            stores[locations[op->location].futex_floor].rank)
            locations[op->location].futex_floor = threads[thread].now.seen[op->location];
        break;
    case OP_FENCE:
        fence(thread, op->order);
        break;
    case OP_MEMBARRIER:
        membarrier(thread);
        break;
    case OP_YIELD: /* who spins comes to see what there is */
        for (unsigned i = 0; i < run.threads[thread].spin.n; i++)
            see(threads[thread].now.seen,
                memory_newest(stores[run.threads[thread].spin.reads[i]].location));
        break;
    case OP_RESUME:
        break;
    case OP_CHOOSE:
        e->result = choice;
        break;
    }
    threads[thread].now.clock[thread]++;
}

/* --- comparing executions --- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0xff51afd7ed558ccdu;
    return h ^ h >> 29;
}

/* A store's name that does not depend on the order of the run. */
static uint64_t store_name(uint16_t store)
{
    return (uint64_t)stores[store].thread << 16 | run.events[stores[store].event].index;
}

uint64_t memory_fingerprint(void)
{
    uint64_t sum = 0, threads_hash[THREADS_MAX] = {0};

    for (unsigned i = 1; i <= run.n_events; i++) {
        const struct event *e = &run.events[i];
        uint64_t *h = &threads_hash[e->thread];

        *h = mix(mix(*h, (uint64_t)e->op.kind), e->result);
        *h = mix(*h, e->read == NONE ? 0 : 1 + store_name(e->read));
    }
    for (unsigned i = 0; i < n_locations; i++) {
        uint64_t h = (uintptr_t)locations[i].address;

        for (unsigned rank = 0; rank < locations[i].n; rank++)
            h = mix(h, store_name(locations[i].order[rank]));
        sum += mix(h, 1);
    }
    for (unsigned i = 0; i < THREADS_MAX; i++)
        sum += mix(threads_hash[i], 2 + i);
    return sum;
}
