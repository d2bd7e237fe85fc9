/* See record.h. RFC 6347 §4.1 (record header), RFC 5246 §6.3 (key block), RFC 5288 §3 (GCM nonce),
 * RFC 5246 §6.2.3.3 (additional data; DTLS puts epoch and sequence where TLS has the sequence). */
#include "media/dtls/record.h"

#include "media/base/bytes.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

enum { HEADER = 13, EXPLICIT_NONCE = 8, TAG = 16, ALERT_BODY = 2, FATAL = 2, CLOSE_NOTIFY = 0 };

bool hop_dtls_record_next(const uint8_t **data, size_t *len, struct hop_dtls_record *out)
{
    if (*len < HEADER)
        return false;
    const uint8_t *p = *data;
    size_t body = hop_get16(p + 11);
    if (body > *len - HEADER)
        return false;
    *out = (struct hop_dtls_record){
        .type = p[0], .epoch = hop_get16(p + 3), .header = p, .body = p + HEADER, .len = body
    };
    *data += HEADER + body;
    *len -= HEADER + body;
    return true;
}

static bool prf(const uint8_t *secret, size_t secret_len, const uint8_t *seed, size_t seed_len,
                uint8_t *out, size_t out_len)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)secret,
                                          secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)seed, seed_len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx && EVP_KDF_derive(ctx, out, out_len, params) > 0;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

bool hop_dtls_read_key(SSL *ssl, bool we_are_server, struct hop_dtls_read_key *out)
{
    static const char label[] = "key expansion";
    const size_t label_len = sizeof(label) - 1;
    uint8_t seed[sizeof(label) - 1 + 64], master[48];
    memcpy(seed, label, label_len);
    SSL_SESSION *session = SSL_get_session(ssl);
    if (!session || SSL_get_server_random(ssl, seed + label_len, 32) != 32 ||
        SSL_get_client_random(ssl, seed + label_len + 32, 32) != 32 ||
        SSL_SESSION_get_master_key(session, master, sizeof(master)) != sizeof(master))
        return false;

    /* client key, server key, client salt, server salt; GCM has no MAC keys */
    uint8_t block[2 * sizeof(out->key) + 2 * sizeof(out->salt)];
    bool ok = prf(master, sizeof(master), seed, sizeof(seed), block, sizeof(block));
    if (ok) {
        size_t peer = we_are_server ? 0 : 1;
        memcpy(out->key, block + peer * sizeof(out->key), sizeof(out->key));
        memcpy(out->salt, block + 2 * sizeof(out->key) + peer * sizeof(out->salt),
               sizeof(out->salt));
    }
    OPENSSL_cleanse(master, sizeof(master));
    OPENSSL_cleanse(block, sizeof(block));
    return ok;
}

static bool open_alert(const struct hop_dtls_record *record, const struct hop_dtls_read_key *key,
                       uint8_t alert[ALERT_BODY])
{
    uint8_t nonce[sizeof(key->salt) + EXPLICIT_NONCE], aad[HEADER], tag[TAG];
    memcpy(nonce, key->salt, sizeof(key->salt));
    memcpy(nonce + sizeof(key->salt), record->body, EXPLICIT_NONCE);
    memcpy(aad, record->header + 3, 8); /* epoch and sequence */
    memcpy(aad + 8, record->header, 3); /* type and version */
    hop_put16(aad + 11, ALERT_BODY);
    memcpy(tag, record->body + EXPLICIT_NONCE + ALERT_BODY, TAG);

    int n = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key->key, nonce) &&
              EVP_DecryptUpdate(ctx, NULL, &n, aad, sizeof(aad)) &&
              EVP_DecryptUpdate(ctx, alert, &n, record->body + EXPLICIT_NONCE, ALERT_BODY) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) &&
              EVP_DecryptFinal_ex(ctx, alert + n, &n) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

bool hop_dtls_record_closes(const struct hop_dtls_record *record,
                            const struct hop_dtls_read_key *key)
{
    uint8_t alert[ALERT_BODY];
    if (record->type != HOP_DTLS_ALERT || record->epoch != 1 ||
        record->len != EXPLICIT_NONCE + ALERT_BODY + TAG || !open_alert(record, key, alert))
        return false;
    return alert[0] == FATAL || alert[1] == CLOSE_NOTIFY;
}
