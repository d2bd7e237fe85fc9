/* What operators see of a room: rates of a participant and a readable dump. Called by the worker
 * once a second, and on demand, on its thread. */
#include "media/route/route.h"
#include "media/route/state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- rates ----------------------------------------------------------------------------------- */

static uint16_t clamp16(int64_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > UINT16_MAX ? UINT16_MAX : value);
}

static uint32_t rate(uint64_t now, uint64_t before, int64_t unit, int64_t elapsed_us)
{
    uint64_t per_s = (now - before) * (uint64_t)unit * 1000000u / (uint64_t)elapsed_us;
    return per_s > UINT32_MAX ? UINT32_MAX : (uint32_t)per_s;
}

/* Losses on the way to us since the last call. */
static uint16_t received_loss(struct hop_route_peer *peer)
{
    int64_t lost = 0, expected = 0;
    for (int source = 0; source < HOP_SOURCES; source++) {
        struct hop_publication *p = peer->publications[source];
        for (uint8_t l = 0; p && l < p->n_layers; l++) {
            struct hop_layer *layer = &p->layers[l];
            int64_t all_lost = hop_recv_source_lost(&layer->recv);
            int64_t all_expected = all_lost + layer->recv.received;
            if (all_expected < layer->stats_expected) /* the stream began anew */
                layer->stats_expected = layer->stats_lost = 0;
            lost += all_lost - layer->stats_lost;
            expected += all_expected - layer->stats_expected;
            layer->stats_lost = all_lost;
            layer->stats_expected = all_expected;
        }
    }
    return expected > 0 && lost > 0 ? clamp16(lost * 1000 / expected) : 0;
}

static uint16_t jitter_ms(const struct hop_route_peer *peer)
{
    const struct hop_publication *p = peer->publications[HOP_SOURCE_MICROPHONE];
    if (!p || p->layers[0].recv.clock_hz == 0)
        return 0;
    return clamp16((int64_t)p->layers[0].recv.jitter_q4 * 1000 / 16 / p->layers[0].recv.clock_hz);
}

bool hop_route_stats(struct hop_route *route, uint32_t index, int64_t now_us,
                     struct hop_stream_stats *out)
{
    struct hop_route_peer *peer = index < HOP_MAX_PEERS ? route->peers[index] : NULL;
    if (!peer)
        return false;
    int64_t elapsed_us = peer->stats_us ? now_us - peer->stats_us : 1000000;
    if (elapsed_us < 1000)
        elapsed_us = 1000;
    const struct hop_route_counters *now = &peer->now, *last = &peer->last;
    bool still = now->rx_packets == last->rx_packets && now->tx_packets == last->tx_packets;
    peer->stats_us = still && peer->still ? now_us : peer->stats_us;
    if (still && peer->still)
        return false;
    peer->still = still;
    *out = (struct hop_stream_stats){
        .rx_bps = rate(now->rx_bytes, last->rx_bytes, 8, elapsed_us),
        .tx_bps = rate(now->tx_bytes, last->tx_bytes, 8, elapsed_us),
        .rx_packets = rate(now->rx_packets, last->rx_packets, 1, elapsed_us),
        .tx_packets = rate(now->tx_packets, last->tx_packets, 1, elapsed_us),
        .rx_loss_permille = received_loss(peer),
        .tx_loss_permille = hop_line_sent_loss(peer, now_us),
        .rtt_ms = clamp16((peer->rtt_us + 500) / 1000),
        .jitter_ms = jitter_ms(peer),
    };
    peer->last = peer->now;
    peer->stats_us = now_us;
    return true;
}

/* ---- the dump -------------------------------------------------------------------------------- */

struct text {
    char *buf;
    size_t cap, len; /* len: as if there were room, like snprintf */
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t left = t->len < t->cap ? t->cap - t->len : 0;
    int n = vsnprintf(left ? t->buf + t->len : NULL, left, format, args);
    va_end(args);
    if (n > 0)
        t->len += (size_t)n;
}

static const char *source_name(enum hop_source source)
{
    static const char *const names[HOP_SOURCES] = { "microphone", "camera", "screen",
                                                    "screen-audio" };
    return (unsigned)source < HOP_SOURCES ? names[source] : "?";
}

static const char *codec_name(enum hop_codec codec)
{
    static const char *const names[] = { "none", "opus", "vp8", "h264" };
    return (unsigned)codec < sizeof(names) / sizeof(names[0]) ? names[codec] : "?";
}

static void put_layer(struct text *t, const struct hop_layer *l)
{
    put(t,
        "      layer %u ssrc %08" PRIx32 "%s %ux%u %" PRIu32 " bit/s received %" PRIu32
        " lost %" PRId64,
        l->index, l->ssrc, l->flowing ? "" : " (silent)", l->width, l->height, l->rate_bps,
        l->recv.received, hop_recv_source_lost(&l->recv));
    if (l->video)
        put(t, " nacked %" PRIu32 " recovered %" PRIu32 " keyreq %" PRIu32 "%s subscribers %u",
            l->nack.requested, l->nack.recovered, l->keyframe.requests,
            l->keyframe.wanted ? " (waiting)" : "", l->n_subscribers);
    put(t, "\n");
}

