/* STUN codec; see stun.h. RFC 8489 §5 (header), §14 (attributes), §14.5 and §14.7 (integrity,
 * fingerprint); RFC 8445 §7.1 (PRIORITY, USE-CANDIDATE, ICE-CONTROLLING, ICE-CONTROLLED). */
#include "media/ice/stun.h"

#include "media/base/bytes.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_COOKIE    0x2112a442u
#define FINGERPRINT_XOR 0x5354554eu

enum {
    ATTR_MAPPED_ADDRESS = 0x0001,
    ATTR_USERNAME = 0x0006,
    ATTR_MESSAGE_INTEGRITY = 0x0008,
    ATTR_ERROR_CODE = 0x0009,
    ATTR_UNKNOWN_ATTRIBUTES = 0x000a,
    ATTR_REALM = 0x0014,
    ATTR_NONCE = 0x0015,
    ATTR_MESSAGE_INTEGRITY_SHA256 = 0x001c,
    ATTR_XOR_MAPPED_ADDRESS = 0x0020,
    ATTR_PRIORITY = 0x0024,
    ATTR_USE_CANDIDATE = 0x0025,
    ATTR_OPTIONAL = 0x8000, /* from here on comprehension is optional */
    ATTR_FINGERPRINT = 0x8028,
    ATTR_ICE_CONTROLLED = 0x8029,
    ATTR_ICE_CONTROLLING = 0x802a,

    ATTR_HEADER = 4,
    INTEGRITY_LEN = 20,
    MAX_USERNAME = 513,
    METHOD_BINDING = 1,
};

/* ---- checksums ------------------------------------------------------------------------------- */

/* CRC-32 of ISO 3309, four bits at a time: a check has about 100 bytes, a bigger table would only
 * push others out of the cache. */
static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return ~crc;
}

/* A keyed HMAC that is rewound for each message: no allocation, no look-up of algorithms. */
struct hop_stun_key {
    EVP_MAC_CTX *mac;
};

struct hop_stun_key *hop_stun_key_new(const char *password, size_t len)
{
    struct hop_stun_key *key = calloc(1, sizeof(*key));
    if (!key)
        return NULL;
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    key->mac = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    EVP_MAC_free(algorithm);
    if (!key->mac || !EVP_MAC_init(key->mac, (const uint8_t *)password, len, params)) {
        hop_stun_key_free(key);
        return NULL;
    }
    return key;
}

void hop_stun_key_free(struct hop_stun_key *key)
{
    if (!key)
        return;
    EVP_MAC_CTX_free(key->mac);
    free(key);
}

/* HMAC over data[0..at) with the length field as if the message ended behind MESSAGE-INTEGRITY
 * (RFC 8489 §14.5). */
static bool integrity_of(struct hop_stun_key *key, const uint8_t *data, size_t at,
                         uint8_t out[INTEGRITY_LEN])
{
    uint8_t start[4] = { data[0], data[1] };
    hop_put16(start + 2, (uint16_t)(at + ATTR_HEADER + INTEGRITY_LEN - HOP_STUN_HEADER));
    size_t len = 0;
    return EVP_MAC_init(key->mac, NULL, 0, NULL) &&
           EVP_MAC_update(key->mac, start, sizeof(start)) &&
           EVP_MAC_update(key->mac, data + sizeof(start), at - sizeof(start)) &&
           EVP_MAC_final(key->mac, out, &len, INTEGRITY_LEN) && len == INTEGRITY_LEN;
}

bool hop_stun_check(const struct hop_stun *msg, struct hop_stun_key *key)
{
    uint8_t expected[INTEGRITY_LEN];
    if (!msg->integrity_at || !integrity_of(key, msg->data, msg->integrity_at, expected))
        return false;
    return CRYPTO_memcmp(expected, msg->data + msg->integrity_at + ATTR_HEADER, INTEGRITY_LEN) == 0;
}

/* ---- parsing --------------------------------------------------------------------------------- */

