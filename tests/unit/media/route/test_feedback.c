/* RTCP both ways: reports, round trips, BYE, what operators are told. */
#include "tests/unit/media/route/fixture.h"

static void speak(struct fx *fx, uint32_t peer, uint16_t seq, bool level)
{
    uint8_t packet[64];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_OPUS, false, seq, seq * 960u, 1000 * (peer + 1));
    if (level)
        hop_rtp_header_add_audio_level(&h, 4, true, 33);
    hop_rtp_header_add_twcc(&h, 7, seq);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    memset(packet + n, 0x78, 20);
    hop_route_rtp(fx->route, peer, packet, n + 20, fx->now_us);
}

static void voice_passes_once_with_its_level(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    speak(fx, 0, 1, true);
    assert_int_equal(fx->voice_level, 33);
    speak(fx, 0, 2, false);
    assert_int_equal(fx->voice_level, 0xff);
    speak(fx, 0, 2, false);
    assert_int_equal(fx->voices, 2);
    assert_int_equal(fx->drops[HOP_DROP_DUPLICATE], 1);
    hop_route_set_allowed(fx->route, 0, HOP_SOURCE_BIT(HOP_SOURCE_CAMERA), fx->now_us);
    speak(fx, 0, 3, true);
    assert_int_equal(fx->voices, 2);
    assert_int_equal(fx->drops[HOP_DROP_MUTED], 1);
}

static void what_was_never_allowed_is_told_apart_from_mute(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(0, &d, &l);
    d.allowed = 0;
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &d, &l), 0);
    speak(fx, 0, 1, true);
    assert_int_equal(fx->drops[HOP_DROP_NOT_ALLOWED], 1);
    assert_int_equal(fx->voices, 0);
    assert_true(fx->active[0][HOP_SOURCE_MICROPHONE]);
}

static void silence_and_bye_end_a_source(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    fx_run(fx, HOP_PUBLICATION_SILENT_US - 100000);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    fx_run(fx, 300000);
    assert_false(fx->active[0][HOP_SOURCE_CAMERA]);
    assert_true(fx->slots[1][0].peer == 0);
    fx_frame(fx, 0, 2, true);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    uint32_t ssrc = 1000 + HOP_SOURCE_CAMERA;
    hop_rtcp_write_bye(&w, &ssrc, 1, NULL);
    hop_route_rtcp(fx->route, 1, packet, w.len, fx->now_us); /* somebody else's word */
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    hop_route_rtcp(fx->route, 0, packet, w.len, fx->now_us);
    assert_false(fx->active[0][HOP_SOURCE_CAMERA]);
    assert_true(fx->slots[1][0].peer == 0);
}

static void reports_say_what_came_and_what_went(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    for (uint16_t i = 1; i <= 10; i++)
        if (i != 5)
            fx_frame(fx, 0, i, i == 1);
    fx_run(fx, 900000);
    fx_frame(fx, 0, 11, false);
    fx_run(fx, 900000);
    struct hop_rtcp_packet p;
    struct hop_rtcp_block block;
    assert_true(fx_rtcp(fx, 0, HOP_RTCP_RR, 0, &p));
    struct hop_rtcp_sr sr;
    bool found = false;
    for (unsigned i = 0; hop_rtcp_read_block(&p, i, &block); i++)
        found = found || (block.ssrc == 1000 + HOP_SOURCE_CAMERA && block.lost == 1);
    assert_true(found);
    assert_true(fx_rtcp(fx, 1, HOP_RTCP_SR, 0, &p));
    assert_true(hop_rtcp_read_sr(&p, &sr));
    assert_int_equal(sr.ssrc, 0x51000010);
    assert_in_range(sr.packets, 9, 10);
    assert_true(fx_rtcp(fx, 1, HOP_RTCP_SDES, 0, &p));

    /* The receiver answers after 80 ms of which it held the report for 30. */
    block = (struct hop_rtcp_block){ .ssrc = 0x51000010,
                                     .fraction_lost = 64,
                                     .lsr = hop_ntp_middle(sr.ntp),
                                     .dlsr = 30 * 65536 / 1000 };
    int64_t sent_us = hop_ntp_to_wall(sr.ntp) - 1700000000000000;
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_rr(&w, 1, &block, 1);
    hop_route_rtcp(fx->route, 1, packet, w.len, sent_us + 80000);
    struct hop_stream_stats stats;
    assert_true(hop_route_stats(fx->route, 1, fx->now_us, &stats));
    assert_in_range(stats.rtt_ms, 49, 51);
    assert_true(hop_route_stats(fx->route, 0, fx->now_us, &stats));
    assert_in_range(stats.rx_loss_permille, 80, 100); /* 1 of 11 */
    assert_false(hop_route_stats(fx->route, 5, fx->now_us, &stats));
}

