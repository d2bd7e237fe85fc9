/* Inside media/dtls: what a connection needs of the certificate. */
#pragma once

#include "media/dtls/dtls.h"

#include <openssl/ssl.h>

struct hop_dtls_cert {
    SSL_CTX *ctx; /* shared by all connections; configured once, then only read */
    char fingerprint[HOP_DTLS_FINGERPRINT_TEXT];
};

/* The digest behind an `a=fingerprint` hash name (RFC 8122 §5); NULL: not one that we accept. */
const EVP_MD *hop_dtls_hash(const char *name);

/* OpenSSL's certificate verification, for every connection of the context: dtls.c. */
int hop_dtls_verify(X509_STORE_CTX *store, void *unused);
