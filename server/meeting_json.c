/* See meeting_json.h. */
#include "server/meeting_json.h"

#include "media/base/clock.h"

#include <string.h>

static json_t *id_or_null(int64_t id)
{
    return id != 0 ? json_integer(id) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *time_json(int64_t us)
{
    char text[HOP_TIME_TEXT];

    return json_string(hop_time_format(us, text));
}

static json_t *person_json(const struct hop_store_person *person)
{
    if (person->id == 0)
        return json_null();
    return json_pack("{s:I,s:s}", "id", (json_int_t)person->id, "name", person->name);
}

static json_t *settings_json(const struct hop_store_settings *s)
{
    static const char *const lobbies[] = { "off", "guests", "all" };
    static const char *const allowed[] = { "all", "moderators" };

    return json_pack("{s:b,s:b,s:s,s:b,s:s,s:s,s:b,s:b}", "muted", (int)s->muted, "camera_off",
                     (int)s->camera_off, "lobby", lobbies[MIN(s->lobby, 2)], "opens_by_itself",
                     (int)s->opens_by_itself, "share", allowed[MIN(s->share, 1)], "unmute",
                     allowed[MIN(s->unmute, 1)], "recording", (int)s->recording, "password",
                     (int)s->password);
}

/* ---- status ---------------------------------------------------------------------------------- */

/* `starts_us`, `ends_us`: of the time that is asked for. */
static const char *status_of(const struct hop_server *server, const struct hop_store_meeting *m,
                             int64_t starts_us, int64_t ends_us, bool cancelled)
{
    struct hop_store_room room = {
        .meeting_id = m->id, .starts_us = starts_us, .ends_us = ends_us, .cancelled = cancelled
    };

    if (m->draft || m->template)
        return "draft";
    if (starts_us - server->rules.open_early_us < m->ended_us)
        room.ended_us = m->ended_us;
    g_strlcpy(room.code, m->code, sizeof(room.code));
    switch (hop_server_room_status(server, &room)) {
    case HOP_ROOM_CANCELLED:
        return "cancelled";
    case HOP_ROOM_ENDED:
        return "ended";
    case HOP_ROOM_EARLY:
        return "scheduled";
    default:
        return "open";
    }
}

/* ---- invitees -------------------------------------------------------------------------------- */

json_t *hop_invitee_json(const struct hop_server *server, const char *room_url,
                         const struct hop_store_invitee *i, bool all)
{
    json_t *json = json_pack("{s:I,s:s,s:o,s:o,s:s,s:s,s:s,s:s,s:i,s:s}", "id", (json_int_t)i->id,
                             "kind", hop_invitee_kind_name(i->kind), "ref", id_or_null(i->ref),
                             "via", id_or_null(i->via), "name", i->name, "title", i->title,
                             "unit_name", i->unit_name, "role", hop_invitee_role_name(i->role),
                             "attendees", (int)i->attendees, "rsvp", hop_rsvp_name(i->rsvp));
    g_autofree char *link = NULL;

    if (!all)
        return json;
    if (i->has_link)
        link = hop_invite_link(room_url, server->invite_secret, i->nonce);
    json_object_set_new(json, "email", json_string(i->email));
    json_object_set_new(json, "language", json_string(i->language));
    json_object_set_new(json, "rsvp_note", json_string(i->rsvp_note != NULL ? i->rsvp_note : ""));
    json_object_set_new(json, "mail", json_string(hop_invitee_mail_name(i->mail)));
    json_object_set_new(json, "link", link != NULL ? json_string(link) : json_null());
    return json;
}

static json_t *invitees_json(const struct hop_server *server, const char *url,
                             const struct hop_store_meeting *m)
{
    json_t *list = json_array();

    for (guint i = 0; m->invitees != NULL && i < m->invitees->len; i++)
        json_array_append_new(
            list,
            hop_invitee_json(server, url, &g_array_index(m->invitees, struct hop_store_invitee, i),
                             m->right == HOP_MEETING_CHANGE));
    return list;
}

/* ---- the meeting ----------------------------------------------------------------------------- */

static json_t *resources_json(const struct hop_store_meeting *m)
{
    json_t *list = json_array();

    for (guint i = 0; m->resources != NULL && i < m->resources->len; i++)
        json_array_append_new(list, json_integer(g_array_index(m->resources, int64_t, i)));
    return list;
}

static json_t *exception_json(const struct hop_store_occurrence *o)
{
    json_t *json = json_pack("{s:o,s:o,s:o}", "occurrence", time_json(o->stamp), "starts_at",
                             time_json(o->starts_us), "ends_at", time_json(o->ends_us));

    json_object_set_new(json, "title", json_string(o->title));
    json_object_set_new(json, "description", json_string(o->description));
    json_object_set_new(json, "place", json_string(o->place));
    return json;
}

static void add_exceptions(json_t *json, const struct hop_store_meeting *m)
{
    json_t *cancelled = json_array(), *changed = json_array();

    for (guint i = 0; m->exceptions != NULL && i < m->exceptions->len; i++) {
        const struct hop_store_occurrence *o =
            &g_array_index(m->exceptions, struct hop_store_occurrence, i);

        if (o->cancelled)
            json_array_append_new(cancelled, time_json(o->stamp));
        else
            json_array_append_new(changed, exception_json(o));
    }
    json_object_set_new(json, "exdates", cancelled);
    json_object_set_new(json, "changes", changed);
}

/* What lists show, too. */
static json_t *common_json(const struct hop_request *request, const struct hop_store_meeting *m,
                           const char *status)
{
    g_autofree char *url = hop_server_room_url(request, m->code);
    json_t *json =
        json_pack("{s:I,s:s,s:s,s:I,s:s,s:s,s:s,s:b,s:o,s:o,s:s,s:b,s:o,s:I}", "id",
                  (json_int_t)m->id, "code", m->code, "url", url, "version", (json_int_t)m->version,
                  "title", m->title, "place", m->place, "status", status, "template",
                  (int)m->template, "starts_at", time_json(m->starts_us), "ends_at",
                  time_json(m->ends_us), "time_zone", m->time_zone, "all_day", (int)m->all_day,
                  "rrule", text_or_null(m->rrule), "sequence", (json_int_t)m->sequence);

    json_object_set_new(json, "organizer", person_json(&m->organizer));
    json_object_set_new(json, "chair", person_json(&m->chair));
    json_object_set_new(json, "secretary", person_json(&m->secretary));
    json_object_set_new(json, "unit", id_or_null(m->unit_id));
    json_object_set_new(json, "created_at", time_json(m->created_us));
    json_object_set_new(json, "changed_at", time_json(m->changed_us));
    return json;
}

json_t *hop_meeting_json(const struct hop_server *server, const struct hop_request *request,
                         const struct hop_store_meeting *m)
{
    g_autofree char *url = hop_server_room_url(request, m->code);
    json_t *json = common_json(
        request, m, status_of(server, m, m->next_starts_us, m->next_ends_us, m->cancelled));

    json_object_set_new(json, "description",
                        json_string(m->description != NULL ? m->description : ""));
    json_object_set_new(json, "resources", resources_json(m));
    json_object_set_new(json, "settings", settings_json(&m->settings));
    add_exceptions(json, m);
    json_object_set_new(json, "invitees", invitees_json(server, url, m));
    json_object_set_new(json, "may_change", json_boolean(m->right == HOP_MEETING_CHANGE));
    return json;
}

json_t *hop_meeting_listed_json(const struct hop_server *server, const struct hop_request *request,
                                const struct hop_store_listed *listed)
{
    const struct hop_store_meeting *m = &listed->meeting;
    json_t *json = common_json(
        request, m,
        status_of(server, m, m->starts_us, m->ends_us, listed->state == HOP_OCCURRENCE_CANCELLED));

    json_object_set_new(json, "settings", settings_json(&m->settings));
    json_object_set_new(json, "occurrence",
                        listed->stamp != 0 ? time_json(listed->stamp) : json_null());
    json_object_set_new(json, "conflict", json_boolean(listed->conflict));
    return json;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool same_exceptions(const struct hop_store_meeting *a, const struct hop_store_meeting *b)
{
    json_t *x = json_object(), *y = json_object();
    bool same;

    add_exceptions(x, a);
    add_exceptions(y, b);
    same = json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

bool hop_meeting_same_event(const struct hop_store_meeting *a, const struct hop_store_meeting *b)
{
    return strcmp(a->title, b->title) == 0 && g_strcmp0(a->description, b->description) == 0 &&
           strcmp(a->place, b->place) == 0 && a->starts_us == b->starts_us &&
           a->ends_us == b->ends_us && strcmp(a->time_zone, b->time_zone) == 0 &&
           a->all_day == b->all_day && strcmp(a->rrule, b->rrule) == 0 &&
           a->cancelled == b->cancelled && same_exceptions(a, b);
}

static bool same_settings(const struct hop_store_settings *a, const struct hop_store_settings *b)
{
    json_t *x = settings_json(a), *y = settings_json(b);
    bool same = json_equal(x, y) &&
                (!a->password || memcmp(a->password_hash, b->password_hash, HOP_HASH) == 0);

    json_decref(x);
    json_decref(y);
    return same;
}

static bool same_invitee(const struct hop_store_invitee *a, const struct hop_store_invitee *b)
{
    if (a->id != b->id || a->kind != b->kind || a->ref != b->ref || a->role != b->role ||
        a->attendees != b->attendees)
        return false;
    return a->ref != 0 ||
           (strcmp(a->name, b->name) == 0 && strcmp(a->title, b->title) == 0 &&
            strcmp(a->unit_name, b->unit_name) == 0 && strcmp(a->email, b->email) == 0 &&
            strcmp(a->language, b->language) == 0);
}

/* Those whom somebody has named; who comes through a group follows. */
static guint next_named(const GArray *all, guint i)
{
    while (i < all->len && g_array_index(all, struct hop_store_invitee, i).via != 0)
        i++;
    return i;
}

static bool same_invitees(const GArray *a, const GArray *b)
{
    guint i = next_named(a, 0), k = next_named(b, 0);

    while (i < a->len && k < b->len) {
        if (!same_invitee(&g_array_index(a, struct hop_store_invitee, i),
                          &g_array_index(b, struct hop_store_invitee, k)))
            return false;
        i = next_named(a, i + 1);
        k = next_named(b, k + 1);
    }
    return i >= a->len && k >= b->len;
}

static bool same_resources(const GArray *a, const GArray *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(int64_t)) == 0);
}

bool hop_meeting_same(const struct hop_store_meeting *a, const struct hop_store_meeting *b)
{
    return hop_meeting_same_event(a, b) && a->draft == b->draft && a->template == b->template &&
           a->organizer.id == b->organizer.id && a->chair.id == b->chair.id &&
           a->secretary.id == b->secretary.id && a->unit_id == b->unit_id &&
           same_settings(&a->settings, &b->settings) &&
           same_resources(a->resources, b->resources) && same_invitees(a->invitees, b->invitees);
}
