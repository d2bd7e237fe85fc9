/* Rooms in virtual time: joining, repair, switching, leaving, muting, sound. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct sim_link clean = { .delay_us = 20000 };
static const struct sim_link lossy = { .loss_permille = 50, .delay_us = 20000, .jitter_us = 8000 };

static struct sim_client_config publisher(enum hop_codec codec, struct sim_link link)
{
    return (struct sim_client_config){ .camera = codec,
                                       .camera_layers = 1,
                                       .n_slots = 4,
                                       .microphone = true,
                                       .up = link,
                                       .down = link };
}

static struct sim_client_config watcher(struct sim_link link)
{
    return (struct sim_client_config){ .n_slots = 4, .up = link, .down = link };
}

static struct sim_client *join(struct sim *sim, uint32_t index, struct sim_client_config config)
{
    struct sim_client *client = sim_join(sim, index, &config);
    if (config.camera)
        sim_send(client, HOP_SOURCE_CAMERA, true);
    if (config.microphone)
        sim_send(client, HOP_SOURCE_MICROPHONE, true);
    return client;
}

/* Lets repairs of the last packets arrive. */
static void stop_cameras(struct sim *sim)
{
    for (uint32_t c = 0; c < SIM_MAX_CLIENTS; c++)
        if (sim->clients[c].in_room)
            sim->clients[c].sources[HOP_SOURCE_CAMERA].sending = false;
    sim_run(sim, 1500000);
}

static void a_picture_arrives(void **state)
{
    (void)state;
    struct sim *sim = sim_new(1);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_VP8, clean));
    struct sim_client *bob = join(sim, 1, watcher(clean));
    sim_view(bob, 720, 0, -1);
    sim_run(sim, 2000000);
    assert_true(bob->slots[0].shown.peer == alice->id);
    assert_int_equal(bob->slots[0].shown.source, HOP_SOURCE_CAMERA);
    assert_true(bob->slots[1].shown.peer == 0);
    assert_true(alice->active[HOP_SOURCE_CAMERA]);
    assert_int_equal(bob->twcc_gaps, 0);
    assert_true(alice->twcc_feedbacks >= 15);
    assert_true(alice->blocks > 0);
    sim_assert_clean(&bob->slots[0], 50);
    /* The very first key frame is the one that is shown: none was asked for. */
    assert_int_equal(alice->sources[HOP_SOURCE_CAMERA].layers[0].keys, 1);
    sim_free(sim);
}

static void repair_makes_every_frame_whole(void **state)
{
    (void)state;
    static const enum hop_codec codecs[] = { HOP_CODEC_VP8, HOP_CODEC_H264 };
    for (size_t i = 0; i < 2; i++) {
        struct sim *sim = sim_new(100 + i);
        struct sim_client *alice = join(sim, 0, publisher(codecs[i], lossy));
        struct sim_client *bob = join(sim, 1, publisher(codecs[i], lossy));
        sim_view(bob, 720, 0, -1);
        sim_view(alice, 720, 1, -1);
        sim_run(sim, 20000000);
        stop_cameras(sim);
        sim_assert_clean(&bob->slots[0], 550);
        sim_assert_clean(&alice->slots[0], 550);
        assert_true(bob->slots[0].repaired > 20);
        assert_true(alice->sources[HOP_SOURCE_CAMERA].layers[0].nacks > 20);
        assert_true(alice->sources[HOP_SOURCE_CAMERA].layers[0].keys <= 3);
        sim_free(sim);
    }
}

static void a_late_joiner_gets_a_key_frame(void **state)
{
    (void)state;
    struct sim *sim = sim_new(2);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_H264, clean));
    sim_run(sim, 3000000);
    unsigned keys = alice->sources[HOP_SOURCE_CAMERA].layers[0].keys;
    assert_int_equal(keys, 1);
    struct sim_client *bob = join(sim, 1, watcher(clean));
    sim_view(bob, 0, 0, -1);
    sim_run(sim, 200000);
    assert_true(bob->slots[0].shown.peer == alice->id);
    sim_run(sim, 1000000);
    sim_assert_clean(&bob->slots[0], 25);
    assert_int_equal(alice->sources[HOP_SOURCE_CAMERA].layers[0].keys, 2);
    sim_free(sim);
}

