/* Passwords as Argon2id strings (RFC 9106, through libsodium). Any thread, no state; hashing and
 * checking take 64 MiB and about 0.1 s each, so never on the control thread once it serves.
 */
#pragma once

#include "server/store/users.h"

enum { HOP_MIN_PASSWORD = 8, HOP_MAX_PASSWORD = 256 }; /* bytes */

/* 0 or -ENOMEM. */
int hop_password_hash(const char *password, char out[HOP_MAX_PASSWORD_HASH + 1]);
bool hop_password_fits(const char *hash, const char *password);
/* 20 characters that are not mistaken for one another, 99 bits. Free with g_free(). */
char *hop_password_random(void);