bool hop_stun_is(const uint8_t *data, size_t len)
{
    return len >= HOP_STUN_HEADER && data[0] < 4 && hop_get32(data + 4) == MAGIC_COOKIE;
}

static bool parse_address(const struct hop_stun *msg, const uint8_t *value, size_t len,
                          struct hop_addr *out)
{
    struct hop_addr addr = { 0 };
    size_t ip_len;
    if (len == 8 && value[1] == 1) {
        addr.family = AF_INET;
        ip_len = 4;
    } else if (len == 20 && value[1] == 2) {
        addr.family = AF_INET6;
        ip_len = 16;
    } else {
        return false;
    }
    /* The mask is the cookie and, for IPv6, the transaction id: they lie side by side. */
    const uint8_t *mask = msg->data + 4;
    addr.port = (uint16_t)(hop_get16(value + 2) ^ (MAGIC_COOKIE >> 16));
    for (size_t i = 0; i < ip_len; i++)
        addr.ip[i] = value[4 + i] ^ mask[i];
    *out = addr;
    return true;
}

static bool parse_error_code(struct hop_stun *msg, const uint8_t *value, size_t len)
{
    if (len < 4)
        return false;
    unsigned hundreds = value[2] & 7, rest = value[3];
    if (hundreds < 3 || hundreds > 6 || rest > 99)
        return false;
    msg->error_code = (uint16_t)(hundreds * 100 + rest);
    return true;
}

static bool parse_tie_breaker(struct hop_stun *msg, const uint8_t *value, size_t len, bool *flag)
{
    if (len != 8)
        return false;
    if (!msg->controlling && !msg->controlled)
        msg->tie_breaker = hop_get64(value);
    *flag = true;
    return true;
}

static void note_unknown(struct hop_stun *msg, uint16_t type)
{
    if (msg->n_unknown < HOP_STUN_MAX_UNKNOWN)
        msg->unknown[msg->n_unknown++] = type;
}

/* One attribute in front of MESSAGE-INTEGRITY. False: its content cannot be. */
static bool parse_attribute(struct hop_stun *msg, uint16_t type, const uint8_t *value, size_t len)
{
    switch (type) {
    case ATTR_USERNAME:
        if (len > MAX_USERNAME)
            return false;
        if (!msg->username) {
            msg->username = (const char *)value;
            msg->username_len = (uint16_t)len;
        }
        return true;
    case ATTR_PRIORITY:
        if (len != 4)
            return false;
        if (!msg->has_priority)
            msg->priority = hop_get32(value);
        msg->has_priority = true;
        return true;
    case ATTR_USE_CANDIDATE:
        msg->use_candidate = true;
        return len == 0;
    case ATTR_ICE_CONTROLLING:
        return parse_tie_breaker(msg, value, len, &msg->controlling);
    case ATTR_ICE_CONTROLLED:
        return parse_tie_breaker(msg, value, len, &msg->controlled);
    case ATTR_XOR_MAPPED_ADDRESS:
        return msg->mapped.family || parse_address(msg, value, len, &msg->mapped);
    case ATTR_ERROR_CODE:
        return msg->error_code || parse_error_code(msg, value, len);
    case ATTR_MESSAGE_INTEGRITY:
        msg->integrity_at = (uint16_t)(value - ATTR_HEADER - msg->data);
        return len == INTEGRITY_LEN;
    case ATTR_MAPPED_ADDRESS:
    case ATTR_UNKNOWN_ATTRIBUTES:
    case ATTR_REALM:
    case ATTR_NONCE:
    case ATTR_MESSAGE_INTEGRITY_SHA256:
        return true;
    default:
        if (type < ATTR_OPTIONAL)
            note_unknown(msg, type);
        return true;
    }
}

