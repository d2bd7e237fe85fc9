/* media/srtp/srtp against an independent implementation of RFC 3711 and RFC 7714 on OpenSSL, which
 * is itself held against the RFCs' vectors; then replay, tampering, limits. */
#include "media/srtp/srtp.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

enum { RTP_KEY, RTP_AUTH, RTP_SALT, RTCP_KEY, RTCP_AUTH, RTCP_SALT }; /* labels, RFC 3711 §4.3 */

/* ---- the reference --------------------------------------------------------------------------- */

static void aes_ctr(const uint8_t *key, size_t key_len, const uint8_t iv[16], const uint8_t *in,
                    uint8_t *out, size_t len)
{
    int n = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    assert_true(EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv));
    assert_true(EVP_EncryptUpdate(ctx, out, &n, in, (int)len));
    EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 §4.3.3; a 96-bit salt is taken with 16 zero bits behind it (RFC 7714 §11). */
static void derive(const uint8_t *master, size_t master_len, const uint8_t *salt, size_t salt_len,
                   uint8_t label, uint8_t *out, size_t len)
{
    uint8_t iv[16] = { 0 }, zeros[32] = { 0 };
    memcpy(iv, salt, salt_len);
    iv[7] ^= label;
    aes_ctr(master, master_len, iv, zeros, out, len);
}

/* RFC 7714 §8: encrypts behind the header, returns the bytes with tag. */
static size_t gcm_seal(const uint8_t *key, size_t key_len, const uint8_t iv[12], const uint8_t *aad,
                       size_t aad_len, const uint8_t *in, size_t len, uint8_t *out)
{
    int n = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    assert_true(EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv));
    assert_true(EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len));
    assert_true(EVP_EncryptUpdate(ctx, out, &n, in, (int)len));
    assert_true(EVP_EncryptFinal_ex(ctx, out + n, &n));
    assert_true(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out + len));
    EVP_CIPHER_CTX_free(ctx);
    return len + 16;
}

static void gcm_rtp_iv(const uint8_t *salt, const uint8_t *packet, uint32_t roc, uint8_t iv[12])
{
    hop_put16(iv, 0);
    hop_put32(iv + 2, hop_get32(packet + 8));
    hop_put32(iv + 6, roc);
    hop_put16(iv + 10, hop_get16(packet + 2));
    for (int i = 0; i < 12; i++)
        iv[i] ^= salt[i];
}

/* RFC 3711 §3.1, §4.1.1, §4.2; 12-byte header, AES-CM with HMAC-SHA1-80. */
static size_t reference_cm_rtp(const struct hop_srtp_keys *k, const uint8_t *plain, size_t len,
                               uint32_t roc, uint8_t *out)
{
    uint8_t key[16], auth[20], iv[16] = { 0 }, text[1600], mac[20];
    unsigned mac_len = sizeof(mac);
    derive(k->local_key, 16, k->local_salt, 14, RTP_KEY, key, sizeof(key));
    derive(k->local_key, 16, k->local_salt, 14, RTP_AUTH, auth, sizeof(auth));
    derive(k->local_key, 16, k->local_salt, 14, RTP_SALT, iv, 14);
    for (int i = 0; i < 4; i++)
        iv[4 + i] ^= plain[8 + i];
    iv[8] ^= (uint8_t)(roc >> 24);
    iv[9] ^= (uint8_t)(roc >> 16);
    iv[10] ^= (uint8_t)(roc >> 8);
    iv[11] ^= (uint8_t)roc;
    iv[12] ^= plain[2];
    iv[13] ^= plain[3];
    memcpy(text, plain, 12);
    aes_ctr(key, 16, iv, plain + 12, text + 12, len - 12);
    memcpy(out, text, len);
    hop_put32(text + len, roc);
    assert_non_null(HMAC(EVP_sha1(), auth, sizeof(auth), text, len + 4, mac, &mac_len));
    memcpy(out + len, mac, 10);
    return len + 10;
}

