/* See sender.h. */
#include "tests/client/sender.h"

#include "media/base/bytes.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/bwe/twcc_send.h"
#include "media/rtp/cache.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"
#include "media/rtp/source.h"
#include "media/srtp/srtp.h"
#include "tests/client/shape.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#define AUDIO_US  ((int64_t)20000)
#define REPORT_US ((int64_t)1000000)
#define AMPLITUDE 0.3

enum { SAMPLES = 960, OPUS_BPS = 32000, CACHE_BYTES = 1 << 19, CACHE_PACKETS = 1024 };

struct layer {
    uint32_t ssrc, rtx_ssrc;
    uint16_t seq, rtx_seq;
    uint16_t height;
    bool key_wanted;
    uint16_t picture;
    uint8_t tl0;
    uint32_t frame;
    struct hop_seq_unwrap unwrap;
    struct hop_cache *cache;
    struct hop_send_source source;
    struct hop_send_source rtx_source;
};

struct track {
    bool answered, on;
    uint8_t n_layers; /* 0: not offered */
    uint8_t pt, rtx_pt;
    char mid[HOP_MAX_MID + 1];
    struct layer layers[HOP_MAX_LAYERS];
    struct hop_client_sent stats;
    int64_t next_us; /* next frame */
    uint32_t timestamp;
    /* audio */
    OpusEncoder *opus;
    double hz, phase;
    bool talking;           /* the frame before was one too: no marker */
    hop_client_voice voice; /* instead of the tone; NULL: none */
    void *voice_ctx;
    uint64_t voiced;   /* packets asked of it */
    uint8_t red_pt;    /* 0: sends without redundancy */
    uint8_t last[256]; /* the frame before, for RED */
    size_t last_len;   /* 0: none */
};

struct hop_client_sender {
    struct hop_client_sender_config config;
    struct hop_client_transport *transport;
    struct hop_ext_ids ext;
    struct track tracks[HOP_SOURCES];
    uint32_t layer_mask;
    int64_t next_report_us;
    struct hop_twcc_send twcc;
    uint8_t packet[HOP_MAX_DATAGRAM + HOP_SRTP_OVERHEAD];
};

static bool is_audio(enum hop_source source)
{
    return source == HOP_SOURCE_MICROPHONE || source == HOP_SOURCE_SCREEN_AUDIO;
}

/* ---- life ------------------------------------------------------------------------------------ */

int hop_client_sender_new(const struct hop_client_sender_config *config,
                          struct hop_client_transport *transport, struct hop_client_sender **out)
{
    struct hop_client_sender *s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->config = *config;
    s->transport = transport;
    s->layer_mask = ~0u;
    for (int i = 0; i < HOP_SOURCES; i++)
        s->tracks[i].hz = config->tone_hz[i];
    hop_twcc_send_init(&s->twcc);
    *out = s;
    return 0;
}

void hop_client_sender_free(struct hop_client_sender *s)
{
    if (!s)
        return;
    for (int i = 0; i < HOP_SOURCES; i++) {
        if (s->tracks[i].opus)
            opus_encoder_destroy(s->tracks[i].opus);
        for (int l = 0; l < HOP_MAX_LAYERS; l++)
            hop_cache_free(s->tracks[i].layers[l].cache);
    }
    hop_twcc_send_deinit(&s->twcc);
    free(s);
}

void hop_client_sender_offer(struct hop_client_sender *s, enum hop_source source, uint8_t layers,
                             struct hop_client_offer_track *out)
{
    struct track *t = &s->tracks[source];
    uint32_t clock_hz = is_audio(source) ? 48000 : 90000;
    for (uint8_t i = t->n_layers; i < layers; i++) {
        struct layer *l = &t->layers[i];
        l->ssrc = hop_random32() | 1;
        l->rtx_ssrc = hop_random32() | 1;
        l->seq = (uint16_t)(hop_random32() & 0x7fff);
        l->picture = (uint16_t)(hop_random32() & 0x7fff);
        l->height = (uint16_t)(s->config.height >> (layers - 1 - i));
        l->key_wanted = true;
        hop_send_source_init(&l->source, l->ssrc, clock_hz);
        hop_send_source_init(&l->rtx_source, l->rtx_ssrc, clock_hz);
        if (!is_audio(source))
            hop_cache_new(CACHE_BYTES, CACHE_PACKETS, &l->cache);
    }
    t->n_layers = layers;
    *out = (struct hop_client_offer_track){ .offered = layers > 0,
                                            .ssrc = t->layers[0].ssrc,
                                            .rtx_ssrc = t->layers[0].rtx_ssrc,
                                            .layers = layers };
}

