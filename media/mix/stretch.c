/* Time-stretching by whole pitch periods; see stretch.h. Mix thread. */
#include "media/mix/stretch.h"

#include "media/mix/level.h"

#include <math.h>
#include <string.h>

enum {
    COARSE = 4, /* the first search looks at every fourth sample and lag */
};

static const float quiet_power = 1e-4f; /* -40 dBov: a cut in this is hardly heard */

/* How much pcm[0..FADE) resembles pcm[lag..lag + FADE): -1..1. */
static float likeness(const float *pcm, int lag, int step)
{
    float both = 0.0f, first = 1e-9f, second = 1e-9f;
    for (int i = 0; i < HOP_STRETCH_FADE; i += step) {
        both += pcm[i] * pcm[lag + i];
        first += pcm[i] * pcm[i];
        second += pcm[lag + i] * pcm[lag + i];
    }
    return both / sqrtf(first * second);
}

static int clamp_lag(int lag, int longest)
{
    return lag < HOP_STRETCH_MIN ? HOP_STRETCH_MIN : lag > longest ? longest : lag;
}

/* The lag up to `longest` at which the sound resembles itself most. */
static int best_lag(const float *pcm, int longest, float *alike)
{
    int coarse = HOP_STRETCH_MIN, best = HOP_STRETCH_MIN;
    float most = -2.0f;

    for (int lag = HOP_STRETCH_MIN; lag <= longest; lag += COARSE) {
        float found = likeness(pcm, lag, COARSE);
        if (found > most) {
            most = found;
            coarse = lag;
        }
    }
    most = -2.0f;
    for (int d = 1 - COARSE; d < COARSE; d++) {
        int lag = clamp_lag(coarse + d, longest);
        float found = likeness(pcm, lag, 1);
        if (found > most) {
            most = found;
            best = lag;
        }
    }
    *alike = most;
    return best;
}

/* The piece to leave out or to say twice; 0: none. */
static int choose(const float *pcm, int longest, float alike)
{
    float found = 0.0f;

    if (longest < HOP_STRETCH_MIN)
        return 0;
    if (hop_level_power(pcm, (size_t)(longest + HOP_STRETCH_FADE)) < quiet_power)
        return longest;
    if (alike > 1.0f)
        return 0;
    int lag = best_lag(pcm, longest, &found);
    return found >= alike ? lag : 0;
}

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* to[i] goes over from from[i] to to[i]. */
static void cross_fade(float *to, const float *from)
{
    for (int i = 0; i < HOP_STRETCH_FADE; i++) {
        float in = (float)i / (float)HOP_STRETCH_FADE;
        to[i] = from[i] * (1.0f - in) + to[i] * in;
    }
}

int hop_stretch_shorten(float *pcm, int n, int most, float alike)
{
    int lag = choose(pcm, smallest(most, HOP_STRETCH_MAX, n - HOP_STRETCH_FADE), alike);
    if (lag == 0)
        return 0;
    cross_fade(pcm + lag, pcm);
    memmove(pcm, pcm + lag, (size_t)(n - lag) * sizeof(*pcm));
    return lag;
}

int hop_stretch_lengthen(float *pcm, int n, int most, float alike)
{
    float tail[HOP_STRETCH_FADE];
    int lag = choose(pcm, smallest(most, HOP_STRETCH_MAX, n - HOP_STRETCH_FADE), alike);
    if (lag == 0)
        return 0;
    memcpy(tail, pcm + lag, sizeof(tail));
    memmove(pcm + lag, pcm, (size_t)n * sizeof(*pcm));
    cross_fade(pcm + lag, tail);
    return lag;
}
