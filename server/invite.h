/* Personal links to meetings, and meetings' passwords. A link's token is HMAC-SHA256 of a secret of
 * this server over the invitee's nonce: 256 bits that nobody guesses, that the server can make
 * again for a reminder, and that the database alone does not give away: there are the nonce and the
 * token's SHA-256, the secret is a file of its own. It is carried in the link's fragment, which no
 * browser sends and no log sees.
 *
 * Pure functions of the secret, but for hop_invite_secret_load(); any thread. RFC 2104, RFC 4648
 * §5.
 */
#pragma once

#include "server/store/invitees.h"

enum { HOP_INVITE_SECRET = 32, HOP_INVITE_TOKEN_TEXT = 44, HOP_MAX_MEETING_PASSWORD = 64 };

/* Reads the secret, or makes it (for its owner only). 0 or a negative errno; -EILSEQ: the file has
 * not its length. At start; it blocks. */
int hop_invite_secret_load(const char *path, uint8_t secret[HOP_INVITE_SECRET]);

void hop_invite_token(const uint8_t secret[HOP_INVITE_SECRET],
                      const uint8_t nonce[HOP_INVITE_NONCE], char out[HOP_INVITE_TOKEN_TEXT]);
/* By what the store finds it. False: it has not the form of a token. */
bool hop_invite_token_hash(const char *token, uint8_t hash[HOP_HASH]);
/* Makes nonces for the store; `secret` must outlive it. */
struct hop_store_minter hop_invite_minter(const uint8_t *secret);

/* "URL#t=TOKEN"; `room_url` as hop_server_room_url() gives it. Free with g_free(). */
char *hop_invite_link(const char *room_url, const uint8_t secret[HOP_INVITE_SECRET],
                      const uint8_t nonce[HOP_INVITE_NONCE]);

/* A meeting's password as it is kept; `uid` is the meeting's. */
void hop_invite_password_hash(const uint8_t secret[HOP_INVITE_SECRET], const char *uid,
                              const char *password, uint8_t hash[HOP_HASH]);
/* In constant time. */
bool hop_invite_password_right(const uint8_t secret[HOP_INVITE_SECRET], const char *uid,
                               const char *password, const uint8_t hash[HOP_HASH]);
