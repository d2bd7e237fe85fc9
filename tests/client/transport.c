/* See transport.h. RFC 8445 (ICE), RFC 6544 and 4571 (over TCP), RFC 5764 (DTLS-SRTP), RFC 7983
 * (demultiplexing). */
#include "tests/client/transport.h"

#include "media/base/path.h"
#include "media/base/random.h"
#include "media/dtls/dtls.h"
#include "media/ice/checker.h"
#include "media/ice/framing.h"
#include "media/net/tcp.h"
#include "media/net/udp.h"
#include "media/srtp/srtp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_UDP = 2 /* IPv4, IPv6 */, UDP_BUFFER = 1 << 20, TCP_CHUNK = 16384 };

struct udp_socket {
    struct hop_client_transport *t;
    struct hop_udp *udp;
    struct hop_client_watch watch;
    uint16_t index; /* the path's name; never the same twice */
};

struct tcp_line {
    struct hop_client_transport *t;
    struct hop_tcp_conn *conn;
    struct hop_client_watch watch;
    struct hop_path path;
    struct hop_framing *framing;
    uint32_t priority;
    bool up;
};

struct hop_client_transport {
    struct hop_client_loop *loop;
    struct hop_client_transport_config config;
    const struct hop_client_transport_ops *ops;
    void *ctx;
    struct hop_client_timer timer;
    struct udp_socket udp[MAX_UDP];
    uint16_t next_index;
    struct tcp_line tcp[HOP_MAX_CANDIDATES];
    size_t n_tcp;
    uint32_t next_conn;
    struct hop_dtls_cert *cert;
    struct hop_client_credentials credentials;
    struct hop_checker *checker;
    struct hop_dtls *dtls;
    struct hop_srtp *srtp;
    enum hop_srtp_profile profile;
    struct hop_path path; /* in use; has_path */
    bool has_path, silent;
    const char *why;
    struct hop_client_remote remote;
    uint8_t last[HOP_MAX_DATAGRAM + HOP_SRTP_OVERHEAD];
    size_t last_len;
};

/* ---- datagrams out --------------------------------------------------------------------------- */

static bool send_udp(struct hop_client_transport *t, const struct hop_path *path,
                     const uint8_t *data, size_t len)
{
    for (int i = 0; i < MAX_UDP; i++) {
        if (!t->udp[i].udp || t->udp[i].index != path->socket)
            continue;
        struct hop_udp_message m = { .data = data, .len = len, .to = &path->remote };
        return hop_udp_send(t->udp[i].udp, &m, 1) == 1;
    }
    return false;
}

