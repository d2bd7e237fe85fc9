/* Who was ever in a room, so that the same person comes back as the same one. The record is
 * signaling's (signaling/host.h), kept as it is.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/rooms.h"
#include "signaling/host.h"

enum { HOP_MAX_RECORDS = 20000 }; /* of one room, read back: the newest */

/* Inserts or replaces by (room_key, id). */
void hop_store_participant_save(struct hop_store *store,
                                const struct hop_participant_record *record, hop_store_done_cb cb,
                                void *ctx);
void hop_store_participants_load(struct hop_store *store, int64_t room_id, hop_participants_cb cb,
                                 void *ctx);
