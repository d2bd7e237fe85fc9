/* A soft limiter over blocks of 2.5 ms; see limiter.h. Called on the mix thread. */
#include "media/mix/limiter.h"

#include "media/mix/level.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 120, BLOCKS = HOP_MIX_FRAME / BLOCK };

static const float ceiling = 0.84f;  /* -1.5 dBFS: where turning down begins */
static const float knee = 0.88f;     /* where bending begins */
static const float release = 1.014f; /* per block: 20 dB in about 400 ms */

void hop_limiter_init(struct hop_limiter *limiter)
{
    limiter->gain = 1.0f;
}

/* Maps [knee, inf) onto [knee, 1), smooth at the knee. */
static float bend(float x)
{
    float a = fabsf(x);
    if (a <= knee)
        return x;
    float over = (a - knee) / (1.0f - knee);
    float y = knee + (1.0f - knee) * over / (1.0f + over);
    return copysignf(fminf(y, 0.9999f), x);
}

static float wanted_gain(const float *block)
{
    float peak = hop_level_peak(block, BLOCK);
    return peak > ceiling ? ceiling / peak : 1.0f;
}

void hop_limiter_run(struct hop_limiter *limiter, const float in[HOP_MIX_FRAME],
                     float out[HOP_MIX_FRAME])
{
    float want[BLOCKS + 1];
    float clean[HOP_MIX_FRAME];

    if (limiter->gain >= 1.0f && hop_level_peak(in, HOP_MIX_FRAME) <= ceiling) {
        memmove(out, in, HOP_MIX_FRAME * sizeof(*out));
        return;
    }
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        clean[i] = isfinite(in[i]) ? fmaxf(-64.0f, fminf(64.0f, in[i])) : 0.0f;
    for (int b = 0; b < BLOCKS; b++)
        want[b] = wanted_gain(clean + b * BLOCK);
    want[BLOCKS] = 1.0f;

    for (int b = 0; b < BLOCKS; b++) {
        float from = limiter->gain;
        float to = fminf(fminf(want[b], want[b + 1]), fminf(1.0f, from * release));
        /* The first block had no block before it in which to come down. */
        if (b == 0 && want[0] < from)
            from = fmaxf(want[0], from * 0.5f);
        float step = (to - from) / (float)BLOCK;
        for (int i = 0; i < BLOCK; i++)
            out[b * BLOCK + i] = bend(clean[b * BLOCK + i] * (from + step * (float)i));
        limiter->gain = to;
    }
}
