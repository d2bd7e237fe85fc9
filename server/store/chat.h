/* What was written in a room. A text that a client sends twice because its line broke (same `ref`)
 * is kept once.
 * Control thread; callbacks as store.h says, in the types of signaling/host.h.
 */
#pragma once

#include "server/store/rooms.h"
#include "signaling/host.h"

enum { HOP_MAX_CHAT_LOAD = 500 };

/* `record` is copied; its id is given by the store, its at_us taken. A known ref of this sender
 * answers with the first one's id and time. */
void hop_store_chat_append(struct hop_store *store, int64_t room_id,
                           const struct hop_chat_record *record, hop_chat_stored_cb cb, void *ctx);
/* The newest `limit` (at most HOP_MAX_CHAT_LOAD) with id < before (0: all), oldest first; `more`
 * tells whether there are older ones. */
void hop_store_chat_load(struct hop_store *store, int64_t room_id, int64_t before, size_t limit,
                         hop_chat_list_cb cb, void *ctx);
/* Forgets what was written before that time. `cb` may be NULL. */
void hop_store_chat_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx);