void hop_client_sender_answer(struct hop_client_sender *s, enum hop_source source,
                              const struct hop_client_answer_line *line,
                              const struct hop_ext_ids *ext)
{
    struct track *t = &s->tracks[source];
    t->answered = !line->rejected && line->receives;
    t->pt = line->pt;
    t->rtx_pt = line->rtx_pt;
    t->red_pt = line->red_pt;
    memcpy(t->mid, line->mid, sizeof(t->mid));
    if (!is_audio(source) && line->codec != HOP_CODEC_NONE)
        s->config.codec = line->codec;
    s->ext = *ext;
}

void hop_client_sender_enable(struct hop_client_sender *s, enum hop_source source, bool on)
{
    struct track *t = &s->tracks[source];
    t->on = on;
    t->talking = false;
    for (int i = 0; i < HOP_MAX_LAYERS; i++)
        t->layers[i].key_wanted = true;
}

void hop_client_sender_set_tone(struct hop_client_sender *s, enum hop_source source, double hz)
{
    s->tracks[source].hz = hz;
}

void hop_client_sender_set_voice(struct hop_client_sender *s, enum hop_source source,
                                 hop_client_voice voice, void *ctx)
{
    s->tracks[source].voice = voice;
    s->tracks[source].voice_ctx = ctx;
}

void hop_client_sender_set_layers(struct hop_client_sender *s, uint32_t mask)
{
    for (int i = 0; i < HOP_SOURCES; i++) {
        for (unsigned l = 0; l < HOP_MAX_LAYERS; l++)
            s->tracks[i].layers[l].key_wanted |= (mask & ~s->layer_mask) >> l & 1;
    }
    s->layer_mask = mask;
}

void hop_client_sender_set_video_bps(struct hop_client_sender *s, uint32_t bps)
{
    s->config.video_bps = bps;
}

/* ---- one packet ------------------------------------------------------------------------------ */

static struct hop_rtp_header begin(struct hop_client_sender *s, const struct track *t, uint8_t pt,
                                   bool marker, uint16_t seq, uint32_t ssrc, int64_t now_us)
{
    struct hop_rtp_header h;
    hop_rtp_header_init(&h, pt, marker, seq, t->timestamp, ssrc);
    hop_rtp_header_add_token(&h, s->ext.mid, t->mid);
    hop_rtp_header_add_abs_send_time(&h, s->ext.abs_send_time, now_us);
    return h;
}

/* Writes the header with the transport-wide number and sends; payload is at its place behind. */
static size_t finish(struct hop_client_sender *s, struct hop_rtp_header *h, const uint8_t *payload,
                     size_t len, int64_t now_us)
{
    uint16_t twcc = hop_twcc_send_packet(&s->twcc, hop_rtp_header_size(h) + len, now_us);
    hop_rtp_header_add_twcc(h, s->ext.twcc, twcc);
    size_t head = hop_rtp_header_write(h, s->packet, HOP_MAX_DATAGRAM);
    if (!head || head + len > HOP_MAX_DATAGRAM)
        return 0;
    memcpy(s->packet + head, payload, len);
    return head + len;
}

static void send_packet(struct hop_client_sender *s, struct track *t, struct layer *l, size_t len,
                        size_t payload_len, int64_t now_us)
{
    t->stats.packets++;
    t->stats.bytes += len;
    hop_send_source_packet(&l->source, t->timestamp, payload_len, len, now_us);
    hop_client_transport_send_rtp(s->transport, s->packet, len, sizeof(s->packet));
}

/* ---- sound ----------------------------------------------------------------------------------- */

static OpusEncoder *make_encoder(void)
{
    int err = 0;
    OpusEncoder *e = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &err);
    if (e) {
        opus_encoder_ctl(e, OPUS_SET_BITRATE(OPUS_BPS));
        opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(5));
    }
    return e;
}

