/* The UDP socket; see udp.h. */
#include "media/net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RX_CONTROL = CMSG_SPACE(sizeof(uint32_t)), TX_CONTROL = CMSG_SPACE(sizeof(int)) };

struct hop_udp {
    int fd;
    struct hop_addr local;
    uint32_t last_overflow; /* the kernel's counter, 32 bits */
    uint64_t overflows;
};

static void set_buffers(int fd, int bytes)
{
    /* FORCE goes past net.core.{r,w}mem_max but needs CAP_NET_ADMIN; without it, what there is. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int bind_socket(int fd, const struct hop_addr *local, struct hop_addr *bound)
{
    struct sockaddr_storage ss;
    int on = 1;
    if (local->family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -errno;
    socklen_t len = hop_addr_to_sockaddr(local, &ss);
    if (bind(fd, (struct sockaddr *)&ss, len) != 0)
        return -errno;
    len = sizeof(ss);
    if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
        return -errno;
    return hop_addr_from_sockaddr((struct sockaddr *)&ss, bound) ? 0 : -EINVAL;
}

int hop_udp_open(const struct hop_addr *local, int buffer_bytes, struct hop_udp **out)
{
    if (local->family != AF_INET && local->family != AF_INET6)
        return -EINVAL;
    struct hop_udp *udp = calloc(1, sizeof(*udp));
    if (!udp)
        return -ENOMEM;
    udp->fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = udp->fd < 0 ? -errno : bind_socket(udp->fd, local, &udp->local);
    if (error != 0) {
        hop_udp_close(udp);
        return error;
    }
    int on = 1;
    set_buffers(udp->fd, buffer_bytes);
    setsockopt(udp->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    *out = udp;
    return 0;
}

void hop_udp_close(struct hop_udp *udp)
{
    if (!udp)
        return;
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp);
}

int hop_udp_fd(const struct hop_udp *udp)
{
    return udp->fd;
}

const struct hop_addr *hop_udp_local(const struct hop_udp *udp)
{
    return &udp->local;
}

uint64_t hop_udp_overflows(const struct hop_udp *udp)
{
    return udp->overflows;
}

/* ---- receiving
 * ----------------------------------------------------------------------------------- */

struct hop_udp_inbox {
    struct mmsghdr headers[HOP_UDP_BATCH];
    struct iovec vectors[HOP_UDP_BATCH];
    struct sockaddr_storage from[HOP_UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[HOP_UDP_BATCH][RX_CONTROL];
    struct hop_udp_datagram datagrams[HOP_UDP_BATCH];
    uint8_t memory[HOP_UDP_BATCH][HOP_UDP_RX_BYTES];
};

int hop_udp_inbox_new(struct hop_udp_inbox **out)
{
    struct hop_udp_inbox *inbox = calloc(1, sizeof(*inbox));
    if (!inbox)
        return -ENOMEM;
    for (size_t i = 0; i < HOP_UDP_BATCH; i++) {
        inbox->vectors[i].iov_base = inbox->memory[i];
        inbox->vectors[i].iov_len = HOP_MAX_DATAGRAM;
        inbox->datagrams[i].data = inbox->memory[i];
    }
    *out = inbox;
    return 0;
}

void hop_udp_inbox_free(struct hop_udp_inbox *inbox)
{
    free(inbox);
}

static void count_overflow(struct hop_udp *udp, struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        uint32_t total;
        memcpy(&total, CMSG_DATA(c), sizeof(total));
        udp->overflows += (uint32_t)(total - udp->last_overflow);
        udp->last_overflow = total;
    }
}

size_t hop_udp_recv(struct hop_udp *udp, struct hop_udp_inbox *inbox, struct hop_udp_datagram **out)
{
    for (size_t i = 0; i < HOP_UDP_BATCH; i++)
        inbox->headers[i].msg_hdr = (struct msghdr){ .msg_name = &inbox->from[i],
                                                     .msg_namelen = sizeof(inbox->from[i]),
                                                     .msg_iov = &inbox->vectors[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = inbox->control[i],
                                                     .msg_controllen = RX_CONTROL };
    int n = recvmmsg(udp->fd, inbox->headers, HOP_UDP_BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return 0;
    for (size_t i = 0; i < (size_t)n; i++) {
        struct msghdr *header = &inbox->headers[i].msg_hdr;
        struct hop_udp_datagram *d = &inbox->datagrams[i];
        d->len = inbox->headers[i].msg_len;
        d->truncated = (header->msg_flags & MSG_TRUNC) != 0;
        if (!hop_addr_from_sockaddr((struct sockaddr *)&inbox->from[i], &d->from))
            d->from = (struct hop_addr){ 0 };
    }
    /* The counter only grows, so the last datagram's report covers the batch. */
    count_overflow(udp, &inbox->headers[n - 1].msg_hdr);
    *out = inbox->datagrams;
    return (size_t)n;
}

/* ---- sending
 * ------------------------------------------------------------------------------------- */

struct outbox {
    struct mmsghdr headers[HOP_UDP_BATCH];
    struct iovec vectors[HOP_UDP_BATCH];
    struct sockaddr_storage to[HOP_UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[HOP_UDP_BATCH][TX_CONTROL];
};

/* The mark travels with the message: one socket carries sound, video and signalling of all. */
static void set_dscp(const struct hop_udp *udp, struct msghdr *header, uint8_t *control,
                     uint8_t dscp)
{
    int traffic_class = dscp << 2;
    header->msg_control = control;
    header->msg_controllen = TX_CONTROL;
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = udp->local.family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    c->cmsg_type = udp->local.family == AF_INET6 ? IPV6_TCLASS : IP_TOS;
    c->cmsg_len = CMSG_LEN(sizeof(traffic_class));
    memcpy(CMSG_DATA(c), &traffic_class, sizeof(traffic_class));
}

static void fill_outbox(const struct hop_udp *udp, struct outbox *box,
                        const struct hop_udp_message *messages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct hop_udp_message *m = &messages[i];
        struct msghdr *header = &box->headers[i].msg_hdr;
        box->vectors[i] =
            (struct iovec){ .iov_base = (void *)(uintptr_t)m->data, .iov_len = m->len };
        *header = (struct msghdr){ .msg_name = &box->to[i],
                                   .msg_namelen = hop_addr_to_sockaddr(m->to, &box->to[i]),
                                   .msg_iov = &box->vectors[i],
                                   .msg_iovlen = 1 };
        if (m->dscp != 0)
            set_dscp(udp, header, box->control[i], m->dscp);
    }
}

static size_t send_batch(struct hop_udp *udp, struct mmsghdr *headers, size_t n)
{
    size_t taken = 0;
    for (size_t i = 0; i < n;) {
        int sent = sendmmsg(udp->fd, headers + i, (unsigned)(n - i), MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            /* The first of the rest was refused. A full buffer refuses the others as well; anything
             * else (unreachable, filtered) is about this one destination. */
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                break;
            i++;
            continue;
        }
        taken += (size_t)sent;
        i += (size_t)sent;
    }
    return taken;
}

size_t hop_udp_send(struct hop_udp *udp, const struct hop_udp_message *messages, size_t n)
{
    struct outbox box;
    size_t taken = 0;
    for (size_t i = 0; i < n; i += HOP_UDP_BATCH) {
        size_t count = n - i < HOP_UDP_BATCH ? n - i : HOP_UDP_BATCH;
        fill_outbox(udp, &box, messages + i, count);
        taken += send_batch(udp, box.headers, count);
    }
    return taken;
}
