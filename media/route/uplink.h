/* A received packet on its way through the room: where its parts are, and what it says of the frame
 * that it belongs to, by its payload and by its dependency descriptor.
 *
 * Private to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include "media/base/types.h"
#include "media/codec/vp8.h"
#include "media/codec/vp9.h"
#include "media/route/quality.h"
#include "media/route/scalability.h"
#include "media/rtp/dependency.h"
#include "media/rtp/rtp.h"

struct hop_layer;

/* Plain data on the stack. */
struct hop_uplink {
    const uint8_t *data; /* the whole plain packet */
    size_t len;
    struct hop_rtp_view view;
    uint64_t seq; /* extended */
    enum hop_codec codec;
    bool keyframe; /* a key frame begins here: a receiver may be switched in */
    bool frame_start, frame_end;
    uint8_t tid, sid;       /* temporal and spatial layer, 0: lowest or none */
    bool layer_sync;        /* VP8's Y, VP9's U */
    uint16_t qualities;     /* those it belongs to, see quality.h */
    uint16_t width, height; /* pixels, of the key frame; 0: not told */
    union {
        struct hop_vp8_desc vp8; /* VP8 only */
        struct hop_vp9_desc vp9; /* VP9 only */
    };
    /* Its dependency descriptor; `scalability` NULL: it has none. */
    struct hop_dd dd;
    const struct hop_scalability *scalability;
    bool unread; /* it has one whose structure did not come yet */
};

/* Reads payload and descriptor. False: it is malformed or empty, and no receiver shall have it.
 * `layer` is the stream it came in. */
bool hop_uplink_read(const struct hop_layer *layer, struct hop_uplink *packet);
/* The packet was taken: notes what it says of the stream, sizes of pictures and structure of
 * layers. */
void hop_uplink_learn(struct hop_layer *layer, struct hop_uplink *packet);
