/* transport-cc feedback as bytes (twcc.h).
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1–3.1.5. */
#include "media/rtp/twcc.h"

#include "media/base/bytes.h"

enum { FCI_HEAD = 8, TICKS_PER_REFERENCE = HOP_TWCC_REFERENCE_US / HOP_TWCC_TICK_US };

/* Packet status symbols. */
enum { LOST = 0, SMALL = 1, LARGE = 2, RESERVED = 3 };

enum { MAX_RUN = 0x1fff, ONE_BIT = 14, TWO_BIT = 7 };

/* ---- reading ------------------------------------------------------------------------------------
 */

/* Statuses in one chunk. */
static unsigned chunk_count(uint16_t word)
{
    if (!(word & 0x8000))
        return word & MAX_RUN;
    return word & 0x4000 ? TWO_BIT : ONE_BIT;
}

static unsigned chunk_symbol(uint16_t word, unsigned i)
{
    if (!(word & 0x8000))
        return word >> 13 & 3;
    if (word & 0x4000)
        return word >> (2 * (TWO_BIT - 1 - i)) & 3;
    return word >> (ONE_BIT - 1 - i) & 1;
}

/* Bytes of deltas that the first n statuses of a chunk announce; false: a reserved symbol. */
static bool chunk_deltas(uint16_t word, unsigned n, size_t *bytes)
{
    bool run = !(word & 0x8000);
    for (unsigned i = 0; i < n; i++) {
        unsigned symbol = chunk_symbol(word, i);
        if (symbol == RESERVED)
            return false;
        if (run) {
            *bytes += (size_t)symbol * n;
            break;
        }
        *bytes += symbol;
    }
    return true;
}

bool hop_twcc_begin(const struct hop_rtcp_fb *fb, struct hop_twcc_iter *out)
{
    if (fb->type != HOP_RTCP_RTPFB || fb->format != HOP_RTPFB_TWCC || fb->fci_len < FCI_HEAD)
        return false;
    const uint8_t *p = fb->fci, *end = fb->fci + fb->fci_len;
    uint32_t reference = hop_get24(p + 4);
    struct hop_twcc_iter it = {
        .header = { .base_seq = hop_get16(p),
                    .count = hop_get16(p + 2),
                    .reference = (int32_t)(reference << 8) / 256,
                    .fb_count = p[7] },
        .chunk = p + FCI_HEAD,
    };
    if (it.header.count == 0)
        return false;
    size_t deltas = 0;
    const uint8_t *at = it.chunk;
    for (unsigned left = it.header.count; left > 0; at += 2) {
        if (end - at < 2)
            return false;
        uint16_t word = hop_get16(at);
        unsigned n = chunk_count(word);
        if (n > left)
            n = left;
        if (!chunk_deltas(word, n, &deltas))
            return false;
        left -= n;
    }
    if (deltas > (size_t)(end - at))
        return false;
    it.chunk_end = at;
    it.delta = at;
    it.delta_end = at + deltas;
    it.left = it.header.count;
    it.seq = it.header.base_seq;
    it.at_us = (int64_t)it.header.reference * HOP_TWCC_REFERENCE_US;
    *out = it;
    return true;
}

