/* A room that forwards voices: who gets a place, what each listener gets on his slots, and the way
 * from the mix and back. */
#include "tests/unit/media/route/fixture.h"

enum { TALKERS = 8, MAX_PT = 100, RED_PT = 63, FRAME_US = 20000 };

struct vr {
    struct fx fx; /* first: the ops' context */
    struct hop_voice_state told[TALKERS][HOP_MAX_VOICES];
    unsigned reports;
    int filler; /* bytes of a payload beside its name */
    unsigned copies;
    uint64_t copy_seq;
    uint32_t copy_timestamp;
    uint8_t copy_byte;
    uint16_t seq[TALKERS];
    uint32_t timestamp[TALKERS];
    int64_t seen_us[TALKERS]; /* when that one last heard anything */
};

static void told(void *ctx, uint32_t peer, const struct hop_voice_state *voices, uint8_t n)
{
    struct vr *v = ctx;
    v->reports++;
    memset(v->told[peer], 0, sizeof(v->told[peer]));
    memcpy(v->told[peer], voices, n * sizeof(*voices));
}

static void copied(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                   uint32_t timestamp, const uint8_t *payload, size_t len, int64_t now_us)
{
    struct vr *v = ctx;
    (void)peer, (void)now_us;
    assert_int_equal(source, HOP_SOURCE_MICROPHONE);
    assert_true(len > 0);
    v->copies++;
    v->copy_seq = ext_seq;
    v->copy_timestamp = timestamp;
    v->copy_byte = payload[0];
}

static int setup(void **state)
{
    static const struct hop_route_ops ops = { .tx_begin = fx_begin,
                                              .tx_commit = fx_commit,
                                              .voice = fx_voice,
                                              .voice_copy = copied,
                                              .voice_reset = fx_voice_reset,
                                              .track = fx_track,
                                              .slots = fx_slots,
                                              .voices = told,
                                              .demand = fx_demand,
                                              .line = fx_line,
                                              .decision = fx_decision,
                                              .drop = fx_drop };
    struct vr *v = calloc(1, sizeof(*v));
    assert_non_null(v);
    v->fx.now_us = 10000000;
    v->filler = 40;
    assert_int_equal(hop_route_new(&ops, v, 1, &v->fx.route), 0);
    for (uint32_t p = 0; p < TALKERS; p++) {
        v->seq[p] = (uint16_t)(65530 + p); /* wraps under way */
        v->timestamp[p] = 0xffff0000u + p * 1000;
    }
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    struct vr *v = *state;
    hop_route_free(v->fx.route);
    free(v);
    return 0;
}

static void enter(struct vr *v, uint32_t peer, uint8_t slots)
{
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(peer, &d, &l);
    d.tracks[0].red_pt = RED_PT;
    struct hop_track_desc *t = &d.tracks[d.n_tracks++];
    *t = (struct hop_track_desc){ .source = HOP_SOURCE_SCREEN_AUDIO, .mid = "sa", .n_codecs = 1 };
    t->codecs[0] = (struct hop_codec_desc){ HOP_CODEC_OPUS, FX_OPUS, 0xff };
    t->ssrc = 1000 * (peer + 1) + HOP_SOURCE_SCREEN_AUDIO;
    d.n_voices = slots;
    for (uint8_t i = 0; i < slots; i++) {
        d.voices[i].pt = (uint8_t)(MAX_PT + peer);
        l.voices[i] = 0x53000000u + peer * 16 + i;
    }
    assert_int_equal(hop_route_peer_add(v->fx.route, peer, fx_id(peer), &d, &l), 0);
    hop_route_peer_connected(v->fx.route, peer, v->fx.now_us);
}

static void policy(struct vr *v, enum hop_audio_policy policy, unsigned places)
{
    hop_route_set_audio(v->fx.route, &(struct hop_room_audio){ .policy = policy }, places,
                        v->fx.now_us);
}

