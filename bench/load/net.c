/* See net.h. */
#include "bench/load/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, BUFFER = 64 << 20 };

struct control {
    _Alignas(struct cmsghdr) uint8_t bytes[128];
};

struct hop_load_net {
    int fd;
    uint32_t base; /* host order */
    uint16_t port;
    uint64_t overflows, refused;
    struct mmsghdr in[BATCH], out[BATCH];
    struct iovec in_vectors[BATCH], out_vectors[BATCH];
    struct sockaddr_in in_from[BATCH];
    struct sockaddr_storage out_to[BATCH];
    struct control in_control[BATCH], out_control[BATCH];
    struct hop_load_datagram datagrams[BATCH];
    unsigned n_out;
    uint8_t in_bytes[BATCH][HOP_LOAD_DATAGRAM], out_bytes[BATCH][HOP_LOAD_DATAGRAM];
};

static int open_socket(struct hop_load_net *net)
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    socklen_t len = sizeof(any);
    int on = 1, bytes = BUFFER;
    net->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (net->fd < 0 || bind(net->fd, (struct sockaddr *)&any, len) != 0 ||
        getsockname(net->fd, (struct sockaddr *)&any, &len) != 0 ||
        setsockopt(net->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
        setsockopt(net->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
        setsockopt(net->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0)
        return -errno;
    if (setsockopt(net->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(net->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (setsockopt(net->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(net->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    net->port = ntohs(any.sin_port);
    return 0;
}

int hop_load_net_open(const char *base, struct hop_load_net **out)
{
    struct in_addr ip;
    if (inet_pton(AF_INET, base, &ip) != 1)
        return -EINVAL;
    struct hop_load_net *net = calloc(1, sizeof(*net));
    if (!net)
        return -ENOMEM;
    net->base = ntohl(ip.s_addr);
    int error = open_socket(net);
    if (error != 0) {
        hop_load_net_close(net);
        return error;
    }
    *out = net;
    return 0;
}

void hop_load_net_close(struct hop_load_net *net)
{
    if (!net)
        return;
    if (net->fd >= 0)
        close(net->fd);
    free(net);
}

int hop_load_net_fd(const struct hop_load_net *net)
{
    return net->fd;
}

struct hop_addr hop_load_net_addr(const struct hop_load_net *net, uint32_t index)
{
    struct hop_addr addr = { .family = AF_INET, .port = net->port };
    uint32_t ip = htonl(net->base + index);
    memcpy(addr.ip, &ip, sizeof(ip));
    return addr;
}

uint64_t hop_load_net_overflows(const struct hop_load_net *net)
{
    return net->overflows;
}

uint64_t hop_load_net_refused(const struct hop_load_net *net)
{
    return net->refused;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void read_control(struct hop_load_net *net, struct msghdr *header,
                         struct hop_load_datagram *d)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            d->index = ntohl(info.ipi_addr.s_addr) - net->base;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof(t));
            d->at_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t total;
            memcpy(&total, CMSG_DATA(c), sizeof(total));
            net->overflows += (uint32_t)(total - (uint32_t)net->overflows);
        }
    }
}

size_t hop_load_net_recv(struct hop_load_net *net, struct hop_load_datagram **out)
{
    for (int i = 0; i < BATCH; i++) {
        net->in_vectors[i] = (struct iovec){ net->in_bytes[i], HOP_LOAD_DATAGRAM };
        net->in[i].msg_hdr = (struct msghdr){ .msg_name = &net->in_from[i],
                                              .msg_namelen = sizeof(net->in_from[i]),
                                              .msg_iov = &net->in_vectors[i],
                                              .msg_iovlen = 1,
                                              .msg_control = net->in_control[i].bytes,
                                              .msg_controllen = sizeof(net->in_control[i].bytes) };
    }
    int n = recvmmsg(net->fd, net->in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct hop_load_datagram *d = &net->datagrams[i];
        *d = (struct hop_load_datagram){ .data = net->in_bytes[i], .len = net->in[i].msg_len };
        hop_addr_from_sockaddr((struct sockaddr *)&net->in_from[i], &d->from);
        read_control(net, &net->in[i].msg_hdr, d);
    }
    *out = net->datagrams;
    return n > 0 ? (size_t)n : 0;
}

/* ---- out ------------------------------------------------------------------------------------- */

uint8_t *hop_load_net_slot(struct hop_load_net *net)
{
    if (net->n_out == BATCH)
        hop_load_net_flush(net);
    return net->out_bytes[net->n_out];
}

void hop_load_net_commit(struct hop_load_net *net, size_t len, uint32_t from,
                         const struct hop_addr *to)
{
    unsigned i = net->n_out++;
    struct msghdr *h = &net->out[i].msg_hdr;
    struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(net->base + from) };
    net->out_vectors[i] = (struct iovec){ net->out_bytes[i], len };
    *h = (struct msghdr){ .msg_name = &net->out_to[i],
                          .msg_namelen = hop_addr_to_sockaddr(to, &net->out_to[i]),
                          .msg_iov = &net->out_vectors[i],
                          .msg_iovlen = 1,
                          .msg_control = net->out_control[i].bytes,
                          .msg_controllen = CMSG_SPACE(sizeof(info)) };
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof(info));
    memcpy(CMSG_DATA(c), &info, sizeof(info));
}

void hop_load_net_flush(struct hop_load_net *net)
{
    for (unsigned i = 0; i < net->n_out;) {
        int n = sendmmsg(net->fd, net->out + i, net->n_out - i, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            net->refused++;
            i++;
        } else {
            i += (unsigned)n;
        }
    }
    net->n_out = 0;
}
