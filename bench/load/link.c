/* See link.h. */
#include "bench/load/link.h"

#include "media/base/clock.h"
#include "media/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void schedule(struct hop_load_link *l, int64_t now_us)
{
    int64_t due = l->checker ? hop_checker_deadline(l->checker) : INT64_MAX;
    int64_t dtls = l->dtls ? hop_dtls_deadline(l->dtls, now_us) : INT64_MAX;
    int64_t receiver = l->srtp ? hop_load_receiver_due(&l->receiver) : INT64_MAX;
    due = dtls < due ? dtls : due;
    hop_load_timer_set(l->world->loop, &l->timer,
                       l->failed        ? INT64_MAX
                       : receiver < due ? receiver
                                        : due);
}

static void send_plain(struct hop_load_link *l, const struct hop_path *to, const uint8_t *data,
                       size_t len)
{
    uint8_t *slot = hop_load_net_slot(l->world->net);
    memcpy(slot, data, len);
    hop_load_net_commit(l->world->net, len, l->index, &to->remote);
}

/* ---- handshakes ------------------------------------------------------------------------------ */

static void after_dtls(struct hop_load_link *l, int64_t now_us)
{
    struct hop_srtp_keys keys;
    uint8_t buf[HOP_MTU];
    size_t len;
    while ((len = hop_dtls_next(l->dtls, buf)) > 0)
        if (l->has_path)
            send_plain(l, &l->path, buf, len);
    if (hop_dtls_state(l->dtls) == HOP_DTLS_FAILED)
        l->failed = true;
    if (!hop_dtls_take_keys(l->dtls, &keys))
        return;
    if (hop_srtp_new(&keys, &l->srtp) != 0)
        l->failed = true;
    explicit_bzero(&keys, sizeof(keys));
    l->connected_us = now_us;
    hop_load_receiver_begin(&l->receiver, now_us);
    if (l->srtp && l->connected)
        l->connected(l->ctx);
}

static void start_dtls(struct hop_load_link *l, int64_t now_us)
{
    struct hop_dtls_config config = {
        .cert = l->world->cert,
        .role = l->dtls_client ? HOP_DTLS_CLIENT : HOP_DTLS_SERVER,
        .fingerprint_hash = l->remote.fingerprint_hash,
        .fingerprint = l->remote.fingerprint,
        .fingerprint_len = l->remote.fingerprint_len,
        .srtp_profiles = "SRTP_AEAD_AES_128_GCM",
    };
    if (hop_dtls_new(&config, now_us, &l->dtls) != 0) {
        l->failed = true;
        return;
    }
    hop_dtls_start(l->dtls, now_us);
    after_dtls(l, now_us);
}

static void run_ice(struct hop_load_link *l, int64_t now_us)
{
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_path to;
    size_t len;
    while ((len = hop_checker_next(l->checker, now_us, &to, buf)) > 0)
        send_plain(l, &to, buf, len);
    const struct hop_path *selected = hop_checker_selected(l->checker);
    if (selected && hop_checker_state(l->checker) == HOP_CHECKER_CONNECTED) {
        l->path = *selected;
        l->has_path = true;
    }
    if (hop_checker_state(l->checker) == HOP_CHECKER_FAILED ||
        hop_checker_state(l->checker) == HOP_CHECKER_LOST)
        l->failed = true;
    if (l->has_path && !l->dtls)
        start_dtls(l, now_us);
}

static void on_timer(void *ctx, int64_t now_us)
{
    struct hop_load_link *l = ctx;
    if (l->checker && hop_checker_deadline(l->checker) <= now_us)
        run_ice(l, now_us);
    if (l->dtls && hop_dtls_deadline(l->dtls, now_us) <= now_us) {
        hop_dtls_timeout(l->dtls, now_us);
        after_dtls(l, now_us);
    }
    if (l->srtp && hop_load_receiver_due(&l->receiver) <= now_us)
        hop_load_receiver_tick(&l->receiver, now_us);
    schedule(l, now_us);
}

