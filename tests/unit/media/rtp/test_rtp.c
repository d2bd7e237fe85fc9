/* RTP header: reading, writing, padding, and the captures of GStreamer and FFmpeg. */
#include "media/rtp/rtp.h"

#include "tests/unit/media/golden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses from an exactly sized heap block, so that ASan sees each byte read too much. */
static int parse(const uint8_t *bytes, size_t len, struct hop_rtp_view *v)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    int r = hop_rtp_parse(copy, len, v);
    free(copy);
    return r;
}

static void parses_every_field(void **state)
{
    (void)state;
    /* CC 2, X, P, marker, PT 111; extension 0xbede of one word; payload 3; padding 4. */
    const uint8_t p[] = { 0xb2, 0xef, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0x01, 0x02, 0x03, 0x04,
                          0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x0b, 0xbe, 0xde, 0x00, 0x01,
                          0x10, 0x85, 0x00, 0x00, 0xaa, 0xbb, 0xcc, 0x00, 0x00, 0x00, 0x04 };
    struct hop_rtp_view v;
    assert_int_equal(parse(p, sizeof p, &v), 0);
    assert_int_equal(v.pt, 111);
    assert_true(v.marker);
    assert_int_equal(v.seq, 0x1234);
    assert_int_equal(v.timestamp, 0xdeadbeef);
    assert_int_equal(v.ssrc, 0x01020304);
    assert_int_equal(v.csrc_count, 2);
    assert_int_equal(hop_rtp_csrc(p, &v, 0), 10);
    assert_int_equal(hop_rtp_csrc(p, &v, 1), 11);
    assert_int_equal(hop_rtp_csrc(p, &v, 2), 0);
    assert_int_equal(v.ext_profile, 0xbede);
    assert_int_equal(v.ext_offset, 24);
    assert_int_equal(v.ext_len, 4);
    assert_int_equal(v.payload_offset, 28);
    assert_int_equal(v.payload_len, 3);
    assert_int_equal(v.padding, 4);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    const uint8_t p[] = { 0x92, 0x6f, 0, 1, 0, 0,  0,    2,    0, 0, 0,    3,    0, 0,
                          0,    10,   0, 0, 0, 11, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0 };
    struct hop_rtp_view v;
    assert_int_equal(parse(p, sizeof p, &v), 0);
    assert_int_equal(v.payload_len, 0);
    for (size_t len = 0; len < sizeof p; len++) {
        struct hop_rtp_view untouched = { .seq = 77 };
        assert_int_equal(parse(p, len, &untouched), -EINVAL);
        assert_int_equal(untouched.seq, 77);
    }
}

static void refuses_wrong_version_and_padding(void **state)
{
    (void)state;
    uint8_t p[16] = { 0x80, 0x60 };
    struct hop_rtp_view v;
    assert_int_equal(parse(p, sizeof p, &v), 0);
    p[0] = 0x40;
    assert_int_equal(parse(p, sizeof p, &v), -EINVAL);
    p[0] = 0xa0; /* padding of 0, 5 and 4 bytes where 4 are there */
    assert_int_equal(parse(p, sizeof p, &v), -EINVAL);
    p[15] = 5;
    assert_int_equal(parse(p, sizeof p, &v), -EINVAL);
    p[15] = 4;
    assert_int_equal(parse(p, sizeof p, &v), 0);
    assert_int_equal(v.payload_len, 0);
    assert_int_equal(v.padding, 4);
}

static void writes_a_plain_header(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t out[64];
    hop_rtp_header_init(&h, 96, true, 0xfffe, 0x11223344, 0x55667788);
    const uint8_t want[] = {
        0x80, 0xe0, 0xff, 0xfe, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88
    };
    assert_int_equal(hop_rtp_header_size(&h), 12);
    assert_int_equal(hop_rtp_header_write(&h, out, sizeof out), 12);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(hop_rtp_header_write(&h, out, 11), 0);
}

static void writes_one_byte_extensions_and_csrcs(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t out[64];
    hop_rtp_header_init(&h, 111, false, 1, 2, 3);
    h.csrc[0] = 0xa0a0a0a0;
    h.n_csrc = 1;
    assert_true(hop_rtp_header_add_audio_level(&h, 1, true, 30));
    assert_true(hop_rtp_header_add_twcc(&h, 3, 0x0102));
    assert_true(hop_rtp_header_add(&h, 0, "not negotiated", 14));
    const uint8_t want[] = { 0x91, 0x6f,      0,    1,    0,    0,    0,    2,    0, 0,
                             0,    3,         0xa0, 0xa0, 0xa0, 0xa0, 0xbe, 0xde, 0, 2,
                             0x10, 0x80 | 30, 0x31, 1,    2,    0,    0,    0 };
    assert_int_equal(hop_rtp_header_size(&h), sizeof want);
    memset(out, 0xee, sizeof out);
    assert_int_equal(hop_rtp_header_write(&h, out, sizeof out), sizeof want);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(hop_rtp_header_write(&h, out, sizeof want - 1), 0);
}

