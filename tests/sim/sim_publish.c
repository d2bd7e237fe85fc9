/* What a client sends: pictures cut into packets, sound, retransmissions, and how it reacts to the
 * room's feedback; see sim.h. */
#include "tests/sim/sim.h"

#include "media/base/bytes.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PACKET_SPACING_US = 1500, /* within a frame: a pacer's work */
    HEADERED_PACKETS = 40,    /* mid and rid ride on the first packets only */
    SIGNATURE = 16,
};

void sim_publish_init(struct sim_client *client)
{
    static const uint16_t heights[HOP_MAX_LAYERS] = { 180, 360, 720 };
    for (int s = 0; s < HOP_SOURCES; s++) {
        struct sim_source *source = &client->sources[s];
        for (uint8_t l = 0; source->offered && l < source->n_layers; l++) {
            struct sim_layer *layer = &source->layers[l];
            layer->index = l;
            layer->ssrc = sim_random(client->sim) | 1;
            layer->rtx_ssrc = sim_random(client->sim) | 1;
            layer->seq = (uint16_t)(0xff00 + sim_below(client->sim, 0x200)); /* wraps soon */
            layer->timestamp = sim_random(client->sim);
            layer->picture = (uint16_t)(0x7f80 + sim_below(client->sim, 0x7f));
            layer->tl0 = (uint8_t)sim_random(client->sim);
            layer->height = source->n_layers == 1 ? 720 : heights[l];
            layer->enabled = layer->key_wanted = true;
            layer->history = calloc(SIM_HISTORY, sizeof(*layer->history));
            assert_non_null(layer->history);
        }
    }
}

void sim_publish_free(struct sim_client *client)
{
    for (int s = 0; s < HOP_SOURCES; s++)
        for (int l = 0; l < HOP_MAX_LAYERS; l++) {
            free(client->sources[s].layers[l].history);
            client->sources[s].layers[l].history = NULL;
        }
}

static const struct hop_track_desc *track_of(const struct sim_client *client, int source)
{
    for (uint8_t t = 0; t < client->desc.n_tracks; t++)
        if ((int)client->desc.tracks[t].source == source)
            return &client->desc.tracks[t];
    return NULL;
}

static const struct hop_codec_desc *codec_of(const struct hop_track_desc *track,
                                             enum hop_codec codec)
{
    for (uint8_t c = 0; c < track->n_codecs; c++)
        if (track->codecs[c].codec == codec)
            return &track->codecs[c];
    return NULL;
}

/* Writes header, extensions and payload; returns the length. */
static size_t write_packet(struct sim_client *client, int source, struct sim_layer *layer,
                           bool repair, const struct hop_rtp_header *base, const uint8_t *payload,
                           size_t len, uint8_t *out)
{
    const struct hop_track_desc *track = track_of(client, source);
    const struct hop_ext_ids *ids = &client->desc.ext;
    struct hop_rtp_header h = *base;
    if (repair || layer->sent_packets < HEADERED_PACKETS) {
        hop_rtp_header_add_token(&h, ids->mid, track->mid);
        if (track->n_rids > 0)
            hop_rtp_header_add_token(&h, repair ? ids->rrid : ids->rid, track->rids[layer->index]);
    }
    if (source == HOP_SOURCE_MICROPHONE)
        hop_rtp_header_add_audio_level(&h, ids->audio_level, true, 20);
    hop_rtp_header_add_abs_send_time(&h, ids->abs_send_time, client->sim->now_us);
    hop_rtp_header_add_twcc(&h, ids->twcc, client->twcc_next++);
    size_t at = hop_rtp_header_write(&h, out, HOP_MAX_DATAGRAM);
    memcpy(out + at, payload, len);
    return at + len;
}

static void remember(struct sim_layer *layer, uint16_t seq, const uint8_t *packet, size_t len)
{
    struct sim_sent *sent = &layer->history[seq % SIM_HISTORY];
    sent->seq = seq;
    sent->len = (uint16_t)len;
    memcpy(sent->data, packet, len);
}

/* ---- pictures -------------------------------------------------------------------------------- */

