/* Receivers on lines that carry little, in virtual time: what they are sent, how long it waits, and
 * that nobody else notices. */
#include "media/rtp/rtcp_write.h"
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_link good = { .delay_us = 20000 };

static struct sim_client *join_camera_of(struct sim *sim, uint32_t index, const uint32_t *rates)
{
    struct sim_client_config config = { .camera = HOP_CODEC_VP8,
                                        .camera_layers = 3,
                                        .screen = HOP_CODEC_VP8,
                                        .n_slots = 1,
                                        .microphone = true,
                                        .up = good,
                                        .down = good };
    struct sim_client *client = sim_join(sim, index, &config);
    for (uint8_t l = 0; l < 3; l++)
        client->sources[HOP_SOURCE_CAMERA].layers[l].bps = rates[l];
    client->sources[HOP_SOURCE_SCREEN].layers[0].bps = 600000;
    client->sources[HOP_SOURCE_CAMERA].temporal = true;
    client->sources[HOP_SOURCE_CAMERA].obeys = true;
    sim_send(client, HOP_SOURCE_CAMERA, true);
    return client;
}

static struct sim_client *join_camera(struct sim *sim, uint32_t index)
{
    static const uint32_t rates[] = { 100000, 350000, 1250000 };
    return join_camera_of(sim, index, rates);
}

static struct sim_client *join_viewer(struct sim *sim, uint32_t index, struct sim_link down)
{
    struct sim_client_config config = { .n_slots = 6, .up = good, .down = down };
    config.up.delay_us = down.delay_us;
    return sim_join(sim, index, &config);
}

static struct sim_link line(int rate_bps, int buffer_us, int delay_us)
{
    return (struct sim_link){ .rate_bps = rate_bps, .buffer_us = buffer_us, .delay_us = delay_us };
}

static unsigned shown(const struct sim_client *viewer)
{
    unsigned n = 0;
    for (uint8_t s = 0; s < viewer->desc.n_slots; s++)
        n += viewer->slots[s].shown.peer != 0;
    return n;
}

/* Who is said to be paused is not frozen; who is said to be waited for is. */
static int64_t worst_freeze_us(const struct sim_client *viewer, int64_t since_us)
{
    int64_t worst_us = 0;
    for (uint8_t s = 0; s < viewer->desc.n_slots; s++) {
        const struct hop_slot_state *told = &viewer->slots[s].told;
        if (told->peer == 0 || told->phase == HOP_SLOT_PAUSED)
            continue;
        int64_t from_us = viewer->slots[s].told_us; /* it may have been paused before */
        from_us = from_us > since_us ? from_us : since_us;
        int64_t us = sim_longest_freeze_us(&viewer->slots[s], from_us, viewer->sim->now_us);
        worst_us = us > worst_us ? us : worst_us;
    }
    return worst_us;
}

/* Packets of the flood may stay lost; what was sent is one stream all the same. */
static void assert_continuous(const struct sim_slot *slot)
{
    struct sim_verdict v = sim_judge(slot, 12);
    assert_int_equal(v.mixed, 0);
    assert_int_equal(v.bad_time, 0);
    assert_true(v.frames > 100);
}

static void dump(struct sim *sim, const struct sim_client *viewer)
{
    static char text[65536];
    if (!getenv("HOP_SIM_TRACE"))
        return;
    hop_route_dump(sim->route, text, sizeof(text));
    char head[32];
    snprintf(head, sizeof(head), "  peer %u ", viewer->index);
    char *from = strstr(text, head);
    fputs(from ? from : text, stderr);
}

static void report(struct sim_client *viewer, const char *what, int64_t since_us)
{
    print_message("  %s: %.0f kbit/s, padding %.0f, wait p95 %d ms, loss %.1f %%, freeze %d ms, "
                  "layers",
                  what, sim_line_bps(viewer) / 1000,
                  (double)viewer->queue.padding * 8e3 /
                      (double)(viewer->sim->now_us - viewer->queue.mark_us),
                  (int)(sim_line_p95_us(viewer) / 1000), 100 * sim_line_loss(viewer),
                  (int)(worst_freeze_us(viewer, since_us) / 1000));
    for (uint8_t s = 0; s < viewer->desc.n_slots; s++)
        if (viewer->slots[s].shown.peer != 0)
            print_message(" %u", viewer->slots[s].shown.layer);
    print_message("\n");
    dump(viewer->sim, viewer);
}

