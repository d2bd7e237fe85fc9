/* Key frame requests: merged, paced, retried, forgotten. */
#include "media/route/keyframe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static void nothing_is_asked_unwanted(void **state)
{
    (void)state;
    struct hop_keyframe k = { 0 };
    assert_false(hop_keyframe_due(&k, NOW));
    assert_true(hop_keyframe_deadline(&k) == INT64_MAX);
}

static void wishes_are_merged_and_retried(void **state)
{
    (void)state;
    struct hop_keyframe k = { 0 };
    hop_keyframe_want(&k);
    assert_true(hop_keyframe_due(&k, NOW));
    for (int i = 0; i < 100; i++)
        hop_keyframe_want(&k);
    assert_false(hop_keyframe_due(&k, NOW));
    assert_false(hop_keyframe_due(&k, NOW + HOP_KEYFRAME_INTERVAL_US - 1));
    assert_true(hop_keyframe_deadline(&k) == NOW + HOP_KEYFRAME_INTERVAL_US);
    assert_true(hop_keyframe_due(&k, NOW + HOP_KEYFRAME_INTERVAL_US));
    assert_int_equal(k.requests, 2);
    assert_int_equal(k.unanswered, 2);
}

static void a_key_frame_grants_all_but_keeps_the_pace(void **state)
{
    (void)state;
    struct hop_keyframe k = { 0 };
    hop_keyframe_want(&k);
    assert_true(hop_keyframe_due(&k, NOW));
    hop_keyframe_arrived(&k, NOW + 50000);
    assert_false(hop_keyframe_due(&k, NOW + 5 * HOP_KEYFRAME_INTERVAL_US));
    assert_int_equal(k.unanswered, 0);
    hop_keyframe_arrived(&k, NOW + 100000);
    hop_keyframe_want(&k);
    assert_false(hop_keyframe_due(&k, NOW + 200000));
    assert_true(hop_keyframe_due(&k, NOW + HOP_KEYFRAME_INTERVAL_US));
}

static void who_does_not_answer_is_asked_more_slowly(void **state)
{
    (void)state;
    struct hop_keyframe k = { 0 };
    hop_keyframe_want(&k);
    unsigned asked = 0;
    for (int64_t now = NOW; now < NOW + 60000000; now += 10000)
        asked += hop_keyframe_due(&k, now);
    unsigned slow =
        (60000000 - HOP_KEYFRAME_EAGER * HOP_KEYFRAME_INTERVAL_US) / HOP_KEYFRAME_SLOW_US;
    assert_in_range(asked, HOP_KEYFRAME_EAGER + slow - 1, HOP_KEYFRAME_EAGER + slow + 1);
}

static void a_complaint_right_after_a_key_frame_is_old_news(void **state)
{
    (void)state;
    struct hop_keyframe k = { 0 };
    hop_keyframe_complain(&k, NOW);
    assert_true(k.wanted);
    hop_keyframe_arrived(&k, NOW);
    hop_keyframe_complain(&k, NOW + HOP_KEYFRAME_GRACE_US - 1);
    assert_false(k.wanted);
    hop_keyframe_complain(&k, NOW + HOP_KEYFRAME_GRACE_US);
    assert_true(k.wanted);
    hop_keyframe_forget(&k);
    assert_false(k.wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_unwanted),
        cmocka_unit_test(wishes_are_merged_and_retried),
        cmocka_unit_test(a_key_frame_grants_all_but_keeps_the_pace),
        cmocka_unit_test(who_does_not_answer_is_asked_more_slowly),
        cmocka_unit_test(a_complaint_right_after_a_key_frame_is_old_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