static void changes_to_two_byte_form_when_needed(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t out[128];
    struct hop_rtp_view v;
    struct hop_rtp_ext e;
    hop_rtp_header_init(&h, 111, false, 1, 2, 3);
    assert_true(hop_rtp_header_add_audio_level(&h, 15, false, 127));
    assert_true(hop_rtp_header_add(&h, 2, "0123456789abcdefg", 17));
    size_t n = hop_rtp_header_write(&h, out, sizeof out);
    assert_int_equal(n, 12 + 4 + 24);
    assert_int_equal(hop_rtp_parse(out, n, &v), 0);
    assert_int_equal(v.ext_profile, 0x1000);
    assert_true(hop_rtp_ext_find(out, &v, 2, &e));
    assert_int_equal(e.len, 17);
    assert_memory_equal(e.data, "0123456789abcdefg", 17);
    bool voice = true;
    uint8_t level = 0;
    assert_true(hop_rtp_get_audio_level(out, &v, 15, &voice, &level));
    assert_false(voice);
    assert_int_equal(level, 127);
}

static void form_changes_exactly_at_the_limits(void **state)
{
    (void)state;
    static const struct {
        uint8_t id, len;
        uint16_t profile;
    } cases[] = { { 14, 16, 0xbede }, { 14, 17, 0x1000 }, { 15, 1, 0x1000 } };
    for (size_t i = 0; i < 3; i++) {
        struct hop_rtp_header h;
        struct hop_rtp_view v;
        struct hop_rtp_ext e;
        uint8_t out[64];
        hop_rtp_header_init(&h, 0, false, 0, 0, 0);
        assert_true(hop_rtp_header_add(&h, cases[i].id, "0123456789abcdefg", cases[i].len));
        size_t n = hop_rtp_header_write(&h, out, sizeof out);
        assert_int_equal(hop_rtp_parse(out, n, &v), 0);
        assert_int_equal(v.ext_profile, cases[i].profile);
        assert_true(hop_rtp_ext_find(out, &v, cases[i].id, &e));
        assert_int_equal(e.len, cases[i].len);
    }
}

static void header_refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t big[HOP_RTP_EXT_STORE + 1] = { 0 }, out[512];
    hop_rtp_header_init(&h, 0, false, 0, 0, 0);
    assert_false(hop_rtp_header_add(&h, 1, big, sizeof big));
    assert_false(hop_rtp_header_add(&h, 1, big, 0));
    for (int i = 0; i < HOP_RTP_MAX_EXT; i++)
        assert_true(hop_rtp_header_add(&h, 1, big, 1));
    assert_false(hop_rtp_header_add(&h, 1, big, 1));
    h.n_csrc = 16;
    assert_int_equal(hop_rtp_header_write(&h, out, sizeof out), 0);
}

static void round_trip_of_all_extensions(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t out[256];
    struct hop_rtp_view v;
    struct hop_rtp_exts x;
    const struct hop_ext_ids ids = {
        .mid = 4, .rid = 10, .rrid = 11, .audio_level = 1, .abs_send_time = 2, .twcc = 3
    };
    hop_rtp_header_init(&h, 96, false, 9, 8, 7);
    assert_true(hop_rtp_header_add_token(&h, ids.mid, "1"));
    assert_true(hop_rtp_header_add_token(&h, ids.rid, "hi"));
    assert_true(hop_rtp_header_add_token(&h, ids.rrid, "lo"));
    assert_true(hop_rtp_header_add_audio_level(&h, ids.audio_level, true, 5));
    /* 2.5 s after a whole 64 s cycle, far in the future: (2.5 << 18) */
    assert_true(hop_rtp_header_add_abs_send_time(&h, ids.abs_send_time,
                                                 INT64_C(64) * 1000000 * 10000000 + 2500000));
    assert_true(hop_rtp_header_add_twcc(&h, ids.twcc, 65535));
    size_t n = hop_rtp_header_write(&h, out, sizeof out);
    assert_int_equal(hop_rtp_parse(out, n, &v), 0);
    hop_rtp_read_exts(out, &v, &ids, &x);
    assert_string_equal(x.mid, "1");
    assert_string_equal(x.rid, "hi");
    assert_string_equal(x.rrid, "lo");
    assert_true(x.has_audio_level && x.voice);
    assert_int_equal(x.audio_level, 5);
    assert_true(x.has_abs_send_time);
    assert_int_equal(x.abs_send_time, 655360);
    assert_true(x.has_twcc);
    assert_int_equal(x.twcc_seq, 65535);
}