static size_t encode_tone(struct track *t, uint8_t *out, size_t cap)
{
    float pcm[SAMPLES];
    if (!t->opus && !(t->opus = make_encoder()))
        return 0;
    for (int i = 0; i < SAMPLES; i++) {
        pcm[i] = t->hz > 0 ? (float)(AMPLITUDE * sin(t->phase)) : 0;
        t->phase += 2 * M_PI * t->hz / 48000;
    }
    t->phase = fmod(t->phase, 2 * M_PI);
    int n = opus_encode_float(t->opus, pcm, SAMPLES, out, (opus_int32)cap);
    return n > 0 ? (size_t)n : 0;
}

/* The level is -dBov of the sine's mean power, RFC 6464 §3. */
static size_t next_sound(struct track *t, uint8_t *out, size_t cap, uint8_t *level)
{
    if (t->voice)
        return t->voice(t->voice_ctx, t->voiced++, out, cap, level);
    *level = t->hz > 0 ? (uint8_t)lround(-20 * log10(AMPLITUDE / sqrt(2))) : 127;
    return encode_tone(t, out, cap);
}

/* RFC 2198 §3: the frame before, if it was one, then this one. Returns the bytes. */
static size_t with_copy(struct track *t, const uint8_t *payload, size_t len, uint8_t *out)
{
    size_t n = 0;
    if (t->last_len > 0) {
        uint32_t head = (uint32_t)SAMPLES << 10 | (uint32_t)t->last_len;
        out[n++] = (uint8_t)(0x80 | t->pt);
        out[n++] = (uint8_t)(head >> 16);
        out[n++] = (uint8_t)(head >> 8);
        out[n++] = (uint8_t)head;
    }
    out[n++] = t->pt;
    memcpy(out + n, t->last, t->last_len);
    n += t->last_len;
    memcpy(out + n, payload, len);
    t->last_len = len <= sizeof(t->last) ? len : 0;
    memcpy(t->last, payload, t->last_len);
    return n + len;
}

static void send_audio(struct hop_client_sender *s, struct track *t, int64_t now_us)
{
    struct layer *l = &t->layers[0];
    uint8_t payload[1275], level = 127;
    size_t len = next_sound(t, payload, sizeof(payload), &level);
    bool voice = level < 127;
    uint8_t red[sizeof(payload) + sizeof(t->last) + 5];
    if (len > 0) {
        const uint8_t *data = t->red_pt ? red : payload;
        len = t->red_pt ? with_copy(t, payload, len, red) : len;
        struct hop_rtp_header h = begin(s, t, t->red_pt ? t->red_pt : t->pt, voice && !t->talking,
                                        l->seq++, l->ssrc, now_us);
        hop_rtp_header_add_audio_level(&h, s->ext.audio_level, voice, level);
        size_t total = finish(s, &h, data, len, now_us);
        if (total)
            send_packet(s, t, l, total, len, now_us);
    }
    if (len == 0)
        t->last_len = 0;
    t->talking = voice && len > 0;
    t->timestamp += SAMPLES;
}

/* ---- picture --------------------------------------------------------------------------------- */

static size_t frame_bytes(const struct hop_client_sender *s, const struct track *t, unsigned layer,
                          bool key)
{
    size_t bytes = s->config.video_bps / 8 / s->config.fps >> 2 * (t->n_layers - 1u - layer);
    return (key ? 4 * bytes : bytes) + 50;
}