static size_t sign(uint8_t *p, const struct sim_client *client, int source,
                   const struct sim_layer *layer, bool key, uint8_t at, uint8_t of)
{
    p[0] = 0x5a;
    p[1] = (uint8_t)client->index;
    p[2] = (uint8_t)source;
    p[3] = layer->index;
    hop_put32(p + 4, layer->frame);
    p[8] = at;
    p[9] = of;
    p[10] = key;
    p[11] = 0xa5;
    hop_put32(p + 12, layer->needs);
    return SIGNATURE;
}

static size_t vp8_head(uint8_t *p, const struct sim_layer *layer, bool key, uint8_t at)
{
    p[0] = (uint8_t)(0x80 | (at == 0 ? 0x10 : 0)); /* X, S */
    p[1] = 0xe0;                                   /* I, L, T */
    hop_put16(p + 2, 0x8000 | (layer->picture & 0x7fff));
    p[4] = layer->tl0;
    p[5] = (uint8_t)(layer->tid << 6 | (layer->sync ? 0x20 : 0));
    if (at != 0)
        return 6;
    p[6] = key ? 0 : 1; /* P of the frame header */
    p[7] = p[8] = 0;
    if (!key)
        return 9;
    p[9] = 0x9d, p[10] = 0x01, p[11] = 0x2a;
    uint16_t width = (uint16_t)(layer->height * 16 / 9);
    p[12] = (uint8_t)width, p[13] = (uint8_t)(width >> 8);
    p[14] = (uint8_t)layer->height, p[15] = (uint8_t)(layer->height >> 8);
    return 16;
}

struct bits {
    uint8_t *p;
    size_t n;
};

static void put_bit(struct bits *b, unsigned bit)
{
    if (b->n % 8 == 0)
        b->p[b->n / 8] = 0;
    b->p[b->n / 8] |= (uint8_t)(bit << (7 - b->n % 8));
    b->n++;
}

static void put_ue(struct bits *b, unsigned v)
{
    unsigned len = 0;
    while ((v + 1) >> (len + 1))
        len++;
    for (unsigned i = 0; i < len; i++)
        put_bit(b, 0);
    for (unsigned i = len + 1; i > 0; i--)
        put_bit(b, ((v + 1) >> (i - 1)) & 1);
}

/* A baseline SPS, cropped to the height; ITU-T H.264 §7.3.2.1.1. */
static size_t h264_sps(uint8_t *p, unsigned height)
{
    p[0] = 0x67, p[1] = 66, p[2] = 0xc0, p[3] = 31;
    struct bits b = { .p = p + 4 };
    unsigned rows = (height + 15) / 16, crop = (rows * 16 - height) / 2;
    put_ue(&b, 0), put_ue(&b, 0), put_ue(&b, 2), put_ue(&b, 1), put_bit(&b, 0);
    put_ue(&b, height * 16 / 9 / 16 - 1), put_ue(&b, rows - 1);
    put_bit(&b, 1), put_bit(&b, 1), put_bit(&b, crop != 0);
    if (crop)
        put_ue(&b, 0), put_ue(&b, 0), put_ue(&b, 0), put_ue(&b, crop);
    put_bit(&b, 0), put_bit(&b, 1);
    return 4 + (b.n + 7) / 8;
}

/* SPS alone in the first packet of a key frame, its signature in an SEI beside it (STAP-A); then
 * fragments of one slice. */
static size_t h264_head(uint8_t *p, const struct sim_client *client, int source,
                        const struct sim_layer *layer, bool key, uint8_t at, uint8_t of)
{
    uint8_t first = key ? 1 : 0; /* place of the slice's first fragment */
    if (key && at == 0) {
        p[0] = 0x78; /* STAP-A */
        size_t sps = h264_sps(p + 3, layer->height);
        hop_put16(p + 1, (uint16_t)sps);
        size_t n = 3 + sps;
        hop_put16(p + n, SIGNATURE + 1);
        p[n + 2] = 6; /* SEI */
        return n + 3 + sign(p + n + 3, client, source, layer, key, at, of);
    }
    p[0] = 0x7c; /* FU-A */
    p[1] = (uint8_t)((key ? 5 : 1) | (at == first ? 0x80 : 0) | (at + 1 == of ? 0x40 : 0));
    size_t n = 2;
    if (at == first)
        p[n++] = 0x88; /* first_mb_in_slice 0 */
    return n + sign(p + n, client, source, layer, key, at, of);
}