static void tcp_flush(struct tcp_line *line)
{
    if (hop_tcp_flush(line->conn) != 0)
        return; /* reading will say so too */
    bool waits = hop_tcp_queued(line->conn) > 0;
    hop_client_loop_rewatch(line->t->loop, &line->watch, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static bool send_tcp(struct hop_client_transport *t, const struct hop_path *path,
                     const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < t->n_tcp; i++) {
        struct tcp_line *line = &t->tcp[i];
        if (!line->conn || !line->up || line->path.tcp_conn != path->tcp_conn)
            continue;
        uint8_t head[HOP_FRAMING_HEADER];
        hop_framing_write(head, len);
        if (hop_tcp_queue(line->conn, head, sizeof(head), data, len, HOP_MAX_TCP_QUEUE) != 0)
            return false;
        tcp_flush(line);
        return true;
    }
    return false;
}

static bool send_on(struct hop_client_transport *t, const struct hop_path *path,
                    const uint8_t *data, size_t len)
{
    if (t->silent)
        return false;
    return path->tcp ? send_tcp(t, path, data, len) : send_udp(t, path, data, len);
}

static bool lost(uint16_t permille)
{
    return permille && hop_random32() % 1000 < permille;
}

/* ---- the handshakes -------------------------------------------------------------------------- */

static void fail(struct hop_client_transport *t, const char *why)
{
    if (!t->why)
        t->why = why;
}

static void flush_dtls(struct hop_client_transport *t)
{
    uint8_t buf[HOP_MTU];
    size_t len;
    while (t->dtls && (len = hop_dtls_next(t->dtls, buf)) > 0) {
        if (t->has_path)
            send_on(t, &t->path, buf, len);
    }
}

static void after_dtls(struct hop_client_transport *t, int64_t now_us)
{
    struct hop_srtp_keys keys;
    flush_dtls(t);
    if (hop_dtls_state(t->dtls) == HOP_DTLS_FAILED)
        fail(t, hop_dtls_error_name(hop_dtls_error(t->dtls)));
    if (!hop_dtls_take_keys(t->dtls, &keys))
        return;
    if (hop_srtp_new(&keys, &t->srtp) == 0) {
        t->profile = keys.profile;
        t->ops->connected(t->ctx, now_us);
    } else {
        fail(t, "srtp");
    }
    explicit_bzero(&keys, sizeof(keys));
}

static void start_dtls(struct hop_client_transport *t, int64_t now_us)
{
    struct hop_dtls_config config = {
        .cert = t->cert,
        .role = HOP_DTLS_CLIENT,
        .fingerprint_hash = t->remote.fingerprint_hash,
        .fingerprint = t->remote.fingerprint,
        .fingerprint_len = t->remote.fingerprint_len,
        .srtp_profiles = t->config.srtp_profiles,
    };
    if (hop_dtls_new(&config, now_us, &t->dtls) != 0) {
        fail(t, "dtls");
        return;
    }
    hop_dtls_start(t->dtls, now_us);
    after_dtls(t, now_us);
}

static void run_ice(struct hop_client_transport *t, int64_t now_us)
{
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_path to;
    size_t len;
    while ((len = hop_checker_next(t->checker, now_us, &to, buf)) > 0)
        send_on(t, &to, buf, len);
    const struct hop_path *selected = hop_checker_selected(t->checker);
    if (selected && hop_checker_state(t->checker) == HOP_CHECKER_CONNECTED) {
        t->path = *selected;
        t->has_path = true;
    }
    if (hop_checker_state(t->checker) == HOP_CHECKER_FAILED)
        fail(t, "ice");
    if (hop_checker_state(t->checker) == HOP_CHECKER_LOST)
        fail(t, "consent");
    if (t->has_path && !t->dtls && !t->config.no_dtls)
        start_dtls(t, now_us);
}

static void schedule(struct hop_client_transport *t, int64_t now_us)
{
    int64_t due = t->checker ? hop_checker_deadline(t->checker) : INT64_MAX;
    int64_t dtls = t->dtls ? hop_dtls_deadline(t->dtls, now_us) : INT64_MAX;
    t->timer.due_us = t->why ? INT64_MAX : dtls < due ? dtls : due;
}

static void on_timer(void *ctx, int64_t now_us)
{
    struct hop_client_transport *t = ctx;
    if (t->checker)
        run_ice(t, now_us);
    if (t->dtls && hop_dtls_deadline(t->dtls, now_us) <= now_us) {
        hop_dtls_timeout(t->dtls, now_us);
        after_dtls(t, now_us);
    }
    schedule(t, now_us);
}

/* ---- datagrams in ---------------------------------------------------------------------------- */

static void take_stun(struct hop_client_transport *t, const struct hop_path *path,
                      const uint8_t *data, size_t len, int64_t now_us)
{
    uint8_t answer[HOP_STUN_MAX_BUILT];
    if (!t->checker)
        return;
    size_t n = hop_checker_receive(t->checker, path, data, len, now_us, answer);
    if (n)
        send_on(t, path, answer, n);
    run_ice(t, now_us);
}

static void take_srtp(struct hop_client_transport *t, uint8_t *data, size_t len, int64_t now_us)
{
    if (!t->srtp || lost(t->config.rx_loss_permille))
        return;
    /* RFC 5761 §4: RTCP's packet types, seen as RTP, are 64..95 */
    bool rtcp = len >= 2 && (data[1] & 0x7f) >= 64 && (data[1] & 0x7f) <= 95;
    if (rtcp) {
        if (hop_srtp_unprotect_rtcp(t->srtp, data, &len) == HOP_SRTP_OK)
            t->ops->rtcp(t->ctx, data, len, now_us);
    } else if (hop_srtp_unprotect_rtp(t->srtp, data, &len) == HOP_SRTP_OK) {
        t->ops->rtp(t->ctx, data, len, now_us);
    }
}

static void take(struct hop_client_transport *t, const struct hop_path *path, uint8_t *data,
                 size_t len)
{
    int64_t now_us = hop_client_loop_now(t->loop);
    if (len == 0 || t->silent)
        return;
    if (data[0] < 4) {
        take_stun(t, path, data, len, now_us);
    } else if (data[0] >= 20 && data[0] < 64) {
        if (t->dtls) {
            hop_dtls_receive(t->dtls, data, len, now_us);
            after_dtls(t, now_us);
        }
    } else if (data[0] >= 128 && data[0] < 192) {
        take_srtp(t, data, len, now_us);
        return; /* no timer has changed */
    }
    schedule(t, now_us);
}

static void on_udp(void *ctx, uint32_t events)
{
    struct udp_socket *s = ctx;
    struct hop_udp_datagram *d;
    (void)events;
    size_t n = hop_udp_recv(s->udp, hop_client_loop_inbox(s->t->loop), &d);
    for (size_t i = 0; i < n; i++) {
        struct hop_path path = { .socket = s->index, .remote = d[i].from };
        take(s->t, &path, d[i].data, d[i].len);
    }
}

static void tcp_lost(struct tcp_line *line)
{
    struct hop_client_transport *t = line->t;
    hop_client_loop_unwatch(t->loop, &line->watch);
    hop_tcp_close(line->conn);
    line->conn = NULL;
    if (t->has_path && hop_path_equal(&t->path, &line->path))
        t->has_path = false;
}

static void on_tcp(void *ctx, uint32_t events)
{
    struct tcp_line *line = ctx;
    uint8_t chunk[TCP_CHUNK];
    if (!line->up && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
        line->up = true;
        hop_checker_add(line->t->checker, &line->path, line->priority);
        line->t->timer.due_us = 0;
    }
    if (line->up)
        tcp_flush(line);
    ssize_t n = hop_tcp_recv(line->conn, chunk, sizeof(chunk));
    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        tcp_lost(line);
        return;
    }
    const uint8_t *data = chunk;
    size_t len = (size_t)n, frame_len;
    uint8_t *frame;
    while (line->conn &&
           hop_framing_read(line->framing, &data, &len, &frame, &frame_len) == HOP_FRAMING_FRAME)
        take(line->t, &line->path, frame, frame_len);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void close_udp(struct hop_client_transport *t)
{
    for (int i = 0; i < MAX_UDP; i++) {
        if (!t->udp[i].udp)
            continue;
        hop_client_loop_unwatch(t->loop, &t->udp[i].watch);
        hop_udp_close(t->udp[i].udp);
        t->udp[i].udp = NULL;
    }
}

static void close_tcp(struct hop_client_transport *t)
{
    for (size_t i = 0; i < t->n_tcp; i++) {
        if (t->tcp[i].conn)
            tcp_lost(&t->tcp[i]);
        free(t->tcp[i].framing);
    }
    t->n_tcp = 0;
}

/* The socket for that family, opened when it is first needed. */
static struct udp_socket *udp_for(struct hop_client_transport *t, uint8_t family)
{
    struct udp_socket *s = &t->udp[family == AF_INET6];
    if (s->udp)
        return s;
    struct hop_addr local = t->config.local;
    if (local.family == 0)
        local = (struct hop_addr){ .family = family };
    if (local.family != family || hop_udp_open(&local, UDP_BUFFER, &s->udp) != 0)
        return NULL;
    s->t = t;
    s->index = t->next_index++;
    s->watch = (struct hop_client_watch){ .fd = hop_udp_fd(s->udp), .ready = on_udp, .ctx = s };
    hop_client_loop_watch(t->loop, &s->watch, EPOLLIN);
    return s;
}

static bool add_udp(struct hop_client_transport *t, const struct hop_candidate *c)
{
    struct udp_socket *s = udp_for(t, c->addr.family);
    if (!s)
        return false;
    struct hop_path path = { .socket = s->index, .remote = c->addr };
    return hop_checker_add(t->checker, &path, c->priority) == 0;
}

static bool add_tcp(struct hop_client_transport *t, const struct hop_candidate *c)
{
    if (t->n_tcp == HOP_MAX_CANDIDATES)
        return false;
    struct tcp_line *line = &t->tcp[t->n_tcp];
    *line = (struct tcp_line){ .t = t, .priority = c->priority };
    line->framing = calloc(1, sizeof(*line->framing));
    if (!line->framing || hop_tcp_connect(&c->addr, &line->conn) != 0) {
        free(line->framing);
        return false;
    }
    line->path = (struct hop_path){ .tcp = true, .tcp_conn = ++t->next_conn, .remote = c->addr };
    line->watch =
        (struct hop_client_watch){ .fd = hop_tcp_fd(line->conn), .ready = on_tcp, .ctx = line };
    hop_client_loop_watch(t->loop, &line->watch, EPOLLIN | EPOLLOUT);
    t->n_tcp++;
    return true;
}

/* ---- public ---------------------------------------------------------------------------------- */

int hop_client_transport_new(struct hop_client_loop *loop,
                             const struct hop_client_transport_config *config,
                             const struct hop_client_transport_ops *ops, void *ctx,
                             struct hop_client_transport **out)
{
    struct hop_client_transport *t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    int err = hop_dtls_cert_new(&t->cert);
    if (err) {
        free(t);
        return err;
    }
    t->loop = loop;
    t->config = *config;
    t->silent = config->silent;
    t->ops = ops;
    t->ctx = ctx;
    t->timer = (struct hop_client_timer){ .due_us = INT64_MAX, .fire = on_timer, .ctx = t };
    hop_client_loop_add_timer(loop, &t->timer);
    snprintf(t->credentials.fingerprint, sizeof(t->credentials.fingerprint), "%s",
             hop_dtls_cert_fingerprint(t->cert));
    if (config->wrong_fingerprint)
        t->credentials.fingerprint[0] = t->credentials.fingerprint[0] == 'A' ? 'B' : 'A';
    *out = t;
    return 0;
}

void hop_client_transport_free(struct hop_client_transport *t)
{
    if (!t)
        return;
    hop_client_loop_remove_timer(t->loop, &t->timer);
    close_udp(t);
    close_tcp(t);
    hop_checker_free(t->checker);
    hop_dtls_free(t->dtls);
    hop_dtls_cert_free(t->cert);
    hop_srtp_free(t->srtp);
    free(t);
}

const struct hop_client_credentials *hop_client_transport_offer(struct hop_client_transport *t,
                                                                bool restart)
{
    if (restart || !t->credentials.ufrag[0]) {
        hop_random_ice_chars(t->credentials.ufrag, sizeof(t->credentials.ufrag) - 1);
        hop_random_ice_chars(t->credentials.pwd, sizeof(t->credentials.pwd) - 1);
    }
    return &t->credentials;
}

static int new_checker(struct hop_client_transport *t)
{
    struct hop_checker_config config = {
        .local_ufrag = t->credentials.ufrag,
        .local_pwd = t->credentials.pwd,
        .remote_ufrag = t->remote.ufrag,
        .remote_pwd = t->remote.pwd,
        .tie_breaker = (uint64_t)hop_random32() << 32 | hop_random32(),
        .aggressive = t->config.aggressive,
    };
    hop_checker_free(t->checker);
    t->checker = NULL;
    int err = hop_checker_new(&config, &t->checker);
    if (err == 0)
        hop_checker_set_silent(t->checker, t->silent);
    return err;
}

int hop_client_transport_answer(struct hop_client_transport *t,
                                const struct hop_client_remote *remote, bool new_socket)
{
    t->remote = *remote;
    int err = new_checker(t);
    if (err)
        return err;
    if (new_socket) {
        close_udp(t);
        t->has_path = false;
    }
    close_tcp(t);
    size_t added = 0;
    for (size_t i = 0; i < remote->n_candidates; i++) {
        const struct hop_candidate *c = &remote->candidates[i];
        if (c->tcp == t->config.tcp)
            added += c->tcp ? add_tcp(t, c) : add_udp(t, c);
    }
    t->why = NULL;
    t->timer.due_us = 0;
    return added ? 0 : -EINVAL;
}

static bool protect_and_send(struct hop_client_transport *t, uint8_t *packet, size_t len,
                             size_t cap, bool rtcp)
{
    if (!t->srtp || !t->has_path)
        return false;
    enum hop_srtp_verdict v = rtcp ? hop_srtp_protect_rtcp(t->srtp, packet, &len, cap)
                                   : hop_srtp_protect_rtp(t->srtp, packet, &len, cap);
    if (v != HOP_SRTP_OK)
        return false;
    if (!rtcp && len <= sizeof(t->last)) {
        memcpy(t->last, packet, len);
        t->last_len = len;
    }
    if (lost(t->config.tx_loss_permille))
        return true;
    return send_on(t, &t->path, packet, len);
}

bool hop_client_transport_send_rtp(struct hop_client_transport *t, uint8_t *packet, size_t len,
                                   size_t cap)
{
    return protect_and_send(t, packet, len, cap, false);
}

bool hop_client_transport_send_rtcp(struct hop_client_transport *t, uint8_t *packet, size_t len,
                                    size_t cap)
{
    return protect_and_send(t, packet, len, cap, true);
}

enum hop_client_line hop_client_transport_state(const struct hop_client_transport *t)
{
    if (t->dtls && hop_dtls_state(t->dtls) == HOP_DTLS_CLOSED)
        return HOP_CLIENT_LINE_CLOSED;
    if (t->why)
        return HOP_CLIENT_LINE_FAILED;
    if (t->srtp)
        return HOP_CLIENT_LINE_CONNECTED;
    if (t->dtls)
        return HOP_CLIENT_LINE_HANDSHAKE;
    return t->checker ? HOP_CLIENT_LINE_CHECKING : HOP_CLIENT_LINE_NONE;
}

const char *hop_client_transport_why(const struct hop_client_transport *t)
{
    return t->why ? t->why : "";
}

enum hop_srtp_profile hop_client_transport_profile(const struct hop_client_transport *t)
{
    return t->profile;
}

void hop_client_transport_close(struct hop_client_transport *t)
{
    if (!t->dtls)
        return;
    hop_dtls_close(t->dtls);
    flush_dtls(t);
}

bool hop_client_transport_send_raw(struct hop_client_transport *t, const uint8_t *data, size_t len)
{
    return t->has_path && send_on(t, &t->path, data, len);
}

size_t hop_client_transport_last(const struct hop_client_transport *t, uint8_t *buf, size_t cap)
{
    if (t->last_len > cap)
        return 0;
    memcpy(buf, t->last, t->last_len);
    return t->last_len;
}

void hop_client_transport_set_silent(struct hop_client_transport *t, bool silent)
{
    t->silent = silent;
    if (t->checker)
        hop_checker_set_silent(t->checker, silent);
    t->timer.due_us = 0;
}

void hop_client_transport_set_loss(struct hop_client_transport *t, uint16_t rx_permille,
                                   uint16_t tx_permille)
{
    t->config.rx_loss_permille = rx_permille;
    t->config.tx_loss_permille = tx_permille;
}

struct hop_addr hop_client_transport_local(const struct hop_client_transport *t)
{
    for (int i = 0; t->has_path && !t->path.tcp && i < MAX_UDP; i++) {
        if (t->udp[i].udp && t->udp[i].index == t->path.socket)
            return *hop_udp_local(t->udp[i].udp);
    }
    return (struct hop_addr){ 0 };
}

struct hop_addr hop_client_transport_remote(const struct hop_client_transport *t)
{
    return t->has_path ? t->path.remote : (struct hop_addr){ 0 };
}