bool hop_twcc_next(struct hop_twcc_iter *iter, struct hop_twcc_status *out)
{
    if (iter->left == 0)
        return false;
    while (iter->in_chunk == 0) { /* an empty run is allowed, if senseless */
        iter->word = hop_get16(iter->chunk);
        iter->chunk += 2;
        iter->in_chunk = (uint16_t)chunk_count(iter->word);
        iter->symbol_at = 0;
    }
    unsigned symbol = chunk_symbol(iter->word, iter->symbol_at);
    int32_t ticks = 0;
    if (symbol == SMALL) {
        ticks = *iter->delta++;
    } else if (symbol == LARGE) {
        ticks = (int16_t)hop_get16(iter->delta);
        iter->delta += 2;
    }
    iter->at_us += (int64_t)ticks * HOP_TWCC_TICK_US;
    *out = (struct hop_twcc_status){ .seq = iter->seq,
                                     .received = symbol != LOST,
                                     .at_us = symbol != LOST ? iter->at_us : 0 };
    iter->symbol_at++;
    iter->in_chunk--;
    iter->left--;
    iter->seq++;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

enum { MAX_WRITE = 1024, MAX_BYTES = 1400 };

struct plan {
    size_t n;
    int64_t reference;
    uint8_t symbol[MAX_WRITE];
    int16_t ticks[MAX_WRITE];
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Symbols and deltas of as many statuses as can be told from one reference. False: none received.
 */
static bool make_plan(struct plan *plan, const int64_t *arrival_us, size_t n)
{
    bool any = false;
    int64_t previous = 0; /* ticks; absolute, so that rounding does not add up */
    plan->n = 0;
    for (size_t i = 0; i < n && i < MAX_WRITE; i++) {
        plan->symbol[i] = LOST;
        if (arrival_us[i] != INT64_MIN) {
            int64_t tick = floor_div(arrival_us[i], HOP_TWCC_TICK_US);
            if (!any) {
                plan->reference = floor_div(arrival_us[i], HOP_TWCC_REFERENCE_US);
                previous = plan->reference * TICKS_PER_REFERENCE;
                any = true;
            }
            int64_t delta = tick - previous;
            if (delta < INT16_MIN || delta > INT16_MAX)
                break;
            plan->symbol[i] = delta >= 0 && delta <= UINT8_MAX ? SMALL : LARGE;
            plan->ticks[i] = (int16_t)delta;
            previous = tick;
        }
        plan->n = i + 1;
    }
    return any;
}

/* The chunk that covers most from status `at` on; *count gets how many it covers. */
static uint16_t choose_chunk(const struct plan *plan, size_t at, size_t *count)
{
    const uint8_t *symbol = plan->symbol + at;
    size_t left = plan->n - at, run = 1, ones = 0;
    while (run < left && run < MAX_RUN && symbol[run] == symbol[0])
        run++;
    while (ones < left && ones < ONE_BIT && symbol[ones] != LARGE)
        ones++;
    bool one_bit = ones == ONE_BIT || ones == left;
    if (run >= ONE_BIT || run == left || (run >= TWO_BIT && !one_bit)) {
        *count = run;
        return (uint16_t)((size_t)symbol[0] << 13 | run);
    }
    uint16_t word = one_bit ? 0x8000 : 0xc000;
    *count = one_bit ? ones : left < TWO_BIT ? left : TWO_BIT;
    for (unsigned i = 0; i < *count; i++) {
        unsigned shift = one_bit ? ONE_BIT - 1 - i : 2 * (TWO_BIT - 1 - i);
        word = (uint16_t)(word | symbol[i] << shift);
    }
    return word;
}

/* How many of the next `count` statuses fit in `room` bytes of deltas. */
static size_t fitting(const struct plan *plan, size_t at, size_t count, size_t room, size_t *bytes)
{
    size_t used = 0, i = 0;
    for (; i < count && used + plan->symbol[at + i] <= room; i++)
        used += plan->symbol[at + i];
    *bytes = used;
    return i;
}

static void put_deltas(const struct plan *plan, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (plan->symbol[i] == SMALL) {
            *out++ = (uint8_t)plan->ticks[i];
        } else if (plan->symbol[i] == LARGE) {
            hop_put16(out, (uint16_t)plan->ticks[i]);
            out += 2;
        }
    }
}

size_t hop_twcc_write(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                      uint8_t fb_count, uint16_t base_seq, const int64_t *arrival_us, size_t n)
{
    enum { HEAD = 12 + FCI_HEAD };
    struct plan plan;
    size_t room = w->cap - w->len;
    if (room > MAX_BYTES)
        room = MAX_BYTES;
    room &= ~(size_t)3;
    if (room < HEAD || !make_plan(&plan, arrival_us, n))
        return 0;
    uint8_t *p = w->buf + w->len;
    size_t done = 0, chunks = 0, deltas = 0;
    while (done < plan.n && HEAD + chunks + 2 + deltas <= room) {
        size_t count, bytes;
        uint16_t word = choose_chunk(&plan, done, &count);
        size_t fit = fitting(&plan, done, count, room - HEAD - chunks - 2 - deltas, &bytes);
        if (fit == 0)
            break;
        hop_put16(p + HEAD + chunks, word);
        chunks += 2;
        deltas += bytes;
        done += fit;
        /* A chunk may promise more than the count says: only as the last one. */
        if (fit < count)
            break;
    }
    if (done == 0)
        return 0;
    put_deltas(&plan, done, p + HEAD + chunks);
    size_t raw = HEAD + chunks + deltas, size = (raw + 3) & ~(size_t)3;
    for (size_t i = raw; i < size; i++)
        p[i] = 0;
    p[0] = 0x80 | HOP_RTPFB_TWCC;
    p[1] = HOP_RTCP_RTPFB;
    hop_put16(p + 2, (uint16_t)(size / 4 - 1));
    hop_put32(p + 4, sender_ssrc);
    hop_put32(p + 8, media_ssrc);
    hop_put16(p + 12, base_seq);
    hop_put16(p + 14, (uint16_t)done);
    hop_put24(p + 16, (uint32_t)plan.reference & 0xffffff);
    p[19] = fb_count;
    w->len += size;
    return done;
}
