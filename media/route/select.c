/* The choice of packets; see select.h. Called by slot.c. */
#include "media/route/select.h"

#include "media/route/uplink.h"

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

/* ---- turns ------------------------------------------------------------------------------------- */

static void describe_turn(struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t target = s->turns[0].target;
    if (s->kind == HOP_SELECT_TARGETS) {
        s->now = hop_scalability_quality(packet->scalability, target);
        s->within = hop_scalability_within(packet->scalability, target);
    } else {
        s->now = (struct hop_quality){ target / HOP_MAX_TEMPORAL, target % HOP_MAX_TEMPORAL };
    }
}

static void enter(struct hop_selector *s, uint8_t target, const struct hop_uplink *packet)
{
    if (s->turns[0].target != target) {
        memmove(s->turns + 1, s->turns, (HOP_SELECT_TURNS - 1) * sizeof(s->turns[0]));
        s->turns[0] = (struct hop_select_turn){ packet->seq, target };
    }
    describe_turn(s, packet);
}

static void enter_quality(struct hop_selector *s, uint8_t spatial, uint8_t temporal,
                          const struct hop_uplink *packet)
{
    enter(s, (uint8_t)hop_quality_index((struct hop_quality){ spatial, temporal }), packet);
}

static uint8_t target_at(const struct hop_selector *s, uint64_t seq)
{
    for (size_t i = 0; i < HOP_SELECT_TURNS - 1; i++)
        if (seq >= s->turns[i].since)
            return s->turns[i].target;
    return s->turns[HOP_SELECT_TURNS - 1].target;
}

static enum hop_select_kind kind_of(const struct hop_uplink *packet)
{
    if (packet->scalability)
        return HOP_SELECT_TARGETS;
    if (packet->codec == HOP_CODEC_VP8)
        return HOP_SELECT_VP8;
    return packet->codec == HOP_CODEC_VP9 ? HOP_SELECT_VP9 : HOP_SELECT_ALL;
}

static uint8_t clamp(uint8_t value, uint8_t n)
{
    return value < n ? value : (uint8_t)(n - 1);
}

/* The target that stands for what is wanted. VP9 says in its key frame how many layers there are.
 */
static uint8_t wanted(const struct hop_selector *s, const struct hop_uplink *packet)
{
    unsigned index = hop_quality_index(s->want);
    return s->kind == HOP_SELECT_TARGETS ? packet->scalability->target_of[index] : (uint8_t)index;
}

void hop_selector_begin(struct hop_selector *s, const struct hop_uplink *first)
{
    s->kind = kind_of(first);
    for (size_t i = 0; i < HOP_SELECT_TURNS; i++)
        s->turns[i] = (struct hop_select_turn){ first->seq, wanted(s, first) };
    describe_turn(s, first);
    s->newest = first->seq - 1;
    s->waiting = 0;
    s->stuck = false;
    s->dropped = NOTHING_DROPPED;
    s->gap = false;
    s->broken = s->picture_has = 0;
    s->chains_broken = 0;
    for (unsigned i = 0; i < HOP_SELECT_FRAMES; i++)
        s->frames[i] = (uint16_t)(i + 1); /* belongs to the next place: none */
}

/* ---- VP8: temporal layers ---------------------------------------------------------------------- */

/* With Y set, this frame and what follows needs nothing from before the base layer's newest frame.
 * What was left out, or is missing, since then could still be needed. */
static void consider_vp8(struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t tid = clamp(packet->tid, HOP_MAX_TEMPORAL);
    if (packet->tid == 0) {
        s->dropped = NOTHING_DROPPED;
        s->gap = false;
    }
    if (packet->keyframe || s->want.temporal < s->now.temporal)
        enter(s, wanted(s, packet), packet);
    else if (tid > s->now.temporal && tid <= s->want.temporal && packet->layer_sync && !s->gap &&
             s->dropped > tid)
        enter_quality(s, s->want.spatial, tid, packet);
}

/* ---- VP9: its own descriptor ------------------------------------------------------------------- */

static void consider_vp9_spatial(struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t sid = clamp(packet->sid, HOP_MAX_SPATIAL);
    bool alone = !packet->vp9.inter_picture;
    if (s->want.spatial < s->now.spatial && packet->sid == 0) {
        if (s->broken >> s->want.spatial & 1)
            s->stuck = true;
        else
            enter_quality(s, s->want.spatial, s->now.temporal, packet);
    } else if (sid > s->now.spatial && sid <= s->want.spatial) {
        /* It needs only the layer below, of this picture. */
        bool below = !packet->vp9.inter_layer || (s->picture_has >> (sid - 1) & 1);
        if (alone && below)
            enter_quality(s, sid, s->now.temporal, packet);
        else
            s->stuck = s->stuck || !alone;
    }
}

static void consider_vp9(struct hop_selector *s, const struct hop_uplink *packet)
{
    if (packet->vp9.picture != s->picture || packet->keyframe) {
        s->picture = packet->vp9.picture;
        s->picture_has = 0;
    }
    if (packet->keyframe) {
        s->broken = 0;
        enter(s, wanted(s, packet), packet);
        return;
    }
    consider_vp9_spatial(s, packet);
    uint8_t tid = clamp(packet->tid, HOP_MAX_TEMPORAL);
    bool may = s->want.temporal < s->now.temporal ||
               (packet->layer_sync && tid <= s->now.temporal && packet->sid == 0);
    if (may && s->want.temporal != s->now.temporal)
        enter_quality(s, s->now.spatial, s->want.temporal, packet);
}

