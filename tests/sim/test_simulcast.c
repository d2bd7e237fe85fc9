/* Simulcast in virtual time: which layer is taken, and that changing it is never seen. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct sim_link lossy = { .loss_permille = 30, .delay_us = 15000, .jitter_us = 5000 };
static const struct sim_link clean = { .delay_us = 15000 };

static struct sim_client *join_camera(struct sim *sim, uint32_t index, enum hop_codec codec,
                                      struct sim_link link)
{
    struct sim_client_config config = {
        .camera = codec, .camera_layers = 3, .n_slots = 2, .up = link, .down = link
    };
    struct sim_client *client = sim_join(sim, index, &config);
    sim_send(client, HOP_SOURCE_CAMERA, true);
    return client;
}

static struct sim_client *join_viewer(struct sim *sim, uint32_t index, struct sim_link link)
{
    struct sim_client_config config = { .n_slots = 4, .up = link, .down = link };
    return sim_join(sim, index, &config);
}

static void enable(struct sim_client *client, uint8_t layer, bool on)
{
    client->sources[HOP_SOURCE_CAMERA].layers[layer].enabled = on;
}

static void the_layer_suits_the_tile(void **state)
{
    (void)state;
    struct sim *sim = sim_new(21);
    join_camera(sim, 0, HOP_CODEC_VP8, clean);
    struct sim_client *small = join_viewer(sim, 1, clean);
    struct sim_client *middle = join_viewer(sim, 2, clean);
    struct sim_client *large = join_viewer(sim, 3, clean);
    struct sim_client *any = join_viewer(sim, 4, clean);
    sim_view(small, 90, 0, -1);   /* smaller than all: the lowest */
    sim_view(middle, 240, 0, -1); /* 360 is one and a half times as high */
    sim_view(large, 700, 0, -1);
    sim_view(any, 0, 0, -1);
    sim_run(sim, 2000000);
    assert_int_equal(small->slots[0].shown.layer, 0);
    assert_int_equal(middle->slots[0].shown.layer, 1);
    assert_int_equal(large->slots[0].shown.layer, 2);
    assert_int_equal(any->slots[0].shown.layer, 2);
    sim_view(small, 800, 0, -1);
    sim_view(large, 180, 0, -1);
    sim_run(sim, 1000000);
    assert_int_equal(small->slots[0].shown.layer, 2);
    assert_int_equal(large->slots[0].shown.layer, 0);
    sim_assert_clean(&small->slots[0], 80);
    sim_assert_clean(&large->slots[0], 80);
    sim_free(sim);
}

static void layers_that_stop_and_come_back(void **state)
{
    (void)state;
    static const enum hop_codec codecs[] = { HOP_CODEC_VP8, HOP_CODEC_H264 };
    for (size_t i = 0; i < 2; i++) {
        struct sim *sim = sim_new(22 + i);
        struct sim_client *alice = join_camera(sim, 0, codecs[i], clean);
        enable(alice, 1, false);
        enable(alice, 2, false); /* a browser begins with its lowest layer */
        struct sim_client *bob = join_viewer(sim, 1, clean);
        sim_view(bob, 720, 0, -1);
        sim_run(sim, 2000000);
        assert_int_equal(bob->slots[0].shown.layer, 0);
        enable(alice, 1, true);
        sim_run(sim, 500000);
        assert_int_equal(bob->slots[0].shown.layer, 1);
        enable(alice, 2, true);
        sim_run(sim, 500000);
        assert_int_equal(bob->slots[0].shown.layer, 2);
        enable(alice, 2, false);
        sim_run(sim, 1600000);
        assert_int_equal(bob->slots[0].shown.layer, 1);
        enable(alice, 1, false);
        sim_run(sim, 1600000);
        assert_int_equal(bob->slots[0].shown.layer, 0);
        enable(alice, 2, true);
        sim_run(sim, 500000);
        assert_int_equal(bob->slots[0].shown.layer, 2);
        sim_assert_clean(&bob->slots[0], 100);
        sim_free(sim);
    }
}

static void change_something(struct sim *sim)
{
    struct sim_client *who = &sim->clients[sim_below(sim, 4)];
    uint8_t layer = (uint8_t)sim_below(sim, 3);
    if (sim_below(sim, 2))
        enable(who, layer, sim_below(sim, 3) != 0);
    if (sim_below(sim, 8) == 0)
        sim_send(who, HOP_SOURCE_CAMERA, sim_below(sim, 4) != 0);
}

/* Tile sizes, layers and publishers change at random on bad lines. */
static void a_storm_of_changes_shows_no_broken_picture(void **state)
{
    (void)state;
    const char *wanted = getenv("HOP_SIM_SEEDS"); /* "FIRST COUNT": to hunt, or to repeat one */
    unsigned long first_seed = 300, n_seeds = 12;
    if (wanted)
        assert_int_equal(sscanf(wanted, "%lu %lu", &first_seed, &n_seeds), 2);
    for (uint64_t seed = first_seed; seed < first_seed + n_seeds; seed++) {
        struct sim *sim = sim_new(seed);
        struct sim_client *bob = join_viewer(sim, 9, lossy);
        for (uint32_t c = 0; c < 4; c++)
            join_camera(sim, c, c % 2 ? HOP_CODEC_VP8 : HOP_CODEC_H264, lossy);
        for (int i = 0; i < 60; i++) {
            change_something(sim);
            int height = (int)(100 + sim_below(sim, 700));
            uint32_t first = sim_below(sim, 4);
            uint32_t second = (first + 1 + sim_below(sim, 3)) % 4;
            sim_view(bob, height, (int)first, (int)second, -1);
            sim_run(sim, 100000 + sim_below(sim, 900000));
        }
        for (uint32_t c = 0; c < 4; c++) {
            for (uint8_t l = 0; l < 3; l++)
                enable(&sim->clients[c], l, true);
            sim_send(&sim->clients[c], HOP_SOURCE_CAMERA, true);
        }
        sim_run(sim, 1500000);
        for (uint32_t c = 0; c < 4; c++)
            sim_send(&sim->clients[c], HOP_SOURCE_CAMERA, false);
        sim_run(sim, 1500000);
        for (int s = 0; s < 4; s++)
            if (bob->slots[s].any)
                sim_assert_clean(&bob->slots[s], 20);
        sim_free(sim);
    }
}

static void a_new_ssrc_of_a_layer_is_taken_over(void **state)
{
    (void)state;
    struct sim *sim = sim_new(24);
    struct sim_client *alice = join_camera(sim, 0, HOP_CODEC_VP8, clean);
    struct sim_client *bob = join_viewer(sim, 1, clean);
    sim_view(bob, 180, 0, -1);
    sim_run(sim, 1500000);
    struct sim_layer *layer = &alice->sources[HOP_SOURCE_CAMERA].layers[0];
    layer->ssrc += 2;
    layer->rtx_ssrc += 2;
    layer->sent_packets = 0;
    layer->seq = 7;
    layer->timestamp += 12345678;
    sim_run(sim, 1500000);
    assert_true(bob->slots[0].shown.peer == alice->id);
    sim_assert_clean(&bob->slots[0], 70);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layer_suits_the_tile),
        cmocka_unit_test(layers_that_stop_and_come_back),
        cmocka_unit_test(a_storm_of_changes_shows_no_broken_picture),
        cmocka_unit_test(a_new_ssrc_of_a_layer_is_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
