/* facloc: facilities are opened where customers come. A quadrant opens one when its customers'
 * ways have become too long: then it has four quadrants below it, gives them its customers and
 * those who come, and the news goes up to its parents and to who lies opposite. */
#include <math.h>
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, SETTLE, CUSTOMER, NEXT, FACILITY, EXIT, EXITED };
enum { POINTS, GRID, ALPHA, SEED };

enum position { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT, CHILDREN, NO_POSITION };

struct point {
    double x, y;
};

struct box {
    struct point low, high;
};

/* --- lists of points --- */

struct points {
    struct point *at;
    uint64_t count;
    uint64_t room;
};

static void points_add(struct points *points, struct point point)
{
    if (points->count == points->room) {
        uint64_t room = points->room == 0 ? 8 : 2 * points->room;
        struct point *at = savina_alloc(room, sizeof *at);

        if (points->count > 0)
            memcpy(at, points->at, points->count * sizeof *at);
        free(points->at);
        points->at = at;
        points->room = room;
    }
    points->at[points->count++] = point;
}

static struct points points_copy(const struct points *points)
{
    struct points copy = {savina_alloc(points->count, sizeof *copy.at), points->count,
                          points->count};

    if (points->count > 0)
        memcpy(copy.at, points->at, points->count * sizeof *copy.at);
    return copy;
}

/* --- messages --- */

static void settle_done(void *object);

/* What a new quadrant is given: customers in it, and the facilities that are known. */
#define SETTLE_FIELDS(F)   F(struct points, customers) F(struct points, facilities)
#define CUSTOMER_FIELDS(F) F(struct point, point) F(weft_pid, producer)
#define FACILITY_FIELDS(F) F(struct point, point) F(uint32_t, child) F(uint32_t, depth)
#define EXITED_FIELDS(F)   F(uint64_t, facilities) F(uint64_t, customers)
WEFT_BLOCK(settle, SETTLE, SETTLE_FIELDS, settle_done)
WEFT_MESSAGE(customer, CUSTOMER, CUSTOMER_FIELDS)
WEFT_MESSAGE(facility, FACILITY, FACILITY_FIELDS)
WEFT_MESSAGE(exited, EXITED, EXITED_FIELDS)

static void settle_done(void *object)
{
    struct settle *settle = object;

    free(settle->customers.at);
    free(settle->facilities.at);
}

/* --- quadrants --- */

struct quadrant {
    weft_pid parent;
    struct savina_run *run; /* of the one that has no quadrant above it */
    struct box box;
    enum position position; /* in its parent */
    uint32_t depth;
    double threshold;
    double cost;              /* the ways of its customers, as it has no facility */
    struct points facilities; /* the nearest of which a customer would go to */
    struct points customers;
    bool open;
    weft_pid child[CHILDREN];
    struct box child_box[CHILDREN];
    uint64_t children_exited;
    struct exited exited;
};

static void quadrant_destroy(void *state)
{
    struct quadrant *quadrant = state;

    free(quadrant->facilities.at);
    free(quadrant->customers.at);
}

static const weft_behavior quadrant_behavior;

static struct point middle(struct box box)
{
    return (struct point){(box.low.x + box.high.x) / 2, (box.low.y + box.high.y) / 2};
}

static bool contains(struct box box, struct point point)
{
    return box.low.x <= point.x && box.low.y <= point.y && point.x <= box.high.x &&
           point.y <= box.high.y;
}

static double way(const struct quadrant *quadrant, struct point from)
{
    double least = HUGE_VAL;

    for (uint64_t i = 0; i < quadrant->facilities.count; i++) {
        double x = quadrant->facilities.at[i].x - from.x;
        double y = quadrant->facilities.at[i].y - from.y;
        double square = x * x + y * y;

        least = square < least ? square : least;
    }
    return sqrt(least);
}

static void add_customer(struct quadrant *quadrant, struct point point)
{
    points_add(&quadrant->customers, point);
    quadrant->cost += way(quadrant, point);
}

