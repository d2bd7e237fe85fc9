/* From an offer to a participant in the relay, and back to the answer: a first offer, an ICE
 * restart, or media begun anew. docs/protocol.md, "The offer".
 *
 * Called by: join, handlers. Control thread.
 */
#pragma once

#include "signaling/participant.h"

/* Applies an offer to this participant. `fresh`: it is a new client, so never a restart. False:
 * `why` is filled and nothing has changed. `*answer` is the caller's (g_free). Tells nobody: csrc,
 * active and line may be others afterwards. */
bool hop_negotiate(struct hop_participant *participant, const char *sdp, bool fresh, char **answer,
                   struct hop_refusal *why);