static void a_megabit_is_used(void **state)
{
    (void)state;
    struct sim *sim = sim_new(600);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, line(1000000, 400000, 25000));
    sim_line_mark(bob);
    sim_view(bob, 360, 0, 1, 2, 3, -1);
    sim_run(sim, 8000000);
    report(bob, "first 8 s", sim->now_us - 7000000);
    int64_t since_us = sim->now_us;
    sim_line_mark(bob);
    sim_run(sim, 40000000);
    report(bob, "then", since_us);
    assert_int_equal(shown(bob), 4);
    assert_true(sim_line_bps(bob) >= 820000);
    assert_true(sim_line_p95_us(bob) <= 150000);
    assert_true(worst_freeze_us(bob, since_us) <= 500000);
    for (int s = 0; s < 4; s++) /* some with half of the frames */
        sim_assert_clean(&bob->slots[s], 650);
    sim_free(sim);
}

static void a_good_line_gets_all_within_two_seconds(void **state)
{
    (void)state;
    struct sim *sim = sim_new(601);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    sim_run(sim, 2000000);
    struct sim_client *bob = join_viewer(sim, 9, line(50000000, 200000, 10000));
    sim_view(bob, 720, 0, 1, 2, 3, -1);
    sim_run(sim, 300000);
    assert_int_equal(shown(bob), 4);
    sim_run(sim, 1700000);
    for (int s = 0; s < 4; s++)
        assert_int_equal(bob->slots[s].shown.layer, 2);
    sim_line_mark(bob);
    int64_t since_us = sim->now_us;
    sim_run(sim, 20000000);
    report(bob, "50 Mbit/s", since_us);
    for (int s = 0; s < 4; s++) {
        assert_int_equal(bob->slots[s].shown.layer, 2);
        sim_assert_clean(&bob->slots[s], 550);
    }
    assert_true(worst_freeze_us(bob, since_us) <= 100000);
    sim_free(sim);
}

static void a_drop_is_survived_and_the_return_is_seen(void **state)
{
    (void)state;
    struct sim *sim = sim_new(602);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, line(4000000, 500000, 25000));
    sim_view(bob, 720, 0, 1, 2, 3, -1);
    sim_run(sim, 15000000);
    sim_line_mark(bob);
    sim_run(sim, 5000000);
    report(bob, "4 Mbit/s", sim->now_us - 5000000);
    assert_true(sim_line_bps(bob) >= 0.7 * 4000000);
    double before = sim_line_bps(bob);
    bob->down.rate_bps = 600000;
    int64_t since_us = sim->now_us;
    sim_line_mark(bob);
    sim_run(sim, 2000000);
    report(bob, "2 s after the drop", since_us);
    assert_true(worst_freeze_us(bob, since_us) <= 1000000);
    assert_true(shown(bob) >= 1);
    since_us = sim->now_us;
    sim_line_mark(bob);
    sim_run(sim, 10000000);
    report(bob, "0.6 Mbit/s", since_us);
    assert_true(sim_line_loss(bob) < 0.02);
    assert_true(sim_line_p95_us(bob) <= 200000);
    assert_true(shown(bob) >= 3);
    assert_true(worst_freeze_us(bob, since_us) <= 1000000);
    bob->down.rate_bps = 4000000;
    sim_run(sim, 10000000);
    sim_line_mark(bob);
    sim_run(sim, 5000000);
    report(bob, "10 s after the return", sim->now_us - 5000000);
    assert_true(sim_line_bps(bob) >= 0.9 * before);
    for (int s = 0; s < 4; s++)
        if (bob->slots[s].shown.peer != 0)
            assert_continuous(&bob->slots[s]);
    sim_free(sim);
}

/* Even the lowest layers of all do not fit any more. Who is shown nothing for longer is said to be
 * paused. */
