/* The judgement of what a slot's stream was: complete, unmixed, decodable, continuous; see sim.h.
 */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECENT = 8 };

struct walk {
    struct sim_verdict v;
    const struct sim_record *last;           /* of the packet before */
    unsigned have_packets;                   /* of the frame */
    bool whole;                              /* the frame before was complete */
    const struct sim_record *decoded;        /* last packet of the last decodable frame */
    const struct sim_record *recent[RECENT]; /* of the last ones */
    unsigned n_recent;
    /* the newest run of holes: where it began, and how things stood then */
    uint64_t hole_at;
    unsigned hole_missing, hole_broken;
};

enum { CUT_WINDOW = 45 }; /* packets: what a repair that is itself lost takes */

static bool same_frame(const struct sim_record *a, const struct sim_record *b)
{
    return a->publisher == b->publisher && a->source == b->source && a->layer == b->layer &&
           a->frame == b->frame;
}

static bool same_stream(const struct sim_record *a, const struct sim_record *b)
{
    return a->publisher == b->publisher && a->source == b->source && a->layer == b->layer;
}

/* What the frame builds upon was decoded, or it needs nothing. */
static bool has_base(const struct sim_record *const *recent, unsigned n, const struct sim_record *r)
{
    if (r->key)
        return true;
    for (unsigned i = n > RECENT ? n - RECENT : 0; i < n; i++)
        if (same_stream(recent[i % RECENT], r) && recent[i % RECENT]->frame == r->needs)
            return true;
    return false;
}

static void end_frame(struct walk *w)
{
    const struct sim_record *r = w->last;
    if (!r)
        return;
    bool complete = w->have_packets == r->of;
    w->v.complete += complete;
    w->whole = complete;
    if (complete && has_base(w->recent, w->n_recent, r)) {
        w->v.decodable++;
        w->decoded = r;
        w->recent[w->n_recent++ % RECENT] = r;
    } else if (!w->decoded) {
        w->v.cut_frames++;
    }
}

static void note_hole(struct walk *w, uint64_t at)
{
    if (w->hole_at == 0 || at - w->hole_at > CUT_WINDOW) {
        w->hole_at = at;
        w->hole_missing = w->v.missing;
        w->hole_broken = w->v.frames - w->v.decodable;
    }
    w->v.missing++;
}

static void forgive_cut(struct walk *w, uint64_t at)
{
    if (w->hole_at == 0 || at - w->hole_at > CUT_WINDOW)
        return;
    w->v.cut += w->v.missing - w->hole_missing;
    w->v.missing = w->hole_missing;
    w->v.cut_frames += w->v.frames - w->v.decodable - w->hole_broken + 1;
    w->hole_at = 0;
}

static void begin_frame(struct walk *w, const struct sim_record *r, uint64_t at)
{
    const struct sim_record *last = w->last;
    w->v.frames++;
    w->v.keys += r->key;
    w->have_packets = 0;
    if (!last) {
        w->v.cold += !r->key; /* its first packet may be lost: nothing before it tells */
        return;
    }
    w->v.bad_time += hop_ts_diff(r->timestamp, last->timestamp) <= 0;
    bool no_hole = w->hole_at == 0 || at - w->hole_at > CUT_WINDOW;
    if (!same_stream(last, r)) {
        w->v.switches++;
        w->v.cold += !r->key || r->at != 0;
    }
    /* Shown anew, even if it is the same stream: after a pause in the view. */
    if (r->key && (!same_stream(last, r) || r->frame != last->frame + 1)) {
        /* The end of the last frame came too late to be waited for. */
        w->v.cut_frames += w->hole_at == 0 && !w->whole;
        forgive_cut(w, at);
    }
    if (r->vp8 && last->vp8 && no_hole) {
        w->v.bad_picture += ((last->picture + 1) & 0x7fff) != (r->picture & 0x7fff);
        w->v.bad_picture += (uint8_t)(last->tl0 + (r->tid == 0)) != r->tl0;
    }
}

