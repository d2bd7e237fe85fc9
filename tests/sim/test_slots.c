/* How soon a slot shows somebody else, that layers change without a torn picture, and that the
 * publishers of a large room send what is looked at and no more. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_link good = { .delay_us = 20000 };

static struct sim_client *join_camera(struct sim *sim, uint32_t index)
{
    static const uint32_t rates[] = { 100000, 350000, 1250000 };
    struct sim_client_config config = {
        .camera = HOP_CODEC_VP8, .camera_layers = 3, .microphone = true, .up = good, .down = good
    };
    struct sim_client *client = sim_join(sim, index, &config);
    for (uint8_t l = 0; l < 3; l++)
        client->sources[HOP_SOURCE_CAMERA].layers[l].bps = rates[l];
    client->sources[HOP_SOURCE_CAMERA].temporal = true;
    client->sources[HOP_SOURCE_CAMERA].obeys = true;
    sim_send(client, HOP_SOURCE_CAMERA, true);
    return client;
}

static struct sim_client *join_viewer(struct sim *sim, uint32_t index, uint8_t slots, int rate_bps)
{
    struct sim_client_config config = { .n_slots = slots, .up = good, .down = good };
    config.down.rate_bps = rate_bps;
    config.down.buffer_us = 300000;
    return sim_join(sim, index, &config);
}

static struct sim_source *camera(struct sim *sim, uint32_t index)
{
    return &sim->clients[index].sources[HOP_SOURCE_CAMERA];
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* When the slot's first complete frame of that publisher since then could be shown; INT64_MAX: not
 * yet. */
static int64_t first_picture_us(const struct sim_slot *slot, uint8_t publisher, int64_t since_us)
{
    unsigned have = 0;
    const struct sim_record *last = NULL;
    for (uint64_t at = 0; slot->any && at <= slot->newest - slot->first; at++) {
        const struct sim_record *r = &slot->records[at];
        if (!slot->have[at] || r->filler || r->publisher != publisher || r->at_us < since_us)
            continue;
        have = last && last->frame == r->frame && last->layer == r->layer ? have + 1 : 1;
        last = r;
        if (have == r->of)
            return r->at_us;
    }
    return INT64_MAX;
}

enum { CHANGES = 100, CAMERAS = 6 };

/* Lets time pass, in which the others look around, too. */
static void look_around(struct sim *sim, unsigned others, int64_t us)
{
    for (; us > 0; us -= 100000) {
        for (unsigned o = 0; o < others; o++)
            if (sim_below(sim, 8) == 0)
                sim_view(&sim->clients[9 + o], 720, (int)sim_below(sim, CAMERAS), -1);
        sim_run(sim, us < 100000 ? us : 100000);
    }
}

/* A line of 40 ms, and 20 ms for the wish to get to the server. */
static int64_t p95_of_changes(uint64_t seed, unsigned others, int64_t *p50_us, unsigned *plis)
{
    struct sim *sim = sim_new(seed);
    for (uint32_t c = 0; c < CAMERAS; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, 8, 1, 20000000);
    for (unsigned o = 0; o < others; o++)
        join_viewer(sim, 9 + o, 1, 20000000);
    sim_view(bob, 720, 0, -1);
    sim_run(sim, 3000000);
    int64_t took_us[CHANGES];
    int shown = 0;
    for (int i = 0; i < CHANGES; i++) {
        shown = (shown + 1 + (int)sim_below(sim, CAMERAS - 1)) % CAMERAS;
        int64_t since_us = sim->now_us;
        sim_run(sim, 20000);
        sim_view(bob, 720, shown, -1);
        look_around(sim, others, 300000 + sim_below(sim, 2000) * 1000);
        int64_t at_us = first_picture_us(&bob->slots[0], (uint8_t)shown, since_us);
        assert_true(at_us != INT64_MAX || sim->now_us - since_us < 700000);
        took_us[i] = at_us == INT64_MAX ? sim->now_us - since_us : at_us - since_us;
    }
    struct sim_verdict v = sim_judge(&bob->slots[0], 12);
    assert_int_equal(v.mixed, 0);
    assert_int_equal(v.cold, 0);
    assert_int_equal(v.bad_time, 0);
    assert_int_equal(v.bad_picture, 0);
    assert_int_equal(v.missing, 0);
    int64_t late_us = sim_lateness_us(&bob->slots[0], 3000000);
    print_message("  pictures later than their times say, p99: %d ms\n", (int)(late_us / 1000));
    assert_true(late_us <= 60000); /* a key frame itself takes a while */
    *plis = 0;
    for (uint32_t c = 0; c < CAMERAS; c++)
        for (uint8_t l = 0; l < 3; l++)
            *plis += camera(sim, c)->layers[l].plis;
    qsort(took_us, CHANGES, sizeof(*took_us), compare);
    *p50_us = took_us[CHANGES / 2];
    int64_t p95_us = took_us[CHANGES * 95 / 100];
    sim_free(sim);
    return p95_us;
}

