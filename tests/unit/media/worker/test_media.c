/* The door: configuration and its errors, answers, ids that name nothing, a worker that is too
 * busy.
 */
#include "relay.h"

#include <stdatomic.h>

static int try_new(const struct hop_media_config *config, const char **detail)
{
    struct hop_media *media = NULL;
    *detail = "";
    int error = hop_media_new(config, &media, detail);
    if (error == 0)
        hop_media_free(media);
    else
        assert_null(media);
    return error;
}

static void a_taken_port_is_named(void **state)
{
    (void)state;
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    const char *detail;
    struct hop_udp *udp;
    struct hop_tcp_listener *listener;
    char expected[HOP_ADDR_TEXT + 8];

    assert_int_equal(hop_udp_open(&address.bind, 4096, &udp), 0);
    config.port = hop_udp_local(udp)->port;
    assert_int_equal(try_new(&config, &detail), -EADDRINUSE);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u/udp", config.port);
    assert_non_null(strstr(detail, expected));
    hop_udp_close(udp);

    assert_int_equal(hop_tcp_listen(&address.bind, &listener), 0);
    config.port = hop_tcp_listener_local(listener)->port;
    assert_int_equal(try_new(&config, &detail), -EADDRINUSE);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u/tcp", config.port);
    assert_non_null(strstr(detail, expected));
    config.tcp = false;
    assert_int_equal(try_new(&config, &detail), 0);
    hop_tcp_listener_close(listener);
}

static void a_wrong_configuration_is_named(void **state)
{
    (void)state;
    struct hop_media_address address;
    struct hop_media_config config = relay_config("203.0.113.77", &address);
    const char *detail;
    assert_int_equal(try_new(&config, &detail), -EADDRNOTAVAIL);
    assert_non_null(strstr(detail, "203.0.113.77"));

    config = relay_config("0.0.0.0", &address);
    assert_int_equal(try_new(&config, &detail), -EINVAL);
    assert_non_null(strstr(detail, "0.0.0.0"));

    config = relay_config("127.0.0.1", &address);
    assert_int_equal(hop_addr_parse("2001:db8::1", 0, &address.announced), 0);
    assert_int_equal(try_new(&config, &detail), -EINVAL);
    assert_non_null(strstr(detail, "announced"));

    config = relay_config("127.0.0.1", &address);
    config.port = 65535;
    config.workers = 2;
    assert_int_equal(try_new(&config, &detail), -EINVAL);
    assert_non_null(strstr(detail, "65535"));

    struct hop_media_address many[9];
    config = relay_config("127.0.0.1", &address);
    for (int i = 0; i < 9; i++)
        many[i] = address;
    config.addresses = many;
    config.n_addresses = 9;
    assert_int_equal(try_new(&config, &detail), -EINVAL);
    assert_non_null(strstr(detail, "at most 8"));
}

