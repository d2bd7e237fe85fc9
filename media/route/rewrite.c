/* Continuity of frame ids; see rewrite.h. */
#include "media/route/rewrite.h"

#include <string.h>

void hop_rewriter_init(struct hop_rewriter *r, uint32_t random)
{
    memset(r, 0, sizeof(*r));
    r->newest_picture = (random >> 16) & 0x7fff;
    r->newest_tl0 = (uint8_t)(random >> 8);
    r->newest_frame = (uint16_t)random;
    hop_vp8_map_init(&r->vp8, r->newest_picture, r->newest_tl0);
}

void hop_rewriter_switch(struct hop_rewriter *r)
{
    hop_vp8_map_switch(&r->vp8);
    r->bound = false;
}

static void bind_source(struct hop_rewriter *r, const struct hop_uplink *packet)
{
    r->bound = true;
    r->frame_shift = (uint16_t)(r->newest_frame + 1 - packet->dd.frame);
    if (packet->codec != HOP_CODEC_VP9)
        return;
    r->picture_shift = (uint16_t)(r->newest_picture + 1 - packet->vp9.picture);
    r->tl0_shift = (uint8_t)(r->newest_tl0 + 1 - packet->vp9.tl0);
}

/* Pictures that are left out leave a gap: what follows names its references by distance. */
static void vp9_ids(struct hop_rewriter *r, const struct hop_uplink *packet, struct hop_ids *out)
{
    uint16_t mask = packet->vp9.picture_bits == 7 ? 0x7f : 0x7fff;
    out->picture = (uint16_t)(packet->vp9.picture + r->picture_shift) & mask;
    out->tl0 = (uint8_t)(packet->vp9.tl0 + r->tl0_shift);
    if (((out->picture - r->newest_picture) & mask) <= mask / 2)
        r->newest_picture = out->picture;
    if (packet->vp9.has_tl0 && (uint8_t)(out->tl0 - r->newest_tl0) < 0x80)
        r->newest_tl0 = out->tl0;
}

bool hop_rewriter_ids(struct hop_rewriter *r, const struct hop_uplink *packet,
                      const struct hop_selector *select, struct hop_ids *out)
{
    *out = (struct hop_ids){ 0 };
    if (packet->codec == HOP_CODEC_VP8 &&
        !hop_vp8_map_in(&r->vp8, &packet->vp8, &out->picture, &out->tl0))
        return false;
    if (!r->bound)
        bind_source(r, packet);
    if (packet->codec == HOP_CODEC_VP9)
        vp9_ids(r, packet, out);
    if (packet->scalability) {
        out->frame = (uint16_t)(packet->dd.frame + r->frame_shift);
        out->active = select->within;
        if ((uint16_t)(out->frame - r->newest_frame) < 0x8000)
            r->newest_frame = out->frame;
    }
    return true;
}

void hop_rewriter_drop(struct hop_rewriter *r, const struct hop_uplink *packet)
{
    if (packet->codec == HOP_CODEC_VP8)
        hop_vp8_map_drop(&r->vp8, &packet->vp8);
}

void hop_ids_write(uint8_t *payload, const struct hop_uplink *packet, const struct hop_ids *ids)
{
    if (packet->codec == HOP_CODEC_VP8)
        hop_vp8_rewrite(payload, &packet->vp8, ids->picture, ids->tl0);
    else if (packet->codec == HOP_CODEC_VP9)
        hop_vp9_rewrite(payload, &packet->vp9, ids->picture, ids->tl0);
}

void hop_ids_describe(struct hop_rtp_header *header, uint8_t id, const struct hop_uplink *packet,
                      const struct hop_ids *ids)
{
    if (id == 0 || !packet->scalability)
        return;
    const struct hop_dd_structure *structure = &packet->scalability->structure;
    uint32_t all = (uint32_t)((UINT64_C(1) << structure->n_targets) - 1);
    struct hop_dd dd = packet->dd;
    dd.frame = ids->frame;
    dd.active = ids->active & all;
    dd.has_active = dd.active != all;
    uint8_t element[HOP_DD_MAX_BYTES];
    size_t len = hop_dd_write(&dd, structure, element, sizeof(element));
    if (len > 0)
        (void)hop_rtp_header_add(header, id, element, len);
}
