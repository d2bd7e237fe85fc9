/* See meeting_read.h. Invitees are read by meeting_invitees.c. */
#include "server/meeting_read.h"

#include "server/recurrence.h"
#include "server/schedule.h"

#include <errno.h>
#include <string.h>

#define HOUR_US ((int64_t)3600 * 1000000)

static const char bad_time[] = "must be a time like 2026-11-23T07:30:00Z";

/* ---- one member ------------------------------------------------------------------------------ */

bool hop_fault_set(struct hop_fault *fault, const char *what, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_vsnprintf(fault->member, sizeof(fault->member), format, args);
    va_end(args);
    fault->what = what;
    return false;
}

bool hop_read_time(const json_t *body, const char *member, int64_t *us, struct hop_fault *fault)
{
    const json_t *value = json_object_get(body, member);

    if (value == NULL || json_is_null(value))
        return true;
    if (json_is_string(value) && hop_time_parse(json_string_value(value), us) == 0)
        return true;
    return hop_fault_set(fault, bad_time, "%s", member);
}

bool hop_read_text(const json_t *value, const char *path, size_t max, bool lines, bool empty,
                   char *out, size_t size, struct hop_fault *fault)
{
    g_autofree char *clean = NULL;

    if (value == NULL)
        return true;
    if (json_is_null(value) && empty) {
        out[0] = '\0';
        return true;
    }
    if (json_is_string(value))
        clean = hop_text_clean(json_string_value(value), max, lines, empty);
    if (clean == NULL || g_strlcpy(out, clean, size) >= size)
        return hop_fault_set(fault, "must be a text, and not so long", "%s", path);
    return true;
}

bool hop_read_ref(const json_t *body, const char *member, int64_t *id, struct hop_fault *fault)
{
    const json_t *value = json_object_get(body, member);

    if (json_is_object(value))
        value = json_object_get(value, "id");
    if (value == NULL)
        return json_object_get(body, member) == NULL ||
               hop_fault_set(fault, "must be an id, or null", "%s", member);
    if (!json_is_null(value) && (!json_is_integer(value) || json_integer_value(value) < 1))
        return hop_fault_set(fault, "must be an id, or null", "%s", member);
    *id = json_integer_value(value);
    return true;
}

static bool read_bool(const json_t *object, const char *path, const char *member, bool *out,
                      struct hop_fault *fault)
{
    const json_t *value = json_object_get(object, member);