static void switching_between_publishers_is_seamless(void **state)
{
    (void)state;
    struct sim *sim = sim_new(3);
    for (uint32_t c = 0; c < 4; c++)
        join(sim, c, publisher(HOP_CODEC_VP8, lossy));
    struct sim_client *bob = join(sim, 9, watcher(lossy));
    bob->desc.n_slots = 4;
    for (int round = 0; round < 12; round++) {
        sim_view(bob, 360, round % 4, (round + 1) % 4, -1);
        sim_run(sim, 1500000);
        unsigned shown = 0;
        for (int s = 0; s < 4; s++)
            shown += bob->slots[s].shown.peer == sim->clients[round % 4].id ||
                     bob->slots[s].shown.peer == sim->clients[(round + 1) % 4].id;
        assert_int_equal(shown, 2);
    }
    stop_cameras(sim);
    for (int s = 0; s < 4; s++)
        if (bob->slots[s].any)
            sim_assert_clean(&bob->slots[s], 100);
    sim_free(sim);
}

static void a_tile_keeps_its_slot(void **state)
{
    (void)state;
    struct sim *sim = sim_new(4);
    for (uint32_t c = 0; c < 3; c++)
        join(sim, c, publisher(HOP_CODEC_VP8, clean));
    struct sim_client *bob = join(sim, 9, watcher(clean));
    sim_view(bob, 360, 0, 1, 2, -1);
    sim_run(sim, 1000000);
    hop_peer_id before[3];
    for (int s = 0; s < 3; s++)
        before[s] = bob->slots[s].shown.peer;
    sim_view(bob, 360, 2, 0, 1, -1);
    sim_run(sim, 500000);
    for (int s = 0; s < 3; s++)
        assert_true(bob->slots[s].shown.peer == before[s]);
    sim_view(bob, 360, 2, 0, -1);
    sim_run(sim, 100000);
    assert_true(bob->slots[1].shown.peer == 0);
    assert_true(bob->slots[2].shown.peer == before[2]);
    sim_free(sim);
}

static void leaving_empties_the_slot_and_the_next_one_fills_it(void **state)
{
    (void)state;
    struct sim *sim = sim_new(5);
    struct sim_client_config two = watcher(clean);
    two.n_slots = 2;
    struct sim_client *bob = join(sim, 9, two);
    for (uint32_t c = 0; c < 3; c++)
        join(sim, c, publisher(HOP_CODEC_VP8, clean));
    sim_view(bob, 360, 0, 1, 2, -1);
    sim_run(sim, 1000000);
    hop_peer_id gone = sim->clients[0].id, next = sim->clients[2].id;
    sim_leave(&sim->clients[0]);
    sim_run(sim, 300000);
    assert_true(bob->slots[0].shown.peer != gone && bob->slots[1].shown.peer != gone);
    assert_true(bob->slots[0].shown.peer == next || bob->slots[1].shown.peer == next);
    sim_run(sim, 1000000);
    for (int s = 0; s < 2; s++) {
        struct sim_verdict v = sim_judge(&bob->slots[s], 10);
        assert_int_equal(v.missing + v.mixed + v.cold + v.bad_time + v.bad_picture, 0);
    }
    /* A camera that stops is noticed; one that begins again takes its place. */
    sim_send(&sim->clients[1], HOP_SOURCE_CAMERA, false);
    sim_run(sim, 2300000);
    assert_false(sim->clients[1].active[HOP_SOURCE_CAMERA]);
    assert_true(bob->slots[0].shown.peer == 0 || bob->slots[1].shown.peer == 0);
    sim_send(&sim->clients[1], HOP_SOURCE_CAMERA, true);
    sim_run(sim, 300000);
    assert_true(bob->slots[0].shown.peer == sim->clients[1].id ||
                bob->slots[1].shown.peer == sim->clients[1].id);
    sim_free(sim);
}