static void a_publishers_clock_is_followed(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_video(fx, 0, HOP_SOURCE_CAMERA, 1, 90000, 1, true, true, true, 1);
    uint32_t out = fx_sent(fx, 1, 0)->view.timestamp;
    /* It says: at its own 7 s the timestamp was 85500 (the frame took 50 ms to leave). */
    struct hop_rtcp_sr sr = { .ssrc = 1000 + HOP_SOURCE_CAMERA,
                              .ntp = hop_ntp_from_wall(7000000),
                              .timestamp = 85500 };
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_sr(&w, &sr, NULL, 0);
    int64_t told_us = fx->now_us;
    hop_route_rtcp(fx->route, 0, packet, w.len, told_us);
    for (int i = 0; i < 14; i++) {
        fx_run(fx, 100000);
        fx_video(fx, 0, HOP_SOURCE_CAMERA, (uint16_t)(2 + i), 99000 + 9000 * (uint32_t)i,
                 (uint16_t)(2 + i), false, true, true, 1);
    }
    struct hop_rtcp_packet p;
    assert_true(fx_rtcp(fx, 1, HOP_RTCP_SR, 0, &p));
    assert_true(hop_rtcp_read_sr(&p, &sr));
    int64_t at_us = hop_ntp_to_wall(sr.ntp) - 1700000000000000;
    int64_t expected = out - 4500 + (at_us - told_us) * 9 / 100;
    assert_in_range((uint32_t)(sr.timestamp - (uint32_t)expected + 20), 0, 40);
}

static void leaving_says_bye(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    hop_route_peer_remove(fx->route, 0, true, fx->now_us);
    struct hop_rtcp_packet p;
    uint32_t ssrc;
    assert_true(fx_rtcp(fx, 0, HOP_RTCP_BYE, 0, &p));
    assert_true(hop_rtcp_read_bye(&p, 0, &ssrc));
    assert_int_equal(ssrc, 0x50000000);
    fx_forget(fx);
    fx_join(fx, 0);
    hop_route_peer_remove(fx->route, 0, false, fx->now_us);
    assert_int_equal(fx->n, 0);
}

static void transport_feedback_goes_out_in_time(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    for (uint16_t i = 0; i < 50; i++) {
        speak(fx, 0, i, true);
        fx_run(fx, 20000);
    }
    unsigned n = 0;
    for (size_t k = 0; k < fx->n; k++)
        n += fx->packets[k].class == HOP_TX_RTCP && fx->packets[k].data[1] == HOP_RTCP_RTPFB;
    assert_in_range(n, 9, 21); /* every 50 to 100 ms of one second */
}

/* Who does not know transport-wide feedback, and signs packets with their times. */
static void remb_goes_to_who_takes_nothing_else(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    fx_describe(0, &desc, &local);
    desc.ext.twcc = 0;
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &desc, &local), 0);
    hop_route_peer_connected(fx->route, 0, fx->now_us);
    for (uint16_t seq = 0; seq < 100; seq++) {
        uint8_t packet[200];
        struct hop_rtp_header h;
        hop_rtp_header_init(&h, FX_PT, true, seq, seq * 3000u, 1001);
        hop_rtp_header_add_abs_send_time(&h, desc.ext.abs_send_time, fx->now_us);
        size_t at = hop_rtp_header_write(&h, packet, sizeof(packet));
        const uint8_t head[] = { 0x90, 0x80, 5, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 };
        memcpy(packet + at, head, sizeof(head));
        hop_route_rtp(fx->route, 0, packet, at + sizeof(head), fx->now_us);
        fx_run(fx, 20000);
    }
    struct hop_rtcp_packet found;
    struct hop_rtcp_fb fb;
    uint64_t bps = 0;
    uint32_t ssrc = 0;
    size_t n = 0;
    assert_true(fx_rtcp(fx, 0, HOP_RTCP_PSFB, HOP_PSFB_AFB, &found));
    assert_true(hop_rtcp_read_fb(&found, &fb));
    assert_true(hop_rtcp_read_remb(&fb, &bps, &ssrc, 1, &n));
    assert_int_equal(n, 1);
    assert_int_equal(ssrc, 1001);
    assert_in_range(bps, 900000, 1100000); /* where it begins: he sends next to nothing */
    assert_false(fx_rtcp(fx, 0, HOP_RTCP_RTPFB, HOP_RTPFB_TWCC, &found));
}

static void the_dump_names_what_flows(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    char text[4096], small[20];
    size_t n = hop_route_dump(fx->route, text, sizeof(text));
    assert_int_equal(n, strlen(text));
    assert_non_null(strstr(text, "camera vp8 active"));
    assert_non_null(strstr(text, "640x360"));
    assert_non_null(strstr(text, "slot 0"));
    assert_int_equal(hop_route_dump(fx->route, small, sizeof(small)), n);
    assert_int_equal(strlen(small), sizeof(small) - 1);
    assert_int_equal(hop_route_dump(fx->route, NULL, 0), n);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(voice_passes_once_with_its_level),
        TEST(what_was_never_allowed_is_told_apart_from_mute),
        TEST(silence_and_bye_end_a_source),
        TEST(reports_say_what_came_and_what_went),
        TEST(a_publishers_clock_is_followed),
        TEST(leaving_says_bye),
        TEST(transport_feedback_goes_out_in_time),
        TEST(remb_goes_to_who_takes_nothing_else),
        TEST(the_dump_names_what_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
