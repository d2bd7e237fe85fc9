/* One question for all codecs: what is this payload, seen from a forwarder? Any thread, no state.
 */
#pragma once

#include "media/base/types.h"

struct hop_codec_info {
    bool keyframe;          /* a receiver may be switched in at this packet */
    bool frame_start;       /* first packet of a frame */
    bool discardable;       /* the frame may be left out: nothing refers to it */
    uint8_t tid;            /* temporal layer, 0 when there are none */
    uint16_t width, height; /* pixels; 0: not told here */
};

/* 0, or -EINVAL when the payload is malformed, or the codec is none of ours. With Opus every packet
 * is a key frame. */
int hop_codec_probe(enum hop_codec codec, const uint8_t *payload, size_t len,
                    struct hop_codec_info *out);
/* RTP clock of the codec, Hz. */
uint32_t hop_codec_clock_hz(enum hop_codec codec);
