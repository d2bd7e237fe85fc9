/* DTLS 1.2 that ends in SRTP keys: RFC 6347, RFC 5764 (use_srtp, exporter), RFC 8122
 * (fingerprints), RFC 8827 §6.5 (what WebRTC asks of it). On OpenSSL.
 *
 * Sans I/O: datagrams go in, datagrams of at most HOP_MTU bytes come out. Called by the worker
 * (server role) and the native client, one instance on one thread; the certificate is shared and
 * immutable. The handshake limit follows the `now_us` that is passed in; OpenSSL's retransmission
 * timer reads the real clock, so hop_dtls_deadline() is only as virtual as OpenSSL allows.
 *
 * An OpenSSL connection holds 60 kB. It is freed the moment the keys are exported; what may still
 * have to be answered (the peer lost our last flight) and said (close_notify) is kept as a few
 * hundred ready bytes, and a close_notify of the peer is verified with the bare record keys.
 */
#pragma once

#include "media/base/srtp_keys.h"
#include "media/base/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOP_DTLS_HANDSHAKE_US ((int64_t)30000000) /* from hop_dtls_start() to the keys */

enum { HOP_DTLS_FINGERPRINT_TEXT = 3 * 64 };

/* An own P-256 key and self-signed certificate, made at start. Any thread once made. */
struct hop_dtls_cert;
/* -ENOMEM, -EIO (OpenSSL refused). */
int hop_dtls_cert_new(struct hop_dtls_cert **out);
void hop_dtls_cert_free(struct hop_dtls_cert *cert); /* after all that use it */
/* "AB:CD:…", SHA-256, the value behind `a=fingerprint:sha-256 `. */
const char *hop_dtls_cert_fingerprint(const struct hop_dtls_cert *cert);

/* Parses "AB:CD:…" (RFC 8122 §5) into at most HOP_MAX_FINGERPRINT bytes. Returns the length, 0 if
 * it is malformed. */
size_t hop_dtls_fingerprint_parse(const char *text, uint8_t out[HOP_MAX_FINGERPRINT]);

enum hop_dtls_role { HOP_DTLS_SERVER, HOP_DTLS_CLIENT };

enum hop_dtls_state {
    HOP_DTLS_HANDSHAKE,
    HOP_DTLS_CONNECTED, /* keys are there */
    HOP_DTLS_CLOSED,    /* the peer said close_notify, or we did */
    HOP_DTLS_FAILED,    /* see hop_dtls_error() */
};

enum hop_dtls_error {
    HOP_DTLS_ERROR_NONE,
    HOP_DTLS_ERROR_FINGERPRINT, /* the certificate is not the one that signaling announced */
    HOP_DTLS_ERROR_NO_PROFILE,  /* no common SRTP profile, or no use_srtp at all */
    HOP_DTLS_ERROR_TIMEOUT,     /* HOP_DTLS_HANDSHAKE_US passed */
    HOP_DTLS_ERROR_ALERT,       /* the peer gave up with a fatal alert */
    HOP_DTLS_ERROR_PROTOCOL,    /* anything else that OpenSSL would not take */
};
const char *hop_dtls_error_name(enum hop_dtls_error error); /* "fingerprint", … for logs */

struct hop_dtls;

struct hop_dtls_config {
    const struct hop_dtls_cert *cert; /* must outlive the connection */
    enum hop_dtls_role role;
    const char *fingerprint_hash; /* "sha-256", "sha-384", "sha-512"; of the peer's certificate */
    const uint8_t *fingerprint;   /* copied */
    size_t fingerprint_len;
    const char *srtp_profiles; /* OpenSSL's names, preferred first; NULL: hop's own list */
    uint32_t first_timeout_us; /* first retransmission, doubling up to 3 s; 0: 100 ms */
};

/* -EINVAL (unknown hash, wrong length), -ENOMEM. Server: costs nothing until a datagram comes. */
int hop_dtls_new(const struct hop_dtls_config *config, int64_t now_us, struct hop_dtls **out);
void hop_dtls_free(struct hop_dtls *dtls);

/* The client sends its first flight. The server's clock for HOP_DTLS_HANDSHAKE_US starts (call it
 * when ICE has its first path), else with the first datagram. */
void hop_dtls_start(struct hop_dtls *dtls, int64_t now_us);

/* One datagram of records (first byte 20..63, RFC 7983). Garbage is ignored. The datagram is only
 * read. Afterwards look at the state and take out what is to be sent. */
enum hop_dtls_state hop_dtls_receive(struct hop_dtls *dtls, const uint8_t *data, size_t len,
                                     int64_t now_us);

/* The next datagram to send, at most HOP_MTU bytes; 0: none. Call until 0 after each of the other
 * functions. buf has room for HOP_MTU. */
size_t hop_dtls_next(struct hop_dtls *dtls, uint8_t *buf);

/* When hop_dtls_timeout() wants to be called (absolute); INT64_MAX: not at all. */
int64_t hop_dtls_deadline(const struct hop_dtls *dtls, int64_t now_us);
enum hop_dtls_state hop_dtls_timeout(struct hop_dtls *dtls, int64_t now_us);

enum hop_dtls_state hop_dtls_state(const struct hop_dtls *dtls);
enum hop_dtls_error hop_dtls_error(const struct hop_dtls *dtls);

/* Once connected: copies the keys out and wipes them inside; false afterwards and before. */
bool hop_dtls_take_keys(struct hop_dtls *dtls, struct hop_srtp_keys *out);

/* Says close_notify (if the handshake was done) with the next hop_dtls_next(). */
void hop_dtls_close(struct hop_dtls *dtls);