static size_t reference_gcm_rtp(const struct hop_srtp_keys *k, const uint8_t *plain, size_t len,
                                uint32_t roc, uint8_t *out)
{
    uint8_t key[32], salt[12], iv[12];
    derive(k->local_key, k->key_len, k->local_salt, 12, RTP_KEY, key, k->key_len);
    derive(k->local_key, k->key_len, k->local_salt, 12, RTP_SALT, salt, sizeof(salt));
    gcm_rtp_iv(salt, plain, roc, iv);
    memcpy(out, plain, 12);
    return 12 + gcm_seal(key, k->key_len, iv, plain, 12, plain + 12, len - 12, out + 12);
}

/* RFC 7714 §9: header and E‖index are authenticated, the rest is encrypted; tag, then index. */
static size_t reference_gcm_rtcp(const struct hop_srtp_keys *k, const uint8_t *plain, size_t len,
                                 uint32_t index, uint8_t *out)
{
    uint8_t key[32], salt[12], iv[12] = { 0 }, aad[12];
    derive(k->local_key, k->key_len, k->local_salt, 12, RTCP_KEY, key, k->key_len);
    derive(k->local_key, k->key_len, k->local_salt, 12, RTCP_SALT, salt, sizeof(salt));
    hop_put32(iv + 2, hop_get32(plain + 4));
    hop_put32(iv + 8, index);
    for (int i = 0; i < 12; i++)
        iv[i] ^= salt[i];
    memcpy(aad, plain, 8);
    hop_put32(aad + 8, 0x80000000u | index);
    memcpy(out, plain, 8);
    size_t n = 8 + gcm_seal(key, k->key_len, iv, aad, 12, plain + 8, len - 8, out + 8);
    hop_put32(out + n, 0x80000000u | index);
    return n + 4;
}

/* ---- vectors --------------------------------------------------------------------------------- */

static const uint8_t b3_master[16] = { 0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0,
                                       0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39 };
static const uint8_t b3_salt[14] = { 0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe,
                                     0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6 };

static void rfc3711_b3_key_derivation(void **state)
{
    (void)state;
    static const uint8_t key[] = { 0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
                                   0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87 };
    static const uint8_t salt[] = { 0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
                                    0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1 };
    static const uint8_t auth[] = { 0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
                                    0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4 };
    uint8_t out[20];
    derive(b3_master, 16, b3_salt, 14, RTP_KEY, out, sizeof(key));
    assert_memory_equal(out, key, sizeof(key));
    derive(b3_master, 16, b3_salt, 14, RTP_SALT, out, sizeof(salt));
    assert_memory_equal(out, salt, sizeof(salt));
    derive(b3_master, 16, b3_salt, 14, RTP_AUTH, out, sizeof(auth));
    assert_memory_equal(out, auth, sizeof(auth));
}

static void rfc7714_16_1_1(void **state)
{
    (void)state;
    static const uint8_t header[] = { 0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
                                      0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2 };
    static const uint8_t sealed[] = {
        0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e,
        0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a,
        0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27,
        0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce,
    };
    uint8_t key[16], iv[12], out[64];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    gcm_rtp_iv((const uint8_t *)"Quid pro quo", header, 0, iv);
    size_t n = gcm_seal(key, 16, iv, header, 12,
                        (const uint8_t *)"Gallia est omnis divisa in partes tres", 38, out);
    assert_int_equal(n, sizeof(sealed));
    assert_memory_equal(out, sealed, n);
}

/* ---- the module ------------------------------------------------------------------------------ */

static struct hop_srtp_keys keys_for(enum hop_srtp_profile profile)
{
    struct hop_srtp_keys k = { .profile = profile };
    k.key_len = profile == HOP_SRTP_AEAD_AES_256_GCM ? 32 : 16;
    k.salt_len = profile == HOP_SRTP_AES128_CM_SHA1_80 ? 14 : 12;
    for (uint8_t i = 0; i < 32; i++) {
        k.local_key[i] = (uint8_t)(i < 16 ? b3_master[i] : i * 7);
        k.remote_key[i] = (uint8_t)(200 - i);
    }
    for (uint8_t i = 0; i < 14; i++) {
        k.local_salt[i] = b3_salt[i];
        k.remote_salt[i] = (uint8_t)(i * 11);
    }
    return k;
}

