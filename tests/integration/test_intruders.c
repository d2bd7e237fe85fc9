/* What arrives at the media ports uninvited: STUN with a wrong key, DTLS with a wrong certificate,
 * RTP from strangers, replayed, cut and garbled; clients that begin and never finish. Each is
 * counted under its reason, and two participants in another room never notice (guards.h). */
#include "tests/integration/guards.h"
#include "tests/integration/raw.h"

#include "media/base/random.h"
#include "media/ice/stun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool counted(struct meeting *m, const char *reason, double at_least)
{
    char label[64];
    snprintf(label, sizeof(label), "reason=\"%s\"", reason);
    return rest_wait_at_least(&m->hopd, m->loop, "hop_worker_dropped_packets_total", label,
                              at_least, PATIENCE_MS);
}

/* Workers tell their figures once a second; from there on counters are known. */
static double count_now(struct meeting *m, const char *reason)
{
    assert_true(counted(m, reason, 0));
    return rest_dropped(&m->hopd, m->loop, reason);
}

static struct hop_client_remote remote_of(const struct hop_client *c)
{
    struct hop_client_answer answer;
    assert_true(hop_client_answer_read(hop_client_answer_sdp(c), &answer));
    return answer.remote;
}

/* ---- STUN --------------------------------------------------------------------------------------
 */

static size_t build_check(const char *ufrag, const char *password, uint8_t *buf)
{
    char username[600];
    uint8_t transaction[HOP_STUN_TRANSACTION] = { 1, 2, 3 };
    struct hop_stun_key *key = hop_stun_key_new(password, strlen(password));
    struct hop_stun_request request = { .transaction = transaction,
                                        .username = username,
                                        .priority = 1,
                                        .controlling = true,
                                        .use_candidate = true };
    snprintf(username, sizeof(username), "%s:evil", ufrag);
    request.username_len = strlen(username);
    size_t len = hop_stun_build_request(&request, key, buf, HOP_STUN_MAX_BUILT);
    hop_stun_key_free(key);
    assert_true(len > 0);
    return len;
}

static void checks_with_a_wrong_key_are_refused_and_counted(void **state)
{
    enum { CHECKS = 20 };
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", 500)),
                                meeting_join_media(m, meeting_talker("Bình", 1300)) };
    const double tones[] = { 500, 1300 };
    struct hop_client_remote remote = remote_of(c[0]);
    int port = hop_client_transport_remote(hop_client_transport_of(c[0])).port;
    uint8_t buf[HOP_STUN_MAX_BUILT];
    double before = count_now(m, "stun_auth");
    int fd = -1;
    for (int i = 0; i < CHECKS; i++) {
        raw_udp(&fd, port, buf, build_check(remote.ufrag, "not the password, at all", buf));
        raw_udp(&fd, port, buf, build_check("nobody", "not the password, at all", buf));
        memset(buf + 20, i, 8); /* no longer a STUN message */
        raw_udp(&fd, port, buf, 28);
    }
    assert_true(counted(m, "stun_auth", before + 2 * CHECKS));
    /* and the one whose name was used is where he was */
    assert_all_hear(m, c, tones, 2);
    close(fd);
}

/* ---- DTLS --------------------------------------------------------------------------------------
 */

static void a_wrong_certificate_gets_no_media_and_is_told(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join_media(m, meeting_talker("An", 500));
    struct hop_client_config liar = meeting_talker("Bình", 1300);
    liar.transport.wrong_fingerprint = true;
    struct hop_client *l = meeting_join(m, liar);
    assert_true(hop_client_wait_events(l, "media.lost", 1, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(l, "media.lost"), "reason")),
        "fingerprint");
    assert_int_equal(hop_client_state(l), HOP_CLIENT_JOINED);
    assert_ok(l, "chat", json_pack("{s:s}", "text", "tôi không nghe được"));
    assert_does_not_hear(c, 1300);
    assert_int_equal(hop_client_mix(l)->packets, 0);
    assert_true(hop_client_wait_events(c, "chat", 1, PATIENCE_MS));
}

