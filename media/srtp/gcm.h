/* SRTP's sending half for AES-GCM, on OpenSSL: what a forwarder does more often than anything else.
 * RFC 3711 §3.3.1 (packet index), §4.3 (session keys); RFC 7714 §8.1 (IV), §8.2, §11. Private to
 * media/srtp; the owner's thread.
 *
 * A nonce is SSRC and packet index under one key, so a number that was used is never used again: a
 * packet whose number is taken, or lies too far behind to be known as free, is refused, whatever
 * its bytes. Nobody needs to repeat one: retransmissions have SSRCs and numbers of their own
 * (RFC 4588). */
#pragma once

#include "media/srtp/srtp.h"

enum {
    HOP_GCM_TAG = 16,
    HOP_GCM_MAX_SSRCS = 1024, /* that one line sends with in its life; more are refused */
};

struct hop_gcm;

/* Session keys from `keys`' local half; the profile must be one of GCM. -ENOMEM, -EIO. */
int hop_gcm_new(const struct hop_srtp_keys *keys, struct hop_gcm **out);
void hop_gcm_free(struct hop_gcm *gcm); /* NULL-safe */

/* As hop_srtp_protect_rtp(). *len is at least an RTP header, and HOP_GCM_TAG bytes are free behind.
 */
enum hop_srtp_verdict hop_gcm_protect(struct hop_gcm *gcm, uint8_t *packet, size_t *len);