static void mute_is_enforced_at_once(void **state)
{
    (void)state;
    struct sim *sim = sim_new(6);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_VP8, clean));
    struct sim_client *bob = join(sim, 1, publisher(HOP_CODEC_VP8, clean));
    sim_view(bob, 360, 0, -1);
    sim_run(sim, 1000000);
    unsigned voice = sim->voice_packets[0];
    assert_true(voice > 40);
    hop_route_set_allowed(sim->route, 0, 0, sim->now_us);
    assert_true(bob->slots[0].shown.peer == 0);
    uint32_t before = (uint32_t)(bob->slots[0].newest - bob->slots[0].first);
    sim_run(sim, 1000000);
    assert_int_equal(sim->voice_packets[0], voice);
    assert_true(bob->slots[0].newest - bob->slots[0].first <= before + 8); /* on the line */
    assert_true(sim->drops[HOP_DROP_MUTED] > 60);
    assert_true(alice->active[HOP_SOURCE_CAMERA]); /* it comes; it does not pass */
    hop_route_set_allowed(sim->route, 0, HOP_SOURCE_ALL, sim->now_us);
    sim_run(sim, 1000000);
    assert_true(bob->slots[0].shown.peer == alice->id);
    assert_true(sim->voice_packets[0] > voice + 40);
    sim_assert_clean(&bob->slots[0], 45);
    sim_free(sim);
}

static void nobody_hears_himself(void **state)
{
    (void)state;
    struct sim *sim = sim_new(7);
    for (uint32_t c = 0; c < 5; c++) {
        struct sim_client_config config = watcher(clean);
        config.microphone = c < 4;
        join(sim, c, config);
    }
    sim_run(sim, 3000000);
    assert_int_equal(sim->voice_odd_levels, 0);
    sim_send(&sim->clients[0], HOP_SOURCE_MICROPHONE, false);
    sim_run(sim, 1000000);
    for (uint32_t c = 0; c < 5; c++) {
        struct sim_client *client = &sim->clients[c];
        assert_true(client->mix_packets > 180);
        assert_int_equal(client->mix_own, 0);
        assert_int_equal(client->mix_gaps, 0);
        assert_int_equal(client->mix_wrong_csrc, 0);
        assert_int_equal(client->mix_level_errors, 0);
    }
    sim_free(sim);
}

static void key_frame_requests_are_bounded(void **state)
{
    (void)state;
    struct sim *sim = sim_new(8);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_VP8, clean));
    for (uint32_t c = 1; c < SIM_MAX_CLIENTS; c++)
        join(sim, c, watcher(clean));
    sim_run(sim, 1000000);
    struct sim_layer *layer = &alice->sources[HOP_SOURCE_CAMERA].layers[0];
    unsigned before = layer->plis;
    for (uint32_t c = 1; c < SIM_MAX_CLIENTS; c++) {
        sim_view(&sim->clients[c], 360, 0, -1);
        sim_run(sim, 20000);
    }
    sim_run(sim, 1000000);
    assert_true(layer->plis - before <= 3);
    for (uint32_t c = 1; c < SIM_MAX_CLIENTS; c++)
        assert_true(sim->clients[c].slots[0].shown.peer == alice->id);
    /* A publisher that never answers is asked on, slower and slower. */
    before = layer->plis;
    for (int i = 0; i < 100; i++) {
        hop_route_peer_suspended(sim->route, 1, true, sim->now_us);
        hop_route_peer_suspended(sim->route, 1, false, sim->now_us);
        layer->key_wanted = false;
        sim_run(sim, 100000);
        layer->key_wanted = false;
    }
    assert_true(layer->plis - before <= 26);
    sim_free(sim);
}