static void no_common_cipher_is_told(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config odd = meeting_talker("Bình", 1300);
    odd.transport.srtp_profiles = "SRTP_AES128_CM_SHA1_32";
    struct hop_client *c = meeting_join(m, odd);
    assert_true(hop_client_wait_events(c, "media.lost", 1, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c, "media.lost"), "reason")), "dtls");
}

/* ---- RTP ---------------------------------------------------------------------------------------
 */

static void packets_of_strangers_are_counted(void **state)
{
    enum { PACKETS = 200 };
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", 500)),
                                meeting_join_media(m, meeting_talker("Bình", 1300)) };
    const double tones[] = { 500, 1300 };
    uint8_t packet[1500];
    struct hop_client_transport *t = hop_client_transport_of(c[0]);
    int port = hop_client_transport_remote(t).port, fd = -1;
    double before = count_now(m, "stranger");
    for (int i = 0; i < PACKETS; i++) {
        size_t len = hop_client_transport_last(t, packet, sizeof(packet));
        assert_true(len > 0);
        raw_udp(&fd, port, packet, len);
    }
    assert_true(counted(m, "stranger", before + PACKETS));
    assert_all_hear(m, c, tones, 2);
    close(fd);
}

static void replayed_and_garbled_packets_are_counted(void **state)
{
    enum { PACKETS = 100 };
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", 500)),
                                meeting_join_media(m, meeting_talker("Bình", 1300)) };
    const double tones[] = { 500, 1300 };
    uint8_t packet[1500];
    struct hop_client_transport *t = hop_client_transport_of(c[1]);
    struct meeting_mark mark = meeting_mark(c[0]);
    double replayed = count_now(m, "replay"), forged = count_now(m, "srtp_auth");
    assert_all_hear(m, c, tones, 2);
    for (int i = 0; i < PACKETS; i++) {
        size_t len = hop_client_transport_last(t, packet, sizeof(packet));
        assert_true(hop_client_transport_send_raw(t, packet, len));
        packet[2]++; /* another number */
        packet[len - 1] ^= 1;
        assert_true(hop_client_transport_send_raw(t, packet, len));
        meeting_run(m, 1);
    }
    assert_true(counted(m, "replay", replayed + PACKETS));
    assert_true(counted(m, "srtp_auth", forged + PACKETS));
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], mark);
}

static void cut_packets_and_noise_harm_nobody(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", 500)),
                                meeting_join_media(m, meeting_talker("Bình", 1300)) };
    const double tones[] = { 500, 1300 };
    uint8_t packet[1500];
    struct hop_client_transport *t = hop_client_transport_of(c[1]);
    struct meeting_mark mark = meeting_mark(c[0]);
    assert_all_hear(m, c, tones, 2);
    size_t len = hop_client_transport_last(t, packet, sizeof(packet));
    for (size_t n = 1; n < len; n++)
        hop_client_transport_send_raw(t, packet, n);
    for (int i = 0; i < 3000; i++) {
        size_t n = 1 + hop_random32() % 1400;
        hop_random_bytes(packet, n);
        /* as RTP, RTCP, DTLS, STUN, and as anything */
        static const uint8_t first[] = { 0x80, 0x90, 0x81, 22, 23, 0, 1 };
        if (i % 8 < 7)
            packet[0] = first[i % 8];
        if (i % 8 == 2 && n > 1)
            packet[1] = (uint8_t)(200 + i % 8);
        hop_client_transport_send_raw(t, packet, n);
        if (i % 50 == 0)
            meeting_run(m, 2);
    }
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], mark);
    assert_int_equal(hop_client_count(c[1], "media.lost"), 0);
}

static void noise_on_ice_tcp_closes_the_connection_only(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config tcp = meeting_talker("Bình", 1300);
    tcp.transport.tcp = true;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", 500)),
                                meeting_join_media(m, tcp) };
    const double tones[] = { 500, 1300 };
    int port = hop_client_transport_remote(hop_client_transport_of(c[1])).port;
    int fds[8];
    for (int i = 0; i < 8; i++) {
        char noise[2001];
        for (size_t k = 0; k < sizeof(noise) - 1; k++)
            noise[k] = (char)(1 + hop_random32() % 255);
        noise[sizeof(noise) - 1] = '\0';
        fds[i] = raw_tcp(port, i ? noise : "\xff\xff");
    }
    assert_all_hear(m, c, tones, 2);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
}

