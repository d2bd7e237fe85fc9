/* Speech-like sound for the mix benchmark; see voices.h. */
#include "bench/mix/voices.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000 };

static struct bench_packet packets[BENCH_VOICES + 1][BENCH_LOOP];
static float sounds[BENCH_VOICES + 1][BENCH_LOOP][BENCH_FRAME];

struct throat {
    double pitch_hz, phase, time;
    unsigned seed;
    double state[3][2]; /* of three resonances */
};

static double noise(struct throat *throat)
{
    throat->seed = throat->seed * 1664525u + 1013904223u;
    return (double)(throat->seed >> 8) / (1 << 23) - 1.0;
}

static double resonate(double state[2], double in, double hz)
{
    double r = 0.985, out = in + 2 * r * cos(2 * M_PI * hz / RATE) * state[0] - r * r * state[1];
    state[1] = state[0];
    state[0] = out;
    return out;
}

/* Pulses and breath through three moving formants, in syllables of a quarter of a second. */
static float speak(struct throat *throat)
{
    double t = throat->time += 1.0 / RATE;
    double syllable = 0.35 + 0.65 * pow(sin(2 * M_PI * 2.0 * t), 2);
    double voiced = sin(2 * M_PI * 1.3 * t) > -0.6;
    throat->phase += throat->pitch_hz * (1 + 0.08 * sin(2 * M_PI * 0.7 * t)) / RATE;
    double pulse = 0;
    if (throat->phase >= 1) {
        throat->phase -= 1;
        pulse = voiced * 1.0;
    }
    double in = pulse + noise(throat) * (voiced > 0 ? 0.01 : 0.06);
    double out = resonate(throat->state[0], in, 500 + 250 * sin(2 * M_PI * 1.9 * t)) +
                 0.5 * resonate(throat->state[1], in, 1500 + 500 * sin(2 * M_PI * 1.1 * t)) +
                 0.25 * resonate(throat->state[2], in, 2700 + 300 * sin(2 * M_PI * 2.3 * t));
    return (float)(0.05 * syllable * out);
}

static void make_voice(int voice)
{
    int error = OPUS_OK;
    struct throat throat = { .pitch_hz = 90 + 11 * voice, .seed = (unsigned)voice * 77u + 5u };
    OpusEncoder *encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    OpusDecoder *decoder = opus_decoder_create(RATE, 1, &error);
    if (!encoder || !decoder)
        abort();
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(5));
    for (int i = 0; i < BENCH_LOOP; i++) {
        struct bench_packet *packet = &packets[voice][i];
        float pcm[BENCH_FRAME];
        double power = 1e-13;
        for (int k = 0; k < BENCH_FRAME; k++) {
            pcm[k] = voice == BENCH_SILENCE ? 0.0f : speak(&throat);
            power += (double)pcm[k] * (double)pcm[k] / BENCH_FRAME;
        }
        int len = opus_encode_float(encoder, pcm, BENCH_FRAME, packet->data, sizeof(packet->data));
        if (len <= 0 || opus_decode_float(decoder, packet->data, len, sounds[voice][i], BENCH_FRAME,
                                          0) != BENCH_FRAME)
            abort();
        packet->len = (uint16_t)len;
        packet->level = (uint8_t)fmin(127, fmax(0, -10 * log10(power)));
    }
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
}

void bench_voices_make(void)
{
    for (int voice = 0; voice <= BENCH_VOICES; voice++)
        make_voice(voice);
}

const struct bench_packet *bench_voice(int voice, uint64_t seq)
{
    return &packets[voice][seq % BENCH_LOOP];
}

const float *bench_sound(int voice, uint64_t seq)
{
    return sounds[voice][seq % BENCH_LOOP];
}
