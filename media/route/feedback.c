/* Incoming RTCP of one participant; see feedback.h. Called by hop_route_rtcp(). */
#include "media/route/feedback.h"

#include "media/route/state.h"
#include "media/rtp/rtcp.h"

enum {
    MAX_NACK = 256, /* numbers taken from one NACK; what is left is asked for again */
    MAX_TWCC_SAMPLES = 512,
};

static struct hop_slot *slot_by_ssrc(const struct hop_route_peer *peer, uint32_t ssrc)
{
    for (uint8_t i = 0; i < peer->n_slots; i++)
        if (ssrc != 0 && peer->slots[i]->sent.ssrc == ssrc)
            return peer->slots[i];
    return NULL;
}

static struct hop_layer *layer_by_ssrc(const struct hop_route_peer *peer, uint32_t ssrc)
{
    const struct hop_ssrc_stream *stream = hop_ssrc_lookup(&peer->ssrcs, ssrc);
    if (!stream || stream->repair)
        return NULL;
    struct hop_publication *p = peer->publications[peer->ssrcs.tracks[stream->track].source];
    struct hop_layer *layer = p ? &p->layers[stream->layer] : NULL;
    return layer && layer->ssrc == ssrc ? layer : NULL;
}

static void read_blocks(struct hop_route_peer *peer, const struct hop_rtcp_packet *packet,
                        int64_t now_us)
{
    struct hop_rtcp_block block;
    unsigned worst = 0;
    bool any = false;
    for (unsigned i = 0; hop_rtcp_read_block(packet, i, &block); i++) {
        struct hop_send_source *sent = NULL;
        struct hop_slot *slot = slot_by_ssrc(peer, block.ssrc);
        if (slot)
            sent = &slot->sent;
        else if (block.ssrc == peer->listener.sent.ssrc)
            sent = &peer->listener.sent;
        else
            sent = hop_voices_sent(peer, block.ssrc);
        if (sent && hop_send_source_report(sent, &block, now_us))
            peer->rtt_us = sent->rtt_us;
        if (sent == &peer->listener.sent)
            hop_listener_report(peer, block.fraction_lost, now_us);
        any = any || sent;
        if (sent && block.fraction_lost > worst)
            worst = block.fraction_lost;
    }
    if (any)
        hop_budget_report(peer, worst, now_us);
}

static void read_sr(struct hop_route_peer *peer, const struct hop_rtcp_packet *packet,
                    int64_t now_us)
{
    struct hop_rtcp_sr sr;
    if (!hop_rtcp_read_sr(packet, &sr))
        return;
    struct hop_layer *layer = layer_by_ssrc(peer, sr.ssrc);
    if (layer)
        hop_recv_source_sr(&layer->recv, &sr, now_us);
    read_blocks(peer, packet, now_us);
}

static void read_bye(struct hop_route_peer *peer, const struct hop_rtcp_packet *packet)
{
    uint32_t ssrc;
    for (unsigned i = 0; hop_rtcp_read_bye(packet, i, &ssrc); i++) {
        struct hop_layer *layer = layer_by_ssrc(peer, ssrc);
        if (layer)
            hop_publication_bye(layer->publication, layer->index);
    }
}

static void read_rtpfb(struct hop_route_peer *peer, const struct hop_rtcp_fb *fb, int64_t now_us)
{
    if (fb->format == HOP_RTPFB_NACK) {
        uint16_t missing[MAX_NACK];
        struct hop_slot *slot = slot_by_ssrc(peer, fb->media_ssrc);
        if (slot)
            hop_slot_resend(slot, missing, hop_rtcp_read_nack(fb, missing, MAX_NACK), now_us);
    } else if (fb->format == HOP_RTPFB_TWCC && peer->twcc_send) {
        struct hop_twcc_sample samples[MAX_TWCC_SAMPLES];
        size_t n = hop_twcc_send_feedback(peer->twcc_send, fb, now_us, samples, MAX_TWCC_SAMPLES);
        hop_budget_feedback(peer, samples, n, now_us);
        hop_listener_feedback(peer, now_us);
    }
}

static void complain(struct hop_route_peer *peer, uint32_t ssrc, int64_t now_us)
{
    struct hop_slot *slot = slot_by_ssrc(peer, ssrc);
    if (slot)
        hop_slot_complain(slot, now_us);
}

static void read_psfb(struct hop_route_peer *peer, const struct hop_rtcp_fb *fb, int64_t now_us)
{
    if (hop_rtcp_is_pli(fb)) {
        complain(peer, fb->media_ssrc, now_us);
        return;
    }
    uint32_t ssrc;
    uint8_t seq;
    for (unsigned i = 0; hop_rtcp_read_fir(fb, i, &ssrc, &seq); i++)
        complain(peer, ssrc, now_us);
    uint64_t bps;
    if (hop_rtcp_read_remb(fb, &bps, NULL, 0, NULL))
        hop_budget_remb(peer, bps, now_us);
}

static void read_one(struct hop_route_peer *peer, const struct hop_rtcp_packet *packet,
                     int64_t now_us)
{
    struct hop_rtcp_fb fb;
    switch (packet->type) {
    case HOP_RTCP_SR:
        read_sr(peer, packet, now_us);
        break;
    case HOP_RTCP_RR:
        read_blocks(peer, packet, now_us);
        break;
    case HOP_RTCP_BYE:
        read_bye(peer, packet);
        break;
    case HOP_RTCP_RTPFB:
        if (hop_rtcp_read_fb(packet, &fb))
            read_rtpfb(peer, &fb, now_us);
        break;
    case HOP_RTCP_PSFB:
        if (hop_rtcp_read_fb(packet, &fb))
            read_psfb(peer, &fb, now_us);
        break;
    default:
        break;
    }
}

void hop_feedback_read(struct hop_route_peer *peer, const uint8_t *packet, size_t len,
                       int64_t now_us)
{
    struct hop_rtcp_iter iter = hop_rtcp_begin(packet, len);
    struct hop_rtcp_packet one;
    bool any = false;
    while (hop_rtcp_next(&iter, &one)) {
        any = true;
        read_one(peer, &one, now_us);
    }
    if (!any)
        hop_route_drop(peer, HOP_DROP_MALFORMED);
}
