/* media/dtls/dtls: client against server in memory, with each datagram lost in turn, with the wrong
 * certificate, without a common profile, with garbage. */
#include "media/dtls/dtls.h"

#include "media/base/clock.h"
#include "media/base/random.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_DATAGRAMS = 64, NEVER = 1000 };

static struct hop_dtls_cert *server_cert, *client_cert;

struct pair {
    struct hop_dtls *client, *server;
    unsigned sent; /* datagrams so far, both directions */
    unsigned lose; /* number of the datagram that is lost; NEVER */
    size_t largest;
    bool noise; /* garbage between all datagrams */
};

static struct hop_dtls *endpoint(enum hop_dtls_role role, const char *fingerprint,
                                 const char *profiles, uint32_t first_timeout_us)
{
    uint8_t digest[HOP_MAX_FINGERPRINT];
    size_t len = hop_dtls_fingerprint_parse(fingerprint, digest);
    struct hop_dtls_config config = {
        .cert = role == HOP_DTLS_SERVER ? server_cert : client_cert,
        .role = role,
        .fingerprint_hash = "sha-256",
        .fingerprint = digest,
        .fingerprint_len = len,
        .srtp_profiles = profiles,
        .first_timeout_us = first_timeout_us,
    };
    struct hop_dtls *dtls = NULL;
    assert_int_equal(hop_dtls_new(&config, hop_now_us(), &dtls), 0);
    return dtls;
}

static void pair_open(struct pair *p, const char *client_profiles, const char *server_profiles)
{
    *p = (struct pair){ .lose = NEVER };
    /* OpenSSL's timer is real: short, but above the 15 ms that it rounds to nothing */
    p->client =
        endpoint(HOP_DTLS_CLIENT, hop_dtls_cert_fingerprint(server_cert), client_profiles, 20000);
    p->server =
        endpoint(HOP_DTLS_SERVER, hop_dtls_cert_fingerprint(client_cert), server_profiles, 20000);
}

static void pair_close(struct pair *p)
{
    hop_dtls_free(p->client);
    hop_dtls_free(p->server);
}

static void make_noise(struct hop_dtls *to)
{
    uint8_t junk[200];
    hop_random_bytes(junk, sizeof(junk));
    junk[0] = (uint8_t)(20 + junk[0] % 44);
    hop_dtls_receive(to, junk, 1 + junk[1] % 199u, hop_now_us());
    /* a record header that promises more than there is, and one of another version */
    static const uint8_t bad[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0x3f, 0xff, 1, 2, 3 };
    static const uint8_t old[] = { 22, 3, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1 };
    hop_dtls_receive(to, bad, sizeof(bad), hop_now_us());
    hop_dtls_receive(to, old, sizeof(old), hop_now_us());
}

static bool deliver(struct pair *p, struct hop_dtls *from, struct hop_dtls *to)
{
    uint8_t buf[HOP_MTU];
    size_t len;
    bool moved = false;
    while ((len = hop_dtls_next(from, buf)) > 0) {
        assert_in_range(len, 13, HOP_MTU);
        assert_in_range(buf[0], 20, 63);
        if (len > p->largest)
            p->largest = len;
        moved = true;
        assert_true(p->sent < MAX_DATAGRAMS);
        if (p->noise)
            make_noise(to);
        if (p->sent++ != p->lose)
            hop_dtls_receive(to, buf, len, hop_now_us());
    }
    return moved;
}

static bool both_done(const struct pair *p)
{
    return hop_dtls_state(p->client) != HOP_DTLS_HANDSHAKE &&
           hop_dtls_state(p->server) != HOP_DTLS_HANDSHAKE;
}

/* Runs until both ends are done and the line is empty; waits for OpenSSL's timer only when nothing
 * else can happen. */
static void run(struct pair *p)
{
    hop_dtls_start(p->client, hop_now_us());
    hop_dtls_start(p->server, hop_now_us());
    for (;;) {
        bool to_server = deliver(p, p->client, p->server);
        bool to_client = deliver(p, p->server, p->client);
        if (to_client || to_server)
            continue;
        if (both_done(p))
            return;
        int64_t now = hop_now_us(), at = hop_dtls_deadline(p->client, now);
        int64_t other = hop_dtls_deadline(p->server, now);
        at = other < at ? other : at;
        assert_true(at - now < 10000000);
        if (at > now)
            poll(NULL, 0, (int)((at - now) / 1000 + 1));
        hop_dtls_timeout(p->client, hop_now_us());
        hop_dtls_timeout(p->server, hop_now_us());
    }
}

