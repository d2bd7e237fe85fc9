/* The append-only log of who did what; the database refuses to change or delete its rows.
 * Control thread; fire and forget: what cannot be stored is counted in the store's health.
 */
#pragma once

#include "server/store/store.h"

/* room_id 0: none. `who`: a participant's id, "user:NAME" or "server"; `action`: "session.opened",
 * "meeting.changed"; `detail`: JSON or NULL. */
void hop_store_audit(struct hop_store *store, int64_t now_us, int64_t room_id, const char *who,
                     const char *action, const char *detail);