static struct hop_srtp_keys other_end(const struct hop_srtp_keys *k)
{
    struct hop_srtp_keys other = *k;
    memcpy(other.local_key, k->remote_key, sizeof(k->remote_key));
    memcpy(other.local_salt, k->remote_salt, sizeof(k->remote_salt));
    memcpy(other.remote_key, k->local_key, sizeof(k->local_key));
    memcpy(other.remote_salt, k->local_salt, sizeof(k->local_salt));
    return other;
}

struct ends {
    struct hop_srtp_keys keys;
    struct hop_srtp *a, *b;
};

static void ends_open(struct ends *e, enum hop_srtp_profile profile)
{
    e->keys = keys_for(profile);
    struct hop_srtp_keys other = other_end(&e->keys);
    assert_int_equal(hop_srtp_new(&e->keys, &e->a), 0);
    assert_int_equal(hop_srtp_new(&other, &e->b), 0);
}

static void ends_close(struct ends *e)
{
    hop_srtp_free(e->a);
    hop_srtp_free(e->b);
}

static size_t rtp(uint8_t *out, uint16_t seq, uint32_t ssrc, size_t payload)
{
    out[0] = 0x80;
    out[1] = 111;
    hop_put16(out + 2, seq);
    hop_put32(out + 4, 90000);
    hop_put32(out + 8, ssrc);
    for (size_t i = 0; i < payload; i++)
        out[12 + i] = (uint8_t)(i * 3 + seq);
    return 12 + payload;
}

static const enum hop_srtp_profile profiles[] = { HOP_SRTP_AEAD_AES_128_GCM,
                                                  HOP_SRTP_AEAD_AES_256_GCM,
                                                  HOP_SRTP_AES128_CM_SHA1_80 };

static void protected_as_the_rfcs_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        ends_open(&e, profiles[i]);
        bool cm = profiles[i] == HOP_SRTP_AES128_CM_SHA1_80;
        /* over the roll-over of the sequence number */
        for (uint32_t n = 65530; n < 65545; n++) {
            uint8_t plain[300], packet[300 + HOP_SRTP_OVERHEAD], expected[320];
            size_t len = rtp(plain, (uint16_t)n, 0xdecafbad, n % 200), plain_len = len;
            memcpy(packet, plain, len);
            assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &len, sizeof(packet)), HOP_SRTP_OK);
            size_t want = cm ? reference_cm_rtp(&e.keys, plain, plain_len, n >> 16, expected)
                             : reference_gcm_rtp(&e.keys, plain, plain_len, n >> 16, expected);
            assert_int_equal(len, want);
            assert_memory_equal(packet, expected, len);
            assert_int_equal(hop_srtp_unprotect_rtp(e.b, packet, &len), HOP_SRTP_OK);
            assert_int_equal(len, plain_len);
            assert_memory_equal(packet, plain, len);
        }
        ends_close(&e);
    }
}

/* A receiver report about nobody. */
static const uint8_t report[] = { 0x80, 201, 0,    1,    0x12, 0x34, 0x56, 0x78, 0x81, 202,
                                  0,    2,   0x12, 0x34, 0x56, 0x78, 1,    1,    'x',  0 };

static void rtcp_as_the_rfc_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        ends_open(&e, profiles[i]);
        for (uint32_t n = 1; n < 5; n++) {
            uint8_t packet[sizeof(report) + HOP_SRTP_OVERHEAD], expected[64];
            size_t len = sizeof(report);
            memcpy(packet, report, len);
            assert_int_equal(hop_srtp_protect_rtcp(e.a, packet, &len, sizeof(packet)), HOP_SRTP_OK);
            if (profiles[i] != HOP_SRTP_AES128_CM_SHA1_80) {
                size_t want = reference_gcm_rtcp(&e.keys, report, sizeof(report), n, expected);
                assert_int_equal(len, want);
                assert_memory_equal(packet, expected, len);
            }
            assert_int_equal(hop_srtp_unprotect_rtcp(e.b, packet, &len), HOP_SRTP_OK);
            assert_int_equal(len, sizeof(report));
            assert_memory_equal(packet, report, len);
        }
        ends_close(&e);
    }
}

