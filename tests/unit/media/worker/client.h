/* A participant's end of the line for the worker's tests: a controlling ICE agent, a DTLS client
 * and SRTP over real loopback sockets, UDP or TCP. The test drives it with client_turn(). */
#pragma once

#include "media/base/bytes.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/dtls/dtls.h"
#include "media/ice/checker.h"
#include "media/ice/framing.h"
#include "media/net/tcp.h"
#include "media/net/udp.h"
#include "media/srtp/srtp.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLIENT_KEPT = 256, CLIENT_PACKET = 1600 };

struct client_packet {
    size_t len;
    bool rtcp;
    uint8_t data[CLIENT_PACKET];
};

struct client {
    struct hop_dtls_cert *cert;
    struct hop_checker *checker;
    struct hop_dtls *dtls;
    struct hop_srtp *srtp;
    struct hop_udp *udp;
    struct hop_udp_inbox *inbox;
    struct hop_tcp_conn *tcp;
    struct hop_framing framing;
    struct hop_path path; /* to the relay */
    char ufrag[9], pwd[25];
    bool dtls_started;
    bool tcp_closed;                        /* by the relay */
    struct client_packet kept[CLIENT_KEPT]; /* plain packets that came, oldest first */
    size_t n_kept;
    size_t n_bad; /* packets that did not unprotect */
};

static inline void client_credentials(struct client *c)
{
    hop_random_ice_chars(c->ufrag, 8);
    hop_random_ice_chars(c->pwd, 24);
}

/* What signaling would make of the client's offer. */
static inline void client_describe(const struct client *c, struct hop_peer_desc *desc)
{
    memcpy(desc->remote_ufrag, c->ufrag, sizeof(c->ufrag));
    memcpy(desc->remote_pwd, c->pwd, sizeof(c->pwd));
    memcpy(desc->fingerprint_hash, "sha-256", 8);
    desc->fingerprint_len =
        (uint8_t)hop_dtls_fingerprint_parse(hop_dtls_cert_fingerprint(c->cert), desc->fingerprint);
    assert_int_equal(desc->fingerprint_len, 32);
}

static inline struct client *client_new(void)
{
    struct client *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    assert_int_equal(hop_dtls_cert_new(&c->cert), 0);
    assert_int_equal(hop_udp_inbox_new(&c->inbox), 0);
    client_credentials(c);
    return c;
}

static inline void client_free(struct client *c)
{
    if (!c)
        return;
    hop_checker_free(c->checker);
    hop_dtls_free(c->dtls);
    hop_srtp_free(c->srtp);
    hop_dtls_cert_free(c->cert);
    hop_udp_close(c->udp);
    hop_udp_inbox_free(c->inbox);
    hop_tcp_close(c->tcp);
    free(c);
}

static inline const struct hop_candidate *candidate_of(const struct hop_peer_local *local, bool tcp)
{
    for (uint8_t i = 0; i < local->n_candidates; i++)
        if (local->candidates[i].tcp == tcp)
            return &local->candidates[i];
    fail_msg("no such candidate");
    return NULL;
}

/* A new local port towards the relay's candidate. */
static inline void client_open(struct client *c, const struct hop_candidate *candidate)
{
    c->path = (struct hop_path){ .tcp = candidate->tcp, .remote = candidate->addr };
    if (candidate->tcp) {
        assert_int_equal(hop_tcp_connect(&candidate->addr, &c->tcp), 0);
        return;
    }
    struct hop_addr any = candidate->addr;
    any.port = 0;
    hop_udp_close(c->udp);
    assert_int_equal(hop_udp_open(&any, 1 << 20, &c->udp), 0);
}

/* Begins checks on the open socket with the relay's credentials. */
static inline void client_check(struct client *c, const struct hop_peer_local *local,
                                const char *password)
{
    struct hop_checker_config config = { .local_ufrag = c->ufrag,
                                         .local_pwd = c->pwd,
                                         .remote_ufrag = local->ufrag,
                                         .remote_pwd = password,
                                         .tie_breaker = 1,
                                         .rto_us = 50000,
                                         .consent_us = 200000 };
    hop_checker_free(c->checker);
    assert_int_equal(hop_checker_new(&config, &c->checker), 0);
    assert_int_equal(hop_checker_add(c->checker, &c->path, 1), 0);
}

static inline void client_dtls(struct client *c, const char *relay_fingerprint)
{
    uint8_t digest[HOP_MAX_FINGERPRINT];
    struct hop_dtls_config config = { .cert = c->cert,
                                      .role = HOP_DTLS_CLIENT,
                                      .fingerprint_hash = "sha-256",
                                      .fingerprint = digest,
                                      .fingerprint_len =
                                          hop_dtls_fingerprint_parse(relay_fingerprint, digest) };
    assert_int_equal(hop_dtls_new(&config, hop_now_us(), &c->dtls), 0);
}

/* ---- sending --------------------------------------------------------------------------------- */

static inline void client_send(struct client *c, const uint8_t *data, size_t len)
{
    if (c->path.tcp) {
        uint8_t head[HOP_FRAMING_HEADER];
        hop_framing_write(head, len);
        assert_int_equal(hop_tcp_queue(c->tcp, head, sizeof(head), data, len, HOP_MAX_TCP_QUEUE),
                         0);
        hop_tcp_flush(c->tcp);
        return;
    }
    struct hop_udp_message m = { .data = data, .len = len, .to = &c->path.remote };
    assert_int_equal(hop_udp_send(c->udp, &m, 1), 1);
}

