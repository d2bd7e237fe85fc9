/* Decode targets: whatever is wanted when, what a receiver is sent can be decoded. The streams are
 * those of L3T3_KEY and L3T3 with their real dependencies, by which each frame that was sent is
 * judged. */
#include "media/route/select.h"

#include "media/route/layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SPATIAL = 3, TEMPORAL = 3, TARGETS = SPATIAL * TEMPORAL, FRAMES = 65536 };

struct stream {
    bool key_only; /* spatial layers depend on each other in key frames only */
    bool key_wanted;
    struct hop_structures structures;
    struct hop_selector select;
    uint32_t active;
    uint64_t seq, random;
    unsigned picture;                 /* since the key frame */
    uint16_t frame;                   /* next number */
    uint16_t last[SPATIAL][TEMPORAL]; /* newest frame of each layer */
    bool has[SPATIAL][TEMPORAL];
    uint16_t chain[SPATIAL];
    bool sent[FRAMES];
    unsigned n_sent, keys, undecodable, bad_markers;
};

static unsigned below(struct stream *s, unsigned n)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->random >> 33) % n;
}

static enum hop_dti dti(const struct stream *s, bool key, unsigned sid, unsigned tid,
                        unsigned target)
{
    unsigned spatial = target / TEMPORAL, temporal = target % TEMPORAL;
    if (tid > temporal || sid > spatial || (!key && s->key_only && sid != spatial))
        return HOP_DTI_ABSENT;
    if ((key && sid == 0) || (tid == 0 && sid == spatial))
        return HOP_DTI_SWITCH;
    return sid == spatial && tid == temporal ? HOP_DTI_DISCARDABLE : HOP_DTI_REQUIRED;
}

static uint64_t dtis(const struct stream *s, bool key, unsigned sid, unsigned tid)
{
    uint64_t all = 0;
    for (unsigned d = 0; d < TARGETS; d++)
        all |= (uint64_t)dti(s, key, sid, tid, d) << (2 * d);
    return all;
}

static void describe(struct stream *s)
{
    struct hop_dd_structure *d = &s->structures.attached;
    memset(d, 0, sizeof(*d));
    d->n_targets = TARGETS;
    d->n_chains = d->n_spatial = SPATIAL;
    d->n_temporal = TEMPORAL;
    for (uint8_t t = 0; t < TARGETS; t++) {
        d->target_spatial[t] = d->protected_by[t] = t / TEMPORAL;
        d->target_temporal[t] = t % TEMPORAL;
    }
    for (unsigned sid = 0; sid < SPATIAL; sid++) {
        d->templates[d->n_templates++].dtis = dtis(s, true, sid, 0);
        for (unsigned tid = 0; tid < TEMPORAL; tid++)
            d->templates[d->n_templates++].dtis = dtis(s, false, sid, tid);
    }
}

static void depend(const struct stream *s, struct hop_dd *dd, unsigned sid, unsigned tid)
{
    dd->fdiffs[dd->n_fdiffs++] = (uint16_t)(dd->frame - s->last[sid][tid]);
}

static struct hop_uplink make(struct stream *s, bool key, unsigned sid, unsigned tid)
{
    struct hop_uplink p = { .codec = HOP_CODEC_AV1, .seq = s->seq++ };
    p.frame_start = p.frame_end = true;
    p.sid = (uint8_t)sid;
    p.tid = (uint8_t)tid;
    p.keyframe = key && sid == 0;
    p.view.marker = sid + 1 == SPATIAL;
    struct hop_dd *dd = &p.dd;
    dd->start = dd->end = true;
    dd->frame = s->frame++;
    dd->has_structure = p.keyframe;
    dd->spatial = (uint8_t)sid;
    dd->temporal = (uint8_t)tid;
    dd->dtis = dtis(s, key, sid, tid);
    if (sid > 0 && (key || !s->key_only))
        dd->fdiffs[dd->n_fdiffs++] = 1;
    if (!key && tid == 2 && s->has[sid][1])
        depend(s, dd, sid, 1);
    if (!key)
        depend(s, dd, sid, 0);
    for (unsigned c = 0; c < SPATIAL; c++) {
        dd->chains[c] = p.keyframe ? 0 : (uint8_t)(dd->frame - s->chain[c]);
        if (key ? sid <= c : tid == 0 && (s->key_only ? sid == c : sid <= c))
            s->chain[c] = dd->frame;
    }
    s->last[sid][tid] = dd->frame;
    s->has[sid][1] = tid == 1 || (s->has[sid][1] && tid != 0);
    p.scalability = p.keyframe ? hop_structures_install(&s->structures, p.seq)
                               : hop_structures_find(&s->structures, p.seq);
    if (p.keyframe)
        hop_structures_activate(&s->structures, p.seq, s->active);
    return p;
}

