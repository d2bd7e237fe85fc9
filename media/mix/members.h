/* What the mixer is told of a room's participants, beside their voices: in which hall they sit, how
 * much their lines lose, and who leads the meeting. Owned by the mixer, called on the mix thread.
 */
#pragma once

#include "media/base/audio_tick.h"

#include <stddef.h>

struct hop_member { /* all 0: nothing was told */
    uint16_t hall;  /* 0: none */
    uint16_t loss;  /* permille his line loses; 0: clean */
    bool chair;
};

struct hop_members {
    struct hop_member *table; /* by peer, n entries */
    size_t n;
};

void hop_members_clear(struct hop_members *members);

/* To read; all 0 for one of whom nothing was told. */
struct hop_member hop_members_of(const struct hop_members *members, uint32_t peer);
/* To write; NULL: there cannot be such a peer, or no memory. Valid until the next call. */
struct hop_member *hop_members_at(struct hop_members *members, uint32_t peer);
void hop_members_forget(struct hop_members *members, uint32_t peer);

/* Of everybody in that hall, or, when it is 0, of that peer alone: the worst loss, and a mask of
 * the variants that they need. */
uint16_t hop_members_loss(const struct hop_members *members, uint16_t hall, uint32_t peer);
unsigned hop_members_variants(const struct hop_members *members, uint16_t hall, uint32_t peer);
/* The worst loss of all. */
uint16_t hop_members_worst(const struct hop_members *members);

static inline enum hop_audio_variant hop_variant_for(uint16_t loss)
{
    return loss > 0 ? HOP_AUDIO_LOSSY : HOP_AUDIO_CLEAN;
}
