/* What strangers and forgers send: counted under its name, answered with nothing, and the
 * participant next to it goes on. */
#include "relay.h"

static const uint8_t opus_silence[] = { 0xf8, 0xff, 0xfe };

static void stranger_open(struct relay *r, struct client **out, const struct hop_peer_local *local)
{
    *out = relay_client(r);
    client_open(*out, candidate_of(local, false));
}

static size_t unanswered(struct client *c)
{
    struct hop_udp_datagram *got;
    return hop_udp_recv(c->udp, c->inbox, &got);
}

static void strangers_are_counted(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    struct client *stranger;
    stranger_open(r, &stranger, &j.local);
    static const uint8_t rtp[40] = { 0x80, 111, 0, 1 }, rtcp[8] = { 0x80, 201, 0, 1 };
    static const uint8_t hello[60] = { 22, 0xfe, 0xff }, other[5] = { 'G', 'E', 'T', ' ', '/' };
    client_send(stranger, rtp, sizeof(rtp));
    client_send(stranger, rtcp, sizeof(rtcp));
    client_send(stranger, hello, sizeof(hello));
    client_send(stranger, other, sizeof(other));
    relay_until(r, r->stats.drops[HOP_DROP_STRANGER] == 4);
    client_send(stranger, rtp, 0);
    uint8_t big[HOP_MAX_DATAGRAM + 100] = { 0x80 };
    client_send(stranger, big, sizeof(big));
    static const uint8_t cut[20] = { 0, 1, 0, 40, 0x21, 0x12, 0xa4, 0x42 };
    client_send(stranger, cut, sizeof(cut)); /* STUN that claims 40 bytes more than there are */
    relay_until(r, r->stats.drops[HOP_DROP_MALFORMED] == 3);
    assert_int_equal(unanswered(stranger), 0);
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    relay_stop(r);
}

static void checks_with_a_wrong_key_are_counted(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined wrong_key = relay_join(r, false), wrong_name = relay_join(r, false);
    client_check(wrong_key.client, &wrong_key.local, "not-the-password-of-that-one");
    memcpy(wrong_name.local.ufrag, "////////////", 12);
    client_check(wrong_name.client, &wrong_name.local, wrong_name.local.pwd);
    relay_until(r, r->stats.drops[HOP_DROP_STUN_AUTH] >= 2);
    assert_true(hop_checker_state(wrong_key.client->checker) != HOP_CHECKER_CONNECTED);
    assert_true(hop_checker_state(wrong_name.client->checker) != HOP_CHECKER_CONNECTED);
    /* And what follows from there is still a stranger's. */
    uint64_t strangers = r->stats.drops[HOP_DROP_STRANGER];
    static const uint8_t hello[60] = { 22, 0xfe, 0xff };
    client_send(wrong_key.client, hello, sizeof(hello));
    relay_until(r, r->stats.drops[HOP_DROP_STRANGER] > strangers);
    relay_stop(r);
}

/* A valid check is one participant's; it does not open another's line. */
static void a_check_proves_its_own_participant_only(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false), b = relay_join(r, false);
    struct hop_peer_local mixed = b.local; /* a knows his own password, not b's */
    client_check(a.client, &mixed, a.local.pwd);
    relay_until(r, r->stats.drops[HOP_DROP_STUN_AUTH] > 0);
    assert_null(relay_find(r, HOP_MEDIA_CONNECTED, b.id, 0));
    relay_stop(r);
}

static void srtp_before_the_keys_is_dropped(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_join(r, false);
    client_check(j.client, &j.local, j.local.pwd);
    relay_until(r, hop_checker_state(j.client->checker) == HOP_CHECKER_CONNECTED);
    static const uint8_t rtp[40] = { 0x80, 111, 0, 1 };
    client_send(j.client, rtp, sizeof(rtp));
    relay_until(r, r->stats.drops[HOP_DROP_NO_KEYS] == 1);
    relay_stop(r);
}

static void forged_replayed_and_cut_srtp_is_dropped(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    uint8_t plain[64] = { 0x80, 111, 0, 77 }, packet[CLIENT_PACKET];
    hop_put32(plain + 8, 1000);
    memcpy(plain + 12, opus_silence, sizeof(opus_silence));
    size_t len = client_protect(j.client, false, plain, 15, packet);

    client_send(j.client, packet, len - 1); /* cut */
    packet[20] ^= 1;
    client_send(j.client, packet, len); /* changed */
    packet[20] ^= 1;
    relay_until(r, r->stats.drops[HOP_DROP_SRTP_AUTH] == 2);
    assert_int_equal(r->stats.drops[HOP_DROP_REPLAY], 0);

    client_send(j.client, packet, len); /* itself */
    client_send(j.client, packet, len);
    client_send(j.client, packet, len);
    relay_until(r, r->stats.drops[HOP_DROP_REPLAY] == 2);
    assert_int_equal(r->stats.drops[HOP_DROP_SRTP_AUTH], 2);

    client_send(j.client, packet, 5); /* not even a header */
    relay_until(r, r->stats.drops[HOP_DROP_MALFORMED] == 1);
    relay_await(r, HOP_MEDIA_TRACK, j.id, 0); /* the one good packet arrived */
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    relay_stop(r);
}

/* Somebody else's port on the same machine, with the participant's own packets. */
static void a_copied_packet_from_elsewhere_is_a_strangers(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    struct client *stranger;
    uint8_t plain[64] = { 0x80, 111, 0, 77 }, packet[CLIENT_PACKET];
    hop_put32(plain + 8, 1000);
    size_t len = client_protect(j.client, false, plain, 15, packet);
    stranger_open(r, &stranger, &j.local);
    client_send(stranger, packet, len);
    relay_until(r, r->stats.drops[HOP_DROP_STRANGER] == 1);
    client_send(j.client, packet, len); /* it has not been used up */
    relay_await(r, HOP_MEDIA_TRACK, j.id, 0);
    assert_int_equal(r->stats.drops[HOP_DROP_REPLAY], 0);
    relay_stop(r);
}

static void garbage_of_a_participant_does_not_end_his_line(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    unsigned seed = 4711;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 2000; i++) {
        uint8_t data[200];
        size_t len = 1 + (size_t)rand_r(&seed) % sizeof(data);
        for (size_t b = 0; b < len; b++)
            data[b] = (uint8_t)rand_r(&seed);
        client_send(j.client, data, len);
    }
    relay_until(r, r->stats.rx_packets >= 2000);
    size_t from = r->n_events;
    for (uint16_t i = 0; i < 5; i++)
        client_send_rtp(j.client, 1000, 111, i, 960u * i, opus_silence, sizeof(opus_silence));
    relay_until(r, relay_find(r, HOP_MEDIA_TRACK, j.id, from));
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_counted),
        cmocka_unit_test(checks_with_a_wrong_key_are_counted),
        cmocka_unit_test(a_check_proves_its_own_participant_only),
        cmocka_unit_test(srtp_before_the_keys_is_dropped),
        cmocka_unit_test(forged_replayed_and_cut_srtp_is_dropped),
        cmocka_unit_test(a_copied_packet_from_elsewhere_is_a_strangers),
        cmocka_unit_test(garbage_of_a_participant_does_not_end_his_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
