/* One slot's stream: what it begins with, how it is rewritten, what leaves no trace. */
#include "tests/unit/media/route/fixture.h"

static void begins_with_a_key_frame_in_the_receivers_own_terms(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_frame(fx, 0, 10, false); /* in the middle of something */
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 11, false);
    assert_null(fx_sent(fx, 1, 0));
    struct hop_rtcp_packet pli;
    assert_true(fx_rtcp(fx, 0, HOP_RTCP_PSFB, HOP_PSFB_PLI, &pli));
    assert_int_equal(fx->slots[1][0].peer, fx_id(0));
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_WAITING);
    assert_int_equal(fx->slots[1][0].reason, HOP_SLOT_KEY_FRAME);
    fx_frame(fx, 0, 12, true);
    fx_frame(fx, 0, 13, false);
    const struct fx_packet *first = fx_sent(fx, 1, 0), *second = fx_sent(fx, 1, 1);
    assert_true(first && second);
    assert_int_equal(fx_tag(first), 12);
    assert_int_equal(first->view.pt, 101);
    assert_int_equal(first->view.ssrc, 0x51000010);
    char mid[HOP_MAX_MID + 1];
    assert_true(hop_rtp_get_token(first->data, &first->view, 1, mid));
    assert_string_equal(mid, "v0");
    assert_int_equal((uint16_t)(second->view.seq - first->view.seq), 1);
    assert_int_equal(second->view.timestamp - first->view.timestamp, 3000);
    assert_true(fx->slots[1][0].peer == fx_id(0));
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_LIVE);
    assert_null(fx_sent(fx, 0, 0)); /* nothing comes back to the publisher */
}

static void unusable_packets_leave_no_gap(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    uint8_t packet[64];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_PT, false, 2, 3, 1000 + HOP_SOURCE_CAMERA);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    hop_route_rtp(fx->route, 0, packet, n, fx->now_us); /* empty */
    packet[3] = 3;
    packet[n] = 0x80; /* a VP8 descriptor that ends too soon */
    hop_route_rtp(fx->route, 0, packet, n + 1, fx->now_us);
    assert_int_equal(fx->drops[HOP_DROP_MALFORMED], 1);
    fx_frame(fx, 0, 4, false);
    assert_int_equal((uint16_t)(fx_sent(fx, 1, 1)->view.seq - fx_sent(fx, 1, 0)->view.seq), 1);
    assert_null(fx_sent(fx, 1, 2));
}

static void a_real_gap_stays_and_is_filled_late(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    fx_frame(fx, 0, 3, false);
    fx_frame(fx, 0, 2, false);
    fx_frame(fx, 0, 2, false);
    uint16_t base = fx_sent(fx, 1, 0)->view.seq;
    assert_int_equal((uint16_t)(fx_sent(fx, 1, 1)->view.seq - base), 2);
    assert_int_equal((uint16_t)(fx_sent(fx, 1, 2)->view.seq - base), 1);
    assert_null(fx_sent(fx, 1, 3));
    assert_int_equal(fx->drops[HOP_DROP_DUPLICATE], 1);
}

static void missing_packets_are_asked_for_after_a_moment(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    fx_frame(fx, 0, 3, false);
    struct hop_rtcp_packet p;
    assert_false(fx_rtcp(fx, 0, HOP_RTCP_RTPFB, HOP_RTPFB_NACK, &p));
    fx->now_us += HOP_LAYER_REORDER_US;
    fx_frame(fx, 0, 4, false); /* the next packet is the occasion, not the tick */
    assert_true(fx_rtcp(fx, 0, HOP_RTCP_RTPFB, HOP_RTPFB_NACK, &p));
    struct hop_rtcp_fb fb;
    uint16_t seqs[4];
    assert_true(hop_rtcp_read_fb(&p, &fb));
    assert_int_equal(hop_rtcp_read_nack(&fb, seqs, 4), 1);
    assert_int_equal(seqs[0], 2);
    assert_int_equal(fb.media_ssrc, 1000 + HOP_SOURCE_CAMERA);
}

