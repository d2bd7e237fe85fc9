/* The line of one participant, from the first check to the last word: the real worker, ICE, DTLS
 * and SRTP over loopback sockets. */
#include "relay.h"

static void connects_on(const char *ip, bool tcp)
{
    struct relay *r = relay_on(ip);
    struct joined j = relay_connect(r, tcp);
    const struct hop_media_event *e = relay_find(r, HOP_MEDIA_CONNECTED, j.id, 0);
    assert_int_equal(e->room, r->room);
    assert_int_equal(e->path.profile, HOP_SRTP_AEAD_AES_128_GCM);
    assert_int_equal(e->path.tcp, tcp);
    if (!tcp)
        assert_true(hop_addr_equal(&e->path.remote, hop_udp_local(j.client->udp)));
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    relay_stop(r);
}

static void connects_over_udp(void **state)
{
    (void)state;
    connects_on("127.0.0.1", false);
}

static void connects_over_tcp(void **state)
{
    (void)state;
    connects_on("127.0.0.1", true);
}

static void connects_over_ipv6(void **state)
{
    (void)state;
    connects_on("::1", false);
    connects_on("::1", true);
}

/* DTLS with another certificate than the offer announced. */
static void refuses_a_foreign_certificate(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct client *c = relay_client(r);
    struct hop_peer_desc desc = relay_desc(c);
    struct hop_peer_local local;
    hop_peer_id id;
    desc.fingerprint[5] ^= 1;
    assert_int_equal(hop_media_peer_new(r->media, r->room, &desc, &id, &local), 0);
    client_open(c, candidate_of(&local, false));
    client_check(c, &local, local.pwd);
    client_dtls(c, hop_media_fingerprint(r->media));
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, id, 0)->gone, HOP_GONE_FINGERPRINT);
    assert_null(relay_find(r, HOP_MEDIA_CONNECTED, 0, 0));
    relay_until(r, hop_dtls_state(c->dtls) == HOP_DTLS_FAILED); /* it is told, too */
    relay_stop(r);
}

/* The other way: the client does not trust the relay's certificate and says so. */
static void the_client_may_refuse_the_relay(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_join(r, false);
    client_check(j.client, &j.local, j.local.pwd);
    client_dtls(j.client, hop_dtls_cert_fingerprint(j.client->cert));
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, j.id, 0)->gone, HOP_GONE_DTLS);
    relay_stop(r);
}

static struct relay *impatient_relay(int timeout_ms)
{
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    config.consent_timeout_ms = timeout_ms;
    return relay_start(&config);
}

static void one_who_never_answers_times_out(void **state)
{
    (void)state;
    struct relay *r = impatient_relay(200);
    struct joined silent = relay_join(r, false);
    struct joined half = relay_join(r, false); /* checks, but no DTLS */
    client_check(half.client, &half.local, half.local.pwd);
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, silent.id, 0)->gone, HOP_GONE_TIMEOUT);
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, half.id, 0)->gone, HOP_GONE_TIMEOUT);
    relay_stop(r);
}

static void one_who_vanishes_is_gone(void **state)
{
    (void)state;
    struct relay *r = impatient_relay(1500);
    struct joined j = relay_connect(r, false);
    relay_for(r, 2000000); /* longer than the timeout: his checks keep him */
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    hop_checker_set_silent(j.client->checker, true);
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, j.id, 0)->gone, HOP_GONE_CONSENT);
    relay_stop(r);
}

static void says_when_the_client_closes(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    hop_dtls_close(j.client->dtls);
    assert_int_equal(relay_await(r, HOP_MEDIA_GONE, j.id, 0)->gone, HOP_GONE_CLOSED);
    relay_stop(r);
}

static bool got_bye(const struct client *c)
{
    for (size_t i = 0; i < c->n_kept; i++) {
        const struct client_packet *p = &c->kept[i];
        for (size_t at = 0; p->rtcp && at + 4 <= p->len;) {
            if (p->data[at + 1] == 203)
                return true;
            at += 4 * ((size_t)hop_get16(p->data + at + 2) + 1);
        }
    }
    return false;
}

static void says_goodbye(bool tcp, bool whole_relay)
{
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, tcp);
    /* The client must hold the keys that it says BYE with: a packet first. */
    if (whole_relay) {
        hop_media_free(r->media);
        r->media = NULL;
        int64_t give_up_us = hop_now_us() + PATIENCE_US;
        while (hop_dtls_state(j.client->dtls) != HOP_DTLS_CLOSED && hop_now_us() < give_up_us) {
            struct pollfd p = { .fd = client_fd(j.client), .events = POLLIN };
            poll(&p, 1, 100);
            client_read(j.client, hop_now_us());
        }
    } else {
        hop_media_peer_free(r->media, j.id);
        relay_until(r, hop_dtls_state(j.client->dtls) == HOP_DTLS_CLOSED);
    }
    assert_int_equal(hop_dtls_state(j.client->dtls), HOP_DTLS_CLOSED);
    assert_true(got_bye(j.client));
    relay_stop(r);
}

static void says_goodbye_to_one(void **state)
{
    (void)state;
    says_goodbye(false, false);
    says_goodbye(true, false);
}