static void put_slot(struct text *t, const struct hop_slot *s)
{
    if (!s->assigned && !s->current)
        return;
    put(t, "    slot %u ssrc %08" PRIx32 " mid %s", s->index, s->sent.ssrc, s->desc.mid);
    if (s->current)
        put(t, " shows %" PRIx64 " %s layer %u", s->current->publication->owner->id,
            source_name(s->current->publication->source), s->current->index);
    if (s->wanted && s->wanted != s->current)
        put(t, " waits for %" PRIx64 " %s layer %u", s->wanted->publication->owner->id,
            source_name(s->wanted->publication->source), s->wanted->index);
    static const char *const reasons[] = { "", " (line)", " (cap)", " (publisher)",
                                           " (key frame)" };
    put(t, "%s%s tile %u packets %" PRIu32 "\n", s->paused ? " paused" : "", reasons[s->reason],
        s->tile_height, s->sent.packets);
}

static void put_level(struct text *t, int level)
{
    if (level < 0)
        put(t, "nothing");
    else
        put(t, "layer %d", level);
}

static void put_decision(struct text *t, const struct hop_decision *d, int64_t now_us)
{
    put(t, "      %.1f s ago %s (%s): %" PRIu32 " kbit/s (%s)", (double)(now_us - d->at_us) / 1e6,
        hop_decision_name(d->what), hop_why_name(d->why), d->kbps, hop_why_name(d->estimate));
    if (d->peer != 0) {
        put(t, " slot %u %" PRIx64 " %s ", d->slot, d->peer, source_name(d->source));
        put_level(t, d->from);
        put(t, " -> ");
        put_level(t, d->to);
    }
    put(t, "\n");
}

/* Why pictures are as they are: the estimate, and the last decisions with their reasons. */
static void put_budget(struct text *t, const struct hop_route_peer *p)
{
    static const char *const qualities[] = { "unknown", "good", "poor", "lost" };
    const struct hop_budget *b = &p->budget;
    put(t,
        "    line %" PRIu32 " bit/s (%s%s) %s wanted %" PRIu32 " sent %" PRIu32 " queue %" PRId64
        " us own loss %u/1000 padding %" PRIu64 " bytes",
        b->bwe.target_bps, hop_why_name(b->bwe.why), b->bwe.known ? "" : ", guessed",
        qualities[p->line.quality], b->bwe.wanted_bps, b->tx_bps, b->bwe.queue_us,
        (unsigned)(b->bwe.own_loss * 1000), b->padding_bytes);
    if (b->cap_bps != 0)
        put(t, " cap %" PRIu32, b->cap_bps);
    put(t, "\n");
    unsigned n = b->n_decisions < HOP_DECISIONS ? b->n_decisions : HOP_DECISIONS;
    for (unsigned i = b->n_decisions - n; i != b->n_decisions; i++)
        put_decision(t, &b->decisions[i % HOP_DECISIONS], p->route->now_us);
}

static void put_peer(struct text *t, const struct hop_route_peer *p)
{
    put(t,
        "  peer %" PRIu32 " id %" PRIx64 "%s%s allowed %x view %u rtt %" PRId64 " us rx %" PRIu64
        " tx %" PRIu64 " packets\n",
        p->index, p->id, p->connected ? "" : " (not connected)", p->suspended ? " (suspended)" : "",
        p->allowed, p->n_view, p->rtt_us, p->now.rx_packets, p->now.tx_packets);
    for (int source = 0; source < HOP_SOURCES; source++) {
        const struct hop_publication *pub = p->publications[source];
        if (!pub)
            continue;
        put(t, "    %s %s%s", source_name(pub->source), codec_name(pub->codec),
            pub->active ? " active" : "");
        if (hop_source_is_video(pub->source))
            put(t, " asked for %d of %u layers", pub->demand + 1, pub->n_layers);
        put(t, "\n");
        for (uint8_t l = 0; l < pub->n_layers; l++)
            if (pub->layers[l].ssrc != 0)
                put_layer(t, &pub->layers[l]);
    }
    if (p->n_view > 0)
        put_budget(t, p);
    for (uint8_t s = 0; s < p->n_slots; s++)
        put_slot(t, p->slots[s]);
}

size_t hop_route_dump(const struct hop_route *route, char *buf, size_t cap)
{
    struct text t = { .buf = buf, .cap = cap };
    if (cap > 0)
        buf[0] = '\0';
    put(&t, "room with %u peers\n", route->n_active);
    for (uint16_t i = 0; i < route->n_active; i++)
        put_peer(&t, route->peers[route->active[i]]);
    return t.len;
}
