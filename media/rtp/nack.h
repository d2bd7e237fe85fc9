/* Asks for missing packets of one received stream.
 *
 * Fed with extended sequence numbers; polled for the list to put into one RTCP NACK (RFC 4585
 * §6.2.1). Every bound is fixed; when repair is hopeless it says so once and the caller asks for a
 * key frame. Called by the route on its worker (and by the native client); virtual time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_NACK_MAX = 256,            /* packets asked for at a time */
    HOP_NACK_RETRIES = 10,         /* requests per packet */
    HOP_NACK_MAX_GAP = 1000,       /* a longer gap is not asked for */
    HOP_NACK_MAX_AGE_US = 2000000, /* nor a packet missing for longer */
};

struct hop_nack_item {
    uint64_t seq;
    int64_t due_us;   /* next request */
    int64_t since_us; /* when the gap was seen */
    uint8_t asked;    /* requests so far */
};

struct hop_nack {
    bool started;
    bool hopeless; /* reported by the next poll */
    uint64_t newest;
    int64_t due_us; /* no item is due sooner */
    int64_t interval_us;
    int64_t reorder_us; /* how long a gap may be mere reordering */
    uint16_t n;
    struct hop_nack_item items[HOP_NACK_MAX]; /* ascending */
    uint32_t requested, recovered, given_up;  /* counters since init */
};

/* reorder_us: wait before the first request; 0: 5 ms. */
void hop_nack_init(struct hop_nack *n, int64_t reorder_us);
/* Round-trip time to the sender; a request is repeated no sooner than this (at least 20 ms, at most
 * 500 ms). Unknown: 100 ms are assumed. */
void hop_nack_set_rtt(struct hop_nack *n, int64_t rtt_us);

/* A packet came, whether direct or repaired. True when it was on the list. `keyframe`: it begins a
 * key frame, so nothing before it is needed any more. */
bool hop_nack_packet(struct hop_nack *n, uint64_t seq, bool keyframe, int64_t now_us);

/* What to ask for now, ascending, at most max numbers (what does not fit stays due). *need_keyframe
 * becomes true, and is left alone otherwise, when packets were given up since the last poll: too
 * many missing, too long a gap, retries used up. */
size_t hop_nack_poll(struct hop_nack *n, int64_t now_us, uint16_t *out, size_t max,
                     bool *need_keyframe);
/* When poll has something to do: absolute, INT64_MAX when nothing is missing. */
int64_t hop_nack_deadline(const struct hop_nack *n);
/* Forgets everything (stream paused or restarted); RTT and counters stay. */
void hop_nack_reset(struct hop_nack *n);
