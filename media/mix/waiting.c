/* The packets that wait in a jitter buffer; see waiting.h. Mix thread. */
#include "media/mix/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 128 };

void hop_waiting_trim(struct hop_waiting *waiting, int keep)
{
    for (int i = keep; i < HOP_WAITING_MAX; i++) {
        free(waiting->packets[i].data);
        waiting->packets[i].data = NULL;
        waiting->packets[i].cap = 0;
    }
}

void hop_waiting_clear(struct hop_waiting *waiting)
{
    waiting->n = 0;
    hop_waiting_trim(waiting, 0);
}

/* Where a packet with this number belongs. */
static int place_of(const struct hop_waiting *waiting, uint64_t seq)
{
    int i = waiting->n;
    while (i > 0 && waiting->packets[i - 1].seq > seq)
        i--;
    return i;
}

bool hop_waiting_has(const struct hop_waiting *waiting, uint64_t seq)
{
    int place = place_of(waiting, seq);
    return place > 0 && waiting->packets[place - 1].seq == seq;
}

bool hop_waiting_fits(const struct hop_waiting *waiting, uint64_t seq, int64_t ts, int samples)
{
    int place = place_of(waiting, seq);
    const struct hop_packet *before = place > 0 ? &waiting->packets[place - 1] : NULL;
    const struct hop_packet *after = place < waiting->n ? &waiting->packets[place] : NULL;

    return (!before || (before->seq != seq && before->ts + before->samples <= ts)) &&
           (!after || ts + samples <= after->ts);
}

void hop_waiting_remove(struct hop_waiting *waiting, int i)
{
    struct hop_packet gone = waiting->packets[i];
    waiting->n--;
    memmove(&waiting->packets[i], &waiting->packets[i + 1],
            (size_t)(waiting->n - i) * sizeof(waiting->packets[0]));
    waiting->packets[waiting->n] = gone;
}

static bool reserve(struct hop_packet *packet, size_t len)
{
    size_t cap = FIRST_BYTES;
    if (packet->cap >= len)
        return true;
    while (cap < len)
        cap *= 2;
    uint8_t *data = realloc(packet->data, cap);
    if (!data)
        return false;
    packet->data = data;
    packet->cap = (uint16_t)cap;
    return true;
}

int hop_waiting_insert(struct hop_waiting *waiting, const struct hop_packet *in,
                       const uint8_t *payload, int limit)
{
    int place = place_of(waiting, in->seq);
    while (waiting->n >= limit) {
        if (place == 0)
            return -ENOSPC;
        hop_waiting_remove(waiting, 0);
        place--;
    }
    if (!reserve(&waiting->packets[waiting->n], in->len))
        return -ENOMEM;
    struct hop_packet spare = waiting->packets[waiting->n];
    memmove(&waiting->packets[place + 1], &waiting->packets[place],
            (size_t)(waiting->n - place) * sizeof(waiting->packets[0]));
    struct hop_packet *packet = &waiting->packets[place];
    *packet = *in;
    packet->data = spare.data;
    packet->cap = spare.cap;
    memcpy(packet->data, payload, in->len);
    waiting->n++;
    return 0;
}

void hop_waiting_keep_unbroken(struct hop_waiting *waiting)
{
    const struct hop_packet *packets = waiting->packets;
    int first = waiting->n - 1;
    while (first > 0 && packets[first - 1].seq + 1 == packets[first].seq &&
           packets[first - 1].ts + packets[first - 1].samples == packets[first].ts)
        first--;
    while (first-- > 0)
        hop_waiting_remove(waiting, 0);
}
