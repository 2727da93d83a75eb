/* foreman.c: jobs that may fail, each with a scribe that it is linked with.
 *
 * A job and its scribe live and die together: the scribe, deep in its work, finds an empty line
 * and fails; so does its job, and nobody had to write that. The foreman is linked with the jobs
 * and traps exits: it counts them, and starts a failed one's work again. A client watches the
 * foreman, and hears that all is done. */
#include <stdio.h>

#include <weft.h>

enum { JOBS = 20, LINES = 5 };
enum { TAG_JOB = 1, TAG_LINE, TAG_LAST };
enum { EMPTY_LINE = 7 };

/* --- the scribe --- */

static void write_line(weft_self *self, uint64_t line)
{
    if (line == 0)
        weft_fail_now(self, EMPTY_LINE, "an empty line"); /* does not return */
}

static weft_next scribbling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_LAST)
        return weft_stop(self); /* a normal end: the job is told nothing */
    write_line(self, weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior scribe = WEFT_STATELESS("scribe", scribbling);

/* --- the job --- */

struct job {
    uint64_t number; /* the args begin the state */
    weft_pid scribe;
};

static weft_next job_init(weft_self *self, void *state, const void *args)
{
    struct job *job = state;
    int error = weft_spawn_link(self, &scribe, NULL, &job->scribe);

    job->number = *(const uint64_t *)args;
    if (error < 0)
        return weft_fail(self, error, "no scribe");
    weft_cast_word(self, weft_self_pid(self), TAG_JOB, 0);
    return weft_stay(self);
}

/* Jobs with an odd number have an empty line in them. */
static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    const struct job *job = state;

    (void)msg;
    for (uint64_t line = LINES; line > 0; line--)
        weft_cast_word(self, job->scribe, TAG_LINE, line - job->number % 2);
    if (job->number % 2 == 1)
        return weft_stay(self); /* its end comes from the scribe */
    weft_cast_word(self, job->scribe, TAG_LAST, 0);
    return weft_stop(self);
}

static const weft_behavior job = WEFT_BEHAVIOR(
    "job", struct job, working, .init = job_init, .args_size = sizeof(uint64_t));

/* --- the foreman --- */

struct foreman {
    unsigned done, failed;
};

static int give_out(weft_self *self, uint64_t number)
{
    return weft_spawn_link(self, &job, &number, NULL);
}

static weft_next foreman_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_trap_exits(self, true) < 0 ? weft_fail(self, 1, "no memory")
                                           : weft_stay(self);
}

static weft_next directing(weft_self *self, void *state, weft_msg *msg)
{
    struct foreman *foreman = state;
    weft_link_exit ended;
    int error = 0;

    if (weft_link_exit_get(msg, &ended)) {
        bool failed = ended.reason.exit == WEFT_EXIT_LINKED; /* its scribe did */

        foreman->failed += failed && ended.reason.code == EMPTY_LINE;
        foreman->done += !failed;
        if (failed)
            error = give_out(self, 0); /* once more, without the line */
    } else {
        for (uint64_t i = 0; i < JOBS && error == 0; i++)
            error = give_out(self, i);
    }
    if (error < 0)
        return weft_fail(self, error, "no job");
    if (foreman->done < JOBS)
        return weft_stay(self);
    printf("%u jobs done, %u of them twice\n", foreman->done, foreman->failed);
    return foreman->failed == JOBS / 2 ? weft_stop(self) : weft_fail(self, 1, "lost");
}

static const weft_behavior foreman =
    WEFT_BEHAVIOR("foreman", struct foreman, directing, .init = foreman_init);

/* --- the client --- */

static weft_next waiting(weft_self *self, void *state, weft_msg *msg)
{
    weft_down down;
    weft_pid pid;

    (void)state;
    if (weft_down_get(msg, &down)) {
        weft_exit(self, down.reason.exit == WEFT_EXIT_NORMAL ? 0 : 1);
        return weft_stop(self);
    }
    if (weft_spawn(self, &foreman, NULL, &pid) < 0 || weft_monitor(self, pid, NULL) < 0 ||
        weft_cast_word(self, pid, TAG_JOB, 0) < 0)
        return weft_fail(self, 1, "no foreman");
    return weft_stay(self);
}

static const weft_behavior client = WEFT_STATELESS("client", waiting);

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = weft_rt_spawn(rt, &client, NULL, &pid);
    if (code == 0)
        code = weft_rt_cast_word(rt, pid, TAG_JOB, 0);
    if (code == 0)
        code = weft_run(rt);
    if (code < 0)
        fprintf(stderr, "foreman: %s\n", weft_strerror(code));
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    return code == 0 ? 0 : 1;
}
