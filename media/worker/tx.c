/* The batch of outgoing datagrams; see tx.h. */
#include "media/worker/tx.h"

#include <assert.h>

int hop_worker_tx_init(struct hop_worker_tx *tx, struct hop_udp *const *sockets, size_t n_sockets)
{
    *tx = (struct hop_worker_tx){ .sockets = sockets, .n_sockets = n_sockets };
    /* One more than the batch: the open slot, while the batch is full. */
    return hop_pool_new(HOP_TX_SLOT_BYTES, HOP_TX_BATCH + 1, &tx->pool);
}

void hop_worker_tx_deinit(struct hop_worker_tx *tx)
{
    hop_pool_free(tx->pool);
    tx->pool = NULL;
}

uint8_t *hop_worker_tx_slot(struct hop_worker_tx *tx)
{
    if (!tx->open)
        tx->open = hop_pool_get(tx->pool);
    assert(tx->open && "the pool has one slot more than the batch");
    return tx->open;
}

void hop_worker_tx_append(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                          uint8_t dscp)
{
    assert(tx->open && len <= HOP_TX_SLOT_BYTES && path->socket < tx->n_sockets);
    if (tx->n == HOP_TX_BATCH)
        hop_worker_tx_flush(tx);
    tx->entries[tx->n++] = (struct hop_worker_tx_entry){
        .slot = tx->open, .len = len, .to = path->remote, .socket = path->socket, .dscp = dscp
    };
    tx->open = NULL;
}

static void send_socket(struct hop_worker_tx *tx, uint16_t socket)
{
    struct hop_udp_message messages[HOP_TX_BATCH];
    size_t n = 0, bytes = 0;
    for (size_t i = 0; i < tx->n; i++) {
        const struct hop_worker_tx_entry *e = &tx->entries[i];
        if (e->socket != socket)
            continue;
        messages[n++] = (struct hop_udp_message){
            .data = e->slot, .len = e->len, .to = &e->to, .dscp = e->dscp
        };
        bytes += e->len;
    }
    if (n == 0)
        return;
    size_t taken = hop_udp_send(tx->sockets[socket], messages, n);
    tx->packets += taken;
    tx->bytes += taken == n ? bytes : bytes / n * taken;
    tx->refused += n - taken;
}

void hop_worker_tx_flush(struct hop_worker_tx *tx)
{
    if (tx->n == 0)
        return;
    for (uint16_t s = 0; s < tx->n_sockets; s++)
        send_socket(tx, s);
    for (size_t i = 0; i < tx->n; i++)
        hop_pool_put(tx->pool, tx->entries[i].slot);
    tx->n = 0;
}
