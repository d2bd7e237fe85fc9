/* One packet of a slot's stream on its way out: chosen or left out, numbered, rewritten; see
 * slot.h. Called by slot.c on the room's worker thread. */
#include "media/route/flow.h"
#include "media/route/slot.h"
#include "media/route/state.h"
#include "media/route/transmit.h"

#include <string.h>

/* True when it is the newest of its stream. */
static bool note_sent(struct hop_slot *slot, const struct hop_uplink *packet, uint16_t seq,
                      bool marker, uint32_t timestamp, const struct hop_ids *ids, int64_t now_us)
{
    struct hop_sent_entry entry = {
        .in = packet->seq,
        .source = slot->current->tag,
        .timestamp = timestamp,
        .seq = seq,
        .picture = ids->picture,
        .tl0 = ids->tl0,
        .frame = ids->frame,
        .active = ids->active,
        .marker = marker,
        .sent_us = (uint32_t)now_us,
    };
    hop_sent_note(&slot->log, &entry);
    if (packet->seq < slot->newest_seq)
        return false;
    slot->newest_seq = packet->seq;
    slot->newest_timestamp = timestamp;
    slot->newest_us = now_us;
    slot->mid_frame = !marker;
    return true;
}

/* A late packet counts, but its old timestamp says nothing of the stream's time now. */
static void count_sent(struct hop_slot *slot, bool newest, uint32_t timestamp, size_t payload_len,
                       size_t packet_len, int64_t now_us)
{
    if (newest) {
        hop_send_source_packet(&slot->sent, timestamp, payload_len, packet_len, now_us);
        return;
    }
    slot->sent.packets++;
    slot->sent.octets += (uint32_t)payload_len;
    slot->sent.bytes += packet_len;
}

/* A packet that was waited for turns out to be of a layer that is not sent: its number is there
 * already, and filled, so that the receiver does not wait for it. */
static void fill_number(struct hop_slot *slot, const struct hop_uplink *packet, int64_t now_us)
{
    enum { FILL = 1 };
    uint16_t seq;
    if (packet->seq >= slot->seqs.next_in || !hop_seq_map_in(&slot->seqs, packet->seq, &seq))
        return;
    hop_seq_map_drop(&slot->seqs, packet->seq);
    struct hop_rtp_header header;
    hop_rtp_header_init(&header, slot->codec->pt, false, seq,
                        hop_flow_timestamp(slot, packet->view.timestamp, now_us), slot->sent.ssrc);
    hop_rtp_header_add_token(&header, slot->owner->ext.mid, slot->desc.mid);
    uint8_t *out = hop_transmit_begin(slot->owner, &header, FILL, now_us);
    if (!out)
        return;
    size_t size = hop_rtp_header_size(&header);
    *(out - size) |= 0x20; /* P */
    *out = FILL;
    count_sent(slot, false, 0, 0, size + FILL, now_us);
    hop_transmit_commit(slot->owner, size + FILL, HOP_TX_VIDEO);
}

static void leave_out(struct hop_slot *slot, const struct hop_uplink *packet, int64_t now_us)
{
    fill_number(slot, packet, now_us);
    hop_seq_map_drop(&slot->seqs, packet->seq);
    hop_rewriter_drop(&slot->ids, packet);
}

void hop_slot_send(struct hop_slot *slot, const struct hop_uplink *packet, int64_t now_us)
{
    uint16_t seq = 0;
    bool marker = false;
    struct hop_ids ids;
    if (!hop_selector_take(&slot->select, packet, &marker) ||
        !hop_rewriter_ids(&slot->ids, packet, &slot->select, &ids)) {
        leave_out(slot, packet, now_us);
        return;
    }
    if (!hop_seq_map_in(&slot->seqs, packet->seq, &seq)) {
        hop_route_drop(slot->owner, HOP_DROP_LATE);
        return;
    }
    /* Twice under one number would reuse the cipher's nonce (RFC 7714 §8.1). */
    if (hop_sent_has(&slot->log, seq, packet->seq, slot->current->tag))
        return;
    uint32_t timestamp = hop_flow_timestamp(slot, packet->view.timestamp, now_us);
    /* Before the send: what finds no room now can still be asked for. */
    bool newest = note_sent(slot, packet, seq, marker, timestamp, &ids, now_us);

    struct hop_rtp_header header;
    hop_rtp_header_init(&header, slot->codec->pt, marker, seq, timestamp, slot->sent.ssrc);
    hop_rtp_header_add_token(&header, slot->owner->ext.mid, slot->desc.mid);
    hop_ids_describe(&header,
                     slot->desc.reads_descriptor ? slot->owner->ext.dependency_descriptor : 0,
                     packet, &ids);
    size_t len = packet->view.payload_len;
    uint8_t *out = hop_transmit_begin(slot->owner, &header, len, now_us);
    if (!out)
        return;
    memcpy(out, packet->data + packet->view.payload_offset, len);
    hop_ids_write(out, packet, &ids);
    size_t size = hop_rtp_header_size(&header) + len;
    count_sent(slot, newest, timestamp, len, size, now_us);
    hop_transmit_commit(slot->owner, size, HOP_TX_VIDEO);
}