static bool parse_fingerprint(struct hop_stun *msg, size_t at, size_t len)
{
    const uint8_t *value = msg->data + at + ATTR_HEADER;
    if (len != 4 || at + ATTR_HEADER + 4 != msg->len)
        return false; /* it is the last attribute (RFC 8489 §14.7) */
    if (hop_get32(value) != (crc32_of(msg->data, at) ^ FINGERPRINT_XOR))
        return false;
    msg->fingerprint = true;
    return true;
}

static bool parse_attributes(struct hop_stun *msg)
{
    for (size_t at = HOP_STUN_HEADER; at < msg->len;) {
        if (msg->len - at < ATTR_HEADER)
            return false;
        uint16_t type = hop_get16(msg->data + at);
        size_t len = hop_get16(msg->data + at + 2), padded = (len + 3) & ~(size_t)3;
        if (padded > msg->len - at - ATTR_HEADER)
            return false;
        bool ok = true;
        if (type == ATTR_FINGERPRINT)
            ok = parse_fingerprint(msg, at, len);
        else if (!msg->integrity_at)
            ok = parse_attribute(msg, type, msg->data + at + ATTR_HEADER, len);
        if (!ok)
            return false;
        at += ATTR_HEADER + padded;
    }
    return true;
}

enum hop_stun_parsed hop_stun_parse(const uint8_t *data, size_t len, struct hop_stun *out)
{
    if (!hop_stun_is(data, len) || len > HOP_STUN_MAX_MESSAGE)
        return HOP_STUN_NOT_STUN;
    if ((len & 3) || hop_get16(data + 2) != len - HOP_STUN_HEADER)
        return HOP_STUN_NOT_STUN;

    struct hop_stun msg = { .data = data, .len = (uint16_t)len };
    uint16_t type = hop_get16(data);
    /* The two class bits lie between the bits of the method (RFC 8489 §5). */
    msg.cls = (enum hop_stun_class)(((type >> 7) & 2) | ((type >> 4) & 1));
    msg.method = (uint16_t)(((type >> 2) & 0xf80) | ((type >> 1) & 0x70) | (type & 0xf));
    memcpy(msg.transaction, data + 8, HOP_STUN_TRANSACTION);
    if (!parse_attributes(&msg))
        return HOP_STUN_MALFORMED;
    *out = msg;
    return HOP_STUN_OK;
}

bool hop_stun_username_split(const struct hop_stun *msg, const char **receiver,
                             size_t *receiver_len, const char **sender, size_t *sender_len)
{
    if (!msg->username)
        return false;
    const char *colon = memchr(msg->username, ':', msg->username_len);
    if (!colon)
        return false;
    *receiver = msg->username;
    *receiver_len = (size_t)(colon - msg->username);
    *sender = colon + 1;
    *sender_len = msg->username_len - *receiver_len - 1;
    return true;
}

/* ---- building -------------------------------------------------------------------------------- */

/* Appends attributes; once something did not fit, `full` stays and the result is 0 bytes. */
struct builder {
    uint8_t *buf;
    size_t cap, len;
    bool full;
};

static struct builder begin(enum hop_stun_class cls, const uint8_t *transaction, uint8_t *buf,
                            size_t cap)
{
    struct builder b = { .buf = buf, .cap = cap, .full = cap < HOP_STUN_HEADER };
    if (b.full)
        return b;
    hop_put16(buf, (uint16_t)(((cls & 2) << 7) | ((cls & 1) << 4) | METHOD_BINDING));
    hop_put16(buf + 2, 0);
    hop_put32(buf + 4, MAGIC_COOKIE);
    memcpy(buf + 8, transaction, HOP_STUN_TRANSACTION);
    b.len = HOP_STUN_HEADER;
    return b;
}

/* Room for one attribute's value, its padding zeroed; NULL when full. */
static uint8_t *attribute(struct builder *b, uint16_t type, size_t len)
{
    size_t padded = (len + 3) & ~(size_t)3;
    if (b->full || b->cap - b->len < ATTR_HEADER + padded) {
        b->full = true;
        return NULL;
    }
    uint8_t *at = b->buf + b->len;
    hop_put16(at, type);
    hop_put16(at + 2, (uint16_t)len);
    memset(at + ATTR_HEADER + len, 0, padded - len);
    b->len += ATTR_HEADER + padded;
    hop_put16(b->buf + 2, (uint16_t)(b->len - HOP_STUN_HEADER));
    return at + ATTR_HEADER;
}

