/* How fast pictures leave: bursts on thin lines, nothing held up on others, order and numbers kept.
 */
#include "tests/unit/media/route/fixture.h"

enum { BIG = 1000 };

/* One packet of a large frame. */
static void big(struct fx *fx, uint16_t seq, uint32_t timestamp, bool key, bool start, bool marker)
{
    uint8_t packet[BIG + 100];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_PT, marker, seq, timestamp, 1000 + HOP_SOURCE_CAMERA);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    const uint8_t head[] = { (uint8_t)(0x80 | (start ? 0x10 : 0)),
                             0x80,
                             (uint8_t)(timestamp / 3000 & 0x7f),
                             key ? 0 : 1,
                             0,
                             0,
                             0x9d,
                             0x01,
                             0x2a,
                             0x80,
                             0x02,
                             0x68,
                             0x01 };
    memset(packet + n, 0x33, BIG);
    memcpy(packet + n, head, sizeof(head));
    hop_route_rtp(fx->route, 0, packet, n + BIG, fx->now_us);
}

static void watched(struct fx *fx, uint32_t bps)
{
    fx_join(fx, 0);
    fx_join(fx, 1);
    struct hop_bwe *bwe = &fx->route->peers[1]->budget.bwe;
    bwe->known = bwe->limited = bps != 0;
    bwe->target_bps = bps ? bps : bwe->target_bps;
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
}

static void key_frame(struct fx *fx, uint16_t first, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++)
        big(fx, (uint16_t)(first + i), first * 3000u, i == 0, i == 0, i + 1 == n);
}

static void assert_one_stream(const struct fx *fx, unsigned n)
{
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), n);
    for (unsigned i = 1; i < n; i++)
        assert_int_equal((uint16_t)(fx_sent(fx, 1, i)->view.seq - fx_sent(fx, 1, 0)->view.seq), i);
}

static void run(struct fx *fx, int64_t us)
{
    for (int64_t until_us = fx->now_us + us; fx->now_us < until_us;) {
        fx->now_us += 1000;
        hop_route_tick(fx->route, fx->now_us, 0);
    }
}

static void a_key_frame_on_a_thin_line_takes_its_time(void **state)
{
    struct fx *fx = *state;
    watched(fx, 1000000);
    run(fx, 200000);
    key_frame(fx, 10, 25); /* 25 kB: 200 ms of the line */
    assert_in_range(fx_count(fx, 1, HOP_TX_VIDEO), 1, 3);
    unsigned before = 0;
    for (int i = 0; i < 18; i++) { /* never more than its rate and the depth of the bucket */
        run(fx, 10000);
        unsigned now = fx_count(fx, 1, HOP_TX_VIDEO);
        assert_true(now - before <= 4);
        before = now;
    }
    assert_in_range(before, 15, 25);
    run(fx, 100000);
    assert_one_stream(fx, 25);
    assert_int_equal(fx->route->peers[1]->pace.waiting_bytes, 0);
    assert_int_equal(fx->route->n_pacing, 0);
}

static void what_comes_meanwhile_stays_behind_it(void **state)
{
    struct fx *fx = *state;
    watched(fx, 1000000);
    run(fx, 200000);
    key_frame(fx, 10, 20);
    for (uint16_t i = 0; i < 3; i++) {
        run(fx, 33000);
        big(fx, (uint16_t)(30 + i), (30u + i) * 3000, false, true, true);
    }
    run(fx, 400000);
    assert_one_stream(fx, 23);
    assert_true(fx_sent(fx, 1, 22)->view.marker);
}

static void nothing_waits_for_long(void **state)
{
    struct fx *fx = *state;
    watched(fx, 400000);
    run(fx, 200000);
    key_frame(fx, 10, 40); /* 0.8 s of that line */
    run(fx, 2 * HOP_PACE_DRAIN_US + 300000);
    assert_one_stream(fx, 40);
}

static void a_line_with_room_is_not_noticed(void **state)
{
    struct fx *fx = *state;
    watched(fx, 20000000);
    run(fx, 200000);
    key_frame(fx, 10, 20);
    assert_one_stream(fx, 20);
}

/* What the view can use is all that was asked of it: nothing has shown where it ends. */
static void a_line_without_a_known_end_is_not_held_up_by_the_estimate(void **state)
{
    struct fx *fx = *state;
    watched(fx, 2000000);
    fx->route->peers[1]->budget.bwe.limited = false;
    run(fx, 200000);
    key_frame(fx, 10, 25); /* 0.1 s of the estimate */
    run(fx, 45000);
    assert_one_stream(fx, 25);
}