static void a_drop_below_the_lowest_layers(void **state)
{
    (void)state;
    static const uint32_t rates[] = { 150000, 375000, 1700000 };
    for (uint64_t seed = 610; seed < 614; seed++) {
        struct sim *sim = sim_new(seed);
        for (uint32_t c = 0; c < 4; c++)
            join_camera_of(sim, c, rates);
        struct sim_client *bob = join_viewer(sim, 9, line(4000000, 500000, 25000));
        sim_view(bob, 360, 0, 1, 2, 3, -1);
        sim_run(sim, 15000000 + sim_below(sim, 400) * 1000);
        bob->down.rate_bps = 600000;
        int64_t since_us = sim->now_us;
        sim_line_mark(bob);
        sim_run(sim, 2000000);
        report(bob, "2 s after the drop", since_us);
        assert_true(worst_freeze_us(bob, since_us) <= 1000000);
        sim_line_mark(bob);
        since_us = sim->now_us;
        sim_run(sim, 4000000);
        report(bob, "then", since_us);
        assert_true(sim_line_loss(bob) < 0.02);
        assert_true(worst_freeze_us(bob, since_us) <= 500000);
        assert_true(shown(bob) >= 2);
        for (int s = 0; s < 4; s++) /* seen, or said to be paused */
            assert_true(bob->slots[s].told.peer != 0 &&
                        bob->slots[s].told.phase != HOP_SLOT_WAITING);
        sim_free(sim);
    }
}

static void bufferbloat(void **state)
{
    (void)state;
    struct sim *sim = sim_new(603);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, line(2000000, 1000000, 25000));
    sim_view(bob, 720, 0, 1, 2, 3, -1);
    sim_run(sim, 8000000);
    sim_line_mark(bob);
    int64_t since_us = sim->now_us;
    sim_run(sim, 40000000);
    report(bob, "1 s of buffer", since_us);
    assert_true(sim_line_p95_us(bob) <= 200000);
    assert_true(sim_line_bps(bob) >= 0.7 * 2000000);
    assert_true(worst_freeze_us(bob, since_us) <= 500000);
    sim_free(sim);
}

static void random_loss_costs_nothing(void **state)
{
    (void)state;
    struct sim *sim = sim_new(604);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_link lossy = { .loss_permille = 50, .delay_us = 40000 };
    struct sim_client *bob = join_viewer(sim, 9, lossy);
    sim_view(bob, 720, 0, 1, -1);
    sim_run(sim, 8000000);
    sim_run(sim, 20000000);
    assert_int_equal(bob->slots[0].shown.layer, 2);
    assert_int_equal(bob->slots[1].shown.layer, 2);
    sim_free(sim);
}

static void heavy_loss_is_survived(void **state)
{
    (void)state;
    struct sim *sim = sim_new(608);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, line(20000000, 200000, 40000));
    sim_view(bob, 720, 0, 1, -1);
    sim_run(sim, 8000000);
    bob->down.loss_permille = 200;
    sim_run(sim, 10000000);
    bob->down.loss_permille = 0;
    sim_run(sim, 2000000);
    int64_t since_us = sim->now_us;
    sim_run(sim, 5000000);
    report(bob, "after 20 % loss", since_us);
    assert_int_equal(shown(bob), 2);
    assert_true(worst_freeze_us(bob, since_us) <= 100000); /* whole again within 2 s */
    sim_run(sim, 5000000);
    assert_int_equal(bob->slots[0].shown.layer, 2);
    assert_int_equal(bob->slots[1].shown.layer, 2);
    sim_free(sim);
}

/* REMB alone (draft-alvestrand-rmcat-remb-03): what it says is what is sent. */
static void a_receiver_with_only_remb(void **state)
{
    (void)state;
    struct sim *sim = sim_new(609);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, line(20000000, 200000, 20000));
    bob->mute_twcc = true;
    sim_view(bob, 720, 0, 1, 2, 3, -1);
    for (int i = 0; i < 200; i++) {
        uint8_t packet[64];
        uint32_t ssrc = bob->slots[0].ssrc;
        struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
        hop_rtcp_write_remb(&w, 1, i < 100 ? 700000 : 6000000, &ssrc, 1);
        sim_uplink(bob, packet, w.len);
        if (i == 50)
            sim_line_mark(bob);
        if (i == 99) {
            report(bob, "REMB 700 kbit/s", sim->now_us - 3000000);
            assert_in_range((unsigned)sim_line_bps(bob), 450000, 760000);
        }
        sim_run(sim, 100000);
    }
    for (int s = 0; s < 4; s++)
        assert_int_equal(bob->slots[s].shown.layer, 2);
    sim_free(sim);
}

