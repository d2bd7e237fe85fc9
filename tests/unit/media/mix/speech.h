/* Test support: a voice. Glottal pulses through formants, in syllables, words and sentences with
 * pauses between them, deterministic by seed; codecs and loudness meters take it for speech. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SPEECH_RATE = 48000, SPEECH_FORMANTS = 3 };

struct speech {
    uint32_t random;
    double f0, phase;        /* of the glottis */
    double gain;             /* amplitude: 1 is some -15 dBov while speaking, peaks reach 1.2 */
    int left, length, onset; /* samples of this syllable or pause; of its consonant */
    int syllables;           /* left in this sentence */
    double hz[SPEECH_FORMANTS];
    double y[SPEECH_FORMANTS][2];
};

static inline double speech_random(struct speech *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return (double)(s->random >> 8) / (1 << 24);
}

static inline void speech_init(struct speech *s, uint32_t seed, double gain)
{
    memset(s, 0, sizeof(*s));
    s->random = seed * 2654435761u + 1;
    s->gain = gain;
    s->f0 = 95 + 110 * speech_random(s);
}

static inline void speech_next(struct speech *s)
{
    static const double vowels[][SPEECH_FORMANTS] = {
        { 730, 1090, 2440 }, { 270, 2290, 3010 }, { 300, 870, 2240 },
        { 530, 1840, 2480 }, { 570, 840, 2410 },  { 440, 1020, 2240 },
    };
    if (s->syllables == 0) { /* a pause between sentences */
        s->syllables = -(6 + (int)(10 * speech_random(s)));
        s->left = s->length = (int)(SPEECH_RATE * (0.25 + 0.3 * speech_random(s)));
        return;
    }
    if (s->syllables < 0)
        s->syllables = -s->syllables;
    s->syllables--;
    s->left = s->length = (int)(SPEECH_RATE * (0.12 + 0.14 * speech_random(s)));
    s->onset = (int)(SPEECH_RATE * (0.02 + 0.05 * speech_random(s)));
    memcpy(s->hz, vowels[(int)(6 * speech_random(s)) % 6], sizeof(s->hz));
}

static inline bool speech_pauses(const struct speech *s)
{
    return s->syllables < 0;
}

/* n samples within about ±gain. */
static inline void speech_make(struct speech *s, float *pcm, int n)
{
    static const double width[SPEECH_FORMANTS] = { 80, 100, 160 }, part[] = { 1, 0.5, 0.25 };
    for (int i = 0; i < n; i++) {
        if (s->left-- <= 0)
            speech_next(s);
        double at = s->length > 0 ? 1 - (double)s->left / s->length : 0, sound = 0;
        double envelope = speech_pauses(s) ? 0 : pow(sin(M_PI * at), 0.6);
        double noise = speech_random(s) - 0.5;
        s->phase += (s->f0 * (1.1 - 0.2 * at)) / SPEECH_RATE;
        double pulse = s->phase >= 1 ? 1 : 0;
        s->phase -= pulse;
        for (int f = 0; f < SPEECH_FORMANTS; f++) {
            double r = exp(-M_PI * width[f] / SPEECH_RATE), w = 2 * M_PI * s->hz[f] / SPEECH_RATE;
            double y = pulse + 0.01 * noise + 2 * r * cos(w) * s->y[f][0] - r * r * s->y[f][1];
            s->y[f][1] = s->y[f][0];
            s->y[f][0] = y;
            sound += part[f] * (y - s->y[f][1]);
        }
        if (!speech_pauses(s) && s->length - s->left < s->onset)
            sound = 0.3 * noise;
        pcm[i] = (float)(s->gain * (envelope * sound * 0.6 + 0.0002 * noise));
    }
}
