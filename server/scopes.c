/* See scopes.h. */
#include "server/scopes.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t scope;
} names[] = {
    { "meetings:read", HOP_SCOPE_MEETINGS_READ }, { "meetings:write", HOP_SCOPE_MEETINGS_WRITE },
    { "users:read", HOP_SCOPE_USERS_READ },       { "users:write", HOP_SCOPE_USERS_WRITE },
    { "ops:read", HOP_SCOPE_OPS_READ },           { "itip", HOP_SCOPE_ITIP },
};

/* The first that fits counts. A path stands for itself and all below it; `write`: for changes. */
static const struct {
    const char *path;
    uint32_t read, write;
} table[] = {
    { "/api/v1/users", HOP_SCOPE_USERS_READ, HOP_SCOPE_USERS_WRITE },
    { "/api/v1/units", HOP_SCOPE_USERS_READ | HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_USERS_WRITE },
    { "/api/v1/groups", HOP_SCOPE_USERS_READ | HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_USERS_WRITE },
    { "/api/v1/meetings", HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_MEETINGS_WRITE },
    { "/api/v1/resources/*/feed", 0, 0 }, /* a secret of its own */
    { "/api/v1/resources", HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_MEETINGS_WRITE },
    { "/api/v1/conflicts", HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_MEETINGS_READ }, /* only asks */
    { "/api/v1/freebusy", HOP_SCOPE_MEETINGS_READ, 0 },
    { "/api/v1/dashboard", HOP_SCOPE_MEETINGS_READ, 0 },
    { "/api/v1/mail", HOP_SCOPE_MEETINGS_READ, HOP_SCOPE_MEETINGS_WRITE },
    { "/api/v1/itip", 0, HOP_SCOPE_ITIP },
    { "/api/v1/ops", HOP_SCOPE_OPS_READ, 0 },
};

uint32_t hop_scope_of(enum hop_method method, const char *path)
{
    bool write = method != HOP_METHOD_GET && method != HOP_METHOD_HEAD;

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        size_t len = strlen(table[i].path);

        if (strncmp(path, table[i].path, len) == 0 && (path[len] == '\0' || path[len] == '/'))
            return write ? table[i].write : table[i].read;
    }
    return 0;
}

json_t *hop_scopes_json(uint32_t scopes)
{
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if ((scopes & names[i].scope) != 0)
            json_array_append_new(list, json_string(names[i].name));
    return list;
}

static uint32_t scope_of_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].scope;
    return 0;
}

bool hop_scopes_read(const json_t *list, uint32_t *scopes)
{
    uint32_t all = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        uint32_t scope = scope_of_name(json_string_value(json_array_get(list, i)));

        if (scope == 0)
            return false;
        all |= scope;
    }
    *scopes = all;
    return all != 0;
}
