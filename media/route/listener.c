/* One participant's audio down; see listener.h. Called by hop_route_audio() per frame and peer. */
#include "media/route/listener.h"

#include "media/route/state.h"
#include "media/route/transmit.h"

#include <string.h>

enum {
    FEEDBACK_EVERY_US = 1000000, /* it tells the loss of about the last second */
    FEEDBACK_STALE_US = 5000000,
};

void hop_listener_init(struct hop_listener *listener, uint32_t ssrc, uint8_t pt, uint16_t first_seq,
                       uint32_t timestamp_shift)
{
    *listener = (struct hop_listener){
        .pt = pt,
        .next_seq = first_seq,
        .timestamp_shift = timestamp_shift,
        .quiet = true,
    };
    hop_send_source_init(&listener->sent, ssrc, 48000);
}

static void report(struct hop_route_peer *peer, uint16_t permille, int64_t now_us)
{
    struct hop_audio_choice *choice = &peer->listener.choice;
    uint16_t before = choice->told;
    uint16_t now = hop_audio_choice_report(choice, permille, now_us);
    if (now != before && peer->route->ops.listener_loss)
        peer->route->ops.listener_loss(peer->route->ctx, peer->index, now);
}

void hop_listener_report(struct hop_route_peer *peer, unsigned fraction_lost, int64_t now_us)
{
    struct hop_listener *l = &peer->listener;
    if (l->loss_us == 0 || now_us - l->loss_us >= FEEDBACK_STALE_US)
        report(peer, (uint16_t)(fraction_lost * 1000 / 256), now_us);
}

void hop_listener_feedback(struct hop_route_peer *peer, int64_t now_us)
{
    struct hop_listener *l = &peer->listener;
    if (l->loss_us != 0 && now_us - l->loss_us < FEEDBACK_EVERY_US)
        return;
    l->loss_us = now_us;
    report(peer, hop_twcc_send_loss_permille(peer->twcc_send), now_us);
}

/* A participant who talks by microphone and screen sound at once is one contributor, as loud as the
 * louder of the two. */
static void add_talker(struct hop_rtp_header *h, uint8_t *levels, uint32_t csrc, uint8_t level)
{
    for (uint8_t i = 0; i < h->n_csrc; i++) {
        if (h->csrc[i] != csrc)
            continue;
        levels[i] = level < levels[i] ? level : levels[i];
        return;
    }
    if (h->n_csrc == HOP_RTP_MAX_CSRC)
        return;
    levels[h->n_csrc] = level;
    h->csrc[h->n_csrc++] = csrc;
}

/* Who is heard in this packet: all who talk, except himself and those of his hall. */
static void name_talkers(const struct hop_route_peer *peer, const struct hop_audio_tick *tick,
                         struct hop_rtp_header *h)
{
    uint8_t levels[HOP_RTP_MAX_CSRC];
    for (uint8_t i = 0; i < tick->n_talkers; i++) {
        const struct hop_audio_talker *talker = &tick->talkers[i];
        bool left_out = talker->hall != 0 && talker->hall == peer->voices.hall;
        if (talker->peer == peer->index || talker->peer >= HOP_MAX_PEERS || left_out ||
            talker->level >= 127)
            continue;
        const struct hop_route_peer *who = peer->route->peers[talker->peer];
        if (who)
            add_talker(h, levels, hop_route_csrc(who->id), talker->level);
    }
    if (h->n_csrc > 0)
        hop_rtp_header_add(h, peer->ext.mix_levels, levels, h->n_csrc);
}

void hop_listener_frame(struct hop_route_peer *peer, const struct hop_audio_tick *tick,
                        int64_t now_us)
{
    struct hop_listener *l = &peer->listener;
    const struct hop_audio_payload *payload =
        hop_audio_choice_take(&l->choice, tick, peer->index, peer->voices.hall);
    if (payload->len == 0 || payload->len > HOP_MAX_OPUS) {
        l->quiet = true;
        return;
    }
    uint32_t timestamp = tick->timestamp + l->timestamp_shift;
    /* A frame that the mixer could not make in time leaves a gap like a silence does. */
    bool gap = l->quiet || timestamp != l->next_timestamp;
    struct hop_rtp_header header;
    hop_rtp_header_init(&header, l->pt, tick->marker || gap, l->next_seq, timestamp, l->sent.ssrc);
    name_talkers(peer, tick, &header);
    /* The number is used up even when the packet finds no room: to the listener it is lost. */
    l->next_seq++;
    l->quiet = false;
    l->next_timestamp = timestamp + tick->samples;
    uint8_t *out = hop_transmit_begin(peer, &header, payload->len, now_us);
    if (!out)
        return;
    memcpy(out, payload->data, payload->len);
    size_t size = hop_rtp_header_size(&header) + payload->len;
    hop_send_source_packet(&l->sent, timestamp, payload->len, size, now_us);
    hop_transmit_commit(peer, size, HOP_TX_AUDIO);
}
