/* See scene.h. */
#include "tests/audio/scene.h"

#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_US = 20000, PAYLOAD = 400 };

struct packet {
    int64_t came_us; /* -1: lost */
    int64_t late_us; /* over the fastest */
    uint8_t level;
    uint16_t len;
    uint8_t data[PAYLOAD];
};

struct sender {
    const struct audio_voice *voice;
    struct packet *packets;
    int n, next;
};

unsigned audio_draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "scene: %s failed\n", what);
    abort();
}

/* ---- senders --------------------------------------------------------------------------------- */

static OpusEncoder *open_encoder(const struct audio_line *line)
{
    int error = 0;
    OpusEncoder *encoder = opus_encoder_create(AUDIO_RATE, 1, OPUS_APPLICATION_VOIP, &error);
    must(encoder != NULL, "encoder");
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(line->fec));
    opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(line->fec ? 15 : 0));
    return encoder;
}

/* The frame that ends at sent_us. */
static void take_frame(const struct audio_voice *voice, int i, float pcm[AUDIO_FRAME])
{
    int first = i * AUDIO_FRAME - (int)(voice->begin_us * AUDIO_RATE / 1000000);
    for (int k = 0; k < AUDIO_FRAME; k++) {
        int at = first + k;
        pcm[k] =
            at >= 0 && at < voice->n ? voice->pcm[at] * (voice->gain != 0 ? voice->gain : 1) : 0;
    }
}

static uint8_t level_of(const float pcm[AUDIO_FRAME])
{
    double power = 1e-13;
    for (int k = 0; k < AUDIO_FRAME; k++)
        power += (double)pcm[k] * (double)pcm[k] / AUDIO_FRAME;
    return (uint8_t)fmin(127, fmax(0, -10 * log10(power)));
}

static void make_packets(struct sender *sender, const struct audio_voice *voice, double seconds)
{
    const struct audio_line *line = &voice->line;
    unsigned seed = line->seed * 2654435761u + 1;
    int64_t last_us = 0, state = 0;
    OpusEncoder *encoder = open_encoder(line);
    *sender = (struct sender){ .voice = voice, .n = (int)(seconds * 50) };
    sender->packets = calloc((size_t)sender->n, sizeof(*sender->packets));
    must(sender->packets != NULL, "memory");
    for (int i = 0; i < sender->n; i++) {
        struct packet *packet = &sender->packets[i];
        float pcm[AUDIO_FRAME];
        take_frame(voice, i, pcm);
        packet->level = level_of(pcm);
        int len = opus_encode_float(encoder, pcm, AUDIO_FRAME, packet->data, PAYLOAD);
        must(len > 0, "encoding");
        packet->len = (uint16_t)len;
        int64_t sent_us = (int64_t)((i + 1) * (TICK_US * (1 + line->drift_ppm / 1e6)));
        int64_t extra_us =
            line->extra_us ? line->extra_us(&seed, &state, sent_us) : audio_draw(&seed, 2000);
        packet->came_us = sent_us + AUDIO_PATH_US + extra_us;
        if (packet->came_us < last_us)
            packet->came_us = last_us; /* a queue keeps the order */
        last_us = packet->came_us;
        packet->late_us = packet->came_us - sent_us - AUDIO_PATH_US;
        if ((int)audio_draw(&seed, 100) < line->loss_percent)
            packet->came_us = -1;
    }
    opus_encoder_destroy(encoder);
}

/* With RED each packet carries the one before (RFC 2198). */
static void deliver(struct hop_mixer *mixer, struct sender *sender, int64_t until_us)
{
    for (; sender->next < sender->n; sender->next++) {
        int i = sender->next;
        const struct packet *packet = &sender->packets[i], *before = packet - 1;
        if (packet->came_us > until_us)
            return;
        if (packet->came_us < 0)
            continue;
        if (sender->voice->line.red && i > 0)
            hop_mixer_push_copy(mixer, sender->voice->peer, HOP_SOURCE_MICROPHONE,
                                (uint64_t)i + 999, (uint32_t)((i - 1) * AUDIO_FRAME), before->data,
                                before->len, packet->came_us);
        hop_mixer_push(mixer, sender->voice->peer, HOP_SOURCE_MICROPHONE, (uint64_t)i + 1000,
                       (uint32_t)(i * AUDIO_FRAME), packet->data, packet->len, packet->level,
                       packet->came_us);
    }
}

