/* The mix on its way down: continuity, who is named, who gets what. */
#include "tests/unit/media/route/fixture.h"

static struct hop_audio_tick *tick_of(uint32_t timestamp)
{
    struct hop_audio_tick *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->timestamp = timestamp;
    t->samples = 960;
    t->shared[0].len = 3;
    memcpy(t->shared[0].data, "mix", 3);
    return t;
}

static void talker(struct hop_audio_tick *t, uint32_t peer, uint8_t level, const char *own)
{
    struct hop_audio_talker *who = &t->talkers[t->n_talkers++];
    who->peer = peer;
    who->level = level;
    if (own) {
        struct hop_audio_own *without = &t->owns[t->n_owns++];
        without->peer = peer;
        without->payload.len = (uint16_t)strlen(own);
        memcpy(without->payload.data, own, strlen(own));
    }
}

static const struct fx_packet *mix_to(const struct fx *fx, uint32_t peer)
{
    const struct fx_packet *last = NULL;
    for (size_t i = 0; i < fx->n; i++)
        if (fx->packets[i].peer == peer && fx->packets[i].class == HOP_TX_AUDIO)
            last = &fx->packets[i];
    return last;
}

static void assert_payload(const struct fx_packet *p, const char *text)
{
    assert_non_null(p);
    assert_int_equal(p->view.payload_len, strlen(text));
    assert_memory_equal(p->data + p->view.payload_offset, text, strlen(text));
}

static void talkers_get_their_own(void **state)
{
    struct fx *fx = *state;
    for (uint32_t p = 0; p < 3; p++)
        fx_join(fx, p);
    struct hop_audio_tick *t = tick_of(960);
    talker(t, 0, 20, "without-0");
    talker(t, 1, 30, NULL);
    hop_route_audio(fx->route, t, fx->now_us);
    assert_payload(mix_to(fx, 0), "without-0");
    assert_payload(mix_to(fx, 1), "mix");
    assert_payload(mix_to(fx, 2), "mix");
    const struct fx_packet *p = mix_to(fx, 2);
    assert_int_equal(p->view.pt, FX_OPUS);
    assert_int_equal(p->view.ssrc, 0x50000002);
    assert_int_equal(p->view.csrc_count, 2);
    assert_true(hop_rtp_csrc(p->data, &p->view, 0) == hop_route_csrc(fx_id(0)));
    uint8_t levels[HOP_RTP_MAX_CSRC];
    assert_int_equal(hop_rtp_get_mix_levels(p->data, &p->view, 5, levels), 2);
    assert_true(levels[0] == 20 && levels[1] == 30);
    /* Nobody is named to himself. */
    p = mix_to(fx, 0);
    assert_int_equal(p->view.csrc_count, 1);
    assert_true(hop_rtp_csrc(p->data, &p->view, 0) == hop_route_csrc(fx_id(1)));
    free(t);
}

static void silence_leaves_no_gap_in_numbers(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    struct hop_audio_tick *t = tick_of(960);
    hop_route_audio(fx->route, t, fx->now_us);
    struct hop_rtp_view first = mix_to(fx, 0)->view;
    assert_true(first.marker); /* the first one begins a talk spurt */
    t->timestamp += 960;
    hop_route_audio(fx->route, t, fx->now_us);
    assert_false(mix_to(fx, 0)->view.marker);
    t->timestamp += 960;
    t->shared[0].len = 0;
    hop_route_audio(fx->route, t, fx->now_us);
    assert_int_equal(fx->n, 2);
    t->timestamp += 48000;
    t->shared[0].len = 3;
    hop_route_audio(fx->route, t, fx->now_us);
    struct hop_rtp_view after = mix_to(fx, 0)->view;
    assert_int_equal((uint16_t)(after.seq - first.seq), 2);
    assert_int_equal(after.timestamp - first.timestamp, 960 + 960 + 48000);
    assert_true(after.marker);
    free(t);
}

static void a_frame_that_was_not_made_is_marked_as_a_gap(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    struct hop_audio_tick *t = tick_of(960);
    hop_route_audio(fx->route, t, fx->now_us);
    t->timestamp += 960;
    hop_route_audio(fx->route, t, fx->now_us);
    assert_false(mix_to(fx, 0)->view.marker);
    t->timestamp += 7 * 960;
    hop_route_audio(fx->route, t, fx->now_us);
    assert_true(mix_to(fx, 0)->view.marker);
    t->timestamp += 960;
    hop_route_audio(fx->route, t, fx->now_us);
    assert_false(mix_to(fx, 0)->view.marker);
    free(t);
}

static void one_person_with_two_sources_is_one_contributor(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    struct hop_audio_tick *t = tick_of(0);
    talker(t, 1, 50, "x");
    talker(t, 1, 10, "x");
    talker(t, 7, 5, "x"); /* has left */
    hop_route_audio(fx->route, t, fx->now_us);
    const struct fx_packet *p = mix_to(fx, 0);
    assert_int_equal(p->view.csrc_count, 1);
    uint8_t levels[HOP_RTP_MAX_CSRC];
    assert_int_equal(hop_rtp_get_mix_levels(p->data, &p->view, 5, levels), 1);
    assert_int_equal(levels[0], 10);
    free(t);
}

static void nothing_goes_to_who_is_not_there(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(0, &d, &l);
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &d, &l), 0);
    struct hop_audio_tick *t = tick_of(0);
    hop_route_audio(fx->route, t, fx->now_us);
    assert_int_equal(fx->n, 0);
    hop_route_peer_connected(fx->route, 0, fx->now_us);
    hop_route_peer_suspended(fx->route, 0, true, fx->now_us);
    hop_route_audio(fx->route, t, fx->now_us);
    assert_int_equal(fx->n, 0);
    hop_route_peer_suspended(fx->route, 0, false, fx->now_us);
    hop_route_audio(fx->route, t, fx->now_us);
    assert_int_equal(fx->n, 1);
    free(t);
}

static void extensions_that_were_not_negotiated_are_absent(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(0, &d, &l);
    memset(&d.ext, 0, sizeof(d.ext));
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &d, &l), 0);
    hop_route_peer_connected(fx->route, 0, fx->now_us);
    fx_join(fx, 1);
    struct hop_audio_tick *t = tick_of(0);
    talker(t, 1, 10, NULL);
    hop_route_audio(fx->route, t, fx->now_us);
    const struct fx_packet *p = mix_to(fx, 0);
    assert_int_equal(p->view.ext_len, 0);
    assert_int_equal(p->view.csrc_count, 1);
    assert_int_equal(p->len, 12 + 4 + 3);
    free(t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(talkers_get_their_own),
        TEST(silence_leaves_no_gap_in_numbers),
        TEST(a_frame_that_was_not_made_is_marked_as_a_gap),
        TEST(one_person_with_two_sources_is_one_contributor),
        TEST(nothing_goes_to_who_is_not_there),
        TEST(extensions_that_were_not_negotiated_are_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