/* The next packet of that peer's source; its payload tells who and which. Level 0xff: none. */
static void say_on(struct vr *v, uint32_t peer, enum hop_source source, uint8_t level)
{
    uint8_t packet[200];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, FX_OPUS, false, v->seq[peer], v->timestamp[peer],
                        1000 * (peer + 1) + source);
    if (level != 0xff)
        hop_rtp_header_add_audio_level(&h, 4, level < 60, level);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    packet[n++] = (uint8_t)peer;
    packet[n++] = (uint8_t)source;
    hop_put16(packet + n, v->seq[peer]);
    n += 2;
    for (int i = 0; i < v->filler; i++)
        packet[n++] = (uint8_t)(v->seq[peer] * 7 + i);
    v->seq[peer]++;
    v->timestamp[peer] += 960;
    hop_route_rtp(v->fx.route, peer, packet, n, v->fx.now_us);
}

static void say(struct vr *v, uint32_t peer, uint8_t level)
{
    say_on(v, peer, HOP_SOURCE_MICROPHONE, level);
}

/* A frame of time in which those with a level (0: silent client) send. */
static void frame(struct vr *v, const uint8_t levels[TALKERS])
{
    for (uint32_t p = 0; p < TALKERS; p++)
        if (levels[p] != 0)
            say(v, p, levels[p]);
    v->fx.now_us += FRAME_US;
    hop_route_tick(v->fx.route, v->fx.now_us, 0);
}

static void frames(struct vr *v, int n, const uint8_t levels[TALKERS])
{
    while (n-- > 0)
        frame(v, levels);
}

/* Voices that left for that listener since the last look, by talker; forgets all packets. */
static unsigned heard_of(struct vr *v, uint32_t listener, uint32_t talker)
{
    unsigned n = 0;
    for (size_t i = 0; i < v->fx.n; i++) {
        const struct fx_packet *p = &v->fx.packets[i];
        n += p->peer == listener && p->class == HOP_TX_AUDIO && p->view.ssrc >> 24 == 0x53 &&
             p->data[p->view.payload_offset] == talker;
    }
    return n;
}

static void forget(struct vr *v)
{
    v->fx.n = 0;
}

/* Each sees every other's packets as they are, under his own slots' SSRCs and payload type. */
static void everyone_hears_the_others(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 3; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 3);
    const uint8_t levels[TALKERS] = { 20, 30, 40 };
    frames(v, 10, levels);
    for (uint32_t listener = 0; listener < 3; listener++)
        for (uint32_t talker = 0; talker < 3; talker++)
            assert_int_equal(heard_of(v, listener, talker), listener == talker ? 0 : 10);
    uint16_t next[3][3] = { 0 };
    bool begun[3][3] = { 0 };
    for (size_t i = 0; i < v->fx.n; i++) {
        const struct fx_packet *p = &v->fx.packets[i];
        if (p->class != HOP_TX_AUDIO)
            continue;
        const uint8_t *payload = p->data + p->view.payload_offset;
        uint32_t talker = payload[0];
        assert_int_equal(p->view.payload_len, 44);
        for (int b = 0; b < 40; b++)
            assert_int_equal(payload[4 + b], (uint8_t)(hop_get16(payload + 2) * 7 + b));
        assert_int_equal(p->view.pt, MAX_PT + p->peer);
        assert_int_equal(p->view.ssrc & 0xfffffff0u, 0x53000000u + p->peer * 16);
        assert_int_equal(p->view.marker, !begun[p->peer][talker]);
        if (begun[p->peer][talker])
            assert_int_equal(p->view.seq, next[p->peer][talker]);
        begun[p->peer][talker] = true;
        next[p->peer][talker] = (uint16_t)(p->view.seq + 1);
        bool voice;
        uint8_t level;
        assert_true(hop_rtp_get_audio_level(p->data, &p->view, 4, &voice, &level));
        assert_int_equal(level, levels[talker]);
    }
    assert_int_equal(v->fx.voices, 0); /* nothing was decoded for it */
    struct hop_route_speakers s;
    assert_true(hop_route_speaking(v->fx.route, &s));
    assert_int_equal(s.n, 3);
    assert_int_equal(s.levels[0], 20);
}

