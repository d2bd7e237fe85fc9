/* H.264 in RTP: which NAL units a payload carries and whether a key frame begins in it.
 * RFC 6184 §5.2 (payload structures: single NAL unit, STAP-A, FU-A), ITU-T H.264 §7.3.2.1 (SPS).
 * Any thread, no state, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_h264_info {
    bool sps, pps;
    bool idr;       /* a slice of an IDR picture, in any fragment */
    bool idr_start; /* its first slice begins here (first_mb_in_slice 0) */
    /* A receiver may be switched in at this packet: SPS, or an IDR's first slice. Encoders in
     * browsers send SPS, PPS and IDR in this order under one timestamp. */
    bool keyframe;
    bool frame_start; /* the first slice of a picture, or SPS, PPS, SEI or a delimiter before it */
    bool disposable;  /* nal_ref_idc 0 in all units: no other picture needs it */
    uint16_t width, height; /* from the SPS, cropped, pixels; 0: none here or not understood */
};

/* 0, or -EINVAL: empty, cut, or a structure that WebRTC does not use (STAP-B, MTAP, FU-B). */
int hop_h264_parse(const uint8_t *payload, size_t len, struct hop_h264_info *out);

/* Picture size of one SPS NAL unit (with its header byte). False: cut or out of range. */
bool hop_h264_sps_size(const uint8_t *nal, size_t len, uint16_t *width, uint16_t *height);
