/* Reads packets of any codec; see uplink.h. Called by publication.c and layer.c with every packet,
 * and for every kept one that is sent again. */
#include "media/route/uplink.h"

#include "media/codec/av1.h"
#include "media/codec/h264.h"
#include "media/route/state.h"

#include <errno.h>

/* ---- payloads ---------------------------------------------------------------------------------- */

static bool read_vp8(const uint8_t *payload, struct hop_uplink *packet)
{
    if (hop_vp8_parse(payload, packet->view.payload_len, &packet->vp8) != 0)
        return false;
    packet->keyframe = packet->vp8.keyframe;
    packet->frame_start = packet->vp8.frame_start;
    packet->width = packet->vp8.width;
    packet->height = packet->vp8.height;
    packet->tid = packet->vp8.tid;
    packet->layer_sync = packet->vp8.layer_sync;
    packet->qualities = hop_quality_temporal(packet->tid);
    return true;
}

static bool read_h264(const uint8_t *payload, struct hop_uplink *packet)
{
    struct hop_h264_info info;
    if (hop_h264_parse(payload, packet->view.payload_len, &info) != 0)
        return false;
    packet->keyframe = info.keyframe;
    packet->frame_start = info.frame_start;
    packet->width = info.width;
    packet->height = info.height;
    return true;
}

/* Layers above its own need the frame, unless it says that they do not. `n_spatial` 0: not known.
 */
static uint16_t vp9_qualities(const struct hop_vp9_desc *d, unsigned n_spatial)
{
    uint16_t mask = 0;
    unsigned sid = d->sid < HOP_MAX_SPATIAL ? d->sid : HOP_MAX_SPATIAL - 1;
    unsigned tid = d->tid < HOP_MAX_TEMPORAL ? d->tid : HOP_MAX_TEMPORAL - 1;
    for (uint8_t s = 0; s < HOP_MAX_SPATIAL; s++) {
        unsigned top = n_spatial > 0 && s >= n_spatial ? n_spatial - 1 : s;
        if (top < sid || (top > sid && n_spatial > 0 && d->leaf))
            continue;
        for (uint8_t t = (uint8_t)tid; t < HOP_MAX_TEMPORAL; t++)
            mask |= hop_quality_bit((struct hop_quality){ s, t });
    }
    return mask;
}

static bool read_vp9(const struct hop_layer *layer, const uint8_t *payload,
                     struct hop_uplink *packet)
{
    struct hop_vp9_desc *d = &packet->vp9;
    if (hop_vp9_parse(payload, packet->view.payload_len, d) != 0)
        return false;
    packet->keyframe = d->keyframe;
    packet->frame_start = d->begins;
    packet->frame_end = d->ends;
    packet->tid = d->tid;
    packet->sid = d->sid;
    packet->layer_sync = d->up;
    if (d->has_layers)
        packet->qualities = vp9_qualities(d, d->n_spatial ? d->n_spatial : layer->n_spatial);
    if (d->n_spatial > 0) {
        packet->width = d->width[d->n_spatial - 1];
        packet->height = d->height[d->n_spatial - 1];
    }
    return true;
}

/* Its layers are told by the dependency descriptor; without one it is taken as it comes. */
static bool read_av1(const uint8_t *payload, struct hop_uplink *packet)
{
    struct hop_av1_info info;
    if (hop_av1_parse(payload, packet->view.payload_len, &info) != 0)
        return false;
    packet->keyframe = info.keyframe;
    packet->frame_start = !info.continues;
    packet->frame_end = packet->view.marker;
    packet->width = info.width;
    packet->height = info.height;
    return true;
}

static bool read_payload(const struct hop_layer *layer, struct hop_uplink *packet)
{
    const uint8_t *payload = packet->data + packet->view.payload_offset;
    switch (packet->codec) {
    case HOP_CODEC_VP8:
        return read_vp8(payload, packet);
    case HOP_CODEC_H264:
        return read_h264(payload, packet);
    case HOP_CODEC_VP9:
        return read_vp9(layer, payload, packet);
    case HOP_CODEC_AV1:
        return read_av1(payload, packet);
    case HOP_CODEC_OPUS:
        return true;
    case HOP_CODEC_NONE:
        break;
    }
    return false;
}

