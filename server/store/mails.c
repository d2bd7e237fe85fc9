/* See mails.h. */
#include "server/store/mails.h"

#include <errno.h>
#include <string.h>

#define SNAPSHOT(e)                                                                                \
    e ".id, " e ".uid, " e ".sequence, " e ".title, " e ".description, " e ".place, " e            \
      ".rrule, " e ".starts_at, " e ".ends_at, " e ".time_zone, " e ".all_day, " e                 \
      ".cancelled, " e ".exceptions, " e ".organizer_name, " e ".organizer_email"
enum { SNAPSHOT_COLUMNS = 15 };

#define MAIL                                                                                       \
    "t.id, t.meeting_id, t.invitee_id, t.why, t.state, t.stamp, t.name, t.email, t.language,"      \
    " t.role, t.attempts, t.created_at, t.next_at, t.sent_at, t.error"
enum { MAIL_COLUMNS = 15 };

/* Those of meetings that a secretary runs: ?1 is he (0: all), ?2 his unit. */
#define MAY_SEE                                                                                    \
    " (?1 = 0 OR m.organizer_id = ?1 OR m.secretary_id = ?1 OR m.created_by = ?1 OR m.unit_id IN"  \
    " (WITH RECURSIVE below(id) AS (SELECT id FROM units WHERE id = ?2 UNION"                      \
    " SELECT units.id FROM units JOIN below ON units.parent_id = below.id) SELECT id FROM "        \
    "below)) "

struct mail_job {
    struct hop_job job;
    GPtrArray *mails;
    bool more;
    int64_t id, now_us, time_us;
    struct hop_store_mail_query query;
    GArray *results; /* struct hop_mail_result, or int */
    struct hop_mail_counts counts;
    hop_store_mails_cb list_cb;
    hop_store_claim_cb claim_cb;
    hop_store_done_cb done_cb;
    hop_store_mail_counts_cb counts_cb;
    void *ctx;
};

static void clear_snapshot(struct hop_mail_snapshot *s)
{
    g_free(s->title);
    g_free(s->description);
    g_free(s->place);
    g_free(s->rrule);
    g_free(s->exceptions);
}

static void free_mail(gpointer data)
{
    struct hop_store_mail *mail = data;

    clear_snapshot(&mail->event);
    clear_snapshot(&mail->before);
    g_free(mail);
}

static void mail_done(struct hop_job *job)
{
    struct mail_job *j = (struct mail_job *)job;

    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error, j->mails, j->more);
    if (j->claim_cb != NULL)
        j->claim_cb(j->ctx, job->error, j->mails);
    if (j->counts_cb != NULL)
        j->counts_cb(j->ctx, job->error, &j->counts);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    g_ptr_array_unref(j->mails);
    if (j->results != NULL)
        g_array_unref(j->results);
    g_free(j);
}

static struct mail_job *mail_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct mail_job *j = g_new0(struct mail_job, 1);

    j->job = (struct hop_job){ .run = run, .done = mail_done, .writes = writes };
    j->mails = g_ptr_array_new_with_free_func(free_mail);
    j->ctx = ctx;
    return j;
}

/* ---- reading --------------------------------------------------------------------------------- */

static char *text(sqlite3_stmt *stmt, int column)
{
    const char *value = (const char *)sqlite3_column_text(stmt, column);

    return g_strdup(value != NULL ? value : "");
}

static void read_snapshot(sqlite3_stmt *stmt, int at, struct hop_mail_snapshot *s)
{
    s->id = sqlite3_column_int64(stmt, at);
    if (s->id == 0)
        return;
    hop_db_text(stmt, at + 1, s->uid, sizeof(s->uid));
    s->sequence = sqlite3_column_int64(stmt, at + 2);
    s->title = text(stmt, at + 3);
    s->description = text(stmt, at + 4);
    s->place = text(stmt, at + 5);
    s->rrule = text(stmt, at + 6);
    s->starts_us = sqlite3_column_int64(stmt, at + 7);
    s->ends_us = sqlite3_column_int64(stmt, at + 8);
    hop_db_text(stmt, at + 9, s->time_zone, sizeof(s->time_zone));
    s->all_day = sqlite3_column_int(stmt, at + 10) != 0;
    s->cancelled = sqlite3_column_int(stmt, at + 11) != 0;
    s->exceptions = text(stmt, at + 12);
    hop_db_text(stmt, at + 13, s->organizer_name, sizeof(s->organizer_name));
    hop_db_text(stmt, at + 14, s->organizer_email, sizeof(s->organizer_email));
}

