/* media/srtp/gcm.c byte for byte against libsrtp, and that no nonce is ever used twice and no
 * packet taken twice. */
#include "media/srtp/srtp.h"

#include "media/base/bytes.h"
#include "media/srtp/gcm.h"

#include <setjmp.h>
#include <srtp2/srtp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1400, ROOM = MOST + 200 };

struct both {
    struct hop_srtp *ours;
    srtp_t theirs;
};

static void open_both(struct both *b, enum hop_srtp_profile profile)
{
    struct hop_srtp_keys keys = { .profile = profile, .salt_len = 12 };
    uint8_t master[32 + 12];
    srtp_policy_t policy = { .window_size = HOP_SRTP_REPLAY_WINDOW, .key = master };
    keys.key_len = profile == HOP_SRTP_AEAD_AES_256_GCM ? 32 : 16;
    for (unsigned i = 0; i < 32; i++) {
        keys.local_key[i] = (uint8_t)(i * 37 + 11);
        keys.remote_key[i] = (uint8_t)(i * 5 + 1);
    }
    for (unsigned i = 0; i < 12; i++)
        keys.local_salt[i] = (uint8_t)(i * 91 + 7);
    assert_int_equal(hop_srtp_new(&keys, &b->ours), 0);
    memcpy(master, keys.local_key, keys.key_len);
    memcpy(master + keys.key_len, keys.local_salt, 12);
    if (keys.key_len == 32)
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    else
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    policy.rtcp = policy.rtp;
    policy.ssrc.type = ssrc_any_outbound;
    assert_int_equal(srtp_create(&b->theirs, &policy), srtp_err_status_ok);
}

static void close_both(struct both *b)
{
    hop_srtp_free(b->ours);
    srtp_dealloc(b->theirs);
}

/* A packet of `len` bytes behind the header; `csrcs` of them, an extension of `words`, -1: none. */
static size_t make(uint8_t *out, uint32_t ssrc, uint16_t seq, unsigned csrcs, int words, size_t len)
{
    size_t at = 12;
    out[0] = (uint8_t)(0x80 | csrcs | (words >= 0 ? 0x10 : 0));
    out[1] = 96;
    hop_put16(out + 2, seq);
    hop_put32(out + 4, seq * 3000u);
    hop_put32(out + 8, ssrc);
    for (unsigned i = 0; i < csrcs; i++, at += 4)
        hop_put32(out + at, i * 0x01010101u);
    if (words >= 0) {
        hop_put16(out + at, 0xbede);
        hop_put16(out + at + 2, (uint16_t)words);
        memset(out + at + 4, 0x5a, 4 * (size_t)words);
        at += 4 + 4 * (size_t)words;
    }
    for (size_t i = 0; i < len; i++)
        out[at + i] = (uint8_t)(i * 7 + seq + ssrc);
    return at + len;
}

static void same_bytes(struct both *b, const uint8_t *plain, size_t len)
{
    uint8_t ours[ROOM], theirs[ROOM];
    size_t n = len;
    int m = (int)len;
    memcpy(ours, plain, len);
    memcpy(theirs, plain, len);
    assert_int_equal(hop_srtp_protect_rtp(b->ours, ours, &n, sizeof(ours)), HOP_SRTP_OK);
    assert_int_equal(srtp_protect(b->theirs, theirs, &m), srtp_err_status_ok);
    assert_int_equal(n, m);
    assert_memory_equal(ours, theirs, n);
}

static const enum hop_srtp_profile profiles[] = { HOP_SRTP_AEAD_AES_128_GCM,
                                                  HOP_SRTP_AEAD_AES_256_GCM };

static void all_lengths(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct both b;
        uint8_t plain[ROOM];
        open_both(&b, profiles[p]);
        for (size_t len = 0; len <= MOST; len++)
            same_bytes(&b, plain, make(plain, 0xdecafbad, (uint16_t)(500 + len), 0, -1, len));
        close_both(&b);
    }
}

