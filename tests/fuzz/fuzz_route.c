/* modules: hop_media_route */
/* Stateful: participants that come, go, look, mute and send anything. Each step is one byte of what
 * to do and a few of how; checked is that nothing is written beyond what was asked for, and that
 * what leaves is well-formed. */
#include "media/route/route.h"
#include "media/rtp/rtcp.h"
#include "media/rtp/rtp.h"

#include <stdlib.h>
#include <string.h>

enum { PEERS = 4, SLOTS = 3, CANARY = 0xc5 };

/* What was sent in one stream (slot, or its repairs): numbers go on without a gap and never come
 * twice, whatever comes in. */
struct stream {
    bool any;
    uint16_t newest;
    uint8_t seen[65536 / 8]; /* numbers sent since they were half a cycle away */
};

struct world {
    uint8_t tx[2 * HOP_MAX_DATAGRAM];
    size_t need;
    bool full;
    int64_t due_us;
    struct stream streams[PEERS][SLOTS][2];
    struct {
        uint16_t seq, picture;
        uint8_t tl0;
    } sent[PEERS][2]; /* by publish() */
};

static bool take_bit(uint8_t *bits, uint16_t at)
{
    bool was = bits[at / 8] >> (at % 8) & 1;
    bits[at / 8] |= (uint8_t)(1u << (at % 8));
    return was;
}

/* `in_order`: repairs and probes, whose numbers are our own. */
static void check_number(struct stream *s, uint16_t seq, bool in_order)
{
    if (!s->any) {
        s->any = true;
        s->newest = seq;
        take_bit(s->seen, seq);
        return;
    }
    uint16_t ahead = (uint16_t)(seq - s->newest);
    if (in_order && ahead != 1)
        abort();
    if (ahead < 0x8000) {
        for (uint16_t i = 1; i <= ahead; i++) { /* half a cycle behind is forgotten */
            uint16_t old = (uint16_t)(s->newest + i + 0x8000);
            s->seen[old / 8] &= (uint8_t) ~(1u << (old % 8));
        }
        s->newest = seq;
    }
    if (take_bit(s->seen, seq))
        abort(); /* the same number twice */
}

static uint8_t *tx_begin(void *ctx, uint32_t peer, size_t need)
{
    struct world *w = ctx;
    (void)peer;
    if (w->full || need > HOP_MAX_DATAGRAM)
        return NULL;
    w->need = need;
    memset(w->tx + need, CANARY, sizeof(w->tx) - need);
    return w->tx;
}

static void tx_commit(void *ctx, uint32_t peer, size_t len, enum hop_tx_class class)
{
    struct world *w = ctx;
    struct hop_rtp_view view;
    if (len > w->need || w->tx[w->need] != CANARY)
        abort();
    if (class == HOP_TX_RTCP ? !hop_rtcp_check(w->tx, len) : hop_rtp_parse(w->tx, len, &view) != 0)
        abort();
    if (class != HOP_TX_VIDEO)
        return;
    for (uint32_t s = 0; s < SLOTS; s++) {
        if (view.ssrc == 100 + 10 * peer + s)
            check_number(&w->streams[peer][s][0], view.seq, false);
        if (view.ssrc == 200 + 10 * peer + s)
            check_number(&w->streams[peer][s][1], view.seq, true);
    }
}

static void due(void *ctx, int64_t at_us)
{
    ((struct world *)ctx)->due_us = at_us;
}

static void voice(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                  uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                  int64_t now_us)
{
    (void)ctx, (void)peer, (void)source, (void)ext_seq, (void)timestamp, (void)payload;
    (void)level, (void)now_us;
    if (len == 0)
        abort();
}

static void voice_copy(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                       uint32_t timestamp, const uint8_t *payload, size_t len, int64_t now_us)
{
    voice(ctx, peer, source, ext_seq, timestamp, payload, len, 0xff, now_us);
}

static void voices(void *ctx, uint32_t peer, const struct hop_voice_state *states, uint8_t n)
{
    (void)ctx;
    for (uint8_t i = 0; i < n; i++)
        if (states[i].peer == 1000 + peer)
            abort(); /* nobody hears himself */
}

static void voice_reset(void *ctx, uint32_t peer, enum hop_source source)
{
    (void)ctx, (void)peer, (void)source;
}

static void track(void *ctx, uint32_t peer, enum hop_source source, bool active)
{
    (void)ctx, (void)peer, (void)source, (void)active;
}

static void slots(void *ctx, uint32_t peer, const struct hop_slot_state *states, uint8_t n)
{
    (void)ctx, (void)peer, (void)states, (void)n;
}

