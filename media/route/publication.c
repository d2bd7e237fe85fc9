/* One published source; see publication.h. Called by route.c with every packet and by its tick. */
#include "media/route/publication.h"

#include "media/codec/keyframe.h"
#include "media/route/allocate.h"
#include "media/route/demand.h"
#include "media/route/state.h"

#include <errno.h>
#include <stdlib.h>

enum { KIB = 1024 };

/* Retransmission memory: the top layer of a camera needs the most, and camera and screen of one
 * participant together stay below 600 kB. Half a second of 2.5 Mbit/s is 156 kB. */
static size_t cache_bytes(enum hop_source source, uint8_t layer, uint8_t n_layers)
{
    static const size_t by_rank[HOP_MAX_LAYERS] = { 224 * KIB, 112 * KIB, 88 * KIB };
    if (source == HOP_SOURCE_SCREEN)
        return 160 * KIB;
    return by_rank[n_layers - 1 - layer];
}

int hop_publication_new(struct hop_route_peer *owner, const struct hop_track_desc *track,
                        struct hop_publication **out)
{
    struct hop_publication *p = calloc(1, sizeof(*p));
    if (!p)
        return -ENOMEM;
    bool video = hop_source_is_video(track->source);
    p->owner = owner;
    p->source = track->source;
    p->track = track;
    p->n_layers = video && track->n_rids > 0 ? track->n_rids : 1;
    if (p->n_layers > HOP_MAX_LAYERS)
        p->n_layers = HOP_MAX_LAYERS;
    p->demand = (int8_t)(p->n_layers - 1);
    for (uint8_t i = 0; i < p->n_layers; i++)
        hop_layer_init(&p->layers[i], p, i, video, cache_bytes(p->source, i, p->n_layers));
    int error = video ? 0 : hop_voices_begin(p);
    if (error) {
        free(p);
        return error;
    }
    *out = p;
    return 0;
}

void hop_publication_free(struct hop_publication *publication)
{
    if (!publication)
        return;
    for (uint8_t i = 0; i < publication->n_layers; i++)
        hop_layer_clear(&publication->layers[i]);
    hop_voices_forget(publication);
    free(publication);
}

bool hop_publication_live(const struct hop_publication *p)
{
    return p->active && hop_route_peer_allowed(p->owner, p->source);
}

uint8_t hop_publication_repaired_pt(const struct hop_publication *p, uint8_t rtx_pt)
{
    for (uint8_t c = 0; c < p->track->n_codecs && rtx_pt != 0xff; c++)
        if (p->track->codecs[c].rtx_pt == rtx_pt)
            return p->track->codecs[c].pt;
    return 0xff;
}

static enum hop_codec codec_of(const struct hop_publication *p, uint8_t pt)
{
    for (uint8_t c = 0; c < p->track->n_codecs; c++)
        if (p->track->codecs[c].pt == pt)
            return p->track->codecs[c].codec;
    return p->voice && hop_voices_is_red(p, pt) ? HOP_CODEC_OPUS : HOP_CODEC_NONE;
}

static void set_active(struct hop_publication *p, bool active)
{
    p->active = active;
    p->owner->route->ops.track(p->owner->route->ctx, p->owner->index, p->source, active);
    if (!active)
        hop_voices_reset(p);
    if (hop_source_is_video(p->source))
        hop_allocate_room(p->owner->route);
}

/* Settles which codec the source has. False: the packet is of none, or of another too soon. */
static bool accept_codec(struct hop_publication *p, uint8_t pt, int64_t now_us)
{
    enum hop_codec codec = codec_of(p, pt);
    if (codec == p->codec && codec != HOP_CODEC_NONE)
        return true;
    if (codec == HOP_CODEC_NONE || (codec == HOP_CODEC_OPUS) == hop_source_is_video(p->source))
        return false;
    if (p->codec != HOP_CODEC_NONE && now_us - p->codec_us < HOP_PUBLICATION_CODEC_US)
        return false;
    bool first = p->codec == HOP_CODEC_NONE;
    p->codec = codec;
    p->codec_us = now_us;
    if (first)
        return true;
    for (uint8_t i = 0; i < p->n_layers; i++)
        hop_layer_restart(&p->layers[i]);
    /* Who did not negotiate the new codec loses the picture. */
    hop_allocate_room(p->owner->route);
    return true;
}

static void stop_flow(struct hop_layer *layer)
{
    layer->flowing = layer->steady = false;
}

/* True: it is to be counted on from now on. */
static bool settle(struct hop_layer *layer, bool began, bool frame, int64_t now_us)
{
    if (began) {
        layer->begun_us = now_us;
        layer->begun_frames = 0;
    }
    if (frame && layer->begun_frames < HOP_LAYER_STEADY_FRAMES)
        layer->begun_frames++;
    bool proven = layer->begun_frames >= HOP_LAYER_STEADY_FRAMES &&
                  now_us - layer->begun_us >= (int64_t)HOP_LAYER_STEADY_US << 2 * layer->stops;
    if (layer->steady || (layer->index > 0 && now_us < layer->doubt_us && !proven))
        return false;
    layer->steady = true;
    return true;
}

/* Higher layers that do not come although this one does. True: one of them has stopped. */
static bool look_above(struct hop_layer *layer, int64_t now_us)
{
    struct hop_publication *p = layer->publication;
    bool any = false;
    for (uint8_t i = (uint8_t)(layer->index + 1); i < p->n_layers; i++) {
        struct hop_layer *above = &p->layers[i];
        if (!above->flowing || ++above->behind < HOP_LAYER_STALLED_FRAMES ||
            now_us - above->last_us < HOP_LAYER_STALLED_US)
            continue;
        stop_flow(above);
        any = true;
        if (i > p->demand)
            continue; /* as it was asked to */
        if (above->doubt_us == 0 || now_us - above->doubt_us > HOP_LAYER_FORGIVE_US)
            above->stops = 0;
        else if (above->stops < HOP_LAYER_STOPS)
            above->stops++;
        above->doubt_us = now_us + HOP_LAYER_DOUBT_US;
    }
    return any;
}

