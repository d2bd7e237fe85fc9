/* From the mix to forwarded voices and back, with the real route and the real mixing kernel in
 * virtual time: somebody talks, and what a listener gets has neither gap nor click. */
#include "media/base/audio_tick.h"
#include "media/mix/mixer.h"
#include "media/route/route.h"
#include "media/rtp/rtp.h"
#include "tests/unit/media/mix/tones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { TALKER, LISTENER, FRAME_US = 20000, FRAME = 960, MIX_SSRC = 0x1000, VOICE_SSRC = 0x2000 };

static const double hz = 650;

struct world {
    struct hop_route *route;
    struct hop_mixer *mixer;
    int64_t now_us, tick_us; /* tick_us: of the mix's next frame; 0: it rests */
    uint32_t random;
    struct tone_source source;
    struct tone_ear mix, voice;
    uint8_t tx[HOP_MAX_DATAGRAM];
    struct hop_rtp_view last[2]; /* of mix and voice */
    bool any[2];
    int64_t heard_us, gap_us; /* when something was heard last; the longest time without */
    double quietest_db;
    unsigned mixed, forwarded;
};

static uint8_t *tx_begin(void *ctx, uint32_t peer, size_t need)
{
    struct world *w = ctx;
    (void)peer;
    return need <= sizeof(w->tx) ? w->tx : NULL;
}

/* What the listener gets of either stream; numbers run on and so does the time. */
static void tx_commit(void *ctx, uint32_t peer, size_t len, enum hop_tx_class class)
{
    struct world *w = ctx;
    struct hop_rtp_view v;
    if (peer != LISTENER || class != HOP_TX_AUDIO)
        return;
    assert_int_equal(hop_rtp_parse(w->tx, len, &v), 0);
    bool voice = v.ssrc == VOICE_SSRC;
    if (w->any[voice]) {
        assert_int_equal((uint16_t)(v.seq - w->last[voice].seq), 1);
        int32_t step = (int32_t)(v.timestamp - w->last[voice].timestamp);
        assert_true(v.marker ? step >= FRAME : step == FRAME);
    }
    w->any[voice] = true;
    w->last[voice] = v;
    struct tone_ear *ear = voice ? &w->voice : &w->mix;
    tone_ear_hear(ear, w->tx + v.payload_offset, v.payload_len);
    *(voice ? &w->forwarded : &w->mixed) += 1;
    if (!voice && v.csrc_count == 0)
        return; /* the last frames of a mix that ends are silence */
    if (w->heard_us != 0 && w->now_us - w->heard_us > w->gap_us)
        w->gap_us = w->now_us - w->heard_us;
    w->heard_us = w->now_us;
}

static void voice(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                  uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                  int64_t now_us)
{
    struct world *w = ctx;
    hop_mixer_push(w->mixer, peer, source, ext_seq, timestamp, payload, len, level, now_us);
    if (w->tick_us == 0 && hop_mixer_active(w->mixer))
        w->tick_us = now_us + 5000;
}

static void voice_reset(void *ctx, uint32_t peer, enum hop_source source)
{
    hop_mixer_stream_reset(((struct world *)ctx)->mixer, peer, source);
}

static void track(void *ctx, uint32_t peer, enum hop_source source, bool active)
{
    (void)ctx, (void)peer, (void)source, (void)active;
}

static void slots(void *ctx, uint32_t peer, const struct hop_slot_state *states, uint8_t n)
{
    (void)ctx, (void)peer, (void)states, (void)n;
}

static void demand(void *ctx, uint32_t peer, enum hop_source source, int8_t top)
{
    (void)ctx, (void)peer, (void)source, (void)top;
}

static void line(void *ctx, uint32_t peer, const struct hop_line_state *state)
{
    (void)ctx, (void)peer, (void)state;
}

static void decision(void *ctx, uint32_t peer, const struct hop_decision *what)
{
    (void)ctx, (void)peer, (void)what;
}

static void drop(void *ctx, uint32_t peer, enum hop_drop reason)
{
    (void)ctx, (void)peer, (void)reason;
}

static void join(struct world *w, uint32_t peer)
{
    struct hop_peer_desc d = { .ext = { .audio_level = 1 }, .mix_pt = 111, .n_tracks = 1 };
    struct hop_peer_local l = { .mix_ssrc = MIX_SSRC + peer };
    d.allowed = HOP_SOURCE_ALL;
    d.tracks[0] = (struct hop_track_desc){
        .source = HOP_SOURCE_MICROPHONE, .mid = "0", .n_codecs = 1, .ssrc = 77 + peer
    };
    d.tracks[0].codecs[0] = (struct hop_codec_desc){ HOP_CODEC_OPUS, 111, 0xff };
    d.n_voices = 1;
    d.voices[0].pt = 111;
    l.voices[0] = peer == LISTENER ? VOICE_SSRC : VOICE_SSRC + 1;
    assert_int_equal(hop_route_peer_add(w->route, peer, 100 + peer, &d, &l), 0);
    hop_route_peer_connected(w->route, peer, w->now_us);
}

