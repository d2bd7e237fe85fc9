/* SRTP: AES-GCM by gcm.c, AES-CM by libsrtp; see srtp.h. RFC 3711 (§3.3 processing, §3.4 SRTCP),
 * RFC 7714 (GCM), RFC 5764 §4.1.2 (profiles).
 *
 * libsrtp has one wildcard per session, so each direction is a session of its own. */
#include "media/srtp/srtp.h"

#include "media/base/bytes.h"
#include "media/srtp/gcm.h"

#include <errno.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

enum {
    RTP_HEADER = 12,
    RTCP_HEADER = 8,
    RTCP_INDEX = 4, /* E flag and SRTCP index behind every packet */
};

struct hop_srtp {
    srtp_t in, out;      /* with AES-CM */
    struct hop_gcm *gcm; /* with AES-GCM; the other is NULL */
    uint8_t tag_len;
    uint8_t n_ssrcs;
    uint32_t ssrcs[HOP_SRTP_MAX_SSRCS]; /* that have shown an authentic packet */
    /* of these, with AES-GCM; of RTP once the first packet has come */
    struct hop_srtp_window *rtp[HOP_SRTP_MAX_SSRCS];
    struct hop_gcm_window rtcp[HOP_SRTP_MAX_SSRCS];
};

static srtp_err_status_t init_status;
static pthread_once_t init_once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
    init_status = srtp_init();
}

static bool profile_policy(const struct hop_srtp_keys *keys, srtp_policy_t *policy)
{
    switch (keys->profile) {
    case HOP_SRTP_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return keys->key_len == 16 && keys->salt_len == 12;
    case HOP_SRTP_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
        return keys->key_len == 32 && keys->salt_len == 12;
    case HOP_SRTP_AES128_CM_SHA1_80:
        srtp_crypto_policy_set_rtp_default(&policy->rtp);
        srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
        return keys->key_len == 16 && keys->salt_len == 14;
    case HOP_SRTP_NONE:
        break;
    }
    return false;
}

static bool open_session(srtp_policy_t *policy, srtp_ssrc_type_t direction,
                         const struct hop_srtp_keys *keys, const uint8_t *key, const uint8_t *salt,
                         srtp_t *out)
{
    uint8_t master[sizeof(keys->local_key) + sizeof(keys->local_salt)];
    memcpy(master, key, keys->key_len);
    memcpy(master + keys->key_len, salt, keys->salt_len);
    policy->ssrc.type = direction;
    policy->key = master;
    bool ok = srtp_create(out, policy) == srtp_err_status_ok;
    explicit_bzero(master, sizeof(master));
    return ok;
}

static int open_both(struct hop_srtp *srtp, const struct hop_srtp_keys *keys, srtp_policy_t *policy)
{
    if (keys->profile != HOP_SRTP_AES128_CM_SHA1_80)
        return hop_gcm_new(keys, &srtp->gcm);
    bool ok = open_session(policy, ssrc_any_inbound, keys, keys->remote_key, keys->remote_salt,
                           &srtp->in) &&
              open_session(policy, ssrc_any_outbound, keys, keys->local_key, keys->local_salt,
                           &srtp->out);
    return ok ? 0 : -EIO;
}

int hop_srtp_new(const struct hop_srtp_keys *keys, struct hop_srtp **out)
{
    pthread_once(&init_once, init_library);
    if (init_status != srtp_err_status_ok)
        return -EIO;
    srtp_policy_t policy = { .window_size = HOP_SRTP_REPLAY_WINDOW };
    if (!profile_policy(keys, &policy))
        return -EINVAL;
    struct hop_srtp *srtp = calloc(1, sizeof(*srtp));
    if (!srtp)
        return -ENOMEM;
    srtp->tag_len = (uint8_t)policy.rtp.auth_tag_len;
    int error = open_both(srtp, keys, &policy);
    if (error != 0) {
        hop_srtp_free(srtp);
        return error;
    }
    *out = srtp;
    return 0;
}

void hop_srtp_free(struct hop_srtp *srtp)
{
    if (!srtp)
        return;
    if (srtp->in)
        srtp_dealloc(srtp->in);
    if (srtp->out)
        srtp_dealloc(srtp->out);
    for (unsigned i = 0; i < srtp->n_ssrcs; i++)
        free(srtp->rtp[i]);
    hop_gcm_free(srtp->gcm);
    free(srtp);
}

static enum hop_srtp_verdict verdict_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return HOP_SRTP_OK;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail:
        return HOP_SRTP_AUTH;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return HOP_SRTP_REPLAY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return HOP_SRTP_MALFORMED;
    default:
        return HOP_SRTP_FAILED;
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

enum hop_srtp_verdict hop_srtp_protect_rtp(struct hop_srtp *srtp, uint8_t *packet, size_t *len,
                                           size_t cap)
{
    if (*len < RTP_HEADER)
        return HOP_SRTP_MALFORMED;
    if (*len > cap || cap - *len < srtp->tag_len || cap > INT32_MAX)
        return HOP_SRTP_FAILED;
    if (srtp->gcm)
        return hop_gcm_protect(srtp->gcm, packet, len);
    int n = (int)*len;
    enum hop_srtp_verdict v = verdict_of(srtp_protect(srtp->out, packet, &n));
    if (v == HOP_SRTP_OK)
        *len = (size_t)n;
    return v;
}