/* The first one that has the point: on a border two do. */
static unsigned child_of(const struct quadrant *quadrant, struct point point)
{
    unsigned child = 0;

    while (child < CHILDREN - 1 && !contains(quadrant->child_box[child], point))
        child++;
    return child;
}

static void tell_parent(weft_self *self, const struct quadrant *quadrant,
                        struct point point, uint32_t depth)
{
    if (quadrant->run == NULL)
        weft_cast(self, quadrant->parent, facility_msg(point, quadrant->position, depth));
}

static void divide_box(struct quadrant *quadrant)
{
    struct box all = quadrant->box;
    struct point at = middle(all);

    quadrant->child_box[TOP_LEFT] = (struct box){{all.low.x, at.y}, {at.x, all.high.y}};
    quadrant->child_box[TOP_RIGHT] = (struct box){at, all.high};
    quadrant->child_box[BOTTOM_LEFT] = (struct box){all.low, at};
    quadrant->child_box[BOTTOM_RIGHT] =
        (struct box){{at.x, all.low.y}, {all.high.x, at.y}};
}

static void open_facility(weft_self *self, struct quadrant *quadrant)
{
    struct settle settle[CHILDREN] = {0};

    quadrant->open = true;
    tell_parent(self, quadrant, middle(quadrant->box), quadrant->depth);
    divide_box(quadrant);
    for (uint64_t i = 0; i < quadrant->customers.count; i++) {
        struct point point = quadrant->customers.at[i];

        points_add(&settle[child_of(quadrant, point)].customers, point);
    }
    quadrant->customers.count = 0;
    for (unsigned i = 0; i < CHILDREN; i++) {
        struct quadrant child = {.parent = weft_self_pid(self),
                                 .box = quadrant->child_box[i],
                                 .position = (enum position)i,
                                 .depth = quadrant->depth + 1,
                                 .threshold = quadrant->threshold};

        settle[i].facilities = points_copy(&quadrant->facilities);
        quadrant->child[i] = savina_spawn(self, &quadrant_behavior, &child);
        weft_cast(self, quadrant->child[i], settle_msg(&settle[i]));
    }
}

/* --- what a quadrant is sent --- */

static void take_place(struct quadrant *quadrant, struct settle *settle)
{
    quadrant->facilities = settle->facilities;
    settle->facilities = (struct points){0}; /* it is the quadrant's now */
    points_add(&quadrant->facilities, middle(quadrant->box));
    for (uint64_t i = 0; i < settle->customers.count; i++)
        add_customer(quadrant, settle->customers.at[i]);
}

static void serve(weft_self *self, struct quadrant *quadrant,
                  const struct customer *customer)
{
    struct point point = customer->point;

    if (quadrant->run != NULL)
        weft_cast(self, customer->producer, weft_signal(NEXT));
    if (quadrant->open) {
        weft_cast(self, quadrant->child[child_of(quadrant, point)],
                  customer_msg(point, customer->producer));
        return;
    }
    add_customer(quadrant, point);
    if (quadrant->cost > quadrant->threshold)
        open_facility(self, quadrant);
}

/* From a child it goes up, and to the child that lies opposite; from above it goes down. */
static void spread(weft_self *self, struct quadrant *quadrant,
                   const struct facility *facility)
{
    struct point point = facility->point;
    weft_letter down = facility_msg(point, NO_POSITION, quadrant->depth);

    points_add(&quadrant->facilities, point);
    if (facility->child != NO_POSITION) {
        tell_parent(self, quadrant, point, facility->depth);
        weft_cast(self, quadrant->child[CHILDREN - 1 - facility->child], down);
        return;
    }
    for (unsigned i = 0; quadrant->open && i < CHILDREN; i++)
        weft_cast(self, quadrant->child[i], down);
}