/* What the frame is in its temporal structure, and what it builds upon. */
static void arrange(const struct sim_source *source, struct sim_layer *layer, bool key)
{
    static const uint8_t tids[] = { 0, 2, 1, 2 };
    layer->phase = (uint8_t)(key || !source->temporal ? 0 : (layer->phase + 1) % 4);
    layer->tid = tids[layer->phase];
    layer->sync = layer->phase == 1 || layer->phase == 2;
    layer->needs = layer->phase == 3 ? layer->middle : layer->base;
    if (layer->tid == 0) {
        layer->base = layer->frame;
        layer->tl0++;
    } else if (layer->tid == 1) {
        layer->middle = layer->frame;
    }
}

/* Frames differ by a fifth, key frames are four times as large. 0: the layer has no rate. */
static uint32_t frame_bytes(struct sim *sim, const struct sim_layer *layer, bool key, bool temporal)
{
    if (layer->bps == 0)
        return 0;
    uint32_t mean = (uint32_t)((uint64_t)layer->bps * SIM_FRAME_US / 8000000);
    uint32_t share = key ? 4000 : 800 + sim_below(sim, 400);
    if (temporal && !key)
        share = share * (layer->tid == 0 ? 8 : 4) / 5;
    return mean * share / 1000;
}

static void send_frame(struct sim_client *client, int s, struct sim_layer *layer)
{
    struct sim *sim = client->sim;
    const struct sim_source *source = &client->sources[s];
    bool key = layer->key_wanted;
    layer->key_wanted = false;
    layer->keys += key;
    uint8_t least = source->codec == HOP_CODEC_H264 ? 2 : 1; /* a unit is cut into two at least */
    uint8_t of = (uint8_t)(key ? 4 + sim_below(sim, 5) : least + sim_below(sim, 4));
    layer->frame++;
    layer->picture = (layer->picture + 1) & 0x7fff;
    arrange(source, layer, key);
    uint32_t bytes = frame_bytes(sim, layer, key, source->temporal);
    if (bytes > 0)
        of = (uint8_t)(bytes / 1000 + least);
    for (uint8_t at = 0; at < of; at++) {
        uint8_t payload[HOP_MTU], packet[HOP_MAX_DATAGRAM];
        size_t n = 0;
        if (source->codec == HOP_CODEC_VP8) {
            n = vp8_head(payload, layer, key, at);
            n += sign(payload + n, client, s, layer, key, at, of);
        } else {
            n = h264_head(payload, client, s, layer, key, at, of);
        }
        size_t fill =
            source->codec == HOP_CODEC_H264 && key && at == 0 ? 0 : 40 + sim_below(sim, 900);
        if (bytes > 0 && fill > 0)
            fill = bytes / of;
        memset(payload + n, 0x33, fill);
        struct hop_rtp_header h;
        hop_rtp_header_init(&h, codec_of(track_of(client, s), source->codec)->pt, at + 1 == of,
                            layer->seq, layer->timestamp, layer->ssrc);
        size_t len = write_packet(client, s, layer, false, &h, payload, n + fill, packet);
        remember(layer, layer->seq++, packet, len);
        layer->sent_packets++;
        struct sim_link link = client->up;
        link.delay_us += at * (of > 16 ? 24000 / of : PACKET_SPACING_US);
        struct sim_link saved = client->up;
        client->up = link;
        sim_uplink(client, packet, len);
        client->up = saved;
    }
}

static void send_voice(struct sim_client *client, int s)
{
    struct sim_layer *layer = &client->sources[s].layers[0];
    uint8_t payload[40] = { 0x78 }, packet[HOP_MAX_DATAGRAM];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, 63, false, layer->seq++, layer->timestamp, layer->ssrc);
    size_t len = write_packet(client, s, layer, false, &h, payload, sizeof(payload), packet);
    layer->timestamp += 960;
    layer->sent_packets++;
    sim_uplink(client, packet, len);
}