/* ---- in -------------------------------------------------------------------------------------- */

static void take_rtcp(struct hop_load_link *l, uint8_t *data, size_t len, int64_t now_us)
{
    if (hop_srtp_unprotect_rtcp(l->srtp, data, &len) != HOP_SRTP_OK) {
        l->world->counts.bad++;
        return;
    }
    struct hop_rtcp_iter iter = hop_rtcp_begin(data, len);
    struct hop_rtcp_packet p;
    struct hop_rtcp_sr sr;
    struct hop_rtcp_fb fb;
    while (hop_rtcp_next(&iter, &p)) {
        if (hop_rtcp_read_sr(&p, &sr))
            hop_load_receiver_sr(&l->receiver, &sr, now_us);
        else if (hop_rtcp_read_fb(&p, &fb) && l->feedback)
            l->feedback(l->ctx, &fb);
    }
}

static void take_rtp(struct hop_load_link *l, uint8_t *data, size_t len, int64_t at_us,
                     int64_t now_us)
{
    uint32_t every = (uint32_t)l->world->scenario.check_every;
    bool open = every == 1 || hop_random32() % every == 0;
    if (!open) {
        len -= HOP_SRTP_OVERHEAD - 4 < len ? HOP_SRTP_OVERHEAD - 4 : len; /* the tag */
    } else if (hop_srtp_unprotect_rtp(l->srtp, data, &len) != HOP_SRTP_OK) {
        l->world->counts.bad++;
        return;
    }
    int64_t before = hop_load_receiver_due(&l->receiver);
    hop_load_receiver_rtp(&l->receiver, data, len, open, at_us, now_us);
    if (hop_load_receiver_due(&l->receiver) < before)
        schedule(l, now_us);
}

static void take_srtp(struct hop_load_link *l, uint8_t *data, size_t len, int64_t at_us,
                      int64_t now_us)
{
    if (!l->srtp || len < 12)
        return;
    if (l->loss_permille && hop_random32() % 1000 < l->loss_permille)
        return;
    if ((data[1] & 0x7f) >= 64 && (data[1] & 0x7f) <= 95) /* RFC 5761 §4 */
        take_rtcp(l, data, len, now_us);
    else
        take_rtp(l, data, len, at_us, now_us);
}

static void take(struct hop_load_link *l, const struct hop_load_datagram *d, int64_t now_us)
{
    uint8_t answer[HOP_STUN_MAX_BUILT];
    struct hop_path from = { .remote = d->from };
    if (d->len == 0 || l->failed)
        return;
    if (d->data[0] >= 128 && d->data[0] < 192) {
        take_srtp(l, d->data, d->len, d->at_us, now_us);
        return;
    }
    if (d->data[0] < 4 && l->checker) {
        size_t n = hop_checker_receive(l->checker, &from, d->data, d->len, now_us, answer);
        if (n > 0)
            send_plain(l, &from, answer, n);
        run_ice(l, now_us);
    } else if (d->data[0] >= 20 && d->data[0] < 64 && l->dtls) {
        hop_dtls_receive(l->dtls, d->data, d->len, now_us);
        after_dtls(l, now_us);
    }
    schedule(l, now_us);
}