static bool decodable(const struct stream *s, const struct hop_dd *dd)
{
    for (unsigned i = 0; i < dd->n_fdiffs; i++)
        if (!s->sent[(uint16_t)(dd->frame - dd->fdiffs[i])])
            return false;
    return true;
}

/* One picture with all its layers. */
static void picture(struct stream *s)
{
    static const unsigned pattern[] = { 0, 2, 1, 2 };
    bool key = s->key_wanted;
    if (key) {
        s->picture = 0;
        s->key_wanted = false;
        s->keys++;
    }
    unsigned tid = pattern[s->picture++ % 4], markers = 0, sent = 0;
    bool last_marked = false;
    for (unsigned sid = 0; sid < SPATIAL; sid++) {
        struct hop_uplink p = make(s, key, sid, key ? 0 : tid);
        bool marker;
        s->sent[p.dd.frame] = hop_selector_take(&s->select, &p, &marker);
        if (!s->sent[p.dd.frame])
            continue;
        s->undecodable += !decodable(s, &p.dd);
        markers += marker;
        last_marked = marker;
        sent++;
    }
    s->n_sent += sent;
    s->bad_markers += sent > 0 && (markers != 1 || !last_marked);
    s->key_wanted = hop_selector_stuck(&s->select);
}

static struct stream *begin(bool key_only)
{
    struct stream *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->key_only = key_only;
    s->seq = 5000;
    s->frame = 65000; /* wraps soon */
    s->random = 7;
    s->active = (1u << TARGETS) - 1;
    s->key_wanted = true;
    describe(s);
    hop_selector_init(&s->select);
    struct stream probe = *s;
    struct hop_uplink first = make(&probe, true, 0, 0);
    first.scalability = hop_structures_install(&s->structures, first.seq);
    hop_selector_begin(&s->select, &first);
    return s;
}

static void switches(bool key_only)
{
    struct stream *s = begin(key_only);
    unsigned changes = 0;
    for (unsigned i = 0; i < 400; i++) {
        struct hop_quality before = s->select.now;
        struct hop_quality want = { (uint8_t)below(s, SPATIAL), (uint8_t)below(s, TEMPORAL) };
        hop_selector_want(&s->select, want);
        unsigned pictures = 8 + below(s, 12);
        for (unsigned k = 0; k < pictures; k++)
            picture(s);
        assert_true(hop_quality_same(s->select.now, want)); /* it never takes longer */
        changes += !hop_quality_same(before, want);
    }
    print_message("  %u frames sent, %u switches, %u key frames\n", s->n_sent, changes, s->keys);
    assert_true(changes >= 200);
    assert_int_equal(s->undecodable, 0);
    assert_int_equal(s->bad_markers, 0);
    free(s);
}

static void no_undecodable_frame_of_l3t3_key(void **state)
{
    (void)state;
    switches(true);
}

static void no_undecodable_frame_of_l3t3(void **state)
{
    (void)state;
    switches(false);
}

static void frame_rate_needs_no_key_frame(void **state)
{
    (void)state;
    struct stream *s = begin(true);
    for (unsigned i = 0; i < 100; i++) {
        hop_selector_want(&s->select, (struct hop_quality){ 2, (uint8_t)below(s, TEMPORAL) });
        for (unsigned k = 0; k < 9; k++)
            picture(s);
    }
    assert_int_equal(s->keys, 1);
    assert_int_equal(s->undecodable, 0);
    free(s);
}

static void down_in_l3t3_needs_no_key_frame_up_does(void **state)
{
    (void)state;
    struct stream *s = begin(false);
    for (unsigned k = 0; k < 9; k++)
        picture(s);
    hop_selector_want(&s->select, (struct hop_quality){ 0, 2 });
    for (unsigned k = 0; k < 9; k++)
        picture(s);
    assert_int_equal(s->keys, 1);
    assert_int_equal(s->select.now.spatial, 0);
    hop_selector_want(&s->select, (struct hop_quality){ 1, 2 });
    for (unsigned k = 0; k < 9; k++)
        picture(s);
    assert_int_equal(s->keys, 2);
    assert_int_equal(s->select.now.spatial, 1);
    free(s);
}

/* The sender stops its highest layer: the receiver is moved to the one below by a key frame. */
static void a_target_that_is_not_produced_is_left(void **state)
{
    (void)state;
    struct stream *s = begin(true);
    for (unsigned k = 0; k < 9; k++)
        picture(s);
    s->active = 0x03f;
    hop_structures_activate(&s->structures, s->seq, s->active);
    for (unsigned k = 0; k < 9; k++)
        picture(s);
    assert_int_equal(s->select.now.spatial, 1);
    assert_int_equal(s->undecodable, 0);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_undecodable_frame_of_l3t3_key),
        cmocka_unit_test(no_undecodable_frame_of_l3t3),
        cmocka_unit_test(frame_rate_needs_no_key_frame),
        cmocka_unit_test(down_in_l3t3_needs_no_key_frame_up_does),
        cmocka_unit_test(a_target_that_is_not_produced_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
