/* Which variant a listener gets: from his reports, and when he moves. */
#include "media/base/audio_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

static uint16_t reports(struct hop_audio_choice *choice, int64_t *now_us, int n, uint16_t permille)
{
    uint16_t told = choice->told;
    for (int i = 0; i < n; i++, *now_us += SECOND)
        told = hop_audio_choice_report(choice, permille, *now_us);
    assert_int_equal(told, choice->told);
    return told;
}

static void the_variant_follows_the_loss(void **state)
{
    struct hop_audio_choice choice = { 0 };
    int64_t now_us = SECOND;
    (void)state;

    assert_int_equal(reports(&choice, &now_us, 20, 10), 0); /* 1 %: concealed well enough */
    assert_int_equal(reports(&choice, &now_us, 1, 40), 0);  /* one bad report is no line */
    assert_int_equal(reports(&choice, &now_us, 5, 50), 50);
    assert_int_equal(choice.wanted, HOP_AUDIO_LOSSY);
    assert_int_equal(reports(&choice, &now_us, 10, 140), 150);
    assert_int_equal(reports(&choice, &now_us, 10, 120), 150); /* not worth a change */
    assert_int_equal(reports(&choice, &now_us, 10, 90), 150);
    assert_int_equal(reports(&choice, &now_us, 10, 60), 100);
    assert_int_equal(reports(&choice, &now_us, 10, 999), 300);
    assert_int_equal(reports(&choice, &now_us, 10, UINT16_MAX), 300);
}

static void it_stays_lossy_for_a_while(void **state)
{
    struct hop_audio_choice choice = { 0 };
    int64_t now_us = SECOND;
    int stayed = 0;
    (void)state;

    reports(&choice, &now_us, 10, 40);
    while (reports(&choice, &now_us, 1, 0) > 0 && stayed < 100)
        stayed++;
    assert_in_range(stayed, 15, 30);
    assert_int_equal(choice.wanted, HOP_AUDIO_CLEAN);
    /* Short bursts, ten seconds apart, do not make it go back and forth. */
    reports(&choice, &now_us, 10, 40);
    for (int i = 0; i < 10; i++) {
        assert_true(reports(&choice, &now_us, 9, 0) > 0);
        assert_true(reports(&choice, &now_us, 1, 100) > 0);
    }
}

static struct hop_audio_tick *tick_of(const char *clean, const char *lossy)
{
    static struct hop_audio_tick tick;
    memset(&tick, 0, sizeof(tick));
    tick.shared[0].len = (uint16_t)strlen(clean);
    tick.shared[1].len = (uint16_t)strlen(lossy);
    memcpy(tick.shared[0].data, clean, strlen(clean));
    memcpy(tick.shared[1].data, lossy, strlen(lossy));
    return &tick;
}

static void he_moves_where_a_frame_stands_alone(void **state)
{
    struct hop_audio_choice choice = { .wanted = HOP_AUDIO_LOSSY };
    struct hop_audio_tick *tick = tick_of("clean", "lossy");
    (void)state;

    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[0]);
    tick->shared[1].alone = true;
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[1]);
    tick->shared[1].alone = false;
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[1]);
    /* Missed it on the way back: not for ever. */
    choice.wanted = HOP_AUDIO_CLEAN;
    int waited = 0;
    while (hop_audio_choice_take(&choice, tick, 3, 0) != &tick->shared[0] && waited < 100)
        waited++;
    assert_in_range(waited, 60, 90);
}

static void he_moves_in_silence(void **state)
{
    struct hop_audio_choice choice = { .wanted = HOP_AUDIO_LOSSY };
    struct hop_audio_tick *tick = tick_of("", "");
    (void)state;

    assert_int_equal(hop_audio_choice_take(&choice, tick, 3, 0)->len, 0);
    tick = tick_of("clean", "lossy");
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[1]);
    tick = tick_of("clean", ""); /* the mixer forgot him: better that than nothing */
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[0]);
}

static void groups_get_their_own(void **state)
{
    struct hop_audio_choice choice = { .wanted = HOP_AUDIO_LOSSY };
    struct hop_audio_tick *tick = tick_of("clean", "lossy");
    (void)state;

    tick->n_owns = 2;
    tick->owns[0].peer = 3;
    tick->owns[1].peer = 9;
    tick->owns[1].hall = 7;
    assert_ptr_equal(hop_audio_own_of(tick, 3, 0), &tick->owns[0].payload);
    assert_ptr_equal(hop_audio_own_of(tick, 4, 7), &tick->owns[1].payload);
    assert_null(hop_audio_own_of(tick, 4, 8));
    assert_null(hop_audio_own_of(tick, 4, 0));
    assert_null(hop_audio_own_of(tick, 9, 0));
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->owns[0].payload);
    tick->n_owns = 0; /* and comes back to what he needs */
    assert_ptr_equal(hop_audio_choice_take(&choice, tick, 3, 0), &tick->shared[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variant_follows_the_loss),
        cmocka_unit_test(it_stays_lossy_for_a_while),
        cmocka_unit_test(he_moves_where_a_frame_stands_alone),
        cmocka_unit_test(he_moves_in_silence),
        cmocka_unit_test(groups_get_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