/* Notes that packets of this layer come; what begins is shown from this very packet on. */
static void note_flow(struct hop_layer *layer, bool frame, int64_t now_us)
{
    struct hop_publication *p = layer->publication;
    bool began = !layer->flowing;
    layer->last_us = now_us;
    layer->flowing = true;
    layer->behind = 0;
    bool news = settle(layer, began, frame, now_us);
    news = (frame && look_above(layer, now_us)) || news || began;
    if (!p->active)
        set_active(p, true);
    else if (news && p->n_layers > 1)
        hop_allocate_layers(p);
}

static enum hop_recv_verdict receive(struct hop_layer *layer, struct hop_uplink *packet,
                                     bool repaired, int64_t now_us)
{
    if (repaired)
        return hop_recv_source_recovered(&layer->recv, packet->view.seq, &packet->seq);
    return hop_recv_source_packet(&layer->recv, packet->view.seq, packet->view.timestamp,
                                  packet->len, now_us, &packet->seq);
}

static void refuse(const struct hop_publication *p)
{
    bool once = (p->owner->ever_allowed & HOP_SOURCE_BIT(p->source)) != 0;
    hop_route_drop(p->owner, once ? HOP_DROP_MUTED : HOP_DROP_NOT_ALLOWED);
}

static void pass_voice(struct hop_layer *layer, struct hop_uplink *packet, uint8_t level,
                       int64_t now_us)
{
    struct hop_publication *p = layer->publication;
    if (!hop_route_peer_allowed(p->owner, p->source))
        refuse(p);
    else if (hop_voices_is_red(p, packet->view.pt))
        hop_voices_red(p, &layer->recv, packet, level, now_us);
    else
        hop_voices_packet(p, packet, level, now_us);
}

static void pass_video(struct hop_layer *layer, struct hop_uplink *packet, bool repaired,
                       int64_t now_us)
{
    struct hop_publication *p = layer->publication;
    if (!hop_uplink_read(layer, packet)) {
        if (packet->view.payload_len > 0)
            hop_route_drop(p->owner, HOP_DROP_MALFORMED);
        hop_nack_packet(&layer->nack, packet->seq, false, now_us);
        hop_layer_skip(layer, packet->seq);
        return;
    }
    hop_layer_take(layer, packet, now_us);
    if (!repaired)
        note_flow(layer, packet->view.marker, now_us);
    if (!hop_route_peer_allowed(p->owner, p->source)) {
        refuse(p);
        layer->key_us = 0; /* nobody shall begin with it later, either */
    } else if (!packet->unread) {
        hop_layer_forward(layer, packet, now_us);
        hop_layer_replay(layer, packet, now_us);
    }
    hop_layer_poll(layer, now_us);
}

void hop_publication_packet(struct hop_publication *p, uint8_t index, struct hop_uplink *packet,
                            bool repaired, uint8_t level, int64_t now_us)
{
    struct hop_layer *layer = &p->layers[index];
    if (!accept_codec(p, packet->view.pt, now_us)) {
        hop_route_drop(p->owner, HOP_DROP_MALFORMED);
        return;
    }
    packet->codec = p->codec;
    if (layer->ssrc != packet->view.ssrc || !layer->recv.started) {
        hop_layer_begin(layer, packet->view.ssrc, hop_codec_clock_hz(p->codec));
        hop_voices_reset(p);
    }
    switch (receive(layer, packet, repaired, now_us)) {
    case HOP_RECV_DUPLICATE:
        hop_route_drop(p->owner, HOP_DROP_DUPLICATE);
        return;
    case HOP_RECV_JUMP:
        hop_route_drop(p->owner, HOP_DROP_LATE);
        return;
    case HOP_RECV_RESTART:
        hop_layer_restart(layer);
        hop_voices_reset(p);
        break;
    case HOP_RECV_NEW:
    case HOP_RECV_LATE:
        break;
    }
    if (layer->video) {
        pass_video(layer, packet, repaired, now_us);
        return;
    }
    note_flow(layer, false, now_us);
    pass_voice(layer, packet, level, now_us);
}

static bool any_flow_within(const struct hop_publication *p, int64_t since_us)
{
    for (uint8_t i = 0; i < p->n_layers; i++)
        if (p->layers[i].last_us > since_us)
            return true;
    return false;
}

void hop_publication_bye(struct hop_publication *p, uint8_t index)
{
    stop_flow(&p->layers[index]);
    p->layers[index].last_us = 0;
    if (p->active && !any_flow_within(p, 0))
        set_active(p, false);
    else
        hop_allocate_layers(p);
}

void hop_publication_allowed_changed(struct hop_publication *p)
{
    if (!hop_route_peer_allowed(p->owner, p->source))
        hop_voices_reset(p);
}

void hop_publication_age(struct hop_publication *p, int64_t now_us)
{
    for (uint8_t i = 0; i < p->n_layers; i++) {
        struct hop_layer *layer = &p->layers[i];
        hop_layer_measure(layer, now_us);
        if (!layer->flowing || now_us - layer->last_us < HOP_LAYER_SILENT_US)
            continue;
        stop_flow(layer);
    }
    if (p->active && !any_flow_within(p, now_us - HOP_PUBLICATION_SILENT_US) &&
        !hop_demand_asleep(p, now_us))
        set_active(p, false);
}