static void expect_connected(struct pair *p, enum hop_srtp_profile profile)
{
    struct hop_srtp_keys c, s;
    assert_int_equal(hop_dtls_state(p->client), HOP_DTLS_CONNECTED);
    assert_int_equal(hop_dtls_state(p->server), HOP_DTLS_CONNECTED);
    assert_true(hop_dtls_take_keys(p->client, &c));
    assert_true(hop_dtls_take_keys(p->server, &s));
    assert_int_equal(c.profile, profile);
    assert_int_equal(s.profile, profile);
    assert_int_equal(c.key_len, profile == HOP_SRTP_AEAD_AES_256_GCM ? 32 : 16);
    assert_int_equal(c.salt_len, profile == HOP_SRTP_AES128_CM_SHA1_80 ? 14 : 12);
    assert_memory_equal(c.local_key, s.remote_key, c.key_len);
    assert_memory_equal(c.local_salt, s.remote_salt, c.salt_len);
    assert_memory_equal(c.remote_key, s.local_key, c.key_len);
    assert_memory_equal(c.remote_salt, s.local_salt, c.salt_len);
    assert_memory_not_equal(c.local_key, c.remote_key, c.key_len);
    /* once only */
    assert_false(hop_dtls_take_keys(p->client, &c));
}

static void gcm_128_is_preferred(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", NULL);
    run(&p);
    expect_connected(&p, HOP_SRTP_AEAD_AES_128_GCM);
    assert_true(p.largest > 500); /* a certificate went over */
    pair_close(&p);
}

static void each_profile(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum hop_srtp_profile profile;
    } profiles[] = {
        { "SRTP_AEAD_AES_128_GCM", HOP_SRTP_AEAD_AES_128_GCM },
        { "SRTP_AEAD_AES_256_GCM", HOP_SRTP_AEAD_AES_256_GCM },
        { "SRTP_AES128_CM_SHA1_80", HOP_SRTP_AES128_CM_SHA1_80 },
    };
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        pair_open(&p, profiles[i].name, NULL);
        run(&p);
        expect_connected(&p, profiles[i].profile);
        pair_close(&p);
    }
}

static unsigned datagrams_without_loss(void)
{
    struct pair p;
    pair_open(&p, NULL, NULL);
    run(&p);
    pair_close(&p);
    return p.sent;
}

static void any_single_datagram_may_be_lost(void **state)
{
    (void)state;
    unsigned n = datagrams_without_loss();
    assert_in_range(n, 4, 12);
    for (unsigned lose = 0; lose < n; lose++) {
        struct pair p;
        pair_open(&p, NULL, NULL);
        p.lose = lose;
        run(&p);
        assert_true(p.sent > n); /* it was missed and sent again */
        expect_connected(&p, HOP_SRTP_AEAD_AES_128_GCM);
        pair_close(&p);
    }
}

static void garbage_is_ignored(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pair p;
        pair_open(&p, NULL, NULL);
        p.noise = true;
        run(&p);
        expect_connected(&p, HOP_SRTP_AEAD_AES_128_GCM);
        for (int j = 0; j < 100; j++)
            make_noise(p.server);
        assert_int_equal(hop_dtls_state(p.server), HOP_DTLS_CONNECTED);
        pair_close(&p);
    }
}

static void wrong_fingerprint(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct pair p;
        pair_open(&p, NULL, NULL);
        char text[HOP_DTLS_FINGERPRINT_TEXT];
        snprintf(text, sizeof(text), "%s",
                 hop_dtls_cert_fingerprint(who ? server_cert : client_cert));
        text[0] = text[0] == 'A' ? 'B' : 'A';
        struct hop_dtls **deceived = who ? &p.client : &p.server;
        hop_dtls_free(*deceived);
        *deceived = endpoint(who ? HOP_DTLS_CLIENT : HOP_DTLS_SERVER, text, NULL, 20000);
        run(&p);
        assert_int_equal(hop_dtls_state(*deceived), HOP_DTLS_FAILED);
        assert_int_equal(hop_dtls_error(*deceived), HOP_DTLS_ERROR_FINGERPRINT);
        /* and the other end was told */
        struct hop_dtls *told = who ? p.server : p.client;
        assert_int_equal(hop_dtls_state(told), HOP_DTLS_FAILED);
        assert_int_equal(hop_dtls_error(told), HOP_DTLS_ERROR_ALERT);
        struct hop_srtp_keys keys;
        assert_false(hop_dtls_take_keys(p.client, &keys));
        assert_false(hop_dtls_take_keys(p.server, &keys));
        pair_close(&p);
    }
}

