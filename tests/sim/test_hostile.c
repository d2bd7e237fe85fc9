/* A participant who sends garbage, or too much of everything: the others' pictures and sound go on,
 * and what he costs is bounded. */
#include "tests/sim/sim.h"

#include "media/base/bytes.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_link lossy = { .loss_permille = 20, .delay_us = 10000, .jitter_us = 3000 };
static const struct sim_link clean = { .delay_us = 10000 };

enum { ALICE, BOB, MALLORY };

static struct sim *room(uint64_t seed, struct sim_link link)
{
    struct sim *sim = sim_new(seed);
    struct sim_client_config config = { .camera = HOP_CODEC_VP8,
                                        .camera_layers = 3,
                                        .n_slots = 3,
                                        .screen = HOP_CODEC_VP8,
                                        .microphone = true,
                                        .up = link,
                                        .down = link };
    for (uint32_t c = ALICE; c <= MALLORY; c++) {
        struct sim_client *client = sim_join(sim, c, &config);
        sim_send(client, HOP_SOURCE_CAMERA, true);
        sim_send(client, HOP_SOURCE_MICROPHONE, true);
    }
    sim_view(&sim->clients[BOB], 720, ALICE, MALLORY, -1);
    sim_view(&sim->clients[MALLORY], 720, ALICE, BOB, -1);
    return sim;
}

static void fill_random(struct sim *sim, uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)sim_random(sim);
}

static void assert_others_unharmed(struct sim *sim, unsigned least_frames)
{
    struct sim_client *bob = &sim->clients[BOB];
    sim_send(&sim->clients[ALICE], HOP_SOURCE_CAMERA, false);
    sim_run(sim, 1500000);
    sim_assert_clean(&bob->slots[0], least_frames);
    assert_int_equal(bob->mix_own, 0);
    assert_true(bob->mix_packets > 30 * least_frames / 30);
    assert_true(sim->clients[ALICE].in_room);
}

static void attack_rtp(struct sim *sim, struct sim_client *mallory)
{
    static const char *const mids[] = { "0", "1", "2", "x" };
    static const char *const rids[] = { "r0", "r1", "r2", "r9" };
    uint8_t payload[300], packet[HOP_MAX_DATAGRAM];
    const struct hop_ext_ids *ids = &mallory->desc.ext;
    struct hop_rtp_header h;
    uint8_t pt = (uint8_t)(sim_below(sim, 2) ? 96 + sim_below(sim, 20) : sim_random(sim) & 0x7f);
    const struct sim_client *victim = &sim->clients[sim_below(sim, 3)];
    uint32_t stolen = victim->sources[HOP_SOURCE_CAMERA].layers[sim_below(sim, 3)].ssrc;
    uint32_t ssrc = sim_below(sim, 2) ? sim_random(sim) : stolen;
    bool marker = sim_below(sim, 2);
    uint16_t seq = (uint16_t)sim_random(sim);
    hop_rtp_header_init(&h, pt, marker, seq, sim_random(sim), ssrc);
    if (sim_below(sim, 2))
        hop_rtp_header_add_token(&h, ids->mid, mids[sim_below(sim, 4)]);
    if (sim_below(sim, 2))
        hop_rtp_header_add_token(&h, ids->rid, rids[sim_below(sim, 4)]);
    if (sim_below(sim, 4) == 0)
        hop_rtp_header_add_token(&h, ids->rrid, rids[sim_below(sim, 4)]);
    hop_rtp_header_add_twcc(&h, ids->twcc, (uint16_t)sim_random(sim));
    size_t at = hop_rtp_header_write(&h, packet, sizeof(packet));
    size_t n = sim_below(sim, sizeof(payload));
    fill_random(sim, payload, n);
    if (n > 20 && sim_below(sim, 2)) /* a plausible VP8 key frame of any size */
        memcpy(payload, "\x10\x00\x00\x00\x9d\x01\x2a", 7);
    memcpy(packet + at, payload, n);
    hop_route_rtp(sim->route, MALLORY, packet, at + n, sim->now_us);
}

static void attack_rtcp(struct sim *sim, const struct sim_client *mallory)
{
    uint8_t packet[HOP_MAX_DATAGRAM];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, HOP_MTU);
    uint32_t about = sim_below(sim, 2) ? mallory->slots[sim_below(sim, 3)].ssrc
                                       : sim->clients[sim_below(sim, 2)].slots[0].ssrc;
    uint16_t seqs[200];
    uint16_t from = (uint16_t)sim_random(sim);
    for (uint16_t i = 0; i < 200; i++)
        seqs[i] = (uint16_t)(from + i);
    hop_rtcp_write_nack(&w, 1, about, seqs, 200);
    hop_rtcp_write_pli(&w, 1, about);
    hop_rtcp_write_fir(&w, 1, about, (uint8_t)from);
    uint32_t victims[] = { sim->clients[ALICE].sources[HOP_SOURCE_CAMERA].layers[2].ssrc, about };
    hop_rtcp_write_bye(&w, victims, 2, "bye");
    struct hop_rtcp_sr sr = { .ssrc = sim_random(sim), .ntp = sim_random(sim) };
    hop_rtcp_write_sr(&w, &sr, NULL, 0);
    for (uint32_t i = sim_below(sim, 8); i > 0; i--)
        packet[sim_below(sim, (uint32_t)w.len)] = (uint8_t)sim_random(sim);
    hop_route_rtcp(sim->route, MALLORY, packet, w.len, sim->now_us);
}

