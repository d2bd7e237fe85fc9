/* One session key of SRTP or SRTCP with AES-GCM, on OpenSSL. RFC 3711 §4.3 (derivation), RFC 7714
 * §8.1, §9.1 (nonces), §11. Private to media/srtp; the owner's thread. */
#pragma once

#include "media/srtp/srtp.h"

#include <openssl/evp.h>
#include <stdbool.h>

enum { HOP_GCM_TAG = 16, HOP_GCM_SALT = 12 };

struct hop_gcm_key {
    EVP_CIPHER_CTX *cipher; /* keyed; each packet sets its nonce */
    uint8_t salt[HOP_GCM_SALT];
};

/* What is authenticated and not encrypted, in two pieces; the second may be empty. */
struct hop_gcm_clear {
    const uint8_t *head, *tail;
    size_t head_len, tail_len;
};

/* -ENOMEM, -EIO (OpenSSL refused). */
int hop_gcm_key_init(struct hop_gcm_key *key, const struct hop_srtp_keys *keys, bool sending,
                     bool rtcp);
void hop_gcm_key_clear(struct hop_gcm_key *key); /* also one that is zero */

/* In place, the tag behind the text. `index` is the packet's: 48 bits, or 31 of SRTCP. */
bool hop_gcm_key_seal(struct hop_gcm_key *key, uint32_t ssrc, uint64_t index,
                      const struct hop_gcm_clear *clear, uint8_t *text, size_t len);
bool hop_gcm_key_open(struct hop_gcm_key *key, uint32_t ssrc, uint64_t index,
                      const struct hop_gcm_clear *clear, uint8_t *text, size_t len);
