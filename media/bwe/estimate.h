/* How much one receiver's line carries: a target rate from what transport-wide feedback, or in its
 * absence REMB and receiver reports, tell of it.
 *
 * In the manner of draft-ietf-rmcat-gcc-02: a delay trend decides between increase, hold and
 * decrease (§5.5 AIMD), heavy loss bounds (§6); what later practice added: no growth far beyond
 * what was really delivered, and short bursts ("probes") of padding that find out at once what a
 * line carries. Loss that stays when we send less is the line's own, and is not answered.
 *
 * Sans I/O and deterministic; one per receiver, used by media/route on the room's worker. No
 * allocation.
 */
#pragma once

#include "media/base/types.h"
#include "media/bwe/trend.h"
#include "media/bwe/twcc_send.h"

enum {
    HOP_BWE_START_BPS = 1000000,
    HOP_BWE_MIN_BPS = 100000,
    HOP_BWE_MAX_BPS = 30000000,
    HOP_BWE_BINS = 32, /* of delivered bytes */
    HOP_BWE_BIN_US = 25000,
    HOP_BWE_SENT = 8,
    HOP_BWE_PROBE_US = 24000, /* length of a probe */
};

/* A burst that is under way or waits for its feedback. */
struct hop_bwe_probe {
    enum { HOP_PROBE_NONE, HOP_PROBE_SENDING, HOP_PROBE_WAITING } state;
    uint32_t bps;
    uint64_t begin, end;   /* transport-wide numbers [begin, end) */
    int64_t since_us;      /* of this state */
    uint32_t bytes, count; /* arrived */
    uint32_t told;         /* packets that feedback spoke of */
    int64_t first_sent_us, last_sent_us, first_recv_us, last_recv_us;
    uint32_t last_sent_bytes, first_recv_bytes; /* that the spans do not cover */
};

struct hop_bwe {
    struct hop_trend trend;
    uint32_t target_bps;
    enum hop_why why;    /* the target is what it is */
    uint32_t wanted_bps; /* what could be used; probes go no higher */
    bool known;          /* the target is a measurement, no longer the start value */
    bool limited;        /* … of where the line ends; a probe that got through ends that */

    struct {
        int64_t bin;
        uint32_t bytes;
    } bins[HOP_BWE_BINS]; /* delivered bytes by the receiver's clock */
    int64_t first_recv_us, newest_recv_us;
    struct hop_bwe_sent {
        int64_t at_us;    /* our clock, of the newest packet of a feedback */
        uint32_t bytes;   /* of that feedback */
    } sent[HOP_BWE_SENT]; /* the last feedbacks */
    unsigned n_sent;
    int64_t feedback_us;               /* last one; 0: none yet */
    bool was_over;                     /* a queue grew at the last feedback */
    int64_t increase_us;               /* last step of growth; 0: none since the last decrease */
    int64_t decrease_us;               /* last decrease; 0: never */
    uint32_t before_bps;               /* target before it */
    double capacity_bps, capacity_dev; /* delivered rate when queues grew; 0: never yet */

    int64_t delay_min_us[2], delay_epoch_us; /* smallest one-way delays: this and the last epoch */
    int64_t queue_us;                        /* of the last feedback, above the smallest */

    /* A queue that stays although we send much less is somebody else's. */
    bool rival;
    int64_t rival_us; /* since when the queue has not been empty; 0: it was just now */
    int64_t rival_look_us, rival_queue_us; /* last look at the queue, and how long it was */
    double rival_bps;                      /* most that was delivered lately */
    int64_t rival_seen_us;                 /* last time that there was a queue */
    int64_t rival_cut_us;                  /* last time that we gave way */

    uint64_t newest_seq;                        /* that feedback spoke of */
    uint32_t loss_lost, loss_count, loss_bytes; /* of the current window */
    int64_t loss_us;                            /* its beginning; 0: none */
    double loss;                                /* of the last windows, smoothed */
    double own_loss;                            /* share that the line loses whatever we do */
    double cut_loss; /* when the rate was first cut for loss; 0: no cut */
    uint32_t cut_target_bps, cut_sent_bps;
    int64_t cut_us;

    struct hop_bwe_probe probe;
    int64_t next_probe_us, probe_gap_us;
    int64_t remb_us, report_us; /* last REMB, last receiver report; 0: none */
};

void hop_bwe_init(struct hop_bwe *b);
/* News of sent packets, in the order of their numbers. rtt_us 0: unknown. */
void hop_bwe_feedback(struct hop_bwe *b, const struct hop_twcc_sample *samples, size_t n,
                      int64_t rtt_us, int64_t now_us);
/* For receivers without transport-wide feedback: REMB, and the worst loss of a receiver report
 * (0..255 of 256) with what is being sent. */
void hop_bwe_remb(struct hop_bwe *b, uint64_t bps, int64_t now_us);
void hop_bwe_report(struct hop_bwe *b, unsigned fraction_lost, uint32_t sent_bps, int64_t now_us);
/* The clock; `sending`: packets left since the last feedback. */
void hop_bwe_tick(struct hop_bwe *b, bool sending, int64_t now_us);

/* What the receiver's view could use; probes look no further. */
static inline void hop_bwe_want(struct hop_bwe *b, uint32_t bps)
{
    b->wanted_bps = bps;
}

/* The rate at which a probe should be sent now; 0: none. The caller sends padding at that rate for
 * HOP_BWE_PROBE_US between begin and end; whatever else leaves meanwhile is part of it. */
uint32_t hop_bwe_probe_due(const struct hop_bwe *b, int64_t now_us);
void hop_bwe_probe_begin(struct hop_bwe *b, uint32_t bps, uint64_t next_seq, int64_t now_us);
void hop_bwe_probe_end(struct hop_bwe *b, uint64_t next_seq, int64_t now_us);

/* Delivered rate over the last window_us (at most 0.75 s) by the receiver's clock; 0: unknown. */
uint32_t hop_bwe_delivered_bps(const struct hop_bwe *b, int64_t window_us);
