/* The datagrams of one turn of the worker's loop: written into pool slots, sent together at its
 * end. The worker's thread. No allocation, no lock. */
#pragma once

#include "media/base/path.h"
#include "media/base/pool.h"
#include "media/net/udp.h"

enum {
    HOP_TX_BATCH = 256,       /* datagrams; a full batch is sent at once */
    HOP_TX_SLOT_BYTES = 1536, /* what one slot holds, SRTP's tag included */
};

struct hop_worker_tx_entry {
    uint8_t *slot;
    size_t len;
    struct hop_addr to;
    uint16_t socket;
    uint8_t dscp;
};

struct hop_worker_tx {
    struct hop_udp *const *sockets; /* borrowed */
    size_t n_sockets;
    struct hop_pool *pool;
    uint8_t *open; /* handed out, not appended */
    struct hop_worker_tx_entry entries[HOP_TX_BATCH];
    size_t n;
    uint64_t packets, bytes; /* taken by the kernel */
    uint64_t refused;        /* not taken */
};

int hop_worker_tx_init(struct hop_worker_tx *tx, struct hop_udp *const *sockets, size_t n_sockets);
void hop_worker_tx_deinit(struct hop_worker_tx *tx);

/* HOP_TX_SLOT_BYTES to write one datagram into; never NULL. The same one until it is appended: who
 * decides not to send just leaves it. */
uint8_t *hop_worker_tx_slot(struct hop_worker_tx *tx);
/* Appends the open slot's first `len` bytes to the batch, for that UDP path. */
void hop_worker_tx_append(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                          uint8_t dscp);
/* Sends the batch, in order per socket. */
void hop_worker_tx_flush(struct hop_worker_tx *tx);
