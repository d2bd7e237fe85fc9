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

/* A hall in which somebody talks gets the mix without all of it, and nobody of it is named there.
 */
static void a_hall_gets_its_own(void **state)
{
    struct fx *fx = *state;
    for (uint32_t p = 0; p < 4; p++)
        fx_join(fx, p);
    hop_route_set_seat(fx->route, 0, 5, false, fx->now_us);
    hop_route_set_seat(fx->route, 1, 5, false, fx->now_us);
    hop_route_set_seat(fx->route, 2, 6, false, fx->now_us);
    struct hop_audio_tick *t = tick_of(960);
    talker(t, 0, 20, NULL);
    t->talkers[0].hall = 5;
    talker(t, 3, 25, "without-3");
    struct hop_audio_own *own = &t->owns[t->n_owns++];
    own->hall = 5;
    own->payload.len = 9;
    memcpy(own->payload.data, "without-5", 9);
    talker(t, 2, 127, NULL); /* not heard: named to nobody */
    hop_route_audio(fx->route, t, fx->now_us);
    assert_payload(mix_to(fx, 0), "without-5");
    assert_payload(mix_to(fx, 1), "without-5");
    assert_payload(mix_to(fx, 2), "mix");
    assert_payload(mix_to(fx, 3), "without-3");
    const struct fx_packet *p = mix_to(fx, 1);
    assert_int_equal(p->view.csrc_count, 1);
    assert_true(hop_rtp_csrc(p->data, &p->view, 0) == hop_route_csrc(fx_id(3)));
    assert_int_equal(mix_to(fx, 2)->view.csrc_count, 2);
    free(t);
}

static struct {
    unsigned told;
    uint32_t peer;
    uint16_t permille;
} loss;

static void on_loss(void *ctx, uint32_t peer, uint16_t permille)
{
    (void)ctx;
    loss.told++;
    loss.peer = peer;
    loss.permille = permille;
}

/* His receiver report about the mix: so much of 256 was lost. */
static void report(struct fx *fx, uint32_t peer, uint8_t fraction)
{
    uint8_t packet[64];
    struct hop_rtcp_block block = { .ssrc = 0x50000000u + peer, .fraction_lost = fraction };
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    assert_true(hop_rtcp_write_rr(&w, 4711, &block, 1));
    hop_route_rtcp(fx->route, peer, packet, w.len, fx->now_us);
    fx->now_us += 1000000;
}

static void frame(struct fx *fx, struct hop_audio_tick *t, const char *expected,
                  struct hop_rtp_view *last)
{
    t->timestamp += 960;
    fx->now_us += 20000;
    fx->n = 0;
    hop_route_audio(fx->route, t, fx->now_us);
    const struct fx_packet *p = mix_to(fx, 0);
    assert_payload(p, expected);
    assert_int_equal((uint16_t)(p->view.seq - last->seq), 1);
    assert_int_equal(p->view.timestamp - last->timestamp, 960);
    assert_int_equal(p->view.ssrc, last->ssrc);
    assert_false(p->view.marker);
    *last = p->view;
}

/* Whichever payload he gets, numbers and times run on. */
static void a_lossy_line_gets_its_variant_and_one_stream(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx->route->ops.listener_loss = on_loss;
    memset(&loss, 0, sizeof(loss));
    fx_describe(0, &d, &l);
    d.ext.twcc = 0; /* else the reports would not be asked */
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &d, &l), 0);
    hop_route_peer_connected(fx->route, 0, fx->now_us);
    fx_join(fx, 1);
    struct hop_audio_tick *t = tick_of(0);
    hop_route_audio(fx->route, t, fx->now_us);
    struct hop_rtp_view last = mix_to(fx, 0)->view;
    frame(fx, t, "mix", &last);
    report(fx, 0, 2); /* less than a percent */
    assert_int_equal(loss.told, 0);
    for (int i = 0; i < 3; i++)
        report(fx, 0, 38); /* 15 % */
    assert_true(loss.told >= 1 && loss.peer == 0 && loss.permille >= 100);
    frame(fx, t, "mix", &last); /* the mix has not made it yet */
    t->shared[HOP_AUDIO_LOSSY].len = 5;
    memcpy(t->shared[HOP_AUDIO_LOSSY].data, "lossy", 5);
    frame(fx, t, "mix", &last); /* nor a frame to enter at */
    t->shared[HOP_AUDIO_LOSSY].alone = true;
    frame(fx, t, "lossy", &last);
    t->shared[HOP_AUDIO_LOSSY].alone = false;
    frame(fx, t, "lossy", &last);
    talker(t, 0, 30, "without-0");
    frame(fx, t, "without-0", &last);
    t->n_talkers = t->n_owns = 0;
    frame(fx, t, "lossy", &last);
    unsigned told = loss.told;
    for (int i = 0; i < 10; i++)
        report(fx, 0, 0);
    assert_true(loss.permille > 0); /* one clean spell is none yet */
    for (int i = 0; i < 20; i++)
        report(fx, 0, 0);
    assert_int_equal(loss.permille, 0);
    assert_true(loss.told > told);
    t->shared[HOP_AUDIO_CLEAN].alone = true;
    frame(fx, t, "mix", &last);
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
        TEST(a_hall_gets_its_own),
        TEST(a_lossy_line_gets_its_variant_and_one_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
