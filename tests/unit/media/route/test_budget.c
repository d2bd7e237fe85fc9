/* Probes, repairs and the record of decisions of one receiver's line. */
#include "media/rtp/twcc.h"
#include "tests/unit/media/route/fixture.h"

/* All that was sent to the peer so far has arrived as it was sent. */
static void tell(struct fx *fx, uint32_t peer)
{
    struct hop_twcc_send *s = fx->route->peers[peer]->twcc_send;
    int64_t arrivals[64];
    size_t n = (size_t)(s->next - 1 < 64 ? s->next - 1 : 64);
    uint64_t first = s->next - n;
    for (size_t i = 0; i < n; i++)
        arrivals[i] = 4000000 + (int64_t)s->ring[(first + i) % s->n_ring].sent_us;
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    assert_int_equal(hop_twcc_write(&w, 1, 2, 0, (uint16_t)first, arrivals, n), n);
    hop_route_rtcp(fx->route, peer, packet, w.len, fx->now_us);
}

static void watch(struct fx *fx)
{
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    for (uint16_t i = 1; i < 6; i++) {
        fx->now_us += 33000;
        fx_frame(fx, 0, i, i == 1);
    }
}

static void probes_are_padding_in_the_repair_stream(void **state)
{
    struct fx *fx = *state;
    watch(fx);
    fx->route->peers[0]->publications[HOP_SOURCE_CAMERA]->layers[0].rate_bps = 5000000;
    fx_run(fx, 200000);
    fx_forget(fx);
    fx_run(fx, 200000);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 0); /* no feedback yet: no probe */
    tell(fx, 1);
    fx_run(fx, 100000);
    unsigned n = fx_count(fx, 1, HOP_TX_VIDEO);
    assert_true(n > 10);
    for (unsigned i = 0; i < n; i++) {
        const struct fx_packet *p = fx_sent(fx, 1, i);
        assert_int_equal(p->view.ssrc, 0x52000010);
        assert_int_equal(p->view.pt, 102);
        assert_int_equal(p->view.payload_len, 0);
        assert_int_equal(p->view.padding, 255);
        if (i > 0)
            assert_int_equal(p->view.seq, (uint16_t)(fx_sent(fx, 1, i - 1)->view.seq + 1));
    }
    /* 3 Mbit/s for 24 ms and one burst more */
    assert_true(fx->route->peers[1]->budget.padding_bytes < 3000000 / 8 * 40 / 1000);
    assert_int_equal(fx->route->peers[1]->budget.bwe.probe.state, HOP_PROBE_WAITING);
}

static void nothing_is_probed_for_who_watches_nothing(void **state)
{
    struct fx *fx = *state;
    watch(fx);
    assert_int_equal(hop_route_set_view(fx->route, 1, NULL, 0, fx->now_us), 0);
    fx_run(fx, 200000);
    fx_forget(fx);
    tell(fx, 1);
    fx_run(fx, 500000);
    assert_int_equal(fx_count(fx, 1, HOP_TX_VIDEO), 0);
}

static void repairs_have_a_share(void **state)
{
    struct fx *fx = *state;
    watch(fx);
    struct hop_route_peer *peer = fx->route->peers[1];
    size_t granted = 0;
    for (int i = 0; i < 1000; i++) { /* a second, far too much */
        for (int k = 0; k < 4; k++)
            granted += hop_budget_may_repair(peer, 1000, fx->now_us) ? 1000 : 0;
        fx->now_us += 1000;
    }
    assert_true(granted > 60000 && granted < 90000); /* half of 1 Mbit/s, and the first burst */
    peer->budget.bwe.queue_us = 200000;
    granted = 0;
    for (int i = 0; i < 1000; i++) {
        granted += hop_budget_may_repair(peer, 1000, fx->now_us) ? 1000 : 0;
        fx->now_us += 1000;
    }
    assert_true(granted < 10000);
}

static void the_dump_says_why(void **state)
{
    struct fx *fx = *state;
    watch(fx);
    char text[16384];
    hop_route_dump(fx->route, text, sizeof(text));
    assert_non_null(strstr(text, "line 1000000 bit/s (start, guessed)"));
    assert_non_null(strstr(text, "layer (view): 1000 kbit/s (start) slot 0 100 camera "
                                 "nothing -> layer 0"));
    unsigned told = fx->decisions;
    for (int i = 0; i < 100; i++)
        hop_budget_note(fx->route->peers[1], (struct hop_decision){ .what = HOP_DECIDED_PAUSE,
                                                                    .why = HOP_WHY_LINE,
                                                                    .peer = fx_id(0),
                                                                    .from = 1,
                                                                    .to = -1 });
    assert_true(fx->decisions - told <= HOP_DECISIONS_PER_S);
    fx->route->now_us += 1000000;
    told = fx->decisions;
    hop_budget_note(
        fx->route->peers[1],
        (struct hop_decision){ .what = HOP_DECIDED_RESUME, .why = HOP_WHY_LINE, .kbps = 7 });
    assert_int_equal(fx->decisions, told + 1);
    assert_int_equal(fx->decision.kbps, 7);
    hop_route_dump(fx->route, text, sizeof(text));
    const char *at = text;
    int lines = 0;
    for (; (at = strstr(at, "layer 1 -> nothing")); at++)
        lines++;
    assert_int_equal(lines, HOP_DECISIONS - 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(probes_are_padding_in_the_repair_stream),
        TEST(nothing_is_probed_for_who_watches_nothing),
        TEST(repairs_have_a_share),
        TEST(the_dump_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
