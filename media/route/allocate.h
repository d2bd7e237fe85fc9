/* Who sees what: from a participant's view to his slots, and which simulcast layer each slot takes.
 *
 * The first n_slots tiles of the view that are being sent, and in a codec that the participant can
 * play, get a slot; a tile that has one keeps it. Private to media/route; the room's worker thread.
 * Runs when a view, a right, the set of live sources or an estimate changes, not per packet. Key
 * frames are only marked as wanted; hop_layer_poll() asks for them.
 */
#pragma once

#include <stdint.h>

struct hop_publication;
struct hop_route;
struct hop_route_peer;
struct hop_layer;

/* Tiles to slots, and layers, of one receiver; of all. */
void hop_allocate_peer(struct hop_route_peer *receiver);
void hop_allocate_room(struct hop_route *route);
/* Layers only: of one receiver, by what his line carries (budget.h) and what fits (plan.h): down at
 * once, up when it has fitted for a while; a tile for which nothing is left is paused. */
void hop_allocate_peer_layers(struct hop_route_peer *receiver);
/* Layers only: of the slots that show this publication; of all. */
void hop_allocate_layers(struct hop_publication *publication);
void hop_allocate_all_layers(struct hop_route *route);

/* The layer that suits a tile of that height (pixels; 0: as large as there is) among those that
 * flow: the highest that is at most one and a half times as high, else the lowest. NULL: no packet
 * of the publication has come yet. */
struct hop_layer *hop_allocate_choose(struct hop_publication *publication, uint16_t tile_height);
