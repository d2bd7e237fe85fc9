/* The packets that wait in a jitter buffer, by rising sequence number, and the memory they lie in,
 * which is kept for the next ones. Part of a jitter buffer (jitter.c), called on the mix thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOP_WAITING_MAX = 50 }; /* packets: half a second of 10 ms packets */

struct hop_packet {
    uint64_t seq;
    int64_t ts;  /* samples, unwrapped */
    int samples; /* of 48 kHz */
    uint16_t len, cap;
    uint8_t level; /* -dBov that the sender claims, 0xff: none */
    bool copy;     /* came in a later packet (RFC 2198) */
    uint8_t *data; /* len bytes used, cap there */
};

struct hop_waiting {
    struct hop_packet packets[HOP_WAITING_MAX]; /* n by rising seq, then spare memory */
    int n;
};

/* Frees all memory. */
void hop_waiting_clear(struct hop_waiting *waiting);
/* Frees the memory behind the first `keep` packets; there must be no more than that. */
void hop_waiting_trim(struct hop_waiting *waiting, int keep);

/* Whether a packet of `samples` from `ts` on with that number lies in nobody's place. */
bool hop_waiting_fits(const struct hop_waiting *waiting, uint64_t seq, int64_t ts, int samples);
bool hop_waiting_has(const struct hop_waiting *waiting, uint64_t seq);

/* Takes packet i out; its memory stays readable until the next insertion. */
void hop_waiting_remove(struct hop_waiting *waiting, int i);

/* Puts a copy of the packet in, which is not here yet; its `data` and `cap` are ignored. While
 * there are `limit` or more, the oldest go. 0; -ENOSPC: it would be the oldest itself; -ENOMEM.
 * Allocates only when a place meets its longest packet so far. */
int hop_waiting_insert(struct hop_waiting *waiting, const struct hop_packet *in,
                       const uint8_t *payload, int limit);

/* Drops the packets that do not lead without a gap up to the newest. */
void hop_waiting_keep_unbroken(struct hop_waiting *waiting);
