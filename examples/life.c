/* life.c: how actors begin and end, and who is told.
 *
 * Five actors of one behaviour end in five ways. Their hooks are counted here, on_exit
 * keeps the reasons, and mail to one that has ended is counted by the runtime. */
#include <inttypes.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft.h>

enum { FAIL_REFUSED = 7 };
enum { QUITS, STOPPED, KILLED, REFUSED, STAYS, ROOMS };

/* --- what main knows: written by the workers --- */

static sem_t inited, ended; /* posted once for each init, and for each end */
static atomic_uint stops, destroys, ends;
static weft_pid ended_pid[ROOMS]; /* in the order of their ends */
static weft_reason ended_reason[ROOMS];

static void wait_for(sem_t *what, int times)
{
    while (times > 0)
        times -= sem_wait(what) == 0;
}

/* The runtime calls it once for each actor, perhaps on several threads at a time. */
static void on_exit_keep(void *context, weft_pid pid, const weft_reason *reason)
{
    unsigned place = atomic_fetch_add(&ends, 1);

    (void)context;
    ended_pid[place] = pid;
    ended_reason[place] = *reason;
    sem_post(&ended);
}

/* --- the actor: owns some memory, so that destroy has something to do --- */

struct room {
    char *furniture;
};

/* The args are the room's size. */
static weft_next room_init(weft_self *self, void *state, const void *args)
{
    struct room *room = state;
    const size_t *size = args;

    sem_post(&inited);
    if (*size == 0)
        return weft_fail(self, FAIL_REFUSED, "a room of no size");
    room->furniture = calloc(1, *size);
    return weft_stay(self);
}

/* Whatever it is told, it quits. */
static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stop(self);
}

static void room_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)state, (void)reason;
    atomic_fetch_add(&stops, 1);
}

/* Runs after a failed init too: the state was zeroed, and free takes NULL. */
static void room_destroy(void *state)
{
    free(((struct room *)state)->furniture);
    atomic_fetch_add(&destroys, 1);
}

static const weft_behavior room =
    WEFT_BEHAVIOR("room", struct room, living, .init = room_init, .stop = room_stop,
                  .destroy = room_destroy, .args_size = sizeof(size_t));

/* --- five ways to end --- */

static int live(weft_runtime *rt, weft_pid pid[ROOMS])
{
    for (int i = 0; i < ROOMS; i++) {
        size_t size = i == REFUSED ? 0 : 64;

        if (weft_rt_spawn(rt, &room, &size, &pid[i]) < 0)
            return 1;
    }
    wait_for(&inited, ROOMS); /* one that is killed before has no hooks to run */

    weft_rt_cast_word(rt, pid[QUITS], 1, 0);
    weft_rt_stop_actor(rt, pid[STOPPED]);
    weft_rt_kill_actor(rt, pid[KILLED]);
    wait_for(&ended, ROOMS - 1); /* all but the one that stays */

    for (int i = 0; i < 3; i++) /* nobody is there to read them: dead letters */
        weft_rt_cast_word(rt, pid[KILLED], 1, 0);
    return weft_stop_all(rt, WEFT_SEC(30));
}

/* Three had a stop hook: not the killed one, and not the one whose init failed. */
static bool check(const weft_runtime *rt, const weft_pid pid[ROOMS])
{
    static const char *const name[] = {"quits", "stopped", "killed", "refused", "stays"};
    static const enum weft_exit_kind expected[] = {WEFT_EXIT_NORMAL, WEFT_EXIT_STOPPED,
                                                   WEFT_EXIT_KILLED, WEFT_EXIT_FAILED,
                                                   WEFT_EXIT_SHUTDOWN};
    bool good = ends == ROOMS && stops == 3 && destroys == ROOMS;
    weft_stats stats;
    uint64_t dead;

    for (int i = 0; i < ROOMS; i++) {
        int who = 0;

        while (who < STAYS && pid[who] != ended_pid[i])
            who++;
        printf("%-8s exit %d, code %d\n", name[who], (int)ended_reason[i].exit,
               ended_reason[i].code);
        good = good && ended_reason[i].exit == expected[who];
    }
    weft_stats_read(rt, &stats);
    dead = stats.dead[WEFT_DEAD_NO_ACTOR] + stats.dead[WEFT_DEAD_ENDED];
    printf("%u stops, %u destroyed, %" PRIu64 " dead letters\n", stops, destroys, dead);
    return good && dead == 3;
}

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid[ROOMS];
    weft_options options;
    int code;

    weft_options_init(&options);
    options.on_exit = on_exit_keep;
    if (sem_init(&inited, 0, 0) < 0 || sem_init(&ended, 0, 0) < 0)
        return 1;
    code = weft_start(&rt, &options);
    if (code == 0)
        code = live(rt, pid);
    if (code == 0)
        code = check(rt, pid) ? 0 : 1;
    if (code < 0)
        fprintf(stderr, "life: %s\n", weft_strerror(code));
    return weft_finish(rt, WEFT_SEC(30)) == 0 && code == 0 ? 0 : 1;
}
