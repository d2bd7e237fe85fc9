/* See send.h. */
#include "bench/load/send.h"

#include "media/base/bytes.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"

#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#define AUDIO_US  ((int64_t)20000)
#define REPORT_US ((int64_t)1000000)

enum {
    SAMPLES = 960,
    TONES = 17,  /* silence and sixteen */
    FRAMES = 50, /* a second of each; whole periods, so that it can go round */
    OPUS_BYTES = 200,
    LEVEL = 13, /* -dBov of a tone */
    CACHE_BYTES = 1 << 17,
    CACHE_PACKETS = 256,
    KEY_FACTOR = 4, /* a key frame is that much larger than another */
};

/* ---- the stamp ------------------------------------------------------------------------------- */

bool hop_load_stamp_read(const uint8_t *payload, size_t len, int64_t at_us, int64_t *sent_us)
{
    struct hop_client_stamp stamp;
    if (!hop_client_stamp_read(payload, len, &stamp))
        return false;
    *sent_us = at_us - (int32_t)((uint32_t)at_us - stamp.number);
    return true;
}

/* ---- sound ----------------------------------------------------------------------------------- */

static struct tone {
    bool made;
    uint8_t len[FRAMES];
    uint8_t bytes[FRAMES][OPUS_BYTES];
} tones[TONES];

static const struct tone *tone_of(int number)
{
    struct tone *t = &tones[number % TONES];
    int error = 0;
    if (t->made)
        return t;
    OpusEncoder *e = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &error);
    if (!e)
        abort();
    opus_encoder_ctl(e, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(5));
    for (int f = 0; f < 2 * FRAMES; f++) { /* the first second lets the encoder settle */
        float pcm[SAMPLES];
        for (int i = 0; i < SAMPLES; i++)
            pcm[i] = number == 0 ? 0
                                 : (float)(0.3 * sin(2 * M_PI * (200 + 100 * number) *
                                                     (f * SAMPLES + i) / 48000));
        int n = opus_encode_float(e, pcm, SAMPLES, t->bytes[f % FRAMES], OPUS_BYTES);
        t->len[f % FRAMES] = (uint8_t)(n > 0 ? n : 0);
    }
    opus_encoder_destroy(e);
    t->made = true;
    return t;
}

/* The next packet's payload: a tone out of the loop, silence, or a timed one. */
static size_t next_sound(struct hop_load_sender *s, uint8_t *out, size_t cap, uint8_t *level)
{
    const struct tone *t = tone_of(s->tone);
    unsigned f = s->frame++ % FRAMES;
    if (s->timed)
        return bench_tone_packet(s->timed, out, cap, level, hop_now_us());
    *level = s->tone != 0 ? LEVEL : 127;
    memcpy(out, t->bytes[f], t->len[f]);
    return t->len[f];
}

static void send_sound(struct hop_load_sender *s, int64_t now_us)
{
    struct hop_load_link *l = s->link;
    struct hop_rtp_header h;
    uint8_t payload[1000], level;
    size_t len = next_sound(s, payload, sizeof(payload), &level);
    bool voice = level < 127;
    hop_rtp_header_init(&h, s->audio.pt, voice && !s->talking, s->audio_seq++, s->audio_timestamp,
                        s->audio_ssrc);
    s->talking = voice;
    s->audio_timestamp += SAMPLES;
    hop_rtp_header_add_token(&h, s->ext.mid, s->audio.mid);
    hop_rtp_header_add_audio_level(&h, s->ext.audio_level, voice, level);
    hop_rtp_header_add_abs_send_time(&h, s->ext.abs_send_time, now_us);
    hop_rtp_header_add_twcc(&h, s->ext.twcc, l->twcc_seq++);
    uint8_t *slot = hop_load_net_slot(l->world->net);
    size_t head = hop_rtp_header_write(&h, slot, HOP_MAX_DATAGRAM);
    memcpy(slot + head, payload, len);
    hop_send_source_packet(&s->audio_source, h.timestamp, len, head + len, now_us);
    if (hop_load_link_send(l, slot, head + len, false) &&
        hop_load_in_window(l->world, hop_wall_us()))
        s->audio_sent++;
}