static size_t finish(struct builder *b, struct hop_stun_key *key)
{
    if (key) {
        size_t at = b->len;
        uint8_t *mac = attribute(b, ATTR_MESSAGE_INTEGRITY, INTEGRITY_LEN);
        if (mac && !integrity_of(key, b->buf, at, mac))
            b->full = true;
    }
    size_t at = b->len;
    uint8_t *crc = attribute(b, ATTR_FINGERPRINT, 4);
    if (crc)
        hop_put32(crc, crc32_of(b->buf, at) ^ FINGERPRINT_XOR);
    return b->full ? 0 : b->len;
}

size_t hop_stun_build_request(const struct hop_stun_request *req, struct hop_stun_key *key,
                              uint8_t *buf, size_t cap)
{
    if (req->username_len > MAX_USERNAME)
        return 0;
    struct builder b = begin(HOP_STUN_REQUEST, req->transaction, buf, cap);
    uint8_t *value = attribute(&b, ATTR_USERNAME, req->username_len);
    if (value)
        memcpy(value, req->username, req->username_len);
    if ((value = attribute(&b, ATTR_PRIORITY, 4)))
        hop_put32(value, req->priority);
    uint16_t role = req->controlling ? ATTR_ICE_CONTROLLING : ATTR_ICE_CONTROLLED;
    if ((value = attribute(&b, role, 8)))
        hop_put64(value, req->tie_breaker);
    if (req->use_candidate)
        attribute(&b, ATTR_USE_CANDIDATE, 0);
    return finish(&b, key);
}

size_t hop_stun_build_success(const uint8_t *transaction, const struct hop_addr *mapped,
                              struct hop_stun_key *key, uint8_t *buf, size_t cap)
{
    struct builder b = begin(HOP_STUN_SUCCESS, transaction, buf, cap);
    size_t ip_len = mapped->family == AF_INET ? 4 : 16;
    uint8_t *value = attribute(&b, ATTR_XOR_MAPPED_ADDRESS, 4 + ip_len);
    if (value) {
        value[0] = 0;
        value[1] = mapped->family == AF_INET ? 1 : 2;
        hop_put16(value + 2, (uint16_t)(mapped->port ^ (MAGIC_COOKIE >> 16)));
        for (size_t i = 0; i < ip_len; i++)
            value[4 + i] = mapped->ip[i] ^ buf[4 + i];
    }
    return finish(&b, key);
}

static const char *reason_phrase(uint16_t code)
{
    switch (code) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthenticated";
    case 420:
        return "Unknown Attribute";
    case 487:
        return "Role Conflict";
    default:
        return "Server Error";
    }
}

size_t hop_stun_build_error(const uint8_t *transaction, uint16_t code, const uint16_t *unknown,
                            size_t n_unknown, struct hop_stun_key *key, uint8_t *buf, size_t cap)
{
    struct builder b = begin(HOP_STUN_ERROR, transaction, buf, cap);
    const char *phrase = reason_phrase(code);
    size_t phrase_len = strlen(phrase);
    uint8_t *value = attribute(&b, ATTR_ERROR_CODE, 4 + phrase_len);
    if (value) {
        hop_put16(value, 0);
        value[2] = (uint8_t)(code / 100);
        value[3] = (uint8_t)(code % 100);
        memcpy(value + 4, phrase, phrase_len);
    }
    if (n_unknown && (value = attribute(&b, ATTR_UNKNOWN_ATTRIBUTES, 2 * n_unknown))) {
        for (size_t i = 0; i < n_unknown; i++)
            hop_put16(value + 2 * i, unknown[i]);
    }
    return finish(&b, key);
}
