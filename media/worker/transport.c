/* ICE, DTLS and SRTP of one participant; see transport.h. */
#include "media/worker/transport.h"

#include "media/srtp/srtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hop_transport {
    struct hop_ice *ice;
    struct hop_dtls *dtls;
    struct hop_srtp *srtp; /* NULL before the handshake is done */
    enum hop_transport_state state;
    enum hop_gone_reason reason;
    enum hop_srtp_profile profile;
    int64_t timeout_us;
    int64_t created_us;
    int64_t last_check_us; /* the last authenticated check, or the restart that awaits one */
};

int hop_transport_new(const struct hop_transport_config *config, int64_t now_us,
                      struct hop_transport **out)
{
    struct hop_dtls_config dtls = {
        .cert = config->cert,
        .role = HOP_DTLS_SERVER,
        .fingerprint_hash = config->desc->fingerprint_hash,
        .fingerprint = config->desc->fingerprint,
        .fingerprint_len = config->desc->fingerprint_len,
    };
    struct hop_transport *t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    t->created_us = t->last_check_us = now_us;
    t->timeout_us = config->timeout_us;
    int error = hop_ice_new(config->local_ufrag, config->local_pwd, config->desc->remote_ufrag,
                            now_us, &t->ice);
    if (error == 0)
        error = hop_dtls_new(&dtls, now_us, &t->dtls);
    if (error != 0) {
        hop_transport_free(t);
        return error;
    }
    *out = t;
    return 0;
}

void hop_transport_free(struct hop_transport *t)
{
    if (!t)
        return;
    hop_srtp_free(t->srtp);
    hop_dtls_free(t->dtls);
    hop_ice_free(t->ice);
    free(t);
}

int hop_transport_restart(struct hop_transport *t, const char *local_ufrag, const char *local_pwd,
                          const char *remote_ufrag, int64_t now_us)
{
    int error = hop_ice_restart(t->ice, local_ufrag, local_pwd, remote_ufrag, now_us);
    if (error == 0)
        t->last_check_us = now_us;
    return error;
}

/* ---- what comes in --------------------------------------------------------------------------- */

void hop_transport_stun(struct hop_transport *t, const struct hop_path *path, const uint8_t *data,
                        size_t len, int64_t now_us, uint8_t answer[HOP_STUN_MAX_BUILT],
                        struct hop_ice_result *out)
{
    hop_ice_receive(t->ice, path, data, len, now_us, answer, out);
    if (out->verdict == HOP_ICE_ACCEPTED)
        t->last_check_us = now_us;
}

void hop_transport_dtls(struct hop_transport *t, const uint8_t *data, size_t len, int64_t now_us)
{
    if (t->state != HOP_TRANSPORT_GONE)
        hop_dtls_receive(t->dtls, data, len, now_us);
}

static enum hop_drop drop_reason(enum hop_srtp_verdict verdict)
{
    switch (verdict) {
    case HOP_SRTP_REPLAY:
        return HOP_DROP_REPLAY;
    case HOP_SRTP_MALFORMED:
        return HOP_DROP_MALFORMED;
    case HOP_SRTP_LIMIT:
        return HOP_DROP_UNKNOWN_SSRC;
    default:
        return HOP_DROP_SRTP_AUTH;
    }
}

bool hop_transport_unprotect(struct hop_transport *t, bool rtcp, uint8_t *packet, size_t *len,
                             int64_t now_us, enum hop_drop *why)
{
    if (!t->srtp || t->state == HOP_TRANSPORT_GONE) {
        *why = HOP_DROP_NO_KEYS;
        return false;
    }
    enum hop_srtp_verdict verdict = rtcp ? hop_srtp_unprotect_rtcp(t->srtp, packet, len)
                                         : hop_srtp_unprotect_rtp(t->srtp, packet, len);
    if (verdict != HOP_SRTP_OK) {
        *why = drop_reason(verdict);
        return false;
    }
    hop_ice_heard(t->ice, now_us);
    return true;
}

void hop_transport_path_lost(struct hop_transport *t, const struct hop_path *path)
{
    hop_ice_path_lost(t->ice, path);
}

/* ---- what goes out --------------------------------------------------------------------------- */

const struct hop_path *hop_transport_path(const struct hop_transport *t)
{
    return t->state == HOP_TRANSPORT_GONE ? NULL : hop_ice_selected(t->ice);
}

