/* The last step of a join, once the meeting is known and its room is loaded.
 *
 * Called by: join. Control thread. */
#pragma once

#include "signaling/admission.h"
#include "signaling/room.h"

/* Answers the join: he is in, waits in the lobby, or is refused. `pending` stays the caller's. */
void hop_arrival_finish(struct hop_room *room, const struct hop_pending *pending);

/* join.c: whether one more may come in, with the load as it is. `media`: the room's, 0: a new one.
 */
bool hop_join_admit(const struct hop_signaling *signaling, hop_room_id media,
                    struct hop_admission_now *now, struct hop_refusal *why);
