/* What a program's token may be used for (Authorization: Bearer, RFC 6750). One table says which
 * scope each endpoint of the API wants; what is not in it is not for programs. No state. */
#pragma once

#include "server/request.h"

#include <jansson.h>

enum hop_scope { /* bits; they stand in the database */
                 HOP_SCOPE_MEETINGS_READ = 1u << 0,
                 HOP_SCOPE_MEETINGS_WRITE = 1u << 1,
                 HOP_SCOPE_USERS_READ = 1u << 2,
                 HOP_SCOPE_USERS_WRITE = 1u << 3,
                 HOP_SCOPE_OPS_READ = 1u << 4,
                 HOP_SCOPE_ITIP = 1u << 5,
};

/* The scopes of which a token needs one for this endpoint (its path as the router writes it); 0: no
 * token suffices. */
uint32_t hop_scope_of(enum hop_method method, const char *path);

json_t *hop_scopes_json(uint32_t scopes);
/* False: it is no list of scopes, or an empty one. */
bool hop_scopes_read(const json_t *list, uint32_t *scopes);