static void slots_are_told(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 4; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 3);
    frames(v, 10, (uint8_t[TALKERS]){ 20, 127, 127, 127 });
    assert_true(v->told[1][0].peer == fx_id(0));
    assert_true(v->told[0][0].peer == 0);
    unsigned before = v->reports;
    /* he pauses and goes on: the same slot, nothing to tell */
    frames(v, 50, (uint8_t[TALKERS]){ 127, 127, 127, 127 });
    frames(v, 10, (uint8_t[TALKERS]){ 20, 127, 127, 127 });
    assert_int_equal(v->reports, before);
    forget(v);
    say_on(v, 0, HOP_SOURCE_SCREEN_AUDIO, 20);
    assert_int_equal(heard_of(v, 1, 0), 1);
    assert_int_equal(heard_of(v, 0, 0), 0); /* nobody hears back what he shares */
    v->fx.now_us += 200000;
    hop_route_tick(v->fx.route, v->fx.now_us, 0);
    assert_true(v->told[2][1].peer == fx_id(0));
    assert_int_equal(v->told[2][1].source, HOP_SOURCE_SCREEN_AUDIO);
    policy(v, HOP_AUDIO_MIX, 3);
    v->fx.now_us += 1000000;
    hop_route_tick(v->fx.route, v->fx.now_us, 0);
    assert_true(v->told[1][0].peer == 0 && v->told[2][1].peer == 0);
}

/* The first syllable is there: what came just before the level rose comes, too. */
static void the_onset_is_kept(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 3);
    enter(v, 1, 3);
    policy(v, HOP_AUDIO_FORWARD, 3);
    frames(v, 20, (uint8_t[TALKERS]){ 90 });
    assert_int_equal(heard_of(v, 1, 0), 0);
    uint16_t first = v->seq[0];
    say(v, 0, 30);
    assert_int_equal(heard_of(v, 1, 0), 1 + HOP_VOICES_KEPT);
    uint16_t seq = 0;
    uint32_t timestamp = 0;
    for (size_t i = 0, k = 0; i < v->fx.n; i++) {
        const struct fx_packet *p = &v->fx.packets[i];
        if (p->class != HOP_TX_AUDIO)
            continue;
        assert_int_equal(hop_get16(p->data + p->view.payload_offset + 2),
                         (uint16_t)(first - HOP_VOICES_KEPT + k));
        assert_int_equal(p->view.marker, k == 0);
        if (k > 0) {
            assert_int_equal((uint16_t)(p->view.seq - seq), 1);
            assert_int_equal(p->view.timestamp - timestamp, 960);
        }
        seq = p->view.seq;
        timestamp = p->view.timestamp;
        k++;
    }
}

/* A talker's own pause: numbers without a gap, the time goes on. Another's turn on the same slot:
 * the same SSRC, time as it passed. A lost packet stays a gap. */
static void numbers_and_times_run_on(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 1);
    enter(v, 1, 0);
    enter(v, 2, 0);
    policy(v, HOP_AUDIO_FORWARD, 1);
    frames(v, 5, (uint8_t[TALKERS]){ 0, 20 });
    frames(v, 100, (uint8_t[TALKERS]){ 0, 100 });
    frames(v, 5, (uint8_t[TALKERS]){ 0, 20 });
    v->seq[1]++; /* lost on its way */
    v->timestamp[1] += 960;
    v->fx.now_us += FRAME_US;
    frames(v, 5, (uint8_t[TALKERS]){ 0, 20 });
    frames(v, 100, (uint8_t[TALKERS]){ 0, 100 });
    frames(v, 5, (uint8_t[TALKERS]){ 0, 0, 20 });
    uint16_t seq = 0;
    uint32_t timestamp = 0;
    int64_t gap = 0;
    unsigned n = 0, gaps = 0, markers = 0;
    for (size_t i = 0; i < v->fx.n; i++) {
        const struct fx_packet *p = &v->fx.packets[i];
        if (p->class != HOP_TX_AUDIO)
            continue;
        assert_int_equal(p->view.ssrc, 0x53000000u);
        if (n > 0) {
            gaps += (uint16_t)(p->view.seq - seq) == 2;
            assert_true((uint16_t)(p->view.seq - seq) <= 2 && p->view.seq != seq);
            assert_true(hop_ts_diff(p->view.timestamp, timestamp) >= 960);
            if (p->view.marker)
                gap = hop_ts_diff(p->view.timestamp, timestamp);
        }
        markers += p->view.marker;
        seq = p->view.seq;
        timestamp = p->view.timestamp;
        n++;
    }
    assert_int_equal(markers, 3);
    assert_int_equal(gaps, 1);
    /* The hang-over of the first (about 19 packets) was still sent. */
    assert_in_range(gap, (100 - 22) * 960, (100 - 17) * 960);
}

