/* The native client's media line: sockets, ICE (controlling), DTLS (client), SRTP; plain RTP and
 * RTCP above. One per RTCPeerConnection-like life; an ICE restart keeps it. The loop's thread. */
#pragma once

#include "media/base/types.h"
#include "tests/client/loop.h"

struct hop_client_transport;

struct hop_client_transport_ops {
    /* One unprotected packet; may be changed in place. */
    void (*rtp)(void *ctx, uint8_t *packet, size_t len, int64_t now_us);
    void (*rtcp)(void *ctx, const uint8_t *packet, size_t len, int64_t now_us);
    void (*connected)(void *ctx, int64_t now_us); /* SRTP keys are there */
};

enum hop_client_line {
    HOP_CLIENT_LINE_NONE, /* no answer yet */
    HOP_CLIENT_LINE_CHECKING,
    HOP_CLIENT_LINE_HANDSHAKE,
    HOP_CLIENT_LINE_CONNECTED,
    HOP_CLIENT_LINE_FAILED, /* see hop_client_transport_why() */
    HOP_CLIENT_LINE_CLOSED, /* the server said close_notify */
};

struct hop_client_transport_config {
    bool tcp;                  /* use the TCP candidates, else the UDP ones */
    struct hop_addr local;     /* to bind UDP sockets to; family 0: any */
    const char *srtp_profiles; /* OpenSSL's names; NULL: all */
    bool aggressive;           /* ICE: nominate with the first check */
    bool wrong_fingerprint;    /* the offer names another certificate than the one shown */
    bool silent;               /* never sends anything: a client that does not answer */
    bool no_dtls;              /* ICE only */
    uint16_t rx_loss_permille; /* packets thrown away on arrival, SRTP only */
    uint16_t tx_loss_permille;
};

/* What the transport needs of an answer. */
struct hop_client_remote {
    char ufrag[HOP_MAX_UFRAG + 1], pwd[HOP_MAX_PWD + 1];
    char fingerprint_hash[16];
    uint8_t fingerprint[HOP_MAX_FINGERPRINT];
    size_t fingerprint_len;
    struct hop_candidate candidates[HOP_MAX_CANDIDATES];
    size_t n_candidates;
};

struct hop_client_credentials {
    char ufrag[9], pwd[25];
    char fingerprint[3 * 64]; /* sha-256, of the offer */
};

int hop_client_transport_new(struct hop_client_loop *loop,
                             const struct hop_client_transport_config *config,
                             const struct hop_client_transport_ops *ops, void *ctx,
                             struct hop_client_transport **out);
void hop_client_transport_free(struct hop_client_transport *t);

/* What to put into the next offer. With `restart` new ICE credentials are made; they are used from
 * the next hop_client_transport_answer() on. */
const struct hop_client_credentials *hop_client_transport_offer(struct hop_client_transport *t,
                                                                bool restart);
/* The answer is there: begins (or restarts) ICE. `new_socket`: from another local port, as after a
 * change of network; the old one is closed. 0, -EINVAL (no usable candidate), or a socket's errno.
 */
int hop_client_transport_answer(struct hop_client_transport *t,
                                const struct hop_client_remote *remote, bool new_socket);

/* Protects and sends one packet in place; false: not connected, or the socket would not. */
bool hop_client_transport_send_rtp(struct hop_client_transport *t, uint8_t *packet, size_t len,
                                   size_t cap);
bool hop_client_transport_send_rtcp(struct hop_client_transport *t, uint8_t *packet, size_t len,
                                    size_t cap);

enum hop_client_line hop_client_transport_state(const struct hop_client_transport *t);
const char *hop_client_transport_why(const struct hop_client_transport *t); /* "" unless failed */
enum hop_srtp_profile hop_client_transport_profile(const struct hop_client_transport *t);

/* close_notify. */
void hop_client_transport_close(struct hop_client_transport *t);

/* ---- misbehaviour -----------------------------------------------------------------------------
 */

/* Bytes as they are, over the line in use. */
bool hop_client_transport_send_raw(struct hop_client_transport *t, const uint8_t *data, size_t len);
/* The last protected RTP packet that was sent; returns its length. */
size_t hop_client_transport_last(const struct hop_client_transport *t, uint8_t *buf, size_t cap);
/* Sends and answers nothing at all: a client that vanished. */
void hop_client_transport_set_silent(struct hop_client_transport *t, bool silent);
void hop_client_transport_set_loss(struct hop_client_transport *t, uint16_t rx_permille,
                                   uint16_t tx_permille);
/* Local address of the UDP socket in use; family 0: none. */
struct hop_addr hop_client_transport_local(const struct hop_client_transport *t);
/* Remote address in use; family 0: none. */
struct hop_addr hop_client_transport_remote(const struct hop_client_transport *t);
