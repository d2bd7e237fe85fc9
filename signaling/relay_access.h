/* TURN servers with credentials that expire: told on joining and resuming, and anew while somebody
 * stays. docs/protocol.md, "TURN". Called by arrival, join and signaling. Control thread. */
#pragma once

#include "signaling/participant.h"

#include <jansson.h>

/* Adds `ice_servers` to an answer, if there are any, and remembers when new ones are due. */
void hop_relay_access_add(struct hop_participant *p, json_t *data);
/* Tells those of the room whose credentials go stale new ones. */
void hop_relay_access_tick(struct hop_room *room);
