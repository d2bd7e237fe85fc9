/* A room's chat: what newcomers see of it. The handlers are in chat.c too.
 *
 * Called by: room. Control thread.
 */
#pragma once

#include "signaling/room.h"

/* Adds a stored text to what is kept; false: it is there already, or older than all that is kept.
 */
bool hop_chat_remember(struct hop_room *room, const struct hop_chat_record *record);
/* Drops all. */
void hop_chat_forget(struct hop_room *room);
