/* See sessions.h. */
#include "server/store/sessions.h"

#include <string.h>

struct session_job {
    struct hop_job job;
    struct hop_store_session session;
    GArray *sessions;
    hop_store_done_cb cb;
    hop_store_sessions_cb list_cb;
    void *ctx;
};

static void session_done(struct hop_job *job)
{
    struct session_job *j = (struct session_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error,
                   (const struct hop_store_session *)(const void *)j->sessions->data,
                   j->sessions->len);
    if (j->sessions != NULL)
        g_array_unref(j->sessions);
    g_free(j);
}

static struct session_job *session_job(void (*run)(struct hop_job *, void *), hop_store_done_cb cb,
                                       void *ctx)
{
    struct session_job *j = g_new0(struct session_job, 1);

    j->job = (struct hop_job){ .run = run, .done = session_done, .writes = true };
    j->cb = cb;
    j->ctx = ctx;
    return j;
}

static void save_run(struct hop_job *job, void *ctx)
{
    struct session_job *j = (struct session_job *)job;
    const struct hop_store_session *s = &j->session;
    int r = hop_db_run(ctx,
                       "INSERT INTO sessions (token_hash, id, user_id, agent, address, created_at,"
                       " seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (token_hash) DO UPDATE SET seen_at = excluded.seen_at",
                       "btittii", s->token_hash, HOP_TOKEN_HASH, s->id, s->user_id, s->agent,
                       s->address, s->created_us, s->seen_us);

    job->error = r < 0 ? r : 0;
}

void hop_store_session_save(struct hop_store *store, const struct hop_store_session *session,
                            hop_store_done_cb cb, void *ctx)
{
    struct session_job *j = session_job(save_run, cb, ctx);

    j->session = *session;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *ctx)
{
    struct session_job *j = (struct session_job *)job;
    int r = hop_db_run(ctx, "DELETE FROM sessions WHERE token_hash = ?", "b", j->session.token_hash,
                       HOP_TOKEN_HASH);

    job->error = r < 0 ? r : 0;
}

void hop_store_session_remove(struct hop_store *store, const uint8_t token_hash[HOP_TOKEN_HASH],
                              hop_store_done_cb cb, void *ctx)
{
    struct session_job *j = session_job(remove_run, cb, ctx);

    memcpy(j->session.token_hash, token_hash, HOP_TOKEN_HASH);
    hop_store_post(store, &j->job);
}

static void end_run(struct hop_job *job, void *ctx)
{
    struct session_job *j = (struct session_job *)job;
    int r = hop_db_run(ctx, "DELETE FROM sessions WHERE user_id = ?", "i", j->session.user_id);

    job->error = r < 0 ? r : 0;
}

void hop_store_sessions_end(struct hop_store *store, int64_t user_id, hop_store_done_cb cb,
                            void *ctx)
{
    struct session_job *j = session_job(end_run, cb, ctx);

    j->session.user_id = user_id;
    hop_store_post(store, &j->job);
}

static void read_session(sqlite3_stmt *stmt, struct hop_store_session *s)
{
    if (sqlite3_column_bytes(stmt, 0) == HOP_TOKEN_HASH)
        memcpy(s->token_hash, sqlite3_column_blob(stmt, 0), HOP_TOKEN_HASH);
    hop_db_text(stmt, 1, s->id, sizeof(s->id));
    hop_db_text(stmt, 2, s->agent, sizeof(s->agent));
    hop_db_text(stmt, 3, s->address, sizeof(s->address));
    s->created_us = sqlite3_column_int64(stmt, 4);
    s->seen_us = sqlite3_column_int64(stmt, 5);
    s->user_id = sqlite3_column_int64(stmt, 6);
    hop_db_text(stmt, 7, s->username, sizeof(s->username));
    hop_db_text(stmt, 8, s->name, sizeof(s->name));
    s->roles = (uint32_t)sqlite3_column_int64(stmt, 9);
    s->unit_id = sqlite3_column_int64(stmt, 10);
    s->must_change = sqlite3_column_int(stmt, 11) != 0;
}

static void sessions_run(struct hop_job *job, void *ctx)
{
    struct session_job *j = (struct session_job *)job;
    sqlite3_stmt *stmt;
    int r = hop_db_run(ctx,
                       "DELETE FROM sessions WHERE seen_at < ? OR user_id IN"
                       " (SELECT id FROM users WHERE disabled <> 0)",
                       "i", j->session.seen_us);

    if (r < 0) {
        job->error = r;
        return;
    }
    stmt = hop_db_query(ctx, &job->error,
                        "SELECT s.token_hash, s.id, s.agent, s.address, s.created_at, s.seen_at,"
                        " u.id, u.username, u.name, u.roles, u.unit_id, u.must_change"
                        " FROM sessions s JOIN users u ON u.id = s.user_id",
                        "");
    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_session session = { 0 };

        read_session(stmt, &session);
        g_array_append_val(j->sessions, session);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_sessions_load(struct hop_store *store, int64_t seen_after_us,
                             hop_store_sessions_cb cb, void *ctx)
{
    struct session_job *j = session_job(sessions_run, NULL, ctx);

    j->session.seen_us = seen_after_us;
    j->sessions = g_array_new(FALSE, FALSE, sizeof(struct hop_store_session));
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}
