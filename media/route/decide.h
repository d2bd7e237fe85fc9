/* Which layer each slot of a receiver takes: what his line carries (budget.h) spent on his tiles
 * (plan.h), down at once, up when it has fitted for a while; a tile for which nothing is left is
 * paused.
 *
 * Private to media/route; the room's worker thread. Runs ten times a second, when a view or a
 * source changes and when feedback lowers the estimate, not per packet.
 */
#pragma once

#include <stdint.h>

struct hop_layer;
struct hop_publication;
struct hop_route_peer;

void hop_decide_layers(struct hop_route_peer *receiver);

/* The layer that suits a tile of that height (pixels; 0: as large as there is) among those that
 * come, or would if the publisher was asked: the highest that is at most one and a half times as
 * high, else the lowest. NULL: no packet of the publication has come yet. */
struct hop_layer *hop_decide_choose(struct hop_publication *publication, uint16_t tile_height);
