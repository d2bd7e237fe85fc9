/* Receive side of one stream; see layer.h. Called by publication.c, slot.c and allocate.c. */
#include "media/route/layer.h"

#include "media/route/state.h"
#include "media/route/transmit.h"
#include "media/rtp/rtcp_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIR_AFTER = 3,      /* unanswered PLIs before FIR is tried as well */
    MAX_OVERTAKEN = 32, /* packets by which a stream's first one may come late */
};

void hop_layer_init(struct hop_layer *layer, struct hop_publication *publication, uint8_t index,
                    bool video, size_t cache_bytes)
{
    memset(layer, 0, sizeof(*layer));
    layer->publication = publication;
    layer->index = index;
    layer->video = video;
    layer->cache_bytes = cache_bytes;
    hop_nack_init(&layer->nack, HOP_LAYER_REORDER_US);
}

void hop_layer_clear(struct hop_layer *layer)
{
    while (layer->n_subscribers > 0)
        hop_slot_lose(layer->subscribers[layer->n_subscribers - 1], layer);
    free(layer->subscribers);
    layer->subscribers = NULL;
    layer->subscriber_room = 0;
    free(layer->structures);
    layer->structures = NULL;
    hop_cache_free(layer->cache);
    layer->cache = NULL;
}

void hop_layer_begin(struct hop_layer *layer, uint32_t ssrc, uint32_t clock_hz)
{
    layer->ssrc = ssrc;
    layer->width = layer->height = 0;
    memset(&layer->meter, 0, sizeof(layer->meter));
    hop_recv_source_init(&layer->recv, ssrc, clock_hz);
    hop_layer_restart(layer);
}

/* VP9 and AV1 come as one stream, whichever of the simulcast streams it is. */
static void renew_cache(struct hop_layer *layer)
{
    enum hop_codec codec = layer->publication->codec;
    size_t bytes = layer->cache_bytes;
    if ((codec == HOP_CODEC_VP9 || codec == HOP_CODEC_AV1) && bytes < HOP_LAYER_SCALABLE_BYTES)
        bytes = HOP_LAYER_SCALABLE_BYTES;
    if (layer->cache && layer->cache_has != bytes) {
        hop_cache_free(layer->cache);
        layer->cache = NULL;
    }
    layer->cache_has = bytes;
    if (layer->cache)
        hop_cache_clear(layer->cache);
    else
        hop_cache_new(bytes, bytes / HOP_LAYER_PLACE_BYTES, &layer->cache);
}

void hop_layer_restart(struct hop_layer *layer)
{
    layer->tag = hop_route_new_tag(layer);
    hop_nack_reset(&layer->nack);
    if (!layer->video)
        return;
    layer->n_spatial = 0;
    layer->key_us = 0;
    if (layer->structures)
        memset(layer->structures, 0, sizeof(*layer->structures));
    else if (layer->publication->owner->ext.dependency_descriptor != 0)
        layer->structures = calloc(1, sizeof(*layer->structures));
    renew_cache(layer);
    for (uint16_t i = layer->n_subscribers; i > 0; i--)
        hop_slot_restart(layer->subscribers[i - 1], layer);
    if (layer->n_subscribers > 0)
        hop_keyframe_want(&layer->keyframe);
}

