/* Answers to a receiver's NACKs: each packet again in the slot's RTX stream (RFC 4588), with the
 * numbers and ids under which it was sent, from the cache of the layer that it came from. Called by
 * feedback.c on the room's worker thread. */
#include "media/base/bytes.h"
#include "media/route/slot.h"
#include "media/route/state.h"
#include "media/route/transmit.h"
#include "media/rtp/rtx.h"

#include <string.h>

enum {
    MAX_RESENT = 6,         /* answers per packet */
    MIN_GAP_US = 10000,     /* between two answers for one packet */
    DEFAULT_GAP_US = 50000, /* while the round trip is unknown */
    MAX_GAP_US = 300000,
};

static int64_t gap_us(const struct hop_route_peer *receiver)
{
    int64_t gap = receiver->rtt_us > 0 ? receiver->rtt_us * 3 / 4 : DEFAULT_GAP_US;
    return gap < MIN_GAP_US ? MIN_GAP_US : gap > MAX_GAP_US ? MAX_GAP_US : gap;
}

/* While a queue stands on the line, what was shown before is not worth its place there. */
static bool is_past(const struct hop_slot *slot, const struct hop_sent_entry *entry)
{
    bool shown = slot->current && slot->current->tag == entry->source;
    return hop_budget_flooded(slot->owner) && !(shown && entry->in >= slot->begun_seq);
}

static void resend_one(struct hop_slot *slot, const struct hop_sent_entry *entry, int64_t now_us)
{
    const struct hop_layer *layer = hop_route_layer_by_tag(slot->owner->route, entry->source);
    struct hop_uplink packet;
    if (is_past(slot, entry))
        return;
    if (!layer || !hop_layer_recall(layer, entry->in, &packet) || packet.unread ||
        !hop_publication_live(layer->publication))
        return;
    const struct hop_codec_desc *codec = hop_slot_codec(slot, packet.codec);
    /* Without RTX the packet stays lost: a second send under the same SSRC and number would reuse
     * the cipher's nonce (RFC 7714 §8.1). */
    if (!codec || codec->rtx_pt == 0xff)
        return;
    if (!hop_budget_may_repair(slot->owner, packet.len, now_us)) {
        slot->owed = slot->owed || layer == slot->current;
        return;
    }
    struct hop_rtp_header header;
    hop_rtp_header_init(&header, codec->rtx_pt, entry->marker, slot->rtx_seq, entry->timestamp,
                        slot->rtx_ssrc);
    hop_rtp_header_add_token(&header, slot->owner->ext.mid, slot->desc.mid);
    struct hop_ids ids = { entry->picture, entry->tl0, entry->frame, entry->active };
    hop_ids_describe(&header,
                     slot->desc.reads_descriptor ? slot->owner->ext.dependency_descriptor : 0,
                     &packet, &ids);
    size_t len = packet.view.payload_len;
    uint8_t *out = hop_transmit_begin(slot->owner, &header, HOP_RTX_OSN + len, now_us);
    if (!out)
        return;
    slot->rtx_seq++;
    hop_put16(out, entry->seq);
    memcpy(out + HOP_RTX_OSN, packet.data + packet.view.payload_offset, len);
    hop_ids_write(out + HOP_RTX_OSN, &packet, &ids);
    hop_transmit_commit(slot->owner, hop_rtp_header_size(&header) + HOP_RTX_OSN + len,
                        HOP_TX_VIDEO);
}

void hop_slot_repeat(struct hop_slot *slot, uint16_t seq, int64_t now_us)
{
    const struct hop_sent_entry *entry = slot->log.ring ? hop_sent_find(&slot->log, seq) : NULL;
    if (entry)
        resend_one(slot, entry, now_us);
}

void hop_slot_resend(struct hop_slot *slot, const uint16_t *seqs, size_t n, int64_t now_us)
{
    if (!slot->log.ring || slot->rtx_ssrc == 0 || !hop_route_peer_sending(slot->owner))
        return;
    int64_t gap = gap_us(slot->owner);
    for (size_t i = 0; i < n; i++) {
        const struct hop_sent_entry *entry =
            hop_sent_take(&slot->log, seqs[i], gap, MAX_RESENT, now_us);
        if (!entry)
            continue;
        if (hop_pace_ready(slot->owner, now_us))
            resend_one(slot, entry, now_us);
        else
            hop_pace_repeat(slot->owner, slot->index, seqs[i]);
    }
}
