/* The bucket and who waits at it; see pace.h. Called by flow.c, resend.c, transmit.c and the tick.
 */
#include "media/route/pace.h"

#include "media/route/flow.h"
#include "media/route/state.h"

enum {
    UNKNOWN_BPS = 5000000, /* until the line has been measured: it is not to be held up */
    HEADROOM = 4,          /* a quarter above the estimate */
    UNBOUNDED = 5,         /* halves of the estimate, where no limit is known */
    UNBOUNDED_US = 20000000,
};

/* The estimate stands for what the view can use: nothing has shown yet where the line ends. */
static bool is_unbounded(const struct hop_bwe *bwe, int64_t now_us)
{
    return bwe->known && bwe->queue_us < HOP_PACE_QUIET_US && !bwe->was_over && !bwe->limited &&
           (bwe->decrease_us == 0 || now_us - bwe->decrease_us > UNBOUNDED_US);
}

static int64_t rate_bps(const struct hop_route_peer *peer)
{
    const struct hop_bwe *bwe = &peer->budget.bwe;
    int64_t bps = (int64_t)bwe->target_bps + bwe->target_bps / HEADROOM;
    if (is_unbounded(bwe, peer->route->now_us))
        bps = (int64_t)UNBOUNDED * bwe->target_bps / 2;
    if (!bwe->known && bps < UNKNOWN_BPS)
        bps = UNKNOWN_BPS;
    int64_t drain_bps = (int64_t)peer->pace.waiting_bytes * 8000000 / HOP_PACE_DRAIN_US;
    return drain_bps > bps ? drain_bps : bps;
}

bool hop_pace_ready(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_pace *p = &peer->pace;
    int64_t passed_us = now_us - p->at_us;
    if (passed_us > 0) {
        int64_t bps = rate_bps(peer), depth = bps * HOP_PACE_BURST_US / 8000000;
        depth = depth > HOP_PACE_LEAST_BYTES ? depth : HOP_PACE_LEAST_BYTES;
        p->tokens += bps * (passed_us < 1000000 ? passed_us : 1000000) / 8000000;
        p->tokens = p->tokens < depth ? p->tokens : depth;
        p->at_us = now_us;
    }
    return p->tokens > 0;
}

static bool line_is_easy(const struct hop_bwe *bwe, int64_t now_us)
{
    return bwe->queue_us < HOP_PACE_QUIET_US && !bwe->was_over &&
           (bwe->decrease_us == 0 || now_us - bwe->decrease_us > HOP_PACE_CALM_US);
}

bool hop_pace_frame_ready(struct hop_route_peer *peer, int64_t now_us)
{
    if (hop_pace_ready(peer, now_us))
        return true;
    const struct hop_pace *p = &peer->pace;
    return p->waiting_bytes == 0 && p->n_repeats == 0 &&
           p->tokens > -(rate_bps(peer) * HOP_PACE_FRAME_US / 8000000) &&
           line_is_easy(&peer->budget.bwe, now_us);
}

void hop_pace_spent(struct hop_route_peer *peer, size_t bytes)
{
    peer->pace.tokens -= (int64_t)bytes;
}

void hop_pace_wait(struct hop_route_peer *peer)
{
    struct hop_route *route = peer->route;
    if (peer->pace.listed)
        return;
    peer->pace.listed = true;
    route->pacing[route->n_pacing++] = (uint16_t)peer->index;
    if (route->ops.due)
        route->ops.due(route->ctx, route->now_us + HOP_PACE_STEP_US);
}

void hop_pace_repeat(struct hop_route_peer *peer, uint8_t slot, uint16_t seq)
{
    struct hop_pace *p = &peer->pace;
    if (p->n_repeats == HOP_PACE_REPEATS)
        return;
    unsigned at = (p->first_repeat + p->n_repeats++) % HOP_PACE_REPEATS;
    p->repeats[at].slot = slot;
    p->repeats[at].seq = seq;
    hop_pace_wait(peer);
}

static bool serve_repeat(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_pace *p = &peer->pace;
    if (p->n_repeats == 0)
        return false;
    unsigned at = p->first_repeat;
    p->first_repeat = (uint16_t)((at + 1) % HOP_PACE_REPEATS);
    p->n_repeats--;
    if (p->repeats[at].slot < peer->n_slots)
        hop_slot_repeat(peer->slots[p->repeats[at].slot], p->repeats[at].seq, now_us);
    return true;
}

/* One packet of the next slot that lags. */
static bool serve_slot(struct hop_route_peer *peer, int64_t now_us)
{
    for (uint8_t i = 0; i < peer->n_slots; i++) {
        struct hop_slot *slot = peer->slots[(peer->pace.turn + i) % peer->n_slots];
        if (!slot->lagging)
            continue;
        peer->pace.turn = (uint8_t)((slot->index + 1) % peer->n_slots);
        hop_flow_step(slot, now_us);
        return true;
    }
    return false;
}

/* True: he waits still. */
static bool serve(struct hop_route_peer *peer, int64_t now_us)
{
    if (!hop_route_peer_sending(peer)) {
        peer->pace.n_repeats = 0;
        return false;
    }
    while (hop_pace_ready(peer, now_us))
        if (!serve_repeat(peer, now_us) && !serve_slot(peer, now_us))
            return false;
    return true;
}

bool hop_pace_run(struct hop_route *route, int64_t now_us)
{
    for (uint16_t i = route->n_pacing; i > 0; i--) {
        struct hop_route_peer *peer = route->peers[route->pacing[i - 1]];
        if (serve(peer, now_us))
            continue;
        peer->pace.listed = false;
        route->pacing[i - 1] = route->pacing[--route->n_pacing];
    }
    return route->n_pacing > 0;
}

void hop_pace_forget(struct hop_route_peer *peer)
{
    struct hop_route *route = peer->route;
    for (uint16_t i = 0; i < route->n_pacing && peer->pace.listed; i++) {
        if (route->pacing[i] != peer->index)
            continue;
        route->pacing[i] = route->pacing[--route->n_pacing];
        peer->pace.listed = false;
    }
}
