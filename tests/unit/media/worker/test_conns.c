/* ICE-TCP connections that prove nothing, send nonsense, or do not read. */
#include "relay.h"

static struct relay *impatient_relay(int timeout_ms)
{
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    config.consent_timeout_ms = timeout_ms;
    return relay_start(&config);
}

static bool closed_by_relay(struct hop_tcp_conn *conn)
{
    uint8_t byte;
    ssize_t n = hop_tcp_recv(conn, &byte, 1);
    return n != -EAGAIN;
}

static void an_unproven_connection_is_closed_after_a_while(void **state)
{
    (void)state;
    struct relay *r = impatient_relay(300);
    struct joined j = relay_join(r, false);
    struct hop_tcp_conn *conn;
    assert_int_equal(hop_tcp_connect(&candidate_of(&j.local, true)->addr, &conn), 0);
    relay_until(r, closed_by_relay(conn));
    hop_tcp_close(conn);
    relay_stop(r);
}

/* The limit holds, and a participant still gets in as soon as the others are gone. */
static void unproven_connections_are_limited(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_join(r, true);
    enum { CONNS = HOP_MAX_UNAUTH_TCP + 40 };
    struct hop_tcp_conn *conns[CONNS];
    for (int i = 0; i < CONNS; i++)
        assert_int_equal(hop_tcp_connect(&candidate_of(&j.local, true)->addr, &conns[i]), 0);
    /* one place is taken by j's own connection, which proves nothing yet either */
    relay_until(r, r->stats.drops[HOP_DROP_STRANGER] == 40 + 1);
    for (int i = 0; i < CONNS; i++)
        hop_tcp_close(conns[i]);
    relay_for(r, 50000);
    struct joined late = relay_join(r, true);
    client_check(late.client, &late.local, late.local.pwd);
    client_dtls(late.client, hop_media_fingerprint(r->media));
    relay_await(r, HOP_MEDIA_CONNECTED, late.id, 0);
    relay_stop(r);
}

static void frames_of_strangers_are_counted(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_join(r, true);
    static const uint8_t rtp[40] = { 0x80, 111, 0, 1 };
    client_send(j.client, rtp, sizeof(rtp));
    client_send(j.client, rtp, 1);
    relay_until(r, r->stats.drops[HOP_DROP_STRANGER] == 2);
    relay_stop(r);
}

static void an_oversized_frame_ends_the_connection(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_join(r, true);
    static const uint8_t head[] = { 0xff, 0xff, 1, 2, 3 };
    assert_int_equal(hop_tcp_queue(j.client->tcp, head, sizeof(head), NULL, 0, 100), 0);
    assert_int_equal(hop_tcp_flush(j.client->tcp), 0);
    relay_until(r, j.client->tcp_closed);
    relay_until(r, r->stats.drops[HOP_DROP_MALFORMED] == 1);
    relay_stop(r);
}

/* A connection that belongs to one participant takes no check of another. */
static void a_connection_keeps_its_owner(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, true), b = relay_join(r, false);
    uint64_t refused = r->stats.drops[HOP_DROP_STUN_AUTH];
    client_check(a.client, &b.local, b.local.pwd); /* valid, but on a's connection */
    relay_until(r, r->stats.drops[HOP_DROP_STUN_AUTH] > refused);
    assert_true(hop_checker_state(a.client->checker) != HOP_CHECKER_CONNECTED);
    relay_stop(r);
}

static void removing_the_participant_closes_his_connection(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, true);
    hop_media_peer_free(r->media, j.id);
    relay_until(r, j.client->tcp_closed);
    assert_int_equal(hop_dtls_state(j.client->dtls), HOP_DTLS_CLOSED); /* said before it closed */
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unproven_connection_is_closed_after_a_while),
        cmocka_unit_test(unproven_connections_are_limited),
        cmocka_unit_test(frames_of_strangers_are_counted),
        cmocka_unit_test(an_oversized_frame_ends_the_connection),
        cmocka_unit_test(a_connection_keeps_its_owner),
        cmocka_unit_test(removing_the_participant_closes_his_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
