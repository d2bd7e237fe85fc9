/* What publishers are asked to send, as views come and go. */
#include "media/route/demand.h"
#include "tests/unit/media/route/fixture.h"

static const uint32_t layer_ssrc[3] = { 7001, 7002, 7003 };

/* A camera with three layers. */
static void join_camera(struct fx *fx, uint32_t peer)
{
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    fx_describe(peer, &desc, &local);
    struct hop_track_desc *camera = &desc.tracks[1];
    camera->ssrc = camera->rtx_ssrc = 0;
    camera->n_rids = 3;
    for (int i = 0; i < 3; i++)
        snprintf(camera->rids[i], sizeof(camera->rids[i]), "%c", "qhf"[i]);
    assert_int_equal(hop_route_peer_add(fx->route, peer, fx_id(peer), &desc, &local), 0);
    hop_route_peer_connected(fx->route, peer, fx->now_us);
}

/* One frame of each of the lowest n layers, key frames all: 180, 360 and 720 lines. */
static void frames(struct fx *fx, uint32_t peer, unsigned n)
{
    static uint16_t seq;
    seq++;
    for (unsigned l = 0; l < n; l++) {
        uint8_t packet[100];
        const char rid[2] = { "qhf"[l], 0 };
        struct hop_rtp_header h;
        hop_rtp_header_init(&h, FX_PT, true, seq, seq * 3000u, layer_ssrc[l] + 10 * peer);
        hop_rtp_header_add_token(&h, 1, "m1");
        hop_rtp_header_add_token(&h, 2, rid);
        size_t at = hop_rtp_header_write(&h, packet, sizeof(packet));
        uint16_t height = (uint16_t)(180u << l), width = (uint16_t)(320u << l);
        const uint8_t payload[] = { 0x90,
                                    0x80,
                                    (uint8_t)(seq & 0x7f),
                                    0,
                                    0,
                                    0,
                                    0x9d,
                                    0x01,
                                    0x2a,
                                    (uint8_t)width,
                                    (uint8_t)(width >> 8),
                                    (uint8_t)height,
                                    (uint8_t)(height >> 8),
                                    1,
                                    2,
                                    3 };
        memcpy(packet + at, payload, sizeof(payload));
        hop_route_rtp(fx->route, peer, packet, at + sizeof(payload), fx->now_us);
    }
}

/* The publisher obeys: what it is asked for is what it sends. */
static void run(struct fx *fx, int64_t us)
{
    for (int64_t until_us = fx->now_us + us; fx->now_us < until_us;) {
        frames(fx, 0, (unsigned)(fx->route->peers[0]->publications[HOP_SOURCE_CAMERA]->demand + 1));
        fx_forget(fx);
        fx_run(fx, 30000);
    }
}

static void watch(struct fx *fx, uint32_t peer, uint16_t height)
{
    struct hop_view_tile tile = { .peer = fx_id(0), .source = HOP_SOURCE_CAMERA, .height = height };
    assert_int_equal(hop_route_set_view(fx->route, peer, &tile, height > 0, fx->now_us), 0);
}

static int8_t demand(const struct fx *fx)
{
    return fx->route->peers[0]->publications[HOP_SOURCE_CAMERA]->demand;
}

static void nobody_looks(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    run(fx, 1000000);
    assert_int_equal(fx->demands, 0); /* it may be looked at soon */
    run(fx, 500000);
    assert_int_equal(fx->demands, 1);
    assert_int_equal(fx->demand[0][HOP_SOURCE_CAMERA], -1);
    /* It sends nothing because nobody wants it: that is not the end of the source. */
    run(fx, 10000000);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    watch(fx, 1, 360);
    assert_int_equal(fx->demand[0][HOP_SOURCE_CAMERA],
                     1); /* at once, as much as the tile can use */
    run(fx, 200000);
    assert_int_equal(fx->slots[1][0].peer, fx_id(0));
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_LIVE);
}

/* A sender whose estimate has collapsed: key frames of all layers, and then only the lowest. */
static void what_stops_is_left_at_once(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    frames(fx, 0, 3);
    watch(fx, 1, 720);
    run(fx, 2000000);
    assert_int_equal(fx->slots[1][0].layer, 2);
    for (int i = 0; i < 9; i++) { /* 0.27 s */
        frames(fx, 0, 1);
        fx_forget(fx);
        fx_run(fx, 30000);
    }
    frames(fx, 0, 1);
    assert_int_equal(fx->slots[1][0].layer, 0);
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_LIVE);
    /* Three frames of the others are no reason to go back to them. */
    for (int i = 0; i < 30; i++) {
        frames(fx, 0, i % 15 < 3 ? 3 : 1);
        assert_int_equal(fx->slots[1][0].layer, 0);
        fx_forget(fx);
        fx_run(fx, 30000);
    }
    run(fx, 2000000);
    assert_int_equal(fx->slots[1][0].layer, 0); /* he has done so three times */
    run(fx, 3000000);
    assert_int_equal(fx->slots[1][0].layer, 2);
}

