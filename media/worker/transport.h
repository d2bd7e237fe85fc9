/* One participant's transport: ICE proves where he is, DTLS gives the keys, SRTP uses them. It
 * joins the three and says in one word how the line is; it opens no socket and reads no clock.
 *
 * Made on the control thread, then owned by the worker and called on its thread only.
 * RFC 8445, RFC 7675, RFC 5764, RFC 3711.
 *
 *   NEW ── keys ──> UP <── checks come again / stop coming ──> DOWN
 *    └──────────────┴──────────────── any ─────────────────────┴──> GONE (final)
 */
#pragma once

#include "media/base/types.h"
#include "media/dtls/dtls.h"
#include "media/ice/agent.h"
#include "media/media.h"

struct hop_transport;

enum hop_transport_state {
    HOP_TRANSPORT_NEW,  /* no keys yet */
    HOP_TRANSPORT_UP,   /* packets flow */
    HOP_TRANSPORT_DOWN, /* keys, but nobody to be heard, or no path */
    HOP_TRANSPORT_GONE, /* see hop_transport_reason() */
};

struct hop_transport_config {
    const struct hop_dtls_cert *cert;    /* must outlive the transport */
    const struct hop_peer_desc *desc;    /* remote ufrag and fingerprint are copied */
    const char *local_ufrag, *local_pwd; /* copied */
    int64_t timeout_us;                  /* to come up, and without a consent check */
};

/* -EINVAL (credentials or fingerprint cannot be), -ENOMEM. */
int hop_transport_new(const struct hop_transport_config *config, int64_t now_us,
                      struct hop_transport **out);
void hop_transport_free(struct hop_transport *t); /* NULL-safe */
int hop_transport_restart(struct hop_transport *t, const char *local_ufrag, const char *local_pwd,
                          const char *remote_ufrag, int64_t now_us);

/* ---- what comes in --------------------------------------------------------------------------- */

/* One STUN datagram; see hop_ice_receive(). */
void hop_transport_stun(struct hop_transport *t, const struct hop_path *path, const uint8_t *data,
                        size_t len, int64_t now_us, uint8_t answer[HOP_STUN_MAX_BUILT],
                        struct hop_ice_result *out);
/* One DTLS datagram from a proven address. */
void hop_transport_dtls(struct hop_transport *t, const uint8_t *data, size_t len, int64_t now_us);
/* One SRTP or SRTCP packet, in place. False: it is to be dropped for that reason. */
bool hop_transport_unprotect(struct hop_transport *t, bool rtcp, uint8_t *packet, size_t *len,
                             int64_t now_us, enum hop_drop *why);
/* The TCP connection of a path was closed. */
void hop_transport_path_lost(struct hop_transport *t, const struct hop_path *path);

/* ---- what goes out --------------------------------------------------------------------------- */

/* Where to send now; NULL: nowhere. Valid until the next call of any of the functions above. */
const struct hop_path *hop_transport_path(const struct hop_transport *t);
/* True when media may be sent. */
bool hop_transport_sendable(const struct hop_transport *t);
/* Plain to protected in place; false: the packet is lost. */
bool hop_transport_protect(struct hop_transport *t, bool rtcp, uint8_t *packet, size_t *len,
                           size_t cap);
/* The next DTLS datagram that is due (at most HOP_MTU bytes); 0: none. */
size_t hop_transport_next(struct hop_transport *t, uint8_t *buf);
/* Says close_notify with the next hop_transport_next(). */
void hop_transport_close(struct hop_transport *t);

/* ---- state ----------------------------------------------------------------------------------- */

/* Does what is due and says how the line is; to be called after input and at the deadline. */
enum hop_transport_state hop_transport_update(struct hop_transport *t, int64_t now_us);
int64_t hop_transport_deadline(const struct hop_transport *t, int64_t now_us);
enum hop_gone_reason hop_transport_reason(const struct hop_transport *t);
enum hop_srtp_profile hop_transport_profile(const struct hop_transport *t);
/* A path that nobody checks any more, to be forgotten; call until false. */
bool hop_transport_expire(struct hop_transport *t, int64_t now_us, struct hop_path *out);
size_t hop_transport_paths(const struct hop_transport *t, struct hop_path out[HOP_MAX_PATHS]);