static void other_hashes(void **state)
{
    (void)state;
    struct hop_dtls *dtls = NULL;
    uint8_t digest[HOP_MAX_FINGERPRINT] = { 0 };
    struct hop_dtls_config config = { .cert = server_cert, .fingerprint = digest };
    static const struct {
        const char *hash;
        size_t len;
        int result;
    } cases[] = {
        { "sha-256", 32, 0 },       { "SHA-256", 32, 0 },       { "sha-384", 48, 0 },
        { "sha-512", 64, 0 },       { "sha-1", 20, -EINVAL },   { "md5", 16, -EINVAL },
        { "sha-256", 31, -EINVAL }, { "sha-512", 32, -EINVAL }, { "", 0, -EINVAL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        config.fingerprint_hash = cases[i].hash;
        config.fingerprint_len = cases[i].len;
        assert_int_equal(hop_dtls_new(&config, 0, &dtls), cases[i].result);
        if (cases[i].result == 0)
            hop_dtls_free(dtls);
    }
}

static void no_common_profile(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, "SRTP_AEAD_AES_256_GCM", "SRTP_AES128_CM_SHA1_80");
    run(&p);
    assert_int_equal(hop_dtls_state(p.server), HOP_DTLS_FAILED);
    assert_int_equal(hop_dtls_error(p.server), HOP_DTLS_ERROR_NO_PROFILE);
    assert_int_not_equal(hop_dtls_state(p.client), HOP_DTLS_CONNECTED);
    pair_close(&p);
}

static void close_is_told_and_remembered(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct pair p;
        pair_open(&p, NULL, NULL);
        run(&p);
        struct hop_dtls *from = who ? p.client : p.server, *to = who ? p.server : p.client;
        /* not authentic: a plain alert, and the genuine one with one bit changed */
        static const uint8_t plain[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0 };
        hop_dtls_receive(to, plain, sizeof(plain), hop_now_us());
        hop_dtls_close(from);
        uint8_t buf[HOP_MTU];
        size_t len = hop_dtls_next(from, buf);
        assert_in_range(len, 30, 60);
        for (size_t bit = 0; bit < len * 8; bit++) {
            buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(hop_dtls_receive(to, buf, len, hop_now_us()), HOP_DTLS_CONNECTED);
            buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(hop_dtls_receive(to, buf, cut, hop_now_us()), HOP_DTLS_CONNECTED);
        assert_int_equal(hop_dtls_receive(to, buf, len, hop_now_us()), HOP_DTLS_CLOSED);
        assert_int_equal(hop_dtls_state(from), HOP_DTLS_CLOSED);
        assert_int_equal(hop_dtls_next(from, buf), 0);
        hop_dtls_close(from); /* again: nothing */
        assert_int_equal(hop_dtls_next(from, buf), 0);
        pair_close(&p);
    }
}

/* The handshake limit follows the time that is passed in. */
static void a_client_that_stops_times_out(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buf[HOP_MTU];
    int64_t t = 1000;
    pair_open(&p, NULL, NULL);
    assert_true(hop_dtls_deadline(p.server, t) == INT64_MAX);
    hop_dtls_start(p.client, t);
    size_t len = hop_dtls_next(p.client, buf);
    assert_int_equal(hop_dtls_receive(p.server, buf, len, t), HOP_DTLS_HANDSHAKE);
    assert_true(hop_dtls_deadline(p.server, t) <= t + HOP_DTLS_HANDSHAKE_US);
    assert_int_equal(hop_dtls_timeout(p.server, t + HOP_DTLS_HANDSHAKE_US - 1), HOP_DTLS_HANDSHAKE);
    assert_int_equal(hop_dtls_timeout(p.server, t + HOP_DTLS_HANDSHAKE_US), HOP_DTLS_FAILED);
    assert_int_equal(hop_dtls_error(p.server), HOP_DTLS_ERROR_TIMEOUT);
    assert_true(hop_dtls_deadline(p.server, t) == INT64_MAX);
    pair_close(&p);
    /* ICE came up, but never a datagram of DTLS */
    pair_open(&p, NULL, NULL);
    hop_dtls_start(p.server, t);
    assert_true(hop_dtls_deadline(p.server, t) == t + HOP_DTLS_HANDSHAKE_US);
    assert_int_equal(hop_dtls_timeout(p.server, t + HOP_DTLS_HANDSHAKE_US), HOP_DTLS_FAILED);
    pair_close(&p);
}

