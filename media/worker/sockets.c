/* Addresses, sockets and candidates; see sockets.h. Control thread. */
#include "media/worker/sockets.h"

#include "media/net/ifaddrs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOP_LOG_MODULE "media"
#include "media/base/log.h"

enum {
    UDP_TYPE_PREFERENCE = 126, /* host, RFC 8445 §5.1.2.2 */
    TCP_TYPE_PREFERENCE = 90,  /* below all of UDP */
    TCP_PASSIVE = 4,           /* direction preference, RFC 6544 §4.2 */
};

static size_t most_addresses(const struct hop_media_config *config)
{
    return config->tcp ? HOP_MAX_CANDIDATES / 2 : HOP_MAX_CANDIDATES;
}

static bool is_any(const struct hop_addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static int check_configured(const struct hop_media_config *config, char detail[HOP_DETAIL])
{
    if (config->n_addresses > most_addresses(config)) {
        snprintf(detail, HOP_DETAIL, "%zu addresses configured, at most %zu are possible",
                 config->n_addresses, most_addresses(config));
        return -EINVAL;
    }
    for (size_t i = 0; i < config->n_addresses; i++) {
        const struct hop_media_address *a = &config->addresses[i];
        char text[HOP_ADDR_TEXT];
        if (a->bind.family == 0 || is_any(&a->bind)) {
            /* Answers from a socket bound to any leave from whatever address the kernel picks. */
            snprintf(detail, HOP_DETAIL, "%s is not one address of this machine",
                     hop_addr_format_ip(&a->bind, text));
            return -EINVAL;
        }
        if (a->announced.family != 0 && a->announced.family != a->bind.family) {
            snprintf(detail, HOP_DETAIL, "%s: the announced address is of the other IP version",
                     hop_addr_format_ip(&a->bind, text));
            return -EINVAL;
        }
    }
    return 0;
}

int hop_worker_addresses(const struct hop_media_config *config,
                         struct hop_media_address out[HOP_MAX_CANDIDATES], size_t *n,
                         char detail[HOP_DETAIL])
{
    if (config->n_addresses > 0) {
        int error = check_configured(config, detail);
        if (error != 0)
            return error;
        memcpy(out, config->addresses, config->n_addresses * sizeof(*out));
        *n = config->n_addresses;
        return 0;
    }
    struct hop_addr found[HOP_MAX_CANDIDATES];
    int count = hop_ifaddrs_list(found, most_addresses(config));
    if (count <= 0) {
        snprintf(detail, HOP_DETAIL, "no interface with an address is up");
        return -EADDRNOTAVAIL;
    }
    for (int i = 0; i < count; i++)
        out[i] = (struct hop_media_address){ .bind = found[i] };
    *n = (size_t)count;
    return 0;
}

/* In the sense of Chromium's check of remote candidates. */
static bool is_private(const struct hop_addr *a)
{
    static const uint8_t loopback6[16] = { [15] = 1 };
    const uint8_t *ip = a->ip;
    if (a->family == AF_INET6)
        return memcmp(ip, loopback6, sizeof(loopback6)) == 0 || (ip[0] & 0xfe) == 0xfc ||
               (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
    return ip[0] == 10 || ip[0] == 127 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
           (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254);
}

/* Chromium takes no candidate below port 1024 but 80 and 443, and these at public addresses only:
 * on an intranet a shared port 443 alone would lead it nowhere. */
static bool listens_itself(const struct hop_media_config *config,
                           const struct hop_media_address *address)
{
    const struct hop_addr *told =
        address->announced.family != 0 ? &address->announced : &address->bind;
    if (!config->tcp || !config->tcp_shared)
        return config->tcp;
    return config->tcp_shared_port > 0 && config->tcp_shared_port < 1024 && is_private(told);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void explain(char detail[HOP_DETAIL], const struct hop_addr *a, const char *protocol,
                    int error)
{
    char text[HOP_ADDR_TEXT];
    snprintf(detail, HOP_DETAIL, "%s/%s: %s", hop_addr_format(a, text), protocol, strerror(-error));
}

void hop_worker_add_candidate(struct hop_candidate list[HOP_MAX_CANDIDATES], uint8_t *n, bool tcp,
                              const struct hop_addr *bound, const struct hop_addr *announced,
                              size_t rank)
{
    if (*n == HOP_MAX_CANDIDATES)
        return;
    struct hop_candidate *c = &list[*n];
    /* Below what browsers give their own, and with room above for hop_media_describe_restart(). */
    uint32_t local =
        (tcp ? (uint32_t)TCP_PASSIVE << 13 : 8192) + 2048 + HOP_MAX_CANDIDATES - (uint32_t)rank;
    uint32_t type = tcp ? TCP_TYPE_PREFERENCE : UDP_TYPE_PREFERENCE;
    *c = (struct hop_candidate){ .tcp = tcp, .addr = *bound };
    if (announced->family != 0) {
        c->addr = *announced;
        if (c->addr.port == 0)
            c->addr.port = bound->port;
    }
    c->priority = type << 24 | local << 8 | (256 - 1); /* component 1: BUNDLE and rtcp-mux */
    c->foundation = (uint32_t)*n + 1;
    (*n)++;
}

static int open_tcp(struct hop_worker_sockets *s, const struct hop_media_address *address,
                    uint16_t port, size_t rank, char detail[HOP_DETAIL])
{
    struct hop_addr local = address->bind;
    struct hop_tcp_listener **l = &s->listeners[s->n_listeners];
    local.port = port != 0 ? port : hop_udp_local(s->udp[s->n_udp - 1])->port;
    int error = hop_tcp_listen(&local, l);
    if (error == -EADDRINUSE && port == 0) {
        local.port = 0; /* any port was asked for; it need not be UDP's */
        error = hop_tcp_listen(&local, l);
    }
    if (error != 0) {
        explain(detail, &local, "tcp", error);
        return error;
    }
    s->n_listeners++;
    hop_worker_add_candidate(s->candidates, &s->n_candidates, true, hop_tcp_listener_local(*l),
                             &address->announced, rank);
    return 0;
}

static int open_udp(struct hop_worker_sockets *s, const struct hop_media_config *config,
                    const struct hop_media_address *address, uint16_t port, size_t rank,
                    char detail[HOP_DETAIL])
{
    struct hop_addr local = address->bind;
    struct hop_udp **udp = &s->udp[s->n_udp];
    local.port = port;
    int bytes = config->socket_buffer_bytes > 0 ? config->socket_buffer_bytes : HOP_SOCKET_BUFFER;
    int error = hop_udp_open(&local, bytes, udp);
    if (error != 0) {
        explain(detail, &local, "udp", error);
        return error;
    }
    s->n_udp++;
    hop_worker_add_candidate(s->candidates, &s->n_candidates, false, hop_udp_local(*udp),
                             &address->announced, rank);
    return 0;
}

static int by_priority(const struct hop_candidate *a, const struct hop_candidate *b)
{
    return a->priority < b->priority ? 1 : -1;
}

/* A handful: the best first, as clients that try in order expect. */
void hop_worker_sort_candidates(struct hop_candidate *list, uint8_t n)
{
    for (uint8_t i = 1; i < n; i++)
        for (uint8_t j = i; j > 0 && by_priority(&list[j - 1], &list[j]) > 0; j--) {
            struct hop_candidate swap = list[j];
            list[j] = list[j - 1];
            list[j - 1] = swap;
        }
}

int hop_worker_sockets_open(const struct hop_media_config *config,
                            const struct hop_media_address *addresses, size_t n, uint32_t index,
                            struct hop_worker_sockets *out, char detail[HOP_DETAIL])
{
    struct hop_worker_sockets s = { 0 };
    uint16_t port = config->port != 0 ? (uint16_t)(config->port + index) : 0;
    for (size_t i = 0; i < n; i++) {
        int error = open_udp(&s, config, &addresses[i], port, i, detail);
        if (error == -EADDRNOTAVAIL && config->n_addresses == 0) {
            /* Found but not usable (yet): an IPv6 address under duplicate detection. */
            hop_warn("not used: %s", detail);
            continue;
        }
        if (error == 0 && listens_itself(config, &addresses[i]))
            error = open_tcp(&s, &addresses[i], port, i, detail);
        if (error != 0) {
            hop_worker_sockets_close(&s);
            return error;
        }
    }
    if (s.n_udp == 0)
        return -EADDRNOTAVAIL;
    hop_worker_sort_candidates(s.candidates, s.n_candidates);
    *out = s;
    return 0;
}

void hop_worker_sockets_close(struct hop_worker_sockets *sockets)
{
    for (size_t i = 0; i < sockets->n_udp; i++)
        hop_udp_close(sockets->udp[i]);
    for (size_t i = 0; i < sockets->n_listeners; i++)
        hop_tcp_listener_close(sockets->listeners[i]);
    *sockets = (struct hop_worker_sockets){ 0 };
}