static void another_participant_shows_at_once(void **state)
{
    (void)state;
    int64_t p50_us;
    unsigned plis;
    int64_t p95_us = p95_of_changes(700, 0, &p50_us, &plis);
    print_message("  nobody else looks: first picture p50 %d p95 %d ms, %u requests\n",
                  (int)(p50_us / 1000), (int)(p95_us / 1000), plis);
    assert_true(p95_us <= 250000);
    p95_us = p95_of_changes(701, 12, &p50_us, &plis);
    print_message("  twelve others look around: first picture p50 %d p95 %d ms, %u requests\n",
                  (int)(p50_us / 1000), (int)(p95_us / 1000), plis);
    assert_true(p95_us <= 250000);
}

static void two_hundred_changes_of_layer(void **state)
{
    (void)state;
    struct sim *sim = sim_new(702);
    join_camera(sim, 0);
    struct sim_client *bob = join_viewer(sim, 8, 1, 8000000);
    bob->down.loss_permille = 10;
    sim_view(bob, 720, 0, -1);
    sim_run(sim, 3000000);
    static const int heights[] = { 180, 360, 720 };
    int64_t since_us = sim->now_us;
    for (int i = 0; i < 200; i++) {
        sim_view(bob, heights[(i * 7 + i / 3) % 3], 0, -1);
        sim_run(sim, 400000);
    }
    struct sim_verdict v = sim_judge(&bob->slots[0], 12);
    int64_t freeze_us = sim_longest_freeze_us(&bob->slots[0], since_us, sim->now_us);
    print_message("  %u changes, %u frames, %u not decodable, longest freeze %d ms\n", v.switches,
                  v.frames, v.frames - v.decodable, (int)(freeze_us / 1000));
    assert_true(v.switches >= 120);
    sim_assert_clean(&bob->slots[0], 2000);
    /* Without loss nothing may stand still; with it a repair takes a round trip. */
    assert_true(freeze_us <= 250000);
    sim_free(sim);
}

static void forty_nine_publishers(void **state)
{
    (void)state;
    enum { ALL = 49, VIEWER = 50 };
    struct sim *sim = sim_new(703);
    for (uint32_t c = 0; c < ALL; c++)
        join_camera(sim, c);
    struct sim_client *bob = join_viewer(sim, VIEWER, ALL, 50000000);
    struct hop_view_tile tiles[ALL];
    for (uint32_t c = 0; c < ALL; c++)
        tiles[c] = (struct hop_view_tile){ .peer = sim->clients[c].id,
                                           .source = HOP_SOURCE_CAMERA,
                                           .height = 120 };
    assert_int_equal(hop_route_set_view(sim->route, VIEWER, tiles, ALL, sim->now_us), 0);
    sim_run(sim, 1000000);
    unsigned live = 0;
    for (int s = 0; s < ALL; s++)
        live += bob->slots[s].shown.peer != 0 && bob->slots[s].shown.layer == 0;
    assert_int_equal(live, ALL);
    sim_run(sim, 1000000); /* 2 s: only the lowest layers are sent any more */
    for (uint32_t c = 0; c < ALL; c++)
        assert_int_equal(camera(sim, c)->demand, 0);
    sim_run(sim, 3000000);
    /* The speaker: one large picture. */
    tiles[7].height = 720;
    assert_int_equal(hop_route_set_view(sim->route, VIEWER, tiles + 7, 1, sim->now_us), 0);
    int64_t since_us = sim->now_us;
    assert_int_equal(camera(sim, 7)->demand, 2); /* at once */
    sim_run(sim, 1000000);
    unsigned slot = ALL;
    for (unsigned s = 0; s < ALL; s++)
        if (bob->slots[s].shown.peer == sim->clients[7].id)
            slot = s;
    assert_true(slot < ALL);
    assert_int_equal(bob->slots[slot].shown.layer, 2);
    int64_t freeze_us = sim_longest_freeze_us(&bob->slots[slot], since_us, sim->now_us);
    sim_run(sim, 900000);
    for (uint32_t c = 0; c < ALL; c++)
        if (c != 7)
            assert_int_equal(camera(sim, c)->demand, -1);
    print_message("  the speaker's highest layer within 1 s, longest freeze %d ms\n",
                  (int)(freeze_us / 1000));
    assert_true(freeze_us <= 100000);
    /* Nobody is gone because he sends nothing. */
    sim_run(sim, 5000000);
    assert_true(sim->clients[8].active[HOP_SOURCE_CAMERA]);
    assert_int_equal(hop_route_set_view(sim->route, VIEWER, tiles, ALL, sim->now_us), 0);
    sim_run(sim, 1000000);
    live = 0;
    for (int s = 0; s < ALL; s++)
        live += bob->slots[s].shown.peer != 0;
    assert_int_equal(live, ALL);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_participant_shows_at_once),
        cmocka_unit_test(two_hundred_changes_of_layer),
        cmocka_unit_test(forty_nine_publishers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
