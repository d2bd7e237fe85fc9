/* A room whose worker keeps every packet that it is given; shared by the tests of media/route. */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/bytes.h"
#include "media/route/state.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FX_PACKETS = 512, FX_PEERS = 8, FX_PT = 96, FX_RTX_PT = 97, FX_OPUS = 111 };

struct fx_packet {
    uint32_t peer;
    enum hop_tx_class class;
    size_t len;
    uint8_t data[HOP_MAX_DATAGRAM];
    struct hop_rtp_view view; /* of RTP */
};

struct fx {
    struct hop_route *route;
    int64_t now_us;
    struct fx_packet packets[FX_PACKETS];
    size_t n;
    bool full; /* tx_begin refuses */
    uint8_t tx[HOP_MAX_DATAGRAM];
    unsigned voices, resets, drops[HOP_DROPS], slot_reports;
    uint8_t voice_level;
    bool active[FX_PEERS][HOP_SOURCES];
    struct hop_slot_state slots[FX_PEERS][HOP_MAX_SLOTS];
    unsigned demands, lines, decisions;
    int8_t demand[FX_PEERS][HOP_SOURCES]; /* as last told */
    struct hop_line_state line[FX_PEERS];
    struct hop_decision decision;
};

static inline uint8_t *fx_begin(void *ctx, uint32_t peer, size_t need)
{
    struct fx *fx = ctx;
    (void)peer;
    assert_true(need <= sizeof(fx->tx));
    return fx->full ? NULL : fx->tx;
}

static inline void fx_commit(void *ctx, uint32_t peer, size_t len, enum hop_tx_class class)
{
    struct fx *fx = ctx;
    assert_true(fx->n < FX_PACKETS);
    struct fx_packet *p = &fx->packets[fx->n++];
    p->peer = peer;
    p->class = class;
    p->len = len;
    memcpy(p->data, fx->tx, len);
    if (class != HOP_TX_RTCP)
        assert_int_equal(hop_rtp_parse(p->data, len, &p->view), 0);
}

static inline void fx_voice(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                            uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                            int64_t now_us)
{
    struct fx *fx = ctx;
    (void)peer, (void)source, (void)ext_seq, (void)timestamp, (void)payload, (void)len;
    (void)now_us;
    fx->voices++;
    fx->voice_level = level;
}

static inline void fx_voice_reset(void *ctx, uint32_t peer, enum hop_source source)
{
    (void)peer, (void)source;
    ((struct fx *)ctx)->resets++;
}

static inline void fx_track(void *ctx, uint32_t peer, enum hop_source source, bool active)
{
    ((struct fx *)ctx)->active[peer][source] = active;
}

static inline void fx_slots(void *ctx, uint32_t peer, const struct hop_slot_state *slots, uint8_t n)
{
    struct fx *fx = ctx;
    fx->slot_reports++;
    memcpy(fx->slots[peer], slots, n * sizeof(*slots));
}

static inline void fx_demand(void *ctx, uint32_t peer, enum hop_source source, int8_t top)
{
    struct fx *fx = ctx;
    fx->demands++;
    fx->demand[peer][source] = top;
}

static inline void fx_line(void *ctx, uint32_t peer, const struct hop_line_state *line)
{
    struct fx *fx = ctx;
    fx->lines++;
    fx->line[peer] = *line;
}

static inline void fx_decision(void *ctx, uint32_t peer, const struct hop_decision *decision)
{
    struct fx *fx = ctx;
    (void)peer;
    fx->decisions++;
    fx->decision = *decision;
}

static inline void fx_drop(void *ctx, uint32_t peer, enum hop_drop reason)
{
    (void)peer;
    ((struct fx *)ctx)->drops[reason]++;
}

static inline int fx_setup(void **state)
{
    static const struct hop_route_ops ops = { .tx_begin = fx_begin,
                                              .tx_commit = fx_commit,
                                              .voice = fx_voice,
                                              .voice_reset = fx_voice_reset,
                                              .track = fx_track,
                                              .slots = fx_slots,
                                              .demand = fx_demand,
                                              .line = fx_line,
                                              .decision = fx_decision,
                                              .drop = fx_drop };
    struct fx *fx = calloc(1, sizeof(*fx));
    assert_non_null(fx);
    fx->now_us = 10000000;
    assert_int_equal(hop_route_new(&ops, fx, 1, &fx->route), 0);
    *state = fx;
    return 0;
}

static inline int fx_teardown(void **state)
{
    struct fx *fx = *state;
    hop_route_free(fx->route);
    free(fx);
    return 0;
}

static inline hop_peer_id fx_id(uint32_t peer)
{
    return 0x100u + peer;
}

