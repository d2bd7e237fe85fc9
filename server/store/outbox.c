/* See outbox.h. */
#include "server/store/outbox.h"

#include <errno.h>
#include <string.h>

/* The parts of a meeting that calendars know, as columns of mail_events. */
#define SNAPSHOT                                                                                   \
    "m.id, m.uid, m.sequence, m.title, m.description, m.place, m.starts_at, m.ends_at,"            \
    " m.time_zone, m.all_day, m.rrule, m.cancelled,"                                               \
    " (SELECT json_group_array(json_object('stamp', stamp, 'starts_at', starts_at, 'ends_at',"     \
    "   ends_at, 'cancelled', cancelled, 'title', title, 'description', description, 'place',"     \
    "   place)) FROM (SELECT * FROM occurrences WHERE meeting_id = m.id AND (changed OR "          \
    "cancelled)"                                                                                   \
    "   ORDER BY stamp)),"                                                                         \
    " coalesce(o.name, ''), coalesce(o.email, '')"                                                 \
    " FROM meetings m LEFT JOIN users o ON o.id = m.organizer_id"

enum { MAX_STAMPS = 3 /* occurrences told one by one; more: the whole series is sent */ };

struct sync {
    struct hop_db *db;
    int64_t meeting_id, now_us;
    int64_t last_id, event_id; /* snapshots: of before (0: none), of now */
    bool cancelled, whole;     /* whole: more is different than single occurrences */
    int64_t stamps[MAX_STAMPS];
    int n_stamps, queued;
};

/* One row of one number. -ENOENT: no row. */
static int64_t number(struct hop_db *db, const char *sql, int64_t a, int64_t b)
{
    int error = 0, r;
    int64_t value = 0;
    sqlite3_stmt *stmt = hop_db_query(db, &error, sql, "ii", a, b);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1)
        value = sqlite3_column_int64(stmt, 0);
    hop_db_finish(stmt);
    return r == 1 ? value : r == 0 ? -ENOENT : r;
}

/* ---- what is different ----------------------------------------------------------------------- */

static int snapshot(struct sync *s)
{
    int r = hop_db_run(s->db,
                       "INSERT INTO mail_events (at, meeting_id, uid, sequence, title, description,"
                       " place, starts_at, ends_at, time_zone, all_day, rrule, cancelled,"
                       " exceptions, organizer_name, organizer_email)"
                       " SELECT ?, " SNAPSHOT " WHERE m.id = ?",
                       "ii", s->now_us, s->meeting_id);

    if (r < 0)
        return r;
    s->event_id = sqlite3_last_insert_rowid(s->db->sql);
    return r == 1 ? 0 : -ENOENT;
}

static int same_series(struct sync *s)
{
    return (int)number(s->db,
                       "SELECT count(*) FROM mail_events a, mail_events b WHERE a.id = ? AND"
                       " b.id = ? AND a.title = b.title AND a.description = b.description AND"
                       " a.place = b.place AND a.starts_at = b.starts_at AND a.ends_at = b.ends_at"
                       " AND a.time_zone = b.time_zone AND a.all_day = b.all_day AND"
                       " a.rrule = b.rrule AND a.cancelled = b.cancelled",
                       s->last_id, s->event_id);
}

/* An occurrence that is like its series again cannot be told alone. */
static int reverted(struct sync *s)
{
    return (int)number(s->db,
                       "SELECT count(*) FROM mail_events a, json_each(a.exceptions) x WHERE"
                       " a.id = ?1 AND json_extract(x.value, '$.stamp') NOT IN (SELECT"
                       " json_extract(y.value, '$.stamp') FROM mail_events b,"
                       " json_each(b.exceptions) y WHERE b.id = ?2)",
                       s->last_id, s->event_id);
}

static int find_stamps(struct sync *s)
{
    int error = 0, r;
    sqlite3_stmt *stmt =
        hop_db_query(s->db, &error,
                     "SELECT json_extract(y.value, '$.stamp') FROM mail_events b,"
                     " json_each(b.exceptions) y WHERE b.id = ?2 AND y.value NOT IN (SELECT x.value"
                     " FROM mail_events a, json_each(a.exceptions) x WHERE a.id = ?1)",
                     "ii", s->last_id, s->event_id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(s->db, stmt)) == 1) {
        if (s->n_stamps == MAX_STAMPS)
            s->whole = true;
        else
            s->stamps[s->n_stamps++] = sqlite3_column_int64(stmt, 0);
    }
    hop_db_finish(stmt);
    return r;
}

