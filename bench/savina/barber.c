/* barber: customers come to a room with W chairs, the barber is woken when there is one, and
 * who finds no chair comes again; until N have had their haircut. */
#include "bench/savina/queue.h"
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, ENTER, FULL, WAIT, NEXT, START, DONE, RETURNED, EXIT, HAIRCUTS };
enum { N, W, APR, AHR };

/* How long something takes that takes so long on the average. */
static void spend(struct savina_random *random, uint64_t average)
{
    java_busy_wait(savina_below(random, (uint32_t)average) + 10);
}

/* --- customers: without a chair they go back to the factory --- */

struct customer {
    weft_pid factory;
};

static weft_next be_served(weft_self *self, void *state, weft_msg *msg)
{
    struct customer *customer = state;

    if (weft_tag(msg) == FULL)
        weft_cast(self, customer->factory, weft_signal(RETURNED));
    if (weft_tag(msg) != DONE)
        return weft_stay(self); /* WAIT and START only inform */
    weft_cast(self, customer->factory, weft_signal(DONE));
    return weft_stop(self);
}

static const weft_behavior customer_behavior = WEFT_BEHAVIOR(
    "customer", struct customer, be_served, .args_size = sizeof(struct customer));

/* --- the barber --- */

struct barber {
    uint64_t average;
    struct savina_random random;
    uint64_t haircuts;
};

static weft_next cut(weft_self *self, void *state, weft_msg *msg)
{
    struct barber *barber = state;
    weft_pid customer = weft_word(msg);

    if (weft_tag(msg) == EXIT) {
        weft_cast_word(self, customer, HAIRCUTS, barber->haircuts);
        return weft_stop(self);
    }
    if (weft_tag(msg) == WAIT)
        return weft_stay(self);
    weft_cast(self, customer, weft_signal(START));
    spend(&barber->random, barber->average);
    barber->haircuts++;
    weft_cast(self, customer, weft_signal(DONE));
    weft_reply(self, msg, weft_signal(NEXT));
    return weft_stay(self);
}

static const weft_behavior barber_behavior =
    WEFT_BEHAVIOR("barber", struct barber, cut, .args_size = sizeof(struct barber));

/* --- the room --- */

struct room {
    weft_pid barber;
    uint64_t chairs;
    bool awake; /* the barber */
    struct queue waiting;
};

static void room_destroy(void *state)
{
    queue_done(&((struct room *)state)->waiting);
}

static void enter(weft_self *self, struct room *room, weft_pid customer)
{
    if (room->waiting.count == room->chairs) {
        weft_cast(self, customer, weft_signal(FULL));
        return;
    }
    queue_push(&room->waiting, customer);
    if (room->awake)
        weft_cast(self, customer, weft_signal(WAIT));
    else
        weft_cast(self, weft_self_pid(self), weft_signal(NEXT));
    room->awake = true;
}

static weft_next wait(weft_self *self, void *state, weft_msg *msg)
{
    struct room *room = state;

    if (weft_tag(msg) == EXIT) {
        weft_cast_word(self, room->barber, EXIT, weft_sender(msg));
        return weft_stop(self);
    }
    if (weft_tag(msg) == ENTER) {
        enter(self, room, weft_word(msg));
    } else if (room->waiting.count > 0) {
        weft_cast_word(self, room->barber, ENTER, queue_pop(&room->waiting));
    } else {
        weft_cast(self, room->barber, weft_signal(WAIT));
        room->awake = false;
    }
    return weft_stay(self);
}

static const weft_behavior room_behavior = WEFT_BEHAVIOR(
    "room", struct room, wait, .destroy = room_destroy, .args_size = sizeof(struct room));

/* --- the factory, which is the root --- */

struct factory {
    struct savina_run *run;
    weft_pid room;
    uint64_t made;
    uint64_t served;
    struct savina_random random;
};

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct factory *factory = state;
    uint64_t n = factory->run->param[N];

    switch (weft_tag(msg)) {
    case RETURNED:
        weft_cast_word(self, factory->room, ENTER, weft_sender(msg));
        return weft_stay(self);
    case DONE:
        if (++factory->served == n)
            weft_cast(self, factory->room, weft_signal(EXIT));
        return weft_stay(self);
    default: /* HAIRCUTS */
        savina_end(factory->run);
        return savina_result(self, factory->run, weft_word(msg) == n);
    }
}

/* One customer at each call, so that others have their turn. */
static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct factory *factory = state;
    struct customer customer = {.factory = weft_self_pid(self)};

    (void)msg;
    weft_cast_word(self, factory->room, ENTER,
                   savina_spawn(self, &customer_behavior, &customer));
    spend(&factory->random, factory->run->param[APR]);
    if (++factory->made < factory->run->param[N])
        return weft_yield(self);
    return weft_become(self, collect);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct factory *factory = state;
    const uint64_t *param = factory->run->param;
    struct barber barber = {.average = param[AHR], .random = {SAVINA_SEED}};
    struct room room = {.chairs = param[W]};

    (void)msg;
    factory->random.value = SAVINA_SEED;
    savina_begin(factory->run);
    room.barber = savina_spawn(self, &barber_behavior, &barber);
    factory->room = savina_spawn(self, &room_behavior, &room);
    return weft_go_on(self, produce, GO, 0);
}

static const weft_behavior root = SAVINA_ROOT("factory", struct factory, start);

const struct savina savina_barber = {
    .name = "barber",
    .what = "a sleeping barber, a waiting room, busy waits",
    .param = {[N] = {"N", 5000, 30, .power = 1},
              [W] = {"W", 1000, 3, .power = 0},
              [APR] = {"APR", 1000, 10, .power = 0},
              [AHR] = {"AHR", 1000, 10, .power = 0}},
    .root = &root,
};