    if (value == NULL)
        return true;
    if (!json_is_boolean(value))
        return hop_fault_set(fault, "must be true or false", "%s%s", path, member);
    *out = json_is_true(value);
    return true;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool read_texts(const json_t *body, struct hop_store_meeting *m, struct hop_fault *fault)
{
    enum { SIZE = HOP_MAX_DESCRIPTION * 4 + 1 };
    const json_t *description = json_object_get(body, "description");
    g_autofree char *text = g_malloc0(SIZE);

    if (!hop_read_text(json_object_get(body, "title"), "title", HOP_MAX_TITLE, false, false,
                       m->title, sizeof(m->title), fault) ||
        !hop_read_text(json_object_get(body, "place"), "place", HOP_MAX_PLACE, false, true,
                       m->place, sizeof(m->place), fault) ||
        !hop_read_text(description, "description", HOP_MAX_DESCRIPTION, true, true, text, SIZE,
                       fault))
        return false;
    if (description != NULL) {
        g_free(m->description);
        m->description = g_strdup(text);
    }
    return m->title[0] != '\0' || hop_fault_set(fault, "is missing", "title");
}

/* ---- settings -------------------------------------------------------------------------------- */

static bool read_choice(const json_t *settings, const char *member, const char *const *names,
                        int *out, struct hop_fault *fault)
{
    const json_t *value = json_object_get(settings, member);
    const char *text = json_string_value(value);

    if (value == NULL)
        return true;
    for (int i = 0; text != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    return hop_fault_set(fault, "is none of the words that are known", "settings.%s", member);
}

static bool read_choices(const json_t *settings, struct hop_store_settings *s,
                         struct hop_fault *fault)
{
    static const char *const lobbies[] = { "off", "guests", "all", NULL };
    static const char *const allowed[] = { "all", "moderators", NULL };
    int lobby = (int)s->lobby, share = (int)s->share, unmute = (int)s->unmute;

    if (!read_choice(settings, "lobby", lobbies, &lobby, fault) ||
        !read_choice(settings, "share", allowed, &share, fault) ||
        !read_choice(settings, "unmute", allowed, &unmute, fault))
        return false;
    s->lobby = (enum hop_lobby)lobby;
    s->share = (enum hop_allowed)share;
    s->unmute = (enum hop_allowed)unmute;
    return true;
}

/* true: as it is; a text: this one; null or false: none. */
static bool read_password(const json_t *settings, const uint8_t *secret, const char *uid,
                          struct hop_store_settings *s, struct hop_fault *fault)
{
    const json_t *value = json_object_get(settings, "password");
    char text[HOP_MAX_MEETING_PASSWORD * 4 + 1] = "";

    if (value == NULL || (json_is_true(value) && s->password))
        return true;
    if (json_is_string(value)) {
        if (!hop_read_text(value, "settings.password", HOP_MAX_MEETING_PASSWORD, false, false, text,
                           sizeof(text), fault))
            return false;
        hop_invite_password_hash(secret, uid, text, s->password_hash);
        s->password = true;
        return true;
    }
    if (!json_is_null(value) && !json_is_false(value))
        return hop_fault_set(fault, "must be a text, or null", "settings.password");
    s->password = false;
    return true;
}

static bool read_settings(const json_t *body, const uint8_t *secret, struct hop_store_meeting *m,
                          struct hop_fault *fault)
{
    const json_t *settings = json_object_get(body, "settings");
    struct hop_store_settings *s = &m->settings;

    if (settings == NULL)
        return true;
    if (!json_is_object(settings))
        return hop_fault_set(fault, "must be an object", "settings");
    return read_bool(settings, "settings.", "muted", &s->muted, fault) &&
           read_bool(settings, "settings.", "camera_off", &s->camera_off, fault) &&
           read_bool(settings, "settings.", "opens_by_itself", &s->opens_by_itself, fault) &&
           read_bool(settings, "settings.", "recording", &s->recording, fault) &&
           read_choices(settings, s, fault) && read_password(settings, secret, m->uid, s, fault);
}

/* ---- resources ------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool read_resources(const json_t *body, struct hop_store_meeting *m, struct hop_fault *fault)
{
    const json_t *list = json_object_get(body, "resources"), *value;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > HOP_MAX_MEETING_RESOURCES)
        return hop_fault_set(fault, "must be a list of at most 20 ids", "resources");
    g_array_set_size(m->resources, 0);
    json_array_foreach(list, i, value)
    {
        int64_t id = json_integer_value(value);

        if (!json_is_integer(value) || id < 1)
            return hop_fault_set(fault, "must be an id", "resources[%zu]", i);
        g_array_append_val(m->resources, id);
    }
    if (m->resources->len > 0) /* an empty array has no data */
        qsort(m->resources->data, m->resources->len, sizeof(int64_t), by_id);
    return true;
}

/* ---- when ------------------------------------------------------------------------------------ */

static bool read_zone(const json_t *body, struct hop_store_meeting *m, struct hop_fault *fault)
{
    const json_t *value = json_object_get(body, "time_zone");

    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value) || !hop_time_zone_valid(json_string_value(value)))
        return hop_fault_set(fault, "must be the IANA name of a time zone, like Asia/Ho_Chi_Minh",
                             "time_zone");
    g_strlcpy(m->time_zone, json_string_value(value), sizeof(m->time_zone));
    return true;
}

