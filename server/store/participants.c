/* See participants.h. */
#include "server/store/participants.h"

#include <string.h>

struct save_job {
    struct hop_job job;
    struct hop_participant_record record;
    hop_store_done_cb cb;
    void *ctx;
};

struct load_job {
    struct hop_job job;
    int64_t room_id;
    GArray *records;
    hop_participants_cb cb;
    void *ctx;
};

static void save_run(struct hop_job *job, void *ctx)
{
    const struct hop_participant_record *p = &((struct save_job *)job)->record;
    int r =
        hop_db_run(ctx,
                   "INSERT INTO participants (room_id, id, key_hash, name, role, user_id, muted,"
                   " site, hall, joined_at, left_at, invite_id, mark)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (room_id, id) DO UPDATE SET key_hash = excluded.key_hash,"
                   " name = excluded.name, role = excluded.role, user_id = excluded.user_id,"
                   " muted = excluded.muted, site = excluded.site, hall = excluded.hall,"
                   " joined_at = excluded.joined_at, left_at = excluded.left_at,"
                   " invite_id = excluded.invite_id, mark = excluded.mark",
                   "itbttiiitiiii", p->room_key, p->id, p->key_hash, (int)sizeof(p->key_hash),
                   p->name, p->role, p->user_id, (int64_t)p->muted, (int64_t)p->site, p->hall,
                   p->joined_at_us, p->left_at_us, p->invite_id, (int64_t)p->mark);

    job->error = r < 0 ? r : 0;
}

static void save_done(struct hop_job *job)
{
    struct save_job *j = (struct save_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error);
    g_free(j);
}

void hop_store_participant_save(struct hop_store *store,
                                const struct hop_participant_record *record, hop_store_done_cb cb,
                                void *ctx)
{
    struct save_job *j = g_new0(struct save_job, 1);

    j->job = (struct hop_job){ .run = save_run, .done = save_done, .writes = true };
    j->record = *record;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

static void read_record(sqlite3_stmt *stmt, struct hop_participant_record *p)
{
    int n = sqlite3_column_bytes(stmt, 1);

    hop_db_text(stmt, 0, p->id, sizeof(p->id));
    if (n == (int)sizeof(p->key_hash))
        memcpy(p->key_hash, sqlite3_column_blob(stmt, 1), sizeof(p->key_hash));
    hop_db_text(stmt, 2, p->name, sizeof(p->name));
    hop_db_text(stmt, 3, p->role, sizeof(p->role));
    p->user_id = sqlite3_column_int64(stmt, 4);
    p->muted = (uint32_t)sqlite3_column_int64(stmt, 5);
    p->site = (uint32_t)sqlite3_column_int64(stmt, 6);
    hop_db_text(stmt, 7, p->hall, sizeof(p->hall));
    p->joined_at_us = sqlite3_column_int64(stmt, 8);
    p->left_at_us = sqlite3_column_int64(stmt, 9);
    p->invite_id = sqlite3_column_int64(stmt, 10);
    p->mark = (enum hop_gate_mark)sqlite3_column_int(stmt, 11);
}

static void load_run(struct hop_job *job, void *ctx)
{
    struct load_job *j = (struct load_job *)job;
    struct hop_db *db = ctx;
    sqlite3_stmt *stmt = hop_db_query(
        db, &job->error,
        "SELECT id, key_hash, name, role, user_id, muted, site,"
        " hall, joined_at, left_at, invite_id, mark FROM participants WHERE room_id = ?"
        " ORDER BY joined_at DESC LIMIT ?",
        "ii", j->room_id, (int64_t)HOP_MAX_RECORDS);
    int r = 0;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_participant_record record = { .room_key = j->room_id };

        read_record(stmt, &record);
        g_array_append_val(j->records, record);
    }
    job->error = r;
    hop_db_finish(stmt);
}

static void load_done(struct hop_job *job)
{
    struct load_job *j = (struct load_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_participant_record *)(const void *)j->records->data,
          j->records->len);
    g_array_unref(j->records);
    g_free(j);
}

void hop_store_participants_load(struct hop_store *store, int64_t room_id, hop_participants_cb cb,
                                 void *ctx)
{
    struct load_job *j = g_new0(struct load_job, 1);

    j->job = (struct hop_job){ .run = load_run, .done = load_done };
    j->room_id = room_id;
    j->records = g_array_new(FALSE, FALSE, sizeof(struct hop_participant_record));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