/* Who talks keeps his place in mid-word, however loud another one gets; in a pause it changes. */
static void nobody_is_cut(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 5; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 2);
    frames(v, 20, (uint8_t[TALKERS]){ 30, 35 });
    forget(v);
    frames(v, 20, (uint8_t[TALKERS]){ 30, 35, 5 });
    assert_int_equal(heard_of(v, 4, 0), 20);
    assert_int_equal(heard_of(v, 4, 1), 20);
    assert_int_equal(heard_of(v, 4, 2), 0);
    /* a dip of 100 ms is none */
    frames(v, 5, (uint8_t[TALKERS]){ 80, 35, 5 });
    forget(v);
    frames(v, 1, (uint8_t[TALKERS]){ 30, 35, 5 });
    assert_int_equal(heard_of(v, 4, 0), 1);
    assert_int_equal(heard_of(v, 4, 2), 0);
    frames(v, 9, (uint8_t[TALKERS]){ 80, 35, 5 });
    forget(v);
    frames(v, 1, (uint8_t[TALKERS]){ 80, 35, 5 });
    assert_int_equal(heard_of(v, 4, 2), 1);
    assert_int_equal(heard_of(v, 4, 0), 0);
}

/* When a place becomes free the chair comes first, then who waits longest. */
static void who_waits_is_served_by_rank(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 5; p++)
        enter(v, p, 3);
    hop_route_set_seat(v->fx.route, 3, 0, true, v->fx.now_us);
    policy(v, HOP_AUDIO_FORWARD, 1);
    frames(v, 20, (uint8_t[TALKERS]){ 30 });
    frames(v, 5, (uint8_t[TALKERS]){ 30, 0, 30 });
    frames(v, 5, (uint8_t[TALKERS]){ 30, 30, 30 });
    frames(v, 5, (uint8_t[TALKERS]){ 30, 30, 30, 30 });
    forget(v);
    frames(v, 12, (uint8_t[TALKERS]){ 0, 30, 30, 30 });
    assert_true(heard_of(v, 4, 3) > 0);
    assert_int_equal(heard_of(v, 4, 1) + heard_of(v, 4, 2), 0);
    forget(v);
    frames(v, 12, (uint8_t[TALKERS]){ 0, 30, 30 });
    assert_true(heard_of(v, 4, 2) > 0);
    assert_int_equal(heard_of(v, 4, 1), 0);
}

/* A client that always claims to talk cannot hold a place for ever. */
static void a_liar_yields(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 3; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 1);
    for (int i = 0; i < 800; i++) {
        frame(v, (uint8_t[TALKERS]){ 1 });
        forget(v);
    }
    frames(v, 1, (uint8_t[TALKERS]){ 1, 30 });
    assert_int_equal(heard_of(v, 2, 1), 1);
    assert_int_equal(heard_of(v, 2, 0), 1); /* until then */
}

static void one_hall(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 4; p++)
        enter(v, p, 3);
    hop_route_set_seat(v->fx.route, 0, 7, false, v->fx.now_us);
    hop_route_set_seat(v->fx.route, 1, 7, false, v->fx.now_us);
    hop_route_set_seat(v->fx.route, 2, 8, false, v->fx.now_us);
    policy(v, HOP_AUDIO_FORWARD, 3);
    frames(v, 10, (uint8_t[TALKERS]){ 30 });
    assert_int_equal(heard_of(v, 1, 0), 0);
    assert_int_equal(heard_of(v, 2, 0), 10);
    assert_int_equal(heard_of(v, 3, 0), 10);
    assert_true(v->told[1][0].peer == 0 && v->told[2][0].peer == fx_id(0));
    hop_route_set_seat(v->fx.route, 1, 0, false, v->fx.now_us);
    forget(v);
    frames(v, 10, (uint8_t[TALKERS]){ 30 });
    assert_int_equal(heard_of(v, 1, 0), 10);
    assert_true(v->told[1][0].peer == fx_id(0));
}