static void replay_is_told_from_forgery(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        uint8_t first[200], copy[200];
        ends_open(&e, profiles[i]);
        size_t first_len = rtp(first, 1000, 1, 50), len;
        assert_int_equal(hop_srtp_protect_rtp(e.a, first, &first_len, sizeof(first)), HOP_SRTP_OK);

        for (size_t bit = 8; bit < first_len * 8; bit++) { /* the first byte: see below */
            memcpy(copy, first, len = first_len);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_AUTH);
        }
        memcpy(copy, first, len = first_len);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_OK);
        memcpy(copy, first, len = first_len);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_REPLAY);

        /* out of order inside the window is fine, behind it is not */
        uint8_t late[100];
        size_t late_len = 0;
        for (uint16_t seq = 1001; seq <= 1000 + HOP_SRTP_REPLAY_WINDOW; seq += 1) {
            uint8_t packet[100];
            len = rtp(packet, seq, 1, 10);
            assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &len, sizeof(packet)), HOP_SRTP_OK);
            if (seq == 1003)
                memcpy(late, packet, late_len = len);
            if (seq % 2 == 0)
                assert_int_equal(hop_srtp_unprotect_rtp(e.b, packet, &len), HOP_SRTP_OK);
        }
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, late, &late_len), HOP_SRTP_OK);
        memcpy(copy, first, len = first_len);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_REPLAY);
        ends_close(&e);
    }
}

static void rtcp_replay_and_forgery(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        uint8_t packet[64], copy[64];
        size_t n = sizeof(report), len;
        ends_open(&e, profiles[i]);
        memcpy(packet, report, n);
        assert_int_equal(hop_srtp_protect_rtcp(e.a, packet, &n, sizeof(packet)), HOP_SRTP_OK);
        for (size_t bit = 8; bit < n * 8; bit++) {
            memcpy(copy, packet, len = n);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(hop_srtp_unprotect_rtcp(e.b, copy, &len), HOP_SRTP_OK);
        }
        memcpy(copy, packet, len = n);
        assert_int_equal(hop_srtp_unprotect_rtcp(e.b, copy, &len), HOP_SRTP_OK);
        memcpy(copy, packet, len = n);
        assert_int_equal(hop_srtp_unprotect_rtcp(e.b, copy, &len), HOP_SRTP_REPLAY);
        ends_close(&e);
    }
}

static void truncated_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        uint8_t packet[200], copy[200];
        ends_open(&e, profiles[i]);
        size_t n = rtp(packet, 1, 1, 60);
        packet[0] |= 0x10; /* with a header extension of three words */
        hop_put16(packet + 12, 0xbede);
        hop_put16(packet + 14, 3);
        assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &n, sizeof(packet)), HOP_SRTP_OK);
        for (size_t cut = 0; cut < n; cut++) {
            size_t len = cut;
            memcpy(copy, packet, n);
            enum hop_srtp_verdict v = hop_srtp_unprotect_rtp(e.b, copy, &len);
            assert_true(v == HOP_SRTP_AUTH || v == HOP_SRTP_MALFORMED);
            len = cut;
            memcpy(copy, packet, n);
            assert_int_not_equal(hop_srtp_unprotect_rtcp(e.b, copy, &len), HOP_SRTP_OK);
        }
        /* an extension and a CSRC list that reach over the end */
        memcpy(copy, packet, n);
        hop_put16(copy + 14, 0xffff);
        size_t len = n;
        assert_int_not_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_OK);
        memcpy(copy, packet, n);
        copy[0] |= 0x0f;
        len = 40;
        assert_int_not_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_OK);
        copy[0] = 0x40;
        len = n;
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_MALFORMED);
        len = n;
        memcpy(copy, packet, n);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, copy, &len), HOP_SRTP_OK);
        ends_close(&e);
    }
}

