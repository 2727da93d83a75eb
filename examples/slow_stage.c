/* slow_stage.c: a pipeline whose last stage is slow does not eat the memory, and nobody has to
 * think of it.
 *
 *   reader ---number---> squarer ---square---> printer   (slow)
 *
 * The reader could read for ever. But both mailboxes hold their senders: when a hundred squares
 * wait, the squarer has no turn until half of them are printed, and so its own mailbox fills,
 * and the reader has no turn either. Its code knows nothing of that. */
#include <stdio.h>

#include <weft.h>

enum { TAG_READ = 1, TAG_NUMBER, NUMBERS = 20000, BATCH = 10, ROOM = 100 };

/* --- the reader: ten numbers a step, and again --- */

struct reader {
    weft_pid to;
    uint64_t next;
};

static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    struct reader *reader = state;

    (void)msg;
    for (int i = 0; i < BATCH; i++)
        weft_cast_word(self, reader->to, TAG_NUMBER, reader->next++);
    if (reader->next < NUMBERS)
        weft_cast_word(self, weft_self_pid(self), TAG_READ, 0);
    return weft_stay(self);
}

static const weft_behavior reader =
    WEFT_BEHAVIOR("reader", struct reader, reading, .args_size = sizeof(struct reader));

/* --- the squarer --- */

static weft_next squaring(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *to = state;

    weft_cast_word(self, *to, TAG_NUMBER, weft_word(msg) * weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior squarer =
    WEFT_BEHAVIOR("squarer", weft_pid, squaring, .args_size = sizeof(weft_pid),
                  .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);

/* --- the printer --- */

struct printer {
    uint64_t printed, sum;
    uint32_t most; /* that were seen waiting */
};

static void work(void)
{
    for (volatile int i = 0; i < 1000; i++)
        continue;
}

static weft_next printing(weft_self *self, void *state, weft_msg *msg)
{
    struct printer *printer = state;
    weft_actor_info me = {.size = sizeof me};

    work();
    printer->sum += weft_word(msg);
    if (weft_actor_read(weft_self_runtime(self), weft_self_pid(self), &me) == 0 &&
        me.waiting > printer->most)
        printer->most = me.waiting;
    if (++printer->printed < NUMBERS)
        return weft_stay(self);
    printf("%d squares, their sum is %llu; no more than %d ever waited: %s\n", NUMBERS,
           (unsigned long long)printer->sum, 2 * ROOM,
           printer->most <= 2 * ROOM ? "yes" : "no");
    weft_exit(self, printer->most <= 2 * ROOM ? 0 : 1);
    return weft_stay(self);
}

static const weft_behavior printer =
    WEFT_BEHAVIOR("printer", struct printer, printing, .mailbox_max = ROOM,
                  .overflow = WEFT_OVERFLOW_HOLD);

int main(void)
{
    weft_options options;
    weft_runtime *rt = NULL;
    struct reader args = {0};
    weft_pid last, first;
    int error, code;

    weft_options_init(&options);
    error = weft_start(&rt, &options);
    if (error < 0) {
        fprintf(stderr, "weft: %s\n", weft_strerror(error));
        return 1;
    }
    error = weft_rt_spawn(rt, &printer, NULL, &last);
    if (error == 0)
        error = weft_rt_spawn(rt, &squarer, &last, &args.to);
    if (error == 0)
        error = weft_rt_spawn(rt, &reader, &args, &first);
    if (error == 0)
        error = weft_rt_cast_word(rt, first, TAG_READ, 0);
    code = error == 0 ? weft_run(rt) : 1;
    weft_finish(rt, WEFT_SEC(5));
    return code;
}
