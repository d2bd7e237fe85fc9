/* One received RTP stream: the microphone, or one simulcast layer of a camera. What came, what is
 * missing, what is kept for repair, when to ask for a key frame, and who subscribes.
 *
 * RFC 3550 §A (receive state), RFC 4585 §6.2.1 (NACK). Private to media/route; the room's worker
 * thread. Memory is taken when the stream begins and when a slot subscribes, never per packet.
 */
#pragma once

#include "media/route/keyframe.h"
#include "media/route/uplink.h"
#include "media/rtp/cache.h"
#include "media/rtp/nack.h"
#include "media/rtp/source.h"

struct hop_publication;
struct hop_slot;

enum {
    /* a gap is mere reordering for this long */
    HOP_LAYER_REORDER_US = 10000,
    /* a simulcast layer without packets for this long has stopped */
    HOP_LAYER_SILENT_US = 1000000,
    /* … for that long while so many frames of a lower one came: likewise. A browser whose estimate
     * has collapsed sends three frames of its upper layers, and then only the lowest. */
    HOP_LAYER_STALLED_US = 250000,
    HOP_LAYER_STALLED_FRAMES = 4,
    /* who has stopped so within the last while, or wakes up, is counted on only when it came for
     * that long and so many frames */
    HOP_LAYER_DOUBT_US = 10000000,
    HOP_LAYER_WAKE_US = 3000000,
    HOP_LAYER_STEADY_US = 250000,
    HOP_LAYER_STEADY_FRAMES = 5,
    /* … four times as long for each time that it has stopped again, this many times at most */
    HOP_LAYER_STOPS = 2,
    HOP_LAYER_FORGIVE_US = 30000000,
    /* one place in the cache's index for so many bytes */
    HOP_LAYER_PLACE_BYTES = 512,
    /* slow ticks over which its rate is taken: a second, so that a key frame is no change */
    HOP_LAYER_RATE_BINS = 10,
    /* of the cache, where all layers of a source come in one stream */
    HOP_LAYER_SCALABLE_BYTES = 224 * 1024,
};

struct hop_layer {
    struct hop_publication *publication;
    uint8_t index; /* 0: lowest */
    bool video;
    bool flowing;                      /* packets came within HOP_LAYER_SILENT_US */
    bool steady;                       /* it flows, and may be counted on */
    int64_t doubt_us;                  /* until then it is not at once */
    uint8_t behind;                    /* frames of lower layers since its last packet */
    uint8_t stops;                     /* times that it has stopped so lately */
    uint8_t begun_frames;              /* since begun_us, up to HOP_LAYER_STEADY_FRAMES */
    int64_t begun_us;                  /* when it began to flow */
    uint32_t tag;                      /* unique in the room, changes when the stream begins anew */
    uint32_t ssrc;                     /* 0: not known yet */
    int64_t last_us;                   /* newest packet; 0: none yet */
    int64_t demanded_us;               /* when it was asked for again; 0: never */
    uint16_t width, height;            /* pixels, of the last key frame; 0: unknown */
    uint8_t n_spatial;                 /* of the stream itself (SVC); 0: as 1 */
    uint16_t heights[HOP_MAX_SPATIAL]; /* of these; 0: unknown */
    struct hop_quality_meter meter;
    struct hop_structures *structures; /* NULL: no dependency descriptor was negotiated */
    uint32_t rate_bps;                 /* received, over the last seconds; 0: not measured yet */
    uint32_t rate_bins[HOP_LAYER_RATE_BINS]; /* of each slow tick */
    uint64_t rate_bytes;                     /* recv.bytes at the last one */
    int64_t rate_us;                         /* when that was; 0: never */
    uint8_t rate_at, rate_n;
    struct hop_recv_source recv;
    struct hop_nack nack;
    uint64_t nack_first; /* extended number that nack counts from */
    struct hop_keyframe keyframe;
    uint64_t key_seq;        /* extended number of the packet that began the last key frame */
    uint32_t key_timestamp;  /* of that frame */
    int64_t key_us;          /* when it came; 0: none did */
    struct hop_cache *cache; /* NULL: no packet yet, or sound */
    size_t cache_bytes;
    size_t cache_has;                   /* that cache was made with */
    int64_t stats_lost, stats_expected; /* at the last hop_route_stats() */
    struct hop_slot **subscribers;
    uint16_t n_subscribers, subscriber_room;
};

void hop_layer_init(struct hop_layer *layer, struct hop_publication *publication, uint8_t index,
                    bool video, size_t cache_bytes);
/* Frees what the layer holds; every subscriber loses it. */
void hop_layer_clear(struct hop_layer *layer);
/* The first packet with that SSRC came: receive state from scratch, and all of hop_layer_restart().
 */
void hop_layer_begin(struct hop_layer *layer, uint32_t ssrc, uint32_t clock_hz);
/* What came so far is no longer of use (the sender restarted, or took another codec): caches are
 * emptied and receivers wait for a key frame. */
void hop_layer_restart(struct hop_layer *layer);

/* Slots are pushed to at most once; -ENOMEM. */
int hop_layer_subscribe(struct hop_layer *layer, struct hop_slot *slot);
void hop_layer_unsubscribe(struct hop_layer *layer, struct hop_slot *slot);

/* Takes a video packet that was not seen before: notes it for NACK, keeps it, remembers the size of
 * the picture. A key frame whose beginning is missing is no longer called one. */
void hop_layer_take(struct hop_layer *layer, struct hop_uplink *packet, int64_t now_us);
/* Hands the packet to all subscribers; who waits for a key frame is served by this one. */
void hop_layer_forward(struct hop_layer *layer, const struct hop_uplink *packet, int64_t now_us);
/* If the packet brought the structure that packets after it had to wait for: hands those on. */
void hop_layer_replay(struct hop_layer *layer, const struct hop_uplink *packet, int64_t now_us);
/* A number that no receiver shall wait for. */
void hop_layer_skip(struct hop_layer *layer, uint64_t seq);
/* The kept packet with that number, read. False: it is gone. */
bool hop_layer_recall(const struct hop_layer *layer, uint64_t seq, struct hop_uplink *out);

/* The packet is part of the last key frame. */
static inline bool hop_layer_in_keyframe(const struct hop_layer *layer,
                                         const struct hop_uplink *packet)
{
    return layer->key_us != 0 && packet->view.timestamp == layer->key_timestamp;
}

/* Measures its rate; at every slow tick. */
void hop_layer_measure(struct hop_layer *layer, int64_t now_us);
/* Sends what is due to the publisher: NACKs, key frame requests. */
void hop_layer_poll(struct hop_layer *layer, int64_t now_us);
/* When hop_layer_poll() has something to do. */
int64_t hop_layer_deadline(const struct hop_layer *layer);
