/* What a forwarder does most of SRTP's work with AES-GCM, on OpenSSL: sending RTP, and receiving
 * the RTCP of many receivers. RFC 3711 §3.3.1 (packet index), §3.3.2 (replay), §4.3 (session keys);
 * RFC 7714 §8.1, §8.2 (SRTP), §9 (SRTCP), §11. Private to media/srtp; the owner's thread.
 *
 * A nonce is SSRC and packet index under one key, so a number that was used is never used again: a
 * packet whose number is taken, or lies too far behind to be known as free, is refused, whatever
 * its bytes. Nobody needs to repeat one: retransmissions have SSRCs and numbers of their own
 * (RFC 4588). */
#pragma once

#include "media/srtp/srtp.h"

#include <stdbool.h>

enum {
    HOP_GCM_TAG = 16,
    HOP_GCM_MAX_SSRCS = 1024, /* that one line sends with in its life; more are refused */
};

struct hop_gcm;

/* Session keys from `keys`; the profile must be one of GCM. -ENOMEM, -EIO. */
int hop_gcm_new(const struct hop_srtp_keys *keys, struct hop_gcm **out);
void hop_gcm_free(struct hop_gcm *gcm); /* NULL-safe */

/* As hop_srtp_protect_rtp(). *len is at least an RTP header, and HOP_GCM_TAG bytes are free behind.
 */
enum hop_srtp_verdict hop_gcm_protect(struct hop_gcm *gcm, uint8_t *packet, size_t *len);

/* One source's SRTCP indices that came; zero at first. */
struct hop_gcm_window {
    bool started;
    uint32_t newest;
    uint64_t seen[2]; /* bit i: newest - i */
};

/* As hop_srtp_unprotect_rtcp(); `window` is that of the packet's SSRC. *len is at least a header,
 * a tag and an index. */
enum hop_srtp_verdict hop_gcm_unprotect_rtcp(struct hop_gcm *gcm, struct hop_gcm_window *window,
                                             uint8_t *packet, size_t *len);