static void finds_its_own_addresses(void **state)
{
    (void)state;
    struct hop_media_config config = {
        .workers = 1,
        .tcp = true,
        .audio = { .bitrate_bps = 32000, .complexity = 3, .jitter_ms = 40, .max_talkers = 16 }
    };
    struct relay *r = relay_start(&config);
    struct client *c = relay_client(r);
    struct hop_peer_desc desc = relay_desc(c);
    struct hop_peer_local local;
    hop_peer_id id;
    assert_int_equal(hop_media_peer_new(r->media, r->room, &desc, &id, &local), 0);
    assert_true(local.n_candidates >= 2);
    for (int i = 0; i < local.n_candidates; i++)
        assert_true(local.candidates[i].addr.port != 0);
    relay_stop(r);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void an_answer_is_complete(void **state)
{
    (void)state;
    struct hop_media_address addresses[2] = { 0 };
    struct hop_media_config config = relay_config("127.0.0.1", addresses);
    assert_int_equal(hop_addr_parse("::1", 0, &addresses[1].bind), 0);
    assert_int_equal(hop_addr_parse("198.51.100.9", 0, &addresses[0].announced), 0);
    config.n_addresses = 2;
    struct relay *r = relay_start(&config);
    struct client *c = relay_client(r);
    struct hop_peer_desc desc = relay_desc(c);
    struct hop_peer_local l;
    hop_peer_id id;
    assert_int_equal(hop_media_peer_new(r->media, r->room, &desc, &id, &l), 0);

    assert_int_equal(l.n_candidates, 4);
    for (int i = 0; i < 4; i++) {
        char ip[HOP_ADDR_TEXT];
        assert_int_equal(l.candidates[i].tcp, i >= 2); /* UDP above TCP */
        assert_string_equal(hop_addr_format_ip(&l.candidates[i].addr, ip),
                            i % 2 ? "::1" : "198.51.100.9");
        assert_true(l.candidates[i].addr.port != 0);
        for (int j = 0; j < i; j++) {
            assert_true(l.candidates[j].priority > l.candidates[i].priority);
            assert_true(l.candidates[j].foundation != l.candidates[i].foundation);
        }
    }
    assert_int_equal(l.candidates[0].priority, 126u << 24 | 10256u << 8 | 255);
    assert_true(strlen(l.ufrag) >= 4 && strlen(l.pwd) >= 22); /* RFC 8839 §5.4 */
    assert_true(strlen(l.cname) > 0);
    uint32_t ssrcs[] = { l.mix_ssrc,          l.slots[0].ssrc,        l.slots[0].rtx_ssrc,
                         l.slots[1].ssrc,     l.slots[1].rtx_ssrc,    desc.tracks[0].ssrc,
                         desc.tracks[1].ssrc, desc.tracks[1].rtx_ssrc };
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(ssrcs[i] != 0 && ssrcs[i] != ssrcs[j]);
    relay_stop(r);
}

static void the_announced_port_wins_if_there_is_one(void **state)
{
    (void)state;
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    assert_int_equal(hop_addr_parse("198.51.100.9", 40404, &address.announced), 0);
    struct relay *r = relay_start(&config);
    struct client *c = relay_client(r);
    struct hop_peer_desc desc = relay_desc(c);
    struct hop_peer_local local;
    hop_peer_id id;
    assert_int_equal(hop_media_peer_new(r->media, r->room, &desc, &id, &local), 0);
    assert_int_equal(local.candidates[0].addr.port, 40404);
    relay_stop(r);
}

static int try_desc(struct relay *r, const struct hop_peer_desc *desc)
{
    hop_peer_id id;
    struct hop_peer_local local;
    return hop_media_peer_new(r->media, r->room, desc, &id, &local);
}

static void descriptions_are_checked(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    const struct hop_peer_desc good = relay_desc(relay_client(r));
    struct hop_peer_desc d;
    assert_int_equal(try_desc(r, &good), 0);
#define REFUSES(change)                                                                            \
    do {                                                                                           \
        d = good;                                                                                  \
        change;                                                                                    \
        assert_int_equal(try_desc(r, &d), -EINVAL);                                                \
    } while (0)
    REFUSES(d.n_tracks = HOP_MAX_TRACKS + 1);
    REFUSES(d.n_slots = HOP_MAX_SLOTS + 1);
    REFUSES(d.remote_ufrag[0] = '\0');
    REFUSES(d.remote_pwd[0] = '\0');
    REFUSES(memset(d.remote_ufrag, 'a', sizeof(d.remote_ufrag)));
    REFUSES(memcpy(d.fingerprint_hash, "md5", 4));
    REFUSES(d.fingerprint_len = 20);
    REFUSES(d.fingerprint_len = 0);
    REFUSES(d.fingerprint_len = HOP_MAX_FINGERPRINT + 1);
    REFUSES(d.tracks[0].n_codecs = HOP_MAX_CODECS + 1);
    REFUSES(d.tracks[0].codecs[0].pt = 128);
    REFUSES(d.tracks[1].n_rids = HOP_MAX_LAYERS + 1);
    REFUSES(d.tracks[1].source = HOP_SOURCES);
    REFUSES(memset(d.tracks[1].mid, 'a', sizeof(d.tracks[1].mid)));
    REFUSES(d.slots[1].n_codecs = HOP_MAX_CODECS + 1);
    REFUSES(d.mix_pt = 200);
    relay_stop(r);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void stale_ids_name_nothing(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined j = relay_connect(r, false);
    struct hop_peer_local local;
    hop_peer_id other;
    hop_room_id room = r->room, empty;
    struct hop_view_tile tile = { .peer = 12345, .source = HOP_SOURCE_CAMERA };

    assert_int_equal(hop_media_room_new(r->media, &empty), 0);
    hop_media_room_free(r->media, empty);
    hop_media_room_free(r->media, empty);
    hop_media_room_free(r->media, 0);
    hop_media_room_free(r->media, UINT64_MAX);
    assert_int_equal(hop_media_peer_new(r->media, empty, &j.desc, &other, &local), -ENOENT);

    hop_media_peer_free(r->media, j.id);
    hop_media_peer_free(r->media, j.id);
    hop_media_peer_free(r->media, 0);
    hop_media_set_allowed(r->media, j.id, 0);
    assert_int_equal(hop_media_set_view(r->media, j.id, &tile, 1), -ENOENT);
    assert_int_equal(hop_media_peer_restart(r->media, j.id, &j.desc, &local), -ENOENT);
    relay_until(r, hop_dtls_state(j.client->dtls) == HOP_DTLS_CLOSED);

    /* The room lives, and the next one in the same place is somebody else. */
    r->room = room;
    struct joined next = relay_connect(r, false);
    assert_true(next.id != j.id);
    assert_null(relay_find(r, HOP_MEDIA_GONE, 0, 0));
    relay_stop(r);
}

static void a_removed_room_takes_everyone_along(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false), b = relay_connect(r, true);
    hop_media_room_free(r->media, r->room);
    relay_until(r, hop_dtls_state(a.client->dtls) == HOP_DTLS_CLOSED &&
                       hop_dtls_state(b.client->dtls) == HOP_DTLS_CLOSED);
    relay_until(r, r->stats.peers == 0 && r->stats.rooms == 0 && r->stats.rx_packets > 0);
    assert_int_equal(hop_media_set_view(r->media, a.id, NULL, 0), -ENOENT);
    relay_stop(r);
}

static void rooms_spread_over_workers(void **state)
{
    (void)state;
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    config.workers = 2;
    struct relay *r = relay_start(&config);
    struct joined a = relay_connect(r, false);
    assert_int_equal(hop_media_room_new(r->media, &r->room), 0);
    struct joined b = relay_connect(r, false);
    assert_true(a.local.candidates[0].addr.port != b.local.candidates[0].addr.port);
    relay_stop(r);
}

static void there_is_a_limit_to_participants_and_rooms(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    const struct hop_peer_desc desc = relay_desc(relay_client(r));
    struct hop_peer_local local;
    hop_peer_id id, last = 0;
    int error = 0, n = 0;
    for (; error == 0 || error == -EAGAIN; relay_take_events(r)) {
        error = hop_media_peer_new(r->media, r->room, &desc, &id, &local);
        n += error == 0;
        last = error == 0 ? id : last;
        assert_true(n <= HOP_MAX_PEERS);
    }
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(n, HOP_MAX_PEERS);
    hop_media_peer_free(r->media, last);
    while ((error = hop_media_peer_new(r->media, r->room, &desc, &id, &local)) == -EAGAIN)
        relay_take_events(r);
    assert_int_equal(error, 0);

    hop_room_id room;
    for (n = 1, error = 0; error == 0; n += error == 0)
        for (int tries = 0; tries < 1000; tries++, relay_turn(r))
            if ((error = hop_media_room_new(r->media, &room)) == 0 || n == HOP_MAX_ROOMS)
                break;
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(n, HOP_MAX_ROOMS);
    relay_stop(r);
}

/* ---- a busy worker --------------------------------------------------------------------------- */

/* The wake-up callback runs on the worker: while it waits here, the worker takes no command. */
struct gate {
    int wake_fd;
    _Atomic bool closed, reached;
};

static void wait_at_gate(void *ctx)
{
    struct gate *g = ctx;
    relay_wake(&g->wake_fd);
    while (atomic_load(&g->closed)) {
        atomic_store(&g->reached, true);
        usleep(1000);
    }
}

static void a_full_ring_is_answered_and_nothing_is_lost(void **state)
{
    (void)state;
    struct gate gate = { 0 };
    struct hop_media_address address;
    struct hop_media_config config = relay_config("127.0.0.1", &address);
    gate.wake_fd = eventfd(0, EFD_NONBLOCK);
    config.wake = wait_at_gate;
    config.wake_ctx = &gate;
    struct relay *r = relay_start(&config);
    struct joined muted = relay_connect(r, false), removed = relay_connect(r, false);

    atomic_store(&gate.closed, true);
    relay_until(r, atomic_load(&gate.reached)); /* at the latest with the next statistics */
    int accepted = 0, error;
    while ((error = hop_media_set_view(r->media, muted.id, NULL, 0)) == 0)
        assert_true(++accepted < 100000);
    assert_int_equal(error, -EAGAIN);
    assert_true(accepted > 100);

    struct hop_peer_local local;
    hop_peer_id id;
    struct hop_peer_desc desc = relay_desc(relay_client(r));
    assert_int_equal(hop_media_peer_new(r->media, r->room, &desc, &id, &local), -EAGAIN);
    client_credentials(muted.client);
    client_describe(muted.client, &muted.desc);
    assert_int_equal(hop_media_peer_restart(r->media, muted.id, &muted.desc, &local), -EAGAIN);
    /* These have no answer and must not be lost. */
    hop_media_set_allowed(r->media, muted.id, 0);
    hop_media_peer_free(r->media, removed.id);
    assert_int_equal(hop_media_set_view(r->media, removed.id, NULL, 0), -ENOENT);

    atomic_store(&gate.closed, false);
    relay_until(r, hop_dtls_state(removed.client->dtls) == HOP_DTLS_CLOSED);
    static const uint8_t silence[] = { 0xf8, 0xff, 0xfe };
    uint16_t seq = 1;
    relay_until(r, (client_send_rtp(muted.client, 1000, 111, seq, 960u * seq, silence, 3), seq++,
                    r->stats.drops[HOP_DROP_MUTED] + r->stats.drops[HOP_DROP_NOT_ALLOWED] > 0));
    relay_stop(r);
    close(gate.wake_fd); /* the workers write to it until they have stopped */
}

/* Whoever sleeps on the wake-up alone misses nothing: the statistics come each second. */
static void every_event_wakes(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    for (int i = 0; i < 3; i++) {
        struct pollfd p = { .fd = r->wake_fd, .events = POLLIN };
        size_t before = r->n_events;
        assert_int_equal(poll(&p, 1, 10000), 1);
        relay_take_events(r);
        assert_true(r->n_events > before);
    }
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(a_wrong_configuration_is_named),
        cmocka_unit_test(finds_its_own_addresses),
        cmocka_unit_test(an_answer_is_complete),
        cmocka_unit_test(the_announced_port_wins_if_there_is_one),
        cmocka_unit_test(descriptions_are_checked),
        cmocka_unit_test(stale_ids_name_nothing),
        cmocka_unit_test(a_removed_room_takes_everyone_along),
        cmocka_unit_test(rooms_spread_over_workers),
        cmocka_unit_test(there_is_a_limit_to_participants_and_rooms),
        cmocka_unit_test(a_full_ring_is_answered_and_nothing_is_lost),
        cmocka_unit_test(every_event_wakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
