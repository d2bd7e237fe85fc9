/* Who sees what: from a participant's view to his slots. Which layer each slot takes: decide.h.
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

/* Tiles to slots, and layers, of one receiver; of all. */
void hop_allocate_peer(struct hop_route_peer *receiver);
void hop_allocate_room(struct hop_route *route);
/* Nobody is shown that participant any more: before he is freed. */
void hop_allocate_forget(struct hop_route *route, const struct hop_route_peer *gone);
/* Layers only: of the slots that show this publication; of all. */
void hop_allocate_layers(struct hop_publication *publication);
void hop_allocate_all_layers(struct hop_route *route);