static void a_line_that_was_down_goes_on_with_a_key_frame(void **state)
{
    (void)state;
    struct sim *sim = sim_new(9);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_VP8, clean));
    struct sim_client *bob = join(sim, 1, watcher(clean));
    sim_view(bob, 360, 0, -1);
    sim_run(sim, 1000000);
    hop_route_peer_suspended(sim->route, 1, true, sim->now_us);
    sim_run(sim, 100000);
    uint64_t newest = bob->slots[0].newest, rtcp = bob->reports;
    unsigned mix = bob->mix_packets;
    sim_run(sim, 3000000);
    assert_true(bob->slots[0].newest == newest);
    assert_int_equal(bob->mix_packets, mix);
    assert_int_equal(bob->reports, rtcp);
    hop_route_peer_suspended(sim->route, 1, false, sim->now_us);
    sim_run(sim, 1000000);
    assert_true(bob->slots[0].shown.peer == alice->id);
    struct sim_verdict v = sim_judge(&bob->slots[0], 10);
    assert_int_equal(v.missing + v.mixed + v.bad_time + v.bad_picture, 0);
    assert_true(v.keys >= 2 && v.frames > 50);
    sim_free(sim);
}

static void equal_ssrcs_of_two_participants_are_harmless(void **state)
{
    (void)state;
    struct sim *sim = sim_new(10);
    struct sim_client *alice = join(sim, 0, publisher(HOP_CODEC_VP8, lossy));
    struct sim_client *bob = join(sim, 1, publisher(HOP_CODEC_VP8, lossy));
    for (int s = 0; s < HOP_SOURCES; s++) {
        bob->sources[s].layers[0].ssrc = alice->sources[s].layers[0].ssrc;
        bob->sources[s].layers[0].rtx_ssrc = alice->sources[s].layers[0].rtx_ssrc;
    }
    struct sim_client *carol = join(sim, 2, watcher(lossy));
    sim_view(carol, 360, 0, 1, -1);
    sim_run(sim, 5000000);
    stop_cameras(sim);
    sim_assert_clean(&carol->slots[0], 130);
    sim_assert_clean(&carol->slots[1], 130);
    assert_true(carol->slots[0].records[50].publisher != carol->slots[1].records[50].publisher);
    sim_free(sim);
}

static void who_cannot_play_a_codec_is_not_given_it(void **state)
{
    (void)state;
    struct sim *sim = sim_new(11);
    join(sim, 0, publisher(HOP_CODEC_H264, clean));
    join(sim, 1, publisher(HOP_CODEC_VP8, clean));
    struct sim_client_config config = watcher(clean);
    config.vp8_only = true;
    struct sim_client *bob = join(sim, 2, config);
    sim_view(bob, 360, 0, 1, -1);
    sim_run(sim, 1000000);
    assert_true(bob->slots[0].shown.peer == sim->clients[1].id);
    assert_true(bob->slots[1].shown.peer == 0);
    /* The same camera falls back to VP8. */
    sim->clients[0].sources[HOP_SOURCE_CAMERA].codec = HOP_CODEC_VP8;
    sim->clients[0].sources[HOP_SOURCE_CAMERA].layers[0].key_wanted = true;
    sim_run(sim, 1000000);
    assert_true(bob->slots[1].shown.peer == sim->clients[0].id);
    sim_assert_clean(&bob->slots[1], 20);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_arrives),
        cmocka_unit_test(repair_makes_every_frame_whole),
        cmocka_unit_test(a_late_joiner_gets_a_key_frame),
        cmocka_unit_test(switching_between_publishers_is_seamless),
        cmocka_unit_test(a_tile_keeps_its_slot),
        cmocka_unit_test(leaving_empties_the_slot_and_the_next_one_fills_it),
        cmocka_unit_test(mute_is_enforced_at_once),
        cmocka_unit_test(nobody_hears_himself),
        cmocka_unit_test(key_frame_requests_are_bounded),
        cmocka_unit_test(a_line_that_was_down_goes_on_with_a_key_frame),
        cmocka_unit_test(equal_ssrcs_of_two_participants_are_harmless),
        cmocka_unit_test(who_cannot_play_a_codec_is_not_given_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
