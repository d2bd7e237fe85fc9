/* The line of one receiver; see budget.h. Called by feedback.c, allocate.c and the tick. */
#include "media/route/budget.h"

#include "media/route/decide.h"
#include "media/route/state.h"
#include "media/route/transmit.h"

#include <string.h>

enum {
    SOUND_BPS = 60000, /* the mix with its headers, and RTCP */
    RTCP_BPS = 10000,
    SOUND_US = 3000000,  /* without, its share is free */
    BLIND_BPS = 2500000, /* for receivers that cannot give transport-wide feedback */
    PADDING = 255,       /* RFC 3550 §5.1: the most that one packet can have */
    MAX_BURST = 64,      /* padding packets per call */
    FLOODED_US = 100000,
    REPAIR_BURST_BYTES = 16000,
    DEFAULT_RTT_US = 100000,
};

void hop_budget_init(struct hop_budget *budget, bool has_twcc)
{
    memset(budget, 0, sizeof(*budget));
    hop_bwe_init(&budget->bwe);
    if (!has_twcc)
        budget->bwe.target_bps = BLIND_BPS;
    budget->hold_us = HOP_BUDGET_HOLD_US;
}

uint32_t hop_budget_video_bps(const struct hop_route_peer *peer)
{
    const struct hop_budget *b = &peer->budget;
    uint32_t target = b->bwe.target_bps;
    if (b->cap_bps != 0 && b->cap_bps < target)
        target = b->cap_bps;
    bool sound = peer->route->now_us - peer->listener.sent.newest_us < SOUND_US;
    uint32_t other = sound ? SOUND_BPS : RTCP_BPS;
    return target > other ? target - other : 0;
}

void hop_budget_note(struct hop_route_peer *peer, struct hop_decision decision)
{
    struct hop_budget *b = &peer->budget;
    const struct hop_route *route = peer->route;
    decision.at_us = route->now_us;
    decision.estimate = b->bwe.why;
    if (decision.kbps == 0)
        decision.kbps = b->bwe.target_bps / 1000;
    b->decisions[b->n_decisions++ % HOP_DECISIONS] = decision;
    b->noted_bps = b->bwe.target_bps;
    if (route->now_us - b->told_us >= 1000000) {
        b->told_us = route->now_us;
        b->n_told = 0;
    }
    if (b->n_told++ < HOP_DECISIONS_PER_S)
        route->ops.decision(route->ctx, peer->index, &decision);
}

/* ---- what the receiver tells ----------------------------------------------------------------- */

/* Down at once; up is for the tick to see. */
static void follow(struct hop_route_peer *peer, uint32_t before_bps)
{
    struct hop_budget *b = &peer->budget;
    uint32_t target = b->bwe.target_bps;
    if (target / 4 > b->noted_bps / 3 || b->noted_bps / 4 > target / 3)
        hop_budget_note(peer,
                        (struct hop_decision){ .what = HOP_DECIDED_ESTIMATE, .why = b->bwe.why });
    if (target < before_bps)
        hop_decide_layers(peer);
}

void hop_budget_feedback(struct hop_route_peer *peer, const struct hop_twcc_sample *samples,
                         size_t n, int64_t now_us)
{
    uint32_t before = peer->budget.bwe.target_bps;
    int64_t rtt_us = peer->rtt_us > 0 ? peer->rtt_us : DEFAULT_RTT_US;
    hop_bwe_feedback(&peer->budget.bwe, samples, n, rtt_us, now_us);
    follow(peer, before);
}

void hop_budget_remb(struct hop_route_peer *peer, uint64_t bps, int64_t now_us)
{
    uint32_t before = peer->budget.bwe.target_bps;
    hop_bwe_remb(&peer->budget.bwe, bps, now_us);
    follow(peer, before);
}

void hop_budget_report(struct hop_route_peer *peer, unsigned fraction_lost, int64_t now_us)
{
    if (peer->twcc_send)
        return;
    uint32_t before = peer->budget.bwe.target_bps;
    hop_bwe_report(&peer->budget.bwe, fraction_lost, peer->budget.tx_bps, now_us);
    follow(peer, before);
}

/* ---- the clock ------------------------------------------------------------------------------- */

void hop_budget_tick(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_budget *b = &peer->budget;
    uint64_t sent = peer->now.tx_bytes - b->tx_bytes;
    int64_t elapsed_us = now_us - b->tx_us;
    uint32_t before = b->bwe.target_bps;
    if (b->tx_us != 0 && elapsed_us > 0) {
        uint32_t bps = (uint32_t)(sent * 8000000 / (uint64_t)elapsed_us);
        b->tx_bps += (bps >> 3) - (b->tx_bps >> 3);
    }
    b->tx_us = now_us;
    b->tx_bytes = peer->now.tx_bytes;
    hop_bwe_tick(&b->bwe, sent > 0, now_us);
    follow(peer, before);
}

