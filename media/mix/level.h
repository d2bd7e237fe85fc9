/* Loudness of a block of samples as RFC 6464 and 6465 count it. Called by media/mix on the mix
 * thread; no state. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Mean square of n samples (full scale is 1.0). 0 for n = 0. */
float hop_level_power(const float *pcm, size_t n);

/* The largest |sample| of n. Anything that is no finite number counts as larger than all that are.
 */
float hop_level_peak(const float *pcm, size_t n);

/* A mean square as -dBov: 0 is the loudest there can be, 127 is silence (RFC 6464 §3). */
uint8_t hop_level_from_power(float power);

/* The inverse, in the middle of the step: mean square of a -dBov level 0..127. */
float hop_level_to_power(uint8_t level);
