/* Reading RTCP: vectors, all truncations, and malformed fields. Writing is test_rtcp_write.c. */
#include "media/rtp/rtcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* SR with one block, SDES with CNAME "ab", BYE. */
static const uint8_t compound[] = {
    0x81, 200,  0,    12,   0x11, 0x11, 0x11, 0x11, 0xe0, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x02, 0x00, 0x22, 0x22, 0x22, 0x22,
    0x40, 0xff, 0xff, 0xfe, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x07, 0x00, 0x01, 0x80, 0x00,
    0x00, 0x00, 0x80, 0x00, 0x81, 202,  0,    3,    0x11, 0x11, 0x11, 0x11, 1,    2,    'a',  'b',
    0,    0,    0,    0,    0x81, 203,  0,    1,    0x11, 0x11, 0x11, 0x11,
};

static bool next(struct hop_rtcp_iter *it, struct hop_rtcp_packet *p, uint8_t type)
{
    return hop_rtcp_next(it, p) && p->type == type;
}

static void reads_a_compound(void **state)
{
    (void)state;
    struct hop_rtcp_iter it = hop_rtcp_begin(compound, sizeof compound);
    struct hop_rtcp_packet p;
    struct hop_rtcp_sr sr;
    struct hop_rtcp_block b;
    uint32_t ssrc;
    const uint8_t *cname;
    uint8_t len;
    assert_true(next(&it, &p, HOP_RTCP_SR));
    assert_true(hop_rtcp_read_sr(&p, &sr));
    assert_int_equal(sr.ssrc, 0x11111111);
    assert_true(sr.ntp == UINT64_C(0xe000000180000000));
    assert_int_equal(sr.timestamp, 0x1000);
    assert_int_equal(sr.packets, 5);
    assert_int_equal(sr.octets, 512);
    assert_true(hop_rtcp_read_block(&p, 0, &b));
    assert_int_equal(b.ssrc, 0x22222222);
    assert_int_equal(b.fraction_lost, 64);
    assert_int_equal(b.lost, -2);
    assert_int_equal(b.highest_seq, 0x10002);
    assert_int_equal(b.jitter, 7);
    assert_int_equal(b.lsr, 0x18000);
    assert_int_equal(b.dlsr, 0x8000);
    assert_false(hop_rtcp_read_block(&p, 1, &b));
    assert_false(hop_rtcp_read_rr(&p, &ssrc));
    assert_true(next(&it, &p, HOP_RTCP_SDES));
    size_t offset = 0;
    assert_true(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    assert_int_equal(ssrc, 0x11111111);
    assert_int_equal(len, 2);
    assert_memory_equal(cname, "ab", 2);
    assert_false(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    assert_true(next(&it, &p, HOP_RTCP_BYE));
    assert_true(hop_rtcp_read_bye(&p, 0, &ssrc));
    assert_int_equal(ssrc, 0x11111111);
    assert_false(hop_rtcp_read_bye(&p, 1, &ssrc));
    assert_false(hop_rtcp_next(&it, &p));
    assert_false(it.malformed);
    assert_true(hop_rtcp_check(compound, sizeof compound));
}

static void only_whole_packets_pass(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof compound; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, compound, len);
        assert_int_equal(hop_rtcp_check(copy, len), len == 52 || len == 68);
        free(copy);
    }
    uint8_t wrong[8] = { 0x41, 200, 0, 1 };
    assert_false(hop_rtcp_check(wrong, sizeof wrong));
}

static void padding(void **state)
{
    (void)state;
    uint8_t p[] = { 0xa1, 201, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4 };
    struct hop_rtcp_packet packet;
    struct hop_rtcp_iter it = hop_rtcp_begin(p, sizeof p);
    assert_true(hop_rtcp_next(&it, &packet));
    assert_int_equal(packet.len, 4);
    const uint8_t bad[] = { 0, 9, 255 };
    for (size_t i = 0; i < sizeof bad; i++) {
        p[11] = bad[i];
        assert_false(hop_rtcp_check(p, sizeof p));
    }
    const uint8_t empty[] = { 0xa0, 201, 0, 0 };
    assert_false(hop_rtcp_check(empty, sizeof empty));
}

