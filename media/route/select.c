/* The choice of packets; see select.h. Called by slot.c. */
#include "media/route/select.h"

#include "media/route/layer.h"

#include <string.h>

enum { NOTHING_DROPPED = 0xff };

void hop_selector_init(struct hop_selector *s)
{
    memset(s, 0, sizeof(*s));
    s->want = HOP_QUALITY_BEST;
}

void hop_selector_want(struct hop_selector *s, struct hop_quality want)
{
    s->want = want;
}

static void enter(struct hop_selector *s, struct hop_quality quality, uint64_t seq)
{
    if (hop_quality_same(s->now, quality))
        return;
    memmove(s->turns + 1, s->turns, (HOP_SELECT_TURNS - 1) * sizeof(s->turns[0]));
    s->turns[0] = (struct hop_select_turn){ seq, quality };
    s->now = quality;
}

static struct hop_quality quality_at(const struct hop_selector *s, uint64_t seq)
{
    for (size_t i = 0; i < HOP_SELECT_TURNS - 1; i++)
        if (seq >= s->turns[i].since)
            return s->turns[i].quality;
    return s->turns[HOP_SELECT_TURNS - 1].quality;
}

void hop_selector_begin(struct hop_selector *s, const struct hop_uplink *first)
{
    s->now = s->want;
    for (size_t i = 0; i < HOP_SELECT_TURNS; i++)
        s->turns[i] = (struct hop_select_turn){ first->seq, s->want };
    s->newest = first->seq - 1;
    s->dropped = NOTHING_DROPPED;
    s->gap = false;
    s->waiting = 0;
}

static uint8_t clamp_tid(uint8_t tid)
{
    return tid < HOP_MAX_TEMPORAL ? tid : HOP_MAX_TEMPORAL - 1;
}

/* With Y set, this frame and what follows needs nothing from before the base layer's newest frame.
 * What was left out, or is missing, since then could still be needed. */
static void consider_vp8(struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t tid = clamp_tid(packet->tid);
    if (packet->tid == 0) {
        s->dropped = NOTHING_DROPPED;
        s->gap = false;
    }
    if (packet->keyframe || s->want.temporal < s->now.temporal) {
        enter(s, s->want, packet->seq);
    } else if (tid > s->now.temporal && tid <= s->want.temporal && packet->layer_sync && !s->gap &&
               s->dropped > tid) {
        enter(s, (struct hop_quality){ s->want.spatial, tid }, packet->seq);
    }
}

static void note_frame(struct hop_selector *s, const struct hop_uplink *packet)
{
    consider_vp8(s, packet);
    bool short_of = s->now.temporal < s->want.temporal;
    s->waiting = short_of ? (uint16_t)(s->waiting + 1) : 0;
}

bool hop_selector_take(struct hop_selector *s, const struct hop_uplink *packet)
{
    if (packet->seq > s->newest) {
        s->gap = s->gap || packet->seq != s->newest + 1;
        s->newest = packet->seq;
        if (packet->frame_start)
            note_frame(s, packet);
    }
    if (packet->qualities & hop_quality_bit(quality_at(s, packet->seq)))
        return true;
    uint8_t tid = clamp_tid(packet->tid);
    if (tid < s->dropped)
        s->dropped = tid;
    return false;
}

bool hop_selector_stuck(struct hop_selector *s)
{
    if (s->waiting < HOP_SELECT_PATIENCE)
        return false;
    s->waiting = 0;
    return true;
}