static void nack(struct fx *fx, uint32_t peer, uint32_t ssrc, uint16_t seq)
{
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_nack(&w, 1, ssrc, &seq, 1);
    hop_route_rtcp(fx->route, peer, packet, w.len, fx->now_us);
}

static void what_the_queue_refused_can_be_asked_for(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    fx->full = true;
    fx_frame(fx, 0, 2, false);
    fx->full = false;
    fx_frame(fx, 0, 3, false);
    uint16_t base = fx_sent(fx, 1, 0)->view.seq;
    assert_int_equal((uint16_t)(fx_sent(fx, 1, 1)->view.seq - base), 2);
    /* Transport-wide numbers tell of the line: what never left has none. */
    uint16_t first, second;
    hop_rtp_get_twcc(fx_sent(fx, 1, 0)->data, &fx_sent(fx, 1, 0)->view, 7, &first);
    hop_rtp_get_twcc(fx_sent(fx, 1, 1)->data, &fx_sent(fx, 1, 1)->view, 7, &second);
    assert_int_equal((uint16_t)(second - first), 1);
    fx->now_us += 200000;
    nack(fx, 1, 0x51000010, (uint16_t)(base + 1));
    const struct fx_packet *rtx = fx_sent(fx, 1, 2);
    assert_non_null(rtx);
    assert_int_equal(rtx->view.pt, 102);
    assert_int_equal(rtx->view.ssrc, 0x52000010);
    assert_int_equal(hop_get16(rtx->data + rtx->view.payload_offset), (uint16_t)(base + 1));
    assert_int_equal(fx_tag(rtx), 2);
    assert_int_equal(rtx->view.timestamp, fx_sent(fx, 1, 0)->view.timestamp + 3000);
    /* Asked again at once: the answer is still on its way. Asked by another: not his stream. */
    nack(fx, 1, 0x51000010, (uint16_t)(base + 1));
    nack(fx, 0, 0x51000010, (uint16_t)(base + 1));
    assert_null(fx_sent(fx, 1, 3));
}

static void without_rtx_nothing_is_sent_twice(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(1, &d, &l);
    d.slots[0].codecs[0].rtx_pt = 0xff;
    assert_int_equal(hop_route_peer_add(fx->route, 1, fx_id(1), &d, &l), 0);
    hop_route_peer_connected(fx->route, 1, fx->now_us);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    fx->now_us += 500000;
    nack(fx, 1, 0x51000010, fx_sent(fx, 1, 0)->view.seq);
    assert_null(fx_sent(fx, 1, 1));
}