static void extensions_and_sources(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct both b;
        uint8_t plain[ROOM];
        uint16_t seq = 0;
        open_both(&b, profiles[p]);
        for (unsigned csrcs = 0; csrcs <= 15; csrcs++)
            for (int words = -1; words <= 8; words++)
                for (size_t len = 0; len < 40; len += 13)
                    same_bytes(&b, plain, make(plain, 7, seq++, csrcs, words, len));
        close_both(&b);
    }
}

/* Three times round, losing and reordering on the way, from starts near the wrap. */
static void roll_over(void **state)
{
    (void)state;
    static const uint16_t starts[] = { 1, 32767, 32769, 65000, 65535 };
    for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
        struct both b;
        uint8_t plain[ROOM];
        open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
        for (uint32_t i = 0; i < 200000; i += 37) {
            uint16_t seq = (uint16_t)(starts[s] + i);
            same_bytes(&b, plain, make(plain, 1, (uint16_t)(seq + 5), 0, 1, i % 50));
            same_bytes(&b, plain, make(plain, 1, (uint16_t)(seq + 2), 0, 1, i % 50));
            if (i > 1000)
                same_bytes(&b, plain, make(plain, 1, (uint16_t)(seq - 900), 0, 1, i % 50));
        }
        close_both(&b);
    }
}

static void many_sources_in_turn(void **state)
{
    (void)state;
    enum { SSRCS = 60 };
    struct both b;
    uint8_t plain[ROOM];
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    for (uint32_t i = 0; i < 6000; i++) {
        uint32_t ssrc = i * 2654435761u % SSRCS;
        same_bytes(&b, plain,
                   make(plain, 0x1000 + ssrc, (uint16_t)(ssrc * 1100 + i), 0, 2, i % 90));
    }
    close_both(&b);
}

/* ---- nonces ---------------------------------------------------------------------------------- */

static enum hop_srtp_verdict send_one(struct hop_srtp *srtp, uint32_t ssrc, uint16_t seq,
                                      size_t len)
{
    uint8_t packet[ROOM], before[ROOM];
    size_t n = make(packet, ssrc, seq, 0, 1, len), plain_len = n;
    memcpy(before, packet, n);
    enum hop_srtp_verdict v = hop_srtp_protect_rtp(srtp, packet, &n, sizeof(packet));
    if (v == HOP_SRTP_REPLAY) {
        assert_int_equal(n, plain_len);
        assert_memory_equal(packet, before, n);
    }
    return v;
}

static void a_number_is_used_once(void **state)
{
    (void)state;
    struct both b;
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    assert_int_equal(send_one(b.ours, 1, 1000, 40), HOP_SRTP_OK);
    assert_int_equal(send_one(b.ours, 1, 1000, 40), HOP_SRTP_REPLAY); /* the same bytes */
    assert_int_equal(send_one(b.ours, 1, 1000, 41), HOP_SRTP_REPLAY); /* others */
    assert_int_equal(send_one(b.ours, 2, 1000, 41), HOP_SRTP_OK);     /* another's number */
    assert_int_equal(send_one(b.ours, 1, 1003, 40), HOP_SRTP_OK);
    assert_int_equal(send_one(b.ours, 1, 1001, 40), HOP_SRTP_OK); /* late, but free */
    assert_int_equal(send_one(b.ours, 1, 1001, 40), HOP_SRTP_REPLAY);
    assert_int_equal(send_one(b.ours, 1, 1000 + HOP_SRTP_REPLAY_WINDOW, 40), HOP_SRTP_OK);
    assert_int_equal(send_one(b.ours, 1, 1000, 40), HOP_SRTP_REPLAY); /* behind the window */
    assert_int_equal(send_one(b.ours, 1, 1002, 40), HOP_SRTP_OK);     /* its last free one */
    assert_int_equal(send_one(b.ours, 1, 1003, 40), HOP_SRTP_REPLAY);
    close_both(&b);
}

