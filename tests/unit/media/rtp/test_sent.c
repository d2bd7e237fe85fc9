/* The log of sent packets: found by the outgoing number, once per round trip, a bounded number of
 * times. */
#include "media/rtp/sent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void finds_and_forgets(void **state)
{
    (void)state;
    struct hop_sent_entry ring[8];
    struct hop_sent log;
    hop_sent_init(&log, ring, 8);
    assert_null(hop_sent_take(&log, 0, 0, 9, 1000)); /* an empty log, also for number 0 */
    for (unsigned i = 0; i < 10; i++) {
        struct hop_sent_entry e = { .in = 5000 + i, .source = 3, .seq = (uint16_t)(65530 + i) };
        hop_sent_note(&log, &e);
    }
    assert_null(hop_sent_take(&log, 65530, 0, 9, 1000));
    assert_null(hop_sent_take(&log, 65531, 0, 9, 1000));
    const struct hop_sent_entry *e = hop_sent_take(&log, 65532, 0, 9, 1000);
    assert_non_null(e);
    assert_int_equal(e->in, 5002);
    assert_int_equal(e->source, 3);
    e = hop_sent_take(&log, 3, 0, 9, 1000);
    assert_non_null(e);
    assert_int_equal(e->in, 5009);
    assert_null(hop_sent_take(&log, 4, 0, 9, 1000));
}

static void answers_are_spaced_and_counted(void **state)
{
    (void)state;
    struct hop_sent_entry ring[4];
    struct hop_sent log;
    const struct hop_sent_entry e = { .seq = 1, .resent = 9, .sent_us = 1000000 };
    hop_sent_init(&log, ring, 4);
    hop_sent_note(&log, &e);
    assert_null(hop_sent_take(&log, 1, 50000, 2, 1049999));
    assert_non_null(hop_sent_take(&log, 1, 50000, 2, 1050000));
    assert_null(hop_sent_take(&log, 1, 50000, 2, 1099999));
    assert_non_null(hop_sent_take(&log, 1, 50000, 2, 1100000));
    assert_null(hop_sent_take(&log, 1, 50000, 2, 9000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_and_forgets),
        cmocka_unit_test(answers_are_spaced_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
