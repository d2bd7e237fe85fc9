/* A line's quality and what is told of it; see line.h. Called by the tick of route.c. */
#include "media/route/line.h"

#include "media/route/state.h"

enum {
    POOR_LOSS = 50, /* permille */
    GOOD_LOSS = 25,
    POOR_RTT_MS = 500,
    GOOD_RTT_MS = 350,
    POOR_KBPS = 250, /* and less than the pictures could use */
    GOOD_KBPS = 350,
    FRESH_US = 5000000,
};

/* ---- judging --------------------------------------------------------------------------------- */

static bool looks_poor(const struct hop_line_facts *f)
{
    return f->loss_permille >= POOR_LOSS || f->rtt_ms >= POOR_RTT_MS || f->pausing ||
           (f->limited && f->down_kbps != 0 && f->down_kbps < POOR_KBPS);
}

static bool looks_good(const struct hop_line_facts *f)
{
    return f->loss_permille < GOOD_LOSS && f->rtt_ms < GOOD_RTT_MS && !f->pausing &&
           !(f->limited && f->down_kbps != 0 && f->down_kbps < GOOD_KBPS);
}

static bool lasts(int64_t *since_us, bool is, int64_t least_us, int64_t now_us)
{
    if (!is) {
        *since_us = 0;
        return false;
    }
    if (*since_us == 0)
        *since_us = now_us;
    return now_us - *since_us >= least_us;
}

enum hop_line_quality hop_line_judge(struct hop_line *line, const struct hop_line_facts *facts,
                                     int64_t now_us)
{
    if (!facts->up) {
        line->worse_us = line->better_us = 0;
        return line->quality = HOP_LINE_LOST;
    }
    if (line->quality == HOP_LINE_UNKNOWN)
        line->quality = HOP_LINE_GOOD; /* until it is known to be otherwise */
    if (line->quality == HOP_LINE_LOST)
        line->quality = HOP_LINE_POOR;
    bool worse = lasts(&line->worse_us, looks_poor(facts), HOP_LINE_WORSE_US, now_us);
    bool better = lasts(&line->better_us, looks_good(facts), HOP_LINE_BETTER_US, now_us);
    if (worse)
        line->quality = HOP_LINE_POOR;
    else if (better)
        line->quality = HOP_LINE_GOOD;
    return line->quality;
}

/* ---- looking --------------------------------------------------------------------------------- */

uint16_t hop_line_sent_loss(const struct hop_route_peer *peer, int64_t now_us)
{
    if (peer->twcc_send && peer->twcc_send->acked > 0)
        return hop_twcc_send_loss_permille(peer->twcc_send);
    unsigned worst = peer->listener.sent.fraction_lost;
    for (uint8_t s = 0; s < peer->n_slots; s++) {
        const struct hop_send_source *sent = &peer->slots[s]->sent;
        bool fresh = sent->report_us != 0 && now_us - sent->report_us < FRESH_US;
        if (fresh && sent->fraction_lost > worst)
            worst = sent->fraction_lost;
    }
    return (uint16_t)(worst * 1000 / 256);
}

/* Losses on the way to us, taken once a second. */
static void look_up(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_line *line = &peer->line;
    if (now_us - line->up_us < 1000000)
        return;
    line->up_us = now_us;
    int64_t lost = 0, expected = 0;
    for (int source = 0; source < HOP_SOURCES; source++) {
        const struct hop_publication *p = peer->publications[source];
        for (uint8_t l = 0; p && l < p->n_layers; l++) {
            int64_t of_layer = hop_recv_source_lost(&p->layers[l].recv);
            lost += of_layer;
            expected += of_layer + p->layers[l].recv.received;
        }
    }
    int64_t new_lost = lost - line->up_lost, all = expected - line->up_expected;
    line->up_lost = lost;
    line->up_expected = expected;
    bool some = all > 0 && new_lost > 0 && new_lost <= all;
    line->up_loss_permille = (uint16_t)(some ? new_lost * 1000 / all : 0);
}

static struct hop_line_facts facts_of(const struct hop_route_peer *peer, int64_t now_us)
{
    /* Who sends nothing reports every 5 s and more: only the checks of his path tell that he is cut
     * off (HOP_ICE_QUIET_US). */
    struct hop_line_facts f = { .up = hop_route_peer_sending(peer) };
    uint16_t down = hop_line_sent_loss(peer, now_us), up = peer->line.up_loss_permille;
    int64_t rtt_ms = (peer->rtt_us + 500) / 1000;
    f.loss_permille = down > up ? down : up;
    f.rtt_ms = (uint16_t)(rtt_ms > UINT16_MAX ? UINT16_MAX : rtt_ms);
    if (peer->budget.bwe.known)
        f.down_kbps = peer->budget.bwe.target_bps / 1000;
    for (uint8_t s = 0; s < peer->n_slots; s++) {
        const struct hop_slot *slot = peer->slots[s];
        if (!slot->assigned || slot->reason != HOP_SLOT_LINE)
            continue;
        f.limited = true;
        f.pausing = f.pausing || slot->paused;
    }
    return f;
}

static bool moved(uint32_t now, uint32_t told, uint32_t least)
{
    uint32_t off = now > told ? now - told : told - now;
    return off >= least && off >= told / 8;
}

static bool is_news(const struct hop_line *line, const struct hop_line_state *now)
{
    const struct hop_line_state *told = &line->told;
    return line->told_us == 0 || now->quality != told->quality || now->limited != told->limited ||
           (now->down_kbps == 0) != (told->down_kbps == 0) ||
           moved(now->down_kbps, told->down_kbps, 50) ||
           moved(now->loss_permille, told->loss_permille, 10) ||
           moved(now->rtt_ms, told->rtt_ms, 20);
}

void hop_line_tick(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_line *line = &peer->line;
    if (!peer->connected)
        return;
    look_up(peer, now_us);
    struct hop_line_facts facts = facts_of(peer, now_us);
    struct hop_line_state now = {
        .quality = hop_line_judge(line, &facts, now_us),
        .down_kbps = facts.down_kbps,
        .loss_permille = facts.loss_permille,
        .rtt_ms = facts.rtt_ms,
        .limited = facts.limited,
    };
    if (!is_news(line, &now) || (line->told_us != 0 && now_us - line->told_us < HOP_LINE_TOLD_US))
        return;
    line->told = now;
    line->told_us = now_us;
    peer->route->ops.line(peer->route->ctx, peer->index, &now);
}