static bool check_times(const struct hop_store_meeting *m, struct hop_fault *fault)
{
    if (m->ends_us <= m->starts_us)
        return hop_fault_set(fault, "must be later than starts_at", "ends_at");
    if (m->ends_us - m->starts_us > HOP_MAX_MEETING_US)
        return hop_fault_set(fault, "is more than 31 days after the start", "ends_at");
    if (m->all_day && !hop_recurrence_is_midnight(m->starts_us, m->time_zone))
        return hop_fault_set(fault, "must be midnight in the time zone", "starts_at");
    if (m->all_day && !hop_recurrence_is_midnight(m->ends_us, m->time_zone))
        return hop_fault_set(fault, "must be midnight in the time zone", "ends_at");
    return true;
}

static bool read_rule(const json_t *body, struct hop_store_meeting *m, struct hop_fault *fault)
{
    const json_t *value = json_object_get(body, "rrule");
    const struct hop_series series = { .starts_us = m->starts_us,
                                       .ends_us = m->ends_us,
                                       .time_zone = m->time_zone,
                                       .all_day = m->all_day };
    char before[HOP_MAX_RRULE + 1];
    const char *text = before, *wrong;

    g_strlcpy(before, m->rrule, sizeof(before));
    if (value != NULL)
        text = json_is_null(value) ? "" : json_string_value(value);
    if (text == NULL)
        return hop_fault_set(fault, "must be a rule, or null", "rrule");
    m->rrule[0] = '\0';
    if (text[0] == '\0')
        return true;
    wrong = hop_recurrence_rule(text, &series, m->rrule);
    return wrong == NULL || hop_fault_set(fault, wrong, "rrule");
}

static bool expand(const struct hop_store_meeting *m, GArray *occurrences, struct hop_fault *fault)
{
    const struct hop_series series = { .starts_us = m->starts_us,
                                       .ends_us = m->ends_us,
                                       .time_zone = m->time_zone,
                                       .all_day = m->all_day,
                                       .rrule = m->rrule };
    int error = hop_recurrence_expand(&series, occurrences);

    if (error == -ERANGE)
        return hop_fault_set(fault, "does not hold on the first day", "rrule");
    if (error != 0)
        return hop_fault_set(fault, "lasts more than ten years, or has more than 4000 times",
                             "rrule");
    return true;
}

static struct hop_store_occurrence *find_stamp(GArray *occurrences, int64_t stamp)
{
    for (guint i = 0; i < occurrences->len; i++) {
        struct hop_store_occurrence *o =
            &g_array_index(occurrences, struct hop_store_occurrence, i);

        if (o->stamp == stamp)
            return o;
    }
    return NULL;
}

/* The list says which ones do not take place; without it those stay that were cancelled. */
static bool read_exdates(const json_t *body, GArray *occurrences, struct hop_fault *fault)
{
    const json_t *list = json_object_get(body, "exdates"), *value;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > HOP_MAX_OCCURRENCES)
        return hop_fault_set(fault, "must be a list of times", "exdates");
    for (guint k = 0; k < occurrences->len; k++)
        g_array_index(occurrences, struct hop_store_occurrence, k).cancelled = false;
    json_array_foreach(list, i, value)
    {
        struct hop_store_occurrence *o = NULL;
        int64_t stamp;

        if (!json_is_string(value) || hop_time_parse(json_string_value(value), &stamp) != 0)
            return hop_fault_set(fault, bad_time, "exdates[%zu]", i);
        o = find_stamp(occurrences, stamp);
        if (o == NULL)
            return hop_fault_set(fault, "is no time of this series", "exdates[%zu]", i);
        o->cancelled = true;
    }
    return true;
}

static void note_exceptions(struct hop_store_meeting *m, const GArray *occurrences)
{
    g_array_set_size(m->exceptions, 0);
    for (guint i = 0; i < occurrences->len; i++) {
        struct hop_store_occurrence o = g_array_index(occurrences, struct hop_store_occurrence, i);

        if (!o.cancelled && !o.changed)
            continue;
        o.title = g_strdup(o.title);
        o.description = g_strdup(o.description);
        o.place = g_strdup(o.place);
        g_array_append_val(m->exceptions, o);
    }
}

