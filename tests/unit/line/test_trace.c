/* Scripts of an impaired line: tests/line/trace. */
#include "tests/line/trace.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS 1000000LL

static void steps_come_when_they_are_due(void **state)
{
    (void)state;
    struct hop_line_trace *t;
    unsigned bad = 0;
    const char *text = "# a walk through a house\n"
                       "0 down rate=4M\n"
                       "\n"
                       "10000 down rate=600k # the cellar\n"
                       "10000 both delay=50ms\n"
                       "25000.5 down rate=4M\n";
    assert_int_equal(hop_line_trace_new(text, false, 100 * MS, &t, &bad), 0);
    assert_int_equal(hop_line_trace_next_ns(t), 100 * MS);
    assert_null(hop_line_trace_step(t, 99 * MS));
    assert_string_equal(hop_line_trace_step(t, 100 * MS), "down rate=4M");
    assert_null(hop_line_trace_step(t, 10099 * MS));
    assert_string_equal(hop_line_trace_step(t, 10100 * MS), "down rate=600k ");
    assert_string_equal(hop_line_trace_step(t, 10100 * MS), "both delay=50ms");
    assert_null(hop_line_trace_step(t, 10100 * MS));
    assert_int_equal(hop_line_trace_next_ns(t), 25100 * MS + MS / 2);
    assert_string_equal(hop_line_trace_step(t, 30000 * MS), "down rate=4M");
    assert_null(hop_line_trace_step(t, 40000 * MS));
    assert_int_equal(hop_line_trace_next_ns(t), INT64_MAX);
    hop_line_trace_free(t);
    hop_line_trace_free(NULL);
}

static void a_loop_begins_again(void **state)
{
    (void)state;
    struct hop_line_trace *t;
    unsigned bad = 0;
    assert_int_equal(
        hop_line_trace_new("0 up loss=0\n500 up loss=50%\n800 end\n", true, 0, &t, &bad), 0);
    for (int64_t begin = 0; begin < 4000 * MS; begin += 800 * MS) {
        assert_int_equal(hop_line_trace_next_ns(t), begin ? begin : 0);
        assert_string_equal(hop_line_trace_step(t, begin), "up loss=0");
        assert_string_equal(hop_line_trace_step(t, begin + 500 * MS), "up loss=50%");
        assert_int_equal(hop_line_trace_next_ns(t), begin + 800 * MS);
        assert_null(hop_line_trace_step(t, begin + 799 * MS));
        if (begin < 3000 * MS) { /* the end is no step of its own */
            assert_string_equal(hop_line_trace_step(t, begin + 800 * MS), "up loss=0");
            hop_line_trace_free(t);
            assert_int_equal(hop_line_trace_new("0 up loss=0\n500 up loss=50%\n800 end\n", true,
                                                begin + 800 * MS, &t, &bad),
                             0);
        }
    }
    hop_line_trace_free(t);
}

static void wrong_scripts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool loop;
        unsigned line;
    } wrong[] = {
        { "soon down rate=1M\n", false, 1 },
        { "0 down rate=1M\n-1 up loss=0\n", false, 2 },
        { "5\n", false, 1 },
        { "10 down loss=0\n5 down loss=0\n", false, 2 },
        { "0 end\n1 down loss=0\n", false, 2 },
        { "0 down loss=0\n", true, 2 },
        { "0 down loss=0\n0 end\n", true, 3 },
        { "# nothing\n", false, 2 },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct hop_line_trace *t;
        unsigned bad = 0;
        assert_int_equal(hop_line_trace_new(wrong[i].text, wrong[i].loop, 0, &t, &bad), -EINVAL);
        assert_int_equal(bad, wrong[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_come_when_they_are_due),
        cmocka_unit_test(a_loop_begins_again),
        cmocka_unit_test(wrong_scripts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