int hop_layer_subscribe(struct hop_layer *layer, struct hop_slot *slot)
{
    for (uint16_t i = 0; i < layer->n_subscribers; i++)
        if (layer->subscribers[i] == slot)
            return 0;
    if (layer->n_subscribers == layer->subscriber_room) {
        uint16_t room = layer->subscriber_room ? (uint16_t)(2 * layer->subscriber_room) : 8;
        struct hop_slot **grown = realloc(layer->subscribers, room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        layer->subscribers = grown;
        layer->subscriber_room = room;
    }
    layer->subscribers[layer->n_subscribers++] = slot;
    return 0;
}

void hop_layer_unsubscribe(struct hop_layer *layer, struct hop_slot *slot)
{
    for (uint16_t i = 0; i < layer->n_subscribers; i++) {
        if (layer->subscribers[i] != slot)
            continue;
        layer->subscribers[i] = layer->subscribers[--layer->n_subscribers];
        break;
    }
    if (layer->n_subscribers == 0)
        hop_keyframe_forget(&layer->keyframe);
}

/* An IDR slice without SPS before it begins a key frame only if nothing of its picture is missing:
 * else the parameter sets were lost, and are on their way again. */
static bool begins_whole(const struct hop_layer *layer, const struct hop_uplink *packet)
{
    if (packet->codec != HOP_CODEC_H264 || packet->height != 0)
        return true;
    struct hop_uplink before;
    return hop_layer_recall(layer, packet->seq - 1, &before) &&
           before.view.timestamp != packet->view.timestamp;
}

/* Repair goes on for what came before a key frame too: receivers have seen its numbers pass. */
static void note_arrival(struct hop_layer *layer, uint64_t seq, int64_t now_us)
{
    if (!layer->nack.started) {
        /* Begin with the newest: a late one would make those after it look missing. */
        layer->nack_first = layer->recv.newest;
        hop_nack_packet(&layer->nack, layer->nack_first, false, now_us);
    }
    bool overtaken = seq < layer->nack_first;
    if (overtaken && layer->nack_first - seq <= MAX_OVERTAKEN) {
        /* The stream's first packets came in the wrong order: what is missing among them counts. */
        struct hop_cache_packet kept;
        hop_nack_reset(&layer->nack);
        hop_nack_packet(&layer->nack, seq, false, now_us);
        for (uint64_t s = seq + 1; s <= layer->recv.newest && s <= seq + 2 * MAX_OVERTAKEN; s++)
            if (layer->cache && hop_cache_find(layer->cache, s, &kept))
                hop_nack_packet(&layer->nack, s, false, now_us);
    } else {
        hop_nack_packet(&layer->nack, seq, false, now_us);
    }
    if (overtaken)
        layer->nack_first = seq;
}

void hop_layer_take(struct hop_layer *layer, struct hop_uplink *packet, int64_t now_us)
{
    packet->keyframe = packet->keyframe && begins_whole(layer, packet);
    hop_uplink_learn(layer, packet);
    note_arrival(layer, packet->seq, now_us);
    hop_quality_count(&layer->meter, packet->qualities, packet->len);
    if (layer->cache)
        hop_cache_insert(layer->cache, packet->seq, packet->data, packet->len, now_us);
    if (packet->keyframe && (layer->key_us == 0 || packet->seq > layer->key_seq)) {
        layer->key_seq = packet->seq;
        layer->key_timestamp = packet->view.timestamp;
        layer->key_us = now_us;
    }
}

void hop_layer_forward(struct hop_layer *layer, const struct hop_uplink *packet, int64_t now_us)
{
    /* Backwards: a slot that switches away takes itself off the list, and the last moves up. */
    for (uint16_t i = layer->n_subscribers; i > 0; i--)
        hop_slot_offer(layer->subscribers[i - 1], layer, packet, now_us);
    if (packet->keyframe)
        hop_keyframe_arrived(&layer->keyframe, now_us);
}

void hop_layer_replay(struct hop_layer *layer, const struct hop_uplink *packet, int64_t now_us)
{
    uint64_t seq;
    struct hop_uplink kept;
    if (!packet->scalability || !packet->dd.has_structure)
        return;
    while (hop_structures_missed(layer->structures, &seq)) {
        if (!hop_layer_recall(layer, seq, &kept) || kept.unread)
            continue;
        for (uint16_t i = layer->n_subscribers; i > 0; i--)
            if (seq > layer->subscribers[i - 1]->caught_up)
                hop_slot_offer(layer->subscribers[i - 1], layer, &kept, now_us);
    }
}

void hop_layer_skip(struct hop_layer *layer, uint64_t seq)
{
    for (uint16_t i = 0; i < layer->n_subscribers; i++)
        hop_slot_skip(layer->subscribers[i], layer, seq);
}

bool hop_layer_recall(const struct hop_layer *layer, uint64_t seq, struct hop_uplink *out)
{
    struct hop_cache_packet kept;
    if (!layer->cache || !hop_cache_find(layer->cache, seq, &kept))
        return false;
    out->data = kept.data;
    out->len = kept.len;
    out->seq = seq;
    out->codec = layer->publication->codec;
    return hop_rtp_parse(kept.data, kept.len, &out->view) == 0 && hop_uplink_read(layer, out);
}

void hop_layer_measure(struct hop_layer *layer, int64_t now_us)
{
    uint64_t bytes = layer->recv.bytes;
    int64_t step_us = now_us - layer->rate_us;
    uint64_t got = bytes >= layer->rate_bytes ? bytes - layer->rate_bytes : bytes;
    hop_quality_tick(&layer->meter);
    layer->rate_bytes = bytes;
    layer->rate_us = now_us;
    if (!layer->flowing || step_us <= 0 || step_us > HOP_LAYER_SILENT_US) {
        if (!layer->flowing)
            layer->rate_n = 0; /* what it was remains the best guess */
        return;
    }
    uint32_t bps = (uint32_t)(got * 8000000 / (uint64_t)step_us);
    layer->rate_bins[layer->rate_at] = bps;
    layer->rate_at = (uint8_t)((layer->rate_at + 1) % HOP_LAYER_RATE_BINS);
    if (layer->rate_n < HOP_LAYER_RATE_BINS) {
        layer->rate_n++;
        return;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < HOP_LAYER_RATE_BINS; i++)
        sum += layer->rate_bins[i];
    bps = (uint32_t)(sum / HOP_LAYER_RATE_BINS);
    /* Up at once, down slowly: pictures that move now and then are not to be switched with it. */
    layer->rate_bps = bps > layer->rate_bps ? bps : layer->rate_bps - (layer->rate_bps - bps) / 16;
}

static void ask_keyframe(struct hop_layer *layer, int64_t now_us)
{
    struct hop_route_peer *owner = layer->publication->owner;
    if (layer->ssrc == 0 || !hop_route_peer_sending(owner) ||
        !hop_keyframe_due(&layer->keyframe, now_us))
        return;
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_pli(&w, owner->feedback_ssrc, layer->ssrc);
    if (layer->keyframe.unanswered > FIR_AFTER)
        hop_rtcp_write_fir(&w, owner->feedback_ssrc, layer->ssrc, layer->keyframe.fir_seq++);
    hop_transmit_rtcp(owner, packet, w.len);
}

static void ask_missing(struct hop_layer *layer, int64_t now_us)
{
    struct hop_route_peer *owner = layer->publication->owner;
    if (now_us < hop_nack_deadline(&layer->nack))
        return;
    if (layer->n_subscribers == 0 || !hop_route_peer_sending(owner)) {
        hop_nack_reset(&layer->nack);
        return;
    }
    if (owner->rtt_us > 0)
        hop_nack_set_rtt(&layer->nack, owner->rtt_us);
    uint16_t missing[HOP_NACK_MAX];
    bool hopeless = false;
    size_t n = hop_nack_poll(&layer->nack, now_us, missing, HOP_NACK_MAX, &hopeless);
    if (n > 0) {
        uint8_t packet[HOP_MTU];
        struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
        hop_rtcp_write_nack(&w, owner->feedback_ssrc, layer->ssrc, missing, n);
        hop_transmit_rtcp(owner, packet, w.len);
    }
    if (hopeless)
        hop_keyframe_want(&layer->keyframe);
}

void hop_layer_poll(struct hop_layer *layer, int64_t now_us)
{
    if (!layer->video)
        return;
    ask_missing(layer, now_us);
    ask_keyframe(layer, now_us);
}

int64_t hop_layer_deadline(const struct hop_layer *layer)
{
    if (!layer->video)
        return INT64_MAX;
    int64_t nack = hop_nack_deadline(&layer->nack);
    int64_t key = hop_keyframe_deadline(&layer->keyframe);
    return nack < key ? nack : key;
}
