/* The only place that knows SDP: a client's offer becomes a hop_peer_desc, the relay's
 * hop_peer_local becomes the answer. docs/protocol.md, "The offer".
 *
 * Called by: negotiation. Control thread; no state. RFC 8866 (SDP), 8829 (JSEP), 9143 (BUNDLE),
 * 8839 (ICE), 8842 (DTLS), 8853 (simulcast), 8851 (rid), 5576 (SSRC), 4588 (RTX), 8285
 * (extensions), 6184, 7741 and 9628 (H.264, VP8, VP9), 7587 (Opus).
 */
#pragma once

#include "media/base/types.h"
#include "signaling/protocol.h"

struct hop_sdp_offer;

/* Video codecs in order of preference, for what clients send. */
struct hop_codec_order {
    enum hop_codec codecs[HOP_MAX_CODECS];
    size_t n;
};

/* "VP8,H264,VP9,AV1" (case matters not). 0, or -EINVAL with `out` untouched: empty, unknown, or
 * twice. */
int hop_codec_order_parse(const char *text, struct hop_codec_order *out);

/* Reads an offer. False: `why` is one of HOP_ERR_SDP_*, with what is wrong. `*out` is freed with
 * hop_sdp_offer_free(). */
bool hop_sdp_offer_parse(const char *text, size_t len, const struct hop_codec_order *order,
                         struct hop_sdp_offer **out, struct hop_refusal *why);
void hop_sdp_offer_free(struct hop_sdp_offer *offer);

/* What the relay is told; all sources allowed. Belongs to the offer. */
struct hop_peer_desc *hop_sdp_offer_desc(struct hop_sdp_offer *offer);
/* The offerer's session id (o=): the same for every offer of one RTCPeerConnection. */
uint64_t hop_sdp_offer_session(const struct hop_sdp_offer *offer);

/* Writes the answer. `local` has as many slots as the offer. `fingerprint` is the relay's SHA-256
 * in the form of RFC 8122; `version` grows with each answer of a session. The text is the caller's
 * (g_free). */
char *hop_sdp_answer(const struct hop_sdp_offer *offer, const struct hop_peer_local *local,
                     const char *fingerprint, uint32_t version);
