/* Ids of frames on their way out: each codec's frames keep their distances in the dependency
 * descriptor, also those of VP8, whose payload may say nothing of them. */
#include "media/route/rewrite.h"

#include "media/route/uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct hop_scalability one_layer = { .structure = { .n_targets = 1 } };

static uint16_t frame_out(struct hop_rewriter *r, enum hop_codec codec, uint16_t frame)
{
    struct hop_uplink packet = { .codec = codec, .scalability = &one_layer };
    packet.dd.frame = frame;
    struct hop_selector select = { .within = 1 };
    struct hop_ids ids;
    assert_true(hop_rewriter_ids(r, &packet, &select, &ids));
    assert_int_equal(ids.active, 1);
    return ids.frame;
}

static void distances_are_kept(enum hop_codec codec)
{
    struct hop_rewriter r;
    hop_rewriter_init(&r, 0xfffe);
    uint16_t first = frame_out(&r, codec, 500);
    assert_int_equal((uint16_t)(frame_out(&r, codec, 501) - first), 1);
    assert_int_equal((uint16_t)(frame_out(&r, codec, 504) - first), 4);
    assert_int_equal((uint16_t)(frame_out(&r, codec, 501) - first), 1); /* sent again */
    hop_rewriter_switch(&r);
    assert_int_equal((uint16_t)(frame_out(&r, codec, 9) - first), 5);
    assert_int_equal((uint16_t)(frame_out(&r, codec, 10) - first), 6);
}

static void vp8_frames_keep_their_distances(void **state)
{
    (void)state;
    distances_are_kept(HOP_CODEC_VP8);
}

static void h264_frames_keep_their_distances(void **state)
{
    (void)state;
    distances_are_kept(HOP_CODEC_H264);
}

static void av1_frames_keep_their_distances(void **state)
{
    (void)state;
    distances_are_kept(HOP_CODEC_AV1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vp8_frames_keep_their_distances),
        cmocka_unit_test(h264_frames_keep_their_distances),
        cmocka_unit_test(av1_frames_keep_their_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
