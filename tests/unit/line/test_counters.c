/* What is counted on an impaired line: tests/line/counters. */
#include "tests/line/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000LL

static struct hop_line_counters *make(void)
{
    struct hop_line_counters *c = malloc(sizeof(*c));
    assert_non_null(c);
    hop_line_counters_begin(c, 5000 * MS);
    return c;
}

static char *printed(void (*print)(const struct hop_line_counters *, int64_t, FILE *),
                     const struct hop_line_counters *c, int64_t arg)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    print(c, arg, f);
    fclose(f);
    return text;
}

static void percentiles_are_within_three_percent(void **state)
{
    (void)state;
    struct hop_line_counters *c = make();
    assert_int_equal(hop_line_counters_wait_us(c, 95), 0);
    for (int64_t us = 1; us <= 100000; us++)
        hop_line_counters_wait(c, us * 1000, 5000 * MS);
    const double percents[] = { 0.05, 1, 50, 95, 99, 100 };
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double want = percents[i] * 1000;
        uint64_t got = hop_line_counters_wait_us(c, percents[i]);
        assert_true((double)got >= want && (double)got <= want * 1.033);
    }
    hop_line_counters_reset(c, 6000 * MS);
    hop_line_counters_wait(c, 3600 * 1000 * MS, 6000 * MS); /* beyond the last bucket */
    assert_int_equal(hop_line_counters_wait_us(c, 50), (1 << 30) - 1);
    free(c);
}

static void json_says_what_was_counted(void **state)
{
    (void)state;
    struct hop_line_counters *c = make();
    hop_line_counters_packet(c, HOP_LINE_IN, 1000, 5010 * MS);
    hop_line_counters_packet(c, HOP_LINE_IN, 500, 5020 * MS);
    hop_line_counters_packet(c, HOP_LINE_OUT, 1000, 5250 * MS);
    hop_line_counters_packet(c, HOP_LINE_LOST, 500, 5260 * MS);
    hop_line_counters_wait(c, 40 * MS, 5010 * MS);
    hop_line_counters_wait(c, 20 * MS, 5020 * MS);
    char *text = printed(hop_line_counters_print, c, 5500 * MS);
    assert_non_null(strstr(text,
                           "{\"seconds\":0.500,\"in\":{\"packets\":2,\"bytes\":1500},\"out\":{"
                           "\"packets\":1,\"bytes\":1000},\"overflow\":{\"packets\":0,"));
    assert_non_null(strstr(text, "\"lost\":{\"packets\":1,\"bytes\":500}"));
    assert_non_null(strstr(text, "\"max\":40.000}}"));
    free(text);
    text = printed(hop_line_counters_print_tenths, c, 0);
    assert_string_equal(text, "[[0,1500,0,0,0,0,30.000,40.000],[100,0,0,0,0,0,0.000,0.000],"
                              "[200,0,1000,1,0,1,0.000,0.000]]");
    free(text);
    text = printed(hop_line_counters_print_tenths, c, 150);
    assert_string_equal(text, "[[200,0,1000,1,0,1,0.000,0.000]]");
    free(text);
    free(c);
}

static void old_tenths_make_room(void **state)
{
    (void)state;
    struct hop_line_counters *c = make();
    for (int64_t i = 0; i < HOP_LINE_TENTHS + 2; i++)
        hop_line_counters_packet(c, HOP_LINE_OUT, 1, (5000 + i * 100) * MS);
    char *text = printed(hop_line_counters_print_tenths, c, 0);
    assert_memory_equal(text, "[[200,0,1,1,", 12);
    free(text);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_three_percent),
        cmocka_unit_test(json_says_what_was_counted),
        cmocka_unit_test(old_tenths_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