/* Microphone, camera and screen up; two slots, VP8 with RTX; all extensions. */
static inline void fx_describe(uint32_t peer, struct hop_peer_desc *d, struct hop_peer_local *l)
{
    memset(d, 0, sizeof(*d));
    memset(l, 0, sizeof(*l));
    d->ext = (struct hop_ext_ids){ .mid = 1,
                                   .rid = 2,
                                   .rrid = 3,
                                   .audio_level = 4,
                                   .mix_levels = 5,
                                   .abs_send_time = 6,
                                   .twcc = 7 };
    static const enum hop_source sources[] = { HOP_SOURCE_MICROPHONE, HOP_SOURCE_CAMERA,
                                               HOP_SOURCE_SCREEN };
    for (uint8_t i = 0; i < 3; i++) {
        struct hop_track_desc *t = &d->tracks[d->n_tracks++];
        t->source = sources[i];
        snprintf(t->mid, sizeof(t->mid), "m%d", sources[i]);
        t->n_codecs = 1;
        t->codecs[0] = (struct hop_codec_desc){ HOP_CODEC_VP8, FX_PT, FX_RTX_PT };
        if (sources[i] == HOP_SOURCE_MICROPHONE)
            t->codecs[0] = (struct hop_codec_desc){ HOP_CODEC_OPUS, FX_OPUS, 0xff };
        t->ssrc = 1000 * (peer + 1) + sources[i];
        t->rtx_ssrc = t->ssrc + 500;
    }
    d->n_slots = 2;
    for (uint8_t s = 0; s < d->n_slots; s++) {
        snprintf(d->slots[s].mid, sizeof(d->slots[s].mid), "v%u", s);
        d->slots[s].codecs[d->slots[s].n_codecs++] =
            (struct hop_codec_desc){ HOP_CODEC_VP8, 101, 102 };
        l->slots[s].ssrc = 0x51000000u + peer * 16 + s;
        l->slots[s].rtx_ssrc = 0x52000000u + peer * 16 + s;
    }
    d->mix_pt = FX_OPUS;
    d->allowed = HOP_SOURCE_ALL;
    l->mix_ssrc = 0x50000000u + peer;
    snprintf(l->cname, sizeof(l->cname), "cname-%u", peer);
}

static inline void fx_join(struct fx *fx, uint32_t peer)
{
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    fx_describe(peer, &desc, &local);
    assert_int_equal(hop_route_peer_add(fx->route, peer, fx_id(peer), &desc, &local), 0);
    hop_route_peer_connected(fx->route, peer, fx->now_us);
}

static inline void fx_watch(struct fx *fx, uint32_t peer, uint32_t whose, enum hop_source source)
{
    struct hop_view_tile tile = { .peer = fx_id(whose), .source = source, .height = 360 };
    assert_int_equal(hop_route_set_view(fx->route, peer, &tile, 1, fx->now_us), 0);
}

/* One VP8 packet, a whole frame in itself when `marker`. The tail of the payload tells `tag`. */
static inline void fx_video(struct fx *fx, uint32_t peer, enum hop_source source, uint16_t seq,
                            uint32_t timestamp, uint16_t picture, bool key, bool start, bool marker,
                            uint8_t tag)
{
    uint8_t packet[100];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_PT, marker, seq, timestamp, 1000 * (peer + 1) + source);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    packet[n++] = (uint8_t)(0x80 | (start ? 0x10 : 0));
    packet[n++] = 0xc0; /* I, L */
    hop_put16(packet + n, 0x8000 | picture);
    packet[n + 2] = (uint8_t)picture;
    n += 3;
    static const uint8_t keyhead[] = { 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 };
    if (start && key) {
        memcpy(packet + n, keyhead, sizeof(keyhead)); /* 640x360 */
        n += sizeof(keyhead);
    } else {
        packet[n++] = 0x01;
    }
    packet[n++] = tag;
    hop_route_rtp(fx->route, peer, packet, n, fx->now_us);
}

static inline void fx_frame(struct fx *fx, uint32_t peer, uint16_t seq, bool key)
{
    fx_video(fx, peer, HOP_SOURCE_CAMERA, seq, seq * 3000u, seq & 0x7fff, key, true, true,
             (uint8_t)seq);
}

/* The i-th RTP packet to that peer that is not the mix; NULL: there are not so many. */
static inline const struct fx_packet *fx_sent(const struct fx *fx, uint32_t peer, size_t i)
{
    for (size_t k = 0; k < fx->n; k++)
        if (fx->packets[k].peer == peer && fx->packets[k].class == HOP_TX_VIDEO && i-- == 0)
            return &fx->packets[k];
    return NULL;
}

static inline unsigned fx_count(const struct fx *fx, uint32_t peer, enum hop_tx_class class)
{
    unsigned n = 0;
    for (size_t k = 0; k < fx->n; k++)
        n += fx->packets[k].peer == peer && fx->packets[k].class == class;
    return n;
}

static inline uint8_t fx_tag(const struct fx_packet *p)
{
    return p->data[p->len - 1];
}

/* The first RTCP packet of that type (and format, if it is feedback) to that peer. */
static inline bool fx_rtcp(const struct fx *fx, uint32_t peer, uint8_t type, uint8_t format,
                           struct hop_rtcp_packet *out)
{
    for (size_t k = 0; k < fx->n; k++) {
        if (fx->packets[k].peer != peer || fx->packets[k].class != HOP_TX_RTCP)
            continue;
        struct hop_rtcp_iter it = hop_rtcp_begin(fx->packets[k].data, fx->packets[k].len);
        while (hop_rtcp_next(&it, out))
            if (out->type == type &&
                (type == HOP_RTCP_RTPFB || type == HOP_RTCP_PSFB ? out->count == format : true))
                return true;
    }
    return false;
}

static inline void fx_forget(struct fx *fx)
{
    fx->n = 0;
}

static inline void fx_run(struct fx *fx, int64_t us)
{
    int64_t until = fx->now_us + us;
    while (fx->now_us < until) {
        fx->now_us += 10000;
        hop_route_tick(fx->route, fx->now_us, 1700000000000000 + fx->now_us);
    }
}
