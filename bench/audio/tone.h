/* A tone that begins, changes and ends, as Opus packets, and an ear that finds when. Both ends keep
 * one clock (they are one process). Used for hop and for whatever is measured beside it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_tone_kind {
    BENCH_TONE_AT_ONCE, /* a fifth of a second after his stream began: nothing is known of the line
                         */
    BENCH_TONE_FIRST,   /* the first word after a silence */
    BENCH_TONE_CHANGE,  /* in the midst of speech */
    BENCH_TONE_KINDS
};

struct bench_tone_delay {
    enum bench_tone_kind kind;
    /* From the sending of the packet that begins with the tone to the coming of the first packet
     * in which it is heard, and to the tone in it, if every packet is played as it comes. */
    double packet_ms, sound_ms;
};

struct bench_tone;

/* `seed` makes the silences' lengths. NULL: no memory. */
struct bench_tone *bench_tone_new(unsigned seed);
void bench_tone_free(struct bench_tone *tone);

/* The next 20 ms, sent right after: bytes written; `*level` in -dBov. */
size_t bench_tone_packet(struct bench_tone *tone, uint8_t *out, size_t cap, uint8_t *level,
                         int64_t now_us);
/* A packet of Opus (20 ms) came. True: a beginning was found in it. */
bool bench_tone_hear(struct bench_tone *tone, const uint8_t *payload, size_t len, int64_t now_us,
                     struct bench_tone_delay *out);
/* Beginnings that were sent and not found in time. */
unsigned bench_tone_missed(const struct bench_tone *tone);