static void send_frame(struct hop_client_sender *s, enum hop_source source, unsigned layer,
                       int64_t now_us)
{
    struct track *t = &s->tracks[source];
    struct layer *l = &t->layers[layer];
    struct hop_client_frame frame = {
        .codec = s->config.codec,
        .key = l->key_wanted,
        .picture = l->picture,
        .tl0 = ++l->tl0,
        .width = (uint16_t)(l->height * 16u / 9 & ~1u),
        .height = l->height,
        .stamp = { s->config.tag, (uint8_t)source, (uint8_t)layer, l->frame++ },
        .bytes = frame_bytes(s, t, layer, l->key_wanted),
    };
    unsigned n = hop_client_frame_packets(&frame);
    for (unsigned i = 0; i < n; i++) {
        uint8_t payload[HOP_CLIENT_PAYLOAD];
        size_t len = hop_client_frame_write(&frame, i, payload);
        struct hop_rtp_header h = begin(s, t, t->pt, i + 1 == n, l->seq++, l->ssrc, now_us);
        if (t->n_layers > 1)
            hop_rtp_header_add_token(&h, s->ext.rid, hop_client_rid(layer));
        size_t total = finish(s, &h, payload, len, now_us);
        if (!total)
            continue;
        hop_cache_insert(l->cache, hop_seq_unwrap(&l->unwrap, h.seq), s->packet, total, now_us);
        send_packet(s, t, l, total, len, now_us);
    }
    t->stats.frames++;
    t->stats.key_frames += l->key_wanted;
    l->key_wanted = false;
    l->picture = (uint16_t)((l->picture + 1) & 0x7fff);
}

static void send_video(struct hop_client_sender *s, enum hop_source source, int64_t now_us)
{
    struct track *t = &s->tracks[source];
    for (unsigned i = 0; i < t->n_layers; i++) {
        if (s->layer_mask & 1u << i)
            send_frame(s, source, i, now_us);
    }
    t->timestamp += 90000 / s->config.fps;
}

static void repair(struct hop_client_sender *s, struct track *t, unsigned layer, uint16_t seq,
                   int64_t now_us)
{
    struct layer *l = &t->layers[layer];
    struct hop_cache_packet found;
    struct hop_rtp_view view;
    uint8_t payload[HOP_MAX_DATAGRAM];
    t->stats.nacked++;
    if (t->rtx_pt == 0xff || !l->cache ||
        !hop_cache_find(l->cache, hop_seq_peek(&l->unwrap, seq), &found) ||
        hop_rtp_parse(found.data, found.len, &view) != 0 ||
        view.payload_len + (size_t)HOP_RTX_OSN > sizeof(payload))
        return;
    hop_put16(payload, seq);
    memcpy(payload + HOP_RTX_OSN, found.data + view.payload_offset, view.payload_len);
    struct hop_rtp_header h =
        begin(s, t, t->rtx_pt, view.marker, l->rtx_seq++, l->rtx_ssrc, now_us);
    h.timestamp = view.timestamp;
    if (t->n_layers > 1)
        hop_rtp_header_add_token(&h, s->ext.rrid, hop_client_rid(layer));
    size_t len = (size_t)view.payload_len + HOP_RTX_OSN;
    size_t total = finish(s, &h, payload, len, now_us);
    if (!total)
        return;
    t->stats.repaired++;
    hop_send_source_packet(&l->rtx_source, view.timestamp, len, total, now_us);
    hop_client_transport_send_rtp(s->transport, s->packet, total, sizeof(s->packet));
}

/* ---- time ------------------------------------------------------------------------------------ */

static void send_report(struct hop_client_sender *s, struct layer *l, int64_t now_us)
{
    struct hop_rtcp_sr sr;
    uint8_t buf[256];
    if (!hop_send_source_sr(&l->source, now_us, hop_wall_us(), &sr))
        return;
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof(buf) - HOP_SRTP_OVERHEAD);
    if (hop_rtcp_write_sr(&w, &sr, NULL, 0) && hop_rtcp_write_cname(&w, l->ssrc, "hop-client"))
        hop_client_transport_send_rtcp(s->transport, buf, w.len, sizeof(buf));
}

static int64_t tick_track(struct hop_client_sender *s, enum hop_source source, int64_t now_us)
{
    struct track *t = &s->tracks[source];
    if (!t->on || !t->answered || !t->n_layers)
        return INT64_MAX;
    int64_t interval_us = is_audio(source) ? AUDIO_US : 1000000 / (int64_t)s->config.fps;
    /* after a pause there is no debt to be sent in one burst */
    if (now_us - t->next_us > 500000) {
        int64_t missed = t->next_us ? (now_us - t->next_us) / interval_us : 0;
        t->timestamp += (uint32_t)(missed * (is_audio(source) ? SAMPLES : 90000 / s->config.fps));
        t->next_us = now_us;
    }
    while (t->next_us <= now_us) {
        if (is_audio(source))
            send_audio(s, t, now_us);
        else
            send_video(s, source, now_us);
        t->next_us += interval_us;
    }
    return t->next_us;
}

