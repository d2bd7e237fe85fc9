/* What one slot shows and how it changes; see slot.h. Called by allocate.c (assignment), layer.c
 * (packets) and feedback.c (complaints). When packets leave is in flow.c, how in send.c, answers to
 * NACK in resend.c. */
#include "media/route/slot.h"

#include "media/route/flow.h"
#include "media/route/state.h"

#include <errno.h>
#include <stdlib.h>

enum {
    VIDEO_HZ = 90000,
    MAX_SR_SKEW_RTP = 2 * VIDEO_HZ, /* a publisher's clock is believed within two seconds */
};

int hop_slot_new(struct hop_route_peer *owner, uint8_t index, const struct hop_slot_desc *desc,
                 uint32_t ssrc, uint32_t rtx_ssrc, struct hop_slot **out)
{
    struct hop_slot *slot = calloc(1, sizeof(*slot));
    if (!slot)
        return -ENOMEM;
    slot->owner = owner;
    slot->index = index;
    slot->desc = *desc;
    slot->rtx_ssrc = rtx_ssrc;
    slot->rtx_seq = (uint16_t)hop_route_random32(owner->route);
    uint32_t random = hop_route_random32(owner->route);
    hop_seq_map_init(&slot->seqs, (uint16_t)random);
    hop_rewriter_init(&slot->ids, random);
    hop_selector_init(&slot->select);
    hop_send_source_init(&slot->sent, ssrc, VIDEO_HZ);
    *out = slot;
    return 0;
}

void hop_slot_free(struct hop_slot *slot)
{
    if (!slot)
        return;
    hop_slot_clear(slot);
    free(slot->log.ring);
    free(slot);
}

const struct hop_codec_desc *hop_slot_codec(const struct hop_slot *slot, enum hop_codec codec)
{
    for (uint8_t i = 0; i < slot->desc.n_codecs; i++)
        if (slot->desc.codecs[i].codec == codec)
            return &slot->desc.codecs[i];
    return NULL;
}

static struct hop_slot_state shown(const struct hop_slot *slot)
{
    const struct hop_layer *layer = slot->current;
    struct hop_quality q = slot->select.now;
    uint8_t most = layer->n_spatial > 0 ? (uint8_t)(layer->n_spatial - 1) : 0;
    return (struct hop_slot_state){
        .peer = layer->publication->owner->id,
        .source = layer->publication->source,
        .layer = (uint8_t)(layer->index + (q.spatial < most ? q.spatial : most)),
        .temporal = q.temporal,
        .phase = HOP_SLOT_LIVE,
    };
}

static enum hop_slot_reason why_waiting(const struct hop_slot *slot)
{
    if (slot->paused)
        return slot->reason;
    bool comes = slot->wanted && (slot->wanted->flowing || slot->assigned->n_layers == 1);
    return comes ? HOP_SLOT_KEY_FRAME : HOP_SLOT_PUBLISHER;
}

struct hop_slot_state hop_slot_state(const struct hop_slot *slot)
{
    struct hop_slot_state state;
    if (slot->current) {
        state = shown(slot);
        if (slot->current->publication == slot->assigned)
            state.reason = slot->reason;
        return state;
    }
    if (!slot->assigned)
        return (struct hop_slot_state){ 0 };
    state = (struct hop_slot_state){ .peer = slot->assigned->owner->id,
                                     .source = slot->assigned->source };
    /* Interrupted (its line was down, its sender began anew): the picture is still on the screen,
     * and goes on soon. */
    if (slot->wanted && slot->reported.phase == HOP_SLOT_LIVE &&
        slot->reported.peer == state.peer && slot->reported.source == state.source &&
        slot->owner->route->now_us - slot->newest_us < HOP_SLOT_STALE_US)
        return slot->reported;
    state.layer = slot->wanted ? slot->wanted->index : 0;
    state.phase = slot->paused ? HOP_SLOT_PAUSED : HOP_SLOT_WAITING;
    state.reason = why_waiting(slot);
    return state;
}

bool hop_slot_restless(const struct hop_slot *slot)
{
    if (!slot->current)
        return slot->assigned != NULL;
    struct hop_slot_state now = shown(slot);
    return now.temporal != slot->reported.temporal || now.layer != slot->reported.layer;
}

/* ---- assignment ---------------------------------------------------------------------------- */

void hop_slot_set_current(struct hop_slot *slot, struct hop_layer *layer)
{
    struct hop_layer *old = slot->current;
    hop_flow_stop(slot);
    slot->current = layer;
    if (old && old != layer && old != slot->wanted)
        hop_layer_unsubscribe(old, slot);
    hop_route_slots_changed(slot->owner);
}

static void set_wanted(struct hop_slot *slot, struct hop_layer *layer)
{
    struct hop_layer *old = slot->wanted;
    slot->wanted = layer;
    if (old != layer)
        slot->pending = false;
    if (old && old != layer && old != slot->current)
        hop_layer_unsubscribe(old, slot);
}

void hop_slot_pause(struct hop_slot *slot)
{
    set_wanted(slot, NULL);
    hop_slot_set_current(slot, NULL);
    slot->paused = true;
}

