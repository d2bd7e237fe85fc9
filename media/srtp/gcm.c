/* SRTP and SRTCP with AES-GCM; see gcm.h. Against libsrtp it saves the walk over its list of
 * streams and two layers of bookkeeping around the cipher. */
#include "media/srtp/gcm.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
    SALT = 12,
    RTP_FIXED = 12,
    LABEL_KEY = 0, /* RFC 3711 §4.3.1 */
    LABEL_SALT = 2,
    LABEL_RTCP_KEY = 3,
    LABEL_RTCP_SALT = 5,
    RTCP_HEADER = 8,
    RTCP_INDEX = 4, /* E flag and SRTCP index, behind the tag */
    RTCP_WINDOW = 128,
    FIRST_STREAMS = 4,
    WINDOW_WORDS = HOP_SRTP_REPLAY_WINDOW / 64,
};
#define RTCP_ENCRYPTED 0x80000000u
#define INDEX_END      ((uint64_t)1 << 48) /* packets under one key, RFC 3711 §9.2 */

struct stream {
    uint64_t newest; /* packet index: roll-over counter ‖ sequence number */
    bool started;
    uint64_t used[WINDOW_WORDS]; /* by index modulo the window, of the newest window */
};

struct hop_gcm {
    EVP_CIPHER_CTX *cipher; /* keyed; each packet sets its IV */
    uint8_t salt[SALT];
    EVP_CIPHER_CTX *rtcp_in;
    uint8_t rtcp_salt[SALT];
    uint32_t n, cap, last;
    uint32_t *ssrcs; /* apart from the rest, to be walked fast */
    struct stream *streams;
};

/* ---- keys ------------------------------------------------------------------------------------ */

/* AES in counter mode over zeros; a 96-bit salt has 16 zero bits behind it (RFC 7714 §11). */
static bool derive(size_t key_len, const uint8_t *key, const uint8_t *salt, uint8_t label,
                   uint8_t *out, size_t len)
{
    uint8_t iv[16] = { 0 }, zeros[32] = { 0 };
    int n = 0;
    memcpy(iv, salt, SALT);
    iv[7] ^= label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *aes = key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, aes, NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len) == 1 && n == (int)len;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static bool install(const struct hop_srtp_keys *keys, bool sending, EVP_CIPHER_CTX *cipher,
                    uint8_t salt[SALT])
{
    uint8_t key[32];
    const uint8_t *master = sending ? keys->local_key : keys->remote_key;
    const uint8_t *master_salt = sending ? keys->local_salt : keys->remote_salt;
    const EVP_CIPHER *aes = keys->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    bool ok = derive(keys->key_len, master, master_salt, sending ? LABEL_KEY : LABEL_RTCP_KEY, key,
                     keys->key_len) &&
              derive(keys->key_len, master, master_salt, sending ? LABEL_SALT : LABEL_RTCP_SALT,
                     salt, SALT) &&
              EVP_CipherInit_ex(cipher, aes, NULL, key, NULL, sending) == 1;
    explicit_bzero(key, sizeof(key));
    return ok;
}

int hop_gcm_new(const struct hop_srtp_keys *keys, struct hop_gcm **out)
{
    struct hop_gcm *gcm = calloc(1, sizeof(*gcm));
    if (!gcm)
        return -ENOMEM;
    gcm->cipher = EVP_CIPHER_CTX_new();
    gcm->rtcp_in = EVP_CIPHER_CTX_new();
    bool room = gcm->cipher && gcm->rtcp_in;
    if (!room || !install(keys, true, gcm->cipher, gcm->salt) ||
        !install(keys, false, gcm->rtcp_in, gcm->rtcp_salt)) {
        hop_gcm_free(gcm);
        return room ? -EIO : -ENOMEM;
    }
    *out = gcm;
    return 0;
}

void hop_gcm_free(struct hop_gcm *gcm)
{
    if (!gcm)
        return;
    EVP_CIPHER_CTX_free(gcm->cipher);
    EVP_CIPHER_CTX_free(gcm->rtcp_in);
    explicit_bzero(gcm->salt, sizeof(gcm->salt));
    explicit_bzero(gcm->rtcp_salt, sizeof(gcm->rtcp_salt));
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
    struct stream *streams = realloc(gcm->streams, cap * sizeof(*streams));
    if (!streams)
        return false;
    gcm->streams = streams;
    gcm->cap = cap;
    return true;
}

/* A stream is never given up: its numbers would come again under the same key. */
static struct stream *find_stream(struct hop_gcm *gcm, uint32_t ssrc)
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
    gcm->streams[gcm->n] = (struct stream){ 0 };
    return &gcm->streams[gcm->n++];
}

/* The index whose low bits are `seq` and that is nearest to the newest one. False: before the
 * stream's zero, where no receiver could place it. */
static bool place(const struct stream *s, uint16_t seq, uint64_t *index)
{
    int16_t step = (int16_t)(uint16_t)(seq - (uint16_t)s->newest);
    if (!s->started) {
        *index = seq;
        return true;
    }
    if (step < 0 && s->newest < (uint64_t)-step)
        return false;
    *index = s->newest + (uint64_t)(int64_t)step;
    return true;
}

static bool is_used(const struct stream *s, uint64_t index)
{
    if (!s->started || index > s->newest)
        return false;
    if (s->newest - index >= HOP_SRTP_REPLAY_WINDOW)
        return true; /* nobody remembers */
    return s->used[index / 64 % WINDOW_WORDS] >> index % 64 & 1;
}