static int setup(void **state)
{
    static const struct hop_route_ops ops = { .tx_begin = tx_begin,
                                              .tx_commit = tx_commit,
                                              .voice = voice,
                                              .voice_reset = voice_reset,
                                              .track = track,
                                              .slots = slots,
                                              .demand = demand,
                                              .line = line,
                                              .decision = decision,
                                              .drop = drop };
    struct hop_audio_params params = {
        .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 60, .max_talkers = 16
    };
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->now_us = 1000000;
    w->random = 9;
    assert_int_equal(hop_route_new(&ops, w, 1, &w->route), 0);
    assert_int_equal(hop_mixer_new(&params, &w->mixer), 0);
    tone_source_open(&w->source, hz, 0.2, FRAME);
    tone_ear_open(&w->mix, 24000);
    tone_ear_open(&w->voice, 24000);
    join(w, TALKER);
    join(w, LISTENER);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hop_route_free(w->route);
    hop_mixer_free(w->mixer);
    tone_source_close(&w->source);
    tone_ear_close(&w->mix);
    tone_ear_close(&w->voice);
    free(w);
    return 0;
}

static void say(struct world *w)
{
    uint8_t packet[1500];
    struct hop_rtp_header h;
    tone_source_make(&w->source);
    hop_rtp_header_init(&h, 111, false, (uint16_t)w->source.seq, w->source.timestamp, 77);
    hop_rtp_header_add_audio_level(&h, 1, true, w->source.level);
    size_t n = hop_rtp_header_write(&h, packet, sizeof(packet));
    memcpy(packet + n, w->source.payload, (size_t)w->source.len);
    hop_route_rtp(w->route, TALKER, packet, n + (size_t)w->source.len, w->now_us);
    tone_source_step(&w->source);
}

static void mix(struct world *w)
{
    static struct hop_audio_tick tick;
    if (w->tick_us == 0 || w->now_us < w->tick_us)
        return;
    if (hop_mixer_tick(w->mixer, w->tick_us, &tick))
        hop_route_audio(w->route, &tick, w->now_us);
    w->tick_us = hop_mixer_active(w->mixer) ? w->tick_us + FRAME_US : 0;
}

/* Milliseconds in which the talker talks; his packets come with up to 8 ms of jitter. */
static void pass(struct world *w, int ms)
{
    int64_t end_us = w->now_us + ms * 1000, said_us = w->now_us, route_us = w->now_us;
    while (w->now_us < end_us) {
        if (w->now_us >= said_us) {
            say(w);
            w->random = w->random * 1664525u + 1013904223u;
            said_us = said_us / FRAME_US * FRAME_US + FRAME_US + (w->random >> 24) * 31;
        }
        mix(w);
        if (w->now_us >= route_us)
            route_us = hop_route_tick(w->route, w->now_us, w->now_us);
        w->now_us += 1000;
    }
}

static void there_and_back(void **state)
{
    struct world *w = *state;
    pass(w, 3000);
    assert_true(tone_db(tone_ear_amplitude(&w->mix, 9600, hz)) > -17);
    assert_int_equal(w->forwarded, 0);
    w->gap_us = 0;
    int64_t worst_us = 0;
    for (int i = 0; i < 40; i++) {
        enum hop_audio_policy policy = i % 2 == 0 ? HOP_AUDIO_FORWARD : HOP_AUDIO_MIX;
        w->now_us += 1000 * (i % 20);
        hop_route_set_audio(w->route, &(struct hop_room_audio){ .policy = policy }, 1, w->now_us);
        pass(w, 1200);
        struct tone_ear *ear = policy == HOP_AUDIO_FORWARD ? &w->voice : &w->mix;
        assert_true(tone_db(tone_ear_amplitude(ear, 9600, hz)) > -17);
        worst_us = w->gap_us > worst_us ? w->gap_us : worst_us;
        unsigned mixed = w->mixed, forwarded = w->forwarded;
        pass(w, 400);
        /* one way or the other, not both */
        assert_int_equal(policy == HOP_AUDIO_FORWARD ? w->mixed - mixed : w->forwarded - forwarded,
                         0);
    }
    print_message("longest time without sound: %lld ms\n", (long long)(worst_us / 1000));
    assert_true(worst_us <= 60000);
    struct hop_mixer_stats stats;
    hop_mixer_stats(w->mixer, &stats);
    uint64_t decoded = stats.decoded_frames;
    hop_route_set_audio(w->route, &(struct hop_room_audio){ .policy = HOP_AUDIO_FORWARD }, 1,
                        w->now_us);
    pass(w, 1000);
    hop_mixer_stats(w->mixer, &stats);
    uint64_t drained = stats.decoded_frames;
    pass(w, 5000);
    hop_mixer_stats(w->mixer, &stats);
    assert_true(drained - decoded < 20);
    assert_int_equal(stats.decoded_frames, drained); /* nothing is decoded while it forwards */
    assert_int_equal(w->tick_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
