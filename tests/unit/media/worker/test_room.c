/* What a room is for: sound and pictures from one client to the others, through the real route and
 * the real mix. */
#include "relay.h"

#include <math.h>
#include <opus.h>

enum { FRAME = 960, LEVEL_EXT = 2 };

/* A talker: a 20 ms Opus frame of a tone whenever one is due. */
struct talker {
    struct client *client;
    OpusEncoder *encoder;
    double hz;
    uint16_t seq;
    uint32_t timestamp;
    int64_t due_us;
};

static void talker_init(struct talker *t, struct client *client, double hz)
{
    *t = (struct talker){ .client = client, .hz = hz, .due_us = hop_now_us() };
    t->encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, NULL);
    assert_non_null(t->encoder);
}

static void talker_turn(struct talker *t)
{
    int16_t pcm[FRAME];
    uint8_t plain[CLIENT_PACKET] = { 0x90, 111 };
    if (hop_now_us() < t->due_us)
        return;
    t->due_us += 20000;
    for (int i = 0; i < FRAME; i++)
        pcm[i] = (int16_t)(8000 * sin(2 * M_PI * t->hz * (t->timestamp + (uint32_t)i) / 48000));
    hop_put16(plain + 2, t->seq++);
    hop_put32(plain + 4, t->timestamp);
    hop_put32(plain + 8, 1000);
    t->timestamp += FRAME;
    hop_put32(plain + 12, 0xbede0001); /* RFC 8285, one word: voice, -15 dBov */
    plain[16] = LEVEL_EXT << 4;
    plain[17] = 0x80 | 15;
    int n = opus_encode(t->encoder, pcm, FRAME, plain + 20, 400);
    assert_true(n > 0);
    client_send_plain(t->client, plain, 20 + (size_t)n);
}

/* The tone's share in what that client has heard so far, 0..1 of full scale. */
static double heard(const struct client *c, uint32_t ssrc, double hz)
{
    OpusDecoder *decoder = opus_decoder_create(48000, 1, NULL);
    double re = 0, im = 0;
    long n = 0;
    for (size_t k = 0; k < c->n_kept; k++) {
        const struct client_packet *p = &c->kept[k];
        if (p->rtcp || hop_get32(p->data + 8) != ssrc)
            continue;
        size_t at = 12 + 4 * (size_t)(p->data[0] & 15);
        if (p->data[0] & 0x10)
            at += 4 + 4 * (size_t)hop_get16(p->data + at + 2);
        int16_t pcm[5760];
        int samples = opus_decode(decoder, p->data + at, (int)(p->len - at), pcm, 5760, 0);
        assert_true(samples > 0);
        for (int i = 0; i < samples; i++, n++) {
            re += pcm[i] * cos(2 * M_PI * hz * (double)n / 48000);
            im += pcm[i] * sin(2 * M_PI * hz * (double)n / 48000);
        }
    }
    opus_decoder_destroy(decoder);
    return n ? 2 * sqrt(re * re + im * im) / (double)n / 32768 : 0;
}

static void everyone_hears_the_others_and_not_himself(bool tcp)
{
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, tcp), b = relay_connect(r, false), c = relay_connect(r, tcp);
    struct talker at, bt;
    talker_init(&at, a.client, 440);
    talker_init(&bt, b.client, 1000);
    relay_until(r, (talker_turn(&at), talker_turn(&bt),
                    client_count(c.client, c.local.mix_ssrc) >= 75 &&
                        client_count(a.client, a.local.mix_ssrc) >= 60 &&
                        client_count(b.client, b.local.mix_ssrc) >= 60));
    /* 0.24 goes in; a stretch of silence at the beginning and phase steps may halve it */
    assert_true(heard(c.client, c.local.mix_ssrc, 440) > 0.08);
    assert_true(heard(c.client, c.local.mix_ssrc, 1000) > 0.08);
    assert_true(heard(a.client, a.local.mix_ssrc, 1000) > 0.08);
    assert_true(heard(b.client, b.local.mix_ssrc, 440) > 0.08);
    assert_true(heard(a.client, a.local.mix_ssrc, 440) < 0.01);
    assert_true(heard(b.client, b.local.mix_ssrc, 1000) < 0.01);
    assert_int_equal(a.client->n_bad + b.client->n_bad + c.client->n_bad, 0);

    const struct hop_media_event *track = relay_await(r, HOP_MEDIA_TRACK, a.id, 0);
    assert_int_equal(track->track.source, HOP_SOURCE_MICROPHONE);
    assert_true(track->track.active);
    opus_encoder_destroy(at.encoder);
    opus_encoder_destroy(bt.encoder);
    relay_stop(r);
}

static void hears_over_udp(void **state)
{
    (void)state;
    everyone_hears_the_others_and_not_himself(false);
}

static void hears_over_tcp(void **state)
{
    (void)state;
    everyone_hears_the_others_and_not_himself(true);
}

static const struct hop_media_event *last_speaking(const struct relay *r)
{
    for (size_t i = r->n_events; i-- > 0;)
        if (r->events[i].type == HOP_MEDIA_SPEAKING)
            return &r->events[i];
    return NULL;
}