static void one_bad_line_is_nobody_elses_matter(void **state)
{
    (void)state;
    struct sim *sim = sim_new(605);
    for (uint32_t c = 0; c < 2; c++)
        join_camera(sim, c);
    struct sim_client *good_one = join_viewer(sim, 8, line(20000000, 200000, 20000));
    sim_view(good_one, 720, 0, 1, -1);
    sim_run(sim, 4000000);
    unsigned reports = good_one->slots[0].reports;
    struct sim_client *bad = join_viewer(sim, 9, line(300000, 300000, 60000));
    bad->down.loss_permille = 30;
    sim_view(bad, 720, 0, 1, -1);
    int64_t since_us = sim->now_us;
    sim_run(sim, 20000000);
    report(bad, "bad", sim->now_us - 10000000);
    report(good_one, "good", since_us);
    assert_int_equal(good_one->slots[0].reports, reports);
    assert_int_equal(good_one->slots[0].shown.layer, 2);
    assert_true(worst_freeze_us(good_one, since_us) <= 100000);
    assert_true(shown(bad) >= 1);
    sim_free(sim);
}

static void view_screen(struct sim_client *viewer, int screen_of)
{
    struct hop_view_tile tiles[5] = {
        { .peer = viewer->sim->clients[3].id, .source = HOP_SOURCE_CAMERA, .height = 360 }
    };
    for (uint32_t c = 0; c < 3; c++)
        tiles[1 + c] = (struct hop_view_tile){ .peer = viewer->sim->clients[c].id,
                                               .source = HOP_SOURCE_CAMERA,
                                               .height = 180 };
    tiles[4] = (struct hop_view_tile){ .peer = viewer->sim->clients[screen_of].id,
                                       .source = HOP_SOURCE_SCREEN,
                                       .height = 720 };
    assert_int_equal(
        hop_route_set_view(viewer->sim->route, viewer->index, tiles, 5, viewer->sim->now_us), 0);
}

static void the_screen_comes_first_and_tiles_pause_and_resume(void **state)
{
    (void)state;
    struct sim *sim = sim_new(606);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    sim_send(&sim->clients[0], HOP_SOURCE_SCREEN, true);
    struct sim_client *bob = join_viewer(sim, 9, line(780000, 300000, 25000));
    view_screen(bob, 0);
    sim_run(sim, 12000000);
    sim_line_mark(bob);
    int64_t since_us = sim->now_us;
    sim_run(sim, 20000000);
    report(bob, "780 kbit/s", since_us);
    bool screen = false;
    for (int s = 0; s < 6; s++)
        if (bob->slots[s].shown.source == HOP_SOURCE_SCREEN && bob->slots[s].shown.peer != 0) {
            screen = true;
            assert_true(sim_longest_freeze_us(&bob->slots[s], since_us, sim->now_us) < 500000);
        }
    assert_true(screen);
    assert_true(shown(bob) >= 2 && shown(bob) < 5); /* some cameras are paused */
    sim_send(&sim->clients[0], HOP_SOURCE_SCREEN, false);
    sim_run(sim, 6000000);
    assert_int_equal(shown(bob), 4);
    sim_free(sim);
}

static void receivers_that_tell_little_are_served(void **state)
{
    (void)state;
    struct sim *sim = sim_new(607);
    for (uint32_t c = 0; c < 4; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 9, good);
    bob->mute_twcc = true;
    sim_view(bob, 360, 0, 1, 2, 3, -1);
    sim_run(sim, 10000000);
    assert_int_equal(shown(bob), 4);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_megabit_is_used),
        cmocka_unit_test(a_good_line_gets_all_within_two_seconds),
        cmocka_unit_test(a_drop_is_survived_and_the_return_is_seen),
        cmocka_unit_test(a_drop_below_the_lowest_layers),
        cmocka_unit_test(bufferbloat),
        cmocka_unit_test(random_loss_costs_nothing),
        cmocka_unit_test(heavy_loss_is_survived),
        cmocka_unit_test(a_receiver_with_only_remb),
        cmocka_unit_test(one_bad_line_is_nobody_elses_matter),
        cmocka_unit_test(the_screen_comes_first_and_tiles_pause_and_resume),
        cmocka_unit_test(receivers_that_tell_little_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
