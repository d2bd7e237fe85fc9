/* /api/v1/units: the agency's tree. */
#include "server/api.h"

#include "server/store/units.h"

#include <errno.h>
#include <string.h>

static json_t *unit_json(const struct hop_store_unit *unit)
{
    return json_pack("{s:I,s:o,s:s,s:i}", "id", (json_int_t)unit->id, "parent",
                     unit->parent_id != 0 ? json_integer(unit->parent_id) : json_null(), "name",
                     unit->name, "users", (int)unit->users);
}

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -EEXIST:
        hop_respond_error(request, 409, "unit.exists", "there is a unit of that name in its place");
        return;
    case -ENOENT:
        hop_respond_error(request, 404, "unit.not_found", "there is no such unit, or parent");
        return;
    case -ELOOP:
        hop_respond_error(request, 409, "unit.loop", "it would stand below itself, or too deep");
        return;
    case -ENOTEMPTY:
        hop_respond_error(request, 409, "unit.not_empty", "there are units or accounts in it");
        return;
    case -E2BIG:
        hop_respond_error(request, 409, "unit.limit", "there are as many units as there may be");
        return;
    default:
        hop_respond_errno(request, error);
    }
}

static void listed(void *ctx, int error, const struct hop_store_unit *units, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, unit_json(&units[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "units", list));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

void hop_api_units_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    hop_store_unit_list(server->store, listed, hop_api_pending_new(server, request));
}

static void stored(struct hop_api_pending *pending, int status, const char *action, int error,
                   const struct hop_store_unit *unit)
{
    if (error == 0) {
        hop_api_audit(pending->server, pending->request, 0, action,
                      json_pack("{s:I,s:s}", "unit", (json_int_t)unit->id, "name", unit->name));
        hop_respond_json(pending->request, status, unit_json(unit));
    } else {
        respond_error(pending->request, error);
    }
    hop_api_pending_free(pending);
}

static void added(void *ctx, int error, const struct hop_store_unit *unit)
{
    stored(ctx, 201, "unit.made", error, unit);
}

static void changed(void *ctx, int error, const struct hop_store_unit *unit)
{
    stored(ctx, 200, "unit.changed", error, unit);
}

/* Name and parent; both are always sent. False: the request is answered. */
static bool read_unit(struct hop_request *request, struct hop_store_unit *unit)
{
    json_t *body = hop_api_body(request);
    const json_t *parent = json_object_get(body, "parent");
    bool wrong = false;
    g_autofree char *name = hop_api_text(body, "name", HOP_MAX_UNIT_NAME, false, false, &wrong);
    bool good = false;

    if (body == NULL)
        return false;
    if (name == NULL)
        hop_api_invalid(request, "name", "must be a text of 1 to 120 characters");
    else if (parent != NULL && !json_is_null(parent) &&
             (!json_is_integer(parent) || json_integer_value(parent) < 1))
        hop_api_invalid(request, "parent", "must be the id of a unit, or null");
    else
        good = true;
    if (good) {
        g_strlcpy(unit->name, name, sizeof(unit->name));
        unit->parent_id = json_integer_value(parent);
    }
    json_decref(body);
    return good;
}

void hop_api_units_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_unit unit = { 0 };

    (void)param;
    if (read_unit(request, &unit))
        hop_store_unit_add(server->store, &unit, added, hop_api_pending_new(server, request));
}

void hop_api_unit_patch(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_unit unit = { 0 };

    if (hop_api_id(request, param, &unit.id) && read_unit(request, &unit))
        hop_store_unit_change(server->store, &unit, changed, hop_api_pending_new(server, request));
}

static void removed(void *ctx, int error)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        hop_api_audit(pending->server, pending->request, 0, "unit.removed", NULL);
        hop_respond_empty(pending->request, 204);
    } else {
        respond_error(pending->request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_unit_delete(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_unit_remove(server->store, id, removed, hop_api_pending_new(server, request));
}
