/* modules: hop_media_worker */
/* The worker's way in, stateful: a run of datagrams from a stranger, from a participant's proven
 * address, and on TCP connections that nobody has, into the real ICE, DTLS and SRTP of a worker
 * whose thread does not run. Input: per datagram one byte of origin, one of length / 4, then the
 * bytes. */
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/worker/state.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 7, PEER = 5 };

static struct hop_dtls_cert *cert;

static void nothing(void *ctx)
{
    (void)ctx;
}

static struct hop_worker *new_worker(void)
{
    struct hop_addr local;
    struct hop_udp *udp;
    struct hop_worker *w;
    hop_log_configure("error");
    if (hop_addr_parse("127.0.0.1", 0, &local) != 0 || hop_udp_open(&local, 65536, &udp) != 0 ||
        hop_dtls_cert_new(&cert) != 0)
        abort();
    struct hop_worker_config config = {
        .udp = &udp, .n_udp = 1, .unproven_us = 1000000, .news = nothing
    };
    if (hop_worker_new(&config, &w) != 0)
        abort();
    w->now_us = hop_now_us();
    hop_worker_room_add(w, ROOM);
    return w;
}

static void add_peer(struct hop_worker *w, const struct hop_addr *proven)
{
    struct hop_worker_peer_spec spec = { .desc = { .remote_ufrag = "abcd",
                                                   .remote_pwd = "password",
                                                   .fingerprint_hash = "sha-256",
                                                   .fingerprint_len = 32,
                                                   .allowed = HOP_SOURCE_ALL } };
    struct hop_transport_config tc = { .cert = cert,
                                       .desc = &spec.desc,
                                       .local_ufrag =
                                           "FAAlocalufra", /* names index 5 under key 0 */
                                       .local_pwd = "a-password-of-22-chars",
                                       .timeout_us = 30000000 };
    if (hop_transport_new(&tc, w->now_us, &spec.transport) != 0)
        abort();
    hop_worker_peer_add(w, hop_worker_room_find(w, ROOM), PEER, &spec);
    if (!hop_worker_peer_find(w, PEER) || hop_addrmap_put(w->addresses, proven, 0, PEER) != 0)
        abort();
}

static void turn(struct hop_worker *w)
{
    struct hop_media_event event;
    w->now_us += 20000;
    hop_worker_peers_tick(w);
    hop_worker_rooms_tick(w);
    hop_worker_conns_flush(w);
    hop_worker_tx_flush(&w->tx);
    hop_worker_report_pending(w);
    while (hop_worker_take_event(w, &event))
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hop_worker *w;
    struct hop_addr known, strange;
    if (!w)
        w = new_worker();
    /* Port 9 of ours discards what is answered. */
    if (hop_addr_parse("127.0.0.1", 9, &known) != 0 ||
        hop_addr_parse("127.0.0.2", 9, &strange) != 0)
        abort();
    add_peer(w, &known);
    for (const uint8_t *end = data + size; end - data >= 2;) {
        struct hop_path path = { .remote = data[0] & 1 ? known : strange };
        path.tcp = (data[0] & 6) == 6;
        path.tcp_conn = data[0];
        size_t len = (size_t)data[1] * 4;
        data += 2;
        if (len > (size_t)(end - data))
            len = (size_t)(end - data);
        uint8_t datagram[HOP_UDP_RX_BYTES];
        memcpy(datagram, data, len);
        data += len;
        hop_worker_receive(w, &path, datagram, len);
        turn(w);
    }
    hop_worker_peer_remove(w, hop_worker_peer_find(w, PEER));
    turn(w);
    return 0;
}
