/* Passwords as Argon2id strings (RFC 9106, through libsodium). Any thread, no state; hashing and
 * checking take 64 MiB and about 0.1 s each, so never on the control thread once it serves.
 */
#pragma once

#include "server/store/users.h"

enum { HOP_MIN_PASSWORD = 8, HOP_MAX_PASSWORD = 256 }; /* bytes; the least for the operator's own */
enum { HOP_PASSWORD_CHARACTERS = 10 };                 /* at least, of those that people choose */

/* 0 or -ENOMEM. */
int hop_password_hash(const char *password, char out[HOP_MAX_PASSWORD_HASH + 1]);
bool hop_password_fits(const char *hash, const char *password);
/* NULL, or what is wrong with a password that somebody chose: "short", "long", "common" (or one
 * character over and over), "personal" (his own names are most of it). NIST SP 800-63B §5.1.1.2:
 * length and known bad ones, no rules of composition. */
const char *hop_password_rule(const char *password, const char *username, const char *name);
/* The hash of a random password of ours: cheap, because nobody can guess those. */
int hop_password_hash_random(const char *password, char out[HOP_MAX_PASSWORD_HASH + 1]);
/* 20 characters that are not mistaken for one another, 99 bits. Free with g_free(). */
char *hop_password_random(void);