static void demand(void *ctx, uint32_t peer, enum hop_source source, int8_t top)
{
    (void)ctx, (void)peer;
    if (top < -1 || top >= HOP_MAX_LAYERS ||
        (source != HOP_SOURCE_CAMERA && source != HOP_SOURCE_SCREEN))
        abort();
}

static void line(void *ctx, uint32_t peer, const struct hop_line_state *state)
{
    (void)ctx, (void)peer, (void)state;
}

static void decision(void *ctx, uint32_t peer, const struct hop_decision *d)
{
    (void)ctx, (void)peer, (void)d;
}

static void drop(void *ctx, uint32_t peer, enum hop_drop reason)
{
    (void)ctx, (void)peer, (void)reason;
}

static void describe(uint32_t peer, struct hop_peer_desc *d, struct hop_peer_local *l)
{
    memset(d, 0, sizeof(*d));
    memset(l, 0, sizeof(*l));
    d->ext = (struct hop_ext_ids){ 1, 2, 3, 4, 5, 6, 7, 8 };
    for (int source = 0; source < HOP_SOURCES; source++) {
        struct hop_track_desc *t = &d->tracks[d->n_tracks++];
        bool video = source == HOP_SOURCE_CAMERA || source == HOP_SOURCE_SCREEN;
        t->source = (enum hop_source)source;
        t->mid[0] = (char)('0' + source);
        t->codecs[t->n_codecs++] = video ? (struct hop_codec_desc){ HOP_CODEC_VP8, 96, 97 }
                                         : (struct hop_codec_desc){ HOP_CODEC_OPUS, 111, 0xff };
        if (video)
            t->codecs[t->n_codecs++] = (struct hop_codec_desc){ HOP_CODEC_H264, 98, 99 };
        t->red_pt = source == HOP_SOURCE_MICROPHONE ? 63 : 0;
        t->ssrc = 10u * (peer + 1) + (uint32_t)source;
        t->rtx_ssrc = t->ssrc + 5;
    }
    struct hop_track_desc *camera = &d->tracks[HOP_SOURCE_CAMERA];
    camera->n_rids = 2;
    camera->rids[0][0] = 'a';
    camera->rids[1][0] = 'b';
    d->n_slots = 3;
    for (uint8_t s = 0; s < 3; s++) {
        d->slots[s].mid[0] = (char)('a' + s);
        d->slots[s].codecs[0] = (struct hop_codec_desc){ HOP_CODEC_VP8, 96, 97 };
        d->slots[s].codecs[1] = (struct hop_codec_desc){ HOP_CODEC_H264, 98, 99 };
        d->slots[s].n_codecs = s == 2 ? 1 : 2;
        l->slots[s].ssrc = 100 + 10 * peer + s;
        l->slots[s].rtx_ssrc = 200 + 10 * peer + s;
    }
    d->n_voices = (uint8_t)(peer % 3 + 1);
    for (uint8_t i = 0; i < d->n_voices; i++) {
        d->voices[i].pt = 111;
        l->voices[i] = 400 + 10 * peer + i;
    }
    d->mix_pt = 111;
    d->allowed = HOP_SOURCE_ALL;
    l->mix_ssrc = 300 + peer;
}

static void join(struct hop_route *route, struct world *world, uint32_t peer, int64_t now_us)
{
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    describe(peer, &desc, &local);
    if (hop_route_peer_add(route, peer, 1000 + peer, &desc, &local) == 0)
        memset(world->streams[peer], 0, sizeof(world->streams[peer]));
    hop_route_peer_connected(route, peer, now_us);
}

static void look(struct hop_route *route, uint32_t peer, uint8_t how, int64_t now_us)
{
    struct hop_view_tile tiles[4];
    for (uint32_t i = 0; i < 4; i++)
        tiles[i] = (struct hop_view_tile){ .peer = 1000 + ((how + i) & 3),
                                           .source = how & (16u << i) ? HOP_SOURCE_SCREEN
                                                                      : HOP_SOURCE_CAMERA,
                                           .height = (uint16_t)(how * 4) };
    hop_route_set_view(route, peer, tiles, how & 3, now_us);
}

/* A well-formed VP8 packet with a temporal layer, so that more than the parser is reached: frames
 * in order, some of several packets, some lost on the way. */