static inline size_t client_protect(struct client *c, bool rtcp, const uint8_t *plain, size_t len,
                                    uint8_t out[CLIENT_PACKET])
{
    memcpy(out, plain, len);
    enum hop_srtp_verdict v = rtcp ? hop_srtp_protect_rtcp(c->srtp, out, &len, CLIENT_PACKET)
                                   : hop_srtp_protect_rtp(c->srtp, out, &len, CLIENT_PACKET);
    assert_int_equal(v, HOP_SRTP_OK);
    return len;
}

static inline void client_send_plain(struct client *c, const uint8_t *plain, size_t len)
{
    uint8_t packet[CLIENT_PACKET];
    client_send(c, packet, client_protect(c, false, plain, len, packet));
}

static inline void client_send_rtp(struct client *c, uint32_t ssrc, uint8_t pt, uint16_t seq,
                                   uint32_t timestamp, const uint8_t *payload, size_t len)
{
    uint8_t plain[CLIENT_PACKET] = { 0x80, pt };
    hop_put16(plain + 2, seq);
    hop_put32(plain + 4, timestamp);
    hop_put32(plain + 8, ssrc);
    memcpy(plain + 12, payload, len);
    client_send_plain(c, plain, 12 + len);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static inline void client_keep(struct client *c, const uint8_t *data, size_t len, bool rtcp)
{
    uint8_t plain[CLIENT_PACKET];
    memcpy(plain, data, len);
    enum hop_srtp_verdict v = rtcp ? hop_srtp_unprotect_rtcp(c->srtp, plain, &len)
                                   : hop_srtp_unprotect_rtp(c->srtp, plain, &len);
    if (v != HOP_SRTP_OK) {
        c->n_bad++;
        return;
    }
    if (c->n_kept == CLIENT_KEPT)
        return;
    struct client_packet *p = &c->kept[c->n_kept++];
    p->len = len;
    p->rtcp = rtcp;
    memcpy(p->data, plain, len);
}

static inline void client_take(struct client *c, const uint8_t *data, size_t len, int64_t now_us)
{
    uint8_t answer[HOP_STUN_MAX_BUILT];
    if (len == 0)
        return;
    if (data[0] <= 3 && c->checker) {
        size_t n = hop_checker_receive(c->checker, &c->path, data, len, now_us, answer);
        if (n > 0)
            client_send(c, answer, n);
    } else if (data[0] >= 20 && data[0] <= 63 && c->dtls) {
        hop_dtls_receive(c->dtls, data, len, now_us);
    } else if (data[0] >= 128 && c->srtp) {
        client_keep(c, data, len, data[1] >= 192 && data[1] <= 223);
    }
}

static inline void client_read_tcp(struct client *c, int64_t now_us)
{
    uint8_t chunk[4096];
    ssize_t n;
    while ((n = hop_tcp_recv(c->tcp, chunk, sizeof(chunk))) > 0) {
        const uint8_t *data = chunk;
        size_t len = (size_t)n, frame_len;
        uint8_t *frame;
        while (hop_framing_read(&c->framing, &data, &len, &frame, &frame_len) == HOP_FRAMING_FRAME)
            client_take(c, frame, frame_len, now_us);
    }
    if (n != -EAGAIN)
        c->tcp_closed = true;
}

static inline void client_read(struct client *c, int64_t now_us)
{
    struct hop_udp_datagram *got;
    if (c->path.tcp) {
        if (!c->tcp_closed)
            client_read_tcp(c, now_us);
        return;
    }
    for (size_t n; (n = hop_udp_recv(c->udp, c->inbox, &got)) > 0;)
        for (size_t i = 0; i < n; i++)
            client_take(c, got[i].data, got[i].len, now_us);
}

static inline void client_dtls_turn(struct client *c, int64_t now_us)
{
    uint8_t buf[HOP_MTU];
    struct hop_srtp_keys keys;
    if (!c->dtls_started && hop_checker_state(c->checker) == HOP_CHECKER_CONNECTED) {
        hop_dtls_start(c->dtls, now_us);
        c->dtls_started = true;
    }
    if (hop_dtls_deadline(c->dtls, now_us) <= now_us)
        hop_dtls_timeout(c->dtls, now_us);
    for (size_t n; (n = hop_dtls_next(c->dtls, buf)) > 0;)
        client_send(c, buf, n);
    if (!c->srtp && hop_dtls_take_keys(c->dtls, &keys))
        assert_int_equal(hop_srtp_new(&keys, &c->srtp), 0);
}

/* Does what is due: reads, checks, handshakes. */
static inline void client_turn(struct client *c)
{
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_path path;
    int64_t now_us = hop_now_us();
    client_read(c, now_us);
    if (c->checker)
        for (size_t n; (n = hop_checker_next(c->checker, now_us, &path, buf)) > 0;)
            if (!c->tcp_closed)
                client_send(c, buf, n);
    if (c->dtls && c->checker)
        client_dtls_turn(c, now_us);
    if (c->tcp && !c->tcp_closed && hop_tcp_flush(c->tcp) != 0)
        c->tcp_closed = true;
}

static inline int client_fd(const struct client *c)
{
    return c->path.tcp ? hop_tcp_fd(c->tcp) : hop_udp_fd(c->udp);
}

/* How many RTP packets of that SSRC came. */
static inline size_t client_count(const struct client *c, uint32_t ssrc)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_kept; i++)
        n += !c->kept[i].rtcp && hop_get32(c->kept[i].data + 8) == ssrc;
    return n;
}