static void mark_used(struct stream *s, uint64_t index)
{
    if (s->started && index > s->newest && index - s->newest < HOP_SRTP_REPLAY_WINDOW) {
        for (uint64_t i = s->newest + 1; i < index; i++)
            s->used[i / 64 % WINDOW_WORDS] &= ~((uint64_t)1 << i % 64);
    } else if (!s->started || index > s->newest) {
        memset(s->used, 0, sizeof(s->used));
    }
    s->used[index / 64 % WINDOW_WORDS] |= (uint64_t)1 << index % 64;
    if (!s->started || index > s->newest)
        s->newest = index;
    s->started = true;
}

/* ---- packets --------------------------------------------------------------------------------- */

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

static void make_iv(const struct hop_gcm *gcm, uint32_t ssrc, uint64_t index, uint8_t iv[SALT])
{
    hop_put16(iv, 0);
    hop_put32(iv + 2, ssrc);
    hop_put32(iv + 6, (uint32_t)(index >> 16));
    hop_put16(iv + 10, (uint16_t)index);
    for (int i = 0; i < SALT; i++)
        iv[i] ^= gcm->salt[i];
}

static bool seal(struct hop_gcm *gcm, const uint8_t iv[SALT], uint8_t *packet, size_t clear,
                 size_t len)
{
    int n = 0;
    uint8_t *text = packet + clear;
    return EVP_EncryptInit_ex(gcm->cipher, NULL, NULL, NULL, iv) == 1 &&
           EVP_EncryptUpdate(gcm->cipher, NULL, &n, packet, (int)clear) == 1 &&
           (len == clear ||
            EVP_EncryptUpdate(gcm->cipher, text, &n, text, (int)(len - clear)) == 1) &&
           EVP_EncryptFinal_ex(gcm->cipher, packet + len, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(gcm->cipher, EVP_CTRL_AEAD_GET_TAG, HOP_GCM_TAG, packet + len) == 1;
}

enum hop_srtp_verdict hop_gcm_protect(struct hop_gcm *gcm, uint8_t *packet, size_t *len)
{
    uint8_t iv[SALT];
    uint64_t index;
    uint32_t ssrc = hop_get32(packet + 8);
    size_t clear = clear_bytes(packet, *len);
    if (clear == 0)
        return HOP_SRTP_MALFORMED;
    struct stream *s = find_stream(gcm, ssrc);
    if (!s)
        return HOP_SRTP_LIMIT;
    if (!place(s, hop_get16(packet + 2), &index) || is_used(s, index))
        return HOP_SRTP_REPLAY;
    if (index >= INDEX_END)
        return HOP_SRTP_FAILED;
    /* Also if sealing fails: nobody knows how far it got. */
    mark_used(s, index);
    make_iv(gcm, ssrc, index, iv);
    if (!seal(gcm, iv, packet, clear, *len))
        return HOP_SRTP_FAILED;
    *len += HOP_GCM_TAG;
    return HOP_SRTP_OK;
}

/* ---- RTCP that comes in ---------------------------------------------------------------------- */

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

/* RFC 7714 §9.3: header and E‖index are authenticated, what is between is decrypted. */
static bool open_rtcp(struct hop_gcm *gcm, uint8_t *packet, size_t text_len, uint32_t trailer)
{
    uint8_t iv[SALT] = { 0 }, index[RTCP_INDEX];
    uint8_t *text = packet + RTCP_HEADER;
    int n = 0;
    hop_put32(iv + 2, hop_get32(packet + 4));
    hop_put32(iv + 8, trailer & ~RTCP_ENCRYPTED);
    hop_put32(index, trailer);
    for (int i = 0; i < SALT; i++)
        iv[i] ^= gcm->rtcp_salt[i];
    return EVP_DecryptInit_ex(gcm->rtcp_in, NULL, NULL, NULL, iv) == 1 &&
           EVP_DecryptUpdate(gcm->rtcp_in, NULL, &n, packet, RTCP_HEADER) == 1 &&
           EVP_DecryptUpdate(gcm->rtcp_in, NULL, &n, index, RTCP_INDEX) == 1 &&
           (text_len == 0 || EVP_DecryptUpdate(gcm->rtcp_in, text, &n, text, (int)text_len) == 1) &&
           EVP_CIPHER_CTX_ctrl(gcm->rtcp_in, EVP_CTRL_AEAD_SET_TAG, HOP_GCM_TAG, text + text_len) ==
               1 &&
           EVP_DecryptFinal_ex(gcm->rtcp_in, text + text_len, &n) == 1;
}

enum hop_srtp_verdict hop_gcm_unprotect_rtcp(struct hop_gcm *gcm, struct hop_gcm_window *window,
                                             uint8_t *packet, size_t *len)
{
    size_t plain = *len - HOP_GCM_TAG - RTCP_INDEX;
    uint32_t trailer = hop_get32(packet + *len - RTCP_INDEX);
    if (!(trailer & RTCP_ENCRYPTED))
        return HOP_SRTP_AUTH; /* not what was agreed */
    uint32_t index = trailer & ~RTCP_ENCRYPTED;
    if (!is_new(window, index))
        return HOP_SRTP_REPLAY;
    if (!open_rtcp(gcm, packet, plain - RTCP_HEADER, trailer))
        return HOP_SRTP_AUTH;
    mark_seen(window, index);
    *len = plain;
    return HOP_SRTP_OK;
}
