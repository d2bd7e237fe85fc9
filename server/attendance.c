/* From stays to people: see attendance.h. */
#include "server/attendance.h"

#include "server/schedule.h"
#include "signaling/rights.h"

#include <string.h>

const char *hop_presence_name(enum hop_presence presence)
{
    static const char *const names[] = { "present_room", "present_online", "absent", "not_marked" };

    return names[presence];
}

static void clear_attendee(void *attendee)
{
    g_array_unref(((struct hop_attendee *)attendee)->stays);
}

static struct hop_attendee *add(struct hop_attendance *a, const char *person)
{
    struct hop_attendee new = { .state = HOP_NOT_MARKED, .reason = "" };

    g_strlcpy(new.person, person, sizeof(new.person));
    new.stays = g_array_new(FALSE, FALSE, sizeof(const struct hop_store_stay *));
    g_array_append_val(a->people, new);
    return &g_array_index(a->people, struct hop_attendee, a->people->len - 1);
}

static void add_invited(struct hop_attendance *a)
{
    static const char *const roles[] = { "chair", "secretary", "delegate",
                                         "guest", "observer",  "technician" };

    for (guint i = 0; i < a->source->invitees->len; i++) {
        const struct hop_store_invitee *invitee =
            &g_array_index(a->source->invitees, struct hop_store_invitee, i);
        char person[HOP_PERSON_TEXT];
        struct hop_attendee *p;

        g_snprintf(person, sizeof(person), "i%" G_GINT64_FORMAT, invitee->id);
        p = add(a, person);
        p->invitee = invitee;
        p->name = invitee->name;
        p->title = invitee->title;
        p->unit = invitee->unit_name;
        p->role = (size_t)invitee->role < G_N_ELEMENTS(roles) ? roles[invitee->role] : "guest";
    }
}

/* Who stayed: by his invitation, else by his account, else he is only himself. */
static struct hop_attendee *find(struct hop_attendance *a, const struct hop_store_stay *stay)
{
    char person[HOP_PERSON_TEXT];

    for (guint i = 0; i < a->people->len; i++) {
        struct hop_attendee *p = &g_array_index(a->people, struct hop_attendee, i);

        if (p->invitee == NULL)
            continue;
        if ((stay->invite_id != 0 && p->invitee->id == stay->invite_id) ||
            (stay->invite_id == 0 && stay->user_id != 0 && p->invitee->kind == HOP_INVITEE_USER &&
             p->invitee->ref == stay->user_id))
            return p;
    }
    if (stay->user_id != 0)
        g_snprintf(person, sizeof(person), "u%" G_GINT64_FORMAT, stay->user_id);
    else
        g_strlcpy(person, stay->participant, sizeof(person));
    for (guint i = 0; i < a->people->len; i++) {
        struct hop_attendee *p = &g_array_index(a->people, struct hop_attendee, i);

        if (strcmp(p->person, person) == 0)
            return p;
    }
    return add(a, person);
}

/* Stays come by their beginning, so one pass is enough to count once what overlaps. */
static void measure(struct hop_attendee *p, int64_t now_us)
{
    int64_t covered_us = 0;
    int64_t until_us = 0;

    for (guint i = 0; i < p->stays->len; i++) {
        const struct hop_store_stay *stay =
            g_array_index(p->stays, const struct hop_store_stay *, i);
        int64_t end_us = MAX(stay->left_us != 0 ? stay->left_us : now_us, stay->joined_us);
        int64_t from_us = MAX(stay->joined_us, until_us);

        covered_us += end_us > from_us ? end_us - from_us : 0;
        until_us = MAX(until_us, end_us);
        p->here = p->here || stay->left_us == 0;
        p->first_us = p->first_us != 0 ? p->first_us : stay->joined_us;
        p->attendees = MAX(p->attendees, stay->site);
    }
    p->last_us = p->here ? 0 : until_us;
    p->seconds = (covered_us + 500000) / 1000000;
    if (p->stays->len > 0)
        p->state = HOP_PRESENT_ONLINE;
}

static void apply_mark(struct hop_attendee *p, const struct hop_store_attendance_mark *mark)
{
    p->reason = mark->reason != NULL ? mark->reason : "";
    for (int state = 0; state < HOP_PRESENCES; state++) {
        if (strcmp(mark->state, hop_presence_name((enum hop_presence)state)) == 0) {
            p->state = (enum hop_presence)state;
            p->marked = true;
        }
    }
    if (mark->attendees > 0)
        p->attendees = (uint32_t)mark->attendees;
}

