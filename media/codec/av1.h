/* AV1 in RTP: the aggregation header, whether a coded video sequence begins, and its picture size.
 * AV1 RTP payload specification §4.4 (aggregation header), AV1 specification §5.3 (OBUs), §5.5
 * (sequence header). Any thread, no state, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_av1_info {
    bool continues; /* Z: the first element is the rest of one that began before */
    bool unended;   /* Y: the last element goes on in the next packet */
    /* N: a coded video sequence begins here, with a sequence header: a key frame of the lowest
     * layer follows */
    bool keyframe;
    bool has_layers;        /* the first OBU that belongs to a layer says which */
    uint8_t tid, sid;       /* 0..7, 0..3 */
    uint16_t width, height; /* from the sequence header, pixels; 0: none here or not understood */
};

/* 0, or -EINVAL: empty, cut, or an element of no length. */
int hop_av1_parse(const uint8_t *payload, size_t len, struct hop_av1_info *out);
