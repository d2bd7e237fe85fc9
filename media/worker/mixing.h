/* Keeping the mix in step with a worker's rooms. What the mix must know goes to it through a ring;
 * if that is full, it is kept as state here and said as soon as there is room, so that no room
 * stays silent and nobody is mixed who left. The worker's thread.
 */
#pragma once

#include "media/base/types.h"

struct hop_worker;
struct hop_worker_room;
struct hop_worker_peer;

enum hop_worker_mix_unsaid {                         /* of a room or of a participant */
                             HOP_MIX_ROOM = 1u << 0, /* that it is there */
                             HOP_MIX_LEVELLING = 1u << 1,
                             HOP_MIX_NEW = 1u << 2, /* that the index is somebody else's now */
                             HOP_MIX_SEAT = 1u << 3,
                             HOP_MIX_LOSS = 1u << 4,
                             HOP_MIX_RESET =
                                 1u << 5, /* of the microphone; << 1: of the screen's sound */
};

/* What could not be taken out yet. */
struct hop_worker_mix_gone {
    hop_room_id room;
    uint32_t peer; /* UINT32_MAX: the room itself */
};

void hop_worker_mix_add_room(struct hop_worker_room *room);
void hop_worker_mix_remove_room(struct hop_worker_room *room);
void hop_worker_mix_add_peer(struct hop_worker_peer *peer);
void hop_worker_mix_remove_peer(struct hop_worker_peer *peer);
/* Something about it changed: `what` of hop_worker_mix_unsaid. */
void hop_worker_mix_room_changed(struct hop_worker_room *room, uint32_t what);
void hop_worker_mix_peer_changed(struct hop_worker_peer *peer, uint32_t what);
/* Says what could not be said before, as far as it goes. */
void hop_worker_mix_catch_up(struct hop_worker *w);