static void on_audio(void *ctx, int64_t now_us)
{
    struct hop_load_sender *s = ctx;
    while (s->audio_us <= now_us) {
        send_sound(s, now_us);
        s->audio_us += AUDIO_US;
    }
    hop_load_net_flush(s->link->world->net);
    hop_load_timer_set(s->link->world->loop, &s->audio_timer, s->audio_us);
}

/* ---- one video packet ------------------------------------------------------------------------ */

static struct hop_rtp_header begin(struct hop_load_sender *s, const struct hop_load_layer *l,
                                   bool repair, bool marker, uint32_t timestamp)
{
    struct hop_rtp_header h;
    unsigned index = (unsigned)(l - s->layers);
    hop_rtp_header_init(&h, repair ? s->video.rtx_pt : s->video.pt, marker,
                        repair ? l->rtx_seq : l->seq, timestamp, repair ? l->rtx_ssrc : l->ssrc);
    hop_rtp_header_add_token(&h, s->ext.mid, s->video.mid);
    if (s->n_layers > 1)
        hop_rtp_header_add_token(&h, repair ? s->ext.rrid : s->ext.rid, hop_client_rid(index));
    hop_rtp_header_add_abs_send_time(&h, s->ext.abs_send_time, hop_now_us());
    hop_rtp_header_add_twcc(&h, s->ext.twcc, s->link->twcc_seq++);
    return h;
}

static void send_packet(struct hop_load_sender *s, struct hop_load_layer *l)
{
    uint8_t payload[HOP_CLIENT_PAYLOAD];
    int64_t now_us = hop_now_us(), wall_us = hop_wall_us();
    bool last = l->next + 1 == l->packets;
    l->frame.stamp.number = (uint32_t)wall_us;
    size_t len = hop_client_frame_write(&l->frame, l->next++, payload);
    if (len >= HOP_CLIENT_STAMP + 32)
        hop_put32(payload + len - HOP_CLIENT_STAMP - 4, s->counter++);
    struct hop_rtp_header h = begin(s, l, false, last, s->timestamp);
    l->seq++;
    uint8_t *slot = hop_load_net_slot(s->link->world->net);
    size_t head = hop_rtp_header_write(&h, slot, HOP_MAX_DATAGRAM);
    memcpy(slot + head, payload, len);
    hop_cache_insert(l->cache, hop_seq_unwrap(&l->unwrap, h.seq), slot, head + len, now_us);
    hop_send_source_packet(&l->source, s->timestamp, len, head + len, now_us);
    if (hop_load_link_send(s->link, slot, head + len, false) &&
        hop_load_in_window(s->link->world, wall_us))
        s->sent++;
}

