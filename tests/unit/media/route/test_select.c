/* Which packets are taken, and where a receiver may be given more. */
#include "media/route/select.h"

#include "media/route/layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* A stream of frames of one packet each, as libvpx sends three temporal layers. */
struct stream {
    struct hop_selector select;
    uint64_t seq;
    unsigned at;
};

static const struct {
    uint8_t tid;
    bool sync;
} pattern[8] = { { 0, false }, { 2, true },  { 1, true },  { 2, false },
                 { 0, false }, { 2, false }, { 1, false }, { 2, false } };

static struct hop_uplink packet(const struct stream *s, bool key)
{
    unsigned at = s->at % 8;
    return (struct hop_uplink){ .seq = s->seq,
                                .codec = HOP_CODEC_VP8,
                                .frame_start = true,
                                .keyframe = key,
                                .tid = pattern[at].tid,
                                .layer_sync = pattern[at].sync,
                                .qualities = hop_quality_temporal(pattern[at].tid) };
}

static bool next(struct stream *s)
{
    struct hop_uplink p = packet(s, false);
    s->seq++;
    s->at++;
    bool marker;
    return hop_selector_take(&s->select, &p, &marker);
}

static struct hop_quality temporal(uint8_t t)
{
    return (struct hop_quality){ HOP_MAX_SPATIAL - 1, t };
}

static void begin(struct stream *s, uint8_t t)
{
    *s = (struct stream){ .seq = 1000 };
    hop_selector_init(&s->select);
    hop_selector_want(&s->select, temporal(t));
    struct hop_uplink key = packet(s, true);
    hop_selector_begin(&s->select, &key);
    assert_true(next(s));
}

static void expect(struct stream *s, const char *taken)
{
    for (; *taken; taken++)
        assert_int_equal(next(s), *taken == '+');
}

static void each_limit_takes_its_layers(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 0);
    expect(&s, "---+---+---+---");
    begin(&s, 1);
    expect(&s, "-+-+-+-+-+-+");
    begin(&s, 2);
    expect(&s, "++++++++++++++++");
}

static void down_is_at_once(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 2);
    expect(&s, "++");
    hop_selector_want(&s.select, temporal(0));
    expect(&s, "-+---+");
    assert_int_equal(s.select.now.temporal, 0);
}

static void up_only_where_nothing_that_was_left_out_is_needed(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 0);
    expect(&s, "---+");
    hop_selector_want(&s.select, temporal(2));
    /* 2 and 1 and 2 without Y; then the base, and a 2 that needs only this */
    expect(&s, "---++++");
    assert_int_equal(s.select.now.temporal, 2);
    /* asked for in the middle: the 1 may be had, the 2 after it needs the 2 that was left out */
    begin(&s, 0);
    expect(&s, "-");
    hop_selector_want(&s.select, temporal(2));
    expect(&s, "+-+-+-+++++");
}

static void a_missing_packet_since_the_base_forbids_it(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 0);
    hop_selector_want(&s.select, temporal(2));
    s.seq++, s.at++; /* lost: it may be what the next one builds upon */
    expect(&s, "--+---");
    assert_int_equal(s.select.now.temporal, 0);
    expect(&s, "++++");
    assert_int_equal(s.select.now.temporal, 2);
}

static void a_late_packet_follows_the_choice_of_its_time(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 0);
    expect(&s, "---+---");
    hop_selector_want(&s.select, temporal(2));
    struct hop_uplink late = packet(&s, false);
    late.seq = s.seq - 1;
    late.tid = 2;
    late.qualities = hop_quality_temporal(2);
    expect(&s, "++");
    bool marker;
    assert_false(hop_selector_take(&s.select, &late, &marker));
    late.seq = s.seq - 1;
    assert_true(hop_selector_take(&s.select, &late, &marker));
}

static void a_stream_that_never_syncs_is_asked_for_a_key_frame(void **state)
{
    (void)state;
    struct stream s;
    begin(&s, 0);
    hop_selector_want(&s.select, temporal(2));
    unsigned asked = 0;
    for (unsigned i = 0; i < 2 * HOP_SELECT_PATIENCE + 8; i++) {
        struct hop_uplink p = packet(&s, false);
        p.layer_sync = false;
        s.seq++, s.at++;
        bool marker;
        hop_selector_take(&s.select, &p, &marker);
        asked += hop_selector_stuck(&s.select);
    }
    assert_int_equal(asked, 2);
    struct hop_uplink key = packet(&s, true);
    key.tid = 0;
    bool marker;
    assert_true(hop_selector_take(&s.select, &key, &marker));
    assert_int_equal(s.select.now.temporal, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_takes_its_layers),
        cmocka_unit_test(down_is_at_once),
        cmocka_unit_test(up_only_where_nothing_that_was_left_out_is_needed),
        cmocka_unit_test(a_missing_packet_since_the_base_forbids_it),
        cmocka_unit_test(a_late_packet_follows_the_choice_of_its_time),
        cmocka_unit_test(a_stream_that_never_syncs_is_asked_for_a_key_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