/* A single packet of that type with that body. */
static struct hop_rtcp_packet packet(uint8_t type, uint8_t count, const uint8_t *body, size_t len)
{
    return (struct hop_rtcp_packet){ .type = type, .count = count, .body = body, .len = len };
}

static void counts_that_lie(void **state)
{
    (void)state;
    const uint8_t body[28] = { 0 };
    struct hop_rtcp_block b;
    uint32_t ssrc;
    struct hop_rtcp_sr sr;
    struct hop_rtcp_packet p = packet(HOP_RTCP_RR, 31, body, sizeof body);
    assert_true(hop_rtcp_read_block(&p, 0, &b));
    assert_false(hop_rtcp_read_block(&p, 1, &b));
    assert_false(hop_rtcp_read_block(&p, UINT32_MAX, &b));
    p = packet(HOP_RTCP_BYE, 31, body, 8);
    assert_true(hop_rtcp_read_bye(&p, 1, &ssrc));
    assert_false(hop_rtcp_read_bye(&p, 2, &ssrc));
    p = packet(HOP_RTCP_SR, 0, body, 20);
    assert_false(hop_rtcp_read_sr(&p, &sr));
    p = packet(HOP_RTCP_RR, 0, body, 0);
    assert_false(hop_rtcp_read_rr(&p, &ssrc));
}

static void sdes_with_several_chunks(void **state)
{
    (void)state;
    /* SSRC 1: NAME then CNAME "x"; SSRC 2: no CNAME; SSRC 3: CNAME "yz". */
    const uint8_t body[] = { 0, 0, 0,   1, 2, 1, 'n', 1, 1, 'x', 0,   0,   0, 0, 0, 2,
                             2, 1, 'm', 0, 0, 0, 0,   3, 1, 2,   'y', 'z', 0, 0, 0, 0 };
    struct hop_rtcp_packet p = packet(HOP_RTCP_SDES, 3, body, sizeof body);
    size_t offset = 0;
    uint32_t ssrc;
    const uint8_t *cname;
    uint8_t len;
    assert_true(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    assert_int_equal(ssrc, 1);
    assert_int_equal(cname[0], 'x');
    assert_true(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    assert_int_equal(ssrc, 3);
    assert_int_equal(len, 2);
    assert_false(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    /* An item that overruns, and a list without an end. */
    const uint8_t overrun[] = { 0, 0, 0, 1, 1, 200, 'a', 'b' };
    p = packet(HOP_RTCP_SDES, 1, overrun, sizeof overrun);
    offset = 0;
    assert_false(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
    const uint8_t endless[] = { 0, 0, 0, 1, 1, 2, 'a', 'b' };
    p = packet(HOP_RTCP_SDES, 1, endless, sizeof endless);
    offset = 0;
    assert_false(hop_rtcp_read_cname(&p, &offset, &ssrc, &cname, &len));
}

static bool feedback(uint8_t type, uint8_t format, const uint8_t *fci, size_t fci_len,
                     struct hop_rtcp_fb *fb)
{
    static uint8_t body[512];
    memset(body, 0, sizeof body);
    body[3] = 1;
    body[7] = 2;
    memcpy(body + 8, fci, fci_len);
    struct hop_rtcp_packet p = packet(type, format, body, 8 + fci_len);
    return hop_rtcp_read_fb(&p, fb);
}

static void nack(void **state)
{
    (void)state;
    const uint8_t fci[] = { 0xff, 0xfe, 0x80, 0x03, 0, 100, 0, 0 };
    struct hop_rtcp_fb fb;
    uint16_t seqs[17 * 2];
    assert_true(feedback(HOP_RTCP_RTPFB, HOP_RTPFB_NACK, fci, sizeof fci, &fb));
    assert_int_equal(fb.sender_ssrc, 1);
    assert_int_equal(fb.media_ssrc, 2);
    const uint16_t want[] = { 65534, 65535, 0, 14, 100 };
    assert_int_equal(hop_rtcp_read_nack(&fb, seqs, 34), 5);
    assert_memory_equal(seqs, want, sizeof want);
    assert_int_equal(hop_rtcp_read_nack(&fb, seqs, 3), 3);
    assert_int_equal(hop_rtcp_read_nack(&fb, seqs, 0), 0);
    fb.format = 2;
    assert_int_equal(hop_rtcp_read_nack(&fb, seqs, 34), 0);
}

static void pli_and_fir(void **state)
{
    (void)state;
    const uint8_t fci[] = { 0, 0, 0, 9, 42, 0, 0, 0, 0, 0, 0, 10, 43, 0, 0, 0, 1 };
    struct hop_rtcp_fb fb;
    uint32_t ssrc;
    uint8_t seq;
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_PLI, fci, 0, &fb));
    assert_true(hop_rtcp_is_pli(&fb));
    assert_false(hop_rtcp_read_fir(&fb, 0, &ssrc, &seq));
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_FIR, fci, sizeof fci, &fb));
    assert_false(hop_rtcp_is_pli(&fb));
    assert_true(hop_rtcp_read_fir(&fb, 1, &ssrc, &seq));
    assert_int_equal(ssrc, 10);
    assert_int_equal(seq, 43);
    assert_false(hop_rtcp_read_fir(&fb, 2, &ssrc, &seq));
    struct hop_rtcp_packet p = packet(HOP_RTCP_PSFB, 1, fci, 7);
    assert_false(hop_rtcp_read_fb(&p, &fb));
}