/* Fewer slots than talkers: nobody's packets are mixed up on one slot. */
static void fewer_slots_than_talkers(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 2);
    for (uint32_t p = 1; p < 5; p++)
        enter(v, p, 0);
    policy(v, HOP_AUDIO_FORWARD, 4);
    frames(v, 10, (uint8_t[TALKERS]){ 0, 30, 30, 30, 30 });
    assert_int_equal(heard_of(v, 0, 1), 10);
    assert_int_equal(heard_of(v, 0, 2), 10);
    assert_int_equal(heard_of(v, 0, 3) + heard_of(v, 0, 4), 0);
    frames(v, 30, (uint8_t[TALKERS]){ 0, 127, 30, 30, 30 });
    forget(v);
    frames(v, 10, (uint8_t[TALKERS]){ 0, 127, 30, 30, 30 });
    assert_int_equal(heard_of(v, 0, 2), 10);
    assert_int_equal(heard_of(v, 0, 3) + heard_of(v, 0, 4), 10);
    assert_int_equal(v->fx.voices, 0);
}

static void muted_and_gone(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 3; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 1);
    frames(v, 10, (uint8_t[TALKERS]){ 30 });
    hop_route_set_allowed(v->fx.route, 0, 0, v->fx.now_us);
    forget(v);
    frames(v, 5, (uint8_t[TALKERS]){ 30, 30 }); /* the place is free at once */
    assert_int_equal(heard_of(v, 2, 0), 0);
    assert_int_equal(heard_of(v, 2, 1), 5);
    assert_true(hop_route_dominant(v->fx.route) == UINT32_MAX);
    hop_route_peer_remove(v->fx.route, 1, false, v->fx.now_us);
    frames(v, 10, (uint8_t[TALKERS]){ 0 });
    assert_true(v->told[2][0].peer == 0);
    struct hop_route_speakers s;
    assert_true(hop_route_speaking(v->fx.route, &s));
    assert_int_equal(s.n, 0);
}

static void dominant_in_forward(void **state)
{
    struct vr *v = *state;
    for (uint32_t p = 0; p < 3; p++)
        enter(v, p, 3);
    policy(v, HOP_AUDIO_FORWARD, 3);
    for (int i = 0; i < 100; i++) {
        frame(v, (uint8_t[TALKERS]){ 70, 25, 70 });
        forget(v);
    }
    assert_int_equal(hop_route_dominant(v->fx.route), 1);
    for (int i = 0; i < 60; i++) {
        frame(v, (uint8_t[TALKERS]){ 25, 70, 70 });
        forget(v);
    }
    assert_int_equal(hop_route_dominant(v->fx.route), 0);
    hop_route_peer_remove(v->fx.route, 0, false, v->fx.now_us);
    frames(v, 10, (uint8_t[TALKERS]){ 0, 70, 70 });
    assert_true(hop_route_dominant(v->fx.route) == UINT32_MAX);
}

/* A packet of opus/red: a copy of the one before (its byte is the number less one), and itself. */
static void say_red(struct vr *v, uint32_t peer, uint8_t copy_pt, uint8_t primary_pt, bool sent)
{
    uint8_t packet[200];
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, RED_PT, false, v->seq[peer], v->timestamp[peer],
                        1000 * (peer + 1) + HOP_SOURCE_MICROPHONE);
    hop_rtp_header_add_audio_level(&h, 4, true, 30);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    packet[n++] = 0x80 | copy_pt;
    hop_put16(packet + n, 960 << 2); /* 14 bits of offset, 10 of length */
    packet[n + 1] = (uint8_t)(packet[n + 1] | 3 >> 8);
    packet[n + 2] = 3;
    n += 3;
    packet[n++] = primary_pt;
    memset(packet + n, (uint8_t)(v->seq[peer] - 1), 3);
    n += 3;
    memset(packet + n, (uint8_t)v->seq[peer], 5);
    n += 5;
    v->seq[peer]++;
    v->timestamp[peer] += 960;
    if (sent)
        hop_route_rtp(v->fx.route, peer, packet, n, v->fx.now_us);
    v->fx.now_us += FRAME_US;
}

