/* Loudness of a block of samples as RFC 6464 and 6465 count it: 0 dBov is the power of a full-scale
 * square wave. Called on the mix thread. */
#include "media/mix/level.h"

#include "media/mix/frame.h"

#include <math.h>
#include <string.h>

float hop_level_power(const float *pcm, size_t n)
{
    /* Four sums: the compiler may not reorder one float sum, but runs four side by side. */
    float sum[4] = { 0 };
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += pcm[i + k] * pcm[i + k];
    for (; i < n; i++)
        sum[0] += pcm[i] * pcm[i];
    return n ? (sum[0] + sum[1] + sum[2] + sum[3]) / (float)n : 0.0f;
}

float hop_level_peak(const float *pcm, size_t n)
{
    /* Without their sign, floats are ordered as the integers that their bits make, with infinity
     * and NaN on top; and integers the compiler compares four at a time. */
    int32_t peak = 0;
    float result;
    for (size_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &pcm[i], sizeof(bits));
        bits &= INT32_MAX;
        peak = bits > peak ? bits : peak;
    }
    memcpy(&result, &peak, sizeof(result));
    return isnan(result) ? INFINITY : result;
}

uint8_t hop_level_from_power(float power)
{
    if (!(power > 2e-13f)) /* also catches NaN */
        return HOP_MIX_LEVEL_SILENT;
    float db = -10.0f * log10f(power);
    if (db <= 0.0f)
        return 0;
    return db >= 127.0f ? HOP_MIX_LEVEL_SILENT : (uint8_t)lrintf(db);
}

float hop_level_to_power(uint8_t level)
{
    return level >= HOP_MIX_LEVEL_SILENT ? 0.0f : powf(10.0f, -(float)level / 10.0f);
}