static void garbage_harms_nobody_else(void **state)
{
    (void)state;
    for (uint64_t seed = 400; seed < 404; seed++) {
        struct sim *sim = room(seed, lossy);
        struct sim_client *mallory = &sim->clients[MALLORY];
        mallory->sources[HOP_SOURCE_CAMERA].sending = false;
        sim_view(&sim->clients[BOB], 720, ALICE, -1);
        for (int i = 0; i < 5000; i++) {
            uint8_t noise[HOP_MAX_DATAGRAM];
            size_t n = sim_below(sim, 300);
            fill_random(sim, noise, n);
            if (n > 0)
                noise[0] = (uint8_t)(0x80 | (noise[0] & 0x3f));
            hop_route_rtp(sim->route, MALLORY, noise, n, sim->now_us);
            if (n > 1)
                noise[1] = (uint8_t)(192 + noise[1] % 32);
            hop_route_rtcp(sim->route, MALLORY, noise, n, sim->now_us);
            attack_rtp(sim, mallory);
            attack_rtcp(sim, mallory);
            if (i % 5 == 0)
                sim_run(sim, 2000);
        }
        assert_others_unharmed(sim, 40);
        assert_true(sim->drops[HOP_DROP_MALFORMED] > 100);
        assert_true(sim->drops[HOP_DROP_UNKNOWN_SSRC] > 100);
        sim_free(sim);
    }
}

static void complaints_cannot_make_a_publisher_stutter(void **state)
{
    (void)state;
    struct sim *sim = room(410, clean);
    struct sim_client *mallory = &sim->clients[MALLORY];
    sim_run(sim, 2000000);
    unsigned before = sim->clients[ALICE].sources[HOP_SOURCE_CAMERA].layers[2].plis;
    for (int i = 0; i < 3000; i++) {
        uint8_t packet[64];
        struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
        for (int s = 0; s < 3; s++)
            hop_rtcp_write_pli(&w, 1, mallory->slots[s].ssrc);
        hop_route_rtcp(sim->route, MALLORY, packet, w.len, sim->now_us);
        sim_run(sim, 1000);
    }
    unsigned asked = sim->clients[ALICE].sources[HOP_SOURCE_CAMERA].layers[2].plis - before;
    assert_true(asked > 0 && asked <= 3000 / 400 + 1);
    sim_free(sim);
}

static void requests_for_repair_are_answered_within_bounds(void **state)
{
    (void)state;
    struct sim *sim = room(411, clean);
    struct sim_client *mallory = &sim->clients[MALLORY];
    mallory->sources[HOP_SOURCE_MICROPHONE].sending = false;
    sim_run(sim, 2000000);
    for (uint32_t c = ALICE; c <= MALLORY; c++) {
        sim_send(&sim->clients[c], HOP_SOURCE_CAMERA, false);
        sim_send(&sim->clients[c], HOP_SOURCE_MICROPHONE, false);
    }
    sim_run(sim, 100000);
    struct sim_slot *slot = &mallory->slots[0];
    uint16_t seqs[200];
    for (uint16_t i = 0; i < 200; i++)
        seqs[i] = (uint16_t)(slot->newest - i);
    uint64_t before = sim->rtp_sent;
    for (int i = 0; i < 1000; i++) {
        uint8_t packet[HOP_MTU];
        struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
        hop_rtcp_write_nack(&w, 1, slot->ssrc, seqs, 200);
        hop_route_rtcp(sim->route, MALLORY, packet, w.len, sim->now_us);
    }
    /* Each packet is repeated once, whatever he says, and not all of them at once. */
    uint64_t at_once = sim->rtp_sent - before;
    sim_run(sim, 500000);
    assert_true(at_once < 50);
    assert_true(sim->rtp_sent - before > 100 && sim->rtp_sent - before <= 200);
    sim_free(sim);
}

static void limits_of_a_view(void **state)
{
    (void)state;
    struct sim *sim = room(412, clean);
    struct hop_view_tile tiles[HOP_MAX_VIEW + 1] = { { .peer = 0 } };
    for (int i = 0; i <= HOP_MAX_VIEW; i++)
        tiles[i] =
            (struct hop_view_tile){ .peer = sim->clients[ALICE].id, .source = HOP_SOURCE_CAMERA };
    assert_int_equal(hop_route_set_view(sim->route, BOB, tiles, HOP_MAX_VIEW + 1, sim->now_us),
                     -EINVAL);
    assert_int_equal(hop_route_set_view(sim->route, BOB, tiles, HOP_MAX_VIEW, sim->now_us), 0);
    sim_run(sim, 500000);
    /* The same tile many times is one. */
    assert_true(sim->clients[BOB].slots[0].shown.peer == sim->clients[ALICE].id);
    assert_true(sim->clients[BOB].slots[1].shown.peer == 0);
    tiles[0].source = HOP_SOURCE_MICROPHONE;
    assert_int_equal(hop_route_set_view(sim->route, BOB, tiles, 1, sim->now_us), -EINVAL);
    assert_int_equal(hop_route_set_view(sim->route, 77, tiles, 0, sim->now_us), -ENOENT);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_harms_nobody_else),
        cmocka_unit_test(complaints_cannot_make_a_publisher_stutter),
        cmocka_unit_test(requests_for_repair_are_answered_within_bounds),
        cmocka_unit_test(limits_of_a_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
