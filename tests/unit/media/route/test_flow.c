/* Beginning with the last key frame: what is sent, under which numbers and times, and when it is
 * not done. */
#include "media/route/flow.h"
#include "tests/unit/media/route/fixture.h"

/* One frame every 33 ms, the first a key frame; `leave_out`: one that is lost on the way to us. */
static void publish(struct fx *fx, uint16_t first, uint16_t n, int leave_out)
{
    for (uint16_t i = 0; i < n; i++) {
        fx->now_us += 33000;
        if (i != leave_out)
            fx_frame(fx, 0, (uint16_t)(first + i), i == 0);
        hop_route_tick(fx->route, fx->now_us, 0);
    }
}

static bool asked(const struct fx *fx)
{
    struct hop_rtcp_packet pli;
    return fx_rtcp(fx, 0, HOP_RTCP_PSFB, HOP_PSFB_PLI, &pli);
}

static void begins_at_once_with_what_is_kept(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    publish(fx, 100, 20, -1);
    fx_forget(fx);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 20);
    assert_false(asked(fx));
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_LIVE);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(fx_tag(fx_sent(fx, 1, i)), 100 + i);
        if (i == 0)
            continue;
        const struct hop_rtp_view *a = &fx_sent(fx, 1, i - 1)->view, *b = &fx_sent(fx, 1, i)->view;
        assert_int_equal((uint16_t)(b->seq - a->seq), 1);
        assert_in_range(hop_ts_diff(b->timestamp, a->timestamp), 1, 900);
    }
    /* No closer than they leave: 20 frames that leave together are at most 10 ms apart. */
    assert_in_range(
        hop_ts_diff(fx_sent(fx, 1, 19)->view.timestamp, fx_sent(fx, 1, 0)->view.timestamp), 19,
        900);
    /* What follows keeps its own pace. */
    fx->now_us += 33000;
    fx_frame(fx, 0, 120, false);
    fx->now_us += 33000;
    fx_frame(fx, 0, 121, false);
    assert_in_range(fx_sent(fx, 1, 20)->view.timestamp - fx_sent(fx, 1, 19)->view.timestamp, 2100,
                    3000); /* its own time, after theirs */
    fx->now_us += 33000;
    fx_frame(fx, 0, 122, false);
    assert_int_equal(fx_sent(fx, 1, 22)->view.timestamp - fx_sent(fx, 1, 21)->view.timestamp, 3000);
}

static void repeats_have_the_times_that_were_sent(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    publish(fx, 100, 20, -1);
    fx_forget(fx);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    const struct hop_rtp_view lost = fx_sent(fx, 1, 7)->view;
    fx->now_us += 200000;
    fx_forget(fx);
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_nack(&w, 1, 0x51000010, &lost.seq, 1);
    hop_route_rtcp(fx->route, 1, packet, w.len, fx->now_us);
    assert_int_equal(fx_sent(fx, 1, 0)->view.timestamp, lost.timestamp);
}

static void a_gap_is_not_begun_with(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    publish(fx, 100, 20, 7);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    assert_null(fx_sent(fx, 1, 0));
    assert_true(asked(fx));
}

static void what_is_old_is_not_begun_with(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    publish(fx, 100, 90, -1); /* 3 s */
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    assert_null(fx_sent(fx, 1, 0));
    assert_true(asked(fx));
}

/* One packet of 1000 bytes, a frame of its own. */
static void large_frame(struct fx *fx, uint16_t seq, bool key)
{
    uint8_t packet[1100];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_PT, true, seq, seq * 3000u, 1001);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    const uint8_t key_head[] = { 0x90, 0x80, 5, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 };
    const uint8_t head[] = { 0x90, 0x80, 5, 1 };
    memset(packet + n, 0x33, 1000);
    memcpy(packet + n, key ? key_head : head, key ? sizeof(key_head) : sizeof(head));
    hop_route_rtp(fx->route, 0, packet, n + 1000, fx->now_us);
}

