/* Writing RTCP: bytes against vectors, round trips through the reader, full buffers. */
#include "media/rtp/rtcp_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t buf[1200];

static struct hop_rtcp_writer fresh(size_t cap)
{
    memset(buf, 0xee, sizeof buf);
    return hop_rtcp_writer(buf, cap);
}

static struct hop_rtcp_fb only_fb(const struct hop_rtcp_writer *w)
{
    struct hop_rtcp_iter it = hop_rtcp_begin(w->buf, w->len);
    struct hop_rtcp_packet p;
    struct hop_rtcp_fb fb;
    assert_true(hop_rtcp_next(&it, &p));
    assert_true(hop_rtcp_read_fb(&p, &fb));
    assert_false(hop_rtcp_next(&it, &p));
    assert_false(it.malformed);
    return fb;
}

static bool same_block(const struct hop_rtcp_block *a, const struct hop_rtcp_block *b)
{
    return a->ssrc == b->ssrc && a->fraction_lost == b->fraction_lost && a->lost == b->lost &&
           a->highest_seq == b->highest_seq && a->jitter == b->jitter && a->lsr == b->lsr &&
           a->dlsr == b->dlsr;
}

static void pli_bytes(void **state)
{
    (void)state;
    const uint8_t want[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
    struct hop_rtcp_writer w = fresh(sizeof want);
    assert_true(hop_rtcp_write_pli(&w, 1, 2));
    assert_int_equal(w.len, sizeof want);
    assert_memory_equal(buf, want, sizeof want);
    assert_false(hop_rtcp_write_pli(&w, 1, 2));
    assert_int_equal(w.len, sizeof want);
}

static void sr_rr_sdes_bye_round_trip(void **state)
{
    (void)state;
    const struct hop_rtcp_sr sr = { 1, UINT64_C(0x0123456789abcdef), 3, 4, 5 };
    const struct hop_rtcp_block blocks[2] = { { 6, 7, -8, 9, 10, 11, 12 },
                                              { 13, 255, 0x7fffff, 14, 15, 16, 17 } };
    const uint32_t gone[2] = { 21, 22 };
    struct hop_rtcp_writer w = fresh(sizeof buf);
    assert_true(hop_rtcp_write_sr(&w, &sr, blocks, 2));
    assert_true(hop_rtcp_write_rr(&w, 20, blocks, 1));
    assert_true(hop_rtcp_write_cname(&w, 1, "name@host"));
    assert_true(hop_rtcp_write_bye(&w, gone, 2, "end"));
    struct hop_rtcp_iter it = hop_rtcp_begin(buf, w.len);
    struct hop_rtcp_packet p;
    struct hop_rtcp_sr s;
    struct hop_rtcp_block b;
    uint32_t ssrc = 0;
    assert_true(hop_rtcp_next(&it, &p) && hop_rtcp_read_sr(&p, &s));
    assert_true(s.ssrc == 1 && s.ntp == sr.ntp && s.timestamp == 3 && s.packets == 4 &&
                s.octets == 5);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(hop_rtcp_read_block(&p, i, &b));
        assert_true(same_block(&b, &blocks[i]));
    }
    assert_true(hop_rtcp_next(&it, &p) && hop_rtcp_read_rr(&p, &ssrc));
    assert_int_equal(ssrc, 20);
    assert_int_equal(p.count, 1);
    size_t offset = 0;
    const uint8_t *name;
    uint8_t len = 0;
    assert_true(hop_rtcp_next(&it, &p) && hop_rtcp_read_cname(&p, &offset, &ssrc, &name, &len));
    assert_int_equal(len, 9);
    assert_memory_equal(name, "name@host", 9);
    assert_true(hop_rtcp_next(&it, &p) && hop_rtcp_read_bye(&p, 1, &ssrc));
    assert_int_equal(ssrc, 22);
    assert_memory_equal(p.body + 8, "\3end", 4);
    assert_false(hop_rtcp_next(&it, &p));
    assert_false(it.malformed);
}

static void cname_of_every_length(void **state)
{
    (void)state;
    char name[257] = "";
    for (size_t n = 0; n <= 256; n++) {
        struct hop_rtcp_writer w = fresh(sizeof buf);
        assert_int_equal(hop_rtcp_write_cname(&w, 5, name), n <= 255);
        if (n <= 255) {
            struct hop_rtcp_iter it = hop_rtcp_begin(buf, w.len);
            struct hop_rtcp_packet p;
            size_t offset = 0;
            uint32_t ssrc;
            const uint8_t *text;
            uint8_t len;
            assert_true(hop_rtcp_next(&it, &p));
            assert_true(hop_rtcp_read_cname(&p, &offset, &ssrc, &text, &len));
            assert_int_equal(len, n);
            assert_int_equal(offset, p.len);
        }
        name[n < 256 ? n : 0] = 'a';
    }
}

