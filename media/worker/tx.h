/* The datagrams of one turn of the worker's loop: written into pool slots, sent together at its
 * end. The worker's thread. No allocation, no lock.
 *
 * Media waits unprotected until then. At the end what goes to one receiver is put together, video
 * packets that are a few bytes short are padded (RFC 3550 §5.1) to the size of their neighbours, so
 * that the socket can send them as one run (media/net/udp.h), and all is protected. */
#pragma once

#include "media/base/path.h"
#include "media/base/pool.h"
#include "media/net/udp.h"

enum {
    HOP_TX_BATCH = 1024,      /* datagrams; a full batch is sent at once */
    HOP_TX_SLOT_BYTES = 1536, /* what one slot holds, SRTP's tag included */
    HOP_TX_MOST_PADDING = 24, /* bytes; libwebrtc's packets of one frame differ by 1 to 20 */
};

enum hop_tx_kind {
    HOP_TX_KIND_READY, /* goes as it is */
    HOP_TX_KIND_RTP,   /* to be protected */
    HOP_TX_KIND_VIDEO, /* to be protected, may be padded */
    HOP_TX_KIND_RTCP,  /* to be protected */
};

/* One receiver, as the batch knows him: embedded in his owner, zero but for ctx. */
struct hop_worker_tx_line {
    void *ctx;     /* for protect() */
    uint64_t turn; /* of the batch that holds something of his */
    uint16_t last; /* his newest entry there */
};

struct hop_worker_tx_entry {
    uint8_t *slot;
    struct hop_addr to;
    void *ctx;
    uint16_t len; /* 0: could not be protected */
    uint16_t socket, next;
    uint8_t dscp, kind;
};

/* Plain to protected in place; false: the packet is lost. */
struct hop_worker_tx_ops {
    bool (*protect)(void *ctx, bool rtcp, uint8_t *packet, size_t *len, size_t cap);
};

struct hop_worker_tx {
    struct hop_udp *const *sockets; /* borrowed */
    size_t n_sockets;
    const struct hop_worker_tx_ops *ops;
    struct hop_pool *pool;
    uint8_t *open; /* handed out, not appended */
    uint64_t turn; /* which batch this is; from 1 */
    struct hop_worker_tx_entry entries[HOP_TX_BATCH];
    uint16_t firsts[HOP_TX_BATCH]; /* the first entry of each receiver, in order of appearance */
    struct hop_udp_message messages[HOP_TX_BATCH];
    size_t n, n_firsts;
    uint64_t packets, bytes; /* taken by the kernel */
    uint64_t refused;        /* not taken, or not protected */
    uint64_t padded;         /* bytes added to make packets equal */
};

/* `ops` must outlive it; NULL when nothing is to be protected. */
int hop_worker_tx_init(struct hop_worker_tx *tx, struct hop_udp *const *sockets, size_t n_sockets,
                       const struct hop_worker_tx_ops *ops);
void hop_worker_tx_deinit(struct hop_worker_tx *tx);

/* HOP_TX_SLOT_BYTES to write one datagram into; never NULL. The same one until it is appended: who
 * decides not to send just leaves it. */
uint8_t *hop_worker_tx_slot(struct hop_worker_tx *tx);
/* Appends the open slot's first `len` bytes to the batch, for that UDP path. */
void hop_worker_tx_append(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                          uint8_t dscp);
/* The same for media: in order among what the receiver gets. `line` must be there now, its ctx
 * until the batch has left: see hop_worker_tx_forget(). */
void hop_worker_tx_media(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                         uint8_t dscp, enum hop_tx_kind kind, struct hop_worker_tx_line *line);
/* Sends the batch if it holds something of his: before his ctx is freed. */
void hop_worker_tx_forget(struct hop_worker_tx *tx, const struct hop_worker_tx_line *line);
/* Sends the batch; per socket and receiver in order. */
void hop_worker_tx_flush(struct hop_worker_tx *tx);
