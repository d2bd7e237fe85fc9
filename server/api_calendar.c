/* /api/v1/conflicts and /api/v1/freebusy: whether a time suits everybody. */
#include "server/api_meeting.h"

#include "server/recurrence.h"

#include <string.h>

#define MAX_RANGE_US ((int64_t)92 * 24 * 3600 * 1000000)

static json_t *time_json(int64_t us)
{
    char text[HOP_TIME_TEXT];

    return json_string(hop_time_format(us, text));
}

/* ---- free and busy --------------------------------------------------------------------------- */

/* "1,2,3"; false: answered. */
static bool query_ids(struct hop_request *request, const char *name, guint max, GArray *out)
{
    g_autofree char *text = hop_request_query(request, name);
    g_auto(GStrv) all = g_strsplit(text != NULL ? text : "", ",", (int)max + 1);

    for (char **at = all; *at != NULL && **at != '\0'; at++) {
        int64_t id;

        if (out->len >= max || !g_ascii_string_to_signed(*at, 10, 1, INT64_MAX, &id, NULL)) {
            hop_api_invalid(request, name, "must be ids with commas, and not so many");
            return false;
        }
        g_array_append_val(out, id);
    }
    return true;
}

static json_t *busy_json(const struct hop_store_busy *busy)
{
    json_t *spans = json_array();

    for (size_t i = 0; i < busy->n; i++)
        json_array_append_new(spans, json_pack("[o,o]", time_json(busy->spans[i].from_us),
                                               time_json(busy->spans[i].to_us)));
    return json_pack("{s:I,s:o}", "id", (json_int_t)busy->id, "busy", spans);
}

static void found_busy(void *ctx, int error, const struct hop_store_busy *busy, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *users = json_array(), *resources = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(busy[i].resource ? resources : users, busy_json(&busy[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:O,s:O}", "users", users, "resources", resources));
    else
        hop_respond_errno(pending->request, error);
    json_decref(users);
    json_decref(resources);
    hop_api_pending_free(pending);
}

void hop_api_freebusy_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    g_autoptr(GArray) users = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GArray) resources = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int64_t from = 0, to = 0;

    (void)param;
    if (!query_ids(request, "users", HOP_MAX_BUSY_USERS, users) ||
        !query_ids(request, "resources", HOP_MAX_BUSY_RESOURCES, resources) ||
        !hop_api_query_time(request, "from", &from) || !hop_api_query_time(request, "to", &to))
        return;
    if (from == 0)
        hop_api_invalid(request, "from", "is missing");
    else if (to <= from || to - from > MAX_RANGE_US)
        hop_api_invalid(request, "to", "must be at most 92 days after from");
    else
        hop_store_freebusy(server->store, (const int64_t *)(const void *)users->data, users->len,
                           (const int64_t *)(const void *)resources->data, resources->len, from, to,
                           found_busy, hop_api_pending_new(server, request));
}

/* ---- conflicts ------------------------------------------------------------------------------- */

static json_t *conflict_json(const struct hop_store_conflict *c)
{
    return json_pack("{s:s,s:I,s:s,s:o,s:o,s:o}", "kind", c->resource ? "resource" : "user", "id",
                     (json_int_t)c->id, "name", c->name, "meeting",
                     c->meeting_id != 0 ? json_pack("{s:I,s:s}", "id", (json_int_t)c->meeting_id,
                                                    "title", c->title)
                                        : json_null(),
                     "starts_at", time_json(c->starts_us), "ends_at", time_json(c->ends_us));
}

static void found_conflicts(void *ctx, int error, const struct hop_store_conflict *all, size_t n,
                            bool more)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, conflict_json(&all[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:O,s:b}", "conflicts", list, "more", (int)more));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

static bool read_ids(const json_t *body, const char *member, guint max, GArray *out,
                     struct hop_fault *fault)
{
    const json_t *list = json_object_get(body, member), *value;
    size_t i;

    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > max)
        return hop_fault_set(fault, "must be a list of ids, and not so long", "%s", member);
    json_array_foreach(list, i, value)
    {
        int64_t id = json_integer_value(value);

        if (!json_is_integer(value) || id < 1)
            return hop_fault_set(fault, "must be an id", "%s[%zu]", member, i);
        g_array_append_val(out, id);
    }
    return true;
}

/* The times that are asked about are those of a meeting that is not there yet. */
static bool read_spans(const json_t *body, const uint8_t *secret, GArray *spans,
                       struct hop_fault *fault)
{
    g_autoptr(GArray) occurrences = hop_store_occurrences_new();
    json_t *when = json_pack("{s:s}", "title", "?");
    struct hop_store_meeting m;
    bool good;

    for (const char *const *member = (const char *const[]){ "starts_at", "ends_at", "time_zone",
                                                            "all_day", "rrule", "exdates", NULL };
         *member != NULL; member++)
        if (json_object_get(body, *member) != NULL)
            json_object_set(when, *member, json_object_get(body, *member));
    hop_meeting_read_new(&m, 0);
    good = hop_meeting_read(when, secret, &m, occurrences, fault);
    for (guint i = 0; good && i < occurrences->len; i++) {
        const struct hop_store_occurrence *o =
            &g_array_index(occurrences, struct hop_store_occurrence, i);
        struct hop_store_span span = { o->starts_us, o->ends_us };

        if (!o->cancelled)
            g_array_append_val(spans, span);
    }
    json_decref(when);
    hop_store_meeting_clear(&m);
    return good;
}

static bool ask(struct hop_server *server, struct hop_request *request, const json_t *body,
                struct hop_fault *fault)
{
    g_autoptr(GArray) users = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GArray) resources = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(struct hop_store_span));
    struct hop_store_conflict_query query = { .viewer = hop_api_viewer(server, request) };

    if (!json_is_string(json_object_get(body, "starts_at")))
        return hop_fault_set(fault, "is missing", "starts_at");
    if (!read_spans(body, server->invite_secret, spans, fault) ||
        !read_ids(body, "users", HOP_MAX_BUSY_USERS, users, fault) ||
        !read_ids(body, "resources", HOP_MAX_BUSY_RESOURCES, resources, fault) ||
        !hop_read_ref(body, "except", &query.except, fault))
        return false;
    query.times = (const struct hop_store_span *)(const void *)spans->data;
    query.n_times = spans->len;
    query.users = (const int64_t *)(const void *)users->data;
    query.n_users = users->len;
    query.resources = (const int64_t *)(const void *)resources->data;
    query.n_resources = resources->len;
    hop_store_conflicts(server->store, &query, found_conflicts,
                        hop_api_pending_new(server, request));
    return true;
}

void hop_api_conflicts_post(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    json_t *body = hop_api_body(request);
    struct hop_fault fault;

    (void)param;
    if (body != NULL && !ask(server, request, body, &fault))
        hop_api_invalid(request, fault.member, fault.what);
    json_decref(body);
}
