/* The key, the certificate and the OpenSSL context that all DTLS connections share; fingerprints as
 * text (RFC 8122 §5). Made once on the control thread, afterwards only read by every thread. */
#include "media/dtls/cert.h"

#include "media/base/random.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The one suite and curve that every WebRTC end must have (RFC 8827 §6.5). One suite also means one
 * record format to verify a late close_notify with (record.c). */
#define CIPHERS "ECDHE-ECDSA-AES128-GCM-SHA256"

enum { MAX_CERT_LIST = 16384 }; /* bytes of a peer's certificate message */

const EVP_MD *hop_dtls_hash(const char *name)
{
    if (strcasecmp(name, "sha-256") == 0)
        return EVP_sha256();
    if (strcasecmp(name, "sha-384") == 0)
        return EVP_sha384();
    if (strcasecmp(name, "sha-512") == 0)
        return EVP_sha512();
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

size_t hop_dtls_fingerprint_parse(const char *text, uint8_t out[HOP_MAX_FINGERPRINT])
{
    size_t n = 0;
    while (n < HOP_MAX_FINGERPRINT) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return 0;
        out[n++] = (uint8_t)(high << 4 | low);
        if (text[2] == '\0')
            return n;
        if (text[2] != ':')
            return 0;
        text += 3;
    }
    return 0;
}

/* The lifetime only has to look sane: what is trusted is the fingerprint from signaling. */
static X509 *make_certificate(EVP_PKEY *key)
{
    const long day = 86400;
    X509 *cert = X509_new();
    if (!cert)
        return NULL;
    X509_NAME *name = X509_get_subject_name(cert);
    bool ok =
        X509_set_version(cert, 2) &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), (uint64_t)hop_random32() << 16 | 1) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -day) &&
        X509_gmtime_adj(X509_getm_notAfter(cert), 3650 * day) && X509_set_pubkey(cert, key) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"hop", -1, -1, 0) &&
        X509_set_issuer_name(cert, name) && X509_sign(cert, key, EVP_sha256());
    if (ok)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool write_fingerprint(const X509 *cert, char text[HOP_DTLS_FINGERPRINT_TEXT])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!X509_digest(cert, EVP_sha256(), digest, &len))
        return false;
    for (unsigned i = 0; i < len; i++)
        snprintf(text + 3 * (size_t)i, 4, "%02X%c", digest[i], i + 1 < len ? ':' : '\0');
    return true;
}

static SSL_CTX *make_context(X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *ctx = SSL_CTX_new(DTLS_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(ctx, MAX_CERT_LIST);
    SSL_CTX_set_cert_verify_callback(ctx, hop_dtls_verify, NULL);
    bool ok = SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) &&
              SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) &&
              SSL_CTX_set_max_send_fragment(ctx, HOP_MTU) &&
              SSL_CTX_set_cipher_list(ctx, CIPHERS) && SSL_CTX_use_certificate(ctx, cert) &&
              SSL_CTX_use_PrivateKey(ctx, key);
    if (ok)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

int hop_dtls_cert_new(struct hop_dtls_cert **out)
{
    struct hop_dtls_cert *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? make_certificate(key) : NULL;
    bool ok = cert && write_fingerprint(cert, made->fingerprint) &&
              (made->ctx = make_context(cert, key)) != NULL;
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!ok) {
        hop_dtls_cert_free(made);
        return -EIO;
    }
    *out = made;
    return 0;
}

void hop_dtls_cert_free(struct hop_dtls_cert *cert)
{
    if (!cert)
        return;
    SSL_CTX_free(cert->ctx);
    free(cert);
}

const char *hop_dtls_cert_fingerprint(const struct hop_dtls_cert *cert)
{
    return cert->fingerprint;
}
