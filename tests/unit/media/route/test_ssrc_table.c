/* Learning which SSRC is which stream. */
#include "media/route/ssrc_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000, OPUS = 111, VP8 = 96, RTX = 97 };

/* Microphone (announced SSRC 11), camera with three rids, screen (announced 31, RTX 32). */
static struct hop_ssrc_table table(void)
{
    struct hop_peer_desc d = { .n_tracks = 3 };
    d.tracks[0] = (struct hop_track_desc){ .source = HOP_SOURCE_MICROPHONE,
                                           .mid = "0",
                                           .codecs = { { HOP_CODEC_OPUS, OPUS, 0xff } },
                                           .n_codecs = 1,
                                           .ssrc = 11 };
    d.tracks[1] = (struct hop_track_desc){ .source = HOP_SOURCE_CAMERA,
                                           .mid = "1",
                                           .codecs = { { HOP_CODEC_VP8, VP8, RTX } },
                                           .n_codecs = 1,
                                           .rids = { "q", "h", "f" },
                                           .n_rids = 3 };
    d.tracks[2] = (struct hop_track_desc){ .source = HOP_SOURCE_SCREEN,
                                           .mid = "2",
                                           .codecs = { { HOP_CODEC_VP8, VP8, RTX } },
                                           .n_codecs = 1,
                                           .ssrc = 31,
                                           .rtx_ssrc = 32 };
    struct hop_ssrc_table t;
    hop_ssrc_table_init(&t, &d);
    return t;
}

static enum hop_ssrc_result find(struct hop_ssrc_table *t, uint32_t ssrc, uint8_t pt,
                                 const char *mid, const char *rid, const char *rrid, int64_t now_us,
                                 const struct hop_ssrc_stream **out)
{
    struct hop_ssrc_hints h = { .ssrc = ssrc, .pt = pt, .mid = mid, .rid = rid, .rrid = rrid };
    return hop_ssrc_find(t, &h, now_us, out);
}

static void announced_ssrcs_are_known(void **state)
{
    (void)state;
    struct hop_ssrc_table t = table();
    const struct hop_ssrc_stream *s;
    assert_int_equal(find(&t, 11, OPUS, "", "", "", NOW, &s), HOP_SSRC_KNOWN);
    assert_int_equal(s->track, 0);
    assert_int_equal(find(&t, 32, RTX, "", "", "", NOW, &s), HOP_SSRC_KNOWN);
    assert_true(s->track == 2 && s->repair);
    assert_null(hop_ssrc_lookup(&t, 99));
    assert_null(hop_ssrc_lookup(&t, 0));
}

static void mid_and_rid_teach(void **state)
{
    (void)state;
    struct hop_ssrc_table t = table();
    const struct hop_ssrc_stream *s;
    assert_int_equal(find(&t, 100, VP8, "1", "h", "", NOW, &s), HOP_SSRC_NEW);
    assert_true(s->track == 1 && s->layer == 1 && !s->repair);
    assert_int_equal(find(&t, 101, RTX, "1", "", "h", NOW, &s), HOP_SSRC_NEW);
    assert_true(s->track == 1 && s->layer == 1 && s->repair);
    assert_int_equal(find(&t, 100, VP8, "", "", "", NOW, &s), HOP_SSRC_KNOWN);
    assert_ptr_equal(hop_ssrc_lookup(&t, 100), s);
}

static void what_was_not_negotiated_is_unknown(void **state)
{
    (void)state;
    struct hop_ssrc_table t = table();
    const struct hop_ssrc_stream *s;
    assert_int_equal(find(&t, 100, VP8, "7", "h", "", NOW, &s), HOP_SSRC_UNKNOWN);
    assert_int_equal(find(&t, 100, VP8, "1", "x", "", NOW, &s), HOP_SSRC_UNKNOWN);
    assert_int_equal(find(&t, 100, VP8, "1", "", "", NOW, &s), HOP_SSRC_UNKNOWN);
    assert_int_equal(find(&t, 100, 50, "1", "h", "", NOW, &s), HOP_SSRC_UNKNOWN);
    assert_int_equal(find(&t, 0, VP8, "1", "h", "", NOW, &s), HOP_SSRC_UNKNOWN);
    /* Two tracks use this payload type: no guess. */
    assert_int_equal(find(&t, 100, VP8, "", "", "", NOW, &s), HOP_SSRC_UNKNOWN);
}

static void a_payload_type_of_one_track_is_enough(void **state)
{
    (void)state;
    struct hop_ssrc_table t = table();
    const struct hop_ssrc_stream *s;
    assert_int_equal(find(&t, 12, OPUS, "", "", "", NOW, &s), HOP_SSRC_NEW);
    assert_int_equal(s->track, 0);
    assert_null(hop_ssrc_lookup(&t, 11)); /* it took the announced one's place */
}

static void relearning_is_paced_and_bounded(void **state)
{
    (void)state;
    struct hop_ssrc_table t = table();
    const struct hop_ssrc_stream *s;
    uint8_t streams = t.n_streams;
    unsigned taken = 0;
    for (uint32_t i = 0; i < 1000; i++)
        taken += find(&t, 1000 + i, VP8, "1", "f", "", NOW + i * 1000, &s) == HOP_SSRC_NEW;
    assert_int_equal(taken, 2); /* at 0 and at 500 ms */
    assert_int_equal(t.n_streams, streams);
    assert_int_equal(streams, 1 + 6 + 2);
    assert_null(hop_ssrc_lookup(&t, 1000));
    assert_non_null(hop_ssrc_lookup(&t, 1500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announced_ssrcs_are_known),
        cmocka_unit_test(mid_and_rid_teach),
        cmocka_unit_test(what_was_not_negotiated_is_unknown),
        cmocka_unit_test(a_payload_type_of_one_track_is_enough),
        cmocka_unit_test(relearning_is_paced_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
