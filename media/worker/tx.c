/* The batch of outgoing datagrams; see tx.h. RFC 3550 §5.1 (padding). */
#include "media/worker/tx.h"

#include "media/rtp/rtp.h"

#include <assert.h>
#include <string.h>

#define NONE UINT16_MAX
_Static_assert(HOP_TX_BATCH < NONE, "entries are named by 16 bits");

int hop_worker_tx_init(struct hop_worker_tx *tx, struct hop_udp *const *sockets, size_t n_sockets,
                       const struct hop_worker_tx_ops *ops)
{
    memset(tx, 0, sizeof(*tx));
    tx->sockets = sockets;
    tx->n_sockets = n_sockets;
    tx->ops = ops;
    tx->turn = 1;
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

static uint16_t append(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                       uint8_t dscp, enum hop_tx_kind kind, void *ctx)
{
    assert(tx->open && len <= HOP_TX_SLOT_BYTES && path->socket < tx->n_sockets);
    if (tx->n == HOP_TX_BATCH)
        hop_worker_tx_flush(tx);
    tx->entries[tx->n] = (struct hop_worker_tx_entry){ .slot = tx->open,
                                                       .to = path->remote,
                                                       .ctx = ctx,
                                                       .len = (uint16_t)len,
                                                       .socket = path->socket,
                                                       .next = NONE,
                                                       .dscp = dscp,
                                                       .kind = (uint8_t)kind };
    tx->open = NULL;
    return (uint16_t)tx->n++;
}

void hop_worker_tx_append(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                          uint8_t dscp)
{
    uint16_t at = append(tx, len, path, dscp, HOP_TX_KIND_READY, NULL);
    tx->firsts[tx->n_firsts++] = at;
}

void hop_worker_tx_media(struct hop_worker_tx *tx, size_t len, const struct hop_path *path,
                         uint8_t dscp, enum hop_tx_kind kind, struct hop_worker_tx_line *line)
{
    uint16_t at = append(tx, len, path, dscp, kind, line->ctx);
    if (line->turn == tx->turn)
        tx->entries[line->last].next = at;
    else
        tx->firsts[tx->n_firsts++] = at;
    line->turn = tx->turn;
    line->last = at;
}

void hop_worker_tx_forget(struct hop_worker_tx *tx, const struct hop_worker_tx_line *line)
{
    if (line->turn == tx->turn)
        hop_worker_tx_flush(tx);
}

/* ---- padding --------------------------------------------------------------------------------- */

static bool together(const struct hop_worker_tx_entry *a, const struct hop_worker_tx_entry *b)
{
    return a->socket == b->socket && a->dscp == b->dscp && hop_addr_equal(&a->to, &b->to);
}

static void pad(struct hop_worker_tx *tx, struct hop_worker_tx_entry *e, uint16_t len)
{
    size_t padded = hop_rtp_pad(e->slot, e->len, HOP_TX_SLOT_BYTES, len);
    tx->padded += padded - e->len;
    e->len = (uint16_t)padded;
}

/* The neighbours from `first` on that can be made equal; returns the entry behind them. */
static uint16_t pad_run(struct hop_worker_tx *tx, uint16_t first)
{
    const struct hop_worker_tx_entry *e = &tx->entries[first];
    uint16_t low = e->len, high = e->len, end = e->next, last = first;
    if (e->kind != HOP_TX_KIND_VIDEO)
        return end;
    while (end != NONE) {
        const struct hop_worker_tx_entry *next = &tx->entries[end];
        uint16_t l = next->len < low ? next->len : low, h = next->len > high ? next->len : high;
        if (next->kind != HOP_TX_KIND_VIDEO || !together(e, next) || h - l > HOP_TX_MOST_PADDING)
            break;
        low = l;
        high = h;
        last = end;
        end = next->next;
    }
    /* A run's last may be short, unless something shorter still can follow it. */
    bool more = end != NONE && together(e, &tx->entries[end]) && tx->entries[end].len < high;
    for (uint16_t i = first; i != last; i = tx->entries[i].next)
        pad(tx, &tx->entries[i], high);
    if (more)
        pad(tx, &tx->entries[last], high);
    return end;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void protect(struct hop_worker_tx *tx, struct hop_worker_tx_entry *e)
{
    size_t len = e->len;
    if (e->kind == HOP_TX_KIND_READY)
        return;
    bool ok =
        tx->ops->protect(e->ctx, e->kind == HOP_TX_KIND_RTCP, e->slot, &len, HOP_TX_SLOT_BYTES);
    e->len = ok ? (uint16_t)len : 0;
    tx->refused += !ok;
}

static void prepare(struct hop_worker_tx *tx)
{
    for (size_t f = 0; f < tx->n_firsts; f++) {
        for (uint16_t i = tx->firsts[f]; i != NONE;)
            i = pad_run(tx, i);
        for (uint16_t i = tx->firsts[f]; i != NONE; i = tx->entries[i].next)
            protect(tx, &tx->entries[i]);
    }
}

static void send_socket(struct hop_worker_tx *tx, uint16_t socket)
{
    size_t n = 0, bytes = 0;
    for (size_t f = 0; f < tx->n_firsts; f++)
        for (uint16_t i = tx->firsts[f]; i != NONE; i = tx->entries[i].next) {
            const struct hop_worker_tx_entry *e = &tx->entries[i];
            if (e->socket != socket || (e->len == 0 && e->kind != HOP_TX_KIND_READY))
                continue;
            tx->messages[n++] = (struct hop_udp_message){
                .data = e->slot, .len = e->len, .to = &e->to, .dscp = e->dscp
            };
            bytes += e->len;
        }
    if (n == 0)
        return;
    size_t taken = hop_udp_send(tx->sockets[socket], tx->messages, n);
    tx->packets += taken;
    tx->bytes += taken == n ? bytes : bytes / n * taken;
    tx->refused += n - taken;
}

void hop_worker_tx_flush(struct hop_worker_tx *tx)
{
    if (tx->n == 0)
        return;
    prepare(tx);
    for (uint16_t s = 0; s < tx->n_sockets; s++)
        send_socket(tx, s);
    for (size_t i = tx->n; i > 0; i--)
        hop_pool_put(tx->pool, tx->entries[i - 1].slot);
    tx->n = tx->n_firsts = 0;
    tx->turn++;
}
