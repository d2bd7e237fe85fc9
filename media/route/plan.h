/* Which layers of several tiles fit into a rate: screens first and as sharp as they come, then
 * everybody's lowest layer, then pinned tiles, the chair, the speaker, then the rest layer by
 * layer; what is left buys frames of a layer that does not fit whole. Pure: no state, no clock.
 * Called by allocate.c.
 */
#pragma once

#include "media/base/limits.h"
#include "media/route/quality.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose picture it is: who is favoured is raised as high as fits before the others. */
enum hop_plan_favour { HOP_PLAN_PLAIN, HOP_PLAN_SPEAKER, HOP_PLAN_CHAIR, HOP_PLAN_PINNED };

struct hop_plan_tile {
    bool screen;
    enum hop_plan_favour favour;
    uint16_t height;              /* pixels; 0: any, as large as possible */
    uint8_t rank;                 /* place in the client's view; lower is more important */
    uint8_t n;                    /* steps that suit the tile, lowest first */
    uint8_t level[HOP_MAX_STEPS]; /* spatial layer of each: 0.. */
    uint32_t bps[HOP_MAX_STEPS];  /* ascending */
};

/* steps[i]: 0..n-1, or -1: paused. `never_pause`: everybody gets at least the lowest layer.
 * Returns the sum of the rates. */
uint32_t hop_plan(const struct hop_plan_tile *tiles, uint8_t n, uint32_t bps, bool never_pause,
                  int8_t *steps);
/* What they would take altogether. */
uint32_t hop_plan_all(const struct hop_plan_tile *tiles, uint8_t n);
/* What that choice takes. */
uint32_t hop_plan_sum(const struct hop_plan_tile *tiles, uint8_t n, const int8_t *steps);