/* On a thin line catching up takes a while, in which the source goes on. */
static void times_are_no_closer_than_what_leaves(void **state)
{
    enum { KEPT = 18, LATER = 30, ALL = KEPT + LATER };
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    for (uint16_t i = 0; i < KEPT; i++) {
        fx->now_us += 33000;
        large_frame(fx, (uint16_t)(100 + i), i == 0);
        hop_route_tick(fx->route, fx->now_us, 0);
    }
    struct hop_bwe *bwe = &fx->route->peers[1]->budget.bwe;
    bwe->known = bwe->limited = true;
    bwe->target_bps = 800000; /* the kept ones take 150 ms of it */
    fx_forget(fx);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    int64_t left_us[ALL], next_us = fx->now_us + 33000, begun_us = fx->now_us;
    unsigned n = 0, sent = 0;
    for (uint16_t seq = 100 + KEPT; n < ALL && fx->now_us < begun_us + 2000000;) {
        for (; n < ALL && fx_sent(fx, 1, n); n++)
            left_us[n] = fx->now_us;
        fx->now_us += 1000;
        if (fx->now_us >= next_us && sent < LATER) {
            large_frame(fx, seq++, false);
            next_us += 33000;
            sent++;
        }
        hop_route_tick(fx->route, fx->now_us, 0);
    }
    assert_int_equal(n, ALL);
    assert_true(left_us[KEPT - 1] - left_us[0] > 80000);
    for (unsigned i = 1; i < ALL; i++) {
        int32_t step =
            hop_ts_diff(fx_sent(fx, 1, i)->view.timestamp, fx_sent(fx, 1, i - 1)->view.timestamp);
        int64_t late_us = left_us[i] - left_us[0] -
                          (int64_t)hop_ts_diff(fx_sent(fx, 1, i)->view.timestamp,
                                               fx_sent(fx, 1, 0)->view.timestamp) *
                              1000 / 90;
        assert_true(step > 0);
        assert_in_range(late_us + 20000, 0, 30000);
    }
}

static void what_the_line_cannot_take_is_not_begun_with(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    for (uint16_t i = 0; i < 40; i++) { /* 40 kB */
        uint8_t packet[1100];
        struct hop_rtp_header h;
        hop_rtp_header_init(&h, FX_PT, i == 39, (uint16_t)(10 + i), 3000, 1001);
        size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
        const uint8_t head[] = {
            i == 0 ? 0x90 : 0x80, 0x80, 5, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01
        };
        memset(packet + n, 0x33, 1000);
        memcpy(packet + n, head, sizeof(head));
        hop_route_rtp(fx->route, 0, packet, n + 1000, fx->now_us);
    }
    struct hop_bwe *bwe = &fx->route->peers[1]->budget.bwe;
    bwe->known = bwe->limited = true;
    bwe->target_bps = 800000;
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    assert_null(fx_sent(fx, 1, 0));
    assert_true(asked(fx));
    /* A better line takes it. */
    fx_join(fx, 2);
    bwe = &fx->route->peers[2]->budget.bwe;
    bwe->known = bwe->limited = true;
    bwe->target_bps = 8000000;
    fx_watch(fx, 2, 0, HOP_SOURCE_CAMERA);
    assert_non_null(fx_sent(fx, 2, 0));
}

static void nobody_is_shown_what_was_muted_meanwhile(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    publish(fx, 100, 5, -1);
    hop_route_set_allowed(fx->route, 0, 0, fx->now_us);
    publish(fx, 105, 5, -1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    assert_null(fx_sent(fx, 1, 0));
    hop_route_set_allowed(fx->route, 0, HOP_SOURCE_ALL, fx->now_us);
    assert_null(fx_sent(fx, 1, 0)); /* what he did while muted stays with him */
}

static void nothing_is_sent_twice_under_one_number(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    /* The very packet that makes the source live begins the slot from what is kept, and is then
     * handed to the slot as well. */
    fx_frame(fx, 0, 1, true);
    fx_frame(fx, 0, 2, false);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 2);
    assert_int_equal((uint16_t)(fx_sent(fx, 1, 1)->view.seq - fx_sent(fx, 1, 0)->view.seq), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(begins_at_once_with_what_is_kept),
        TEST(repeats_have_the_times_that_were_sent),
        TEST(a_gap_is_not_begun_with),
        TEST(what_is_old_is_not_begun_with),
        TEST(times_are_no_closer_than_what_leaves),
        TEST(what_the_line_cannot_take_is_not_begun_with),
        TEST(nobody_is_shown_what_was_muted_meanwhile),
        TEST(nothing_is_sent_twice_under_one_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
