/* What one receiver's line carries, and what was decided because of it: feeds the estimate with
 * feedback, sends probes as RTX padding, and keeps the last decisions with their reasons.
 *
 * RFC 4588 (padding leaves in an RTX stream, so that no picture's numbers are used up). Private to
 * media/route; the room's worker thread; no allocation.
 */
#pragma once

#include "media/bwe/estimate.h"

struct hop_route_peer;

enum {
    HOP_DECISIONS = 64,
    HOP_BUDGET_HOLD_US = 300000, /* before anything was taken back */
    HOP_DECISIONS_PER_S = 5,
    HOP_BUDGET_PAUSED = -1,
    /* between two bursts of padding of one probe */
    HOP_BUDGET_BURST_US = 4000,
};

struct hop_budget {
    struct hop_bwe bwe;
    uint32_t noted_bps; /* target at the last decision */
    uint32_t tx_bps;    /* sent in the last second or so */
    uint64_t tx_bytes;  /* at tx_us */
    int64_t tx_us;

    int64_t probe_us;     /* beginning of the probe that is being sent */
    uint64_t probe_bytes; /* peer's tx_bytes then */
    uint64_t padding_bytes;

    int64_t repair_us;    /* when repair_bytes was valid; 0: never */
    int64_t repair_bytes; /* that may be repeated now */

    int64_t raise_us;    /* since when more would fit; 0: it does not */
    int64_t short_us;    /* since when not even the lowest layers fit; 0: they do */
    int64_t raised_us;   /* last time a slot went up for the line's sake */
    int64_t hold_us;     /* how long more must fit before it is used */
    uint32_t regret_bps; /* the target when going up was taken back last; 0: never, or forgotten */

    struct hop_decision decisions[HOP_DECISIONS];
    unsigned n_decisions; /* since the participant came */
    unsigned n_told;      /* in the second that began at told_us */
    int64_t told_us;

    uint32_t cap_bps; /* no more than that is sent to him; 0: no cap */
    bool capped;      /* the cap is less than what the line carries */
};

void hop_budget_init(struct hop_budget *budget, bool has_twcc);
/* Transport-wide feedback, REMB, or the worst loss (of 256) of a receiver report came. */
void hop_budget_feedback(struct hop_route_peer *peer, const struct hop_twcc_sample *samples,
                         size_t n, int64_t now_us);
void hop_budget_remb(struct hop_route_peer *peer, uint64_t bps, int64_t now_us);
void hop_budget_report(struct hop_route_peer *peer, unsigned fraction_lost, int64_t now_us);
/* Rates and time-outs; every 100 ms or so. */
void hop_budget_tick(struct hop_route_peer *peer, int64_t now_us);
/* Sends probes, and starts one if that `may` be. True while one is being sent: to be called again
 * after HOP_BUDGET_BURST_US. */
bool hop_budget_probe(struct hop_route_peer *peer, bool may, int64_t now_us);
/* Whether that many bytes may be repeated now: repairs have half of the line, and little of it
 * while a queue stands there, for they would only make it longer. Counts them if so. */
bool hop_budget_may_repair(struct hop_route_peer *peer, size_t bytes, int64_t now_us);
/* Whether a queue of ours stands on his line. */
bool hop_budget_flooded(const struct hop_route_peer *peer);
/* Bits per second for pictures: the target or the cap, without what sound needs. */
uint32_t hop_budget_video_bps(const struct hop_route_peer *peer);
/* Keeps a decision, with the time and the estimate of now, and tells the worker, at most
 * HOP_DECISIONS_PER_S a second. */
void hop_budget_note(struct hop_route_peer *peer, struct hop_decision decision);