void hop_slot_clear(struct hop_slot *slot)
{
    slot->paused = false;
    slot->reason = HOP_SLOT_FINE;
    slot->meant = NULL;
    set_wanted(slot, NULL);
    hop_slot_set_current(slot, NULL);
    slot->assigned = NULL;
}

static int prepare_log(struct hop_slot *slot)
{
    if (slot->log.ring)
        return 0;
    struct hop_sent_entry *ring = calloc(HOP_SLOT_SENT_LOG, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    hop_sent_init(&slot->log, ring, HOP_SLOT_SENT_LOG);
    return 0;
}

int hop_slot_assign(struct hop_slot *slot, struct hop_publication *publication,
                    uint16_t tile_height)
{
    slot->tile_height = tile_height;
    if (slot->assigned == publication && publication)
        return 0;
    if (!publication || prepare_log(slot) != 0) {
        hop_slot_clear(slot);
        return publication ? -ENOMEM : 0;
    }
    slot->assigned = publication;
    slot->paused = false;
    slot->reason = HOP_SLOT_FINE;
    slot->meant = NULL;
    set_wanted(slot, NULL);
    hop_route_slots_changed(slot->owner);
    if (slot->current && !hop_publication_live(slot->current->publication))
        hop_slot_set_current(slot, NULL);
    return 0;
}

int hop_slot_want(struct hop_slot *slot, struct hop_layer *layer)
{
    slot->paused = false;
    if (slot->wanted != layer) {
        if (layer && hop_layer_subscribe(layer, slot) != 0)
            return -ENOMEM;
        set_wanted(slot, layer);
    }
    /* Again as long as it waits: what it waited for may have come, and been of no use to it. */
    if (layer && slot->current != layer && hop_route_peer_sending(slot->owner) &&
        !hop_flow_start(slot, slot->owner->route->now_us))
        hop_keyframe_want(&layer->keyframe);
    return 0;
}

void hop_slot_aim(struct hop_slot *slot, struct hop_quality quality)
{
    hop_selector_want(&slot->select, quality);
}

struct hop_quality hop_slot_quality(const struct hop_slot *slot)
{
    return slot->select.now;
}

void hop_slot_lose(struct hop_slot *slot, struct hop_layer *layer)
{
    if (slot->assigned == layer->publication)
        slot->assigned = NULL;
    if (slot->meant && slot->meant->publication == layer->publication)
        slot->meant = NULL;
    if (slot->wanted == layer)
        set_wanted(slot, NULL);
    if (slot->current == layer)
        hop_slot_set_current(slot, NULL);
    hop_layer_unsubscribe(layer, slot);
}

void hop_slot_restart(struct hop_slot *slot, struct hop_layer *layer)
{
    if (slot->wanted == layer)
        slot->pending = false;
    if (slot->current == layer)
        hop_slot_set_current(slot, NULL);
}

void hop_slot_resync(struct hop_slot *slot)
{
    slot->pending = false;
    hop_slot_set_current(slot, NULL);
}

void hop_slot_request(struct hop_slot *slot, int64_t now_us)
{
    if (!slot->wanted || slot->wanted == slot->current || hop_flow_start(slot, now_us))
        return;
    hop_keyframe_want(&slot->wanted->keyframe);
    hop_layer_poll(slot->wanted, now_us);
}

void hop_slot_settle(struct hop_slot *slot, int64_t now_us)
{
    if (!slot->owed || hop_budget_flooded(slot->owner))
        return;
    slot->owed = false;
    if (!slot->current)
        return;
    hop_keyframe_complain(&slot->current->keyframe, now_us);
    hop_layer_poll(slot->current, now_us);
}

void hop_slot_complain(struct hop_slot *slot, int64_t now_us)
{
    if (slot->current) {
        const struct hop_publication *p = slot->current->publication;
        hop_budget_note(slot->owner, (struct hop_decision){ .what = HOP_DECIDED_KEY_FRAME,
                                                            .why = HOP_WHY_DECODER,
                                                            .peer = p->owner->id,
                                                            .source = p->source,
                                                            .slot = slot->index,
                                                            .from = (int8_t)slot->current->index,
                                                            .to = (int8_t)slot->current->index });
        hop_keyframe_complain(&slot->current->keyframe, now_us);
        hop_layer_poll(slot->current, now_us);
    }
    hop_slot_request(slot, now_us);
}

/* ---- reports ------------------------------------------------------------------------------- */

bool hop_slot_report(struct hop_slot *slot, int64_t now_us, int64_t wall_us,
                     struct hop_rtcp_sr *out)
{
    if (!hop_send_source_sr(&slot->sent, now_us, wall_us, out))
        return false;
    const struct hop_layer *layer = slot->current;
    int64_t told_us;
    if (!layer || !hop_recv_source_wall(&layer->recv, layer->recv.sr_timestamp, &told_us))
        return true;
    /* Where the publisher's clock is now, counted from the arrival of its own report. */
    uint32_t timestamp;
    if (hop_recv_source_timestamp(&layer->recv, told_us + (now_us - layer->recv.sr_us),
                                  &timestamp)) {
        timestamp += slot->timestamp_shift;
        int32_t skew = hop_ts_diff(timestamp, out->timestamp);
        if (skew > -MAX_SR_SKEW_RTP && skew < MAX_SR_SKEW_RTP)
            out->timestamp = timestamp;
    }
    return true;
}