static void tells_who_speaks_and_when_he_stops(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false);
    relay_connect(r, false);
    struct talker t;
    talker_init(&t, a.client, 440);
    relay_until(r, (talker_turn(&t), last_speaking(r)));
    assert_int_equal(last_speaking(r)->room, r->room);
    assert_int_equal(last_speaking(r)->speaking.n, 1);
    assert_int_equal(last_speaking(r)->speaking.peers[0], a.id);
    for (int64_t end = hop_now_us() + 1000000; hop_now_us() < end; relay_turn(r))
        talker_turn(&t);
    size_t n = 0;
    for (size_t i = 0; i < r->n_events; i++)
        n += r->events[i].type == HOP_MEDIA_SPEAKING;
    assert_in_range(n, 2, 8); /* at most five a second */
    relay_until(r, last_speaking(r)->speaking.n == 0);
    opus_encoder_destroy(t.encoder);
    relay_stop(r);
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* A VP8 key frame of one packet (RFC 7741 §4.2, RFC 6386 §9.1): enough for a forwarder. */
static void send_key_frame(struct client *c, uint16_t seq)
{
    uint8_t plain[600] = { 0x80, 0x80 | 96 };
    static const uint8_t head[] = { 0x10,                               /* S: a partition begins */
                                    0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, /* key frame, start code */
                                    0x40, 0x01, 0xf0, 0x00 };           /* 320 × 240 */
    hop_put16(plain + 2, seq);
    hop_put32(plain + 4, 3000u * seq);
    hop_put32(plain + 8, 2000);
    memcpy(plain + 12, head, sizeof(head));
    client_send_plain(c, plain, sizeof(plain));
}

static bool shows(const struct relay *r, hop_peer_id viewer, hop_peer_id whom)
{
    for (size_t i = r->n_events; i-- > 0;) {
        const struct hop_media_event *e = &r->events[i];
        if (e->type == HOP_MEDIA_SLOTS && e->peer == viewer)
            return e->slots.n > 0 && e->slots.slots[0].peer == whom;
    }
    return false;
}

static void a_camera_fills_the_slot_that_asks_for_it(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false), b = relay_connect(r, true);
    struct hop_view_tile tile = { .peer = a.id, .source = HOP_SOURCE_CAMERA, .height = 240 };
    uint16_t seq = 1;
    assert_int_equal(hop_media_set_view(r->media, b.id, &tile, 1), 0);
    relay_until(r, (send_key_frame(a.client, seq), seq++,
                    shows(r, b.id, a.id) && client_count(b.client, b.local.slots[0].ssrc) >= 10));
    assert_int_equal(client_count(a.client, a.local.slots[0].ssrc), 0); /* nobody sees himself */
    assert_int_equal(b.client->n_bad, 0);
    hop_media_peer_free(r->media, a.id);
    relay_until(r, shows(r, b.id, 0));
    relay_stop(r);
}

static void a_muted_source_is_dropped_here(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false), b = relay_connect(r, false);
    struct hop_view_tile tile = { .peer = a.id, .source = HOP_SOURCE_CAMERA };
    uint16_t seq = 1;
    assert_int_equal(hop_media_set_view(r->media, b.id, &tile, 1), 0);
    relay_until(r, (send_key_frame(a.client, seq), seq++,
                    client_count(b.client, b.local.slots[0].ssrc) >= 5));
    hop_media_set_allowed(r->media, a.id, HOP_SOURCE_ALL & ~HOP_SOURCE_BIT(HOP_SOURCE_CAMERA));
    relay_until(r, (send_key_frame(a.client, seq), seq++,
                    r->stats.drops[HOP_DROP_NOT_ALLOWED] + r->stats.drops[HOP_DROP_MUTED] > 0));
    relay_turn(r);
    size_t before = client_count(b.client, b.local.slots[0].ssrc);
    uint64_t dropped = r->stats.drops[HOP_DROP_NOT_ALLOWED] + r->stats.drops[HOP_DROP_MUTED];
    for (int i = 0; i < 20; i++)
        send_key_frame(a.client, seq++);
    relay_until(r, r->stats.drops[HOP_DROP_NOT_ALLOWED] + r->stats.drops[HOP_DROP_MUTED] >=
                       dropped + 20);
    assert_int_equal(client_count(b.client, b.local.slots[0].ssrc), before);
    relay_stop(r);
}

static void counts_what_flows(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false);
    uint16_t seq = 1;
    relay_until(r, (send_key_frame(a.client, seq), seq++,
                    relay_find(r, HOP_MEDIA_PEER_STATS, a.id, 0) && r->stats.rx_packets > 50 &&
                        r->stats.tx_packets > 0));
    size_t from = r->n_events;
    relay_until(
        r, (send_key_frame(a.client, seq), seq++, relay_find(r, HOP_MEDIA_PEER_STATS, a.id, from)));
    const struct hop_stream_stats *s = &relay_find(r, HOP_MEDIA_PEER_STATS, a.id, from)->stats;
    assert_true(s->rx_packets > 0 && s->rx_bps > 0);
    assert_int_equal(r->stats.rooms, 1);
    assert_int_equal(r->stats.peers, 1);
    assert_true(r->stats.cpu_us > 0);
    assert_true(r->stats.rx_bytes > r->stats.rx_packets);
    hop_media_dump(r->media); /* for people; here that it does not fall over */
    relay_for(r, 20000);
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hears_over_udp),
        cmocka_unit_test(hears_over_tcp),
        cmocka_unit_test(tells_who_speaks_and_when_he_stops),
        cmocka_unit_test(a_camera_fills_the_slot_that_asks_for_it),
        cmocka_unit_test(a_muted_source_is_dropped_here),
        cmocka_unit_test(counts_what_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
