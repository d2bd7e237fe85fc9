/* What each participant shows, kept by participant so that it survives that somebody's media begins
 * anew; the relay is told by media ids. docs/protocol.md, `view`.
 *
 * Called by: negotiation, relay. Control thread.
 */
#pragma once

#include "signaling/participant.h"

/* This participant has new media (another hop_peer_id): his own view and those of everyone who
 * shows him are sent to the relay again. */
void hop_view_changed(struct hop_participant *participant);