static weft_next leave(weft_self *self, struct quadrant *quadrant)
{
    uint64_t facilities = quadrant->exited.facilities + quadrant->open;
    uint64_t customers = quadrant->exited.customers + quadrant->customers.count;

    if (quadrant->run == NULL) {
        weft_cast(self, quadrant->parent, exited_msg(facilities, customers));
        return weft_stop(self);
    }
    savina_end(quadrant->run);
    /* It knows of every facility: its own, before it was open, and those below it. */
    return savina_result(self, quadrant->run,
                         customers == quadrant->run->param[POINTS] &&
                             facilities - quadrant->open ==
                                 quadrant->facilities.count - 1);
}

static weft_next leave_behind(weft_self *self, struct quadrant *quadrant)
{
    if (!quadrant->open)
        return leave(self, quadrant);
    for (unsigned i = 0; i < CHILDREN; i++)
        weft_cast(self, quadrant->child[i], weft_signal(EXIT));
    return weft_stay(self);
}

static weft_next quadrant_step(weft_self *self, void *state, weft_msg *msg)
{
    struct quadrant *quadrant = state;
    struct customer customer;
    struct facility facility;
    struct exited exited;

    if (customer_get(msg, &customer)) {
        serve(self, quadrant, &customer);
    } else if (facility_get(msg, &facility)) {
        spread(self, quadrant, &facility);
    } else if (exited_get(msg, &exited)) {
        quadrant->exited.facilities += exited.facilities;
        quadrant->exited.customers += exited.customers;
        if (++quadrant->children_exited == CHILDREN)
            return leave(self, quadrant);
    } else if (weft_tag(msg) == EXIT) {
        return leave_behind(self, quadrant);
    } else {
        take_place(quadrant, settle_at(msg));
    }
    return weft_stay(self);
}

static const weft_behavior quadrant_behavior =
    WEFT_BEHAVIOR("quadrant", struct quadrant, quadrant_step, .destroy = quadrant_destroy,
                  .args_size = sizeof(struct quadrant));

/* --- the producer of customers --- */

struct producer {
    weft_pid root;
    uint64_t left;
    double grid;
    struct savina_random random;
};

/* Called with GO, then with every NEXT. */
static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;
    struct point point;

    (void)msg;
    if (producer->left == 0) {
        weft_cast(self, producer->root, weft_signal(EXIT));
        return weft_stop(self);
    }
    producer->left--;
    point.x = savina_fraction(&producer->random) * producer->grid;
    point.y = savina_fraction(&producer->random) * producer->grid;
    weft_cast(self, producer->root, customer_msg(point, weft_self_pid(self)));
    return weft_stay(self);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));

/* --- the root, which is the quadrant of all --- */

struct root {
    struct savina_run *run;
    struct quadrant quadrant;
};

static void root_destroy(void *state)
{
    quadrant_destroy(&((struct root *)state)->quadrant);
}

static weft_next root_step(weft_self *self, void *state, weft_msg *msg)
{
    return quadrant_step(self, &((struct root *)state)->quadrant, msg);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;
    double grid = (double)param[GRID];
    struct producer producer = {.root = weft_self_pid(self),
                                .left = param[POINTS],
                                .grid = grid,
                                .random = {param[SEED]}};

    (void)msg;
    root->quadrant =
        (struct quadrant){.run = root->run,
                          .box = {.high = {grid, grid}},
                          .threshold = (double)param[ALPHA] * sqrt(2) * grid};
    points_add(&root->quadrant.facilities, middle(root->quadrant.box));
    savina_begin(root->run);
    weft_cast(self, savina_spawn(self, &producer_behavior, &producer), weft_signal(GO));
    return weft_become(self, root_step);
}

static const weft_behavior root_behavior =
    SAVINA_ROOT("root", struct root, start, .destroy = root_destroy);

const struct savina savina_facloc = {
    .name = "facloc",
    .what = "a tree of quadrants that grows where customers come",
    .param = {[POINTS] = {"points", 100000, 1000, .power = 1},
              [GRID] = {"grid", 500, 500, .power = 0},
              [ALPHA] = {"alpha", 2, 2, .power = 0},
              [SEED] = {"seed", 123456, 123456, .power = 0}},
    .root = &root_behavior,
    .leaves_mail = true, /* news for quadrants that have exited */
};
