/* media/base/log.c: what a line looks like and which are wanted, read back from standard error. */
#define HOP_LOG_MODULE "ice"
#include "media/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int pipe_fds[2], saved;

static void capture(void)
{
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
}

static size_t captured(char *buf, size_t cap)
{
    ssize_t n = read(pipe_fds[0], buf, cap - 1);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    n = n < 0 ? 0 : n;
    buf[n] = '\0';
    return (size_t)n;
}

static void levels_per_module(void **state)
{
    (void)state;
    assert_int_equal(hop_log_configure("warn,ice=debug,dtls=error"), 0);
    assert_true(hop_log_enabled(HOP_LOG_DEBUG, "ice"));
    assert_true(hop_log_enabled(HOP_LOG_WARN, "route"));
    assert_false(hop_log_enabled(HOP_LOG_INFO, "route"));
    assert_false(hop_log_enabled(HOP_LOG_WARN, "dtls"));
    assert_true(hop_log_enabled(HOP_LOG_ERROR, "dtls"));
    assert_int_equal(hop_log_configure("info"), 0);
    assert_false(hop_log_enabled(HOP_LOG_DEBUG, "ice"));
    assert_true(hop_log_enabled(HOP_LOG_WARN, "dtls"));
}

static void bad_specs_change_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "loud", "info,", "ice=", "=info", "ice=loud", "info,a-name-that-is-much-too-long=info"
    };
    assert_int_equal(hop_log_configure("info,ice=debug"), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(hop_log_configure(bad[i]), -EINVAL);
    assert_true(hop_log_enabled(HOP_LOG_DEBUG, "ice"));
    assert_false(hop_log_enabled(HOP_LOG_DEBUG, "other"));
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    char text[2048];
    assert_int_equal(hop_log_configure("info"), 0);
    capture();
    hop_info("from %s", "x\n2026-01-01T00:00:00.000Z error auth: forged\x1b[2J");
    hop_debug("not wanted");
    size_t len = captured(text, sizeof(text));
    assert_true(len > 0);
    assert_non_null(
        strstr(text, " info  ice: from x?2026-01-01T00:00:00.000Z error auth: forged?[2J\n"));
    assert_ptr_equal(strchr(text, '\n'), text + len - 1);
}

static void a_long_message_is_cut(void **state)
{
    (void)state;
    char text[4096], message[3000];
    memset(message, 'a', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    capture();
    hop_error("%s", message);
    size_t len = captured(text, sizeof(text));
    assert_int_equal(len, 1024);
    assert_int_equal(text[len - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_per_module),
        cmocka_unit_test(bad_specs_change_nothing),
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(a_long_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
