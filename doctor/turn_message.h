/* As much of TURN (RFC 8656) as asking for a relay and for a permission needs: messages into and
 * out of a buffer. Called by relay.c. No I/O. RFC 8489 §14 (attributes), §9.2 (long-term
 * credentials).
 */
#pragma once

#include "media/base/addr.h"

enum {
    HOP_TURN_ALLOCATE = 0x0003,
    HOP_TURN_REFRESH = 0x0004,
    HOP_TURN_PERMISSION = 0x0008,
    HOP_TURN_MAX = 1024, /* bytes of a message here */
};

struct hop_turn_login { /* empty before the server has named realm and nonce */
    char realm[256], nonce[256];
    uint8_t key[16];
};

struct hop_turn_answer {
    bool success;
    uint16_t code; /* of an error; 0: none */
    char realm[256], nonce[256];
};

/* key = MD5(username:realm:password). */
void hop_turn_login(struct hop_turn_login *login, const char *username, const char *password);

/* A request; `login` NULL: without credentials. `peer` (of a permission) may be NULL. Its length.
 */
size_t hop_turn_build(uint8_t out[HOP_TURN_MAX], uint16_t method, const uint8_t transaction[12],
                      const char *username, const struct hop_turn_login *login,
                      const struct hop_addr *peer);
/* Whether it is an answer to that transaction, well formed. */
bool hop_turn_read(const uint8_t *data, size_t len, const uint8_t transaction[12],
                   struct hop_turn_answer *out);
