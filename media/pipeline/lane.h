/* What lies between one worker and its mix thread: messages one way, ticks the other, and the
 * ticks' memory. Each function says whose it is; the two sides share no lock.
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"

struct hop_lane;

enum hop_lane_kind {
    HOP_LANE_VOICE,
    HOP_LANE_ROOM_ADD,
    HOP_LANE_ROOM_REMOVE,
    HOP_LANE_STREAM_RESET,
    HOP_LANE_PEER_REMOVE,
    HOP_LANE_COPY,      /* as VOICE: an earlier packet's copy that came with a later one */
    HOP_LANE_SEAT,      /* value: hall, flag: leads */
    HOP_LANE_LOSS,      /* value: permille */
    HOP_LANE_LEVELLING, /* flag: on */
};

/* One message of a worker. */
struct hop_lane_message {
    hop_room_id room;
    uint64_t ext_seq;
    int64_t now_us;
    uint32_t peer;
    uint32_t timestamp;
    uint16_t len;
    uint16_t value;
    bool flag;
    uint8_t kind;   /* enum hop_lane_kind */
    uint8_t source; /* enum hop_source */
    uint8_t level;  /* -dBov, 0xff: none */
    uint8_t payload[];
};

/* `in_bytes`: of the message ring, a power of two; `ticks`: in the pool, a power of two. -EINVAL,
 * -ENOMEM. */
int hop_lane_new(size_t in_bytes, size_t ticks, struct hop_lane **out);
/* When neither side uses it any more. NULL-safe. */
void hop_lane_free(struct hop_lane *lane);

/* The worker: room for a message with `len` bytes of payload, NULL (counted) when the ring is full;
 * then fill it and commit. */
struct hop_lane_message *hop_lane_begin(struct hop_lane *lane, size_t len);
void hop_lane_commit(struct hop_lane *lane);
/* The worker: bytes that wait, of the ring's size. */
size_t hop_lane_waiting(const struct hop_lane *lane);
/* The worker: the oldest tick or NULL; every one taken is given back. */
const struct hop_audio_tick *hop_lane_take(struct hop_lane *lane);
void hop_lane_give_back(struct hop_lane *lane, const struct hop_audio_tick *tick);

/* The mix thread: the oldest message or NULL, valid until hop_lane_drop(). */
const struct hop_lane_message *hop_lane_peek(struct hop_lane *lane);
void hop_lane_drop(struct hop_lane *lane);
/* The mix thread: memory for a tick, NULL (counted) when the worker has them all; it goes out with
 * hop_lane_publish() or back with hop_lane_keep(). */
struct hop_audio_tick *hop_lane_tick(struct hop_lane *lane);
void hop_lane_publish(struct hop_lane *lane, struct hop_audio_tick *tick);
void hop_lane_keep(struct hop_lane *lane, struct hop_audio_tick *tick);

/* Any thread: messages and ticks that found no room. */
uint64_t hop_lane_refused(const struct hop_lane *lane);