static void nothing_before_the_beginning(void **state)
{
    (void)state;
    struct both b;
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    assert_int_equal(send_one(b.ours, 1, 3, 10), HOP_SRTP_OK);
    assert_int_equal(send_one(b.ours, 1, 0, 10), HOP_SRTP_OK);
    /* its roll-over counter would be -1 */
    assert_int_equal(send_one(b.ours, 1, 65535, 10), HOP_SRTP_REPLAY);
    assert_int_equal(send_one(b.ours, 1, 4, 10), HOP_SRTP_OK);
    close_both(&b);
}

/* Random walks over a small range against a plain record of what was used. */
static void never_twice(void **state)
{
    (void)state;
    enum { SPAN = 1 << 20, STEPS = 400000 };
    struct both b;
    uint8_t *used = calloc(1, SPAN);
    int64_t newest = 40000;
    unsigned refused = 0;
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    srand(5);
    assert_int_equal(send_one(b.ours, 9, (uint16_t)newest, 0), HOP_SRTP_OK);
    used[newest] = 1;
    for (int i = 0; i < STEPS && newest < SPAN - 3000; i++) {
        int kind = rand() % 100;
        int64_t at = newest + (kind < 60 ? 1 : kind < 98 ? -(rand() % 1500) : rand() % 2000);
        bool expect = !used[at] && newest - at < HOP_SRTP_REPLAY_WINDOW;
        enum hop_srtp_verdict v = send_one(b.ours, 9, (uint16_t)at, 0);
        assert_int_equal(v, expect ? HOP_SRTP_OK : HOP_SRTP_REPLAY);
        used[at] = 1;
        refused += !expect;
        if (at > newest)
            newest = at;
    }
    assert_true(newest > 3 * 65536 && refused > 1000);
    free(used);
    close_both(&b);
}

static void sources_are_bounded(void **state)
{
    (void)state;
    struct both b;
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    for (uint32_t ssrc = 0; ssrc < HOP_GCM_MAX_SSRCS; ssrc++)
        assert_int_equal(send_one(b.ours, ssrc, 1, 0), HOP_SRTP_OK);
    assert_int_equal(send_one(b.ours, HOP_GCM_MAX_SSRCS, 1, 0), HOP_SRTP_LIMIT);
    for (uint32_t ssrc = 0; ssrc < HOP_GCM_MAX_SSRCS; ssrc++) {
        assert_int_equal(send_one(b.ours, ssrc, 1, 0), HOP_SRTP_REPLAY);
        assert_int_equal(send_one(b.ours, ssrc, 2, 0), HOP_SRTP_OK);
    }
    close_both(&b);
}

static void headers_that_reach_over_the_end(void **state)
{
    (void)state;
    struct both b;
    uint8_t packet[ROOM];
    open_both(&b, HOP_SRTP_AEAD_AES_128_GCM);
    for (unsigned csrcs = 0; csrcs <= 15; csrcs++) {
        size_t full = make(packet, 1, 1, csrcs, 3, 0);
        for (size_t cut = 12; cut < full; cut++) {
            size_t n = cut;
            assert_int_equal(hop_srtp_protect_rtp(b.ours, packet, &n, sizeof(packet)),
                             HOP_SRTP_MALFORMED);
            assert_int_equal(n, cut);
        }
    }
    close_both(&b);
}

/* ---- RTCP that comes in ---------------------------------------------------------------------- */

struct rtcp_ends {
    struct hop_srtp *ours;
    srtp_t theirs;
};

static void open_rtcp(struct rtcp_ends *e, enum hop_srtp_profile profile)
{
    struct hop_srtp_keys keys = { .profile = profile, .salt_len = 12 };
    uint8_t master[32 + 12];
    srtp_policy_t policy = { .window_size = 128, .key = master, .ssrc.type = ssrc_any_outbound };
    keys.key_len = profile == HOP_SRTP_AEAD_AES_256_GCM ? 32 : 16;
    for (unsigned i = 0; i < 32; i++)
        keys.remote_key[i] = (uint8_t)(i * 13 + 5);
    memset(keys.remote_salt, 0x3c, 12);
    assert_int_equal(hop_srtp_new(&keys, &e->ours), 0);
    memcpy(master, keys.remote_key, keys.key_len);
    memcpy(master + keys.key_len, keys.remote_salt, 12);
    if (keys.key_len == 32)
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
    else
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.rtp = policy.rtcp;
    assert_int_equal(srtp_create(&e->theirs, &policy), srtp_err_status_ok);
}

