/* Retransmission payload format: the original sequence number (OSN) before the original payload, in
 * a stream with its own SSRC, payload type and numbers (RFC 4588 §4). Any thread, no state.
 *
 * A forwarder that writes a fresh header anyway needs no function here: header with the RTX
 * stream's pt, ssrc and seq, then hop_put16(OSN), then the payload.
 */
#pragma once

#include "media/rtp/rtp.h"

enum { HOP_RTX_OSN = 2 }; /* bytes before the payload */

/* Writes the RTX form of the packet to out: same header (CSRCs and extensions kept), without its
 * padding. Returns its length, len + 2 at most; 0 when it does not fit in cap. */
size_t hop_rtx_wrap(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t rtx_pt,
                    uint32_t rtx_ssrc, uint16_t rtx_seq, uint8_t *out, size_t cap);

/* Writes the original packet to out: pt and ssrc as given, the OSN as its number. Returns its
 * length; 0 when there is none: a padding-only or empty RTX packet (what Chromium probes with), or
 * cap too small. `out` must not overlap the packet. */
size_t hop_rtx_unwrap(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t pt,
                      uint32_t ssrc, uint8_t *out, size_t cap);
