/* Matching transport-cc feedback with what was sent (twcc_send.h). */
#include "media/bwe/twcc_send.h"

#include <stdlib.h>
#include <string.h>

enum { NEVER, SENT, LOST, ACKED }; /* state of a ring entry */

enum {
    BINS = HOP_TWCC_RATE_BINS,
    BIN_US = HOP_TWCC_RATE_WINDOW_US / BINS,
    MIN_RATE_US = 2 * BIN_US, /* sooner, a rate would be a guess */
    HALF_LIFE_US = 500000,
    STALE_US = 1000000,
};

static int64_t bin_of(int64_t us)
{
    return us / BIN_US - (us % BIN_US < 0);
}

void hop_twcc_send_init(struct hop_twcc_send *s)
{
    memset(s, 0, sizeof *s);
    s->next = 1;
    s->ring = s->first;
    s->n_ring = HOP_TWCC_SEND_FIRST;
}

void hop_twcc_send_deinit(struct hop_twcc_send *s)
{
    if (s->ring != s->first)
        free(s->ring);
    s->ring = NULL;
}

static struct hop_twcc_sent *entry_of(struct hop_twcc_send *s, uint64_t seq)
{
    return &s->ring[seq & (s->n_ring - 1)];
}

/* The oldest is still under way. Without memory it is forgotten, as any is in the end. */
static void grow(struct hop_twcc_send *s)
{
    uint32_t n = 2 * s->n_ring;
    struct hop_twcc_sent *ring = calloc(n, sizeof *ring);
    if (!ring)
        return;
    uint64_t oldest = s->next > s->n_ring ? s->next - s->n_ring : 1;
    for (uint64_t seq = oldest; seq < s->next; seq++)
        ring[seq & (n - 1)] = *entry_of(s, seq);
    hop_twcc_send_deinit(s);
    s->ring = ring;
    s->n_ring = n;
}

uint16_t hop_twcc_send_packet(struct hop_twcc_send *s, size_t bytes, int64_t now_us)
{
    struct hop_twcc_sent *e = entry_of(s, s->next);
    if (e->state == SENT && s->n_ring < HOP_TWCC_SEND_WINDOW &&
        (uint32_t)now_us - e->sent_us < HOP_TWCC_SEND_WAIT_US) {
        grow(s);
        e = entry_of(s, s->next);
    }
    if (e->state == SENT)
        s->in_flight_bytes -= e->bytes;
    e->sent_us = (uint32_t)now_us;
    e->bytes = (uint16_t)(bytes > UINT16_MAX ? UINT16_MAX : bytes);
    e->state = SENT;
    s->in_flight_bytes += e->bytes;
    return (uint16_t)s->next++;
}

/* ---- feedback -----------------------------------------------------------------------------------
 */

/* The newest number sent that ends in these 16 bits; 0: none that is still remembered. */
static uint64_t unwrap_sent(const struct hop_twcc_send *s, uint16_t seq)
{
    uint16_t behind = (uint16_t)((uint16_t)s->next - seq);
    if (behind == 0 || behind > s->n_ring || behind >= s->next)
        return 0;
    return s->next - behind;
}

/* The reference time has 24 bits: nearest to the one before. Returns µs to add to the times that
 * the iterator gives. */
static int64_t unwrap_reference(struct hop_twcc_send *s, int32_t wire)
{
    if (!s->has_reference) {
        s->has_reference = true;
        s->reference = wire;
        return 0;
    }
    uint32_t step = ((uint32_t)wire - (uint32_t)s->reference) & 0xffffff;
    s->reference += step & 0x800000 ? (int64_t)step - 0x1000000 : (int64_t)step;
    return (s->reference - wire) * HOP_TWCC_REFERENCE_US;
}

static void decay(struct hop_twcc_send *s, int64_t now_us)
{
    if (s->recent_us == 0 || now_us - s->recent_us > 8 * (int64_t)HALF_LIFE_US) {
        s->recent_acked = s->recent_lost = 0;
        s->recent_us = now_us;
    }
    for (; now_us - s->recent_us >= HALF_LIFE_US; s->recent_us += HALF_LIFE_US) {
        s->recent_acked /= 2;
        s->recent_lost /= 2;
    }
}

