/* What the mix benchmark is fed with: loops of speech-like sound, encoded as a browser does (VOIP,
 * 32 kbit/s, in-band FEC), and what a microphone sends in a silent room. Made once, before anything
 * is measured. */
#pragma once

#include <stdint.h>

enum {
    BENCH_VOICES = 16,
    BENCH_LOOP = 150, /* packets of 20 ms */
    BENCH_FRAME = 960,
    BENCH_SILENCE = BENCH_VOICES, /* index of the silent microphone */
};

struct bench_packet {
    uint16_t len;
    uint8_t level; /* -dBov, RFC 6464 */
    uint8_t data[400];
};

/* The packet of a voice (or of BENCH_SILENCE) number `seq` of the endless loop. */
const struct bench_packet *bench_voice(int voice, uint64_t seq);

/* The same, decoded by a decoder of its own. */
const float *bench_sound(int voice, uint64_t seq);

void bench_voices_make(void);
