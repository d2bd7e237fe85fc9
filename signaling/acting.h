/* Who stands in while the chair is cut off: the secretary, else the first delegate of the list.
 * It begins 20 s after nobody who leads has a connection, is announced as `acting`, goes on to
 * another one when he is cut off himself, and ends when one who leads is back.
 *
 * Called by: room. Control thread. */
#pragma once

#include "signaling/room.h"

/* Somebody came, went, was lost or came back. */
void hop_acting_check(struct hop_room *room);
/* The time passes. */
void hop_acting_tick(struct hop_room *room);