static void what_was_asked_to_stop_is_trusted_when_it_comes_back(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    frames(fx, 0, 3);
    watch(fx, 1, 720);
    run(fx, 2000000);
    for (int i = 0; i < 4; i++) {
        watch(fx, 1, 720);
        run(fx, 600000);
        assert_int_equal(fx->slots[1][0].layer, 2);
        watch(fx, 1, 90); /* a small tile: the upper layers rest */
        run(fx, 2000000);
        assert_int_equal(demand(fx), 0);
    }
}

static void who_does_not_wake_up_has_ended(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    run(fx, 5000000);
    watch(fx, 1, 360);
    fx_run(fx, HOP_DEMAND_WAKE_US - 200000);
    assert_true(fx->active[0][HOP_SOURCE_CAMERA]);
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_WAITING);
    assert_int_equal(fx->slots[1][0].reason, HOP_SLOT_PUBLISHER);
    fx_run(fx, 400000);
    assert_false(fx->active[0][HOP_SOURCE_CAMERA]);
    assert_int_equal(fx->slots[1][0].peer, 0);
}

static void the_largest_tile_counts(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    fx_join(fx, 2);
    frames(fx, 0, 3);
    watch(fx, 1, 720);
    watch(fx, 2, 180);
    run(fx, 5000000);
    assert_int_equal(demand(fx), 2);
    assert_int_equal(fx->demands, 0);
    watch(fx, 1, 360);
    run(fx, 1000000);
    assert_int_equal(demand(fx), 2); /* on its way down slowly */
    run(fx, 600000);
    assert_int_equal(demand(fx), 1);
    watch(fx, 1, 0); /* gone */
    run(fx, 1800000);
    assert_int_equal(demand(fx), 0);
    watch(fx, 2, 1080);
    assert_int_equal(demand(fx), 2);
}

static void what_the_line_does_not_carry_is_not_asked_for(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    frames(fx, 0, 3);
    watch(fx, 1, 720);
    run(fx, 2000000);
    struct hop_budget *b = &fx->route->peers[1]->budget;
    struct hop_publication *p = fx->route->peers[0]->publications[HOP_SOURCE_CAMERA];
    static const uint32_t rates[] = { 100000, 350000, 1250000 };
    b->bwe.known = true;
    for (int i = 0; i < 120; i++) { /* 12 s */
        b->bwe.target_bps = 300000;
        for (int l = 0; l < 3; l++)
            p->layers[l].rate_bps = rates[l];
        run(fx, 100000);
        if (i == 60)
            assert_int_equal(demand(fx), 2); /* lines recover */
    }
    assert_int_equal(demand(fx), 1); /* half as much again would carry it */
    b->bwe.target_bps = 3000000;
    run(fx, 200000);
    assert_int_equal(demand(fx), 2);
    run(fx, 3000000);
    assert_int_equal(fx->slots[1][0].layer, 2);
}

static void what_does_not_come_is_done_without(void **state)
{
    struct fx *fx = *state;
    join_camera(fx, 0);
    fx_join(fx, 1);
    watch(fx, 1, 720);
    run(fx, 2000000);
    assert_int_equal(fx->slots[1][0].layer, 2);
    fx_forget(fx);
    for (int i = 0; i < 100; i++) { /* his uplink has no room for the highest */
        frames(fx, 0, 2);
        fx_forget(fx);
        fx_run(fx, 30000);
    }
    assert_int_equal(fx->slots[1][0].layer, 1);
    assert_int_equal(fx->slots[1][0].phase, HOP_SLOT_LIVE);
    assert_int_equal(fx->slots[1][0].reason, HOP_SLOT_PUBLISHER);
    assert_int_equal(demand(fx), 2); /* still wanted */
    run(fx, 1500000);
    assert_int_equal(fx->slots[1][0].layer, 2);
    assert_int_equal(fx->slots[1][0].reason, HOP_SLOT_FINE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nobody_looks),
        TEST(what_stops_is_left_at_once),
        TEST(what_was_asked_to_stop_is_trusted_when_it_comes_back),
        TEST(who_does_not_wake_up_has_ended),
        TEST(the_largest_tile_counts),
        TEST(what_the_line_does_not_carry_is_not_asked_for),
        TEST(what_does_not_come_is_done_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
