/* See measure.h. */
#include "tests/audio/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COARSE = 6, STEP = AUDIO_RATE / 200, BANDS = 24 };

/* ---- where it is ----------------------------------------------------------------------------- */

static double likeness(const float *said, int n, const float *heard, int heard_n, int lag, int step)
{
    float sh = 0, ss = 0, hh = 0; /* a likeness needs no more digits */
    int from = lag < 0 ? (-lag + step - 1) / step * step : 0;
    int end = n + lag > heard_n ? heard_n - lag : n;

    for (int i = 0; i < n; i += step)
        ss += said[i] * said[i];
    for (int i = from; i < end; i += step) {
        sh += said[i] * heard[i + lag];
        hh += heard[i + lag] * heard[i + lag];
    }
    return (double)sh / sqrt(((double)ss + 1e-12) * ((double)hh + 1e-12));
}

static float *smoothed(const float *pcm, int n)
{
    float *out = calloc((size_t)n + 1, sizeof(float));
    for (int i = COARSE; out && i < n; i++)
        for (int k = 0; k < COARSE; k++)
            out[i] += pcm[i - k] / COARSE;
    return out;
}

/* First every sixth sample of what is below 4 kHz, then each sample around the best place. */
int audio_align(const float *said, int n, const float *heard, int heard_n, int from, int to,
                double *alike)
{
    if (heard_n > n + to + COARSE)
        heard_n = n + to + COARSE; /* no more is looked at */
    float *s = smoothed(said, n), *h = smoothed(heard, heard_n);
    double best = -2;
    int at = from;
    for (int lag = from; s && h && lag <= to; lag += COARSE) {
        double now = likeness(s, n, h, heard_n, lag, COARSE);
        at = now > best ? lag : at;
        best = now > best ? now : best;
    }
    free(s);
    free(h);
    int middle = at;
    best = -2;
    for (int lag = middle - COARSE; lag <= middle + COARSE; lag++) {
        double now = likeness(said, n, heard, heard_n, lag, 1);
        at = now > best ? lag : at;
        best = now > best ? now : best;
    }
    if (alike)
        *alike = best;
    return at;
}

/* ---- how alike it is ------------------------------------------------------------------------- */

double audio_power_db(const float *pcm, int n)
{
    double sum = 1e-20;
    for (int i = 0; i < n; i++)
        sum += (double)pcm[i] * (double)pcm[i];
    return 10 * log10(sum / (n > 0 ? n : 1));
}

double audio_si_sdr_db(const float *said, const float *heard, int n)
{
    double sh = 0, ss = 1e-12, hh = 0;
    for (int i = 0; i < n; i++) {
        sh += (double)said[i] * (double)heard[i];
        ss += (double)said[i] * (double)said[i];
        hh += (double)heard[i] * (double)heard[i];
    }
    double wanted = sh * sh / ss, rest = hh - wanted;
    return wanted <= 0 ? -100 : fmin(100, 10 * log10(wanted / fmax(rest, wanted * 1e-10)));
}

static void hann(const float *pcm, double out[AUDIO_FRAME])
{
    static double window[AUDIO_FRAME];

    if (window[AUDIO_FRAME / 2] < 0.5) /* not made yet */
        for (int i = 0; i < AUDIO_FRAME; i++)
            window[i] = 0.5 - 0.5 * cos(2 * M_PI * i / AUDIO_FRAME);
    for (int i = 0; i < AUDIO_FRAME; i++)
        out[i] = (double)pcm[i] * window[i];
}

/* Power in bands of equal width on the Bark-like scale of 13 atan(f), by Goertzel at their middles'
 * neighbourhood: a window of 20 ms, three frequencies a band. */
static void bands(const float *pcm, double out[BANDS])
{
    double windowed[AUDIO_FRAME];

    hann(pcm, windowed);
    for (int b = 0; b < BANDS; b++) {
        double middle_hz = 600 * sinh((b + 0.5) / 6.0 * 24 / BANDS), power = 1e-9;
        for (int k = -1; k <= 1 && middle_hz < 20000; k++) {
            double w = 2 * M_PI * middle_hz * (1 + 0.03 * k) / AUDIO_RATE, c = 2 * cos(w), a = 0,
                   z = 0;
            for (int i = 0; i < AUDIO_FRAME; i++) {
                double now = windowed[i] + c * a - z;
                z = a;
                a = now;
            }
            power += (a * a + z * z - c * a * z) / (AUDIO_FRAME * AUDIO_FRAME / 16);
        }
        out[b] = 10 * log10(power);
    }
}

