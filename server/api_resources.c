/* /api/v1/resources: rooms, halls and equipment, kept by administrators and secretaries. */
#include "server/api.h"

#include "server/meeting_read.h"
#include "server/store/resources.h"

#include <errno.h>
#include <string.h>

static json_t *resource_json(const struct hop_store_resource *r)
{
    return json_pack("{s:I,s:s,s:s,s:i,s:s,s:o,s:I}", "id", (json_int_t)r->id, "name", r->name,
                     "kind", hop_resource_kind_name(r->kind), "seats", (int)r->seats, "place",
                     r->place, "unit", r->unit_id != 0 ? json_integer(r->unit_id) : json_null(),
                     "version", (json_int_t)r->version);
}

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -EEXIST:
        hop_respond_error(request, 409, "resource.exists", "there is one of that name");
        return;
    case -ENOENT:
        hop_respond_error(request, 404, "resource.not_found", "there is no such thing, or unit");
        return;
    case -ESTALE:
        hop_respond_error(request, 409, "resource.changed", "somebody else has changed it");
        return;
    case -E2BIG:
        hop_respond_error(request, 409, "resource.limit", "there are as many as there may be");
        return;
    default:
        hop_respond_errno(request, error);
    }
}

static void listed(void *ctx, int error, const struct hop_store_resource *all, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, resource_json(&all[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "resources", list));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

void hop_api_resources_get(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    (void)param;
    hop_store_resource_list(server->store, listed, hop_api_pending_new(server, request));
}

static void got(void *ctx, int error, const struct hop_store_resource *r)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200, resource_json(r));
    else
        respond_error(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_resource_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_resource_get(server->store, id, got, hop_api_pending_new(server, request));
}

/* ---- changing -------------------------------------------------------------------------------- */

static bool read_kind(const json_t *body, struct hop_store_resource *r, struct hop_fault *fault)
{
    const json_t *kind = json_object_get(body, "kind"), *seats = json_object_get(body, "seats");
    int found = json_is_string(kind) ? hop_resource_kind_parse(json_string_value(kind)) : -1;

    if (kind != NULL && found < 0)
        return hop_fault_set(fault, "must be room, hall or equipment", "kind");
    if (kind != NULL)
        r->kind = (enum hop_resource_kind)found;
    if (seats != NULL && (!json_is_integer(seats) || json_integer_value(seats) < 0 ||
                          json_integer_value(seats) > HOP_MAX_SEATS))
        return hop_fault_set(fault, "must be a number from 0 to 100000", "seats");
    if (seats != NULL)
        r->seats = (unsigned)json_integer_value(seats);
    return true;
}

static bool read_resource(const json_t *body, struct hop_store_resource *r, struct hop_fault *fault)
{
    const json_t *version = json_object_get(body, "version");

    if (!hop_read_text(json_object_get(body, "name"), "name", HOP_MAX_RESOURCE_NAME, false, false,
                       r->name, sizeof(r->name), fault) ||
        !hop_read_text(json_object_get(body, "place"), "place", HOP_MAX_RESOURCE_PLACE, false, true,
                       r->place, sizeof(r->place), fault) ||
        !read_kind(body, r, fault) || !hop_read_ref(body, "unit", &r->unit_id, fault))
        return false;
    if (r->name[0] == '\0')
        return hop_fault_set(fault, "is missing", "name");
    if (r->id != 0 && !json_is_integer(version))
        return hop_fault_set(fault, "must be that of the thing as it was read", "version");
    if (r->id != 0)
        r->version = json_integer_value(version);
    return true;
}

struct saving {
    struct hop_api_pending *pending;
    json_t *body;
    bool made;
};

static void saving_free(struct saving *s)
{
    hop_api_pending_free(s->pending);
    json_decref(s->body);
    g_free(s);
}

static void saved(void *ctx, int error, const struct hop_store_resource *r)
{
    struct saving *s = ctx;

    if (error == 0) {
        hop_api_audit(s->pending->server, s->pending->request, 0,
                      s->made ? "resource.made" : "resource.changed",
                      json_pack("{s:I,s:s}", "resource", (json_int_t)r->id, "name", r->name));
        hop_respond_json(s->pending->request, s->made ? 201 : 200, resource_json(r));
    } else {
        respond_error(s->pending->request, error);
    }
    saving_free(s);
}

static void save_over(void *ctx, int error, const struct hop_store_resource *before)
{
    struct saving *s = ctx;
    struct hop_store_resource r = *before;
    struct hop_fault fault;

    if (error != 0) {
        respond_error(s->pending->request, error);
        saving_free(s);
    } else if (!read_resource(s->body, &r, &fault)) {
        hop_api_invalid(s->pending->request, fault.member, fault.what);
        saving_free(s);
    } else {
        hop_store_resource_save(s->pending->server->store, &r, saved, s);
    }
}

static struct saving *saving(struct hop_server *server, struct hop_request *request, bool made)
{
    json_t *body = hop_api_body(request);
    struct saving *s;

    if (body == NULL)
        return NULL;
    s = g_new0(struct saving, 1);
    s->pending = hop_api_pending_new(server, request);
    s->body = body;
    s->made = made;
    return s;
}

void hop_api_resources_post(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    static const struct hop_store_resource fresh;
    struct saving *s = saving(server, request, true);

    (void)param;
    if (s != NULL)
        save_over(s, 0, &fresh);
}

void hop_api_resource_patch(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    struct saving *s;
    int64_t id;

    if (hop_api_id(request, param, &id) && (s = saving(server, request, false)) != NULL)
        hop_store_resource_get(server->store, id, save_over, s);
}

static void removed(void *ctx, int error)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        hop_api_audit(pending->server, pending->request, 0, "resource.removed", NULL);
        hop_respond_empty(pending->request, 204);
    } else {
        respond_error(pending->request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_resource_delete(struct hop_server *server, struct hop_request *request,
                             const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_resource_remove(server->store, id, removed, hop_api_pending_new(server, request));
}
