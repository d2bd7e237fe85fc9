/* From the configuration to the addresses that the relay binds and announces. Called at start. */
#pragma once

#include "media/media.h"
#include "server/config.h"

/* Fills at most `max` and returns how many; 0: leave it to the relay (all interfaces, nothing to
 * announce). -EINVAL: an announced address has no inside one; *wrong (g_free()) says which. */
int hop_media_addresses(const struct hop_config *config, struct hop_media_address *out, int max,
                        char **wrong);

/* The addresses of all interfaces that are up, without loopback and link-local ones. Free with
 * g_strfreev(). */
char **hop_interface_addresses(void);
