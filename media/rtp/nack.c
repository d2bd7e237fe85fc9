/* The NACK generator (nack.h). The list is an ascending array: it is short, and everything it needs
 * (append, remove one, remove all below) is a memmove. */
#include "media/rtp/nack.h"

#include <string.h>

enum {
    REORDER_US = 5000,
    UNKNOWN_RTT_US = 100000,
    MIN_INTERVAL_US = 20000,
    MAX_INTERVAL_US = 500000,
};

void hop_nack_init(struct hop_nack *n, int64_t reorder_us)
{
    memset(n, 0, sizeof *n);
    n->reorder_us = reorder_us ? reorder_us : REORDER_US;
    n->due_us = INT64_MAX;
    hop_nack_set_rtt(n, 0);
}

void hop_nack_set_rtt(struct hop_nack *n, int64_t rtt_us)
{
    if (rtt_us <= 0)
        rtt_us = UNKNOWN_RTT_US;
    /* A little more than the RTT: the answer that is just arriving must not be asked for again. */
    int64_t interval = rtt_us + rtt_us / 8;
    if (interval < MIN_INTERVAL_US)
        interval = MIN_INTERVAL_US;
    n->interval_us = interval > MAX_INTERVAL_US ? MAX_INTERVAL_US : interval;
}

void hop_nack_reset(struct hop_nack *n)
{
    n->started = false;
    n->hopeless = false;
    n->n = 0;
    n->due_us = INT64_MAX;
}

static void give_up_all(struct hop_nack *n)
{
    n->given_up += n->n;
    n->n = 0;
    n->hopeless = true;
}

/* The first item that is not below seq. */
static size_t lower_bound(const struct hop_nack *n, uint64_t seq)
{
    size_t lo = 0, hi = n->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (n->items[mid].seq < seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void remove_range(struct hop_nack *n, size_t from, size_t count)
{
    memmove(&n->items[from], &n->items[from + count], (n->n - from - count) * sizeof n->items[0]);
    n->n = (uint16_t)(n->n - count);
}

static void add_gap(struct hop_nack *n, uint64_t from, uint64_t end, int64_t now_us)
{
    uint64_t gap = end - from;
    if (gap > HOP_NACK_MAX_GAP || gap > (uint64_t)HOP_NACK_MAX - n->n) {
        n->given_up += (uint32_t)(gap > UINT16_MAX ? UINT16_MAX : gap);
        give_up_all(n);
        return;
    }
    for (uint64_t seq = from; seq < end; seq++)
        n->items[n->n++] = (struct hop_nack_item){ .seq = seq,
                                                   .due_us = now_us + n->reorder_us,
                                                   .since_us = now_us };
    if (gap && now_us + n->reorder_us < n->due_us)
        n->due_us = now_us + n->reorder_us;
}

bool hop_nack_packet(struct hop_nack *n, uint64_t seq, bool keyframe, int64_t now_us)
{
    bool wanted = false;
    if (!n->started) {
        n->started = true;
        n->newest = seq;
    } else if (seq > n->newest) {
        if (!keyframe)
            add_gap(n, n->newest + 1, seq, now_us);
        n->newest = seq;
    } else {
        size_t i = lower_bound(n, seq);
        if (i < n->n && n->items[i].seq == seq) {
            wanted = true;
            if (n->items[i].asked)
                n->recovered++;
            remove_range(n, i, 1);
        }
    }
    if (keyframe) {
        remove_range(n, 0, lower_bound(n, seq));
        /* Of what was given up, nothing lies behind the newest: a key frame there heals it. */
        if (seq == n->newest)
            n->hopeless = false;
    }
    return wanted;
}

size_t hop_nack_poll(struct hop_nack *n, int64_t now_us, uint16_t *out, size_t max,
                     bool *need_keyframe)
{
    size_t count = 0, kept = 0;
    n->due_us = INT64_MAX;
    for (size_t i = 0; i < n->n; i++) {
        struct hop_nack_item item = n->items[i];
        if (item.due_us <= now_us) {
            if (item.asked >= HOP_NACK_RETRIES || now_us - item.since_us > HOP_NACK_MAX_AGE_US) {
                n->given_up++;
                n->hopeless = true;
                continue;
            }
            if (count < max) {
                out[count++] = (uint16_t)item.seq;
                n->requested++;
                item.asked++;
                item.due_us = now_us + n->interval_us;
            }
        }
        if (item.due_us < n->due_us)
            n->due_us = item.due_us;
        n->items[kept++] = item;
    }
    n->n = (uint16_t)kept;
    if (n->hopeless) {
        *need_keyframe = true;
        n->hopeless = false;
    }
    return count;
}

int64_t hop_nack_deadline(const struct hop_nack *n)
{
    if (n->hopeless)
        return 0;
    return n->n ? n->due_us : INT64_MAX;
}
