/* SRTP and SRTCP of one participant, both directions. RFC 3711, RFC 7714 (AES-GCM), keyed by
 * RFC 5764. AES-GCM is gcm.c's work on OpenSSL, AES-CM libsrtp's.
 *
 * In place, no allocation per packet (the first packet of a new SSRC allocates its stream). One
 * instance belongs to one worker thread.
 */
#pragma once

#include "media/base/srtp_keys.h"

#include <stddef.h>
#include <stdint.h>

enum {
    /* Bytes that protect may append: RTCP's index (4) and the longest tag (16). Leave them free
     * behind every packet that is to be protected. */
    HOP_SRTP_OVERHEAD = 20,
    HOP_SRTP_REPLAY_WINDOW = 1024, /* packets */
    HOP_SRTP_MAX_SSRCS = 64,       /* that one participant may send with; more are refused */
};

enum hop_srtp_verdict {
    HOP_SRTP_OK,
    HOP_SRTP_AUTH,      /* the tag does not fit: not from the participant, or changed */
    HOP_SRTP_REPLAY,    /* number seen (sent) before, or older than the window */
    HOP_SRTP_MALFORMED, /* too short, not RTP/RTCP */
    HOP_SRTP_LIMIT,     /* one more SSRC than HOP_SRTP_MAX_SSRCS (sending: HOP_GCM_MAX_SSRCS) */
    HOP_SRTP_FAILED,    /* anything else: capacity too small, key lifetime over, out of memory */
};

struct hop_srtp;

/* Copies the keys. -EINVAL (unknown profile or lengths), -ENOMEM, -EIO (libsrtp refused). */
int hop_srtp_new(const struct hop_srtp_keys *keys, struct hop_srtp **out);
void hop_srtp_free(struct hop_srtp *srtp);

/* Plain to protected, in place: *len grows by at most HOP_SRTP_OVERHEAD; `cap` is what the buffer
 * holds. One SSRC's sequence number is protected once: HOP_SRTP_REPLAY the second time, even for
 * identical bytes, and for a number more than the window behind the newest; the bytes are then as
 * they were. Retransmissions have an SSRC of their own (RFC 4588). */
enum hop_srtp_verdict hop_srtp_protect_rtp(struct hop_srtp *srtp, uint8_t *packet, size_t *len,
                                           size_t cap);
enum hop_srtp_verdict hop_srtp_protect_rtcp(struct hop_srtp *srtp, uint8_t *packet, size_t *len,
                                            size_t cap);

/* Protected to plain, in place: *len shrinks. On anything but HOP_SRTP_OK the bytes are worthless.
 */
enum hop_srtp_verdict hop_srtp_unprotect_rtp(struct hop_srtp *srtp, uint8_t *packet, size_t *len);
enum hop_srtp_verdict hop_srtp_unprotect_rtcp(struct hop_srtp *srtp, uint8_t *packet, size_t *len);

/* "AEAD_AES_128_GCM", …: as IANA registers it. "none" for HOP_SRTP_NONE. */
const char *hop_srtp_profile_name(enum hop_srtp_profile profile);
