/* See audit.h. The hash of a row: SHA-256 over the hash before it (of the first row: 32 zeros),
 * then id, time and room as 8 bytes each, big-endian, then who, action and detail, each with its
 * length before it in the same form (a missing detail: -1 and nothing). Rows from before there were
 * hashes are part of the chain: the first hash covers them. */
#include "server/store/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- the chain ------------------------------------------------------------------------------- */

struct row {
    int64_t id, at, room_id;
    const char *who, *action, *detail; /* detail may be NULL */
};

static void add_number(GChecksum *sum, int64_t number)
{
    guint64 bytes = GUINT64_TO_BE((guint64)number);

    g_checksum_update(sum, (const guchar *)&bytes, sizeof(bytes));
}

static void add_text(GChecksum *sum, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;

    add_number(sum, text != NULL ? (int64_t)length : -1);
    if (length > 0)
        g_checksum_update(sum, (const guchar *)text, (gssize)length);
}

/* From the hash before the row to the row's. */
static void chain(uint8_t hash[HOP_AUDIT_HASH], const struct row *row)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = HOP_AUDIT_HASH;

    g_checksum_update(sum, hash, HOP_AUDIT_HASH);
    add_number(sum, row->id);
    add_number(sum, row->at);
    add_number(sum, row->room_id);
    add_text(sum, row->who);
    add_text(sum, row->action);
    add_text(sum, row->detail);
    g_checksum_get_digest(sum, hash, &length);
}

static const char select_rows[] = "SELECT id, at, room_id, who, action, detail, hash FROM audit"
                                  " WHERE id > ? ORDER BY id";

static struct row row_of(sqlite3_stmt *stmt)
{
    return (struct row){ .id = sqlite3_column_int64(stmt, 0),
                         .at = sqlite3_column_int64(stmt, 1),
                         .room_id = sqlite3_column_int64(stmt, 2),
                         .who = (const char *)sqlite3_column_text(stmt, 3),
                         .action = (const char *)sqlite3_column_text(stmt, 4),
                         .detail = (const char *)sqlite3_column_text(stmt, 5) };
}

/* The newest row and its hash. Rows that have none are walked from the last one that has: once in a
 * database's life, all those from before there were hashes. */
static int read_head(struct hop_db *db, struct hop_audit_head *head)
{
    int error = 0;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error,
                     "SELECT id, hash FROM audit WHERE id = (SELECT max(id) FROM audit"
                     " WHERE hash IS NOT NULL)",
                     "");

    *head = (struct hop_audit_head){ 0 };
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        head->id = sqlite3_column_int64(stmt, 0);
        if (sqlite3_column_bytes(stmt, 1) == HOP_AUDIT_HASH)
            memcpy(head->hash, sqlite3_column_blob(stmt, 1), HOP_AUDIT_HASH);
    }
    hop_db_finish(stmt);
    if (error < 0)
        return error;
    stmt = hop_db_query(db, &error, select_rows, "i", head->id);
    if (stmt == NULL)
        return error;
    while ((error = hop_db_step(db, stmt)) == 1) {
        struct row row = row_of(stmt);

        chain(head->hash, &row);
        head->id = row.id;
    }
    hop_db_finish(stmt);
    return error;
}

/* ---- adding ---------------------------------------------------------------------------------- */

struct audit_job {
    struct hop_job job;
    int64_t now_us, room_id;
    char *who, *action, *detail;
};

