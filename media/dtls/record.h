/* Inside media/dtls: enough of the DTLS 1.2 record layer (RFC 6347 §4.1, RFC 5288) to tell a
 * genuine close_notify after the OpenSSL connection is gone. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_DTLS_CHANGE_CIPHER_SPEC = 20,
    HOP_DTLS_ALERT = 21,
    HOP_DTLS_HANDSHAKE_RECORD = 22,
};

struct hop_dtls_record {
    uint8_t type;
    uint16_t epoch;
    const uint8_t *header; /* 13 bytes, then the body */
    const uint8_t *body;
    size_t len;
};

/* Takes the next whole record off a datagram. False: there is none. */
bool hop_dtls_record_next(const uint8_t **data, size_t *len, struct hop_dtls_record *out);

/* The peer's write key and implicit nonce. */
struct hop_dtls_read_key {
    uint8_t key[16];
    uint8_t salt[4];
};

/* Derives it from a connection whose handshake is done, with AES-128-GCM/SHA-256. */
bool hop_dtls_read_key(SSL *ssl, bool we_are_server, struct hop_dtls_read_key *out);

/* True if the record is an authentic fatal alert or close_notify. */
bool hop_dtls_record_closes(const struct hop_dtls_record *record,
                            const struct hop_dtls_read_key *key);