/* A peer (or an attacker on its address) that repeats its last flight gets few answers. */
static void repeated_flights_are_bounded(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buf[HOP_MTU];
    pair_open(&p, NULL, NULL);
    run(&p);
    static const uint8_t finished[] = { 22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0 };
    unsigned answers = 0;
    int64_t t = hop_now_us();
    for (int i = 0; i < 1000; i++) {
        hop_dtls_receive(p.server, finished, sizeof(finished), t + i * 100000);
        while (hop_dtls_next(p.server, buf))
            answers++;
    }
    assert_in_range(answers, 1, 240); /* a flight that was sent twice counts twice */
    pair_close(&p);
}

static void memory_is_given_back(void **state)
{
    (void)state;
    enum { N = 50 };
    static struct pair pairs[N];
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < N; i++) {
        pair_open(&pairs[i], NULL, NULL);
        run(&pairs[i]);
        expect_connected(&pairs[i], HOP_SRTP_AEAD_AES_128_GCM);
    }
    struct mallinfo2 after = mallinfo2();
    size_t each = (after.uordblks - before.uordblks) / (2 * N);
    print_message("bytes per finished connection: %zu\n", each);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_in_range(each, 1, 2000);
#endif
    for (int i = 0; i < N; i++)
        pair_close(&pairs[i]);
}

static void fingerprint_text(void **state)
{
    (void)state;
    uint8_t out[HOP_MAX_FINGERPRINT];
    assert_int_equal(hop_dtls_fingerprint_parse(hop_dtls_cert_fingerprint(server_cert), out), 32);
    assert_int_equal(hop_dtls_fingerprint_parse("0a:Bc:FF", out), 3);
    assert_int_equal(out[0] << 16 | out[1] << 8 | out[2], 0x0abcff);
    const char *bad[] = { "", "0", "0a:", ":0a", "0a0b", "0a:b", "0g", "0a::0b", "0a:0b ", " 0a" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hop_dtls_fingerprint_parse(bad[i], out), 0);
    char longest[HOP_MAX_FINGERPRINT * 3 + 4];
    for (size_t i = 0; i < HOP_MAX_FINGERPRINT + 1; i++)
        memcpy(longest + 3 * i, "11:", 3);
    longest[HOP_MAX_FINGERPRINT * 3 - 1] = '\0';
    assert_int_equal(hop_dtls_fingerprint_parse(longest, out), HOP_MAX_FINGERPRINT);
    longest[HOP_MAX_FINGERPRINT * 3 - 1] = ':';
    longest[HOP_MAX_FINGERPRINT * 3 + 2] = '\0';
    assert_int_equal(hop_dtls_fingerprint_parse(longest, out), 0);
}

static int make_certs(void **state)
{
    (void)state;
    return hop_dtls_cert_new(&server_cert) || hop_dtls_cert_new(&client_cert);
}

static int free_certs(void **state)
{
    (void)state;
    hop_dtls_cert_free(server_cert);
    hop_dtls_cert_free(client_cert);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_128_is_preferred),
        cmocka_unit_test(each_profile),
        cmocka_unit_test(any_single_datagram_may_be_lost),
        cmocka_unit_test(garbage_is_ignored),
        cmocka_unit_test(wrong_fingerprint),
        cmocka_unit_test(other_hashes),
        cmocka_unit_test(no_common_profile),
        cmocka_unit_test(close_is_told_and_remembered),
        cmocka_unit_test(a_client_that_stops_times_out),
        cmocka_unit_test(repeated_flights_are_bounded),
        cmocka_unit_test(memory_is_given_back),
        cmocka_unit_test(fingerprint_text),
    };
    return cmocka_run_group_tests(tests, make_certs, free_certs);
}
