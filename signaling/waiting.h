/* Those who came before a meeting opens: they keep their connection and are told.
 *
 * Called by: join, session, signaling. Control thread.
 */
#pragma once

#include "signaling/session.h"

struct hop_waiting;

/* The session waits for this room from now on. */
void hop_waiting_join(struct hop_session *session, const struct hop_room_info *info);
/* It waits no longer; no-op if it did not. */
void hop_waiting_leave(struct hop_session *session);
/* The meeting changed: look again. */
void hop_waiting_check(struct hop_signaling *signaling, const char *code);
/* Rooms whose time has come. */
void hop_waiting_tick(struct hop_signaling *signaling);

/* For the hash table of hop_signaling. */
void hop_waiting_free(struct hop_waiting *waiting);
