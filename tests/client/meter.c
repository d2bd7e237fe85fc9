/* See meter.h. */
#include "tests/client/meter.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FRAME = 5760, FRAME = 960, MAX_CONCEALED = 10 };

struct hop_client_meter {
    OpusDecoder *opus;
    float ring[HOP_CLIENT_METER_SAMPLES];
    size_t at, have;
    uint32_t decoded, concealed, broken;
};

int hop_client_meter_new(struct hop_client_meter **out)
{
    int err = 0;
    struct hop_client_meter *m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->opus = opus_decoder_create(48000, 1, &err);
    if (!m->opus) {
        free(m);
        return -ENOMEM;
    }
    *out = m;
    return 0;
}

void hop_client_meter_free(struct hop_client_meter *m)
{
    if (!m)
        return;
    opus_decoder_destroy(m->opus);
    free(m);
}

static void push(struct hop_client_meter *m, const float *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m->ring[m->at] = pcm ? pcm[i] : 0;
        m->at = (m->at + 1) % HOP_CLIENT_METER_SAMPLES;
    }
    m->have = m->have + n < HOP_CLIENT_METER_SAMPLES ? m->have + n : HOP_CLIENT_METER_SAMPLES;
}

void hop_client_meter_packet(struct hop_client_meter *m, const uint8_t *payload, size_t len,
                             unsigned lost)
{
    float pcm[MAX_FRAME];
    for (unsigned i = 0; i < lost && i < MAX_CONCEALED; i++) {
        int n = opus_decode_float(m->opus, NULL, 0, pcm, FRAME, 0);
        m->concealed++;
        if (n > 0)
            push(m, pcm, (size_t)n);
    }
    int n = opus_decode_float(m->opus, payload, (opus_int32)len, pcm, MAX_FRAME, 0);
    if (n <= 0) {
        m->broken++;
        return;
    }
    m->decoded++;
    push(m, pcm, (size_t)n);
}

void hop_client_meter_silence(struct hop_client_meter *m, size_t samples)
{
    push(m, NULL, samples < HOP_CLIENT_METER_SAMPLES ? samples : HOP_CLIENT_METER_SAMPLES);
}

size_t hop_client_meter_copy(const struct hop_client_meter *m, float *out, size_t samples)
{
    size_t n = samples < m->have ? samples : m->have;
    size_t from = (m->at + HOP_CLIENT_METER_SAMPLES - n) % HOP_CLIENT_METER_SAMPLES;
    for (size_t i = 0; i < n; i++)
        out[i] = m->ring[(from + i) % HOP_CLIENT_METER_SAMPLES];
    return n;
}

static double to_db(double power)
{
    return power > 1e-20 ? 10 * log10(power) : -200;
}

/* A Hann window keeps a tone's leakage more than 60 dB down a few bins away. */
double hop_client_meter_tone_db(const struct hop_client_meter *m, double hz, size_t samples)
{
    static _Thread_local float pcm[HOP_CLIENT_METER_SAMPLES];
    size_t n = hop_client_meter_copy(m, pcm, samples);
    if (n < FRAME)
        return -200;
    double w = 2 * M_PI * hz / 48000, coefficient = 2 * cos(w), s1 = 0, s2 = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        double window = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n);
        double s0 = window * (double)pcm[i] + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
        weight += window;
    }
    double power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    return to_db(4 * power / (weight * weight));
}

double hop_client_meter_power_db(const struct hop_client_meter *m, size_t samples)
{
    static _Thread_local float pcm[HOP_CLIENT_METER_SAMPLES];
    size_t n = hop_client_meter_copy(m, pcm, samples);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)pcm[i] * (double)pcm[i];
    return n ? to_db(2 * sum / (double)n) : -200;
}

void hop_client_meter_counts(const struct hop_client_meter *m, uint32_t *decoded,
                             uint32_t *concealed, uint32_t *broken)
{
    *decoded = m->decoded;
    *concealed = m->concealed;
    *broken = m->broken;
}