void hop_load_links_receive(struct hop_load_world *w)
{
    struct hop_load_datagram *d;
    int64_t now_us = hop_load_loop_now(w->loop), wall_us = hop_wall_us();
    size_t n = hop_load_net_recv(w->net, &d);
    for (size_t i = 0; i < n; i++) {
        if (hop_load_in_window(w, wall_us))
            hop_histogram_add(&w->lateness, wall_us - d[i].at_us);
        struct hop_load_link *l = d[i].index < w->n_links ? w->links[d[i].index] : NULL;
        if (l)
            take(l, &d[i], now_us);
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

bool hop_load_link_send(struct hop_load_link *l, uint8_t *slot, size_t len, bool rtcp)
{
    if (!l->srtp || !l->has_path)
        return false;
    enum hop_srtp_verdict v = rtcp ? hop_srtp_protect_rtcp(l->srtp, slot, &len, HOP_LOAD_DATAGRAM)
                                   : hop_srtp_protect_rtp(l->srtp, slot, &len, HOP_LOAD_DATAGRAM);
    if (v != HOP_SRTP_OK)
        return false;
    hop_load_net_commit(l->world->net, len, l->index, &l->path.remote);
    return true;
}

void hop_load_link_close(struct hop_load_link *l)
{
    uint8_t buf[HOP_MTU];
    size_t len;
    if (!l->dtls)
        return;
    hop_dtls_close(l->dtls);
    while ((len = hop_dtls_next(l->dtls, buf)) > 0)
        if (l->has_path)
            send_plain(l, &l->path, buf, len);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Addresses are not given away twice: what is still under way to one who left is not his
 * successor's. */
static bool take_index(struct hop_load_world *w, struct hop_load_link *l)
{
    if (w->n_links == 0)
        w->n_links = 1; /* the base itself ends in 0 */
    if (w->n_links >= w->cap_links) {
        uint32_t cap = w->cap_links ? w->cap_links * 2 : 1024;
        struct hop_load_link **links = realloc(w->links, cap * sizeof(struct hop_load_link *));
        if (!links)
            return false;
        memset(links + w->cap_links, 0, (cap - w->cap_links) * sizeof(struct hop_load_link *));
        w->links = links;
        w->cap_links = cap;
    }
    l->index = w->n_links++;
    w->links[l->index] = l;
    return true;
}

int hop_load_link_new(struct hop_load_world *world, struct hop_load_link **out)
{
    struct hop_load_link *l = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    l->world = world;
    l->timer = (struct hop_load_timer){ .fire = on_timer, .ctx = l };
    hop_random_ice_chars(l->ufrag, sizeof(l->ufrag) - 1);
    hop_random_ice_chars(l->pwd, sizeof(l->pwd) - 1);
    hop_load_receiver_init(&l->receiver, l);
    if (!take_index(world, l)) {
        free(l);
        return -ENOMEM;
    }
    *out = l;
    return 0;
}

void hop_load_link_free(struct hop_load_link *l)
{
    if (!l)
        return;
    hop_load_timer_set(l->world->loop, &l->timer, INT64_MAX);
    l->world->links[l->index] = NULL;
    hop_load_receiver_deinit(&l->receiver);
    hop_checker_free(l->checker);
    hop_dtls_free(l->dtls);
    hop_srtp_free(l->srtp);
    free(l);
}

const char *hop_load_link_fingerprint(const struct hop_load_link *l)
{
    return hop_dtls_cert_fingerprint(l->world->cert);
}

int hop_load_link_start(struct hop_load_link *l, const struct hop_client_remote *remote,
                        bool dtls_client)
{
    struct hop_checker_config config = {
        .local_ufrag = l->ufrag,
        .local_pwd = l->pwd,
        .remote_ufrag = remote->ufrag,
        .remote_pwd = remote->pwd,
        .tie_breaker = (uint64_t)hop_random32() << 32 | hop_random32(),
        .aggressive = true, /* as Chromium towards an ICE-lite server */
    };
    size_t added = 0;
    l->remote = *remote;
    l->dtls_client = dtls_client;
    int error = hop_checker_new(&config, &l->checker);
    for (size_t i = 0; error == 0 && i < remote->n_candidates; i++) {
        const struct hop_candidate *c = &remote->candidates[i];
        struct hop_path path = { .remote = c->addr };
        if (!c->tcp && c->addr.family == AF_INET &&
            hop_checker_add(l->checker, &path, c->priority) == 0)
            added++;
    }
    if (error == 0)
        run_ice(l, hop_load_loop_now(l->world->loop));
    schedule(l, hop_load_loop_now(l->world->loop));
    return error ? error : added ? 0 : -EINVAL;
}