static void remb(void **state)
{
    (void)state;
    /* Exponent 3, mantissa 0x20001, two SSRCs. */
    uint8_t fci[] = { 'R', 'E', 'M', 'B', 2, 3 << 2 | 2, 0, 1, 0, 0, 0, 7, 0, 0, 0, 8 };
    struct hop_rtcp_fb fb;
    uint64_t bps = 0;
    uint32_t ssrcs[4];
    size_t n = 0;
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_AFB, fci, sizeof fci, &fb));
    assert_true(hop_rtcp_read_remb(&fb, &bps, ssrcs, 4, &n));
    assert_int_equal(bps, 0x20001 * 8);
    assert_int_equal(n, 2);
    assert_int_equal(ssrcs[1], 8);
    assert_true(hop_rtcp_read_remb(&fb, &bps, ssrcs, 1, &n));
    assert_int_equal(n, 1);
    assert_true(hop_rtcp_read_remb(&fb, &bps, NULL, 0, NULL));
    fci[4] = 3; /* one more than there is */
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_AFB, fci, sizeof fci, &fb));
    assert_false(hop_rtcp_read_remb(&fb, &bps, ssrcs, 4, &n));
    fci[4] = 0;
    fci[5] = 63 << 2 | 1; /* would overflow */
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_AFB, fci, sizeof fci, &fb));
    assert_false(hop_rtcp_read_remb(&fb, &bps, ssrcs, 4, &n));
    fci[5] = 0;
    fci[0] = 'X';
    assert_true(feedback(HOP_RTCP_PSFB, HOP_PSFB_AFB, fci, sizeof fci, &fb));
    assert_false(hop_rtcp_read_remb(&fb, &bps, ssrcs, 4, &n));
}

static void ntp_time(void **state)
{
    (void)state;
    /* 2004-01-01 is 3281904000 s after 1900 and 1072915200 after 1970. */
    assert_true(hop_ntp_from_wall(INT64_C(1072915200500000)) ==
                (UINT64_C(3281904000) << 32 | 0x80000000));
    assert_int_equal(hop_ntp_middle(hop_ntp_from_wall(INT64_C(1072915200500000))),
                     (uint32_t)(3281904000u << 16 | 0x8000));
    for (int64_t us = 1700000000000000; us < 1700000000000000 + 5000000; us += 333)
        assert_int_equal(hop_ntp_to_wall(hop_ntp_from_wall(us)), us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_compound),
        cmocka_unit_test(only_whole_packets_pass),
        cmocka_unit_test(padding),
        cmocka_unit_test(counts_that_lie),
        cmocka_unit_test(sdes_with_several_chunks),
        cmocka_unit_test(nack),
        cmocka_unit_test(pli_and_fir),
        cmocka_unit_test(remb),
        cmocka_unit_test(ntp_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