/* Bins by the receiver's clock: so neither feedback's rhythm nor its jitter shows in the rate. */
static void note_acked_bytes(struct hop_twcc_send *s, uint32_t bytes, int64_t recv_us,
                             int64_t now_us)
{
    /* Far from the rest, or nothing for long: what was measured before means nothing any more. */
    if (s->ack_us == 0 || now_us - s->ack_us > STALE_US || recv_us - s->newest_recv_us > STALE_US ||
        s->newest_recv_us - recv_us > STALE_US) {
        memset(s->bins, 0, sizeof s->bins);
        s->first_recv_us = s->newest_recv_us = recv_us;
        s->ack_us = now_us;
        return; /* the first one closes an interval that we do not know */
    }
    s->ack_us = now_us;
    if (recv_us > s->newest_recv_us)
        s->newest_recv_us = recv_us;
    int64_t bin = bin_of(recv_us);
    struct hop_twcc_bin *b = &s->bins[(uint64_t)bin % BINS];
    if (b->bin != bin) {
        if (b->bytes && b->bin > bin)
            return;
        b->bin = bin;
        b->bytes = 0;
    }
    b->bytes += bytes;
}

/* Takes one status; true when it is news. */
static bool take_status(struct hop_twcc_send *s, const struct hop_twcc_status *status,
                        int64_t offset_us, int64_t now_us, struct hop_twcc_sample *out)
{
    uint64_t seq = unwrap_sent(s, status->seq);
    if (seq == 0)
        return false;
    struct hop_twcc_sent *e = entry_of(s, seq);
    uint8_t was = e->state;
    if (was == NEVER || was == ACKED || (was == LOST && !status->received))
        return false;
    if (was == SENT)
        s->in_flight_bytes -= e->bytes;
    if (was == LOST) {
        s->lost--;
        s->recent_lost -= s->recent_lost > 0;
    }
    if (status->received) {
        s->acked++;
        s->recent_acked++;
    } else {
        s->lost++;
        s->recent_lost++;
    }
    e->state = status->received ? ACKED : LOST;
    *out = (struct hop_twcc_sample){
        .seq = seq,
        .sent_us = now_us - (int64_t)(uint32_t)((uint32_t)now_us - e->sent_us),
        .recv_us = status->received ? status->at_us + offset_us : 0,
        .bytes = e->bytes,
        .received = status->received,
    };
    return true;
}

size_t hop_twcc_send_feedback(struct hop_twcc_send *s, const struct hop_rtcp_fb *fb, int64_t now_us,
                              struct hop_twcc_sample *samples, size_t max)
{
    struct hop_twcc_iter iter;
    if (!hop_twcc_begin(fb, &iter))
        return 0;
    int64_t offset_us = unwrap_reference(s, iter.header.reference), rtt_us = INT64_MAX;
    size_t n = 0;
    struct hop_twcc_status status;
    decay(s, now_us);
    while (hop_twcc_next(&iter, &status)) {
        struct hop_twcc_sample sample;
        if (!take_status(s, &status, offset_us, now_us, &sample))
            continue;
        if (sample.received) {
            note_acked_bytes(s, sample.bytes, sample.recv_us, now_us);
            if (now_us - sample.sent_us < rtt_us)
                rtt_us = now_us - sample.sent_us;
        }
        if (n < max)
            samples[n++] = sample;
    }
    if (rtt_us != INT64_MAX)
        s->rtt_us = rtt_us > 0 ? rtt_us : 1;
    return n;
}

/* ---- what it tells ------------------------------------------------------------------------------
 */

size_t hop_twcc_deltas(const struct hop_twcc_sample *samples, size_t n, struct hop_twcc_delta *out,
                       size_t max)
{
    const struct hop_twcc_sample *previous = NULL;
    size_t count = 0;
    for (size_t i = 0; i < n && count < max; i++) {
        if (!samples[i].received)
            continue;
        if (previous) {
            int64_t send = samples[i].sent_us - previous->sent_us;
            int64_t recv = samples[i].recv_us - previous->recv_us;
            out[count++] = (struct hop_twcc_delta){ .send_us = send,
                                                    .recv_us = recv,
                                                    .delay_us = recv - send };
        }
        previous = &samples[i];
    }
    return count;
}

uint32_t hop_twcc_send_acked_bps(const struct hop_twcc_send *s, int64_t now_us)
{
    if (s->ack_us == 0 || now_us - s->ack_us > STALE_US)
        return 0;
    int64_t oldest = bin_of(s->newest_recv_us) - (BINS - 1), begin_us = oldest * BIN_US;
    if (begin_us < s->first_recv_us)
        begin_us = s->first_recv_us;
    int64_t span_us = s->newest_recv_us - begin_us;
    if (span_us < MIN_RATE_US)
        return 0;
    uint64_t bytes = 0;
    for (int i = 0; i < BINS; i++)
        if (s->bins[i].bin >= oldest)
            bytes += s->bins[i].bytes;
    uint64_t bps = bytes * 8 * 1000000 / (uint64_t)span_us;
    return bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
}

uint16_t hop_twcc_send_loss_permille(const struct hop_twcc_send *s)
{
    uint32_t total = s->recent_acked + s->recent_lost;
    if (total == 0)
        return 0;
    return (uint16_t)((uint64_t)s->recent_lost * 1000 / total);
}
