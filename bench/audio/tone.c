/* See tone.h. */
#include "bench/audio/tone.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    FRAME = 960,
    WINDOW = 240, /* 5 ms: two periods of the first tone, eight of the second */
    STEP = 24,
    TONE_PACKETS = 25, /* of each of the two */
    PATIENCE_US = 1000000,
};

static const double tone_hz[] = { 400, 1600 };

struct bench_tone {
    OpusEncoder *encoder;
    OpusDecoder *decoder;
    unsigned seed, missed;
    int left;  /* packets until the next change */
    int stage; /* 0 silence, 1 and 2 the tones */
    int rounds;
    double phase;
    /* what is looked for */
    bool waiting;
    enum bench_tone_kind kind;
    int64_t sent_us;
    float heard[WINDOW + FRAME]; /* the last 5 ms before, and the packet */
};

struct bench_tone *bench_tone_new(unsigned seed)
{
    int error = 0;
    struct bench_tone *tone = calloc(1, sizeof(*tone));
    if (!tone)
        return NULL;
    tone->seed = seed * 2654435761u + 1;
    tone->left = 10;
    tone->encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    tone->decoder = opus_decoder_create(RATE, 1, &error);
    if (!tone->encoder || !tone->decoder) {
        bench_tone_free(tone);
        return NULL;
    }
    opus_encoder_ctl(tone->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(tone->encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(tone->encoder, OPUS_SET_INBAND_FEC(1));
    return tone;
}

void bench_tone_free(struct bench_tone *tone)
{
    if (!tone)
        return;
    if (tone->encoder)
        opus_encoder_destroy(tone->encoder);
    if (tone->decoder)
        opus_decoder_destroy(tone->decoder);
    free(tone);
}

/* Silences of 1.6 to 2.4 s: long enough that a mixer forgets who spoke, and knows the line. */
static void next_stage(struct bench_tone *tone, int64_t now_us)
{
    tone->stage = (tone->stage + 1) % 3;
    tone->rounds += tone->stage == 0;
    tone->seed = tone->seed * 1664525u + 1013904223u;
    tone->left = tone->stage == 0 ? 80 + (int)(tone->seed >> 16) % 40 : TONE_PACKETS;
    tone->phase = 0;
    if (tone->stage == 0 || (tone->stage == 2 && tone->rounds == 0))
        return;
    tone->missed += tone->waiting;
    tone->waiting = true;
    tone->kind = tone->stage == 2    ? BENCH_TONE_CHANGE
                 : tone->rounds == 0 ? BENCH_TONE_AT_ONCE
                                     : BENCH_TONE_FIRST;
    tone->sent_us = now_us;
}

size_t bench_tone_packet(struct bench_tone *tone, uint8_t *out, size_t cap, uint8_t *level,
                         int64_t now_us)
{
    float pcm[FRAME] = { 0 };
    if (tone->left-- == 0)
        next_stage(tone, now_us);
    for (int i = 0; i < FRAME && tone->stage > 0; i++) {
        pcm[i] = 0.3f * (float)sin(tone->phase);
        tone->phase += 2 * M_PI * tone_hz[tone->stage - 1] / RATE;
    }
    *level = tone->stage > 0 ? 13 : 127;
    int n = opus_encode_float(tone->encoder, pcm, FRAME, out, (opus_int32)cap);
    return n > 0 ? (size_t)n : 0;
}

static double amplitude(const float *pcm, double hz)
{
    double re = 0, im = 0;
    for (int i = 0; i < WINDOW; i++) {
        re += (double)pcm[i] * cos(2 * M_PI * hz * i / RATE);
        im += (double)pcm[i] * sin(2 * M_PI * hz * i / RATE);
    }
    return 2 * hypot(re, im) / WINDOW;
}

/* The first place at which half of the 5 ms around it is the tone; -1: none. In samples of the new
 * packet, from -WINDOW/2. */
static int find(const struct bench_tone *tone)
{
    for (int at = 0; at <= FRAME; at += STEP)
        if (amplitude(tone->heard + at, tone_hz[tone->kind == BENCH_TONE_CHANGE]) > 0.15)
            return at - WINDOW / 2;
    return -1;
}

bool bench_tone_hear(struct bench_tone *tone, const uint8_t *payload, size_t len, int64_t now_us,
                     struct bench_tone_delay *out)
{
    memmove(tone->heard, tone->heard + FRAME, WINDOW * sizeof(float));
    if (opus_decode_float(tone->decoder, payload, (opus_int32)len, tone->heard + WINDOW, FRAME,
                          0) != FRAME)
        return false;
    if (tone->waiting && now_us - tone->sent_us > PATIENCE_US) {
        tone->waiting = false;
        tone->missed++;
    }
    int at = tone->waiting ? find(tone) : -1;
    if (at < 0)
        return false;
    tone->waiting = false;
    out->kind = tone->kind;
    out->packet_ms = (double)(now_us - tone->sent_us) / 1000;
    out->sound_ms = out->packet_ms + (double)at * 1000 / RATE;
    return true;
}

unsigned bench_tone_missed(const struct bench_tone *tone)
{
    return tone->missed;
}