static void close_rtcp(struct rtcp_ends *e)
{
    hop_srtp_free(e->ours);
    srtp_dealloc(e->theirs);
}

static size_t make_rtcp(uint8_t *out, uint32_t ssrc, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * 5 + len);
    out[0] = 0x80;
    out[1] = 201;
    hop_put16(out + 2, (uint16_t)(len / 4 - 1));
    hop_put32(out + 4, ssrc);
    return len;
}

static size_t sealed_rtcp(struct rtcp_ends *e, uint8_t *packet, uint32_t ssrc, size_t len)
{
    int n = (int)make_rtcp(packet, ssrc, len);
    assert_int_equal(srtp_protect_rtcp(e->theirs, packet, &n), srtp_err_status_ok);
    return (size_t)n;
}

static void libsrtp_rtcp_is_understood(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct rtcp_ends e;
        open_rtcp(&e, profiles[p]);
        for (size_t len = 8; len <= 1200; len += 4) {
            uint8_t packet[ROOM], plain[ROOM];
            size_t n = sealed_rtcp(&e, packet, 1 + (uint32_t)len % 3, len);
            make_rtcp(plain, 1 + (uint32_t)len % 3, len);
            assert_int_equal(hop_srtp_unprotect_rtcp(e.ours, packet, &n), HOP_SRTP_OK);
            assert_int_equal(n, len);
            assert_memory_equal(packet, plain, len);
        }
        close_rtcp(&e);
    }
}

/* Whatever order they come in: each once, none from behind the window, and no forged one moves it.
 */
static void rtcp_comes_once(void **state)
{
    (void)state;
    enum { ALL = 2000, LEN = 40, WINDOW = 128 };
    static uint8_t packets[ALL][LEN + 20];
    static bool came[ALL];
    struct rtcp_ends e;
    int newest = -1, refused = 0;
    memset(came, 0, sizeof(came));
    open_rtcp(&e, HOP_SRTP_AEAD_AES_128_GCM);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(sealed_rtcp(&e, packets[i], 7, LEN), LEN + 20);
    srand(9);
    for (int step = 0; step < 20000; step++) {
        int at = newest + (rand() % 4 ? -(rand() % 200) : rand() % (step % 50 ? 4 : 150));
        uint8_t copy[LEN + 20];
        size_t n = sizeof(copy);
        if (at < 0 || at >= ALL)
            continue;
        memcpy(copy, packets[at], n);
        copy[9] ^= 1;
        assert_int_not_equal(hop_srtp_unprotect_rtcp(e.ours, copy, &n), HOP_SRTP_OK);
        memcpy(copy, packets[at], n = sizeof(copy));
        bool expect = !came[at] && newest - at < WINDOW;
        assert_int_equal(hop_srtp_unprotect_rtcp(e.ours, copy, &n),
                         expect ? HOP_SRTP_OK : HOP_SRTP_REPLAY);
        came[at] = true;
        refused += !expect;
        newest = at > newest ? at : newest;
    }
    assert_true(newest > ALL / 2 && refused > 500);
    close_rtcp(&e);
}

static void rtcp_in_clear_is_refused(void **state)
{
    (void)state;
    struct rtcp_ends e;
    uint8_t packet[100];
    open_rtcp(&e, HOP_SRTP_AEAD_AES_128_GCM);
    size_t n = sealed_rtcp(&e, packet, 7, 40);
    packet[n - 4] &= 0x7f; /* E */
    assert_int_equal(hop_srtp_unprotect_rtcp(e.ours, packet, &n), HOP_SRTP_AUTH);
    close_rtcp(&e);
}

/* ---- RTCP that goes out, RTP that comes in --------------------------------------------------- */