static struct hop_store_mail *read_mail(sqlite3_stmt *stmt)
{
    struct hop_store_mail *mail = g_new0(struct hop_store_mail, 1);

    mail->id = sqlite3_column_int64(stmt, 0);
    mail->meeting_id = sqlite3_column_int64(stmt, 1);
    mail->invitee_id = sqlite3_column_int64(stmt, 2);
    mail->why = (enum hop_mail_why)sqlite3_column_int(stmt, 3);
    mail->state = (enum hop_mail_state)sqlite3_column_int(stmt, 4);
    mail->stamp = sqlite3_column_int64(stmt, 5);
    hop_db_text(stmt, 6, mail->name, sizeof(mail->name));
    hop_db_text(stmt, 7, mail->email, sizeof(mail->email));
    hop_db_text(stmt, 8, mail->language, sizeof(mail->language));
    mail->role = (enum hop_invitee_role)sqlite3_column_int(stmt, 9);
    mail->attempts = sqlite3_column_int64(stmt, 10);
    mail->created_us = sqlite3_column_int64(stmt, 11);
    mail->next_us = sqlite3_column_int64(stmt, 12);
    mail->sent_us = sqlite3_column_int64(stmt, 13);
    hop_db_text(stmt, 14, mail->error, sizeof(mail->error));
    return mail;
}

/* ---- claiming -------------------------------------------------------------------------------- */

static void read_claimed(sqlite3_stmt *stmt, struct hop_store_mail *mail)
{
    int at = MAIL_COLUMNS;
    const void *nonce = sqlite3_column_blob(stmt, at + 1);

    mail->rsvp = (enum hop_rsvp)sqlite3_column_int(stmt, at);
    mail->has_link = nonce != NULL && sqlite3_column_bytes(stmt, at + 1) == HOP_INVITE_NONCE;
    if (mail->has_link)
        memcpy(mail->nonce, nonce, HOP_INVITE_NONCE);
    hop_db_text(stmt, at + 2, mail->code, sizeof(mail->code));
    mail->meeting_created_us = sqlite3_column_int64(stmt, at + 3);
    read_snapshot(stmt, at + 4, &mail->event);
    read_snapshot(stmt, at + 4 + SNAPSHOT_COLUMNS, &mail->before);
}

static int read_due(struct hop_db *db, struct mail_job *j)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT " MAIL
        ", coalesce(i.rsvp, 0), i.nonce, r.code, m.created_at, " SNAPSHOT("e") ", " SNAPSHOT(
            "b") " FROM mails t JOIN meetings m ON m.id = t.meeting_id JOIN rooms"
                 " r ON r.id = m.room_id JOIN mail_events e ON e.id = t.event_id"
                 " LEFT JOIN mail_events b ON b.id = t.before_id LEFT JOIN"
                 " invitees i ON i.id = t.invitee_id"
                 " WHERE t.state IN (0, 2) AND t.next_at <= ? AND NOT EXISTS"
                 " (SELECT 1 FROM mails o WHERE o.meeting_id = t.meeting_id AND"
                 " o.invitee_id = t.invitee_id AND o.id < t.id AND o.state < 3)"
                 " ORDER BY t.next_at, t.id LIMIT ?",
        "ii", j->now_us, (int64_t)HOP_MAX_MAIL_CLAIM);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_mail *mail = read_mail(stmt);

        read_claimed(stmt, mail);
        g_ptr_array_add(j->mails, mail);
    }
    hop_db_finish(stmt);
    return r;
}