bool hop_budget_flooded(const struct hop_route_peer *peer)
{
    return peer->budget.bwe.queue_us > FLOODED_US && !peer->budget.bwe.rival;
}

bool hop_budget_may_repair(struct hop_route_peer *peer, size_t bytes, int64_t now_us)
{
    struct hop_budget *b = &peer->budget;
    int64_t target = b->bwe.target_bps;
    int64_t most = target / 8 / 5; /* a fifth of a second */
    most = most < REPAIR_BURST_BYTES ? REPAIR_BURST_BYTES : most;
    int64_t share = hop_budget_flooded(peer) ? 16 : 2;
    int64_t elapsed_us = now_us - b->repair_us;
    elapsed_us = elapsed_us > 1000000 ? 1000000 : elapsed_us;
    if (b->repair_us == 0)
        b->repair_bytes = most;
    else
        b->repair_bytes += target * elapsed_us / 8000000 / share;
    b->repair_us = now_us;
    if (b->repair_bytes > most)
        b->repair_bytes = most;
    if (b->repair_bytes < (int64_t)bytes)
        return false;
    b->repair_bytes -= (int64_t)bytes;
    return true;
}

/* ---- probes ---------------------------------------------------------------------------------- */

/* A stream in which padding may leave; NULL: the receiver has no RTX. */
static struct hop_slot *padding_slot(const struct hop_route_peer *peer, uint8_t *pt)
{
    for (uint8_t i = 0; i < peer->n_slots; i++) {
        struct hop_slot *slot = peer->slots[i];
        const struct hop_codec_desc *codec = slot->codec;
        if (!codec || codec->rtx_pt == 0xff || slot->rtx_ssrc == 0 || !slot->started)
            continue;
        *pt = codec->rtx_pt;
        return slot;
    }
    return NULL;
}

static bool send_padding(struct hop_slot *slot, uint8_t pt, int64_t now_us)
{
    struct hop_rtp_header header;
    hop_rtp_header_init(&header, pt, false, slot->rtx_seq, slot->newest_timestamp, slot->rtx_ssrc);
    hop_rtp_header_add_token(&header, slot->owner->ext.mid, slot->desc.mid);
    uint8_t *out = hop_transmit_begin(slot->owner, &header, PADDING, now_us);
    if (!out)
        return false;
    slot->rtx_seq++;
    size_t size = hop_rtp_header_size(&header);
    *(out - size) |= 0x20; /* P */
    memset(out, 0, PADDING - 1);
    out[PADDING - 1] = PADDING;
    hop_transmit_commit(slot->owner, size + PADDING, HOP_TX_VIDEO);
    slot->owner->budget.padding_bytes += size + PADDING;
    slot->owner->pace.tokens += (int64_t)(size + PADDING); /* a probe is not to hold pictures up */
    return true;
}

/* What pictures do not fill by themselves. */
static void fill(struct hop_route_peer *peer, struct hop_slot *slot, uint8_t pt, int64_t now_us)
{
    const struct hop_budget *b = &peer->budget;
    int64_t span_us = now_us - b->probe_us + HOP_BUDGET_BURST_US;
    if (span_us > HOP_BWE_PROBE_US + HOP_BUDGET_BURST_US)
        span_us = HOP_BWE_PROBE_US + HOP_BUDGET_BURST_US;
    uint64_t due = (uint64_t)b->bwe.probe.bps * (uint64_t)span_us / 8000000;
    for (int i = 0; i < MAX_BURST && peer->now.tx_bytes - b->probe_bytes < due; i++)
        if (!send_padding(slot, pt, now_us))
            break;
}

bool hop_budget_probe(struct hop_route_peer *peer, bool may, int64_t now_us)
{
    struct hop_budget *b = &peer->budget;
    if (!peer->twcc_send || peer->ext.twcc == 0)
        return false;
    if (b->bwe.probe.state == HOP_PROBE_NONE) {
        uint32_t bps = may ? hop_bwe_probe_due(&b->bwe, now_us) : 0;
        if (bps == 0)
            return false;
        uint8_t unused;
        if (!padding_slot(peer, &unused))
            return false;
        hop_bwe_probe_begin(&b->bwe, bps, peer->twcc_send->next, now_us);
        hop_budget_note(peer, (struct hop_decision){ .what = HOP_DECIDED_PROBE,
                                                     .why = HOP_WHY_LINE,
                                                     .kbps = bps / 1000 });
        b->probe_us = now_us;
        b->probe_bytes = peer->now.tx_bytes;
    }
    if (b->bwe.probe.state != HOP_PROBE_SENDING)
        return false;
    uint8_t pt;
    struct hop_slot *slot = padding_slot(peer, &pt);
    if (slot)
        fill(peer, slot, pt, now_us);
    if (slot && now_us - b->probe_us < HOP_BWE_PROBE_US)
        return true;
    hop_bwe_probe_end(&b->bwe, peer->twcc_send->next, now_us);
    return false;
}
