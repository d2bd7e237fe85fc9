/* One video m-line of a receiver: a stream with one SSRC for life, behind which the server changes
 * participants and layers. Switches at key frames only, after the old picture's frame has ended,
 * and rewrites numbers, timestamps and codec ids so that the decoder sees one stream.
 *
 * RFC 7667 §3.7 (SFM), RFC 7741 §4.2 (VP8 ids), RFC 3550 §6.4.1 (SR). Private to media/route; the
 * room's worker thread; no allocation per packet.
 */
#pragma once

#include "media/route/layer.h"
#include "media/route/rewrite.h"
#include "media/route/select.h"
#include "media/rtp/sent.h"

struct hop_route_peer;

enum {
    /* packets a receiver can ask for again: 0.9 s of 2.5 Mbit/s */
    HOP_SLOT_SENT_LOG = 256,
    /* how long a switch waits for the end of the frame that is being sent */
    HOP_SLOT_FRAME_US = 40000,
    /* frames caught up with whose late packets find their time */
    HOP_SLOT_TIMES = 32,
    /* an interruption longer than that is told as one */
    HOP_SLOT_STALE_US = 1500000,
};

struct hop_slot {
    struct hop_route_peer *owner;
    uint8_t index;
    struct hop_slot_desc desc; /* mid and payload types at this receiver */
    uint32_t rtx_ssrc;
    uint16_t rtx_seq;

    struct hop_publication *assigned; /* what the slot is to show; NULL: nothing */
    uint16_t tile_height;             /* pixels; 0: any */
    bool pinned;
    uint8_t rank;                /* place of its tile in the view */
    bool paused;                 /* assigned, but the line has no room for it */
    enum hop_slot_reason reason; /* why it shows nothing, or less than it could */
    int8_t fits, may;            /* layers: what suits the tile; what the line allows, too */
    struct hop_layer *meant;     /* what it is to take: wanted, unless that does not come yet */
    struct hop_quality meant_quality;
    struct hop_layer *current;          /* what it shows; NULL: nothing yet */
    struct hop_layer *wanted;           /* what it is to show next, or current */
    const struct hop_codec_desc *codec; /* of current */

    bool mid_frame;       /* the newest packet sent was not the last of its frame */
    bool pending;         /* a key frame of wanted has begun, at pending_seq */
    uint64_t pending_seq; /* extended number in wanted */
    int64_t pending_us;   /* switch then at the latest */

    struct hop_selector select; /* of current's packets */
    uint64_t caught_up; /* extended number up to which the layer's kept packets were taken */
    bool started;       /* something was sent; timestamp_shift is valid */
    struct hop_seq_map seqs;
    struct hop_rewriter ids;
    uint32_t timestamp_shift; /* ours - the layer's */
    /* Begun with an older key frame: frames have the times at which they left, until they leave
     * when they come. */
    bool catching_up;
    struct hop_slot_time {
        uint32_t in, out;    /* the layer's time, ours */
    } times[HOP_SLOT_TIMES]; /* of the last such frames */
    uint32_t n_times;
    int64_t begun_us; /* when it began with its layer, and what time that was for the receiver */
    uint32_t begun_out;
    uint64_t begun_seq; /* the first packet's number in the layer */
    bool owed;          /* a repair since then was refused: its decoder may wait for it */

    bool lagging;              /* packets from cursor on wait in the layer's cache */
    uint64_t cursor;           /* extended number in current */
    uint32_t waiting_bytes;    /* of them */
    uint64_t newest_seq;       /* extended number of the newest packet sent, in current */
    uint32_t newest_timestamp; /* of that packet, ours */
    int64_t newest_us;         /* when it was sent */
    struct hop_send_source sent;
    struct hop_sent log; /* ring NULL until the slot is used */
    struct hop_slot_state reported;
};

/* `random` seeds numbers and timestamps. -ENOMEM. */
int hop_slot_new(struct hop_route_peer *owner, uint8_t index, const struct hop_slot_desc *desc,
                 uint32_t ssrc, uint32_t rtx_ssrc, struct hop_slot **out);
/* NULL-safe; leaves its layers first. */
void hop_slot_free(struct hop_slot *slot);

/* The receiver's payload types for a codec; NULL: it cannot play it. */
const struct hop_codec_desc *hop_slot_codec(const struct hop_slot *slot, enum hop_codec codec);

/* What the slot is to show; NULL empties it. What it shows goes on until the new one's key frame,
 * unless that is no longer live. -ENOMEM: the slot is empty then. */
int hop_slot_assign(struct hop_slot *slot, struct hop_publication *publication,
                    uint16_t tile_height);
/* Which layer of the assigned publication. -ENOMEM. */
int hop_slot_want(struct hop_slot *slot, struct hop_layer *layer);
/* Which of the stream's own layers (temporal, and spatial with SVC): down at once, up when the
 * stream allows it. Holds for any layer that the slot shows later. */
void hop_slot_aim(struct hop_slot *slot, struct hop_quality quality);
/* What it is sent now. */
struct hop_quality hop_slot_quality(const struct hop_slot *slot);
/* The line has no room for it: shows nothing, stays assigned, until hop_slot_want(). */
void hop_slot_pause(struct hop_slot *slot);
/* Forget all: shows nothing, waits for nothing. */
void hop_slot_clear(struct hop_slot *slot);
/* The layer goes away. */
void hop_slot_lose(struct hop_slot *slot, struct hop_layer *layer);
/* The layer's stream begins anew: a key frame is needed. */
void hop_slot_restart(struct hop_slot *slot, struct hop_layer *layer);
/* The line of the receiver was down: the next packet must begin a key frame. */
void hop_slot_resync(struct hop_slot *slot);
/* The line has room again: whose repair was refused gets a key frame. */
void hop_slot_settle(struct hop_slot *slot, int64_t now_us);
/* Asks for the key frame that the slot waits for, if it does. */
void hop_slot_request(struct hop_slot *slot, int64_t now_us);

/* A packet of the layer that it shows: sent, or left out without a trace. (send.c) */
void hop_slot_send(struct hop_slot *slot, const struct hop_uplink *packet, int64_t now_us);
/* A packet of a layer that the slot subscribes to: sent, or not. */
void hop_slot_offer(struct hop_slot *slot, struct hop_layer *layer, const struct hop_uplink *packet,
                    int64_t now_us);
/* That number of the layer will never be sent; it leaves no gap. */
void hop_slot_skip(struct hop_slot *slot, const struct hop_layer *layer, uint64_t seq);
/* The receiver's decoder cannot go on (PLI, FIR). */
void hop_slot_complain(struct hop_slot *slot, int64_t now_us);
/* The receiver misses packets (NACK): answered by RTX from the publisher's cache. */
void hop_slot_resend(struct hop_slot *slot, const uint16_t *seqs, size_t n, int64_t now_us);
/* The same for one number, whose turn has come. */
void hop_slot_repeat(struct hop_slot *slot, uint16_t seq, int64_t now_us);
/* What it shows from now on; for flow.c. */
void hop_slot_set_current(struct hop_slot *slot, struct hop_layer *layer);
/* A sender report for now; the publisher's own clock is followed when it has told it. False:
 * nothing was sent yet. */
bool hop_slot_report(struct hop_slot *slot, int64_t now_us, int64_t wall_us,
                     struct hop_rtcp_sr *out);
/* What it shows may have changed by itself: it waits, or takes more frames now. */
bool hop_slot_restless(const struct hop_slot *slot);
/* What it shows now. */
struct hop_slot_state hop_slot_state(const struct hop_slot *slot);
