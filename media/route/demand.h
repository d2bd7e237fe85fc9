/* Which layers of a publication anybody needs: what nobody watches, or could watch with the line he
 * has, the publisher is asked to switch off; what somebody wants is asked for at once.
 *
 * Private to media/route; the room's worker thread. What single slots could take is worked out by
 * decide.c (hop_slot.fits, .may); here the maximum over the room, slow on the way down.
 */
#pragma once

#include "media/route/publication.h"

struct hop_route;
struct hop_route_peer;

enum {
    /* nobody's tile could show it: off after that */
    HOP_DEMAND_UNSEEN_US = 1200000,
    /* tiles could, but no line carries it: lines recover, and switching on takes a key frame */
    HOP_DEMAND_UNFIT_US = 8000000,
    /* a layer that was asked for and does not come within that is not counted on */
    HOP_DEMAND_WAIT_US = 2000000,
    /* a source that was asked for again has that long before it is called ended */
    HOP_DEMAND_WAKE_US = 3000000,
};

/* Everything of the room; every 100 ms or so. */
void hop_demand_update(struct hop_route *route);
/* Only up, of what this receiver watches: at once. */
void hop_demand_raise(const struct hop_route_peer *receiver);
/* False: it does not come although it was asked for; true also for what comes, or was switched off
 * by us and would come. */
bool hop_demand_usable(const struct hop_layer *layer);
/* Nobody watches the source, so that its silence means nothing. */
bool hop_demand_asleep(const struct hop_publication *publication, int64_t now_us);