static void padding_grows_and_merges(void **state)
{
    (void)state;
    uint8_t p[600] = { 0x80, 0x60 };
    struct hop_rtp_view v;
    memset(p + 12, 0xaa, 88);
    assert_int_equal(hop_rtp_pad(p, 100, sizeof p, 103), 103);
    assert_int_equal(hop_rtp_parse(p, 103, &v), 0);
    assert_int_equal(v.payload_len, 88);
    assert_int_equal(v.padding, 3);
    assert_int_equal(hop_rtp_pad(p, 103, sizeof p, 110), 110);
    assert_int_equal(hop_rtp_parse(p, 110, &v), 0);
    assert_int_equal(v.payload_len, 88);
    assert_int_equal(v.padding, 10);
    assert_int_equal(hop_rtp_pad(p, 110, sizeof p, 110), 110);
    assert_int_equal(hop_rtp_pad(p, 110, 200, 201), 110);
    assert_int_equal(hop_rtp_pad(p, 110, sizeof p, 100 + 256), 110);
    assert_int_equal(hop_rtp_pad(p, 110, sizeof p, 100 + 255), 355);
    assert_int_equal(hop_rtp_parse(p, 355, &v), 0);
    assert_int_equal(v.payload_len, 88);
}

static void a_padding_only_packet(void **state)
{
    (void)state;
    struct hop_rtp_header h;
    uint8_t p[300];
    struct hop_rtp_view v;
    hop_rtp_header_init(&h, 97, false, 1, 2, 3);
    size_t n = hop_rtp_header_write(&h, p, sizeof p);
    n = hop_rtp_pad(p, n, sizeof p, n + 255);
    assert_int_equal(n, 267);
    assert_int_equal(hop_rtp_parse(p, n, &v), 0);
    assert_int_equal(v.payload_len, 0);
    assert_int_equal(v.padding, 255);
}

static void captures_parse_and_rewrite_to_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint8_t pt;
        uint32_t ssrc;
        int packets;
    } want[] = { { "vp8.rtp", 96, 1111, 17 },
                 { "h264.rtp", 97, 2222, 22 },
                 { "opus.rtp", 98, 3333, 21 } };
    for (size_t i = 0; i < 3; i++) {
        struct golden g;
        golden_open(&g, want[i].file);
        const uint8_t *p;
        size_t len;
        int n = 0;
        uint16_t seq = 0;
        for (; (p = golden_next(&g, &len)); n++) {
            struct hop_rtp_view v;
            assert_int_equal(hop_rtp_parse(p, len, &v), 0);
            assert_int_equal(v.pt, want[i].pt);
            assert_int_equal(v.ssrc, want[i].ssrc);
            assert_int_equal(v.payload_offset + v.payload_len, len);
            if (n)
                assert_int_equal(v.seq, (uint16_t)(seq + 1));
            seq = v.seq;
            struct hop_rtp_header h;
            uint8_t out[64];
            hop_rtp_header_init(&h, v.pt, v.marker, v.seq, v.timestamp, v.ssrc);
            assert_int_equal(hop_rtp_header_write(&h, out, sizeof out), v.payload_offset);
            assert_memory_equal(out, p, v.payload_offset);
        }
        assert_int_equal(n, want[i].packets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_every_field),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_wrong_version_and_padding),
        cmocka_unit_test(writes_a_plain_header),
        cmocka_unit_test(writes_one_byte_extensions_and_csrcs),
        cmocka_unit_test(changes_to_two_byte_form_when_needed),
        cmocka_unit_test(form_changes_exactly_at_the_limits),
        cmocka_unit_test(header_refuses_what_does_not_fit),
        cmocka_unit_test(round_trip_of_all_extensions),
        cmocka_unit_test(padding_grows_and_merges),
        cmocka_unit_test(a_padding_only_packet),
        cmocka_unit_test(captures_parse_and_rewrite_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
