/* SRTP and SRTCP with AES-GCM; see gcm.h. Against libsrtp it saves the walk over its list of
 * streams, two layers of bookkeeping around the cipher and, where libsrtp stands on NSS, a walk
 * over the ciphers of everybody on the server. */
#include "media/srtp/gcm.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    RTP_FIXED = 12,
    RTCP_HEADER = 8,
    RTCP_INDEX = 4, /* E flag and SRTCP index, behind the tag */
    RTCP_WINDOW = 128,
    FIRST_STREAMS = 4,
};
#define RTCP_ENCRYPTED 0x80000000u
#define INDEX_END      ((uint64_t)1 << 48) /* packets under one key, RFC 3711 §9.2 */

struct hop_gcm {
    struct hop_gcm_key out, in, rtcp_out, rtcp_in;
    uint32_t rtcp_sent; /* the last SRTCP index: one row of numbers for all SSRCs */
    /* what was sent */
    uint32_t n, cap, last;
    uint32_t *ssrcs; /* apart from the rest, to be walked fast */
    struct hop_srtp_window *streams;
};

int hop_gcm_new(const struct hop_srtp_keys *keys, struct hop_gcm **out)
{
    struct hop_gcm *gcm = calloc(1, sizeof(*gcm));
    if (!gcm)
        return -ENOMEM;
    int error = hop_gcm_key_init(&gcm->out, keys, true, false);
    if (error == 0)
        error = hop_gcm_key_init(&gcm->rtcp_out, keys, true, true);
    if (error == 0)
        error = hop_gcm_key_init(&gcm->in, keys, false, false);
    if (error == 0)
        error = hop_gcm_key_init(&gcm->rtcp_in, keys, false, true);
    if (error != 0) {
        hop_gcm_free(gcm);
        return error;
    }
    *out = gcm;
    return 0;
}

void hop_gcm_free(struct hop_gcm *gcm)
{
    if (!gcm)
        return;
    hop_gcm_key_clear(&gcm->out);
    hop_gcm_key_clear(&gcm->in);
    hop_gcm_key_clear(&gcm->rtcp_out);
    hop_gcm_key_clear(&gcm->rtcp_in);
    free(gcm->ssrcs);
    free(gcm->streams);
    free(gcm);
}

/* ---- streams --------------------------------------------------------------------------------- */

static bool grow(struct hop_gcm *gcm)
{
    uint32_t cap = gcm->cap ? gcm->cap * 2 : FIRST_STREAMS;
    uint32_t *ssrcs = realloc(gcm->ssrcs, cap * sizeof(*ssrcs));
    if (!ssrcs)
        return false;
    gcm->ssrcs = ssrcs;
    struct hop_srtp_window *streams = realloc(gcm->streams, cap * sizeof(*streams));
    if (!streams)
        return false;
    gcm->streams = streams;
    gcm->cap = cap;
    return true;
}

/* A stream is never given up: its numbers would come again under the same key. */
static struct hop_srtp_window *find_stream(struct hop_gcm *gcm, uint32_t ssrc)
{
    if (gcm->n > 0 && gcm->ssrcs[gcm->last] == ssrc)
        return &gcm->streams[gcm->last];
    for (uint32_t i = 0; i < gcm->n; i++) {
        if (gcm->ssrcs[i] == ssrc)
            return &gcm->streams[gcm->last = i];
    }
    if (gcm->n == HOP_GCM_MAX_SSRCS || (gcm->n == gcm->cap && !grow(gcm)))
        return NULL;
    gcm->last = gcm->n;
    gcm->ssrcs[gcm->n] = ssrc;
    gcm->streams[gcm->n] = (struct hop_srtp_window){ 0 };
    return &gcm->streams[gcm->n++];
}

/* ---- RTP ------------------------------------------------------------------------------------- */

/* CSRCs and the extension block are authenticated, not encrypted. 0: they reach over the end. */
static size_t clear_bytes(const uint8_t *packet, size_t len)
{
    size_t at = RTP_FIXED + 4 * (size_t)(packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (len < at + 4)
            return 0;
        at += 4 + 4 * (size_t)hop_get16(packet + at + 2);
    }
    return at <= len ? at : 0;
}

enum hop_srtp_verdict hop_gcm_protect(struct hop_gcm *gcm, uint8_t *packet, size_t *len)
{
    uint64_t index;
    uint32_t ssrc = hop_get32(packet + 8);
    size_t clear = clear_bytes(packet, *len);
    if (clear == 0)
        return HOP_SRTP_MALFORMED;
    struct hop_srtp_window *s = find_stream(gcm, ssrc);
    if (!s)
        return HOP_SRTP_LIMIT;
    if (!hop_srtp_window_place(s, hop_get16(packet + 2), &index) || hop_srtp_window_used(s, index))
        return HOP_SRTP_REPLAY;
    if (index >= INDEX_END)
        return HOP_SRTP_FAILED;
    /* Also if sealing fails: nobody knows how far it got. */
    hop_srtp_window_mark(s, index);
    const struct hop_gcm_clear head = { .head = packet, .head_len = clear };
    if (!hop_gcm_key_seal(&gcm->out, ssrc, index, &head, packet + clear, *len - clear))
        return HOP_SRTP_FAILED;
    *len += HOP_GCM_TAG;
    return HOP_SRTP_OK;
}

