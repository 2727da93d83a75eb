/* test/support/install_test.c: a test program of somebody who has only installed Weft.
 *
 * tools/dev/check_install compiles it outside the tree, in C and in C++, with weft-test.pc. */
#include <weft.h>
#include <weft/test.h>

#define NUMBER_FIELDS(F) F(int64_t, value)
WEFT_MESSAGE(number, 1, NUMBER_FIELDS)

int main(void)
{
    weft_test *test = NULL;
    weft_probe *probe = NULL;
    weft_mock *mock = NULL;
    struct number number = {0};
    unsigned failures;

    if (weft_test_start(&test, NULL) < 0 || weft_probe_open(test, "probe", &probe) < 0 ||
        weft_mock_open(test, "mock", &mock) < 0 ||
        weft_mock_on(mock, weft_match_any(), weft_act_reply(number_msg(42))) < 0)
        return 1;
    weft_probe_cast(probe, weft_mock_pid(mock), weft_signal(2));
    if (!WEFT_PROBE_GET(probe, number, &number, 0) || number.value != 42)
        return 2;
    if (weft_probe_expect(probe, weft_match_any(), 0) != NULL)
        return 3;
    failures = weft_test_failures(test);
    return weft_test_stop(test) && weft_test_free(test) == 0 && failures == 1 ? 0 : 4;
}