static void says_goodbye_to_all(void **state)
{
    (void)state;
    says_goodbye(false, true);
    says_goodbye(true, true);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static const uint8_t opus_silence[] = { 0xf8, 0xff, 0xfe };

/* One packet of his goes in with the SRTP context as it was: rx counts, nothing is refused. */
static void media_still_flows(struct relay *r, struct joined *j, uint16_t seq)
{
    uint64_t auth = r->stats.drops[HOP_DROP_SRTP_AUTH];
    size_t from = r->n_events;
    for (uint16_t i = 0; i < 5; i++)
        client_send_rtp(j->client, 1000, 111, (uint16_t)(seq + i), (uint32_t)(seq + i) * 960,
                        opus_silence, sizeof(opus_silence));
    relay_until(r, (relay_find(r, HOP_MEDIA_PEER_STATS, j->id, from) &&
                    relay_find(r, HOP_MEDIA_PEER_STATS, j->id, from)->stats.rx_packets > 0));
    assert_int_equal(r->stats.drops[HOP_DROP_SRTP_AUTH], auth);
    assert_int_equal(r->stats.drops[HOP_DROP_STRANGER], 0);
}

static void ice_restart_moves_the_line(bool from_tcp, bool to_tcp)
{
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, from_tcp);
    media_still_flows(r, &j, 100);
    struct hop_peer_local before = j.local;
    size_t from = r->n_events;

    client_credentials(j.client);
    client_describe(j.client, &j.desc);
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &j.desc, &j.local), 0);
    assert_string_not_equal(j.local.ufrag, before.ufrag);
    for (uint8_t i = 0; i < j.local.n_candidates; i++) /* sorted: the first of before is its best */
        assert_true(j.local.candidates[i].tcp ||
                    j.local.candidates[i].priority > before.candidates[0].priority);
    assert_string_not_equal(j.local.pwd, before.pwd);
    assert_int_equal(j.local.mix_ssrc, before.mix_ssrc);
    assert_int_equal(j.local.slots[1].ssrc, before.slots[1].ssrc);
    client_open(j.client, candidate_of(&j.local, to_tcp)); /* a new port */
    client_check(j.client, &j.local, j.local.pwd);

    const struct hop_media_event *e = relay_await(r, HOP_MEDIA_PATH, j.id, from);
    assert_int_equal(e->path.tcp, to_tcp);
    if (!to_tcp)
        assert_true(hop_addr_equal(&e->path.remote, hop_udp_local(j.client->udp)));
    media_still_flows(r, &j, 200);
    hop_media_peer_free(r->media, j.id); /* its last words reach the new port */
    relay_until(r, hop_dtls_state(j.client->dtls) == HOP_DTLS_CLOSED);
    assert_true(got_bye(j.client));
    assert_int_equal(j.client->n_bad, 0);
    relay_stop(r);
}

static void ice_restart_keeps_srtp(void **state)
{
    (void)state;
    ice_restart_moves_the_line(false, false);
}

static void ice_restart_between_udp_and_tcp(void **state)
{
    (void)state;
    ice_restart_moves_the_line(false, true);
    ice_restart_moves_the_line(true, false);
}

static void a_restart_may_append_slots(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    struct hop_peer_local before = j.local;
    client_credentials(j.client);
    client_describe(j.client, &j.desc);
    j.desc.slots[2] = j.desc.slots[0];
    memcpy(j.desc.slots[2].mid, "6", 2);
    j.desc.n_slots = 3;
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &j.desc, &j.local), 0);
    assert_int_equal(j.local.slots[0].ssrc, before.slots[0].ssrc);
    assert_true(j.local.slots[2].ssrc != 0 && j.local.slots[2].rtx_ssrc != 0);

    struct hop_peer_desc changed = j.desc;
    struct hop_peer_local out;
    changed.fingerprint[0] ^= 1;
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &changed, &out), -EINVAL);
    changed = j.desc;
    changed.n_slots = 2;
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &changed, &out), -EINVAL);
    changed = j.desc;
    changed.tracks[1].codecs[0].pt = 98;
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &changed, &out), -EINVAL);
    changed = j.desc;
    memcpy(changed.tracks[0].mid, "x", 2);
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &changed, &out), -EINVAL);
    relay_stop(r);
}

/* The client's address changes without signaling: a nominating check from the new one is enough. */
static void roams_with_an_authenticated_check(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    size_t from = r->n_events;
    client_open(j.client, candidate_of(&j.local, false));
    client_check(j.client, &j.local, j.local.pwd);
    const struct hop_media_event *e = relay_await(r, HOP_MEDIA_PATH, j.id, from);
    assert_true(hop_addr_equal(&e->path.remote, hop_udp_local(j.client->udp)));
    media_still_flows(r, &j, 500);
    relay_stop(r);
}

/* The only path, a TCP connection, breaks: suspended, not gone; back with a new connection. */
static void a_broken_connection_suspends(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, true);
    size_t from = r->n_events;
    hop_tcp_close(j.client->tcp);
    j.client->tcp = NULL;
    relay_await(r, HOP_MEDIA_SUSPENDED, j.id, from);
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    from = r->n_events;
    client_open(j.client, candidate_of(&j.local, true));
    client_check(j.client, &j.local, j.local.pwd);
    assert_true(relay_await(r, HOP_MEDIA_PATH, j.id, from)->path.tcp);
    media_still_flows(r, &j, 900);
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_over_udp),
        cmocka_unit_test(connects_over_tcp),
        cmocka_unit_test(connects_over_ipv6),
        cmocka_unit_test(refuses_a_foreign_certificate),
        cmocka_unit_test(the_client_may_refuse_the_relay),
        cmocka_unit_test(one_who_never_answers_times_out),
        cmocka_unit_test(one_who_vanishes_is_gone),
        cmocka_unit_test(says_when_the_client_closes),
        cmocka_unit_test(says_goodbye_to_one),
        cmocka_unit_test(says_goodbye_to_all),
        cmocka_unit_test(ice_restart_keeps_srtp),
        cmocka_unit_test(ice_restart_between_udp_and_tcp),
        cmocka_unit_test(a_restart_may_append_slots),
        cmocka_unit_test(roams_with_an_authenticated_check),
        cmocka_unit_test(a_broken_connection_suspends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
