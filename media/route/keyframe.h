/* When to ask a publisher for a key frame: requests of many receivers are merged into one, asked
 * again until a key frame comes, and never more often than HOP_KEYFRAME_INTERVAL_US.
 *
 * One of these per received video stream (layer). The room's worker thread; no I/O, no state beside
 * the struct.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    /* between two requests for the same stream; a key frame of 720p takes that long to arrive on
     * a line of 2 Mbit/s */
    HOP_KEYFRAME_INTERVAL_US = 400000,
    /* who has not answered this often is asked at a slower pace */
    HOP_KEYFRAME_EAGER = 8,
    HOP_KEYFRAME_SLOW_US = 2000000,
    /* a complaint so soon after the start of a key frame is about what was before it */
    HOP_KEYFRAME_GRACE_US = 100000,
};

struct hop_keyframe {
    bool wanted;
    int64_t asked_us;    /* last request sent; 0: never */
    int64_t arrived_us;  /* start of the last key frame; 0: never */
    uint16_t unanswered; /* requests sent since the last key frame */
    uint32_t requests;   /* sent since the stream began */
    uint8_t fir_seq;     /* command sequence number of the next FIR, RFC 5104 §4.3.1.1 */
};

/* Somebody cannot decode without a key frame. */
void hop_keyframe_want(struct hop_keyframe *k);
/* A receiver's decoder complains (PLI or FIR): the same, unless a key frame has just begun. */
void hop_keyframe_complain(struct hop_keyframe *k, int64_t now_us);
/* A key frame has begun to arrive: all wishes are granted. */
void hop_keyframe_arrived(struct hop_keyframe *k, int64_t now_us);
/* Nobody watches any more. */
void hop_keyframe_forget(struct hop_keyframe *k);
/* When the next request is due; INT64_MAX: none is wanted. */
int64_t hop_keyframe_deadline(const struct hop_keyframe *k);
/* True when a request is to be sent now; it is then counted as sent. */
bool hop_keyframe_due(struct hop_keyframe *k, int64_t now_us);
