/* VP8 in RTP: the payload descriptor, key frames, and ids that stay continuous while layers switch.
 * RFC 7741 §4.2 (descriptor), RFC 6386 §9.1 (frame header). Called by the route on its worker; no
 * allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_vp8_desc {
    bool non_reference;   /* N: may be left out without harm */
    bool start;           /* S: first byte of a partition */
    uint8_t partition;    /* PID 0..7 */
    bool frame_start;     /* S and PID 0 */
    uint8_t picture_bits; /* 0: no PictureID, 7 or 15 */
    uint16_t picture;
    bool has_tl0;
    uint8_t tl0; /* TL0PICIDX */
    bool has_tid;
    uint8_t tid;     /* temporal layer 0..3 */
    bool layer_sync; /* Y */
    bool has_keyidx;
    uint8_t keyidx;
    uint8_t picture_at, tl0_at; /* offsets in the payload; 0: absent */
    uint8_t len;                /* bytes of the descriptor */
    bool keyframe;              /* this packet begins a key frame */
    uint16_t width, height;     /* of the key frame, pixels; 0 otherwise */
};

/* 0, or -EINVAL (nothing after the descriptor, or cut). */
int hop_vp8_parse(const uint8_t *payload, size_t len, struct hop_vp8_desc *out);
/* Puts the ids into the payload's own fields, in their widths (the upper bits are cut). `payload`
 * is the copy that goes out and has the bytes of the one that was parsed. */
void hop_vp8_rewrite(uint8_t *payload, const struct hop_vp8_desc *desc, uint16_t picture,
                     uint8_t tl0);

/* ---- continuity ---------------------------------------------------------------------------------
 * The same for PictureID and TL0PICIDX as hop_seq_map for sequence numbers. */

enum { HOP_VP8_WINDOW = 64 }; /* frames behind the newest that can still be mapped */

struct hop_vp8_map {
    bool bound;
    uint16_t newest_out;        /* the last PictureID given away */
    uint8_t newest_tl0;         /* the newest TL0PICIDX given away */
    uint8_t tl0_shift;          /* out - in */
    uint64_t first_in, next_in; /* unwrapped PictureIDs of the bound source */
    uint16_t out[HOP_VP8_WINDOW];
    uint64_t unusable; /* by in % window: dropped on purpose */
};

void hop_vp8_map_init(struct hop_vp8_map *map, uint16_t first_picture, uint8_t first_tl0);
/* Another source from the next packet on; call it with the key frame's first packet at hand. */
void hop_vp8_map_switch(struct hop_vp8_map *map);
/* Ids for that packet. False: its frame was dropped, is from before the switch, or too old. */
bool hop_vp8_map_in(struct hop_vp8_map *map, const struct hop_vp8_desc *desc, uint16_t *picture,
                    uint8_t *tl0);
/* The whole frame of that packet is left out (temporal layers): no id is kept for it. */
void hop_vp8_map_drop(struct hop_vp8_map *map, const struct hop_vp8_desc *desc);
