/* test/explore/name/table.c: lib/name/table.h. Who looks a name up that is there all the while
 * finds it, whatever goes, comes and grows beside it; and nobody finds another's pid. */
#include "lib/name/table.h"

#include "test/explore/explore.h"

enum { SAME = 5, OTHER = SAME, KEYS };

static struct name_table table;
static struct name *nodes[KEYS];
static struct name_key keys[KEYS]; /* of one bucket of four; but the last */

static void *allocate(void *context, size_t size, size_t align)
{
    (void)context;
    return explore_alloc(size, align);
}

static void release(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    explore_free(memory);
}

static const struct memory memory = {allocate, release, NULL};

/* Texts of one letter, by the bucket that they are in. */
static void find_keys(void)
{
    char text[8] = "A";
    unsigned found = 0;

    for (; found < SAME; text[0]++)
        if (name_key(&table, text, &keys[found]) && keys[found].hash % 4 == 0)
            found++;
    for (text[0] = 'A';
         !name_key(&table, text, &keys[OTHER]) || keys[OTHER].hash % 4 == 0;)
        text[0]++;
}

static void list(unsigned key, uint64_t pid)
{
    struct name *n = name_new(&table);

    explore_assert(n != NULL);
    name_list(&table, n, &keys[key]);
    name_give(n, pid);
    nodes[key] = n;
}

static void begin(void)
{
    bool ok = name_table_init(&table, &memory, 7);

    explore_assert(ok);
    find_keys();
    EXPLORE_NAME(table);
}

/* The chain: key 1 (pid 2), then key 0 (pid 1). */
static void setup(void)
{
    begin();
    list(0, 1);
    list(1, 2);
}

/* Key 0 alone, and one of another bucket. */
static void setup_apart(void)
{
    begin();
    list(0, 1);
    list(OTHER, 5);
}

/* One more, and the table grows. */
static void setup_full(void)
{
    setup();
    list(2, 3);
    list(3, 4);
}

static uint64_t find(unsigned key)
{
    return name_find(&table, &keys[key]);
}

static void take_away(unsigned key)
{
    struct name *n = nodes[key];

    name_unlist(&table, n);
    name_free(&table, n);
}

/* --- a name that stays --- */

static void find_last(void)
{
    explore_assert(find(0) == 1);
}

/* The node before it goes, and is used again in another bucket. */
static void move_away(void)
{
    take_away(1);
    list(OTHER, 5);
}

EXPLORE_SCENARIO(names, "a name behind one that goes is found"){
    .setup = setup, .threads = {move_away, find_last}};

/* A node of another bucket comes before it. */
static void move_here(void)
{
    take_away(OTHER);
    list(1, 2);
}

EXPLORE_SCENARIO(names, "a name behind one that comes is found"){
    .setup = setup_apart, .threads = {move_here, find_last}};

/* It comes, and what came before it has gone already. */
static void move_here_and_on(void)
{
    take_away(OTHER);
    list(1, 2);
    list(2, 3);
    take_away(2);
}

EXPLORE_SCENARIO(names, "a name behind one that comes and one that goes is found"){
    .setup = setup_apart, .threads = {move_here_and_on, find_last}};

/* --- a name that goes, and one that comes --- */

static void find_gone(void)
{
    uint64_t pid = find(1);

    explore_assert(pid == 0 || pid == 2);
}

EXPLORE_SCENARIO(names, "who looks for a name that goes does not find another's holder"){
    .setup = setup, .threads = {move_away, find_gone}};

/* By the same node, in the same bucket. */
static void take_over(void)
{
    take_away(1);
    list(2, 3);
}

static void find_new(void)
{
    uint64_t pid = find(2);

    explore_assert(pid == 0 || pid == 3);
}

EXPLORE_SCENARIO(names, "who looks for a name that comes does not find the last one's"){
    .setup = setup, .threads = {take_over, find_new}};

EXPLORE_SCENARIO(names, "who looks for a name that went does not find the next one's"){
    .setup = setup, .threads = {take_over, find_gone}};

/* The same name again, of another. */
static void change(void)
{
    take_away(1);
    list(1, 3);
}

static void find_either(void)
{
    uint64_t pid = find(1);

    explore_assert(pid == 0 || pid == 2 || pid == 3);
    if (pid == 3)
        explore_assert(find(1) == 3);
}

EXPLORE_SCENARIO(names, "a name that is taken over is the one's or the other's"){
    .setup = setup, .threads = {change, find_either}};

/* --- growing --- */

static void grow(void)
{
    list(4, 5);
}

static void find_both(void)
{
    explore_assert(find(0) == 1);
    explore_assert(find(3) == 4);
}

EXPLORE_SCENARIO(names, "a table that grows loses nobody"){.setup = setup_full,
                                                           .threads = {grow, find_both}};

/* The chains of the old array stay as they are, though a name of them goes. */
static void grow_and_move(void)
{
    list(4, 5);
    take_away(3);
}

EXPLORE_SCENARIO(names, "a name in a table that has grown is found beside one that goes"){
    .setup = setup_full, .threads = {grow_and_move, find_last}};