/* A reminder of what has begun is of no use. */
static int drop_late(struct hop_db *db, int64_t now_us)
{
    int r = hop_db_run(db,
                       "UPDATE mails SET state = 4, error = 'too late' WHERE state IN (0, 2) AND"
                       " why = 4 AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.meeting_id ="
                       " mails.meeting_id AND o.stamp = mails.stamp AND o.starts_at > ? AND NOT"
                       " o.cancelled)",
                       "i", now_us);

    return r < 0 ? r : 0;
}

static void claim_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;
    int r = drop_late(db, j->now_us);

    if (r >= 0)
        r = read_due(db, j);
    for (guint i = 0; i < j->mails->len && r >= 0; i++) {
        const struct hop_store_mail *mail = j->mails->pdata[i];

        r = hop_db_run(db, "UPDATE mails SET state = 1, attempts = attempts + 1 WHERE id = ?", "i",
                       mail->id);
    }
    job->error = r < 0 ? r : 0;
}

void hop_store_mail_claim(struct hop_store *store, int64_t now_us, hop_store_claim_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(claim_run, true, ctx);

    j->claim_cb = cb;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

/* ---- what became of them --------------------------------------------------------------------- */

/* What a meeting's page shows beside the invitee: of his newest mail. */
static int show_state(struct hop_db *db, int64_t mail_id)
{
    int r = hop_db_run(db,
                       "UPDATE invitees SET mail = (SELECT CASE t.state WHEN 3 THEN 2 WHEN 4 THEN 3"
                       " WHEN 2 THEN 4 ELSE 1 END FROM mails t WHERE t.meeting_id ="
                       " invitees.meeting_id AND t.invitee_id = invitees.id AND t.why <> 4"
                       " ORDER BY t.id DESC LIMIT 1)"
                       " WHERE id = (SELECT invitee_id FROM mails WHERE id = ?1 AND why <> 4)",
                       "i", mail_id);

    return r < 0 ? r : 0;
}

static int store_result(struct hop_db *db, const struct hop_mail_result *result, int64_t now_us)
{
    int r = hop_db_run(db,
                       "UPDATE mails SET state = ?, next_at = ?, error = ?, sent_at = ?"
                       " WHERE id = ? AND state = 1",
                       "iitii", (int64_t)result->state, result->next_us, result->error,
                       result->state == HOP_MAIL_SENT ? now_us : 0, result->id);

    return r < 0 ? r : show_state(db, result->id);
}

/* All that is due waits with the one that could not be sent, and says why. */
static int put_off(struct hop_db *db, const struct mail_job *j, const char *error)
{
    int r = hop_db_run(db,
                       "UPDATE mails SET state = 2, next_at = ?, error = ? WHERE state IN (0, 2)"
                       " AND next_at <= ?",
                       "iti", j->time_us, error, j->now_us);

    if (r > 0)
        r = hop_db_run(db,
                       "UPDATE invitees SET mail = 4 WHERE mail = 1 AND id IN (SELECT invitee_id"
                       " FROM mails WHERE state = 2 AND why <> 4)",
                       "");
    return r < 0 ? r : 0;
}

static void result_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;
    const struct hop_mail_result *results = (const void *)j->results->data;
    int r = 0;

    for (guint i = 0; i < j->results->len && r >= 0; i++)
        r = store_result(db, &results[i], j->now_us);
    if (r >= 0 && j->time_us != 0 && j->results->len > 0)
        r = put_off(db, j, results[j->results->len - 1].error);
    job->error = r < 0 ? r : 0;
}

void hop_store_mail_result(struct hop_store *store, const struct hop_mail_result *results, size_t n,
                           int64_t down_until_us, int64_t now_us, hop_store_done_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(result_run, true, ctx);

    j->done_cb = cb;
    j->now_us = now_us;
    j->time_us = down_until_us;
    j->results = g_array_new(FALSE, FALSE, sizeof(*results));
    g_array_append_vals(j->results, results, (guint)n);
    hop_store_post(store, &j->job);
}

static void recover_run(struct hop_job *job, void *db)
{
    int r = hop_db_run(db, "UPDATE mails SET state = 0 WHERE state = 1", "");

    job->error = r < 0 ? r : 0;
}