/* AUTOINCREMENT: ids are never given twice, and the counter tells when the newest rows are gone. */
static int next_id(struct hop_db *db, int64_t *id)
{
    int error = hop_db_number(db, id, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'", "");

    if (error == -ENOENT) {
        *id = 0;
        error = 0;
    }
    *id += 1;
    return error < 0 ? error : 0;
}

static void audit_run(struct hop_job *job, void *ctx)
{
    struct audit_job *j = (struct audit_job *)job;
    struct row row = { .at = j->now_us,
                       .room_id = j->room_id,
                       .who = j->who,
                       .action = j->action,
                       .detail = j->detail };
    struct hop_audit_head head;
    int r = read_head(ctx, &head);

    if (r >= 0)
        r = next_id(ctx, &row.id);
    if (r >= 0) {
        chain(head.hash, &row);
        r = hop_db_run(ctx,
                       "INSERT INTO audit (id, at, room_id, who, action, detail, hash)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "iiitttb", row.id, row.at, row.room_id, row.who, row.action, row.detail,
                       head.hash, HOP_AUDIT_HASH);
    }
    job->error = r < 0 ? r : 0;
}

static void audit_done(struct hop_job *job)
{
    struct audit_job *j = (struct audit_job *)job;

    g_free(j->who);
    g_free(j->action);
    g_free(j->detail);
    g_free(j);
}

void hop_store_audit(struct hop_store *store, int64_t now_us, int64_t room_id, const char *who,
                     const char *action, const char *detail)
{
    struct audit_job *j = g_new0(struct audit_job, 1);

    j->job = (struct hop_job){ .run = audit_run, .done = audit_done, .writes = true };
    j->now_us = now_us;
    j->room_id = room_id;
    j->who = g_strdup(who);
    j->action = g_strdup(action);
    j->detail = g_strdup(detail);
    hop_store_post(store, &j->job);
}

/* ---- verifying ------------------------------------------------------------------------------- */

struct verify_job {
    struct hop_job job;
    hop_store_audit_cb cb;
    void *ctx;
    bool expects, met;
    struct hop_audit_head expected;
    struct hop_audit_report report;
};

static void blame(struct hop_audit_report *report, enum hop_audit_fault fault, int64_t id)
{
    if (report->fault == HOP_AUDIT_SOUND) {
        report->fault = fault;
        report->fault_id = id;
    }
}

static void check_row(struct verify_job *j, sqlite3_stmt *stmt)
{
    struct hop_audit_report *report = &j->report;
    struct hop_audit_head *head = &report->head;
    struct row row = row_of(stmt);
    bool hashed = sqlite3_column_type(stmt, 6) != SQLITE_NULL;

    chain(head->hash, &row);
    head->id = row.id;
    if (!hashed && report->rows > report->unhashed)
        blame(report, HOP_AUDIT_UNHASHED, row.id);
    report->rows++;
    report->unhashed += !hashed;
    if (hashed && (sqlite3_column_bytes(stmt, 6) != HOP_AUDIT_HASH ||
                   memcmp(sqlite3_column_blob(stmt, 6), head->hash, HOP_AUDIT_HASH) != 0))
        blame(report, HOP_AUDIT_CHANGED, row.id);
    if (j->expects && row.id == j->expected.id)
        j->met = memcmp(head->hash, j->expected.hash, HOP_AUDIT_HASH) == 0;
}

static void verify_run(struct hop_job *job, void *ctx)
{
    struct verify_job *j = (struct verify_job *)job;
    struct hop_audit_report *report = &j->report;
    struct hop_db *db = ctx;
    int64_t next = 0;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error, select_rows, "i", (int64_t)-1);

    if (stmt == NULL)
        return;
    while ((job->error = hop_db_step(db, stmt)) == 1)
        check_row(j, stmt);
    hop_db_finish(stmt);
    if (job->error == 0)
        job->error = next_id(db, &next);
    if (report->head.id + 1 < next)
        blame(report, HOP_AUDIT_CUT, report->head.id + 1);
    if (j->expects && !j->met)
        blame(report, HOP_AUDIT_OTHER, j->expected.id);
}

static void head_run(struct hop_job *job, void *ctx)
{
    job->error = read_head(ctx, &((struct verify_job *)job)->report.head);
}

static void verify_done(struct hop_job *job)
{
    struct verify_job *j = (struct verify_job *)job;

    j->cb(j->ctx, job->error, &j->report);
    g_free(j);
}

static void post(struct hop_store *store, const struct verify_job *job)
{
    struct verify_job *j = g_new(struct verify_job, 1);

    *j = *job;
    j->job.done = verify_done;
    hop_store_post(store, &j->job);
}

void hop_store_audit_verify(struct hop_store *store, const struct hop_audit_head *expected,
                            hop_store_audit_cb cb, void *ctx)
{
    struct verify_job j = { .job.run = verify_run, .cb = cb, .ctx = ctx };

    if (expected != NULL) {
        j.expects = true;
        j.expected = *expected;
    }
    post(store, &j);
}

void hop_store_audit_head(struct hop_store *store, hop_store_audit_cb cb, void *ctx)
{
    post(store, &(struct verify_job){ .job.run = head_run, .cb = cb, .ctx = ctx });
}

/* ---- a head as text -------------------------------------------------------------------------- */

const char *hop_audit_head_format(const struct hop_audit_head *head, char out[HOP_AUDIT_HEAD_TEXT])
{
    int at = snprintf(out, HOP_AUDIT_HEAD_TEXT, "%" G_GINT64_FORMAT ":", head->id);

    for (int i = 0; i < HOP_AUDIT_HASH; i++)
        at += snprintf(out + at, (size_t)(HOP_AUDIT_HEAD_TEXT - at), "%02x", head->hash[i]);
    return out;
}

int hop_audit_head_parse(const char *text, struct hop_audit_head *head)
{
    char *end;

    head->id = g_ascii_strtoll(text, &end, 10);
    if (end == text || *end != ':' || head->id < 0 || strlen(++end) != 2 * HOP_AUDIT_HASH)
        return -EINVAL;
    for (int i = 0; i < HOP_AUDIT_HASH; i++) {
        int high = g_ascii_xdigit_value(end[2 * i]), low = g_ascii_xdigit_value(end[2 * i + 1]);

        if (high < 0 || low < 0)
            return -EINVAL;
        head->hash[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