static bool read_times(const json_t *body, struct hop_store_meeting *m, GArray *occurrences,
                       struct hop_fault *fault)
{
    if (!hop_read_time(body, "starts_at", &m->starts_us, fault) ||
        !hop_read_time(body, "ends_at", &m->ends_us, fault) || !read_zone(body, m, fault) ||
        !read_bool(body, "", "all_day", &m->all_day, fault) || !check_times(m, fault) ||
        !read_rule(body, m, fault) || !expand(m, occurrences, fault))
        return false;
    if (m->rrule[0] != '\0')
        hop_recurrence_carry(m->time_zone, m->exceptions, occurrences);
    if (!read_exdates(body, occurrences, fault))
        return false;
    note_exceptions(m, occurrences);
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

bool hop_meeting_read(const json_t *body, const uint8_t secret[HOP_INVITE_SECRET],
                      struct hop_store_meeting *m, GArray *occurrences, struct hop_fault *fault)
{
    return read_texts(body, m, fault) && read_times(body, m, occurrences, fault) &&
           hop_read_ref(body, "organizer", &m->organizer.id, fault) &&
           hop_read_ref(body, "unit", &m->unit_id, fault) &&
           read_settings(body, secret, m, fault) && read_resources(body, m, fault) &&
           hop_invitees_read(body, m, fault);
}

void hop_meeting_read_new(struct hop_store_meeting *m, int64_t now_us)
{
    *m = (struct hop_store_meeting){ .draft = true,
                                     .starts_us = (now_us / HOUR_US + 1) * HOUR_US,
                                     .settings = { .opens_by_itself = true, .recording = true },
                                     .description = g_strdup(""),
                                     .invitees = hop_store_invitees_new(),
                                     .resources = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                                     .exceptions = hop_store_occurrences_new() };
    m->ends_us = m->starts_us + HOUR_US;
    g_strlcpy(m->time_zone, "Asia/Ho_Chi_Minh", sizeof(m->time_zone));
}

/* ---- one time of a series -------------------------------------------------------------------- */

static bool read_override(const json_t *body, const char *member, size_t max, bool lines,
                          const char *of_series, char **out, struct hop_fault *fault)
{
    const json_t *value = json_object_get(body, member);
    size_t size = max * 4 + 1;
    g_autofree char *text = g_malloc0(size);

    if (value == NULL)
        return true;
    if (!json_is_null(value) &&
        !hop_read_text(value, member, max, lines, strcmp(member, "title") != 0, text, size, fault))
        return false;
    g_clear_pointer(out, g_free);
    if (!json_is_null(value) && strcmp(text, of_series) != 0)
        *out = g_strdup(text);
    return true;
}

bool hop_occurrence_read_change(const json_t *body, const struct hop_store_meeting *m,
                                struct hop_store_occurrence *o, struct hop_fault *fault)
{
    int64_t length = m->ends_us - m->starts_us;

    if (json_is_null(json_object_get(body, "starts_at")))
        o->starts_us = o->stamp;
    if (json_is_null(json_object_get(body, "ends_at")))
        o->ends_us = o->starts_us + length;
    if (!read_override(body, "title", HOP_MAX_TITLE, false, m->title, &o->title, fault) ||
        !read_override(body, "description", HOP_MAX_DESCRIPTION, true,
                       m->description != NULL ? m->description : "", &o->description, fault) ||
        !read_override(body, "place", HOP_MAX_PLACE, false, m->place, &o->place, fault) ||
        !hop_read_time(body, "starts_at", &o->starts_us, fault) ||
        !hop_read_time(body, "ends_at", &o->ends_us, fault))
        return false;
    if (o->ends_us <= o->starts_us)
        return hop_fault_set(fault, "must be later than starts_at", "ends_at");
    if (o->ends_us - o->starts_us > HOP_MAX_MEETING_US)
        return hop_fault_set(fault, "is more than 31 days after the start", "ends_at");
    o->cancelled = false;
    o->changed = o->title != NULL || o->description != NULL || o->place != NULL ||
                 o->starts_us != o->stamp || o->ends_us - o->starts_us != length;
    return true;
}