enum hop_srtp_verdict hop_srtp_protect_rtcp(struct hop_srtp *srtp, uint8_t *packet, size_t *len,
                                            size_t cap)
{
    if (*len < RTCP_HEADER)
        return HOP_SRTP_MALFORMED;
    if (*len > cap || cap - *len < (size_t)srtp->tag_len + RTCP_INDEX || cap > INT32_MAX)
        return HOP_SRTP_FAILED;
    if (srtp->gcm)
        return hop_gcm_protect_rtcp(srtp->gcm, packet, len);
    int n = (int)*len;
    enum hop_srtp_verdict v = verdict_of(srtp_protect_rtcp(srtp->out, packet, &n));
    if (v == HOP_SRTP_OK)
        *len = (size_t)n;
    return v;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* A stream is kept for every SSRC that shows an authentic packet: a participant may not grow that
 * without end. Returns its index, or n_ssrcs. */
static unsigned find_ssrc(const struct hop_srtp *srtp, uint32_t ssrc)
{
    unsigned i = 0;
    while (i < srtp->n_ssrcs && srtp->ssrcs[i] != ssrc)
        i++;
    return i;
}

static void note_ssrc(struct hop_srtp *srtp, unsigned i, uint32_t ssrc)
{
    if (i == srtp->n_ssrcs)
        srtp->ssrcs[srtp->n_ssrcs++] = ssrc;
}

static enum hop_srtp_verdict unprotect(struct hop_srtp *srtp, uint8_t *packet, size_t *len,
                                       uint32_t ssrc,
                                       srtp_err_status_t (*open)(srtp_t, void *, int *))
{
    unsigned i = find_ssrc(srtp, ssrc);
    if (i == HOP_SRTP_MAX_SSRCS)
        return HOP_SRTP_LIMIT;
    int n = (int)*len;
    enum hop_srtp_verdict v = verdict_of(open(srtp->in, packet, &n));
    if (v != HOP_SRTP_OK)
        return v;
    note_ssrc(srtp, i, ssrc);
    *len = (size_t)n;
    return HOP_SRTP_OK;
}

static enum hop_srtp_verdict unprotect_rtp_gcm(struct hop_srtp *srtp, uint8_t *packet, size_t *len)
{
    uint32_t ssrc = hop_get32(packet + 8);
    unsigned i = find_ssrc(srtp, ssrc);
    struct hop_srtp_window first = { 0 };
    if (i == HOP_SRTP_MAX_SSRCS)
        return HOP_SRTP_LIMIT;
    struct hop_srtp_window *window = srtp->rtp[i] ? srtp->rtp[i] : &first;
    enum hop_srtp_verdict v = hop_gcm_unprotect(srtp->gcm, window, packet, len);
    if (v != HOP_SRTP_OK || srtp->rtp[i])
        return v;
    srtp->rtp[i] = malloc(sizeof(first));
    if (!srtp->rtp[i])
        return HOP_SRTP_FAILED;
    *srtp->rtp[i] = first;
    note_ssrc(srtp, i, ssrc);
    return HOP_SRTP_OK;
}

enum hop_srtp_verdict hop_srtp_unprotect_rtp(struct hop_srtp *srtp, uint8_t *packet, size_t *len)
{
    if (*len < RTP_HEADER + (size_t)srtp->tag_len || packet[0] >> 6 != 2 || *len > INT32_MAX)
        return HOP_SRTP_MALFORMED;
    if (srtp->gcm)
        return unprotect_rtp_gcm(srtp, packet, len);
    return unprotect(srtp, packet, len, hop_get32(packet + 8), srtp_unprotect);
}

static enum hop_srtp_verdict unprotect_rtcp_gcm(struct hop_srtp *srtp, uint8_t *packet, size_t *len)
{
    uint32_t ssrc = hop_get32(packet + 4);
    unsigned i = find_ssrc(srtp, ssrc);
    if (i == HOP_SRTP_MAX_SSRCS)
        return HOP_SRTP_LIMIT;
    enum hop_srtp_verdict v = hop_gcm_unprotect_rtcp(srtp->gcm, &srtp->rtcp[i], packet, len);
    if (v == HOP_SRTP_OK)
        note_ssrc(srtp, i, ssrc);
    return v;
}

enum hop_srtp_verdict hop_srtp_unprotect_rtcp(struct hop_srtp *srtp, uint8_t *packet, size_t *len)
{
    if (*len < RTCP_HEADER + RTCP_INDEX + (size_t)srtp->tag_len || packet[0] >> 6 != 2 ||
        *len > INT32_MAX)
        return HOP_SRTP_MALFORMED;
    if (srtp->gcm)
        return unprotect_rtcp_gcm(srtp, packet, len);
    return unprotect(srtp, packet, len, hop_get32(packet + 4), srtp_unprotect_rtcp);
}

const char *hop_srtp_profile_name(enum hop_srtp_profile profile)
{
    switch (profile) {
    case HOP_SRTP_AEAD_AES_128_GCM:
        return "AEAD_AES_128_GCM";
    case HOP_SRTP_AEAD_AES_256_GCM:
        return "AEAD_AES_256_GCM";
    case HOP_SRTP_AES128_CM_SHA1_80:
        return "SRTP_AES128_CM_HMAC_SHA1_80";
    case HOP_SRTP_NONE:
        break;
    }
    return "none";
}