/* ---- crowds ------------------------------------------------------------------------------------
 */

static bool alone(void *ctx)
{
    return json_object_size(hop_client_participants(ctx)) == 1;
}

static void a_hundred_come_and_go_and_leave_nothing(void **state)
{
    enum { ROUNDS = 10, AT_ONCE = 10 };
    struct meeting *m = *state;
    struct hop_client *host = meeting_join_media(m, meeting_talker("An", 500));
    /* those of the tests before have been waited for */
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_participants", NULL, 3, PATIENCE_MS));
    double fds = rest_metric(&m->hopd, m->loop, "process_open_fds", NULL);
    for (int round = 0; round < ROUNDS; round++) {
        struct hop_client *c[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++)
            c[i] = meeting_enter(m, meeting_viewer("Khách", 1300, 2, 4));
        for (int i = 0; i < AT_ONCE; i++) {
            assert_true(hop_client_wait_joined(c[i], PATIENCE_MS));
            if (i % 3 == 0)
                assert_true(hop_client_wait_media(c[i], PATIENCE_MS));
            if (i % 2)
                hop_client_leave(c[i]); /* the others just go */
            else
                assert_ok(c[i], "leave", NULL);
        }
        for (int i = 0; i < AT_ONCE; i++)
            meeting_drop(m, c[i]);
    }
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_participants", NULL, 3, PATIENCE_MS));
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_worker_peers", NULL, 3, PATIENCE_MS));
    assert_true(
        rest_wait_at_most(&m->hopd, m->loop, "process_open_fds", NULL, fds + 2, PATIENCE_MS));
    /* the server's counters may be ahead of what the host has read */
    assert_true(hop_client_loop_run(m->loop, alone, host, (int64_t)PATIENCE_MS * 1000));
    assert_int_equal(hop_client_seq_gaps(host), 0);
}

/* ---- beginnings without an end ------------------------------------------------------------------
 */

enum { IDLE = 20 };

static bool idle_closed(void *ctx)
{
    return raw_count_closed(ctx, IDLE) == IDLE;
}

/* Who never does ICE, and who does ICE and no DTLS, is told after 30 s; idle ICE-TCP connections
 * are closed after 10. */
static void who_never_finishes_is_told_and_forgotten(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config tcp = meeting_talker("An", 500);
    struct hop_client_config silent = meeting_talker("Bình", 1300), half = silent;
    tcp.transport.tcp = true;
    struct hop_client *c = meeting_join_media(m, tcp);
    silent.transport.silent = true;
    half.name = "Chi";
    half.transport.no_dtls = true;
    struct hop_client *stuck[] = { meeting_join(m, silent), meeting_join(m, half) };
    int port = hop_client_transport_remote(hop_client_transport_of(c)).port, fds[IDLE];
    for (int i = 0; i < IDLE; i++)
        fds[i] = raw_tcp(port, i % 2 ? "" : "\x01");
    assert_true(meeting_until(m, idle_closed, fds, 20000));
    for (int i = 0; i < IDLE; i++)
        close(fds[i]);
    for (int i = 0; i < 2; i++) {
        assert_true(hop_client_wait_events(stuck[i], "media.lost", 1, 40000));
        assert_string_equal(
            json_string_value(json_object_get(hop_client_last(stuck[i], "media.lost"), "reason")),
            "timeout");
        assert_int_equal(hop_client_state(stuck[i]), HOP_CLIENT_JOINED);
    }
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_worker_peers", NULL, 3, PATIENCE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        guarded_test(checks_with_a_wrong_key_are_refused_and_counted),
        guarded_test(a_wrong_certificate_gets_no_media_and_is_told),
        guarded_test(no_common_cipher_is_told),
        guarded_test(packets_of_strangers_are_counted),
        guarded_test(replayed_and_garbled_packets_are_counted),
        guarded_test(cut_packets_and_noise_harm_nobody),
        guarded_test(noise_on_ice_tcp_closes_the_connection_only),
        guarded_test(a_hundred_come_and_go_and_leave_nothing),
        guarded_test(who_never_finishes_is_told_and_forgotten),
    };
    return cmocka_run_group_tests(tests, guards_begin, meeting_end);
}