int64_t hop_client_sender_tick(struct hop_client_sender *s, int64_t now_us)
{
    if (hop_client_transport_state(s->transport) != HOP_CLIENT_LINE_CONNECTED)
        return INT64_MAX;
    int64_t due = INT64_MAX;
    for (int i = 0; i < HOP_SOURCES; i++) {
        int64_t at = tick_track(s, (enum hop_source)i, now_us);
        due = at < due ? at : due;
    }
    if (now_us >= s->next_report_us) {
        for (int i = 0; i < HOP_SOURCES; i++) {
            for (int l = 0; l < s->tracks[i].n_layers; l++)
                send_report(s, &s->tracks[i].layers[l], now_us);
        }
        s->next_report_us = now_us + REPORT_US;
    }
    return s->next_report_us < due ? s->next_report_us : due;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static struct layer *find_layer(struct hop_client_sender *s, uint32_t ssrc, struct track **track)
{
    for (int i = 0; i < HOP_SOURCES; i++) {
        for (int l = 0; l < s->tracks[i].n_layers; l++) {
            if (s->tracks[i].layers[l].ssrc == ssrc) {
                *track = &s->tracks[i];
                return &s->tracks[i].layers[l];
            }
        }
    }
    return NULL;
}

static void take_fir(struct hop_client_sender *s, const struct hop_rtcp_fb *fb)
{
    struct track *t;
    uint32_t ssrc;
    uint8_t seq;
    for (unsigned i = 0; hop_rtcp_read_fir(fb, i, &ssrc, &seq); i++) {
        struct layer *l = find_layer(s, ssrc, &t);
        if (!l)
            continue;
        t->stats.fir++;
        l->key_wanted = true;
    }
}

void hop_client_sender_feedback(struct hop_client_sender *s, const struct hop_rtcp_fb *fb,
                                int64_t now_us)
{
    struct track *t;
    uint16_t seqs[64];
    if (fb->type == HOP_RTCP_RTPFB && fb->format == HOP_RTPFB_TWCC) {
        hop_twcc_send_feedback(&s->twcc, fb, now_us, NULL, 0);
        return;
    }
    if (fb->type == HOP_RTCP_PSFB && fb->format == HOP_PSFB_FIR)
        take_fir(s, fb);
    struct layer *l = find_layer(s, fb->media_ssrc, &t);
    if (!l)
        return;
    if (hop_rtcp_is_pli(fb)) {
        t->stats.pli++;
        l->key_wanted = true;
    }
    size_t n = hop_rtcp_read_nack(fb, seqs, sizeof(seqs) / sizeof(seqs[0]));
    for (size_t i = 0; i < n; i++)
        repair(s, t, (unsigned)(l - t->layers), seqs[i], now_us);
}

void hop_client_sender_report(struct hop_client_sender *s, const struct hop_rtcp_block *block,
                              int64_t now_us)
{
    struct track *t;
    struct layer *l = find_layer(s, block->ssrc, &t);
    if (!l)
        return;
    hop_send_source_report(&l->source, block, now_us);
    t->stats.fraction_lost = block->fraction_lost;
    t->stats.rtt_us = l->source.rtt_us;
}

const struct hop_client_sent *hop_client_sender_stats(const struct hop_client_sender *s,
                                                      enum hop_source source)
{
    return &s->tracks[source].stats;
}

uint32_t hop_client_sender_acked_bps(const struct hop_client_sender *s, int64_t now_us)
{
    return hop_twcc_send_acked_bps(&s->twcc, now_us);
}

uint64_t hop_client_sender_twcc_acked(const struct hop_client_sender *s)
{
    return s->twcc.acked;
}

uint32_t hop_client_sender_ssrc(const struct hop_client_sender *s)
{
    for (int i = 0; i < HOP_SOURCES; i++) {
        if (s->tracks[i].n_layers)
            return s->tracks[i].layers[0].ssrc;
    }
    return 1;
}
