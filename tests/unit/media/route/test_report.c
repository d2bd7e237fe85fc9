/* Reports by the clock: rare where nothing flows, soon when something does; idle rooms tick rarely.
 */
#include "media/route/report.h"

#include "tests/unit/media/route/fixture.h"

static unsigned reports(struct fx *fx, int64_t us)
{
    fx_forget(fx);
    fx_run(fx, us);
    return fx_count(fx, 1, HOP_TX_RTCP);
}

static void mix_frame(struct fx *fx, uint32_t timestamp)
{
    struct hop_audio_tick *tick = calloc(1, sizeof(*tick));
    assert_non_null(tick);
    tick->timestamp = timestamp;
    tick->samples = 960;
    tick->shared[0].len = 3;
    hop_route_audio(fx->route, tick, fx->now_us);
    free(tick);
}

static void who_gets_nothing_is_told_little(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 1);
    reports(fx, 12000000);
    assert_in_range(reports(fx, 40000000), 3, 6); /* every 10 s ± a quarter */
    mix_frame(fx, 960);
    assert_in_range(reports(fx, 1300000), 1, 2);
    for (uint32_t t = 0; t < 250; t++) {
        mix_frame(fx, 1920 + t * 960);
        fx_run(fx, 20000);
        if (t == 99)
            fx_forget(fx);
    }
    assert_in_range(fx_count(fx, 1, HOP_TX_RTCP), 2, 4); /* of three seconds */
}

static int64_t next_in(struct fx *fx)
{
    return hop_route_tick(fx->route, fx->now_us, 1700000000000000) - fx->now_us;
}

static void an_idle_room_ticks_rarely(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 1);
    fx_join(fx, 2);
    fx_run(fx, 2000000);
    assert_true(next_in(fx) <= 100000);
    fx_run(fx, 3000000);
    fx_run(fx, next_in(fx));
    assert_in_range(next_in(fx), 800000, 1000000);
    /* Whatever comes wakes it. */
    fx_frame(fx, 1, 1, true);
    assert_true(next_in(fx) <= 20000);
    assert_true(fx->active[1][HOP_SOURCE_CAMERA]);
    fx_run(fx, 500000);
    assert_true(next_in(fx) <= 20000); /* while somebody sends */
}

static void nothing_new_is_no_statistics(void **state)
{
    struct fx *fx = *state;
    struct hop_stream_stats stats;
    fx_join(fx, 1);
    assert_true(hop_route_stats(fx->route, 1, fx->now_us, &stats));
    assert_false(hop_route_stats(fx->route, 1, fx->now_us += 1000000, &stats));
    mix_frame(fx, 960);
    assert_true(hop_route_stats(fx->route, 1, fx->now_us += 1000000, &stats));
    assert_int_equal(stats.tx_packets, 1);
    assert_true(hop_route_stats(fx->route, 1, fx->now_us += 1000000, &stats));
    assert_int_equal(stats.tx_packets, 0);
    assert_false(hop_route_stats(fx->route, 1, fx->now_us += 1000000, &stats));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_gets_nothing_is_told_little),
        TEST(an_idle_room_ticks_rarely),
        TEST(nothing_new_is_no_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