/* The copy of what came is of no use, that of what did not takes its place. */
static void redundancy(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 3);
    enter(v, 1, 3);
    for (int i = 0; i < 10; i++)
        say_red(v, 0, FX_OPUS, FX_OPUS, true);
    assert_int_equal(v->fx.voices, 10);
    assert_int_equal(v->copies, 0);
    assert_int_equal(v->fx.voice_level, 30);
    say_red(v, 0, FX_OPUS, FX_OPUS, false);
    uint32_t lost_timestamp = v->timestamp[0] - 960;
    uint16_t lost = (uint16_t)(v->seq[0] - 1);
    say_red(v, 0, FX_OPUS, FX_OPUS, true);
    assert_int_equal(v->copies, 1);
    assert_int_equal((uint16_t)v->copy_seq, lost);
    assert_int_equal(v->copy_timestamp, lost_timestamp);
    assert_int_equal(v->copy_byte, (uint8_t)lost);
    assert_int_equal(v->fx.voices, 11);
    /* blocks of another codec are none of ours */
    say_red(v, 0, FX_OPUS, FX_OPUS, false);
    say_red(v, 0, 9, FX_OPUS, true);
    assert_int_equal(v->copies, 1);
    assert_int_equal(v->fx.voices, 12);
    say_red(v, 0, FX_OPUS, 9, true);
    assert_int_equal(v->fx.voices, 12);
    assert_int_equal(v->fx.drops[HOP_DROP_MALFORMED], 1);
    /* forwarded: as if it had come late */
    policy(v, HOP_AUDIO_FORWARD, 3);
    for (int i = 0; i < 3; i++)
        say_red(v, 0, FX_OPUS, FX_OPUS, true);
    forget(v);
    say_red(v, 0, FX_OPUS, FX_OPUS, false);
    say_red(v, 0, FX_OPUS, FX_OPUS, true);
    unsigned n = 0;
    uint16_t seq = 0;
    for (size_t i = 0; i < v->fx.n; i++) {
        const struct fx_packet *p = &v->fx.packets[i];
        if (p->peer != 1 || p->class != HOP_TX_AUDIO)
            continue;
        assert_int_equal(p->view.payload_len, n == 0 ? 3 : 5);
        assert_true(n == 0 || (uint16_t)(p->view.seq - seq) == 1);
        seq = p->view.seq;
        n++;
    }
    assert_int_equal(n, 2);
}

static struct {
    uint64_t seq[64];
    int64_t came_us[64];
    unsigned n;
} mixed;

static void note_mixed(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                       uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                       int64_t now_us)
{
    (void)ctx, (void)peer, (void)source, (void)timestamp, (void)len, (void)level;
    assert_true(mixed.n < 64);
    assert_int_equal(hop_get16(payload + 2), (uint16_t)ext_seq); /* the packet's own content */
    mixed.seq[mixed.n] = ext_seq;
    mixed.came_us[mixed.n++] = now_us;
}

