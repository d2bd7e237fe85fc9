/* A meeting in virtual time, sample for sample: voices are encoded as a browser does, go over a
 * line that loses and delays, through the real mixing kernel, and are decoded by those who listen.
 * The same seed gives the same meeting. */
#pragma once

#include "media/mix/mixer.h"
#include "tests/audio/speech.h"

enum { AUDIO_MAX_VOICES = 16, AUDIO_MAX_EARS = 4 };

struct audio_line {
    unsigned seed;
    int loss_percent;
    /* What a packet takes longer than the fastest, µs; NULL: up to 2 ms. `*state` is the line's. */
    int64_t (*extra_us)(unsigned *seed, int64_t *state, int64_t sent_us);
    double drift_ppm; /* of the sender's clock */
    bool fec, red;
};

struct audio_voice {
    uint32_t peer;
    const float *pcm;
    int n;            /* samples */
    int64_t begin_us; /* before and behind it he sends silence */
    float gain;       /* 0: 1 */
    struct audio_line line;
};

struct audio_ear {
    uint32_t peer;
    uint16_t hall;
    float *heard; /* owned by the scene: `n` samples from the first tick on */
};

struct audio_scene {
    double seconds;
    int n_voices, n_ears;
    struct audio_voice voices[AUDIO_MAX_VOICES];
    struct audio_ear ears[AUDIO_MAX_EARS];
    bool levelling;
    /* results */
    int n;
    float *mix; /* of all, before it is encoded */
    int n_packets;
    int64_t *late_us; /* of the first voice's packets, over the fastest that can be; -1: lost */
    struct hop_mixer_stats stats;
};

/* Runs it. Sample i of a voice is said at begin_us + i / 48 ms; sample i of `heard` and `mix` is
 * played at i / 48 ms, so what comes later was delayed by the line, the buffer and the codec. */
void audio_scene_run(struct audio_scene *scene);
/* How long a sound waits for its packet to be full, and what the sender's encoder adds. */
enum { AUDIO_SENDER_US = 26500, AUDIO_PATH_US = 10000, AUDIO_PHASE_US = 7300 };
void audio_scene_free(struct audio_scene *scene);

unsigned audio_draw(unsigned *seed, unsigned below);