struct sim_verdict sim_judge(const struct sim_slot *slot, unsigned tail)
{
    struct walk w = { 0 };
    if (!slot->any || slot->newest - slot->first < tail)
        return w.v;
    for (uint64_t at = 0; at + tail <= slot->newest - slot->first; at++) {
        const struct sim_record *r = &slot->records[at];
        if (!slot->have[at]) {
            note_hole(&w, at);
            continue;
        }
        w.v.packets++;
        if (r->filler)
            continue;
        /* A stream that is begun anew may begin with the key frame that was sent last. */
        bool again = w.last && r->key && r->at == 0 && w.have_packets == w.last->of;
        if (!w.last || again || !same_frame(w.last, r)) {
            end_frame(&w);
            if (w.last && w.last->timestamp == r->timestamp)
                w.v.mixed++;
            begin_frame(&w, r, at);
        } else {
            w.v.mixed += w.last->timestamp != r->timestamp || w.last->picture != r->picture;
        }
        w.have_packets++;
        w.last = r;
    }
    return w.v; /* the last frame may be cut by `tail`: not counted as complete */
}

void sim_assert_clean(const struct sim_slot *slot, unsigned least_frames)
{
    struct sim_verdict v = sim_judge(slot, 12);
    print_message(
        "  %u packets %u missing %u repaired; %u frames %u keys %u complete %u decodable; "
        "%u switches %u cut\n",
        v.packets, v.missing, slot->repaired, v.frames, v.keys, v.complete, v.decodable, v.switches,
        v.cut);
    assert_int_equal(v.missing, 0);
    assert_int_equal(v.mixed, 0);
    assert_int_equal(v.cold, 0);
    assert_int_equal(v.bad_time, 0);
    assert_int_equal(v.bad_picture, 0);
    assert_true(v.frames >= least_frames);
    assert_true(v.complete + 1 + v.cut_frames >= v.frames);
    assert_true(v.decodable + 1 + v.cut_frames >= v.frames);
}

/* When the frame that ends at this record could be shown: its last packet's arrival. */
int64_t sim_longest_freeze_us(const struct sim_slot *slot, int64_t since_us, int64_t until_us)
{
    const struct sim_record *last = NULL, *shown[RECENT] = { NULL };
    int64_t last_us = since_us, frame_us = 0, longest_us = 0;
    unsigned have = 0, n_shown = 0;
    for (uint64_t at = 0; slot->any && at <= slot->newest - slot->first; at++) {
        const struct sim_record *r = &slot->records[at];
        if (!slot->have[at] || r->filler)
            continue;
        if (!last || !same_frame(last, r))
            have = 0, frame_us = 0;
        have++;
        frame_us = r->at_us > frame_us ? r->at_us : frame_us;
        last = r;
        if (have != r->of || !has_base(shown, n_shown, r))
            continue;
        shown[n_shown++ % RECENT] = r;
        if (frame_us <= last_us)
            continue;
        if (frame_us > until_us)
            break;
        longest_us = frame_us - last_us > longest_us ? frame_us - last_us : longest_us;
        last_us = frame_us;
    }
    return until_us - last_us > longest_us ? until_us - last_us : longest_us;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t sim_lateness_us(const struct sim_slot *slot, int64_t since_us)
{
    enum { MAX = SIM_MAX_RECORDS / 4, WINDOW_US = 2000000 };
    static int64_t offsets[MAX], ends[MAX], late[MAX]; /* offset: arrival against timestamp */
    unsigned n = 0, counted = 0, have = 0;
    const struct sim_record *last = NULL;
    int64_t ticks = 0;
    for (uint64_t at = 0; slot->any && at <= slot->newest - slot->first; at++) {
        const struct sim_record *r = &slot->records[at];
        if (!slot->have[at] || r->filler)
            continue;
        if (last)
            ticks += hop_ts_diff(r->timestamp, last->timestamp);
        have = last && same_frame(last, r) ? have + 1 : 1;
        last = r;
        if (have != r->of)
            continue;
        assert_true(n < MAX);
        offsets[n] = r->at_us - ticks * 1000 / 90;
        ends[n] = r->at_us;
        int64_t least_us = offsets[n];
        for (unsigned i = n; i > 0 && ends[n] - ends[i - 1] < WINDOW_US; i--)
            least_us = offsets[i - 1] < least_us ? offsets[i - 1] : least_us;
        if (r->at_us >= since_us)
            late[counted++] = offsets[n] - least_us;
        n++;
    }
    if (counted == 0)
        return 0;
    qsort(late, counted, sizeof(*late), compare);
    return late[counted * 99 / 100];
}
