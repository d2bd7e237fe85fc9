/* The words of an impaired line: tests/line/settings. */
#include "tests/line/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void words_are_understood(void **state)
{
    (void)state;
    struct hop_line_settings s = hop_line_settings_default();
    char bad[64];
    assert_int_equal(hop_line_settings_parse("rate=0.6M buffer=300ms delay=25ms jitter=5ms:normal "
                                             "reorder=1 loss=5% burst=8 bad_loss=0.5",
                                             &s, bad),
                     0);
    assert_int_equal(s.rate_bps, 600000);
    assert_int_equal(s.buffer_ns, 300000000);
    assert_int_equal(s.delay_ns, 25000000);
    assert_int_equal(s.jitter_ns, 5000000);
    assert_int_equal(s.jitter, HOP_LINE_NORMAL);
    assert_true(s.reorder);
    assert_true(s.loss == 0.05 && s.burst == 8 && s.bad_loss == 0.5);
    assert_int_equal(hop_line_settings_parse("buffer=64k jitter=1.5ms", &s, bad), 0);
    assert_int_equal(s.buffer_ns, 0);
    assert_int_equal(s.buffer_bytes, 64000);
    assert_int_equal(s.jitter_ns, 1500000);
    assert_int_equal(s.jitter, HOP_LINE_UNIFORM);
    assert_int_equal(s.rate_bps, 600000); /* what is not said stays */
    assert_int_equal(hop_line_settings_parse("loss=80%", &s, bad), 0);
    assert_true(s.bad_loss == 0.8);
    assert_int_equal(hop_line_settings_parse("clean", &s, bad), 0);
    assert_int_equal(s.rate_bps, 0);
    assert_true(s.loss == 0);
    assert_int_equal(hop_line_settings_parse(" \t", &s, bad), 0);
}

static void wrong_words_change_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "rate",           "rate=",      "rate=fast", "rate=-1",  "rate=1Mbit", "rate=nan",
        "buffer=0",       "buffer=0ms", "delay=20",  "delay=2h", "delay=61s",  "jitter=5ms:gamma",
        "jitter=:normal", "reorder=2",  "loss=101%", "loss=5ms", "bad_loss=0", "burst=x",
        "burst=8x",       "speed=1",    "=1",        "cleaner",
    };
    const struct hop_line_settings before = hop_line_settings_default();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct hop_line_settings s = before;
        char text[128] = "delay=7ms ", bad[64] = "";
        strcat(text, wrong[i]);
        assert_int_equal(hop_line_settings_parse(text, &s, bad), -EINVAL);
        assert_string_equal(bad, wrong[i]);
        assert_memory_equal(&s, &before, sizeof(s));
    }
    char long_one[600], bad[64];
    struct hop_line_settings s = before;
    memset(long_one, ' ', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    assert_int_equal(hop_line_settings_parse(long_one, &s, bad), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_understood),
        cmocka_unit_test(wrong_words_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
