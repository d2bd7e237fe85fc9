/* Outgoing reports; see report.h. Called by the tick of route.c and when a participant is removed.
 */
#include "media/route/report.h"

#include "media/route/state.h"
#include "media/route/transmit.h"
#include "media/rtp/rtcp_write.h"

enum { MAX_BLOCKS = HOP_SOURCES * HOP_MAX_LAYERS };

static size_t collect_blocks(struct hop_route_peer *peer, int64_t now_us,
                             struct hop_rtcp_block blocks[MAX_BLOCKS])
{
    size_t n = 0;
    for (int source = 0; source < HOP_SOURCES; source++) {
        struct hop_publication *p = peer->publications[source];
        for (uint8_t l = 0; p && l < p->n_layers; l++)
            /* A layer that sleeps has nothing new to be told. */
            if (p->layers[l].flowing &&
                hop_recv_source_report(&p->layers[l].recv, now_us, &blocks[n]))
                n++;
    }
    return n;
}

/* When the packet is full the rest goes by itself (RFC 5506). */
static void add_sr(struct hop_route_peer *peer, struct hop_rtcp_writer *w, uint8_t *packet,
                   const struct hop_rtcp_sr *sr)
{
    if (hop_rtcp_write_sr(w, sr, NULL, 0))
        return;
    hop_transmit_rtcp(peer, packet, w->len);
    *w = hop_rtcp_writer(packet, HOP_MTU);
    hop_rtcp_write_sr(w, sr, NULL, 0);
}

void hop_report_send(struct hop_route_peer *peer, int64_t now_us, int64_t wall_us)
{
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    struct hop_rtcp_block blocks[MAX_BLOCKS];
    size_t n = collect_blocks(peer, now_us, blocks);
    struct hop_rtcp_sr sr;
    if (hop_send_source_sr(&peer->listener.sent, now_us, wall_us, &sr))
        hop_rtcp_write_sr(&w, &sr, blocks, n);
    else
        hop_rtcp_write_rr(&w, peer->feedback_ssrc, blocks, n);
    hop_rtcp_write_cname(&w, peer->feedback_ssrc, peer->cname);
    for (uint8_t i = 0; i < peer->n_slots; i++)
        if (peer->slots[i]->current && hop_slot_report(peer->slots[i], now_us, wall_us, &sr))
            add_sr(peer, &w, packet, &sr);
    for (uint8_t i = 0; i < peer->voices.n_slots; i++) {
        struct hop_voice_slot *slot = &peer->voices.slots[i];
        if (now_us - slot->newest_us < HOP_REPORT_VOICE_US &&
            hop_send_source_sr(&slot->sent, now_us, wall_us, &sr))
            add_sr(peer, &w, packet, &sr);
    }
    hop_transmit_rtcp(peer, packet, w.len);
}

static uint64_t packets(const struct hop_route_peer *peer)
{
    return peer->now.rx_packets + peer->now.tx_packets;
}

void hop_report_begin(struct hop_route_peer *peer, int64_t now_us)
{
    int64_t interval_us = peer->resting ? HOP_REPORT_RESTING_US : HOP_REPORT_INTERVAL_US;
    int64_t spread = hop_route_random32(peer->route) % (interval_us / 2);
    peer->report_us = now_us + interval_us * 3 / 4 + spread;
    peer->reported_packets = packets(peer);
}

bool hop_report_due(struct hop_route_peer *peer, int64_t now_us)
{
    bool moved = packets(peer) != peer->reported_packets;
    if (peer->resting && moved) { /* who was silent is no more: soon, but not all at once */
        int64_t at = now_us + hop_route_random32(peer->route) % HOP_REPORT_INTERVAL_US;
        peer->report_us = at < peer->report_us ? at : peer->report_us;
        peer->resting = false;
    }
    if (now_us < peer->report_us)
        return false;
    peer->resting = !moved;
    hop_report_begin(peer, now_us);
    return true;
}

void hop_report_twcc(struct hop_route_peer *peer, int64_t now_us)
{
    if (!peer->twcc_recv || !hop_route_peer_sending(peer))
        return;
    uint8_t packet[HOP_MTU];
    size_t len;
    while ((len = hop_twcc_recv_poll(peer->twcc_recv, now_us, packet, sizeof(packet))) > 0)
        hop_transmit_rtcp(peer, packet, len);
}

void hop_report_remb(struct hop_route_peer *peer, int64_t now_us)
{
    uint32_t bps, ssrcs[HOP_SOURCES * HOP_MAX_LAYERS];
    size_t n = 0;
    if (!peer->uplink || !hop_route_peer_sending(peer) ||
        !hop_uplink_bwe_due(peer->uplink, now_us, &bps))
        return;
    for (int source = 0; source < HOP_SOURCES; source++) {
        const struct hop_publication *p = peer->publications[source];
        for (uint8_t l = 0; p && l < p->n_layers; l++)
            if (p->layers[l].ssrc != 0 && p->layers[l].video)
                ssrcs[n++] = p->layers[l].ssrc;
    }
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    if (n > 0 && hop_rtcp_write_remb(&w, peer->feedback_ssrc, bps, ssrcs, n))
        hop_transmit_rtcp(peer, packet, w.len);
}

void hop_report_bye(struct hop_route_peer *peer)
{
    uint8_t packet[HOP_MTU];
    uint32_t ssrcs[HOP_MAX_SLOTS + 1];
    size_t n = 0;
    ssrcs[n++] = peer->feedback_ssrc;
    for (uint8_t i = 0; i < peer->n_slots; i++)
        ssrcs[n++] = peer->slots[i]->sent.ssrc;
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_rr(&w, peer->feedback_ssrc, NULL, 0);
    hop_rtcp_write_cname(&w, peer->feedback_ssrc, peer->cname);
    for (size_t i = 0; i < n; i += HOP_RTCP_MAX_BLOCKS)
        hop_rtcp_write_bye(&w, ssrcs + i, n - i, NULL);
    hop_transmit_rtcp(peer, packet, w.len);
}