static void publish(struct hop_route *route, struct world *world, uint32_t peer, uint8_t how,
                    int64_t now_us)
{
    uint8_t layer = how >> 1 & 1, tid = how >> 2 & 3;
    bool key = (how >> 4) == 15, start = !(how & 0x20) || key;
    uint8_t packet[64] = { 0x90, (uint8_t)(96 | (how & 0x40 ? 0x80 : 0)) };
    uint16_t *seq = &world->sent[peer][layer].seq, *picture = &world->sent[peer][layer].picture;
    uint8_t *tl0 = &world->sent[peer][layer].tl0;
    *seq = (uint16_t)(*seq + ((how >> 4) == 5 ? 3 : 1));
    packet[2] = (uint8_t)(*seq >> 8), packet[3] = (uint8_t)*seq;
    packet[6] = (uint8_t)*seq;
    packet[10] = 1, packet[11] = layer; /* SSRC */
    packet[9] = (uint8_t)peer;
    packet[12] = 0xbe, packet[13] = 0xde, packet[15] = 1; /* one-byte extensions: mid, rid */
    packet[16] = 0x10, packet[17] = '1', packet[18] = 0x20, packet[19] = (uint8_t)('a' + layer);
    packet[14] = 0;
    if (start) {
        *picture = (*picture + 1) & 0x7fff;
        *tl0 = (uint8_t)(*tl0 + (tid == 0));
    }
    const uint8_t payload[] = { (uint8_t)(0x80 | (start ? 0x10 : 0)),
                                0xe0,
                                (uint8_t)(0x80 | *picture >> 8),
                                (uint8_t)*picture,
                                *tl0,
                                (uint8_t)(tid << 6 | (how & 0x20)),
                                (uint8_t)!key,
                                0,
                                0,
                                0x9d,
                                0x01,
                                0x2a,
                                0x40,
                                0x01,
                                0xb4,
                                0,
                                1,
                                2 };
    memcpy(packet + 20, payload, sizeof(payload));
    hop_route_rtp(route, peer, packet, 20 + sizeof(payload), now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hop_route_ops ops = { .tx_begin = tx_begin,
                                              .tx_commit = tx_commit,
                                              .voice = voice,
                                              .voice_copy = voice_copy,
                                              .voices = voices,
                                              .voice_reset = voice_reset,
                                              .track = track,
                                              .slots = slots,
                                              .demand = demand,
                                              .line = line,
                                              .decision = decision,
                                              .drop = drop,
                                              .due = due };
    static struct world world;
    struct hop_route *route;
    int64_t now_us = 1000000;
    memset(&world, 0, sizeof(world));
    if (hop_route_new(&ops, &world, 1, &route) != 0)
        return 0;
    for (uint32_t p = 0; p < PEERS; p++)
        join(route, &world, p, now_us);
    look(route, 0, 0x13, now_us);
    look(route, 1, 0x02, now_us);
    while (size >= 3) {
        uint8_t what = data[0], how = data[1];
        uint32_t peer = what & 3;
        size_t len = data[2] < size - 3 ? data[2] : size - 3;
        data += 3, size -= 3;
        now_us += 1 + (how & 0xf0) * 500;
        world.full = (what >> 5) == 7;
        switch (what >> 2 & 7) {
        case 0:
        case 1:
        case 2:
            hop_route_rtp(route, peer, data, len, now_us);
            break;
        case 3:
        case 4:
            hop_route_rtcp(route, peer, data, len, now_us);
            break;
        case 5:
            if (how & 0x80)
                hop_route_set_audio(route,
                                    &(struct hop_room_audio){ .policy = how & 1 ? HOP_AUDIO_FORWARD
                                                                                : HOP_AUDIO_MIX },
                                    how >> 1 & 3, now_us);
            else if (how & 0x40)
                hop_route_set_seat(route, peer, how & 3, how & 4, now_us);
            else
                look(route, peer, how, now_us);
            len = 0;
            break;
        case 6:
            if (how & 1)
                hop_route_set_allowed(route, peer, how >> 1, now_us);
            else if (how & 2)
                hop_route_peer_suspended(route, peer, how & 4, now_us);
            else if (how & 8)
                hop_route_set_cap(route, peer, how * 2000u, now_us);
            else if (how & 4)
                hop_route_peer_remove(route, peer, how & 8, now_us);
            else
                join(route, &world, peer, now_us);
            len = 0;
            break;
        default:
            if (how & 1)
                publish(route, &world, peer, how, now_us);
            hop_route_tick(route, now_us, 1700000000000000 + now_us);
            len = 0;
        }
        data += len, size -= len;
    }
    char text[2000];
    hop_route_dump(route, text, sizeof(text));
    hop_route_free(route);
    return 0;
}
