/* Beginning, catching up and waiting; see flow.h. Called by slot.c, layer.c (packets) and pace.c.
 */
#include "media/route/flow.h"

#include "media/route/state.h"

enum {
    TICKS_PER_MS = 90,
    MIN_STEP_US = 10000, /* between the timestamps on both sides of a switch, at least */
    LEAST_STEP_US = 500, /* between those of frames that leave together */
    MAX_STEP_US = 10000000,
    UNKNOWN_BPS = 3000000,
    LEAST_BYTES = 6000,
};

static uint32_t ticks(int64_t us)
{
    return (uint32_t)(us * TICKS_PER_MS / 1000);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* The new stream's time goes on where the old one's was, by as much as has passed since. */
static uint32_t shift_for(const struct hop_slot *slot, uint32_t timestamp, int64_t now_us)
{
    if (!slot->started)
        return hop_route_random32(slot->owner->route);
    /* Counted from one beginning to the next: what the last picture had waited here is not to
     * shift all that comes. */
    uint32_t out = slot->begun_out + ticks(now_us - slot->begun_us);
    uint32_t least = slot->newest_timestamp + ticks(MIN_STEP_US);
    if (now_us - slot->newest_us > MAX_STEP_US)
        out = slot->newest_timestamp + ticks(MAX_STEP_US);
    return (hop_ts_diff(out, least) < 0 ? least : out) - timestamp;
}

/* `newest` is a time of now; what is older leaves now, too, or later. */
static void begin_time(struct hop_slot *slot, uint32_t first, uint32_t newest, int64_t now_us)
{
    slot->timestamp_shift = shift_for(slot, newest, now_us);
    slot->begun_us = now_us;
    slot->begun_out = newest + slot->timestamp_shift;
    slot->catching_up = hop_ts_diff(newest, first) > 0;
    slot->times[0] = (struct hop_slot_time){ first, slot->begun_out };
    slot->n_times = slot->catching_up ? 1 : 0;
    slot->started = true;
}

/* The time that a frame of before the newest of `times` has: its own if it was sent, else between
 * those of its neighbours. */
static uint32_t time_of(const struct hop_slot *slot, uint32_t timestamp)
{
    const struct hop_slot_time *after = NULL;
    for (uint32_t back = 1; back <= HOP_SLOT_TIMES && back <= slot->n_times; back++) {
        const struct hop_slot_time *t = &slot->times[(slot->n_times - back) % HOP_SLOT_TIMES];
        int32_t since = hop_ts_diff(timestamp, t->in);
        if (since == 0)
            return t->out;
        if (since > 0 && after) {
            uint64_t room = after->out - t->out, span = after->in - t->in;
            return t->out + (uint32_t)((uint64_t)(uint32_t)since * room / span);
        }
        after = t;
    }
    return timestamp + slot->timestamp_shift;
}

uint32_t hop_flow_timestamp(struct hop_slot *slot, uint32_t timestamp, int64_t now_us)
{
    uint32_t live = timestamp + slot->timestamp_shift;
    if (slot->n_times == 0)
        return live;
    const struct hop_slot_time *last = &slot->times[(slot->n_times - 1) % HOP_SLOT_TIMES];
    if (hop_ts_diff(timestamp, last->in) <= 0)
        return time_of(slot, timestamp);
    if (!slot->catching_up)
        return live;
    uint32_t least = last->out + ticks(LEAST_STEP_US);
    uint32_t leaves = slot->begun_out + ticks(now_us - slot->begun_us);
    uint32_t out = slot->lagging && hop_ts_diff(leaves, live) > 0 ? leaves : live;
    out = hop_ts_diff(out, least) < 0 ? least : out;
    slot->catching_up = out != live;
    slot->times[slot->n_times++ % HOP_SLOT_TIMES] = (struct hop_slot_time){ timestamp, out };
    return out;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static bool begin(struct hop_slot *slot, struct hop_layer *layer, const struct hop_uplink *first,
                  uint32_t newest_timestamp, int64_t now_us)
{
    slot->codec = hop_slot_codec(slot, layer->publication->codec);
    if (!slot->codec)
        return false;
    begin_time(slot, first->view.timestamp, newest_timestamp, now_us);
    slot->newest_seq = 0;
    slot->begun_seq = first->seq;
    slot->owed = false;
    slot->caught_up = 0;
    hop_seq_map_switch(&slot->seqs, first->seq);
    hop_rewriter_switch(&slot->ids);
    hop_selector_begin(&slot->select, first);
    hop_slot_set_current(slot, layer);
    return true;
}

static void lag(struct hop_slot *slot, uint64_t from, uint32_t bytes)
{
    slot->lagging = true;
    slot->cursor = from;
    slot->waiting_bytes += bytes;
    slot->owner->pace.waiting_bytes += bytes;
}

void hop_flow_stop(struct hop_slot *slot)
{
    slot->owner->pace.waiting_bytes -= slot->waiting_bytes;
    slot->waiting_bytes = 0;
    slot->lagging = false;
}

/* What is kept from that number on, as far as the pace allows; the rest by and by. */
static void catch_up(struct hop_slot *slot, uint64_t from, int64_t now_us)
{
    struct hop_layer *layer = slot->current;
    struct hop_cache_packet kept;
    uint32_t bytes = 0;
    slot->caught_up = layer->recv.newest;
    for (uint64_t seq = from; seq <= layer->recv.newest && layer->cache; seq++)
        bytes += hop_cache_find(layer->cache, seq, &kept) ? kept.len : 0;
    lag(slot, from, bytes);
    while (slot->lagging && slot->current == layer && hop_pace_ready(slot->owner, now_us))
        hop_flow_step(slot, now_us);
    if (slot->lagging)
        hop_pace_wait(slot->owner);
}

/* Begins with the packet of that number, which begins a key frame. */
static bool begin_at(struct hop_slot *slot, struct hop_layer *layer, uint64_t seq, int64_t now_us)
{
    struct hop_uplink first, newest;
    if (!hop_layer_recall(layer, seq, &first) || first.unread || !first.keyframe)
        return false;
    uint32_t timestamp = first.view.timestamp;
    if (hop_layer_recall(layer, layer->recv.newest, &newest))
        timestamp = newest.view.timestamp;
    if (!begin(slot, layer, &first, timestamp, now_us))
        return false;
    catch_up(slot, seq, now_us);
    return true;
}

static void switch_pending(struct hop_slot *slot, int64_t now_us)
{
    slot->pending = false;
    if (!begin_at(slot, slot->wanted, slot->pending_seq, now_us))
        hop_keyframe_want(&slot->wanted->keyframe);
}

/* A frame that is being sent is finished first. */
static bool must_wait(const struct hop_slot *slot, int64_t now_us)
{
    return slot->current && (slot->mid_frame || slot->lagging) &&
           now_us - slot->newest_us < HOP_SLOT_FRAME_US;
}

static void wait_for_frame(struct hop_slot *slot, uint64_t seq, int64_t now_us)
{
    slot->pending = true;
    slot->pending_seq = seq;
    slot->pending_us = now_us + HOP_SLOT_FRAME_US;
}

/* ---- the last key frame ---------------------------------------------------------------------- */

/* Whether all since the layer's last key frame is kept, and little enough for that line. */
static bool at_hand(const struct hop_slot *slot, const struct hop_layer *layer, int64_t now_us)
{
    const struct hop_bwe *bwe = &slot->owner->budget.bwe;
    bool other = !slot->current || slot->current->publication != layer->publication;
    int64_t most_age_us = !other                                  ? HOP_FLOW_CHANGE_AGE_US
                          : layer->height < HOP_FLOW_SMALL_HEIGHT ? HOP_FLOW_SMALL_AGE_US
                                                                  : HOP_FLOW_LARGE_AGE_US;
    if (!layer->cache || layer->key_us == 0 || now_us - layer->key_us > most_age_us)
        return false;
    uint64_t bps = bwe->known || bwe->target_bps > UNKNOWN_BPS ? bwe->target_bps : UNKNOWN_BPS;
    uint64_t most = bps * HOP_FLOW_START_US / 8000000, bytes = 0;
    most = most > LEAST_BYTES ? most : LEAST_BYTES;
    /* What is about to leave the cache could not be repeated if it was lost. */
    uint64_t half = layer->cache_has / 2;
    most = most < half ? most : half;
    if (layer->recv.newest - layer->key_seq > half / HOP_LAYER_PLACE_BYTES)
        return false;
    for (uint64_t seq = layer->key_seq; seq <= layer->recv.newest; seq++) {
        struct hop_cache_packet kept;
        if (!hop_cache_find(layer->cache, seq, &kept))
            return false;
        bytes += kept.len;
        if (bytes > most)
            return false;
    }
    return true;
}

bool hop_flow_start(struct hop_slot *slot, int64_t now_us)
{
    struct hop_layer *layer = slot->wanted;
    if (slot->pending)
        return true;
    if (!layer || layer == slot->current || !hop_publication_live(layer->publication) ||
        !hop_route_peer_sending(slot->owner) || !at_hand(slot, layer, now_us))
        return false;
    if (must_wait(slot, now_us)) {
        wait_for_frame(slot, layer->key_seq, now_us);
        return true;
    }
    return begin_at(slot, layer, layer->key_seq, now_us);
}

/* ---- packets --------------------------------------------------------------------------------- */

static void after_sending(struct hop_slot *slot, int64_t now_us)
{
    if (slot->current && hop_selector_stuck(&slot->select))
        hop_keyframe_want(&slot->current->keyframe);
    if (slot->pending && !slot->mid_frame)
        switch_pending(slot, now_us);
}

void hop_flow_step(struct hop_slot *slot, int64_t now_us)
{
    struct hop_layer *layer = slot->current;
    struct hop_uplink packet;
    if (!layer || slot->cursor > layer->recv.newest) {
        hop_flow_stop(slot);
        return;
    }
    uint64_t seq = slot->cursor++;
    bool kept = hop_layer_recall(layer, seq, &packet);
    if (kept) {
        uint32_t bytes = (uint32_t)packet.len;
        bytes = bytes < slot->waiting_bytes ? bytes : slot->waiting_bytes;
        slot->waiting_bytes -= bytes;
        slot->owner->pace.waiting_bytes -= bytes;
    }
    if (slot->cursor > layer->recv.newest)
        hop_flow_stop(slot);
    if (kept && !packet.unread) {
        hop_slot_send(slot, &packet, now_us);
        after_sending(slot, now_us);
    }
}

static void offer_wanted(struct hop_slot *slot, struct hop_layer *layer,
                         const struct hop_uplink *packet, int64_t now_us)
{
    if (slot->pending) {
        if (packet->keyframe && packet->seq > slot->pending_seq)
            slot->pending_seq = packet->seq;
        if (now_us >= slot->pending_us)
            switch_pending(slot, now_us);
        return;
    }
    if (!packet->keyframe)
        return;
    if (must_wait(slot, now_us)) {
        wait_for_frame(slot, packet->seq, now_us);
        return;
    }
    if (!begin(slot, layer, packet, packet->view.timestamp, now_us))
        return;
    hop_slot_send(slot, packet, now_us);
    if (packet->seq < layer->recv.newest)
        catch_up(slot, packet->seq + 1, now_us);
}

static bool may_leave(const struct hop_slot *slot, const struct hop_layer *layer,
                      const struct hop_uplink *packet, int64_t now_us)
{
    return hop_layer_in_keyframe(layer, packet) ? hop_pace_ready(slot->owner, now_us)
                                                : hop_pace_frame_ready(slot->owner, now_us);
}

void hop_slot_offer(struct hop_slot *slot, struct hop_layer *layer, const struct hop_uplink *packet,
                    int64_t now_us)
{
    if (!hop_route_peer_sending(slot->owner))
        return;
    if (slot->current != layer) {
        if (slot->wanted == layer)
            offer_wanted(slot, layer, packet, now_us);
        return;
    }
    bool newest = packet->seq > slot->newest_seq;
    if (slot->lagging ? packet->seq >= slot->cursor
                      : newest && !may_leave(slot, layer, packet, now_us)) {
        lag(slot, slot->lagging ? slot->cursor : packet->seq, (uint32_t)packet->len);
        hop_pace_wait(slot->owner);
        return;
    }
    hop_slot_send(slot, packet, now_us);
    after_sending(slot, now_us);
}

void hop_slot_skip(struct hop_slot *slot, const struct hop_layer *layer, uint64_t seq)
{
    if (slot->current == layer)
        hop_seq_map_drop(&slot->seqs, seq);
}
