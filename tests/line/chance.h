/* The dice of an impaired line: a seeded generator, and a loss model on it (random, or the bursts
 * of Gilbert and Elliott). The same seed gives the same losses. No I/O, no clock. */
#pragma once

#include "tests/line/settings.h"

struct hop_line_dice {
    uint64_t state;
};

void hop_line_dice_init(struct hop_line_dice *d, uint64_t seed);
/* Evenly distributed in [0, 1). */
double hop_line_dice_roll(struct hop_line_dice *d);

struct hop_line_loss {
    struct hop_line_dice dice;
    bool bad; /* in a bad phase */
};

/* Is the next packet lost? Rolls twice whatever the settings are, so that changing the share later
 * does not shift the dice. */
bool hop_line_loss_next(struct hop_line_loss *l, const struct hop_line_settings *s);

/* What a packet is delayed on top of the delay, in ns. Rolls twice. */
int64_t hop_line_jitter_next(struct hop_line_dice *d, const struct hop_line_settings *s);
