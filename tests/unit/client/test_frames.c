/* The native client's eye: frames of tests/client/shape are what media/codec takes for VP8 and
 * H.264, and tests/client/frames notices what a decoder would stumble over. */
#include "tests/client/frames.h"
#include "tests/client/shape.h"

#include "media/codec/keyframe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct source {
    struct hop_client_frame frame;
    uint64_t seq;
    uint32_t timestamp;
};

struct packet {
    uint64_t seq;
    uint32_t timestamp;
    bool marker;
    size_t len;
    uint8_t data[HOP_CLIENT_PAYLOAD];
};

static struct source source(enum hop_codec codec, uint32_t tag)
{
    return (struct source){ .frame = { .codec = codec,
                                       .width = 640,
                                       .height = 360,
                                       .stamp = { .tag = tag, .source = HOP_SOURCE_CAMERA },
                                       .bytes = 3000 },
                            .seq = 70000 };
}

/* The next frame's packets; returns how many. */
static unsigned next_frame(struct source *s, bool key, struct packet out[16])
{
    s->frame.key = key;
    s->frame.stamp.number++;
    unsigned n = hop_client_frame_packets(&s->frame);
    assert_in_range(n, 3, 16);
    for (unsigned i = 0; i < n; i++) {
        out[i] =
            (struct packet){ .seq = s->seq++, .timestamp = s->timestamp, .marker = i + 1 == n };
        out[i].len = hop_client_frame_write(&s->frame, i, out[i].data);
    }
    s->frame.picture = (uint16_t)((s->frame.picture + 1) & 0x7fff);
    s->timestamp += 3000;
    return n;
}

static bool feed(struct hop_client_frames *f, enum hop_codec codec, const struct packet *p,
                 int64_t now_us)
{
    return hop_client_frames_packet(f, codec, p->seq, p->timestamp, p->marker, p->data, p->len,
                                    now_us);
}

static const enum hop_codec codecs[] = { HOP_CODEC_VP8, HOP_CODEC_H264 };

static void shapes_are_what_they_say(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        for (int key = 0; key < 2; key++) {
            struct source s = source(codecs[c], 7);
            struct packet packets[16];
            unsigned n = next_frame(&s, key, packets);
            for (unsigned i = 0; i < n; i++) {
                struct hop_codec_info info;
                struct hop_client_stamp stamp;
                assert_int_equal(hop_codec_probe(codecs[c], packets[i].data, packets[i].len, &info),
                                 0);
                assert_true(info.frame_start || i > 0);
                if (i == 0) {
                    assert_int_equal(info.keyframe, key);
                    assert_int_equal(info.width, key ? 640 : 0);
                    assert_int_equal(info.height, key ? 360 : 0);
                }
                assert_true(hop_client_stamp_read(packets[i].data, packets[i].len, &stamp));
                assert_int_equal(stamp.tag, 7);
            }
        }
    }
}

static struct hop_client_frames *new_frames(void)
{
    struct hop_client_frames *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    return f;
}

static void whole_frames_in_any_order_inside(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        struct hop_client_frames *f = new_frames();
        struct source s = source(codecs[c], 1);
        struct packet p[16];
        for (int i = 0; i < 100; i++) {
            unsigned n = next_frame(&s, i == 0, p);
            feed(f, codecs[c], &p[0], i);
            for (unsigned k = n - 1; k > 0; k--)
                feed(f, codecs[c], &p[k], i);
        }
        assert_int_equal(f->stats.frames, 100);
        assert_int_equal(f->stats.key_frames, 1);
        assert_int_equal(f->stats.freezes + f->stats.picture_gaps + f->stats.timestamp_breaks +
                             f->stats.undecodable + f->stats.malformed,
                         0);
        assert_int_equal(f->stats.height, 360);
        assert_int_equal(f->stats.stamp.tag, 1);
        free(f);
    }
}

static void without_a_key_frame_nothing_shows(void **state)
{
    (void)state;
    struct hop_client_frames *f = new_frames();
    struct source s = source(HOP_CODEC_VP8, 1);
    struct packet p[16];
    unsigned n = next_frame(&s, false, p);
    for (unsigned i = 0; i < n; i++)
        assert_true(feed(f, HOP_CODEC_VP8, &p[i], 0)); /* wants one */
    assert_int_equal(f->stats.frames, 0);
    free(f);
}