static void a_switch_waits_for_the_end_of_the_frame(void **state)
{
    struct fx *fx = *state;
    for (uint32_t p = 0; p < 3; p++)
        fx_join(fx, p);
    fx_frame(fx, 1, 500, true);
    fx_watch(fx, 2, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    /* A frame of two packets; between them the other one's key frame begins. */
    fx_video(fx, 0, HOP_SOURCE_CAMERA, 2, 6000, 2, false, true, false, 20);
    struct hop_view_tile tile = { .peer = fx_id(1), .source = HOP_SOURCE_CAMERA };
    assert_int_equal(hop_route_set_view(fx->route, 2, &tile, 1, fx->now_us), 0);
    fx_video(fx, 1, HOP_SOURCE_CAMERA, 501, 777, 501, true, true, false, 30);
    fx_video(fx, 1, HOP_SOURCE_CAMERA, 502, 777, 501, true, false, true, 31);
    assert_true(fx->slots[2][0].peer == fx_id(0));
    fx_video(fx, 0, HOP_SOURCE_CAMERA, 3, 6000, 2, false, false, true, 21);
    assert_true(fx->slots[2][0].peer == fx_id(1));
    static const uint8_t order[] = { 1, 20, 21, 30, 31 };
    uint16_t base = fx_sent(fx, 2, 0)->view.seq;
    for (size_t i = 0; i < sizeof(order); i++) {
        const struct fx_packet *p = fx_sent(fx, 2, i);
        assert_non_null(p);
        assert_int_equal(fx_tag(p), order[i]);
        assert_int_equal((uint16_t)(p->view.seq - base), i);
    }
    assert_null(fx_sent(fx, 2, 5));
    assert_true(hop_ts_diff(fx_sent(fx, 2, 3)->view.timestamp, fx_sent(fx, 2, 2)->view.timestamp) >
                0);
}

static void a_frame_without_end_does_not_hold_a_switch_up(void **state)
{
    struct fx *fx = *state;
    for (uint32_t p = 0; p < 3; p++)
        fx_join(fx, p);
    fx_frame(fx, 1, 500, true);
    fx_watch(fx, 2, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    fx_video(fx, 0, HOP_SOURCE_CAMERA, 2, 6000, 2, false, true, false, 20);
    fx_watch(fx, 2, 1, HOP_SOURCE_CAMERA);
    fx_frame(fx, 1, 501, true);
    assert_true(fx->slots[2][0].peer == fx_id(0));
    fx->now_us += HOP_SLOT_FRAME_US;
    fx_frame(fx, 1, 502, false);
    assert_true(fx->slots[2][0].peer == fx_id(1));
    assert_int_equal(fx_tag(fx_sent(fx, 2, 2)), (uint8_t)501);
    assert_int_equal(fx_tag(fx_sent(fx, 2, 3)), (uint8_t)502);
    assert_null(fx_sent(fx, 2, 4));
}

static void an_interruption_is_not_reported_but_an_end_is(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    assert_int_equal(fx->slot_reports, 1);
    hop_route_peer_suspended(fx->route, 1, true, fx->now_us);
    fx_frame(fx, 0, 2, true);
    assert_null(fx_sent(fx, 1, 1));
    hop_route_peer_suspended(fx->route, 1, false, fx->now_us);
    /* A key frame has come meanwhile: it goes on with that. */
    assert_int_equal(fx_tag(fx_sent(fx, 1, 1)), 2);
    fx_frame(fx, 0, 3, false);
    assert_int_equal(fx_tag(fx_sent(fx, 1, 2)), 3);
    assert_int_equal(fx->slot_reports, 1);
    hop_route_peer_suspended(fx->route, 1, true, fx->now_us);
    hop_route_peer_remove(fx->route, 0, false, fx->now_us);
    assert_int_equal(fx->slot_reports, 2);
    assert_true(fx->slots[1][0].peer == 0);
}

static void the_screen_is_a_source_like_the_camera(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_SCREEN);
    fx_frame(fx, 0, 1, true);
    assert_null(fx_sent(fx, 1, 0));
    fx_video(fx, 0, HOP_SOURCE_SCREEN, 9, 9, 9, true, true, true, 99);
    assert_int_equal(fx_tag(fx_sent(fx, 1, 0)), 99);
    assert_int_equal(fx->slots[1][0].source, HOP_SOURCE_SCREEN);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA] && fx->active[0][HOP_SOURCE_SCREEN]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(begins_with_a_key_frame_in_the_receivers_own_terms),
        TEST(unusable_packets_leave_no_gap),
        TEST(a_real_gap_stays_and_is_filled_late),
        TEST(missing_packets_are_asked_for_after_a_moment),
        TEST(what_the_queue_refused_can_be_asked_for),
        TEST(without_rtx_nothing_is_sent_twice),
        TEST(a_switch_waits_for_the_end_of_the_frame),
        TEST(a_frame_without_end_does_not_hold_a_switch_up),
        TEST(an_interruption_is_not_reported_but_an_end_is),
        TEST(the_screen_is_a_source_like_the_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