enum hop_srtp_verdict hop_gcm_unprotect(struct hop_gcm *gcm, struct hop_srtp_window *window,
                                        uint8_t *packet, size_t *len)
{
    uint64_t index;
    size_t plain = *len - HOP_GCM_TAG, clear = clear_bytes(packet, plain);
    if (clear == 0)
        return HOP_SRTP_MALFORMED;
    if (!hop_srtp_window_place(window, hop_get16(packet + 2), &index) ||
        hop_srtp_window_used(window, index))
        return HOP_SRTP_REPLAY;
    const struct hop_gcm_clear head = { .head = packet, .head_len = clear };
    if (!hop_gcm_key_open(&gcm->in, hop_get32(packet + 8), index, &head, packet + clear,
                          plain - clear))
        return HOP_SRTP_AUTH;
    hop_srtp_window_mark(window, index);
    *len = plain;
    return HOP_SRTP_OK;
}

/* ---- RTCP ------------------------------------------------------------------------------------ */

/* RFC 7714 §9.3: header and E‖index are authenticated, what is between is encrypted. */
enum hop_srtp_verdict hop_gcm_protect_rtcp(struct hop_gcm *gcm, uint8_t *packet, size_t *len)
{
    uint8_t trailer[RTCP_INDEX];
    uint8_t *end = packet + *len + HOP_GCM_TAG;
    if (gcm->rtcp_sent + 1 >= RTCP_ENCRYPTED)
        return HOP_SRTP_FAILED; /* numbers under one key, RFC 3711 §9.2 */
    uint32_t index = ++gcm->rtcp_sent;
    hop_put32(trailer, index | RTCP_ENCRYPTED);
    const struct hop_gcm_clear clear = {
        .head = packet, .head_len = RTCP_HEADER, .tail = trailer, .tail_len = RTCP_INDEX
    };
    if (!hop_gcm_key_seal(&gcm->rtcp_out, hop_get32(packet + 4), index, &clear,
                          packet + RTCP_HEADER, *len - RTCP_HEADER))
        return HOP_SRTP_FAILED;
    memcpy(end, trailer, RTCP_INDEX);
    *len += HOP_GCM_TAG + RTCP_INDEX;
    return HOP_SRTP_OK;
}

static bool is_new(const struct hop_gcm_window *w, uint32_t index)
{
    if (!w->started || index > w->newest)
        return true;
    uint32_t behind = w->newest - index;
    return behind < RTCP_WINDOW && !(w->seen[behind / 64] >> behind % 64 & 1);
}

static void mark_seen(struct hop_gcm_window *w, uint32_t index)
{
    if (!w->started || index > w->newest) {
        uint32_t by = w->started ? index - w->newest : RTCP_WINDOW;
        if (by >= RTCP_WINDOW) {
            w->seen[0] = w->seen[1] = 0;
        } else if (by >= 64) {
            w->seen[1] = w->seen[0] << (by - 64);
            w->seen[0] = 0;
        } else {
            w->seen[1] = w->seen[1] << by | w->seen[0] >> (64 - by);
            w->seen[0] <<= by;
        }
        w->newest = index;
        w->started = true;
    }
    uint32_t behind = w->newest - index;
    w->seen[behind / 64] |= (uint64_t)1 << behind % 64;
}

enum hop_srtp_verdict hop_gcm_unprotect_rtcp(struct hop_gcm *gcm, struct hop_gcm_window *window,
                                             uint8_t *packet, size_t *len)
{
    size_t plain = *len - HOP_GCM_TAG - RTCP_INDEX;
    uint8_t *text = packet + RTCP_HEADER, *trailer = packet + *len - RTCP_INDEX;
    uint32_t index = hop_get32(trailer) & ~RTCP_ENCRYPTED;
    if (!(hop_get32(trailer) & RTCP_ENCRYPTED))
        return HOP_SRTP_AUTH; /* not what was agreed */
    if (!is_new(window, index))
        return HOP_SRTP_REPLAY;
    const struct hop_gcm_clear clear = {
        .head = packet, .head_len = RTCP_HEADER, .tail = trailer, .tail_len = RTCP_INDEX
    };
    if (!hop_gcm_key_open(&gcm->rtcp_in, hop_get32(packet + 4), index, &clear, text,
                          plain - RTCP_HEADER))
        return HOP_SRTP_AUTH;
    mark_seen(window, index);
    *len = plain;
    return HOP_SRTP_OK;
}