static void a_hole_freezes_until_a_key_frame(void **state)
{
    (void)state;
    struct hop_client_frames *f = new_frames();
    struct source s = source(HOP_CODEC_VP8, 1);
    struct packet p[16], lost = { 0 };
    bool wanted = false;
    int64_t t = 0;
    for (int i = 0; i < 90; i++, t += 33000) {
        unsigned n = next_frame(&s, i == 0 || i == 60, p);
        for (unsigned k = 0; k < n; k++) {
            if (i == 10 && k == 1)
                lost = p[k];
            else
                wanted = feed(f, HOP_CODEC_VP8, &p[k], t) || wanted;
        }
        if (i < 10)
            assert_int_equal(f->stats.frames, i + 1);
    }
    assert_true(wanted);
    assert_int_equal(f->stats.freezes, 1);
    assert_int_equal(f->stats.frames, 10 + 30);
    /* too late */
    feed(f, HOP_CODEC_VP8, &lost, t);
    assert_int_equal(f->stats.frames, 40);
    free(f);
}

static void a_repaired_hole_does_not(void **state)
{
    (void)state;
    struct hop_client_frames *f = new_frames();
    struct source s = source(HOP_CODEC_VP8, 1);
    struct packet p[16], late = { 0 };
    for (int i = 0; i < 30; i++) {
        unsigned n = next_frame(&s, i == 0, p);
        for (unsigned k = 0; k < n; k++) {
            if (i == 10 && k == 1)
                late = p[k];
            else
                feed(f, HOP_CODEC_VP8, &p[k], i * 33000);
        }
        if (i == 14)
            feed(f, HOP_CODEC_VP8, &late, i * 33000);
    }
    assert_int_equal(f->stats.frames, 30);
    assert_int_equal(f->stats.freezes, 0);
    free(f);
}

static void bad_switches_are_noticed(void **state)
{
    (void)state;
    for (int clean = 0; clean < 2; clean++) {
        struct hop_client_frames *f = new_frames();
        struct source one = source(HOP_CODEC_VP8, 1), two = source(HOP_CODEC_VP8, 2);
        struct packet p[16];
        unsigned n;
        for (int i = 0; i < 5; i++) {
            n = next_frame(&one, i == 0, p);
            for (unsigned k = 0; k < n; k++)
                feed(f, HOP_CODEC_VP8, &p[k], i);
        }
        two.seq = one.seq;
        two.timestamp = clean ? one.timestamp : one.timestamp - 9000;
        two.frame.picture = (uint16_t)(one.frame.picture + (clean ? 0 : 3));
        n = next_frame(&two, clean, p);
        for (unsigned k = 0; k < n; k++)
            feed(f, HOP_CODEC_VP8, &p[k], 6);
        assert_int_equal(f->stats.switches, 1);
        assert_int_equal(f->stats.bad_switches, !clean);
        assert_int_equal(f->stats.picture_gaps, !clean);
        assert_int_equal(f->stats.timestamp_breaks, !clean);
        free(f);
    }
}

static void padding_is_passed_over(void **state)
{
    (void)state;
    struct hop_client_frames *f = new_frames();
    struct source s = source(HOP_CODEC_VP8, 1);
    struct packet p[16], empty = { 0 };
    for (int i = 0; i < 10; i++) {
        unsigned n = next_frame(&s, i == 0, p);
        for (unsigned k = 0; k < n; k++)
            feed(f, HOP_CODEC_VP8, &p[k], i);
        empty.seq = s.seq++;
        feed(f, HOP_CODEC_VP8, &empty, i);
    }
    assert_int_equal(f->stats.frames, 10);
    assert_int_equal(f->stats.malformed, 0);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_what_they_say),
        cmocka_unit_test(whole_frames_in_any_order_inside),
        cmocka_unit_test(without_a_key_frame_nothing_shows),
        cmocka_unit_test(a_hole_freezes_until_a_key_frame),
        cmocka_unit_test(a_repaired_hole_does_not),
        cmocka_unit_test(bad_switches_are_noticed),
        cmocka_unit_test(padding_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