void hop_store_mail_recover(struct hop_store *store, hop_store_done_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(recover_run, true, ctx);

    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

static void purge_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;
    int r = hop_db_run(db,
                       "DELETE FROM mails WHERE state >= 3 AND created_at < ?1 AND NOT EXISTS"
                       " (SELECT 1 FROM occurrences o WHERE o.meeting_id = mails.meeting_id AND"
                       " o.ends_at >= ?1)",
                       "i", j->time_us);

    if (r >= 0)
        r = hop_db_run(db,
                       "DELETE FROM mail_events WHERE at < ?1 AND id NOT IN (SELECT event_id FROM"
                       " mails UNION SELECT before_id FROM mails) AND id NOT IN (SELECT max(id)"
                       " FROM mail_events GROUP BY meeting_id)",
                       "i", j->time_us);
    job->error = r < 0 ? r : 0;
}

void hop_store_mail_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx)
{
    struct mail_job *j = mail_job(purge_run, true, ctx);

    j->done_cb = cb;
    j->time_us = before_us;
    hop_store_post(store, &j->job);
}

/* ---- the outbox ------------------------------------------------------------------------------ */

static void remind_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;

    job->error = hop_outbox_remind(db, (const int *)(const void *)j->results->data, j->results->len,
                                   j->now_us);
}

void hop_store_mail_remind(struct hop_store *store, const int *minutes, size_t n, int64_t now_us,
                           hop_store_done_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(remind_run, true, ctx);

    j->done_cb = cb;
    j->now_us = now_us;
    j->results = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_append_vals(j->results, minutes, (guint)n);
    hop_store_post(store, &j->job);
}

static void sync_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;

    job->error = hop_outbox_sync(db, j->id, j->now_us);
}

void hop_store_mail_sync(struct hop_store *store, int64_t meeting_id, int64_t now_us,
                         hop_store_done_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(sync_run, true, ctx);

    j->done_cb = cb;
    j->id = meeting_id;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

/* ---- looking at them ------------------------------------------------------------------------- */

static void list_run(struct hop_job *job, void *ctx)
{
    struct mail_job *j = (struct mail_job *)job;
    const struct hop_store_mail_query *q = &j->query;
    struct hop_db *db = ctx;
    sqlite3_stmt *stmt = hop_db_query(
        db, &job->error,
        "SELECT " MAIL ", e.title FROM mails t JOIN meetings m ON m.id = t.meeting_id JOIN"
        " mail_events e ON e.id = t.event_id WHERE" MAY_SEE
        "AND (?3 = 0 OR t.meeting_id = ?3) AND (?4 < 0 OR t.state = ?4 OR (?4 = 0 AND t.state = 1))"
        " ORDER BY t.id DESC LIMIT ?5 OFFSET ?6",
        "iiiiii", q->user_id, q->unit_id, q->meeting_id, (int64_t)q->state, (int64_t)q->limit + 1,
        (int64_t)q->offset);
    int r;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_mail *mail;

        if (j->mails->len == q->limit) {
            j->more = true;
            break;
        }
        mail = read_mail(stmt);
        hop_db_text(stmt, MAIL_COLUMNS, mail->title, sizeof(mail->title));
        g_ptr_array_add(j->mails, mail);
    }
    hop_db_finish(stmt);
    job->error = r < 0 ? r : 0;
}

void hop_store_mail_list(struct hop_store *store, const struct hop_store_mail_query *query,
                         hop_store_mails_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(list_run, false, ctx);

    j->list_cb = cb;
    j->query = *query;
    j->query.limit = CLAMP(query->limit, 1, HOP_MAX_MAIL_PAGE);
    hop_store_post(store, &j->job);
}

static int state_of(struct hop_db *db, const struct mail_job *j)
{
    int error = 0, r, state = 0;
    sqlite3_stmt *stmt = hop_db_query(db, &error,
                                      "SELECT t.state FROM mails t JOIN meetings m ON m.id ="
                                      " t.meeting_id WHERE" MAY_SEE "AND t.id = ?3",
                                      "iii", j->query.user_id, j->query.unit_id, j->id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1)
        state = sqlite3_column_int(stmt, 0);
    hop_db_finish(stmt);
    return r == 1 ? state : r == 0 ? -ENOENT : r;
}

