/* Credentials for the TURN servers, in the way that coturn calls TURN REST
 * (draft-uberti-behave-turn-rest-00): the user name carries its own end, the password is an HMAC
 * over it with a secret that hop and the servers share, so they need to know of nobody.
 *
 * Called by server and host.c. Control thread.
 */
#pragma once

#include "server/config.h"
#include "signaling/host.h"

struct hop_turn;

/* Reads the secret. *out is NULL, with 0, when no servers are configured. -EINVAL (an empty first
 * line) or the errno of the file. */
int hop_turn_new(const struct hop_config *config, struct hop_turn **out);
void hop_turn_free(struct hop_turn *turn); /* NULL-safe */

/* What `who` may use from now on; false: there are no servers (NULL). */
bool hop_turn_access(const struct hop_turn *turn, const char *who, int64_t wall_us,
                     struct hop_relay_access *out);
