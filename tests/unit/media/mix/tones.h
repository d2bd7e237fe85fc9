/* Test support: voices that are tones, or speech, and ears that know tones apart. Also used by the
 * tests of media/pipeline. */
#pragma once

#include "tests/unit/media/mix/speech.h"

#include <math.h>
#include <opus/opus.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TONE_RATE = 48000, TONE_FRAME = 960, TONE_MAX_PAYLOAD = 1275 };

/* One sender: a sine, or speech if `speech` is set, encoded as a browser does. */
struct tone_source {
    OpusEncoder *encoder;
    double hz, amplitude, phase;
    struct speech *speech; /* borrowed; its gain is `amplitude` */
    int samples;           /* per packet */
    uint64_t seq;          /* of the next packet */
    uint32_t timestamp;
    uint8_t payload[TONE_MAX_PAYLOAD];
    int len;
    uint8_t level; /* -dBov of the packet just made */
};

static inline void tone_source_open(struct tone_source *source, double hz, double amplitude,
                                    int samples)
{
    int error = 0;
    *source = (struct tone_source){ .hz = hz,
                                    .amplitude = amplitude,
                                    .samples = samples,
                                    .seq = 70000,
                                    .timestamp = 0xffff0000u + (uint32_t)hz };
    source->encoder = opus_encoder_create(TONE_RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (error != OPUS_OK)
        abort();
    opus_encoder_ctl(source->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(source->encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(source->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(source->encoder, OPUS_SET_PACKET_LOSS_PERC(10));
}

static inline void tone_source_close(struct tone_source *source)
{
    opus_encoder_destroy(source->encoder);
    source->encoder = NULL;
}

/* Makes the next packet: payload, len, level; seq and timestamp are those of the packet before the
 * call returns. */
static inline void tone_source_make(struct tone_source *source)
{
    float pcm[2880];
    double power = 0;
    if (source->speech) {
        source->speech->gain = source->amplitude;
        speech_make(source->speech, pcm, source->samples);
    }
    for (int i = 0; i < source->samples; i++) {
        if (!source->speech)
            pcm[i] = (float)(source->amplitude * sin(source->phase));
        source->phase = fmod(source->phase + 2 * M_PI * source->hz / TONE_RATE, 2 * M_PI);
        power += (double)pcm[i] * (double)pcm[i];
    }
    power /= source->samples;
    double level = power > 0 ? -10 * log10(power) : 127;
    source->level = (uint8_t)(level > 127 ? 127 : level < 0 ? 0 : level);
    source->len = opus_encode_float(source->encoder, pcm, source->samples, source->payload,
                                    sizeof(source->payload));
    if (source->len <= 0)
        abort();
}

/* Goes on to the next packet's numbers. */
static inline void tone_source_step(struct tone_source *source)
{
    source->seq++;
    source->timestamp += (uint32_t)source->samples;
}

/* Amplitude of the sine of that frequency in n samples (Goertzel, Hann window). */
static inline double tone_amplitude(const float *pcm, int n, double hz)
{
    double w = 2 * M_PI * hz / TONE_RATE, c = 2 * cos(w), s1 = 0, s2 = 0, gain = 0;
    for (int i = 0; i < n; i++) {
        double window = 0.5 - 0.5 * cos(2 * M_PI * i / n);
        double s0 = (double)pcm[i] * window + c * s1 - s2;
        s2 = s1;
        s1 = s0;
        gain += window;
    }
    return 2 * sqrt(s1 * s1 + s2 * s2 - c * s1 * s2) / gain;
}

static inline double tone_db(double amplitude)
{
    return 20 * log10(amplitude + 1e-9);
}

/* What is in 20 ms beside the one tone: the residual of the best-fitting sine, in dB of the tone.
 */
static inline double tone_residual_db(const float *pcm, double hz)
{
    double cc = 0, ss = 0, cs = 0, xc = 0, xs = 0, left = 0, all = 0;
    for (int i = 0; i < TONE_FRAME; i++) {
        double c = cos(2 * M_PI * hz * i / TONE_RATE), s = sin(2 * M_PI * hz * i / TONE_RATE);
        cc += c * c, ss += s * s, cs += c * s;
        xc += (double)pcm[i] * c, xs += (double)pcm[i] * s;
    }
    double det = cc * ss - cs * cs, a = (xc * ss - xs * cs) / det, b = (xs * cc - xc * cs) / det;
    for (int i = 0; i < TONE_FRAME; i++) {
        double fit =
            a * cos(2 * M_PI * hz * i / TONE_RATE) + b * sin(2 * M_PI * hz * i / TONE_RATE);
        left += ((double)pcm[i] - fit) * ((double)pcm[i] - fit);
        all += fit * fit;
    }
    return 10 * log10(left / all + 1e-12);
}

/* One listener: decodes what it is sent, keeps the last `cap` samples. */
struct tone_ear {
    OpusDecoder *decoder;
    float *pcm;
    int n, cap;
    int packets;
};

static inline void tone_ear_open(struct tone_ear *ear, int cap)
{
    int error = 0;
    *ear = (struct tone_ear){ .cap = cap, .pcm = calloc((size_t)cap, sizeof(float)) };
    ear->decoder = opus_decoder_create(TONE_RATE, 1, &error);
    if (error != OPUS_OK || !ear->pcm)
        abort();
}

static inline void tone_ear_close(struct tone_ear *ear)
{
    opus_decoder_destroy(ear->decoder);
    free(ear->pcm);
    memset(ear, 0, sizeof(*ear));
}

/* One frame; len 0: nothing was sent, 20 ms of silence pass. Aborts on a payload that libopus
 * refuses. */
static inline void tone_ear_hear(struct tone_ear *ear, const uint8_t *payload, int len)
{
    if (ear->n + TONE_FRAME > ear->cap) {
        memmove(ear->pcm, ear->pcm + TONE_FRAME, (size_t)(ear->n - TONE_FRAME) * sizeof(float));
        ear->n -= TONE_FRAME;
    }
    float *to = ear->pcm + ear->n;
    memset(to, 0, TONE_FRAME * sizeof(float));
    if (len > 0 && opus_decode_float(ear->decoder, payload, len, to, TONE_FRAME, 0) != TONE_FRAME)
        abort();
    ear->packets += len > 0;
    ear->n += TONE_FRAME;
}

/* Amplitude of a tone in the last n samples heard. */
static inline double tone_ear_amplitude(const struct tone_ear *ear, int n, double hz)
{
    return n <= ear->n ? tone_amplitude(ear->pcm + ear->n - n, n, hz) : 0;
}