static void repair(struct hop_load_sender *s, struct hop_load_layer *l, uint16_t seq)
{
    struct hop_cache_packet found;
    struct hop_rtp_view v;
    if (s->video.rtx_pt > 127 || !hop_cache_find(l->cache, hop_seq_peek(&l->unwrap, seq), &found) ||
        hop_rtp_parse(found.data, found.len, &v) != 0)
        return;
    struct hop_rtp_header h = begin(s, l, true, v.marker, v.timestamp);
    l->rtx_seq++;
    uint8_t *slot = hop_load_net_slot(s->link->world->net);
    size_t head = hop_rtp_header_write(&h, slot, HOP_MAX_DATAGRAM);
    hop_put16(slot + head, seq);
    memcpy(slot + head + HOP_RTX_OSN, found.data + v.payload_offset, v.payload_len);
    hop_load_link_send(s->link, slot, head + HOP_RTX_OSN + v.payload_len, false);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Large layers in whole packets, as the floor under the measurement has them. */
static void begin_frame(struct hop_load_sender *s, struct hop_load_layer *l)
{
    const struct hop_load_scenario *sc = &s->link->world->scenario;
    size_t each = l->bps / 8 / (unsigned)sc->fps;
    l->credit += each;
    size_t bytes = l->key_wanted ? each * KEY_FACTOR : l->credit;
    if (each >= HOP_CLIENT_PAYLOAD)
        bytes -= bytes % HOP_CLIENT_PAYLOAD;
    l->credit -= bytes < l->credit ? bytes : l->credit;
    l->frame = (struct hop_client_frame){
        .codec = s->video.codec,
        .key = l->key_wanted,
        .picture = l->picture,
        .tl0 = ++l->tl0,
        .width = (uint16_t)(l->height * 16u / 9 & ~1u),
        .height = l->height,
        .stamp = { s->tag, HOP_SOURCE_CAMERA, (uint8_t)(l - s->layers), 0 },
        .bytes = bytes,
    };
    l->picture = (uint16_t)((l->picture + 1) & 0x7fff);
    l->key_wanted = false;
    l->packets = hop_client_frame_packets(&l->frame);
    l->next = 0;
}

static void begin_frames(struct hop_load_sender *s)
{
    const struct hop_load_scenario *sc = &s->link->world->scenario;
    unsigned all = 0;
    s->timestamp += 90000u / (unsigned)sc->fps;
    for (uint8_t i = 0; i < s->n_layers; i++) {
        begin_frame(s, &s->layers[i]);
        all += s->layers[i].packets;
    }
    s->layer = 0;
    /* A frame is out before the next one begins. */
    int64_t most = 900000 / sc->fps / (int64_t)all;
    s->pace_us = sc->pace_us < most ? sc->pace_us : most;
}

/* False: the frame is out. */
static bool send_next(struct hop_load_sender *s)
{
    while (s->layer < s->n_layers && s->layers[s->layer].next == s->layers[s->layer].packets)
        s->layer++;
    if (s->layer == s->n_layers)
        return false;
    send_packet(s, &s->layers[s->layer]);
    return true;
}

static bool frame_is_out(const struct hop_load_sender *s)
{
    for (uint8_t i = s->layer; i < s->n_layers; i++)
        if (s->layers[i].next < s->layers[i].packets)
            return false;
    return true;
}

static void on_video(void *ctx, int64_t now_us)
{
    struct hop_load_sender *s = ctx;
    const struct hop_load_scenario *sc = &s->link->world->scenario;
    int64_t due = s->timer.due_us;
    if (frame_is_out(s)) {
        begin_frames(s);
        s->frame_us += 1000000 / sc->fps;
    }
    if (sc->burst)
        while (send_next(s))
            ;
    else
        send_next(s);
    hop_load_net_flush(s->link->world->net);
    (void)now_us;
    hop_load_timer_set(s->link->world->loop, &s->timer,
                       frame_is_out(s) ? s->frame_us : due + s->pace_us);
}

static void send_report(struct hop_load_sender *s, struct hop_send_source *source, int64_t now_us)
{
    struct hop_rtcp_sr sr;
    if (!hop_send_source_sr(source, now_us, hop_wall_us(), &sr))
        return;
    uint8_t *slot = hop_load_net_slot(s->link->world->net);
    struct hop_rtcp_writer w = hop_rtcp_writer(slot, HOP_MTU);
    if (hop_rtcp_write_sr(&w, &sr, NULL, 0) && hop_rtcp_write_cname(&w, sr.ssrc, "hop-load"))
        hop_load_link_send(s->link, slot, w.len, true);
}

static void on_report(void *ctx, int64_t now_us)
{
    struct hop_load_sender *s = ctx;
    for (uint8_t i = 0; i < s->n_layers; i++)
        send_report(s, &s->layers[i].source, now_us);
    send_report(s, &s->audio_source, now_us);
    hop_load_timer_set(s->link->world->loop, &s->report_timer, now_us + REPORT_US);
}

/* ---- feedback -------------------------------------------------------------------------------- */

static struct hop_load_layer *layer_of(struct hop_load_sender *s, uint32_t ssrc)
{
    for (uint8_t i = 0; i < s->n_layers; i++)
        if (s->layers[i].ssrc == ssrc)
            return &s->layers[i];
    return NULL;
}

static void key_wanted(struct hop_load_sender *s, uint32_t ssrc)
{
    struct hop_load_layer *l = layer_of(s, ssrc);
    if (!l)
        return;
    l->key_wanted = true;
    s->link->world->counts.asked++;
}

void hop_load_sender_feedback(struct hop_load_sender *s, const struct hop_rtcp_fb *fb)
{
    uint16_t seqs[64];
    uint32_t ssrc;
    uint8_t seq;
    if (hop_rtcp_is_pli(fb))
        key_wanted(s, fb->media_ssrc);
    for (unsigned i = 0; hop_rtcp_read_fir(fb, i, &ssrc, &seq); i++)
        key_wanted(s, ssrc);
    struct hop_load_layer *l = layer_of(s, fb->media_ssrc);
    size_t n = l && fb->type == HOP_RTCP_RTPFB ? hop_rtcp_read_nack(fb, seqs, 64) : 0;
    for (size_t i = 0; i < n; i++)
        repair(s, l, seqs[i]);
}

/* ---- life ------------------------------------------------------------------------------------ */

void hop_load_sender_init(struct hop_load_sender *s, struct hop_load_link *link, uint32_t tag)
{
    const struct hop_load_scenario *sc = &link->world->scenario;
    s->link = link;
    s->tag = tag;
    s->audio_ssrc = hop_random32() | 1;
    hop_send_source_init(&s->audio_source, s->audio_ssrc, 48000);
    s->timer = (struct hop_load_timer){ .fire = on_video, .ctx = s };
    s->report_timer = (struct hop_load_timer){ .fire = on_report, .ctx = s };
    s->audio_timer = (struct hop_load_timer){ .fire = on_audio, .ctx = s };
    s->n_layers = sc->kbps ? (uint8_t)sc->layers : 0;
    for (uint8_t i = 0; i < s->n_layers; i++) {
        struct hop_load_layer *l = &s->layers[i];
        unsigned below = s->n_layers - 1u - i;
        l->ssrc = hop_random32() | 1;
        l->rtx_ssrc = hop_random32() | 1;
        l->seq = (uint16_t)(hop_random32() & 0x7fff);
        l->picture = (uint16_t)(hop_random32() & 0x7fff);
        l->height = (uint16_t)(sc->video_height >> below);
        l->bps = (uint32_t)sc->kbps * 1000 >> 2 * below;
        l->key_wanted = true;
        hop_send_source_init(&l->source, l->ssrc, 90000);
        if (hop_cache_new(CACHE_BYTES, CACHE_PACKETS, &l->cache) != 0)
            abort();
    }
}

void hop_load_sender_deinit(struct hop_load_sender *s)
{
    struct hop_load_loop *loop = s->link->world->loop;
    hop_load_timer_set(loop, &s->timer, INT64_MAX);
    hop_load_timer_set(loop, &s->report_timer, INT64_MAX);
    hop_load_timer_set(loop, &s->audio_timer, INT64_MAX);
    for (uint8_t i = 0; i < s->n_layers; i++)
        hop_cache_free(s->layers[i].cache);
}

struct hop_client_offer_track hop_load_sender_track(const struct hop_load_sender *s, bool video)
{
    if (!video)
        return (
            struct hop_client_offer_track){ .offered = true, .ssrc = s->audio_ssrc, .layers = 1 };
    return (struct hop_client_offer_track){ .offered = s->n_layers > 0,
                                            .ssrc = s->layers[0].ssrc,
                                            .rtx_ssrc = s->layers[0].rtx_ssrc,
                                            .layers = s->n_layers };
}

void hop_load_sender_start(struct hop_load_sender *s, const struct hop_client_answer_line *video,
                           const struct hop_client_answer_line *audio,
                           const struct hop_ext_ids *ext)
{
    struct hop_load_loop *loop = s->link->world->loop;
    int64_t now_us = hop_load_loop_now(loop);
    s->ext = *ext;
    if (video && s->n_layers > 0) {
        s->video = *video;
        s->frame_us = now_us + (int64_t)(hop_random32() % 33333);
        hop_load_timer_set(loop, &s->timer, s->frame_us);
    }
    if (audio) {
        s->audio = *audio;
        s->audio_us = now_us + (int64_t)(hop_random32() % 20000);
        hop_load_timer_set(loop, &s->audio_timer, s->audio_us);
    }
    hop_load_timer_set(loop, &s->report_timer, now_us + (int64_t)(hop_random32() % 1000000));
}