/* Fills whole and stamps; drops the new snapshot when it says nothing new. */
static int compare(struct sync *s)
{
    int same, back, r;

    if (s->last_id == 0)
        return 0;
    same = same_series(s);
    back = reverted(s);
    if (same < 0 || back < 0)
        return same < 0 ? same : back;
    s->whole = same == 0 || back > 0;
    r = find_stamps(s);
    if (r < 0 || s->whole || s->n_stamps > 0)
        return r;
    r = hop_db_run(s->db, "DELETE FROM mail_events WHERE id = ?", "i", s->event_id);
    s->event_id = s->last_id;
    return r < 0 ? r : 0;
}

/* ---- the mails ------------------------------------------------------------------------------- */

struct person {
    int64_t id;
    char *name, *email, *language;
    int64_t role;
};

/* What he was told last, or is about to be. */
struct told {
    int64_t id, before_id, event_id, why, state, stamp;
    char *email;
};

static void clear_told(struct told *t)
{
    g_clear_pointer(&t->email, g_free);
}

static int find_told(struct sync *s, int64_t invitee_id, struct told *t)
{
    int error = 0, r;
    sqlite3_stmt *stmt =
        hop_db_query(s->db, &error,
                     "SELECT id, before_id, event_id, why, state, stamp, email FROM mails"
                     " WHERE meeting_id = ? AND invitee_id = ? AND why <> 4 ORDER BY id DESC"
                     " LIMIT 1",
                     "ii", s->meeting_id, invitee_id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(s->db, stmt);
    if (r == 1) {
        t->id = sqlite3_column_int64(stmt, 0);
        t->before_id = sqlite3_column_int64(stmt, 1);
        t->event_id = sqlite3_column_int64(stmt, 2);
        t->why = sqlite3_column_int64(stmt, 3);
        t->state = sqlite3_column_int64(stmt, 4);
        t->stamp = sqlite3_column_int64(stmt, 5);
        t->email = g_strdup((const char *)sqlite3_column_text(stmt, 6));
    }
    hop_db_finish(stmt);
    return r < 0 ? r : 0;
}

static bool is_waiting(const struct told *t)
{
    return t->id != 0 && (t->state == HOP_MAIL_QUEUED || t->state == HOP_MAIL_DELAYED);
}

/* He has never heard of it: what waits is his invitation. */
static bool never_told(const struct told *t)
{
    return is_waiting(t) && t->why == HOP_MAIL_INVITED;
}

static bool took_leave(const struct told *t)
{
    return t->why == HOP_MAIL_CANCELLED || t->why == HOP_MAIL_REMOVED;
}

static int forget(struct sync *s, const struct told *t)
{
    int r = hop_db_run(s->db, "DELETE FROM mails WHERE id = ?", "i", t->id);

    return r < 0 ? r : 0;
}

static int queue(struct sync *s, const struct person *p, enum hop_mail_why why, int64_t before_id,
                 int64_t stamp)
{
    int r = hop_db_run(s->db,
                       "INSERT INTO mails (meeting_id, invitee_id, event_id, before_id, why, stamp,"
                       " name, email, language, role, state, next_at, created_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
                       "iiiiiitttiii", s->meeting_id, p->id, s->event_id, before_id, (int64_t)why,
                       stamp, p->name, p->email, p->language, p->role, s->now_us, s->now_us);

    if (r < 0)
        return r;
    s->queued++;
    r = hop_db_run(s->db, "UPDATE invitees SET mail = 1 WHERE id = ?", "i", p->id);
    return r < 0 ? r : 0;
}

static int tell_change(struct sync *s, const struct person *p, const struct told *t, int64_t stamp)
{
    bool replaces =
        is_waiting(t) && t->why == HOP_MAIL_CHANGED && (stamp == 0 || stamp == t->stamp);
    int r = replaces ? forget(s, t) : 0;

    return r < 0 ? r : queue(s, p, HOP_MAIL_CHANGED, replaces ? t->before_id : t->event_id, stamp);
}

static int tell_changes(struct sync *s, const struct person *p, const struct told *t)
{
    int r = 0;

    if (s->whole)
        return tell_change(s, p, t, 0);
    for (int i = 0; i < s->n_stamps && r >= 0; i++)
        r = tell_change(s, p, t, s->stamps[i]);
    return r;
}

static int leave(struct sync *s, const struct person *p, const struct told *t,
                 enum hop_mail_why why)
{
    int r = is_waiting(t) ? forget(s, t) : 0;

    if (r < 0 || never_told(t))
        return r;
    return queue(s, p, why, t->event_id, 0);
}

static int invite(struct sync *s, const struct person *p, const struct told *t)
{
    int r = never_told(t) ? forget(s, t) : 0;

    return r < 0 ? r : queue(s, p, HOP_MAIL_INVITED, 0, 0);
}

static int tell(struct sync *s, const struct person *p, const struct told *t)
{
    bool news = t->event_id != s->event_id;

    if (s->cancelled)
        return t->id == 0 || took_leave(t) ? 0 : leave(s, p, t, HOP_MAIL_CANCELLED);
    if (t->id == 0 || took_leave(t) || g_ascii_strcasecmp(t->email, p->email) != 0 ||
        (news && never_told(t)))
        return invite(s, p, t);
    return news ? tell_changes(s, p, t) : 0;
}

/* ---- who ------------------------------------------------------------------------------------- */

static void clear_person(gpointer data)
{
    struct person *p = data;

    g_free(p->name);
    g_free(p->email);
    g_free(p->language);
}

static GArray *read_people(struct sync *s, const char *sql, int *error)
{
    GArray *people = g_array_new(FALSE, TRUE, sizeof(struct person));
    sqlite3_stmt *stmt = hop_db_query(s->db, error, sql, "i", s->meeting_id);
    int r = 0;

    g_array_set_clear_func(people, clear_person);
    while (stmt != NULL && (r = hop_db_step(s->db, stmt)) == 1) {
        struct person p = { .id = sqlite3_column_int64(stmt, 0),
                            .name = g_strdup((const char *)sqlite3_column_text(stmt, 1)),
                            .email = g_strdup((const char *)sqlite3_column_text(stmt, 2)),
                            .language = g_strdup((const char *)sqlite3_column_text(stmt, 3)),
                            .role = sqlite3_column_int64(stmt, 4) };

        g_array_append_val(people, p);
    }
    hop_db_finish(stmt);
    if (r < 0)
        *error = r;
    return people;
}

/* Accounts are written to as they are now, others as they stand in the list. */
static const char invited_now[] =
    "SELECT i.id, CASE i.kind WHEN 0 THEN u.name ELSE i.name END,"
    " CASE i.kind WHEN 0 THEN u.email ELSE i.email END AS address,"
    " CASE i.kind WHEN 0 THEN u.language ELSE i.language END, i.role"
    " FROM invitees i LEFT JOIN users u ON i.kind = 0 AND u.id = i.ref"
    " WHERE i.meeting_id = ? AND i.kind IN (0, 3, 4) AND coalesce(u.disabled, 0) = 0"
    " AND address <> '' ORDER BY i.position, i.id";

/* Once told, and no longer on the list; or written to at another address. */
static const char told_before[] =
    "SELECT t.invitee_id, t.name, t.email, t.language, t.role FROM mails t WHERE t.id IN ("
    " SELECT max(id) FROM mails WHERE meeting_id = ?1 AND why <> 4 GROUP BY invitee_id)"
    " AND t.why NOT IN (2, 3) AND NOT EXISTS (SELECT 1 FROM invitees i LEFT JOIN users u"
    " ON i.kind = 0 AND u.id = i.ref WHERE i.id = t.invitee_id AND i.meeting_id = ?1 AND"
    " coalesce(u.disabled, 0) = 0 AND"
    " lower(CASE i.kind WHEN 0 THEN u.email ELSE i.email END) = lower(t.email))";

static int for_each(struct sync *s, const char *sql,
                    int (*act)(struct sync *, const struct person *, const struct told *))
{
    int r = 0;
    GArray *people = read_people(s, sql, &r);

    for (guint i = 0; i < people->len && r >= 0; i++) {
        const struct person *p = &g_array_index(people, struct person, i);
        struct told t = { 0 };

        r = find_told(s, p->id, &t);
        if (r >= 0)
            r = act(s, p, &t);
        clear_told(&t);
    }
    g_array_unref(people);
    return r;
}

static int dismiss(struct sync *s, const struct person *p, const struct told *t)
{
    return leave(s, p, t, HOP_MAIL_REMOVED);
}

/* -ENOENT: there is nothing to be told about it. */
static int begin(struct sync *s)
{
    int64_t last;

    s->cancelled = number(s->db,
                          "SELECT cancelled FROM meetings WHERE id = ? AND NOT draft AND NOT"
                          " template AND EXISTS (SELECT 1 FROM occurrences WHERE meeting_id ="
                          " meetings.id AND ends_at > ?)",
                          s->meeting_id, s->now_us) > 0;
    last =
        number(s->db,
               "SELECT coalesce((SELECT max(id) FROM mail_events WHERE meeting_id = m.id), 0)"
               " FROM meetings m WHERE id = ? AND NOT draft AND NOT template AND EXISTS (SELECT 1"
               " FROM occurrences WHERE meeting_id = m.id AND ends_at > ?)",
               s->meeting_id, s->now_us);
    if (last < 0)
        return (int)last;
    s->last_id = last;
    return snapshot(s);
}

int hop_outbox_sync(struct hop_db *db, int64_t meeting_id, int64_t now_us)
{
    struct sync s = { .db = db, .meeting_id = meeting_id, .now_us = now_us };
    int r = begin(&s);

    if (r == -ENOENT)
        return 0;
    if (r >= 0)
        r = compare(&s);
    if (r >= 0) /* first, because a corrected address is then invited */
        r = for_each(&s, told_before, dismiss);
    if (r >= 0)
        r = for_each(&s, invited_now, tell);
    return r < 0 ? r : s.queued;
}

/* ---- reminders ------------------------------------------------------------------------------- */

/* Of each time that begins within the lead, unless a shorter lead has come, too. */
static int remind(struct hop_db *db, int64_t lead_us, int64_t shorter_us, int64_t now_us)
{
    int r = hop_db_run(db,
                       "INSERT INTO mails (meeting_id, invitee_id, event_id, before_id, why, stamp,"
                       " name, email, language, role, state, next_at, created_at)"
                       " SELECT m.id, i.id, t.event_id, 0, 4, o.stamp, t.name, t.email, t.language,"
                       " i.role, 0, ?1, ?1 FROM occurrences o JOIN meetings m ON m.id ="
                       " o.meeting_id JOIN invitees i ON i.meeting_id = m.id JOIN mails t ON t.id ="
                       " (SELECT max(id) FROM mails WHERE meeting_id = m.id AND invitee_id = i.id"
                       "  AND why <> 4)"
                       " WHERE o.starts_at > ?1 + ?3 AND o.starts_at <= ?1 + ?2 AND NOT o.cancelled"
                       " AND NOT m.cancelled AND NOT m.draft AND NOT m.template AND i.rsvp <> 2"
                       " AND t.why IN (0, 1) AND t.created_at <= o.starts_at - ?2"
                       " AND NOT EXISTS (SELECT 1 FROM reminders d WHERE d.meeting_id = m.id AND"
                       "  d.stamp = o.stamp AND d.starts_at = o.starts_at AND d.lead = ?2)",
                       "iii", now_us, lead_us, shorter_us);
    int marked;

    if (r < 0)
        return r;
    marked = hop_db_run(db,
                        "INSERT OR IGNORE INTO reminders (meeting_id, stamp, starts_at, lead)"
                        " SELECT meeting_id, stamp, starts_at, ?2 FROM occurrences"
                        " WHERE starts_at > ?1 AND starts_at <= ?1 + ?2 AND NOT cancelled",
                        "ii", now_us, lead_us);
    return marked < 0 ? marked : r;
}

int hop_outbox_remind(struct hop_db *db, const int *minutes, size_t n, int64_t now_us)
{
    int queued = 0, r;

    for (size_t i = 0; i < n; i++) {
        int shorter = 0;

        for (size_t k = 0; k < n; k++)
            if (minutes[k] < minutes[i] && minutes[k] > shorter)
                shorter = minutes[k];
        r = remind(db, (int64_t)minutes[i] * 60000000, (int64_t)shorter * 60000000, now_us);
        if (r < 0)
            return r;
        queued += r;
    }
    r = hop_db_run(db, "DELETE FROM reminders WHERE starts_at < ?", "i", now_us);
    return r < 0 ? r : queued;
}
