/* One voice slot; see voice.h. Called by voices.c for each talker's packet and listener. */
#include "media/route/voice.h"

#include "media/route/state.h"
#include "media/route/transmit.h"

#include <string.h>

enum { FRAME_RTP = 960, CLOCK_PER_MS = 48 };

void hop_voice_slot_init(struct hop_voice_slot *slot, uint32_t ssrc, uint8_t pt, uint16_t first_seq,
                         uint32_t first_timestamp)
{
    *slot = (struct hop_voice_slot){
        .pt = pt,
        .newest_seq = (uint16_t)(first_seq - 1),
        .newest_timestamp = first_timestamp,
    };
    hop_send_source_init(&slot->sent, ssrc, 48000);
}

/* To the receiver the time between two talkers is as long as it was; a talker's own clock goes on
 * by itself while he is silent. */
static void take_clock(struct hop_voice_slot *slot, const struct hop_voice_packet *packet,
                       int64_t now_us)
{
    int64_t passed_ms = slot->newest_us != 0 ? (now_us - slot->newest_us) / 1000 : 0;
    uint32_t passed_rtp = (uint32_t)(passed_ms * CLOCK_PER_MS);
    if (passed_rtp < FRAME_RTP)
        passed_rtp = FRAME_RTP;
    slot->clock = packet->clock;
    slot->timestamp_shift = slot->newest_timestamp + passed_rtp - packet->timestamp;
}

static void begin_spurt(struct hop_voice_slot *slot, const struct hop_voice_packet *packet,
                        int64_t now_us)
{
    uint32_t timestamp = packet->timestamp + slot->timestamp_shift;
    if (slot->clock != packet->clock || hop_ts_diff(timestamp, slot->newest_timestamp) <= 0)
        take_clock(slot, packet, now_us);
    slot->spurt = packet->spurt;
    slot->first_in = packet->seq;
    slot->seq_shift = (uint16_t)(slot->newest_seq + 1 - packet->seq);
}

static void send_packet(struct hop_route_peer *listener, struct hop_voice_slot *slot,
                        const struct hop_voice_packet *packet, uint16_t seq, bool marker,
                        int64_t now_us)
{
    uint32_t timestamp = packet->timestamp + slot->timestamp_shift;
    struct hop_rtp_header header;
    hop_rtp_header_init(&header, slot->pt, marker, seq, timestamp, slot->sent.ssrc);
    if (packet->level <= 127)
        hop_rtp_header_add_audio_level(&header, listener->ext.audio_level,
                                       packet->level <= HOP_VOICE_OPEN_LEVEL, packet->level);
    uint8_t *out = hop_transmit_begin(listener, &header, packet->len, now_us);
    if (!out)
        return; /* lost, as on the wire */
    memcpy(out, packet->payload, packet->len);
    size_t size = hop_rtp_header_size(&header) + packet->len;
    hop_send_source_packet(&slot->sent, timestamp, packet->len, size, now_us);
    hop_transmit_commit(listener, size, HOP_TX_AUDIO);
}

void hop_voice_slot_packet(struct hop_route_peer *listener, struct hop_voice_slot *slot,
                           const struct hop_voice_packet *packet, int64_t now_us)
{
    bool begins = slot->spurt != packet->spurt;
    if (begins)
        begin_spurt(slot, packet, now_us);
    else if (packet->seq < slot->first_in)
        return;
    uint16_t seq = (uint16_t)(packet->seq + slot->seq_shift);
    if (begins || hop_seq_diff(seq, slot->newest_seq) > 0) {
        slot->newest_seq = seq;
        slot->newest_timestamp = packet->timestamp + slot->timestamp_shift;
        slot->newest_us = now_us;
    }
    send_packet(listener, slot, packet, seq, begins, now_us);
}