static void nack_packs_and_splits(void **state)
{
    (void)state;
    const uint16_t seqs[] = { 65534, 65535, 0, 14, 15, 100, 116, 117 };
    uint16_t back[64];
    struct hop_rtcp_writer w = fresh(sizeof buf);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, seqs, 8), 8);
    assert_int_equal(w.len, 12 + 4 * 4); /* 65534 reaches to 14; 15; 100 reaches to 116; 117 */
    struct hop_rtcp_fb fb = only_fb(&w);
    assert_int_equal(hop_rtcp_read_nack(&fb, back, 64), 8);
    assert_memory_equal(back, seqs, sizeof seqs);

    const uint16_t reach[] = { 200, 216 }, beyond[] = { 200, 217 };
    w = fresh(sizeof buf);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, reach, 2), 2);
    assert_int_equal(w.len, 16);
    fb = only_fb(&w);
    assert_int_equal(hop_rtcp_read_nack(&fb, back, 64), 2);
    assert_int_equal(back[1], 216);
    w = fresh(sizeof buf);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, beyond, 2), 2);
    assert_int_equal(w.len, 20);

    w = fresh(12 + 8);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, seqs, 8), 5);
    fb = only_fb(&w);
    assert_int_equal(hop_rtcp_read_nack(&fb, back, 64), 5);
    w = fresh(15);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, seqs, 8), 0);
    assert_int_equal(w.len, 0);
    assert_int_equal(hop_rtcp_write_nack(&w, 1, 2, seqs, 0), 0);
}

static void fir_and_remb_round_trip(void **state)
{
    (void)state;
    uint32_t ssrc, ssrcs[2] = { 9, 10 }, back[2];
    uint8_t seq;
    struct hop_rtcp_writer w = fresh(sizeof buf);
    assert_true(hop_rtcp_write_fir(&w, 1, 7, 200));
    struct hop_rtcp_fb fb = only_fb(&w);
    assert_true(hop_rtcp_read_fir(&fb, 0, &ssrc, &seq));
    assert_int_equal(ssrc, 7);
    assert_int_equal(seq, 200);
    assert_int_equal(fb.media_ssrc, 0);
    const uint64_t rates[] = { 0, 1, 262143, 262144, 3000001, UINT64_C(40000000000) };
    for (size_t i = 0; i < 6; i++) {
        uint64_t bps;
        size_t n;
        w = fresh(sizeof buf);
        assert_true(hop_rtcp_write_remb(&w, 1, rates[i], ssrcs, 2));
        fb = only_fb(&w);
        assert_true(hop_rtcp_read_remb(&fb, &bps, back, 2, &n));
        assert_memory_equal(back, ssrcs, sizeof back);
        assert_true(bps <= rates[i] && rates[i] - bps <= rates[i] >> 17);
    }
}

static void full_buffers_stay_as_they_were(void **state)
{
    (void)state;
    const struct hop_rtcp_sr sr = { 0 };
    const struct hop_rtcp_block block = { 0 };
    const uint32_t ssrc = 1;
    for (size_t cap = 0; cap < 16; cap++) {
        uint8_t *exact = malloc(cap ? cap : 1);
        struct hop_rtcp_writer w = hop_rtcp_writer(exact, cap);
        assert_false(hop_rtcp_write_sr(&w, &sr, NULL, 0));
        assert_false(hop_rtcp_write_rr(&w, 1, &block, 1));
        assert_false(hop_rtcp_write_cname(&w, 1, "0123456789"));
        assert_false(hop_rtcp_write_bye(&w, &ssrc, 1, "a reason"));
        assert_false(hop_rtcp_write_fir(&w, 1, 2, 3));
        assert_false(hop_rtcp_write_remb(&w, 1, 2, &ssrc, 1));
        assert_int_equal(w.len, 0);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pli_bytes),
        cmocka_unit_test(sr_rr_sdes_bye_round_trip),
        cmocka_unit_test(cname_of_every_length),
        cmocka_unit_test(nack_packs_and_splits),
        cmocka_unit_test(fir_and_remb_round_trip),
        cmocka_unit_test(full_buffers_stay_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
