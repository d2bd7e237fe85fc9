/* When a slot's packets leave: which packet a new stream begins with, what was kept of it is sent
 * after, and what the line's pace (pace.h) does not allow yet waits in the layer's cache.
 *
 * A stream begins with a key frame: the next one, or the last one if what came since is little: the
 * receiver's decoder then catches up in a moment, and nobody has to be asked. What is caught up
 * with has the times at which it leaves: were they closer together than the arrivals, the receiver
 * would take that for jitter, and show all later pictures late.
 *
 * Private to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hop_slot;

enum {
    /* what is kept since the last key frame may take so long on the line */
    HOP_FLOW_START_US = 250000,
    /* older key frames would make the decoder work for too long; where another layer of the same
     * picture is shown already, they would make it go back */
    HOP_FLOW_CHANGE_AGE_US = 70000,
    HOP_FLOW_SMALL_AGE_US = 2500000,
    HOP_FLOW_LARGE_AGE_US = 1000000,
    HOP_FLOW_SMALL_HEIGHT = 400,
};

/* Begins with the wanted layer's last key frame, if it is at hand. False: one has to be asked for.
 */
bool hop_flow_start(struct hop_slot *slot, int64_t now_us);
/* The next packet of a slot that lags; its pace allows it. */
void hop_flow_step(struct hop_slot *slot, int64_t now_us);
/* What waits is no longer of use: the slot shows something else. */
void hop_flow_stop(struct hop_slot *slot);
/* The packet's time in the receiver's terms; it leaves now. */
uint32_t hop_flow_timestamp(struct hop_slot *slot, uint32_t timestamp, int64_t now_us);