bool hop_transport_sendable(const struct hop_transport *t)
{
    return t->state == HOP_TRANSPORT_UP;
}

bool hop_transport_protect(struct hop_transport *t, bool rtcp, uint8_t *packet, size_t *len,
                           size_t cap)
{
    enum hop_srtp_verdict verdict = rtcp ? hop_srtp_protect_rtcp(t->srtp, packet, len, cap)
                                         : hop_srtp_protect_rtp(t->srtp, packet, len, cap);
    return verdict == HOP_SRTP_OK;
}

size_t hop_transport_next(struct hop_transport *t, uint8_t *buf)
{
    return hop_dtls_next(t->dtls, buf);
}

void hop_transport_close(struct hop_transport *t)
{
    hop_dtls_close(t->dtls);
}

/* ---- state ----------------------------------------------------------------------------------- */

static enum hop_transport_state gone(struct hop_transport *t, enum hop_gone_reason reason)
{
    t->reason = reason;
    return t->state = HOP_TRANSPORT_GONE;
}

static enum hop_gone_reason failure(enum hop_dtls_error error)
{
    switch (error) {
    case HOP_DTLS_ERROR_FINGERPRINT:
        return HOP_GONE_FINGERPRINT;
    case HOP_DTLS_ERROR_TIMEOUT:
        return HOP_GONE_TIMEOUT;
    default:
        return HOP_GONE_DTLS;
    }
}

static bool install_keys(struct hop_transport *t)
{
    struct hop_srtp_keys keys;
    if (!hop_dtls_take_keys(t->dtls, &keys))
        return false;
    t->profile = keys.profile;
    int error = hop_srtp_new(&keys, &t->srtp);
    explicit_bzero(&keys, sizeof(keys));
    return error == 0;
}

enum hop_transport_state hop_transport_update(struct hop_transport *t, int64_t now_us)
{
    if (t->state == HOP_TRANSPORT_GONE)
        return t->state;
    if (hop_dtls_deadline(t->dtls, now_us) <= now_us)
        hop_dtls_timeout(t->dtls, now_us);
    enum hop_dtls_state dtls = hop_dtls_state(t->dtls);
    if (dtls == HOP_DTLS_FAILED)
        return gone(t, failure(hop_dtls_error(t->dtls)));
    if (dtls == HOP_DTLS_CLOSED)
        return gone(t, HOP_GONE_CLOSED);
    if (dtls == HOP_DTLS_CONNECTED && !t->srtp && !install_keys(t))
        return gone(t, HOP_GONE_DTLS);

    enum hop_ice_state ice = hop_ice_state(t->ice, now_us);
    if (!t->srtp) {
        bool late = ice == HOP_ICE_GONE || now_us - t->created_us >= t->timeout_us;
        return late ? gone(t, HOP_GONE_TIMEOUT) : t->state;
    }
    if (ice == HOP_ICE_GONE || now_us - t->last_check_us >= t->timeout_us)
        return gone(t, HOP_GONE_CONSENT);
    bool up = ice == HOP_ICE_ACTIVE && hop_ice_selected(t->ice) != NULL;
    return t->state = up ? HOP_TRANSPORT_UP : HOP_TRANSPORT_DOWN;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t hop_transport_deadline(const struct hop_transport *t, int64_t now_us)
{
    if (t->state == HOP_TRANSPORT_GONE)
        return INT64_MAX;
    int64_t own = (t->srtp ? t->last_check_us : t->created_us) + t->timeout_us;
    int64_t parts = earlier(hop_ice_deadline(t->ice, now_us), hop_dtls_deadline(t->dtls, now_us));
    return earlier(own, parts);
}

enum hop_gone_reason hop_transport_reason(const struct hop_transport *t)
{
    return t->reason;
}

enum hop_srtp_profile hop_transport_profile(const struct hop_transport *t)
{
    return t->profile;
}

bool hop_transport_expire(struct hop_transport *t, int64_t now_us, struct hop_path *out)
{
    return hop_ice_expire(t->ice, now_us, out);
}

size_t hop_transport_paths(const struct hop_transport *t, struct hop_path out[HOP_MAX_PATHS])
{
    return hop_ice_paths(t->ice, out);
}
