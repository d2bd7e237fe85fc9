/* STUN messages as ICE uses them: binding requests, responses and indications, parsed in place and
 * built into a caller's buffer. RFC 8489 (STUN; §14 attributes), RFC 8445 §7.1 (ICE attributes).
 *
 * Sans I/O, no state but a keyed HMAC. Called by media/ice/agent.c and checker.c, and by the worker
 * to find the participant that an unknown address names. A message and a key belong to one thread
 * at a time.
 */
#pragma once

#include "media/base/addr.h"
#include "media/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_STUN_HEADER = 20,
    HOP_STUN_TRANSACTION = 12,
    HOP_STUN_MAX_MESSAGE = 1280, /* bytes of a message that we accept */
    HOP_STUN_MAX_UNKNOWN = 8,    /* unknown comprehension-required attributes remembered */
    HOP_STUN_MAX_BUILT = 700,    /* any message that the builders here make fits in this */
};

enum hop_stun_class {
    HOP_STUN_REQUEST,
    HOP_STUN_INDICATION,
    HOP_STUN_SUCCESS,
    HOP_STUN_ERROR,
};

enum hop_stun_parsed {
    HOP_STUN_OK,
    HOP_STUN_NOT_STUN,  /* first bits, magic cookie or length do not fit */
    HOP_STUN_MALFORMED, /* it claims to be STUN but is not well formed, or its FINGERPRINT is wrong
                         */
};

/* A parsed message. Pointers point into the datagram. An attribute after MESSAGE-INTEGRITY (but
 * FINGERPRINT) is ignored, as is a second one of the same type (RFC 8489 §14). */
struct hop_stun {
    const uint8_t *data; /* the whole message */
    uint16_t len;        /* bytes */
    enum hop_stun_class cls;
    uint16_t method; /* 1: binding; parse accepts others so that they can be refused */
    uint8_t transaction[HOP_STUN_TRANSACTION];
    const char *username; /* not NUL-terminated; NULL: none */
    uint16_t username_len;
    bool has_priority, use_candidate, controlling, controlled;
    bool fingerprint;                       /* FINGERPRINT there and correct */
    uint32_t priority;                      /* PRIORITY */
    uint64_t tie_breaker;                   /* of ICE-CONTROLLING or ICE-CONTROLLED */
    uint16_t integrity_at;                  /* offset of MESSAGE-INTEGRITY's header; 0: none */
    struct hop_addr mapped;                 /* XOR-MAPPED-ADDRESS; family 0: none */
    uint16_t error_code;                    /* 300..699 of an error response; 0: none */
    uint16_t unknown[HOP_STUN_MAX_UNKNOWN]; /* comprehension-required types that we do not know */
    uint8_t n_unknown;
};

/* True if the first byte and the cookie say STUN (RFC 7983, RFC 8489 §5): cheap, for the demux. */
bool hop_stun_is(const uint8_t *data, size_t len);

/* Parses one datagram; it is only read. The result's content is trustworthy only after
 * hop_stun_check(). */
enum hop_stun_parsed hop_stun_parse(const uint8_t *data, size_t len, struct hop_stun *out);

/* Splits USERNAME at the first colon. False: there is none, or it has no colon. The left part is
 * the ufrag of whoever received the request (RFC 8445 §7.2.2). */
bool hop_stun_username_split(const struct hop_stun *msg, const char **receiver,
                             size_t *receiver_len, const char **sender, size_t *sender_len);

/* A short-term credential's password, ready for HMAC-SHA1 (RFC 8489 §9.1). NULL: out of memory. */
struct hop_stun_key;
struct hop_stun_key *hop_stun_key_new(const char *password, size_t len);
void hop_stun_key_free(struct hop_stun_key *key);

/* True if the message has a MESSAGE-INTEGRITY and it fits the key. Does not allocate. */
bool hop_stun_check(const struct hop_stun *msg, struct hop_stun_key *key);

/* ---- building ---------------------------------------------------------------------------------
 * Each writes a whole message with FINGERPRINT, and with MESSAGE-INTEGRITY if key is not NULL, into
 * buf, and returns its bytes; 0 if cap is too small (HOP_STUN_MAX_BUILT always suffices). */

struct hop_stun_request {
    const uint8_t *transaction; /* HOP_STUN_TRANSACTION bytes */
    const char *username;       /* "remote:local", at most 513 bytes (RFC 8489 §14.3) */
    size_t username_len;
    uint32_t priority;
    bool controlling; /* else controlled */
    bool use_candidate;
    uint64_t tie_breaker;
};
size_t hop_stun_build_request(const struct hop_stun_request *req, struct hop_stun_key *key,
                              uint8_t *buf, size_t cap);

/* Success response with XOR-MAPPED-ADDRESS. */
size_t hop_stun_build_success(const uint8_t *transaction, const struct hop_addr *mapped,
                              struct hop_stun_key *key, uint8_t *buf, size_t cap);

/* Error response: 400, 401, 420 (with the unknown attributes), 487 or 500. */
size_t hop_stun_build_error(const uint8_t *transaction, uint16_t code, const uint16_t *unknown,
                            size_t n_unknown, struct hop_stun_key *key, uint8_t *buf, size_t cap);
