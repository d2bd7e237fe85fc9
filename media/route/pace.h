/* How fast pictures leave towards one receiver. A line that has room is not noticed; on a thin one
 * a key frame, a repair of many packets or a catching up leaves over some time instead of filling
 * the line's buffer, in which sound would wait behind it. Nothing is copied: what waits is a
 * position in a layer's cache (flow.h), and numbers to be repeated.
 *
 * A token bucket in the manner of RFC 2697, its depth 10 ms of the line's rate. An ordinary frame
 * that comes while the line has no queue may overdraw it and leaves in one go: the bucket makes up
 * for it before the next one, and the packets of one turn are one run for the kernel. Key frames,
 * repairs and what caught up may not. Private to media/route; the room's worker thread; no
 * allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_route;
struct hop_route_peer;

enum {
    HOP_PACE_STEP_US = 3000,
    HOP_PACE_BURST_US = 10000,
    HOP_PACE_FRAME_US = 40000,   /* by how much of the line's rate a frame may overdraw it */
    HOP_PACE_QUIET_US = 8000,    /* a shorter queue on the line is none */
    HOP_PACE_CALM_US = 2000000,  /* since the estimate was cut last */
    HOP_PACE_LEAST_BYTES = 1200, /* of depth: a full packet */
    HOP_PACE_REPEATS = 256,
    /* nothing waits longer than about that: the rate rises with what has piled up */
    HOP_PACE_DRAIN_US = 300000,
};

struct hop_pace {
    int64_t
        tokens; /* bytes that may leave at once; below 0: a packet was larger than what was left */
    int64_t at_us;          /* when that was; 0: never */
    uint32_t waiting_bytes; /* of slots that lag */
    bool listed;            /* among those whose turn comes at the tick */
    uint8_t turn;           /* slot that is served next */
    struct {
        uint8_t slot;
        uint16_t seq;
    } repeats[HOP_PACE_REPEATS]; /* asked for again, oldest first */
    uint16_t first_repeat, n_repeats;
};

/* Whether a packet may leave now. */
bool hop_pace_ready(struct hop_route_peer *peer, int64_t now_us);
/* The same for a packet of a frame that came just now and is no key frame. */
bool hop_pace_frame_ready(struct hop_route_peer *peer, int64_t now_us);
/* It has left. */
void hop_pace_spent(struct hop_route_peer *peer, size_t bytes);
/* Something waits: the peer is served at the next ticks. */
void hop_pace_wait(struct hop_route_peer *peer);
/* That number of the slot is to be repeated later; what does not fit is asked for again anyway. */
void hop_pace_repeat(struct hop_route_peer *peer, uint8_t slot, uint16_t seq);
/* Serves those who wait. True: some still do; again after HOP_PACE_STEP_US. */
bool hop_pace_run(struct hop_route *route, int64_t now_us);
/* The participant goes: before he is freed. */
void hop_pace_forget(struct hop_route_peer *peer);
