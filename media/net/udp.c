/* The UDP socket; see udp.h. */
#include "media/net/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    RX_CONTROL = CMSG_SPACE(sizeof(uint32_t)),
    TX_CONTROL = CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint16_t)),
    RUN_MESSAGES = 44,   /* the kernel takes 64 */
    RUN_BYTES = 60000,   /* one IP packet, as far as the kernel's own code is concerned */
    RUN_REFUSALS = 16,   /* in a row, then no more are tried */
    BATCH_VECTORS = 512, /* messages per system call */
};

struct hop_udp {
    int fd;
    struct hop_addr local;
    uint32_t last_overflow; /* the kernel's counter, 32 bits */
    uint64_t overflows;
    struct hop_udp_runs runs;
    unsigned refused_in_a_row;
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
    /* A kernel that does not know it would send a run as one datagram. */
    int no_size = 0;
    udp->runs.on = setsockopt(udp->fd, SOL_UDP, UDP_SEGMENT, &no_size, sizeof(no_size)) == 0;
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

struct hop_udp_runs hop_udp_runs(const struct hop_udp *udp)
{
    return udp->runs;
}

/* ---- receiving ------------------------------------------------------------------------------- */

struct hop_udp_inbox {
    struct mmsghdr headers[HOP_UDP_BATCH];
    struct iovec vectors[HOP_UDP_BATCH];
    struct sockaddr_storage from[HOP_UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[HOP_UDP_BATCH][RX_CONTROL];
    struct hop_udp_datagram datagrams[HOP_UDP_BATCH];
    size_t used; /* headers that the kernel has written into */
    uint8_t memory[HOP_UDP_BATCH][HOP_UDP_RX_BYTES];
};

int hop_udp_inbox_new(struct hop_udp_inbox **out)
{
    struct hop_udp_inbox *inbox = calloc(1, sizeof(*inbox));
    if (!inbox)
        return -ENOMEM;
    inbox->used = HOP_UDP_BATCH;
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
    for (size_t i = 0; i < inbox->used; i++)
        inbox->headers[i].msg_hdr = (struct msghdr){ .msg_name = &inbox->from[i],
                                                     .msg_namelen = sizeof(inbox->from[i]),
                                                     .msg_iov = &inbox->vectors[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = inbox->control[i],
                                                     .msg_controllen = RX_CONTROL };
    int n = recvmmsg(udp->fd, inbox->headers, HOP_UDP_BATCH, MSG_DONTWAIT, NULL);
    inbox->used = n > 0 ? (size_t)n : 1; /* one that found nothing may be half prepared */
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

/* ---- sending --------------------------------------------------------------------------------- */

struct outbox {
    struct mmsghdr headers[HOP_UDP_BATCH];
    size_t count[HOP_UDP_BATCH]; /* messages of each header */
    struct sockaddr_storage to[HOP_UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[HOP_UDP_BATCH][TX_CONTROL];
    struct iovec vectors[BATCH_VECTORS];
    size_t n, n_vectors;
};

static void add_control(struct msghdr *header, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c =
        (struct cmsghdr *)(void *)((uint8_t *)header->msg_control + header->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    header->msg_controllen += CMSG_SPACE(len);
}

/* The mark travels with the message: one socket carries sound, video and signalling of all. */
static void set_control(const struct hop_udp *udp, struct msghdr *header, uint8_t *control,
                        const struct hop_udp_message *m, size_t count)
{
    bool v6 = udp->local.family == AF_INET6;
    int traffic_class = m->dscp << 2;
    uint16_t size = (uint16_t)m->len;
    header->msg_control = control;
    if (m->dscp != 0)
        add_control(header, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS,
                    &traffic_class, sizeof(traffic_class));
    if (count > 1)
        add_control(header, SOL_UDP, UDP_SEGMENT, &size, sizeof(size));
    if (header->msg_controllen == 0)
        header->msg_control = NULL;
}

/* How many of the messages, from the first on, can leave as one. */
static size_t run_length(const struct hop_udp *udp, const struct hop_udp_message *m, size_t n)
{
    size_t bytes = m->len, i = 1;
    if (!udp->runs.on || m->len == 0)
        return 1;
    for (; i < n && i < RUN_MESSAGES && m[i - 1].len == m->len; i++) {
        bytes += m[i].len;
        if (m[i].len == 0 || m[i].len > m->len || bytes > RUN_BYTES || m[i].dscp != m->dscp ||
            (m[i].to != m->to && !hop_addr_equal(m[i].to, m->to)))
            break;
    }
    return i;
}

static void fill_header(const struct hop_udp *udp, struct outbox *box,
                        const struct hop_udp_message *m, size_t count)
{
    struct msghdr *header = &box->headers[box->n].msg_hdr;
    struct iovec *vectors = &box->vectors[box->n_vectors];
    for (size_t i = 0; i < count; i++)
        vectors[i] =
            (struct iovec){ .iov_base = (void *)(uintptr_t)m[i].data, .iov_len = m[i].len };
    *header = (struct msghdr){ .msg_name = &box->to[box->n],
                               .msg_namelen = hop_addr_to_sockaddr(m->to, &box->to[box->n]),
                               .msg_iov = vectors,
                               .msg_iovlen = count };
    set_control(udp, header, box->control[box->n], m, count);
    box->count[box->n++] = count;
    box->n_vectors += count;
}

/* Returns how many messages found room. */
static size_t fill_outbox(const struct hop_udp *udp, struct outbox *box,
                          const struct hop_udp_message *messages, size_t n)
{
    size_t i = 0;
    box->n = box->n_vectors = 0;
    while (i < n && box->n < HOP_UDP_BATCH && box->n_vectors < BATCH_VECTORS) {
        size_t left = BATCH_VECTORS - box->n_vectors;
        size_t count = run_length(udp, messages + i, n - i < left ? n - i : left);
        fill_header(udp, box, messages + i, count);
        i += count;
    }
    return i;
}

/* EINVAL, EMSGSIZE: larger than this path's MTU, or checksums are off; EIO: the device cannot. */
static bool is_run_refusal(int error)
{
    return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
}

static size_t send_apart(struct hop_udp *udp, struct msghdr *run)
{
    size_t taken = 0, n = run->msg_iovlen;
    struct msghdr one = *run;
    one.msg_iovlen = 1;
    one.msg_controllen -= CMSG_SPACE(sizeof(uint16_t)); /* the size of segments comes last */
    for (size_t i = 0; i < n; i++, one.msg_iov++)
        taken += sendmsg(udp->fd, &one, MSG_DONTWAIT) >= 0;
    return taken;
}

static size_t on_refused_run(struct hop_udp *udp, struct msghdr *run, int error)
{
    udp->runs.refused++;
    if (error == EIO || ++udp->refused_in_a_row >= RUN_REFUSALS)
        udp->runs.on = false;
    return send_apart(udp, run);
}

static size_t count_taken(struct hop_udp *udp, const struct outbox *box, size_t from, size_t to)
{
    size_t taken = 0;
    for (size_t i = from; i < to; i++) {
        taken += box->count[i];
        if (box->count[i] > 1) {
            udp->runs.sent++;
            udp->refused_in_a_row = 0;
        }
    }
    return taken;
}

/* Returns how many messages were taken. */
static size_t send_batch(struct hop_udp *udp, struct outbox *box)
{
    size_t taken = 0;
    for (size_t i = 0; i < box->n;) {
        int sent = sendmmsg(udp->fd, box->headers + i, (unsigned)(box->n - i), MSG_DONTWAIT);
        int error = sent < 0 ? errno : 0;
        if (error == EINTR)
            continue;
        if (sent <= 0) {
            /* The first of the rest was refused. A full buffer refuses the others as well; anything
             * else (unreachable, filtered) is about this one destination. */
            if (error == EAGAIN || error == EWOULDBLOCK)
                break;
            if (box->count[i] > 1 && is_run_refusal(error))
                taken += on_refused_run(udp, &box->headers[i].msg_hdr, error);
            i++;
            continue;
        }
        taken += count_taken(udp, box, i, i + (size_t)sent);
        i += (size_t)sent;
    }
    return taken;
}

size_t hop_udp_send(struct hop_udp *udp, const struct hop_udp_message *messages, size_t n)
{
    struct outbox box;
    size_t taken = 0;
    for (size_t i = 0; i < n;) {
        i += fill_outbox(udp, &box, messages + i, n - i);
        taken += send_batch(udp, &box);
    }
    return taken;
}
