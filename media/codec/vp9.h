/* VP9 in RTP: the payload descriptor, layers, key frames and picture sizes.
 * RFC 9628 §4.2 (descriptor), §4.2.1 (scalability structure). Called by the route on its worker; no
 * state, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOP_VP9_SPATIAL = 8 }; /* N_S has three bits */

struct hop_vp9_desc {
    bool inter_picture;   /* P: the frame refers to earlier pictures */
    bool flexible;        /* F: it says to which, below */
    bool begins, ends;    /* B, E: first, last packet of a layer's frame */
    bool leaf;            /* Z: no higher spatial layer refers to it */
    bool has_layers;      /* L: the next four are told */
    uint8_t tid, sid;     /* 0..7 */
    bool up;              /* U: from here on a receiver may go up to this temporal layer */
    bool inter_layer;     /* D: it refers to the spatial layer below, of the same picture */
    uint8_t picture_bits; /* 0: no picture id, 7 or 15 */
    uint16_t picture;
    bool has_tl0;
    uint8_t tl0;
    uint8_t picture_at, tl0_at; /* offsets in the payload; 0: absent */
    uint8_t n_diffs;            /* pictures that it refers to, by their distance */
    uint8_t diffs[3];
    bool has_structure;                                       /* V */
    uint8_t n_spatial;                                        /* 1..8; 0: not told here */
    uint16_t width[HOP_VP9_SPATIAL], height[HOP_VP9_SPATIAL]; /* pixels; 0: not told */
    uint16_t len;                                             /* bytes of the descriptor */
    bool keyframe;                                            /* this packet begins a key picture */
};

/* 0, or -EINVAL (nothing after the descriptor, or cut). */
int hop_vp9_parse(const uint8_t *payload, size_t len, struct hop_vp9_desc *out);
/* Puts the ids into the payload's own fields, in their widths; `payload` has the bytes of the one
 * that was parsed. */
void hop_vp9_rewrite(uint8_t *payload, const struct hop_vp9_desc *desc, uint16_t picture,
                     uint8_t tl0);