/* ---- the dependency descriptor ----------------------------------------------------------------- */

static void take_size(const struct hop_dd_structure *s, struct hop_uplink *packet)
{
    if (!s->has_resolutions)
        return;
    packet->width = s->width[s->n_spatial - 1];
    packet->height = s->height[s->n_spatial - 1];
}

/* Chromium that may send it leaves the picture ids and the temporal layer of VP8 out of the
 * payload. */
static void read_descriptor(const struct hop_layer *layer, struct hop_uplink *packet)
{
    struct hop_structures *all = layer->structures;
    uint8_t id = layer->publication->owner->ext.dependency_descriptor;
    struct hop_rtp_ext ext;
    if (!all || !hop_rtp_ext_find(packet->data, &packet->view, id, &ext))
        return;
    const struct hop_scalability *known = hop_structures_find(all, packet->seq);
    struct hop_dd *dd = &packet->dd;
    int error =
        hop_dd_parse(ext.data, ext.len, known ? &known->structure : NULL, &all->attached, dd);
    packet->unread = error == -ENOENT;
    if (error != 0)
        return;
    if (dd->has_structure) {
        known = hop_structures_install(all, packet->seq);
        packet->unread = known == NULL;
        if (!known)
            return;
        take_size(&known->structure, packet);
    }
    packet->scalability = known;
    packet->qualities = hop_scalability_qualities(known, dd->dtis);
    packet->frame_start = dd->start;
    packet->frame_end = dd->end;
    packet->tid = dd->temporal;
    packet->sid = dd->spatial;
    /* Without its structure nobody could read what follows. */
    if (packet->codec == HOP_CODEC_AV1)
        packet->keyframe = dd->start && dd->spatial == 0 && dd->n_fdiffs == 0;
    packet->keyframe = packet->keyframe && dd->has_structure;
}

bool hop_uplink_read(const struct hop_layer *layer, struct hop_uplink *packet)
{
    packet->keyframe = packet->frame_start = packet->frame_end = false;
    packet->width = packet->height = 0;
    packet->tid = packet->sid = 0;
    packet->layer_sync = packet->unread = false;
    packet->qualities = HOP_ALL_QUALITIES;
    packet->scalability = NULL;
    if (packet->view.payload_len == 0 || !read_payload(layer, packet))
        return false;
    read_descriptor(layer, packet);
    return true;
}

static void learn_layers(struct hop_layer *layer, const struct hop_uplink *packet)
{
    if (packet->scalability) {
        const struct hop_dd_structure *s = &packet->scalability->structure;
        layer->n_spatial = s->n_spatial < HOP_MAX_SPATIAL ? s->n_spatial : HOP_MAX_SPATIAL;
        for (uint8_t i = 0; i < layer->n_spatial; i++)
            layer->heights[i] = s->has_resolutions ? s->height[i] : 0;
    } else if (packet->codec == HOP_CODEC_VP9 && packet->vp9.n_spatial > 0) {
        const struct hop_vp9_desc *d = &packet->vp9;
        layer->n_spatial = d->n_spatial < HOP_MAX_SPATIAL ? d->n_spatial : HOP_MAX_SPATIAL;
        for (uint8_t i = 0; i < layer->n_spatial; i++)
            layer->heights[i] = d->height[i];
    } else if (packet->codec == HOP_CODEC_VP8 || packet->codec == HOP_CODEC_H264) {
        layer->n_spatial = 1;
    }
}

void hop_uplink_learn(struct hop_layer *layer, struct hop_uplink *packet)
{
    if (packet->keyframe)
        learn_layers(layer, packet);
    if (packet->keyframe && packet->height != 0 && packet->height != layer->height) {
        layer->width = packet->width;
        layer->height = packet->height;
    }
    if (packet->scalability && packet->dd.has_active)
        hop_structures_activate(layer->structures, packet->seq, packet->dd.active);
    if (packet->unread)
        hop_structures_miss(layer->structures, packet->seq);
}
