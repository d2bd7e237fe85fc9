/* See turn_message.h. */
#include "doctor/turn_message.h"

#include "media/base/bytes.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum {
    HEADER = 20,
    USERNAME = 0x0006,
    INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    LIFETIME = 0x000d,
    PEER = 0x0012,
    REALM = 0x0014,
    NONCE = 0x0015,
    TRANSPORT = 0x0019,
    UDP = 17,
    DIGEST = 20,
};
#define COOKIE 0x2112a442u

void hop_turn_login(struct hop_turn_login *login, const char *username, const char *password)
{
    char text[1024];
    unsigned len = sizeof(login->key);
    int n = snprintf(text, sizeof(text), "%s:%s:%s", username, login->realm, password);

    EVP_Digest(text, (size_t)n, login->key, &len, EVP_md5(), NULL);
}

/* Texts are at most 255 bytes, so that everything fits. */
static size_t add(uint8_t *out, size_t at, uint16_t type, const void *value, size_t len)
{
    memset(out + at, 0, 4 + ((len + 3) & ~(size_t)3));
    hop_put16(out + at, type);
    hop_put16(out + at + 2, (uint16_t)len);
    memcpy(out + at + 4, value, len);
    return at + 4 + ((len + 3) & ~(size_t)3);
}

static size_t add_peer(uint8_t *out, size_t at, const struct hop_addr *peer)
{
    size_t ip = peer->family == AF_INET6 ? 16 : 4;
    uint8_t value[20] = { 0, ip == 16 ? 2 : 1 };

    hop_put16(value + 2, (uint16_t)(peer->port ^ (COOKIE >> 16)));
    for (size_t i = 0; i < ip; i++)
        value[4 + i] = peer->ip[i] ^ out[4 + i]; /* cookie, then transaction */
    return add(out, at, PEER, value, 4 + ip);
}

static size_t sign(uint8_t *out, size_t at, const uint8_t key[16])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    hop_put16(out + 2, (uint16_t)(at + 4 + DIGEST - HEADER));
    HMAC(EVP_sha1(), key, 16, out, at, digest, &len);
    return add(out, at, INTEGRITY, digest, DIGEST);
}

size_t hop_turn_build(uint8_t out[HOP_TURN_MAX], uint16_t method, const uint8_t transaction[12],
                      const char *username, const struct hop_turn_login *login,
                      const struct hop_addr *peer)
{
    static const uint8_t udp[4] = { UDP }, at_once[4] = { 0 };
    size_t at = HEADER;

    hop_put16(out, method);
    hop_put32(out + 4, COOKIE);
    memcpy(out + 8, transaction, 12);
    if (method == HOP_TURN_ALLOCATE)
        at = add(out, at, TRANSPORT, udp, sizeof(udp));
    if (method == HOP_TURN_REFRESH)
        at = add(out, at, LIFETIME, at_once, sizeof(at_once));
    if (peer != NULL)
        at = add_peer(out, at, peer);
    if (login != NULL) {
        at = add(out, at, USERNAME, username, strnlen(username, 255));
        at = add(out, at, REALM, login->realm, strlen(login->realm));
        at = add(out, at, NONCE, login->nonce, strlen(login->nonce));
        return sign(out, at, login->key);
    }
    hop_put16(out + 2, (uint16_t)(at - HEADER));
    return at;
}

static void copy(char out[256], const uint8_t *value, size_t len)
{
    len = len < 255 ? len : 255;
    memcpy(out, value, len);
    out[len] = '\0';
}

bool hop_turn_read(const uint8_t *data, size_t len, const uint8_t transaction[12],
                   struct hop_turn_answer *out)
{
    struct hop_turn_answer answer = { 0 };
    uint16_t class_bits;

    if (len < HEADER || hop_get16(data + 2) + (size_t)HEADER != len ||
        hop_get32(data + 4) != COOKIE || memcmp(data + 8, transaction, 12) != 0)
        return false;
    class_bits = hop_get16(data) & 0x0110;
    if (class_bits != 0x0100 && class_bits != 0x0110)
        return false;
    answer.success = class_bits == 0x0100;
    for (size_t at = HEADER; at + 4 <= len;) {
        uint16_t type = hop_get16(data + at);
        size_t size = hop_get16(data + at + 2);
        const uint8_t *value = data + at + 4;

        if (size > len - at - 4)
            return false;
        if (type == ERROR_CODE && size >= 4)
            answer.code = (uint16_t)((value[2] & 7) * 100 + value[3] % 100);
        else if (type == REALM)
            copy(answer.realm, value, size);
        else if (type == NONCE)
            copy(answer.nonce, value, size);
        at += 4 + ((size + 3) & ~(size_t)3);
    }
    *out = answer;
    return true;
}
