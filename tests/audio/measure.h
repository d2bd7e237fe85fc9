/* Comparing what was heard with what was said. Samples at 48 kHz. */
#pragma once

#include "tests/audio/speech.h"

#include <stdbool.h>

/* How far `heard` is behind: the lag in [from, to] at which said[0..n) is most like it, and, if
 * wanted, how alike (-1..1). `heard` has `heard_n` samples, said[0] belongs to heard[lag]. */
int audio_align(const float *said, int n, const float *heard, int heard_n, int from, int to,
                double *alike);

/* Scale-invariant signal to distortion ratio of heard[0..n) to said[0..n), dB; at most 100. */
double audio_si_sdr_db(const float *said, const float *heard, int n);
double audio_power_db(const float *pcm, int n);

/* Distance of the spectra as an ear divides them (24 bands, 20 ms, dB), mean over the frames in
 * which something is said. */
double audio_spectral_distance_db(const float *said, const float *heard, int n);

/* Each word looked for near `lag` (± `slack` samples). */
struct audio_report {
    int words, lost;    /* lost: neither it nor most of its pieces are 0.35 alike anywhere near */
    int longest_gap_ms; /* within words: what is said is not heard */
    int lag_least, lag_most;
    double si_sdr_db;   /* median over the words */
    double distance_db; /* mean over the words */
};
struct audio_report audio_compare(const struct audio_speech *speech, int begin, const float *heard,
                                  int heard_n, int lag, int slack);
