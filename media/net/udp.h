/* A UDP socket of a worker, bound to one address so that answers leave from the address that was
 * asked, and read and written in batches. The worker's thread; opening and closing on the control
 * thread while the worker does not run. */
#pragma once

#include "media/base/addr.h"
#include "media/base/limits.h"

enum {
    HOP_UDP_BATCH = 64,      /* datagrams per system call */
    HOP_UDP_RX_BYTES = 2048, /* memory per received datagram: HOP_MAX_DATAGRAM and room to work */
};

struct hop_udp;

/* Binds `local` (port 0: any). `buffer_bytes` is asked for in both directions; the kernel may give
 * less. IPv6 sockets take IPv6 only. -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EMFILE, -ENOMEM… */
int hop_udp_open(const struct hop_addr *local, int buffer_bytes, struct hop_udp **out);
void hop_udp_close(struct hop_udp *udp); /* NULL-safe */

int hop_udp_fd(const struct hop_udp *udp);
/* The address and the port in fact bound. */
const struct hop_addr *hop_udp_local(const struct hop_udp *udp);
/* Datagrams that the kernel dropped because the receive buffer was full, since it was opened, as
 * last reported with a datagram (SO_RXQ_OVFL). */
uint64_t hop_udp_overflows(const struct hop_udp *udp);

/* ---- receiving ------------------------------------------------------------------------------- */

struct hop_udp_datagram {
    uint8_t *data; /* HOP_UDP_RX_BYTES of memory */
    size_t len;
    struct hop_addr from;
    bool truncated; /* it was longer than HOP_MAX_DATAGRAM */
};

/* The memory of one batch; one serves all sockets of a thread. */
struct hop_udp_inbox;
int hop_udp_inbox_new(struct hop_udp_inbox **out); /* -ENOMEM */
void hop_udp_inbox_free(struct hop_udp_inbox *inbox);

/* Takes what is there, at most HOP_UDP_BATCH. Returns how many (0: nothing) and sets *out to the
 * first; they are valid until the next call with this inbox. Never blocks. */
size_t hop_udp_recv(struct hop_udp *udp, struct hop_udp_inbox *inbox,
                    struct hop_udp_datagram **out);

/* ---- sending --------------------------------------------------------------------------------- */

struct hop_udp_message {
    const uint8_t *data;
    size_t len;
    const struct hop_addr *to;
    uint8_t dscp; /* 0..63 (RFC 2474) */
};

/* Sends all, in order, HOP_UDP_BATCH runs per system call. What the kernel refuses is skipped;
 * returns how many messages were taken. Never blocks.
 *
 * Neighbours for one destination, with one mark and of one size (the last may be shorter), are a
 * run: they pass the kernel as one (UDP_SEGMENT) and are cut apart behind it. So who sends much
 * keeps what belongs together together. A run that is refused is sent message by message; where
 * that comes again and again, or the device cannot do it at all, the socket makes no more runs. */
size_t hop_udp_send(struct hop_udp *udp, const struct hop_udp_message *messages, size_t n);

struct hop_udp_runs {
    bool on;          /* the kernel takes runs on this socket, as far as is known */
    uint64_t sent;    /* runs of two and more */
    uint64_t refused; /* and sent message by message instead */
};
struct hop_udp_runs hop_udp_runs(const struct hop_udp *udp);
