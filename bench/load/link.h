/* One PeerConnection of hop-load: ICE (controlling), DTLS, SRTP over the shared socket; what comes
 * is counted and answered with a browser's feedback (recv.c). RFC 8445, 5764, 7983. */
#pragma once

#include "bench/load/recv.h"
#include "bench/load/world.h"
#include "media/ice/checker.h"
#include "media/srtp/srtp.h"
#include "tests/client/transport.h"

struct hop_load_link {
    struct hop_load_world *world;
    uint32_t index; /* in world->links; its address */
    char ufrag[9], pwd[25];
    struct hop_checker *checker;
    struct hop_dtls *dtls;
    struct hop_srtp *srtp; /* NULL: not connected */
    bool dtls_client, has_path, failed;
    struct hop_client_remote remote;
    struct hop_path path;
    struct hop_load_timer timer;
    uint16_t loss_permille; /* of what arrives */
    uint16_t twcc_seq;      /* next transport-wide number of what we send */
    int64_t connected_us;
    struct hop_load_receiver receiver;

    void (*connected)(void *ctx);
    /* Feedback about what we send: NACK, PLI, FIR. */
    void (*feedback)(void *ctx, const struct hop_rtcp_fb *fb);
    void *ctx;
};

/* -ENOMEM */
int hop_load_link_new(struct hop_load_world *world, struct hop_load_link **out);
void hop_load_link_free(struct hop_load_link *link); /* NULL-safe */
/* The other side's description is there. 0 or -EINVAL: no candidate that could be used. */
int hop_load_link_start(struct hop_load_link *link, const struct hop_client_remote *remote,
                        bool dtls_client);
/* Own description for SDP: "AB:CD…". */
const char *hop_load_link_fingerprint(const struct hop_load_link *link);

/* One plain packet that was written into hop_load_net_slot(): protected and appended. False: not
 * connected. */
bool hop_load_link_send(struct hop_load_link *link, uint8_t *slot, size_t len, bool rtcp);
/* close_notify. */
void hop_load_link_close(struct hop_load_link *link);
/* What the socket has, for everybody. */
void hop_load_links_receive(struct hop_load_world *world);