static void an_unknown_line_is_hardly_held_up(void **state)
{
    struct fx *fx = *state;
    watched(fx, 0);
    run(fx, 200000);
    key_frame(fx, 10, 25);
    run(fx, 45000);
    assert_one_stream(fx, 25);
}

static void frame(struct fx *fx, uint16_t first, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++)
        big(fx, (uint16_t)(first + i), first * 3000u, false, i == 0, i + 1 == n);
}

/* Six packets, 24 ms of that line, and yet one run. */
static void an_ordinary_frame_leaves_in_one_go(void **state)
{
    struct fx *fx = *state;
    watched(fx, 2000000);
    run(fx, 200000);
    big(fx, 10, 30000, true, true, true);
    for (uint16_t i = 1; i <= 3; i++) {
        run(fx, 33000);
        frame(fx, (uint16_t)(5 + 6 * i), 6);
        assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 1 + 6 * i);
    }
    frame(fx, 29, 20); /* what is far above its rate waits all the same */
    assert_in_range(fx_count(fx, 1, HOP_TX_VIDEO), 20, 33);
}

/* Where a queue stands already, or was a moment ago, nobody overdraws. */
static void a_frame_is_cut_where_a_queue_stands(void **state)
{
    struct fx *fx = *state;
    watched(fx, 2000000);
    struct hop_bwe *bwe = &fx->route->peers[1]->budget.bwe;
    run(fx, 200000);
    big(fx, 10, 30000, true, true, true);
    run(fx, 33000);
    bwe->queue_us = 2 * HOP_PACE_QUIET_US;
    frame(fx, 11, 6);
    assert_in_range(fx_count(fx, 1, HOP_TX_VIDEO), 2, 5);
    run(fx, 33000);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 7);
    bwe->queue_us = 0;
    bwe->decrease_us = fx->now_us - HOP_PACE_CALM_US / 2;
    frame(fx, 17, 6);
    assert_in_range(fx_count(fx, 1, HOP_TX_VIDEO), 8, 11);
    run(fx, HOP_PACE_CALM_US);
    frame(fx, 23, 6);
    assert_one_stream(fx, 19);
}

static void who_goes_is_not_served(void **state)
{
    struct fx *fx = *state;
    watched(fx, 1000000);
    run(fx, 200000);
    key_frame(fx, 10, 25);
    hop_route_peer_remove(fx->route, 1, false, fx->now_us);
    fx_forget(fx);
    run(fx, 100000);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 0);
}

static void a_publisher_who_goes_takes_the_rest_with_him(void **state)
{
    struct fx *fx = *state;
    watched(fx, 1000000);
    run(fx, 200000);
    key_frame(fx, 10, 25);
    hop_route_peer_remove(fx->route, 0, false, fx->now_us);
    run(fx, 100000);
    assert_int_equal(fx->route->peers[1]->pace.waiting_bytes, 0);
    assert_int_equal(fx->route->n_pacing, 0);
}

static void repairs_have_their_turn(void **state)
{
    struct fx *fx = *state;
    watched(fx, 2000000);
    run(fx, 200000);
    for (uint16_t i = 0; i < 12; i++) {
        big(fx, (uint16_t)(10 + i), (10u + i) * 3000, i == 0, true, true);
        run(fx, 33000);
    }
    assert_one_stream(fx, 12);
    uint16_t seqs[12];
    for (unsigned i = 0; i < 12; i++)
        seqs[i] = fx_sent(fx, 1, i)->view.seq;
    run(fx, 400000);
    fx_forget(fx);
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_nack(&w, 1, 0x51000010, seqs, 12);
    hop_route_rtcp(fx->route, 1, packet, w.len, fx->now_us);
    assert_in_range(fx_count(fx, 1, HOP_TX_VIDEO), 1, 4);
    hop_route_rtcp(fx->route, 1, packet, w.len, fx->now_us); /* impatient: asked for already */
    run(fx, 120000);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 12);
    assert_int_equal(fx_sent(fx, 1, 0)->view.ssrc, 0x52000010);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_key_frame_on_a_thin_line_takes_its_time),
        TEST(what_comes_meanwhile_stays_behind_it),
        TEST(nothing_waits_for_long),
        TEST(a_line_with_room_is_not_noticed),
        TEST(a_line_without_a_known_end_is_not_held_up_by_the_estimate),
        TEST(an_unknown_line_is_hardly_held_up),
        TEST(an_ordinary_frame_leaves_in_one_go),
        TEST(a_frame_is_cut_where_a_queue_stands),
        TEST(who_goes_is_not_served),
        TEST(a_publisher_who_goes_takes_the_rest_with_him),
        TEST(repairs_have_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
