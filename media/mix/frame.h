/* What all of media/mix agrees on: 48 kHz mono float, 20 ms frames, and the levels that count as
 * voice. */
#pragma once

enum {
    HOP_MIX_RATE = 48000,
    HOP_MIX_FRAME = 960, /* samples of one tick, 20 ms */
    HOP_MIX_FRAME_US = 20000,
    HOP_MIX_OPUS_MAX = 5760,    /* samples of the longest Opus packet, 120 ms (RFC 6716 §3.2.5) */
    HOP_MIX_OPUS_STEP = 120,    /* 2.5 ms: what the decoder can conceal is a multiple of this */
    HOP_MIX_PAYLOAD_MAX = 1275, /* bytes of one Opus frame (RFC 6716 §3.4) */

    /* -dBov. A packet that claims this level or louder opens its stream; decoded sound of
     * HOP_MIX_LEVEL_KEEP or louder keeps it open. */
    HOP_MIX_LEVEL_OPEN = 55,
    HOP_MIX_LEVEL_KEEP = 60,
    HOP_MIX_LEVEL_SILENT = 127,
    HOP_MIX_LEVEL_NONE = 0xff, /* the sender claims nothing */
};
