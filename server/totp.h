/* One-time passwords from an authenticator application (RFC 6238: HMAC-SHA-1, 6 digits, 30 s), and
 * recovery codes for the day it is lost. Any thread; no state. */
#pragma once

#include "server/store/users.h"

enum {
    HOP_TOTP_DIGITS = 6,
    HOP_TOTP_PERIOD_S = 30,
    HOP_TOTP_SECRET_TEXT = 33, /* base32 with the NUL */
    HOP_RECOVERY_TEXT = 12,    /* "xxxxx-xxxxx" with the NUL */
};

/* The password of one time step. */
uint32_t hop_totp_at(const uint8_t secret[HOP_TOTP_SECRET], int64_t step);
/* The step whose password that is: this one, the one before or the one after (clocks differ). -1:
 * none of them. Takes the same time whichever it is. */
int64_t hop_totp_match(const uint8_t secret[HOP_TOTP_SECRET], const char *code, int64_t wall_us);
/* Base32 (RFC 4648 §6), as people type it in. */
void hop_totp_secret_text(const uint8_t secret[HOP_TOTP_SECRET], char out[HOP_TOTP_SECRET_TEXT]);
/* Back; case and spaces do not count. False: it is none. */
bool hop_totp_secret_parse(const char *text, uint8_t secret[HOP_TOTP_SECRET]);
/* otpauth://totp/… for a QR code. Free with g_free(). */
char *hop_totp_uri(const uint8_t secret[HOP_TOTP_SECRET], const char *issuer, const char *account);

/* A new code, 49 bits. */
void hop_recovery_code(char out[HOP_RECOVERY_TEXT]);
/* Of what somebody typed: case, spaces and dashes do not count. */
void hop_recovery_hash(const char *code, uint8_t out[HOP_HASH]);