/* Who is silent costs the mix little, and when he speaks it has what came just before. */
static void silence_stays_out_of_the_mix(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 0);
    v->fx.route->ops.voice = note_mixed;
    mixed.n = 0;
    for (int i = 0; i < 50; i++) /* so long packets may hold speech, whatever they claim */
        frame(v, (uint8_t[TALKERS]){ 90 });
    assert_int_equal(mixed.n, 50);
    mixed.n = 0;
    v->filler = 8;
    for (int i = 0; i < 100; i++)
        frame(v, (uint8_t[TALKERS]){ 90 });
    assert_in_range(mixed.n, 20, 26);
    for (unsigned i = 1; i < mixed.n; i++)
        assert_int_equal(mixed.seq[i] - mixed.seq[i - 1], 4);
    unsigned before = mixed.n;
    int64_t now_us = v->fx.now_us;
    say(v, 0, 30);
    assert_int_equal(mixed.n, before + 4);
    for (unsigned i = 0; i < 4; i++) { /* in order, and with the time at which they came */
        assert_int_equal((uint16_t)mixed.seq[before + i], (uint16_t)(v->seq[0] - 4 + i));
        assert_true(mixed.came_us[before + i] == now_us - (3 - (int64_t)i) * FRAME_US);
    }
    v->fx.now_us += FRAME_US;
    mixed.n = 0;
    for (int i = 0; i < 50; i++) /* his pauses are the mix's matter */
        frame(v, (uint8_t[TALKERS]){ 90 });
    assert_int_equal(mixed.n, 50);
    for (int i = 0; i < 100; i++) {
        mixed.n = i < 60 ? 0 : mixed.n;
        frame(v, (uint8_t[TALKERS]){ 90 });
    }
    assert_in_range(mixed.n, 8, 12);
    /* without levels nothing can be held back */
    mixed.n = 0;
    say(v, 0, 0xff);
    assert_true(mixed.n >= 1);
}

static struct hop_audio_tick *tick_of(struct vr *v, uint32_t talker)
{
    static struct hop_audio_tick t;
    memset(&t, 0, sizeof(t));
    t.timestamp = (uint32_t)(v->fx.now_us * 48 / 1000);
    t.samples = 960;
    t.shared[HOP_AUDIO_CLEAN].len = 3;
    memcpy(t.shared[HOP_AUDIO_CLEAN].data, "mix", 3);
    t.n_talkers = 1;
    t.talkers[0].peer = talker;
    t.talkers[0].level = 30;
    return &t;
}

/* Packets of any kind of sound that reached the listener in this frame. */
static unsigned sounds(const struct vr *v, uint32_t listener)
{
    return fx_count(&v->fx, listener, HOP_TX_AUDIO);
}

/* There and back while somebody talks: no frame in which the listener gets nothing. The mix is
 * played by hand: it begins 60 ms after its first packet and ends when it has played what it had.
 */
static void there_and_back_without_a_gap(void **state)
{
    struct vr *v = *state;
    enter(v, 0, 3);
    enter(v, 1, 3);
    unsigned in_mix = 0;
    for (int i = 0; i < 200; i++) {
        if (i == 50)
            policy(v, HOP_AUDIO_FORWARD, 3);
        if (i == 100)
            policy(v, HOP_AUDIO_MIX, 3);
        unsigned before = v->fx.voices;
        forget(v);
        say(v, 0, 30);
        bool mixing = v->fx.voices > before;
        assert_int_equal(mixing, i < 50 || i >= 100);
        in_mix = mixing ? in_mix + 1 : in_mix > 0 && in_mix < 3 ? 0 : in_mix;
        if (in_mix > 3 && !mixing)
            in_mix = 3; /* what waits in its jitter buffer */
        else if (!mixing && in_mix > 0)
            in_mix--;
        if (in_mix >= 3 || (!mixing && in_mix > 0))
            hop_route_audio(v->fx.route, tick_of(v, 0), v->fx.now_us);
        if (i > 3)
            assert_true(sounds(v, 1) >= 1);
        if (i > 54 && i < 100)
            assert_int_equal(sounds(v, 1), heard_of(v, 1, 0)); /* forwarded only */
        if (i > 104)
            assert_int_equal(heard_of(v, 1, 0), 0); /* mixed only */
        v->fx.now_us += FRAME_US;
        hop_route_tick(v->fx.route, v->fx.now_us, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everyone_hears_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_onset_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_and_times_run_on, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_is_served_by_rank, setup, teardown),
        cmocka_unit_test_setup_teardown(a_liar_yields, setup, teardown),
        cmocka_unit_test_setup_teardown(one_hall, setup, teardown),
        cmocka_unit_test_setup_teardown(fewer_slots_than_talkers, setup, teardown),
        cmocka_unit_test_setup_teardown(muted_and_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(dominant_in_forward, setup, teardown),
        cmocka_unit_test_setup_teardown(redundancy, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_stays_out_of_the_mix, setup, teardown),
        cmocka_unit_test_setup_teardown(there_and_back_without_a_gap, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