/* ---- ears ------------------------------------------------------------------------------------ */

static const struct hop_audio_payload *payload_for(const struct audio_ear *ear,
                                                   const struct hop_audio_tick *tick)
{
    for (int i = 0; i < tick->n_owns; i++) {
        const struct hop_audio_own *own = &tick->owns[i];
        if (own->hall ? own->hall == ear->hall : own->peer == ear->peer)
            return &own->payload;
    }
    return &tick->shared[HOP_AUDIO_CLEAN];
}

static void hear(const struct audio_ear *ear, OpusDecoder *decoder,
                 const struct hop_audio_tick *tick, float *out)
{
    const struct hop_audio_payload *payload = payload_for(ear, tick);
    if (payload->len > 0)
        must(opus_decode_float(decoder, payload->data, payload->len, out, AUDIO_FRAME, 0) ==
                 AUDIO_FRAME,
             "decoding");
}

/* ---- the meeting ----------------------------------------------------------------------------- */

static struct hop_mixer *open_mixer(const struct audio_scene *scene)
{
    struct hop_audio_params params = {
        .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40, .max_talkers = 16
    };
    struct hop_mixer *mixer;
    must(hop_mixer_new(&params, &mixer) == 0, "mixer");
    hop_mixer_set_levelling(mixer, scene->levelling);
    for (int i = 0; i < scene->n_ears; i++)
        hop_mixer_set_hall(mixer, scene->ears[i].peer, scene->ears[i].hall);
    return mixer;
}

static void keep_lateness(struct audio_scene *scene, const struct sender *sender)
{
    scene->n_packets = sender->n;
    scene->late_us = calloc((size_t)sender->n, sizeof(*scene->late_us));
    must(scene->late_us != NULL, "memory");
    for (int i = 0; i < sender->n; i++)
        scene->late_us[i] = sender->packets[i].came_us < 0 ? -1 : sender->packets[i].late_us;
}

static void run_ticks(struct audio_scene *scene, struct hop_mixer *mixer, struct sender *senders)
{
    static struct hop_audio_tick tick;
    OpusDecoder *decoders[AUDIO_MAX_EARS] = { NULL };
    int error = 0;
    for (int i = 0; i < scene->n_ears; i++)
        must((decoders[i] = opus_decoder_create(AUDIO_RATE, 1, &error)) != NULL, "decoder");
    for (int t = 0; t < scene->n / AUDIO_FRAME; t++) {
        int64_t now_us = (int64_t)t * TICK_US + AUDIO_PHASE_US;
        for (int i = 0; i < scene->n_voices; i++)
            deliver(mixer, &senders[i], now_us);
        if (!hop_mixer_active(mixer))
            continue;
        hop_mixer_tick(mixer, now_us, &tick);
        memcpy(scene->mix + t * AUDIO_FRAME, hop_mixer_pcm(mixer), AUDIO_FRAME * sizeof(float));
        for (int i = 0; i < scene->n_ears; i++)
            hear(&scene->ears[i], decoders[i], &tick, scene->ears[i].heard + t * AUDIO_FRAME);
    }
    for (int i = 0; i < scene->n_ears; i++)
        opus_decoder_destroy(decoders[i]);
}

void audio_scene_run(struct audio_scene *scene)
{
    struct sender senders[AUDIO_MAX_VOICES];
    struct hop_mixer *mixer = open_mixer(scene);
    scene->n = (int)(scene->seconds * 50) * AUDIO_FRAME;
    must((scene->mix = calloc((size_t)scene->n, sizeof(float))) != NULL, "memory");
    for (int i = 0; i < scene->n_ears; i++)
        must((scene->ears[i].heard = calloc((size_t)scene->n, sizeof(float))) != NULL, "memory");
    for (int i = 0; i < scene->n_voices; i++)
        make_packets(&senders[i], &scene->voices[i], scene->seconds);
    keep_lateness(scene, &senders[0]);
    run_ticks(scene, mixer, senders);
    hop_mixer_stats(mixer, &scene->stats);
    for (int i = 0; i < scene->n_voices; i++)
        free(senders[i].packets);
    hop_mixer_free(mixer);
}

void audio_scene_free(struct audio_scene *scene)
{
    for (int i = 0; i < scene->n_ears; i++)
        free(scene->ears[i].heard);
    free(scene->mix);
    free(scene->late_us);
}
