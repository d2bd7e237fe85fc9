/* Clients of the simulated room: what they offer, joining, leaving, looking; see sim.h. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void offer_track(struct sim_client *client, enum hop_source source, enum hop_codec codec,
                        uint8_t layers)
{
    struct hop_track_desc *t = &client->desc.tracks[client->desc.n_tracks++];
    t->source = source;
    snprintf(t->mid, sizeof(t->mid), "%d", (int)source);
    uint8_t base = (uint8_t)(96 + 4 * (client->index % 4));
    if (codec == HOP_CODEC_OPUS) {
        t->codecs[t->n_codecs++] = (struct hop_codec_desc){ HOP_CODEC_OPUS, 63, 0xff };
    } else {
        t->codecs[t->n_codecs++] =
            (struct hop_codec_desc){ HOP_CODEC_VP8, base, (uint8_t)(base + 1) };
        t->codecs[t->n_codecs++] =
            (struct hop_codec_desc){ HOP_CODEC_H264, (uint8_t)(base + 2), (uint8_t)(base + 3) };
    }
    for (uint8_t l = 0; layers > 1 && l < layers; l++)
        snprintf(t->rids[t->n_rids++], sizeof(t->rids[0]), "r%d", l);
    client->sources[source].offered = true;
    client->sources[source].codec = codec;
    client->sources[source].n_layers = layers;
}

static void describe(struct sim_client *client, const struct sim_client_config *config)
{
    struct hop_peer_desc *d = &client->desc;
    memset(d, 0, sizeof(*d));
    memset(&client->local, 0, sizeof(client->local));
    uint8_t shift = (uint8_t)(client->index % 3);
    d->ext = (struct hop_ext_ids){ .mid = (uint8_t)(1 + shift),
                                   .rid = (uint8_t)(4 + shift),
                                   .rrid = (uint8_t)(7 + shift),
                                   .audio_level = 10,
                                   .mix_levels = 11,
                                   .abs_send_time = 12,
                                   .twcc = 13 };
    d->mix_pt = 63;
    d->allowed = HOP_SOURCE_ALL;
    if (config->microphone)
        offer_track(client, HOP_SOURCE_MICROPHONE, HOP_CODEC_OPUS, 1);
    if (config->camera)
        offer_track(client, HOP_SOURCE_CAMERA, config->camera, config->camera_layers);
    if (config->screen)
        offer_track(client, HOP_SOURCE_SCREEN, config->screen, 1);
    d->n_slots = config->n_slots;
    for (uint8_t s = 0; s < config->n_slots; s++) {
        struct hop_slot_desc *slot = &d->slots[s];
        uint8_t base = (uint8_t)(96 + 4 * (client->index % 4));
        snprintf(slot->mid, sizeof(slot->mid), "s%u", s);
        slot->codecs[slot->n_codecs++] =
            (struct hop_codec_desc){ HOP_CODEC_VP8, base, (uint8_t)(base + 1) };
        if (!config->vp8_only)
            slot->codecs[slot->n_codecs++] =
                (struct hop_codec_desc){ HOP_CODEC_H264, (uint8_t)(base + 2), (uint8_t)(base + 3) };
        client->local.slots[s].ssrc = 0x10000000u + (client->index << 16) + s;
        client->local.slots[s].rtx_ssrc = 0x20000000u + (client->index << 16) + s;
    }
    client->local.mix_ssrc = 0x30000000u + client->index;
    snprintf(client->local.cname, sizeof(client->local.cname), "hop-%u", client->index);
}

struct sim_client *sim_join(struct sim *sim, uint32_t index, const struct sim_client_config *config)
{
    struct sim_client *client = &sim->clients[index];
    sim_publish_free(client);
    sim_receive_free(client);
    memset(client, 0, sizeof(*client));
    client->sim = sim;
    client->index = index;
    client->id = ((hop_peer_id)(sim_random(sim) | 1) << 16) | index;
    client->up = config->up;
    client->down = config->down;
    client->repairs = true;
    client->report_us = sim->now_us + sim_below(sim, 1000000);
    describe(client, config);
    sim_publish_init(client);
    sim_receive_init(client);
    assert_int_equal(
        hop_route_peer_add(sim->route, index, client->id, &client->desc, &client->local), 0);
    client->in_room = true;
    hop_route_peer_connected(sim->route, index, sim->now_us);
    return client;
}

void sim_leave(struct sim_client *client)
{
    if (!client->in_room)
        return;
    hop_route_peer_remove(client->sim->route, client->index, true, client->sim->now_us);
    client->in_room = false;
}

void sim_send(struct sim_client *client, enum hop_source source, bool on)
{
    client->sources[source].sending = on;
    client->sources[source].next_us = client->sim->now_us + sim_below(client->sim, 30000);
}

void sim_view(struct sim_client *client, int height, ...)
{
    struct hop_view_tile tiles[HOP_MAX_VIEW];
    size_t n = 0;
    va_list args;
    va_start(args, height);
    for (int who = va_arg(args, int); who >= 0; who = va_arg(args, int))
        tiles[n++] = (struct hop_view_tile){ .peer = client->sim->clients[who].id,
                                             .source = HOP_SOURCE_CAMERA,
                                             .height = (uint16_t)height };
    va_end(args);
    assert_int_equal(
        hop_route_set_view(client->sim->route, client->index, tiles, n, client->sim->now_us), 0);
}