static void note_vp9(struct hop_selector *s, const struct hop_uplink *packet, bool sent)
{
    uint8_t bit = (uint8_t)(1u << clamp(packet->sid, HOP_MAX_SPATIAL));
    if (sent) {
        s->picture_has |= bit;
        if (!packet->vp9.inter_picture)
            s->broken &= (uint8_t)~bit;
    } else if (packet->tid <= s->now.temporal) {
        s->broken |= bit;
    }
}

/* ---- decode targets ---------------------------------------------------------------------------- */

/* Each frame names the newest one of every chain: whoever did not get that has a broken chain,
 * until it begins anew. */
static void follow_chains(struct hop_selector *s, const struct hop_uplink *packet)
{
    for (unsigned c = 0; c < packet->scalability->structure.n_chains; c++) {
        uint8_t back = packet->dd.chains[c];
        uint16_t before = (uint16_t)(packet->dd.frame - back);
        if (back == 0)
            s->chains_broken &= ~(UINT32_C(1) << c);
        else if (s->frames[before % HOP_SELECT_FRAMES] != before)
            s->chains_broken |= UINT32_C(1) << c;
    }
}

/* Nothing of what protects the target is missing at the receiver. */
static bool chain_whole(const struct hop_selector *s, const struct hop_uplink *packet,
                        uint8_t target)
{
    const struct hop_dd_structure *structure = &packet->scalability->structure;
    if (structure->n_chains == 0)
        return packet->keyframe;
    return !(s->chains_broken >> structure->protected_by[target] & 1);
}

static void consider_target(struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t target = wanted(s, packet);
    follow_chains(s, packet);
    if (target == s->turns[0].target || packet->keyframe) {
        enter(s, target, packet); /* with a key frame all begins anew, the structure too */
        return;
    }
    if (s->within >> target & 1 &&
        hop_scalability_quality(packet->scalability, target).spatial == s->now.spatial) {
        enter(s, target, packet); /* only frame rate is lost: at once */
        return;
    }
    if (hop_dd_dti(packet->dd.dtis, target) != HOP_DTI_SWITCH)
        return;
    if (chain_whole(s, packet, target))
        enter(s, target, packet);
    else
        s->stuck = true;
}

/* ---- all --------------------------------------------------------------------------------------- */

static void consider(struct hop_selector *s, const struct hop_uplink *packet)
{
    if (s->kind == HOP_SELECT_VP8)
        consider_vp8(s, packet);
    else if (s->kind == HOP_SELECT_VP9)
        consider_vp9(s, packet);
    else if (s->kind == HOP_SELECT_TARGETS)
        consider_target(s, packet);
    bool short_of = s->kind == HOP_SELECT_TARGETS ? wanted(s, packet) != s->turns[0].target
                                                  : s->now.temporal < s->want.temporal;
    s->waiting = short_of ? (uint16_t)(s->waiting + 1) : 0;
    if (s->waiting >= HOP_SELECT_PATIENCE) {
        s->stuck = true;
        s->waiting = 0;
    }
}

static bool belongs(const struct hop_selector *s, const struct hop_uplink *packet)
{
    uint8_t target = target_at(s, packet->seq);
    if (s->kind == HOP_SELECT_ALL)
        return true;
    if (s->kind == HOP_SELECT_TARGETS)
        return packet->scalability && hop_dd_dti(packet->dd.dtis, target) != HOP_DTI_ABSENT;
    return packet->qualities >> target & 1;
}

static bool ends_picture(const struct hop_selector *s, const struct hop_uplink *packet)
{
    bool layered = s->kind == HOP_SELECT_VP9 || s->kind == HOP_SELECT_TARGETS;
    return packet->view.marker ||
           (layered && packet->frame_end && clamp(packet->sid, HOP_MAX_SPATIAL) == s->now.spatial &&
            packet->codec != HOP_CODEC_H264);
}

bool hop_selector_take(struct hop_selector *s, const struct hop_uplink *packet, bool *marker)
{
    if (packet->seq > s->newest) {
        if (packet->keyframe && kind_of(packet) != s->kind)
            hop_selector_begin(s, packet);
        s->gap = s->gap || packet->seq != s->newest + 1;
        s->newest = packet->seq;
        if (packet->frame_start && kind_of(packet) == s->kind)
            consider(s, packet);
    }
    bool sent = belongs(s, packet);
    uint8_t tid = clamp(packet->tid, HOP_MAX_TEMPORAL);
    if (s->kind == HOP_SELECT_VP9)
        note_vp9(s, packet, sent);
    if (sent && s->kind == HOP_SELECT_TARGETS)
        s->frames[packet->dd.frame % HOP_SELECT_FRAMES] = packet->dd.frame;
    if (!sent && tid < s->dropped)
        s->dropped = tid;
    *marker = sent && ends_picture(s, packet);
    return sent;
}

bool hop_selector_stuck(struct hop_selector *s)
{
    bool stuck = s->stuck;
    s->stuck = false;
    return stuck;
}
