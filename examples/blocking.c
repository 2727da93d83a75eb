/* blocking.c: work that blocks, and its answers as mail.
 *
 *   main --logins--> gate --weft_offload--> check_password, on the pool
 *                     ^---the verdict, as ordinary mail---'
 *
 * A password's hash is made slow on purpose. The gate, an actor, must not compute it in a
 * step: others of its worker would wait. It offloads it, goes on, and has the verdict, or a
 * failure, in its mailbox later. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <weft.h>

enum { LOGINS = 6, ROUNDS = 200000 };
enum { TAG_LOGIN = 1, TAG_VERDICT };
enum { EMPTY_PASSWORD = 1 }; /* an error of this program's own */

#define LOGIN_FIELDS(F) F(uint64_t, user) F(char, password[24])
WEFT_BLOCK(login, TAG_LOGIN, LOGIN_FIELDS, NULL)

#define VERDICT_FIELDS(F) F(uint64_t, user) F(uint64_t, welcome)
WEFT_MESSAGE(verdict, TAG_VERDICT, VERDICT_FIELDS)

static uint64_t slow_hash(uint64_t user, const char *password)
{
    uint64_t h = user;

    for (int i = 0; i < ROUNDS; i++)
        for (const char *c = password; *c != '\0'; c++)
            h = (h ^ (uint64_t)*c) * 1099511628211u;
    return h;
}

/* On a thread of the pool: no self, nothing shared with the actor. args is a copy. */
static void check_password(weft_work *work, const void *args)
{
    const struct login *login = args;
    const uint64_t expected = slow_hash(login->user, "open sesame");

    if (login->password[0] == '\0')
        weft_work_fail(work, EMPTY_PASSWORD);
    else
        weft_work_answer(
            work, verdict_msg(login->user,
                              slow_hash(login->user, login->password) == expected));
}

struct gate {
    unsigned welcome, refused, failed;
};

static weft_next guarding(weft_self *self, void *state, weft_msg *msg)
{
    struct gate *gate = state;
    const struct login *login = login_at(msg);
    weft_work_failed failed;
    struct verdict verdict;

    if (login != NULL) {
        if (weft_offload(self, check_password, login, sizeof *login, login->user) < 0)
            gate->failed++; /* WEFT_EFULL, say: more than we can bear */
    } else if (verdict_get(msg, &verdict)) {
        gate->welcome += verdict.welcome != 0;
        gate->refused += verdict.welcome == 0;
    } else if (weft_work_failed_get(msg, &failed)) {
        printf("user %" PRIu64 ": error %d\n", failed.ref, failed.error);
        gate->failed++;
    }
    if (gate->welcome + gate->refused + gate->failed == LOGINS) {
        printf("%u welcome, %u refused, %u failed\n", gate->welcome, gate->refused,
               gate->failed);
        weft_exit(self, gate->welcome == 3 && gate->refused == 2 ? 0 : 1);
    }
    return weft_stay(self);
}

static const weft_behavior gate = WEFT_BEHAVIOR("gate", struct gate, guarding);

int main(void)
{
    static const char *const passwords[LOGINS] = {
        "open sesame", "open", "open sesame", "", "open sesame", "sesame"};
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &gate, NULL, &pid) == 0) {
        for (uint64_t user = 0; user < LOGINS; user++) {
            struct login login = {.user = user};

            strncpy(login.password, passwords[user], sizeof login.password - 1);
            weft_rt_cast(rt, pid, login_msg(&login));
        }
        code = weft_run(rt);
    }
    return weft_finish(rt, WEFT_SEC(30)) == 0 ? code : 1;
}
