/* What an Opus packet says about itself without decoding: RFC 6716 §3.1 (TOC), §3.2 (framing),
 * §4.2.3–4.2.4 (LBRR flags); RFC 7587 (RTP, DTX). Any thread, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hop_opus_mode { HOP_OPUS_SILK, HOP_OPUS_HYBRID, HOP_OPUS_CELT };

struct hop_opus_info {
    enum hop_opus_mode mode;
    bool stereo;
    bool dtx;       /* nothing to hear: a packet of at most two bytes, as encoders send in pauses */
    bool fec;       /* carries a low-bitrate copy of the frame before (in-band FEC) */
    uint8_t frames; /* 1..48 */
    uint16_t frame_samples; /* per channel at 48 kHz: 120..2880 */
    uint16_t samples;       /* of the whole packet: at most 5760 */
};

/* 0, or -EINVAL when the packet breaks RFC 6716 §3.4's rules on counts and duration. */
int hop_opus_parse(const uint8_t *payload, size_t len, struct hop_opus_info *out);
