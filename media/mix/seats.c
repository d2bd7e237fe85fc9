/* Those who talk, as the mix sees them; see seats.h. Mix thread. */
#include "media/mix/seats.h"

#include "media/mix/talker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)HOP_SEAT_LINGER >= (int)HOP_OUTLET_PRIME,
              "a hand-over needs its frames of common input");

struct hop_seat *hop_seats_find(const struct hop_seats *seats, uint32_t peer)
{
    for (int i = 0; i < seats->n; i++)
        if (seats->seat[i]->peer == peer)
            return seats->seat[i];
    return NULL;
}

struct hop_seat *hop_seats_add(struct hop_seats *seats, uint32_t peer, uint16_t hall,
                               int64_t now_us)
{
    if (seats->n == HOP_MAX_TALKERS)
        return NULL;
    struct hop_seat *seat = seats->seat[seats->n];
    if (!seat)
        seat = malloc(sizeof(*seat));
    if (!seat)
        return NULL;
    *seat = (struct hop_seat){ .peer = peer, .hall = hall, .since_us = now_us };
    seats->seat[seats->n++] = seat;
    return seat;
}

void hop_seats_remove(struct hop_seats *seats, int i)
{
    struct hop_seat *gone = seats->seat[i];
    seats->seat[i] = seats->seat[--seats->n];
    seats->seat[seats->n] = gone;
}

void hop_seats_free_spare(struct hop_seats *seats)
{
    for (int i = seats->n; i < HOP_MAX_TALKERS; i++) {
        free(seats->seat[i]);
        seats->seat[i] = NULL;
    }
}

/* ---- adding up --------------------------------------------------------------------------------
 */

static void add(float *to, const float *voice)
{
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        to[i] += voice[i];
}

int hop_seat_gather(struct hop_seat *seat, struct hop_streams *streams, bool levelling,
                    int64_t now_us)
{
    float frame[HOP_MIX_FRAME];
    int decoded = 0;

    memset(seat->voice, 0, sizeof(seat->voice));
    seat->power = 0.0f;
    seat->open = false;
    for (int k = 0; k < HOP_STREAM_KINDS; k++) {
        float power = 0.0f;
        struct hop_talker *talker = hop_streams_of(streams, seat->peer, k);
        if (!talker || !hop_talker_active(talker))
            continue;
        hop_talker_pull(talker, now_us, levelling && k == HOP_STREAM_MICROPHONE, frame, &power);
        decoded++;
        if (power <= 0.0f && !hop_talker_open(talker))
            continue;
        add(seat->voice, frame);
        seat->power += power;
        seat->open = true;
    }
    if (seat->open)
        seat->linger = HOP_SEAT_LINGER;
    else if (seat->linger > 0)
        seat->linger--;
    return decoded;
}

void hop_seats_sum(const struct hop_seats *seats, float sum[HOP_MIX_FRAME])
{
    memset(sum, 0, HOP_MIX_FRAME * sizeof(*sum));
    for (int s = 0; s < seats->n; s++)
        if (seats->seat[s]->open)
            add(sum, seats->seat[s]->voice);
}

void hop_seats_without(const struct hop_seats *seats, const float sum[HOP_MIX_FRAME], uint16_t hall,
                       uint32_t peer, float out[HOP_MIX_FRAME])
{
    bool others = false;

    memcpy(out, sum, HOP_MIX_FRAME * sizeof(*out));
    for (int s = 0; s < seats->n; s++) {
        const struct hop_seat *seat = seats->seat[s];
        if (!seat->open)
            continue;
        if (!hop_same_group(seat->hall, seat->peer, hall, peer)) {
            others = true;
            continue;
        }
        for (int i = 0; i < HOP_MIX_FRAME; i++)
            out[i] -= seat->voice[i];
    }
    if (!others)
        memset(out, 0, HOP_MIX_FRAME * sizeof(*out));
}
