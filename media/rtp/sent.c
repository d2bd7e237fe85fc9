/* The log of what was sent under which number (sent.h). */
#include "media/rtp/sent.h"

#include <string.h>

void hop_sent_init(struct hop_sent *log, struct hop_sent_entry *ring, uint32_t n)
{
    log->ring = ring;
    log->mask = n - 1;
    memset(ring, 0, n * sizeof *ring);
}

const struct hop_sent_entry *hop_sent_find(const struct hop_sent *log, uint16_t seq)
{
    const struct hop_sent_entry *entry = &log->ring[seq & log->mask];
    return entry->used && entry->seq == seq ? entry : NULL;
}

bool hop_sent_has(const struct hop_sent *log, uint16_t seq, uint64_t in, uint32_t source)
{
    const struct hop_sent_entry *entry = hop_sent_find(log, seq);
    return entry && entry->in == in && entry->source == source;
}

void hop_sent_note(struct hop_sent *log, const struct hop_sent_entry *entry)
{
    struct hop_sent_entry *place = &log->ring[entry->seq & log->mask];
    *place = *entry;
    place->used = true;
    place->resent = 0;
}

const struct hop_sent_entry *hop_sent_take(struct hop_sent *log, uint16_t seq, int64_t min_gap_us,
                                           uint8_t max, int64_t now_us)
{
    struct hop_sent_entry *e = &log->ring[seq & log->mask];
    if (!e->used || e->seq != seq || e->resent >= max || (uint32_t)now_us - e->sent_us < min_gap_us)
        return NULL;
    e->resent = (e->resent + 1u) & 63;
    e->sent_us = (uint32_t)now_us;
    return e;
}