static void rtcp_out_is_libsrtps(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct both b;
        open_both(&b, profiles[p]);
        for (size_t len = 8; len <= 1200; len += 4) {
            uint8_t ours[ROOM], theirs[ROOM];
            size_t n = make_rtcp(ours, 77, len);
            int m = (int)make_rtcp(theirs, 77, len);
            assert_int_equal(hop_srtp_protect_rtcp(b.ours, ours, &n, sizeof(ours)), HOP_SRTP_OK);
            assert_int_equal(srtp_protect_rtcp(b.theirs, theirs, &m), srtp_err_status_ok);
            assert_int_equal(n, m);
            assert_memory_equal(ours, theirs, n);
        }
        close_both(&b);
    }
}

static void libsrtp_rtp_is_understood(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct rtcp_ends e;
        open_rtcp(&e, profiles[p]);
        for (unsigned i = 0; i < 4000; i++) {
            uint8_t packet[ROOM], plain[ROOM];
            uint32_t ssrc = 5 + i % 3;
            size_t len =
                make(plain, ssrc, (uint16_t)(64000 + i), i % 16, (int)(i % 6) - 1, i % 1200);
            memcpy(packet, plain, len);
            int n = (int)len;
            assert_int_equal(srtp_protect(e.theirs, packet, &n), srtp_err_status_ok);
            size_t m = (size_t)n;
            assert_int_equal(hop_srtp_unprotect_rtp(e.ours, packet, &m), HOP_SRTP_OK);
            assert_int_equal(m, len);
            assert_memory_equal(packet, plain, len);
        }
        close_rtcp(&e);
    }
}

/* As rtcp_comes_once, over the wrap of the sequence number. */
static void rtp_comes_once(void **state)
{
    (void)state;
    enum { ALL = 6000, LEN = 40, SEALED = LEN + 12 + HOP_GCM_TAG };
    static uint8_t packets[ALL][SEALED + 20];
    static bool came[ALL];
    struct rtcp_ends e;
    int newest = -1, refused = 0;
    open_rtcp(&e, HOP_SRTP_AEAD_AES_128_GCM);
    for (int i = 0; i < ALL; i++) {
        int n = (int)make(packets[i], 7, (uint16_t)(63000 + i), 0, -1, LEN);
        assert_int_equal(srtp_protect(e.theirs, packets[i], &n), srtp_err_status_ok);
        assert_int_equal(n, SEALED);
    }
    srand(11);
    for (int step = 0; step < 40000; step++) {
        int at = newest + (rand() % 4 ? -(rand() % 1500) : rand() % (step % 50 ? 4 : 1500));
        uint8_t copy[SEALED];
        size_t n = sizeof(copy);
        if (at < 0 || at >= ALL)
            continue;
        memcpy(copy, packets[at], n);
        copy[20] ^= 1;
        assert_int_not_equal(hop_srtp_unprotect_rtp(e.ours, copy, &n), HOP_SRTP_OK);
        memcpy(copy, packets[at], n = sizeof(copy));
        bool expect = !came[at] && newest - at < HOP_SRTP_REPLAY_WINDOW;
        assert_int_equal(hop_srtp_unprotect_rtp(e.ours, copy, &n),
                         expect ? HOP_SRTP_OK : HOP_SRTP_REPLAY);
        came[at] = true;
        refused += !expect;
        newest = at > newest ? at : newest;
    }
    assert_true(newest > ALL / 2 && refused > 500);
    close_rtcp(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lengths),
        cmocka_unit_test(extensions_and_sources),
        cmocka_unit_test(roll_over),
        cmocka_unit_test(many_sources_in_turn),
        cmocka_unit_test(a_number_is_used_once),
        cmocka_unit_test(nothing_before_the_beginning),
        cmocka_unit_test(never_twice),
        cmocka_unit_test(sources_are_bounded),
        cmocka_unit_test(headers_that_reach_over_the_end),
        cmocka_unit_test(libsrtp_rtcp_is_understood),
        cmocka_unit_test(rtcp_comes_once),
        cmocka_unit_test(rtcp_in_clear_is_refused),
        cmocka_unit_test(rtcp_out_is_libsrtps),
        cmocka_unit_test(libsrtp_rtp_is_understood),
        cmocka_unit_test(rtp_comes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
