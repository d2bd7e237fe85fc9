/* An overloaded worker in virtual time: pictures yield, sound and participants do not, and all
 * comes back. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct sim_link good = { .delay_us = 20000,
                                      .rate_bps = 50000000,
                                      .buffer_us = 200000 };

static struct sim_client *join_camera(struct sim *sim, uint32_t index)
{
    static const uint32_t rates[] = { 100000, 350000, 1250000 };
    struct sim_client_config config = { .camera = HOP_CODEC_VP8,
                                        .camera_layers = 3,
                                        .n_slots = 3,
                                        .microphone = true,
                                        .up = good,
                                        .down = good };
    struct sim_client *client = sim_join(sim, index, &config);
    for (uint8_t l = 0; l < 3; l++)
        client->sources[HOP_SOURCE_CAMERA].layers[l].bps = rates[l];
    sim_send(client, HOP_SOURCE_CAMERA, true);
    sim_send(client, HOP_SOURCE_MICROPHONE, true);
    return client;
}

/* Bits per second that the route sends to everybody. */
static double sent_bps(struct sim *sim)
{
    for (uint32_t c = 0; c < 4; c++)
        sim_line_mark(&sim->clients[c]);
    sim_run(sim, 3000000);
    double bps = 0;
    for (uint32_t c = 0; c < 4; c++)
        bps += sim_line_bps(&sim->clients[c]);
    return bps;
}

static void pictures_yield_and_come_back(void **state)
{
    (void)state;
    struct sim *sim = sim_new(91);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    for (uint32_t c = 0; c < 4; c++)
        sim_view(&sim->clients[c], 720, (int)((c + 1) % 4), (int)((c + 2) % 4), (int)((c + 3) % 4),
                 -1);
    sim_run(sim, 8000000);
    double whole = sent_bps(sim);
    hop_route_set_relief(sim->route, 30, sim->now_us);
    sim_run(sim, 4000000);
    unsigned gaps = sim->clients[0].mix_gaps, packets = sim->clients[0].mix_packets;
    double relieved = sent_bps(sim);
    assert_true(relieved < 0.4 * whole);
    assert_true(relieved > 0.1 * whole);
    assert_int_equal(sim->clients[0].mix_gaps, gaps);
    assert_in_range(sim->clients[0].mix_packets - packets, 145, 155); /* 50 a second */
    for (uint32_t c = 0; c < 4; c++) {
        assert_int_equal(sim->clients[c].byes, 0);
        assert_true(sim->clients[c].slots[0].shown.peer != 0);
        assert_int_equal(sim->clients[c].slots[0].shown.layer < 2, 1);
    }
    hop_route_set_relief(sim->route, HOP_ROUTE_NO_RELIEF, sim->now_us);
    sim_run(sim, 12000000);
    assert_true(sent_bps(sim) > 0.95 * whole);
    for (uint32_t c = 0; c < 4; c++)
        for (uint8_t s = 0; s < 3; s++)
            assert_int_equal(sim->clients[c].slots[s].shown.layer, 2);
    sim_free(sim);
}

/* So little that not even everybody's smallest picture fits: the first of the view stays. */
static void the_least_important_pictures_go_first(void **state)
{
    (void)state;
    struct sim *sim = sim_new(92);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    sim_view(&sim->clients[0], 720, 1, 2, 3, -1);
    sim_run(sim, 8000000);
    hop_route_set_relief(sim->route, 5, sim->now_us);
    sim_run(sim, 8000000);
    bool any = false;
    for (uint8_t s = 0; s < 3; s++) {
        hop_peer_id shown = sim->clients[0].slots[s].shown.peer;
        assert_true(shown == 0 || shown == sim->clients[1].id);
        any = any || shown != 0;
    }
    assert_true(any);
    sim_line_mark(&sim->clients[0]);
    sim_run(sim, 3000000);
    assert_true(sim_line_bps(&sim->clients[0]) < 300000);
    sim_free(sim);
}

/* One layer each, so nothing but all or nothing: some go without, not all. */
static void lots_are_drawn_for_pictures_that_cannot_shrink(void **state)
{
    (void)state;
    struct sim *sim = sim_new(93);
    for (uint32_t c = 0; c < 13; c++) {
        struct sim_client_config config = { .camera = c == 0 ? HOP_CODEC_VP8 : HOP_CODEC_NONE,
                                            .camera_layers = 1,
                                            .n_slots = c == 0 ? 0 : 1,
                                            .up = good,
                                            .down = good };
        struct sim_client *client = sim_join(sim, c, &config);
        client->sources[HOP_SOURCE_CAMERA].layers[0].bps = 1000000;
    }
    sim_send(&sim->clients[0], HOP_SOURCE_CAMERA, true);
    for (uint32_t c = 1; c < 13; c++)
        sim_view(&sim->clients[c], 720, 0, -1);
    sim_run(sim, 8000000);
    hop_route_set_relief(sim->route, 50, sim->now_us);
    sim_run(sim, 4000000);
    unsigned watching = 0;
    for (uint32_t c = 1; c < 13; c++)
        sim_line_mark(&sim->clients[c]);
    sim_run(sim, 2000000);
    for (uint32_t c = 1; c < 13; c++)
        watching += sim_line_bps(&sim->clients[c]) > 500000;
    assert_in_range(watching, 2, 10);
    hop_route_set_relief(sim->route, HOP_ROUTE_NO_RELIEF, sim->now_us);
    sim_run(sim, 8000000);
    for (uint32_t c = 1; c < 13; c++)
        assert_true(sim->clients[c].slots[0].shown.peer != 0);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_yield_and_come_back),
        cmocka_unit_test(lots_are_drawn_for_pictures_that_cannot_shrink),
        cmocka_unit_test(the_least_important_pictures_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
