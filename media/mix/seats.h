/* Those who talk, as the mix sees them: each has a *seat*, his voice of this tick. Owned by the
 * mixer, called on the mix thread.
 *
 * A seat is kept for some frames after its holder fell silent, in which what he and his group hear
 * equals the shared mix, so that they go back to that unnoticed.
 */
#pragma once

#include "media/base/limits.h"
#include "media/mix/frame.h"
#include "media/mix/outlet.h"
#include "media/mix/streams.h"

enum {
    HOP_SEAT_LINGER = 6, /* frames of common input before a seat is given up */
};

struct hop_seat {
    uint32_t peer;
    uint16_t hall;    /* 0: none; those of the same hall do not hear him */
    int linger;       /* frames left after the last stream closed */
    float power;      /* mean square of his voice in this frame */
    bool open;        /* part of the sum */
    int64_t since_us; /* when he took the seat */
    float voice[HOP_MIX_FRAME];
};

struct hop_seats {
    struct hop_seat *seat[HOP_MAX_TALKERS]; /* n in use, then spare ones or NULL */
    int n;
};

struct hop_seat *hop_seats_find(const struct hop_seats *seats, uint32_t peer);
/* A further seat, silent, without linger. NULL: no memory, or all are taken. */
struct hop_seat *hop_seats_add(struct hop_seats *seats, uint32_t peer, uint16_t hall,
                               int64_t now_us);
/* Seat i is given up; the last one takes its number. */
void hop_seats_remove(struct hop_seats *seats, int i);
void hop_seats_free_spare(struct hop_seats *seats);

/* Adds up what the holder says in all his streams; `levelling`: his microphone is brought to the
 * usual loudness. Returns how many were decoded. */
int hop_seat_gather(struct hop_seat *seat, struct hop_streams *streams, bool levelling,
                    int64_t now_us);

/* Whether both are one group: the same hall, or the same peer. */
static inline bool hop_same_group(uint16_t hall_a, uint32_t peer_a, uint16_t hall_b,
                                  uint32_t peer_b)
{
    return hall_a == hall_b && (hall_a != 0 || peer_a == peer_b);
}

/* All who are heard. */
void hop_seats_sum(const struct hop_seats *seats, float sum[HOP_MIX_FRAME]);
/* All but one group; exactly nothing if nobody else is heard. */
void hop_seats_without(const struct hop_seats *seats, const float sum[HOP_MIX_FRAME], uint16_t hall,
                       uint32_t peer, float out[HOP_MIX_FRAME]);
