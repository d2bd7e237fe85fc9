/* SRTP and SRTCP with AES-GCM, both directions, on OpenSSL. RFC 3711 §3.3 (packet index, replay),
 * §3.4 (SRTCP); RFC 7714 §8, §9. Private to media/srtp; the owner's thread.
 *
 * A nonce is SSRC and packet index under one key, so a number that was used is never used again: a
 * packet whose number is taken, or lies too far behind to be known as free, is refused, whatever
 * its bytes. Nobody needs to repeat one: retransmissions have SSRCs and numbers of their own
 * (RFC 4588). */
#pragma once

#include "media/srtp/gcm_key.h"
#include "media/srtp/window.h"

enum {
    HOP_GCM_MAX_SSRCS = 1024, /* that one line sends with in its life; more are refused */
};

struct hop_gcm;

/* Session keys from `keys`; the profile must be one of GCM. -ENOMEM, -EIO. */
int hop_gcm_new(const struct hop_srtp_keys *keys, struct hop_gcm **out);
void hop_gcm_free(struct hop_gcm *gcm); /* NULL-safe */

/* As hop_srtp_protect_rtp() and _rtcp(). *len is at least a header, and HOP_SRTP_OVERHEAD bytes are
 * free behind. */
enum hop_srtp_verdict hop_gcm_protect(struct hop_gcm *gcm, uint8_t *packet, size_t *len);
enum hop_srtp_verdict hop_gcm_protect_rtcp(struct hop_gcm *gcm, uint8_t *packet, size_t *len);

/* As hop_srtp_unprotect_rtp(); `window` is that of the packet's SSRC. *len is at least a header and
 * a tag. */
enum hop_srtp_verdict hop_gcm_unprotect(struct hop_gcm *gcm, struct hop_srtp_window *window,
                                        uint8_t *packet, size_t *len);

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