static void conclude(struct hop_attendance *a, struct hop_attendee *p)
{
    for (guint i = 0; i < a->source->marks->len; i++) {
        const struct hop_store_attendance_mark *mark =
            &g_array_index(a->source->marks, struct hop_store_attendance_mark, i);

        if (strcmp(mark->person, p->person) == 0)
            apply_mark(p, mark);
    }
    if (p->state == HOP_PRESENT_ROOM && p->attendees == 0)
        p->attendees = p->invitee != NULL ? MAX(p->invitee->attendees, 1) : 1;
    if (p->state == HOP_ABSENT || p->state == HOP_NOT_MARKED)
        p->attendees = 0;
    a->count[p->state]++;
    a->here += p->here;
    a->attendees += p->attendees;
}

void hop_attendance_compute(const struct hop_store_attendance *source, int64_t now_us,
                            struct hop_attendance *out)
{
    *out = (struct hop_attendance){ .source = source, .now_us = now_us };
    out->people = g_array_new(FALSE, FALSE, sizeof(struct hop_attendee));
    g_array_set_clear_func(out->people, clear_attendee);
    add_invited(out);
    for (guint i = 0; i < source->stays->len; i++) {
        const struct hop_store_stay *stay = &g_array_index(source->stays, struct hop_store_stay, i);
        struct hop_attendee *p = find(out, stay);

        g_array_append_val(p->stays, stay);
        if (p->invitee != NULL)
            continue;
        p->name = stay->name;
        p->title = stay->title;
        p->unit = stay->unit;
        p->role = stay->role;
    }
    for (guint i = 0; i < out->people->len; i++) {
        struct hop_attendee *p = &g_array_index(out->people, struct hop_attendee, i);

        measure(p, now_us);
        conclude(out, p);
    }
}

void hop_attendance_clear(struct hop_attendance *attendance)
{
    g_array_unref(attendance->people);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *time_or_null(int64_t us)
{
    char text[HOP_TIME_TEXT];

    return us != 0 ? json_string(hop_time_format(us, text)) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static const char *through(const struct hop_store_stay *stay)
{
    if (stay->user_id != 0)
        return "account";
    return stay->invite_id != 0 ? "invitation" : "none";
}

static json_t *person_json(const struct hop_attendee *p)
{
    static const char *const kinds[] = { "user", "user", "user", "guest", "site" };
    static const char *const rsvps[] = { "none", "accepted", "declined", "tentative" };
    const char *kind = p->person[0] == 'u' ? "user" : "guest";
    const char *rsvp = "none";
    json_t *stays = json_array();

    for (guint i = 0; i < p->stays->len; i++) {
        const struct hop_store_stay *s = g_array_index(p->stays, const struct hop_store_stay *, i);

        json_array_append_new(
            stays, json_pack("{s:o,s:o,s:s,s:s,s:i}", "joined_at", time_or_null(s->joined_us),
                             "left_at", time_or_null(s->left_us), "through", through(s),
                             "admitted_by", s->admitted_by, "attendees", (int)s->site));
    }
    if (p->invitee != NULL) {
        kind = kinds[p->invitee->kind];
        rsvp = rsvps[p->invitee->rsvp];
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:b,s:s,s:i,s:b,s:o,s:o,s:I,s:o}",
                     "person", p->person, "name", p->name, "title", p->title, "unit", p->unit,
                     "role", p->role, "kind", kind, "invited", p->invitee != NULL, "rsvp", rsvp,
                     "state", hop_presence_name(p->state), "marked", p->marked, "reason", p->reason,
                     "attendees", (int)p->attendees, "here", p->here, "first_joined_at",
                     time_or_null(p->first_us), "last_left_at", time_or_null(p->last_us), "seconds",
                     (json_int_t)p->seconds, "spans", stays);
}

json_t *hop_attendance_json(const struct hop_attendance *a)
{
    const struct hop_store_attendance *s = a->source;
    json_t *people = json_array();
    json_t *meeting =
        json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id",
                  s->meeting_id != 0 ? json_integer(s->meeting_id) : json_null(), "title", s->title,
                  "occurrence", time_or_null(s->occurrence_us), "starts_at",
                  time_or_null(s->starts_us), "ends_at", time_or_null(s->ends_us), "chair",
                  text_or_null(s->chair), "secretary", text_or_null(s->secretary));

    for (guint i = 0; i < a->people->len; i++)
        json_array_append_new(people,
                              person_json(&g_array_index(a->people, struct hop_attendee, i)));
    return json_pack("{s:o,s:o,s:{s:i,s:i,s:i,s:i,s:i,s:i,s:i}}", "meeting", meeting, "people",
                     people, "counts", "listed", (int)a->people->len, "present_room",
                     (int)a->count[HOP_PRESENT_ROOM], "present_online",
                     (int)a->count[HOP_PRESENT_ONLINE], "absent", (int)a->count[HOP_ABSENT],
                     "not_marked", (int)a->count[HOP_NOT_MARKED], "here", (int)a->here, "attendees",
                     (int)a->attendees);
}
