/* Makes a piece of sound shorter or longer without changing its pitch: one piece as long as a pitch
 * period (2.5 to 15 ms) is left out or said twice, with a cross-fade, where the sound resembles
 * itself most (WSOLA). In what is nearly silent any place will do. Called by media/mix/talker on
 * the mix thread; no state.
 */
#pragma once

#include "media/mix/frame.h"

enum {
    HOP_STRETCH_MIN = 120, /* samples of the shortest and longest piece */
    HOP_STRETCH_MAX = 720,
    HOP_STRETCH_FADE = 360, /* samples of the cross-fade, and of what is compared */
};

/* Both work at the beginning of pcm[0..n) and return by how many samples n changed; 0: there is no
 * place that resembles itself by at least `alike` (-1..1; above 1: only what is nearly silent will
 * do), or n is too short. `most`: samples at
 * most. */

/* pcm[0..n - result) is the shorter sound. */
int hop_stretch_shorten(float *pcm, int n, int most, float alike);
/* pcm[0..n + result) is the longer sound; there must be room for HOP_STRETCH_MAX more. */
int hop_stretch_lengthen(float *pcm, int n, int most, float alike);