double audio_spectral_distance_db(const float *said, const float *heard, int n)
{
    double sum = 0;
    int frames = 0;
    for (int i = 0; i + AUDIO_FRAME <= n; i += AUDIO_FRAME) {
        double s[BANDS], h[BANDS], square = 0;
        if (audio_power_db(said + i, AUDIO_FRAME) < -45)
            continue;
        bands(said + i, s);
        bands(heard + i, h);
        for (int b = 0; b < BANDS; b++) {
            /* what is 50 dB below full scale is masked or not heard at all */
            double d = fmax(s[b], -50) - fmax(h[b], -50);
            square += d * d / BANDS;
        }
        sum += sqrt(square);
        frames++;
    }
    return frames ? sum / frames : 0;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* The longest time in a word in which what is said is not heard: steps of 5 ms more than 20 dB
 * down. 10 ms around count as the place: stretched sound is not where it was. */
static int gap_ms(const float *said, const float *heard, int n)
{
    int worst = 0, now = 0;
    for (int i = 2 * STEP; i + 3 * STEP <= n; i += STEP) {
        double s = audio_power_db(said + i, STEP);
        double h = audio_power_db(heard + i - 2 * STEP, 5 * STEP) + 7;
        now = s > -38 && h < s - 20 ? now + 5 : 0;
        worst = now > worst ? now : worst;
    }
    return worst;
}

/* A word that was stretched in its midst is not like itself as a whole: most of its pieces of 80 ms
 * are, each at its own place. */
static bool is_there(const float *said, int n, const float *place, int before, int after)
{
    enum { PIECE = AUDIO_RATE * 80 / 1000, SLACK = AUDIO_RATE * 40 / 1000 };
    int pieces = 0, found = 0;
    for (int i = 0; i + PIECE <= n; i += PIECE) {
        int from = i < SLACK && before < SLACK ? 0 : -SLACK;
        int to = i + PIECE + SLACK <= n || after >= SLACK ? SLACK : 0;
        double alike;
        if (audio_power_db(said + i, PIECE) < -45)
            continue;
        audio_align(said + i, PIECE, place + i + from, PIECE + to - from, 0, to - from, &alike);
        found += alike >= 0.35;
        pieces++;
    }
    return pieces > 0 && 2 * found > pieces;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct audio_report audio_compare(const struct audio_speech *speech, int begin, const float *heard,
                                  int heard_n, int lag, int slack)
{
    struct audio_report r = { .lag_least = 1 << 30, .lag_most = -(1 << 30) };
    double sdr[AUDIO_MAX_WORDS];
    for (int w = 0; w < speech->n_words; w++) {
        int from = speech->words[w].from, n = speech->words[w].to - from;
        const float *said = speech->pcm + from;
        double alike;
        int base = begin + from;
        if (base + n + lag + slack > heard_n)
            break;
        int at =
            audio_align(said, n, heard + base, heard_n - base, lag - slack, lag + slack, &alike);
        const float *place = heard + base + at;
        int gap = gap_ms(said, place, n);
        r.lost += alike < 0.35 && !is_there(said, n, place, base + at, heard_n - base - at - n);
        r.lag_least = at < r.lag_least ? at : r.lag_least;
        r.lag_most = at > r.lag_most ? at : r.lag_most;
        r.longest_gap_ms = gap > r.longest_gap_ms ? gap : r.longest_gap_ms;
        r.distance_db += audio_spectral_distance_db(said, place, n);
        sdr[r.words++] = audio_si_sdr_db(said, place, n);
    }
    if (r.words > 0) {
        qsort(sdr, (size_t)r.words, sizeof(*sdr), by_value);
        r.si_sdr_db = sdr[r.words / 2];
        r.distance_db /= r.words;
    }
    return r;
}
