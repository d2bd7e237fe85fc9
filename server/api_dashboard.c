/* /api/v1/dashboard: what runs or is about to begin, and who is not there yet. */
#include "server/api_meeting.h"

#include "server/store/missing.h"

#define SOON_US ((int64_t)2 * 3600 * 1000000)

struct dashboard {
    struct hop_api_pending *pending;
    json_t *soon; /* the lines, in order */
    int64_t ids[HOP_MAX_SOON];
    char codes[HOP_MAX_SOON][HOP_MAX_ROOM_CODE + 1];
    size_t n;
};

static void finish(struct dashboard *d, int error)
{
    if (error == 0)
        hop_respond_json(d->pending->request, 200, json_pack("{s:O}", "soon", d->soon));
    else
        hop_respond_errno(d->pending->request, error);
    hop_api_pending_free(d->pending);
    json_decref(d->soon);
    g_free(d);
}

static json_t *people_json(const struct hop_store_missing *m)
{
    json_t *list = json_array();

    for (guint i = 0; i < m->invitees->len; i++) {
        const struct hop_store_invitee *one =
            &g_array_index(m->invitees, struct hop_store_invitee, i);

        json_array_append_new(
            list, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "id", (json_int_t)one->id, "name",
                            one->name, "title", one->title, "unit_name", one->unit_name, "role",
                            hop_invitee_role_name(one->role), "rsvp", hop_rsvp_name(one->rsvp)));
    }
    return list;
}

/* Who may only read it is not told whom one waits for. */
static void found(void *ctx, int error, const struct hop_store_missing *all, size_t n)
{
    struct dashboard *d = ctx;
    const struct hop_signaling *signaling = d->pending->server->signaling;

    for (size_t i = 0; i < n; i++) {
        json_t *line = json_array_get(d->soon, i);
        int here = hop_signaling_room_count(signaling, d->codes[i]);

        json_object_set_new(line, "missing", all[i].known ? people_json(&all[i]) : json_array());
        json_object_set_new(line, "waiting",
                            json_integer(hop_signaling_lobby_count(signaling, d->codes[i])));
        json_object_set_new(line, "here", json_integer(here > 0 ? here : 0));
    }
    finish(d, error);
}

static void listed(void *ctx, int error, const struct hop_store_listed *all, size_t n, bool more)
{
    struct dashboard *d = ctx;
    struct hop_api_pending *p = d->pending;
    struct hop_store_viewer viewer = hop_api_viewer(p->server, p->request);

    (void)more;
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(d->soon, hop_meeting_listed_json(p->server, p->request, &all[i]));
        d->ids[i] = all[i].meeting.id;
        g_strlcpy(d->codes[i], all[i].meeting.code, sizeof(d->codes[i]));
    }
    d->n = n;
    if (error != 0 || n == 0)
        finish(d, error);
    else
        hop_store_missing_find(p->server->store, d->ids, n, &viewer, found, d);
}

void hop_api_dashboard_get(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    struct hop_store_list_query query = { .viewer = hop_api_viewer(server, request),
                                          .states = 1u << HOP_OCCURRENCE_SCHEDULED |
                                                    1u << HOP_OCCURRENCE_OPEN,
                                          .limit = HOP_MAX_SOON };
    const struct hop_store_present *present = &query.viewer.present;
    struct dashboard *d = g_new0(struct dashboard, 1);

    (void)param;
    query.from_us = present->now_us - present->late_us;
    query.to_us = present->now_us + SOON_US;
    d->pending = hop_api_pending_new(server, request);
    d->soon = json_array();
    hop_store_calendar_list(server->store, &query, listed, d);
}
