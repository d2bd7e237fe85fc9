/* See totp.h. RFC 4226 §5.3 (dynamic truncation), RFC 6238 §4. */
#include "server/totp.h"

#include "media/base/random.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

uint32_t hop_totp_at(const uint8_t secret[HOP_TOTP_SECRET], int64_t step)
{
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned len = 0, offset;
    uint32_t value;

    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    HMAC(EVP_sha1(), secret, HOP_TOTP_SECRET, counter, sizeof(counter), mac, &len);
    offset = mac[19] & 0xf;
    value = (uint32_t)(mac[offset] & 0x7f) << 24 | (uint32_t)mac[offset + 1] << 16 |
            (uint32_t)mac[offset + 2] << 8 | mac[offset + 3];
    return value % 1000000;
}

static bool same(const char *a, const char *b)
{
    return sodium_memcmp(a, b, HOP_TOTP_DIGITS) == 0;
}

int64_t hop_totp_match(const uint8_t secret[HOP_TOTP_SECRET], const char *code, int64_t wall_us)
{
    int64_t now = wall_us / 1000000 / HOP_TOTP_PERIOD_S, found = -1;
    char digits[HOP_TOTP_DIGITS + 1], expected[16];
    size_t n = 0;

    for (; *code != '\0' && n < sizeof(digits); code++)
        if (*code != ' ')
            digits[n++] = *code;
    if (n != HOP_TOTP_DIGITS)
        return -1;
    for (int64_t step = now - 1; step <= now + 1; step++) {
        g_snprintf(expected, sizeof(expected), "%06u", hop_totp_at(secret, step));
        if (same(expected, digits))
            found = step;
    }
    return found;
}

void hop_totp_secret_text(const uint8_t secret[HOP_TOTP_SECRET], char out[HOP_TOTP_SECRET_TEXT])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < HOP_TOTP_SECRET; i++) {
        bits = bits << 8 | secret[i];
        if (i % 5 != 4)
            continue;
        for (int shift = 35; shift >= 0; shift -= 5)
            out[n++] = alphabet[bits >> shift & 31];
        bits = 0;
    }
    out[n] = '\0';
}

bool hop_totp_secret_parse(const char *text, uint8_t secret[HOP_TOTP_SECRET])
{
    uint64_t bits = 0;
    size_t n = 0, letters = 0;

    for (; *text != '\0'; text++) {
        char c = g_ascii_toupper(*text);

        if (c == ' ')
            continue;
        if (letters == HOP_TOTP_SECRET_TEXT - 1 ||
            !((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7')))
            return false;
        bits = bits << 5 | (uint64_t)(c >= 'A' ? c - 'A' : c - '2' + 26);
        if (++letters % 8 != 0)
            continue;
        for (int shift = 32; shift >= 0; shift -= 8)
            secret[n++] = (uint8_t)(bits >> shift);
        bits = 0;
    }
    return letters == HOP_TOTP_SECRET_TEXT - 1;
}

char *hop_totp_uri(const uint8_t secret[HOP_TOTP_SECRET], const char *issuer, const char *account)
{
    g_autofree char *who = g_uri_escape_string(account, NULL, FALSE);
    g_autofree char *by = g_uri_escape_string(issuer, NULL, FALSE);
    char text[HOP_TOTP_SECRET_TEXT];

    hop_totp_secret_text(secret, text);
    return g_strdup_printf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d"
                           "&period=%d",
                           by, who, text, by, HOP_TOTP_DIGITS, HOP_TOTP_PERIOD_S);
}

void hop_recovery_code(char out[HOP_RECOVERY_TEXT])
{
    static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* 31 that are not mistaken */
    size_t n = 0;

    while (n < HOP_RECOVERY_TEXT - 1) {
        uint8_t byte;

        if (n == 5)
            out[n++] = '-';
        hop_random_bytes(&byte, 1);
        if (byte < 248) /* 8 × 31: each letter is as likely as the others */
            out[n++] = alphabet[byte % 31];
    }
    out[n] = '\0';
}

void hop_recovery_hash(const char *code, uint8_t out[HOP_HASH])
{
    char plain[HOP_RECOVERY_TEXT] = "";
    size_t n = 0;

    for (; *code != '\0' && n < sizeof(plain) - 1; code++)
        if (*code != '-' && *code != ' ')
            plain[n++] = g_ascii_tolower(*code);
    crypto_hash_sha256(out, (const unsigned char *)plain, n);
}
