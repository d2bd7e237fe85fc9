/* The ids that a codec, or the dependency descriptor, counts frames by: made to go on in one
 * receiver's stream while the sources behind it change.
 *
 * RFC 7741 §4.2 (VP8), RFC 9628 §4.2 (VP9), AV1 RTP payload specification, appendix A. Called by
 * send.c and resend.c; the room's worker thread; no allocation.
 */
#pragma once

#include "media/route/select.h"
#include "media/route/uplink.h"

struct hop_rtp_header;

/* One packet's ids, as sent. */
struct hop_ids {
    uint16_t picture; /* VP8, VP9 */
    uint8_t tl0;
    uint16_t frame;  /* dependency descriptor */
    uint32_t active; /* its decode targets that this receiver is sent */
};

struct hop_rewriter {
    struct hop_vp8_map vp8;
    bool bound;                            /* the shifts are those of the source */
    uint16_t picture_shift, frame_shift;   /* ours - the source's */
    uint16_t newest_picture, newest_frame; /* given away */
    uint8_t tl0_shift, newest_tl0;
};

void hop_rewriter_init(struct hop_rewriter *r, uint32_t random);
/* Another source from the next packet on. */
void hop_rewriter_switch(struct hop_rewriter *r);
/* Ids for a packet. False: its frame was left out, is from before the switch, or too old. */
bool hop_rewriter_ids(struct hop_rewriter *r, const struct hop_uplink *packet,
                      const struct hop_selector *select, struct hop_ids *out);
/* The whole frame of that packet is left out. */
void hop_rewriter_drop(struct hop_rewriter *r, const struct hop_uplink *packet);

/* Into the copy of the packet's payload that goes out. */
void hop_ids_write(uint8_t *payload, const struct hop_uplink *packet, const struct hop_ids *ids);
/* The dependency descriptor, if the packet has one and the receiver knows the extension (id not 0).
 */
void hop_ids_describe(struct hop_rtp_header *header, uint8_t id, const struct hop_uplink *packet,
                      const struct hop_ids *ids);
