/* Which packets of one stream go to one receiver, and when that may change: he is sent one quality
 * (quality.h), down at the next frame, up only where the stream says that what follows can be
 * decoded by somebody who did not get what was before.
 *
 * RFC 7741 §4.2 (TID and Y of VP8). Called by slot.c; the room's worker thread; no allocation.
 */
#pragma once

#include "media/route/quality.h"

struct hop_uplink;

enum {
    /* frames after which a point to go up is no longer waited for: a key frame is asked for */
    HOP_SELECT_PATIENCE = 75,
    HOP_SELECT_TURNS = 6,
};

/* A change of quality: it holds from that packet on. */
struct hop_select_turn {
    uint64_t since; /* extended number */
    struct hop_quality quality;
};

struct hop_selector {
    struct hop_quality want;
    struct hop_quality now;                         /* the newest turn's */
    struct hop_select_turn turns[HOP_SELECT_TURNS]; /* newest first; late packets follow theirs */
    uint64_t newest;                                /* extended number of the packets seen */

    /* VP8: since the newest frame of the lowest temporal layer */
    uint8_t dropped; /* lowest temporal layer of which something was left out; 0xff: nothing */
    bool gap;        /* a packet is missing */

    uint16_t waiting; /* frames since more was wanted than could be given */
};

void hop_selector_init(struct hop_selector *s);
/* What is wanted from now on, of this or any later stream. */
void hop_selector_want(struct hop_selector *s, struct hop_quality want);
/* Another stream, or the same anew, which begins with this packet of a key frame. */
void hop_selector_begin(struct hop_selector *s, const struct hop_uplink *first);
/* True: send it. */
bool hop_selector_take(struct hop_selector *s, const struct hop_uplink *packet);
/* What is wanted cannot be had without a key frame: true once per HOP_SELECT_PATIENCE frames. */
bool hop_selector_stuck(struct hop_selector *s);