static void ssrcs_are_bounded(void **state)
{
    (void)state;
    struct ends e;
    uint8_t packet[100];
    size_t len;
    ends_open(&e, HOP_SRTP_AEAD_AES_128_GCM);
    /* forged packets do not use up the places */
    for (uint32_t ssrc = 5000; ssrc < 5000 + 2 * HOP_SRTP_MAX_SSRCS; ssrc++) {
        len = rtp(packet, 1, ssrc, 40);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, packet, &len), HOP_SRTP_AUTH);
    }
    for (uint32_t ssrc = 0; ssrc < HOP_SRTP_MAX_SSRCS + 10; ssrc++) {
        len = rtp(packet, 1, ssrc, 20);
        assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &len, sizeof(packet)), HOP_SRTP_OK);
        assert_int_equal(hop_srtp_unprotect_rtp(e.b, packet, &len),
                         ssrc < HOP_SRTP_MAX_SSRCS ? HOP_SRTP_OK : HOP_SRTP_LIMIT);
    }
    len = rtp(packet, 2, 3, 20);
    assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &len, sizeof(packet)), HOP_SRTP_OK);
    assert_int_equal(hop_srtp_unprotect_rtp(e.b, packet, &len), HOP_SRTP_OK);
    ends_close(&e);
}

static void capacity_and_repetition(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ends e;
        uint8_t packet[200], again[200];
        ends_open(&e, profiles[i]);
        size_t tag = profiles[i] == HOP_SRTP_AES128_CM_SHA1_80 ? 10 : 16;
        size_t len = rtp(packet, 9, 9, 30), n = len;
        assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &n, len + tag - 1), HOP_SRTP_FAILED);
        assert_int_equal(n, len);
        assert_int_equal(hop_srtp_protect_rtp(e.a, packet, &n, len + tag), HOP_SRTP_OK);
        assert_int_equal(n, len + tag);
        /* a number is used once, also for the same packet, and nothing happens to the bytes */
        size_t m = rtp(again, 9, 9, 30);
        assert_int_equal(hop_srtp_protect_rtp(e.a, again, &m, sizeof(again)), HOP_SRTP_REPLAY);
        assert_int_equal(m, len);
        m = rtp(packet, 9, 9, 30);
        assert_memory_equal(again, packet, m);
        m = 11;
        assert_int_equal(hop_srtp_protect_rtp(e.a, again, &m, sizeof(again)), HOP_SRTP_MALFORMED);
        memcpy(packet, report, m = sizeof(report));
        assert_int_equal(hop_srtp_protect_rtcp(e.a, packet, &m, sizeof(report) + tag + 3),
                         HOP_SRTP_FAILED);
        assert_int_equal(hop_srtp_protect_rtcp(e.a, packet, &m, sizeof(report) + tag + 4),
                         HOP_SRTP_OK);
        assert_int_equal(m, sizeof(report) + tag + 4);
        ends_close(&e);
    }
}

static void wrong_keys(void **state)
{
    (void)state;
    struct hop_srtp *srtp = NULL;
    struct hop_srtp_keys k = keys_for(HOP_SRTP_AEAD_AES_128_GCM);
    k.salt_len = 14;
    assert_int_equal(hop_srtp_new(&k, &srtp), -EINVAL);
    k = keys_for(HOP_SRTP_AEAD_AES_256_GCM);
    k.key_len = 16;
    assert_int_equal(hop_srtp_new(&k, &srtp), -EINVAL);
    k.profile = HOP_SRTP_NONE;
    assert_int_equal(hop_srtp_new(&k, &srtp), -EINVAL);
    assert_null(srtp);
    hop_srtp_free(NULL);
    assert_string_equal(hop_srtp_profile_name(HOP_SRTP_AEAD_AES_128_GCM), "AEAD_AES_128_GCM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3711_b3_key_derivation),   cmocka_unit_test(rfc7714_16_1_1),
        cmocka_unit_test(protected_as_the_rfcs_say),   cmocka_unit_test(rtcp_as_the_rfc_says),
        cmocka_unit_test(replay_is_told_from_forgery), cmocka_unit_test(rtcp_replay_and_forgery),
        cmocka_unit_test(truncated_packets),           cmocka_unit_test(ssrcs_are_bounded),
        cmocka_unit_test(capacity_and_repetition),     cmocka_unit_test(wrong_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
