/* See gcm_key.h. */
#include "media/srtp/gcm_key.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <string.h>

enum { LABEL_KEY = 0, LABEL_SALT = 2, LABEL_RTCP = 3 }; /* RFC 3711 §4.3.1; RTCP's are 3 higher */

/* AES in counter mode over zeros; a 96-bit salt has 16 zero bits behind it (RFC 7714 §11). */
static bool derive(size_t key_len, const uint8_t *key, const uint8_t *salt, uint8_t label,
                   uint8_t *out, size_t len)
{
    uint8_t iv[16] = { 0 }, zeros[32] = { 0 };
    int n = 0;
    memcpy(iv, salt, HOP_GCM_SALT);
    iv[7] ^= label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *aes = key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, aes, NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len) == 1 && n == (int)len;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

int hop_gcm_key_init(struct hop_gcm_key *key, const struct hop_srtp_keys *keys, bool sending,
                     bool rtcp)
{
    uint8_t session[32];
    const uint8_t *master = sending ? keys->local_key : keys->remote_key;
    const uint8_t *salt = sending ? keys->local_salt : keys->remote_salt;
    const EVP_CIPHER *aes = keys->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    uint8_t of = rtcp ? LABEL_RTCP : 0;
    key->cipher = EVP_CIPHER_CTX_new();
    if (!key->cipher)
        return -ENOMEM;
    bool ok = derive(keys->key_len, master, salt, LABEL_KEY + of, session, keys->key_len) &&
              derive(keys->key_len, master, salt, LABEL_SALT + of, key->salt, HOP_GCM_SALT) &&
              EVP_CipherInit_ex(key->cipher, aes, NULL, session, NULL, sending) == 1;
    explicit_bzero(session, sizeof(session));
    return ok ? 0 : -EIO;
}

void hop_gcm_key_clear(struct hop_gcm_key *key)
{
    EVP_CIPHER_CTX_free(key->cipher);
    explicit_bzero(key, sizeof(*key));
}

static void make_nonce(const struct hop_gcm_key *key, uint32_t ssrc, uint64_t index,
                       uint8_t nonce[HOP_GCM_SALT])
{
    hop_put16(nonce, 0);
    hop_put32(nonce + 2, ssrc);
    hop_put32(nonce + 6, (uint32_t)(index >> 16));
    hop_put16(nonce + 10, (uint16_t)index);
    for (int i = 0; i < HOP_GCM_SALT; i++)
        nonce[i] ^= key->salt[i];
}

/* The nonce, what is clear, the text. */
static bool run(struct hop_gcm_key *key, const uint8_t nonce[HOP_GCM_SALT],
                const struct hop_gcm_clear *clear, uint8_t *text, size_t len)
{
    EVP_CIPHER_CTX *ctx = key->cipher;
    int n = 0;
    return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &n, clear->head, (int)clear->head_len) == 1 &&
           (clear->tail_len == 0 ||
            EVP_CipherUpdate(ctx, NULL, &n, clear->tail, (int)clear->tail_len) == 1) &&
           (len == 0 || EVP_CipherUpdate(ctx, text, &n, text, (int)len) == 1);
}

bool hop_gcm_key_seal(struct hop_gcm_key *key, uint32_t ssrc, uint64_t index,
                      const struct hop_gcm_clear *clear, uint8_t *text, size_t len)
{
    uint8_t nonce[HOP_GCM_SALT];
    int n = 0;
    make_nonce(key, ssrc, index, nonce);
    return run(key, nonce, clear, text, len) &&
           EVP_EncryptFinal_ex(key->cipher, text + len, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(key->cipher, EVP_CTRL_AEAD_GET_TAG, HOP_GCM_TAG, text + len) == 1;
}

bool hop_gcm_key_open(struct hop_gcm_key *key, uint32_t ssrc, uint64_t index,
                      const struct hop_gcm_clear *clear, uint8_t *text, size_t len)
{
    uint8_t nonce[HOP_GCM_SALT];
    int n = 0;
    make_nonce(key, ssrc, index, nonce);
    return run(key, nonce, clear, text, len) &&
           EVP_CIPHER_CTX_ctrl(key->cipher, EVP_CTRL_AEAD_SET_TAG, HOP_GCM_TAG, text + len) == 1 &&
           EVP_DecryptFinal_ex(key->cipher, text + len, &n) == 1;
}