void sim_publish_poll(struct sim_client *client)
{
    for (int s = 0; s < HOP_SOURCES; s++) {
        struct sim_source *source = &client->sources[s];
        if (!source->offered || client->sim->now_us < source->next_us)
            continue;
        bool video = source->codec != HOP_CODEC_OPUS;
        source->next_us += video ? SIM_FRAME_US : 20000;
        for (uint8_t l = 0; l < source->n_layers; l++) {
            struct sim_layer *layer = &source->layers[l];
            if (video)
                layer->timestamp += 3000;
            bool wanted = !source->obeys || l <= source->demand || source->demands == 0 ||
                          client->sim->now_us - source->demand_us < SIM_OBEY_US;
            if (source->obeys && l <= source->demand && l > source->demand_before &&
                client->sim->now_us - source->demand_us < SIM_OBEY_US)
                wanted = false; /* not heard of yet */
            if (!source->sending || !layer->enabled || !wanted)
                layer->key_wanted = true; /* an encoder begins again with a key frame */
            else if (video)
                send_frame(client, s, layer);
            else
                send_voice(client, s);
        }
    }
}

/* ---- feedback -------------------------------------------------------------------------------- */

static struct sim_layer *layer_of(struct sim_client *client, uint32_t ssrc, int *source)
{
    for (int s = 0; s < HOP_SOURCES; s++)
        for (uint8_t l = 0; l < client->sources[s].n_layers; l++)
            if (client->sources[s].layers[l].ssrc == ssrc) {
                *source = s;
                return &client->sources[s].layers[l];
            }
    return NULL;
}

static void repeat(struct sim_client *client, int source, struct sim_layer *layer, uint16_t seq)
{
    const struct sim_sent *sent = &layer->history[seq % SIM_HISTORY];
    struct hop_rtp_view view;
    if (sent->len == 0 || sent->seq != seq || hop_rtp_parse(sent->data, sent->len, &view) != 0)
        return;
    uint8_t payload[HOP_MAX_DATAGRAM], packet[HOP_MAX_DATAGRAM];
    hop_put16(payload, seq);
    memcpy(payload + HOP_RTX_OSN, sent->data + view.payload_offset, view.payload_len);
    const struct hop_track_desc *track = track_of(client, source);
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, codec_of(track, client->sources[source].codec)->rtx_pt, view.marker,
                        layer->rtx_seq++, view.timestamp, layer->rtx_ssrc);
    size_t len = write_packet(client, source, layer, true, &h, payload,
                              (size_t)view.payload_len + HOP_RTX_OSN, packet);
    sim_uplink(client, packet, len);
}

static void read_feedback(struct sim_client *client, const struct hop_rtcp_fb *fb)
{
    int source = 0;
    struct sim_layer *layer = layer_of(client, fb->media_ssrc, &source);
    uint16_t missing[1024];
    size_t n = layer ? hop_rtcp_read_nack(fb, missing, 1024) : 0;
    for (size_t i = 0; i < n; i++, layer->nacks++)
        repeat(client, source, layer, missing[i]);
    if (layer && hop_rtcp_is_pli(fb)) {
        layer->plis++;
        layer->key_wanted = true;
    }
    uint32_t ssrc;
    uint8_t seq;
    for (unsigned i = 0; hop_rtcp_read_fir(fb, i, &ssrc, &seq); i++)
        if ((layer = layer_of(client, ssrc, &source))) {
            layer->firs++;
            layer->key_wanted = true;
        }
    if (fb->type == HOP_RTCP_RTPFB && fb->format == HOP_RTPFB_TWCC)
        client->twcc_feedbacks++;
}

void sim_publish_rtcp(struct sim_client *client, const uint8_t *packet, size_t len)
{
    assert_true(hop_rtcp_check(packet, len));
    struct hop_rtcp_iter iter = hop_rtcp_begin(packet, len);
    struct hop_rtcp_packet one;
    while (hop_rtcp_next(&iter, &one)) {
        struct hop_rtcp_fb fb;
        struct hop_rtcp_block block;
        if (hop_rtcp_read_fb(&one, &fb))
            read_feedback(client, &fb);
        for (unsigned i = 0; hop_rtcp_read_block(&one, i, &block); i++)
            client->blocks++;
        client->byes += one.type == HOP_RTCP_BYE;
    }
}