static void retry_run(struct hop_job *job, void *db)
{
    struct mail_job *j = (struct mail_job *)job;
    int r = state_of(db, j);

    if (r == HOP_MAIL_SENT || r == HOP_MAIL_SENDING)
        r = -EALREADY;
    if (r >= 0)
        r = hop_db_run(db,
                       "UPDATE mails SET state = 0, attempts = 0, next_at = ?, error = ''"
                       " WHERE id = ?",
                       "ii", j->now_us, j->id);
    job->error = r < 0 ? r : show_state(db, j->id);
}

void hop_store_mail_retry(struct hop_store *store, int64_t id,
                          const struct hop_store_mail_query *query, int64_t now_us,
                          hop_store_done_cb cb, void *ctx)
{
    struct mail_job *j = mail_job(retry_run, true, ctx);

    j->done_cb = cb;
    j->query = *query;
    j->id = id;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

static void count_run(struct hop_job *job, void *ctx)
{
    struct mail_job *j = (struct mail_job *)job;
    struct hop_db *db = ctx;
    sqlite3_stmt *stmt = hop_db_query(
        db, &job->error,
        "SELECT count(*) FILTER (WHERE state IN (0, 1)), count(*) FILTER (WHERE state = 2),"
        " (SELECT count(*) FROM mails WHERE state = 4 AND next_at > ?) FROM mails"
        " WHERE state IN (0, 1, 2)",
        "i", j->now_us - (int64_t)24 * 3600 * 1000000);
    int r;

    if (stmt == NULL)
        return;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        j->counts.waiting = sqlite3_column_int64(stmt, 0);
        j->counts.delayed = sqlite3_column_int64(stmt, 1);
        j->counts.failed = sqlite3_column_int64(stmt, 2);
    }
    hop_db_finish(stmt);
    job->error = r < 0 ? r : 0;
}

void hop_store_mail_count(struct hop_store *store, int64_t now_us, hop_store_mail_counts_cb cb,
                          void *ctx)
{
    struct mail_job *j = mail_job(count_run, false, ctx);

    j->counts_cb = cb;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

/* ---- who answers ----------------------------------------------------------------------------- */

struct answerer_job {
    struct hop_job job;
    char uid[HOP_MAX_UID + 1], email[HOP_MAX_EMAIL + 1];
    int64_t meeting_id, invitee_id;
    hop_store_answerer_cb cb;
    void *ctx;
};

static void answerer_run(struct hop_job *job, void *db)
{
    struct answerer_job *j = (struct answerer_job *)job;
    sqlite3_stmt *stmt = hop_db_query(
        db, &job->error,
        "SELECT m.id, i.id FROM meetings m JOIN invitees i ON i.meeting_id = m.id LEFT JOIN users u"
        " ON i.kind = 0 AND u.id = i.ref WHERE m.uid = ? AND NOT m.draft AND NOT m.template AND"
        " lower(CASE i.kind WHEN 0 THEN u.email ELSE i.email END) = lower(?) LIMIT 1",
        "tt", j->uid, j->email);
    int r;

    if (stmt == NULL)
        return;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        j->meeting_id = sqlite3_column_int64(stmt, 0);
        j->invitee_id = sqlite3_column_int64(stmt, 1);
    }
    hop_db_finish(stmt);
    job->error = r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static void answerer_done(struct hop_job *job)
{
    struct answerer_job *j = (struct answerer_job *)job;

    j->cb(j->ctx, job->error, j->meeting_id, j->invitee_id);
    g_free(j);
}

void hop_store_answerer_find(struct hop_store *store, const char *uid, const char *email,
                             hop_store_answerer_cb cb, void *ctx)
{
    struct answerer_job *j = g_new0(struct answerer_job, 1);

    j->job = (struct hop_job){ .run = answerer_run, .done = answerer_done };
    g_strlcpy(j->uid, uid, sizeof(j->uid));
    g_strlcpy(j->email, email, sizeof(j->email));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
