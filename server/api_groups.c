/* /api/v1/groups: accounts that are invited together, kept by administrators and secretaries. */
#include "server/api.h"

#include "server/meeting_read.h"
#include "server/store/groups.h"

#include <errno.h>

static json_t *group_json(const struct hop_store_group *g)
{
    json_t *members = json_array();

    for (guint i = 0; i < g->members->len; i++)
        json_array_append_new(members, json_integer(g_array_index(g->members, int64_t, i)));
    return json_pack("{s:I,s:s,s:o,s:I}", "id", (json_int_t)g->id, "name", g->name, "members",
                     members, "version", (json_int_t)g->version);
}

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -EEXIST:
        hop_respond_error(request, 409, "group.exists", "there is a group of that name");
        return;
    case -ENOENT:
        hop_respond_error(request, 404, "group.not_found", "there is no such group, or account");
        return;
    case -ESTALE:
        hop_respond_error(request, 409, "group.changed", "somebody else has changed it");
        return;
    case -E2BIG:
        hop_respond_error(request, 409, "group.limit", "there are as many groups as there may be");
        return;
    default:
        hop_respond_errno(request, error);
    }
}

static void listed(void *ctx, int error, const struct hop_store_group *all, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, group_json(&all[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "groups", list));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

void hop_api_groups_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    hop_store_group_list(server->store, listed, hop_api_pending_new(server, request));
}

static void got(void *ctx, int error, const struct hop_store_group *g)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200, group_json(g));
    else
        respond_error(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_group_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_group_get(server->store, id, got, hop_api_pending_new(server, request));
}

/* ---- changing -------------------------------------------------------------------------------- */

static bool read_members(const json_t *body, struct hop_store_group *g, struct hop_fault *fault)
{
    const json_t *list = json_object_get(body, "members"), *value;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > HOP_MAX_GROUP_MEMBERS)
        return hop_fault_set(fault, "must be a list of at most 500 ids", "members");
    g_array_set_size(g->members, 0);
    json_array_foreach(list, i, value)
    {
        int64_t id = json_integer_value(value);

        if (!json_is_integer(value) || id < 1)
            return hop_fault_set(fault, "must be an id", "members[%zu]", i);
        g_array_append_val(g->members, id);
    }
    return true;
}

static bool read_group(const json_t *body, struct hop_store_group *g, struct hop_fault *fault)
{
    const json_t *version = json_object_get(body, "version");

    if (!hop_read_text(json_object_get(body, "name"), "name", HOP_MAX_GROUP_NAME, false, false,
                       g->name, sizeof(g->name), fault) ||
        !read_members(body, g, fault))
        return false;
    if (g->name[0] == '\0')
        return hop_fault_set(fault, "is missing", "name");
    if (g->id != 0 && !json_is_integer(version))
        return hop_fault_set(fault, "must be that of the group as it was read", "version");
    if (g->id != 0)
        g->version = json_integer_value(version);
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

static void saved(void *ctx, int error, const struct hop_store_group *g)
{
    struct saving *s = ctx;

    if (error == 0) {
        hop_api_audit(s->pending->server, s->pending->request, 0,
                      s->made ? "group.made" : "group.changed",
                      json_pack("{s:I,s:s,s:i}", "group", (json_int_t)g->id, "name", g->name,
                                "members", (int)g->members->len));
        hop_respond_json(s->pending->request, s->made ? 201 : 200, group_json(g));
    } else {
        respond_error(s->pending->request, error);
    }
    saving_free(s);
}

static void save_over(void *ctx, int error, const struct hop_store_group *before)
{
    struct saving *s = ctx;
    struct hop_store_group g = *before;
    struct hop_fault fault;

    if (error != 0) {
        respond_error(s->pending->request, error);
        saving_free(s);
        return;
    }
    g.members = before->members != NULL ? g_array_copy(before->members)
                                        : g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (read_group(s->body, &g, &fault)) {
        hop_store_group_save(s->pending->server->store, &g, saved, s);
    } else {
        hop_api_invalid(s->pending->request, fault.member, fault.what);
        saving_free(s);
    }
    hop_store_group_clear(&g);
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

void hop_api_groups_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    static const struct hop_store_group fresh;
    struct saving *s = saving(server, request, true);

    (void)param;
    if (s != NULL)
        save_over(s, 0, &fresh);
}

void hop_api_group_patch(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct saving *s;
    int64_t id;

    if (hop_api_id(request, param, &id) && (s = saving(server, request, false)) != NULL)
        hop_store_group_get(server->store, id, save_over, s);
}

static void removed(void *ctx, int error)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        hop_api_audit(pending->server, pending->request, 0, "group.removed", NULL);
        hop_respond_empty(pending->request, 204);
    } else {
        respond_error(pending->request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_group_delete(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_group_remove(server->store, id, removed, hop_api_pending_new(server, request));
}
