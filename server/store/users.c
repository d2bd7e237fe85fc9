/* See users.h. */
#include "server/store/users.h"

#include <errno.h>
#include <string.h>

struct user_job {
    struct hop_job job;
    struct hop_store_user user;
    int64_t now_us;
    hop_store_user_cb cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void user_done(struct hop_job *job)
{
    struct user_job *j = (struct user_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->user);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    g_free(j);
}

static struct user_job *user_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct user_job *j = g_new0(struct user_job, 1);

    j->job = (struct hop_job){ .run = run, .done = user_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

static int read_user(struct hop_db *db, sqlite3_stmt *stmt, struct hop_store_user *user)
{
    int r = hop_db_step(db, stmt);

    if (r == 1) {
        user->id = sqlite3_column_int64(stmt, 0);
        hop_db_text(stmt, 1, user->username, sizeof(user->username));
        hop_db_text(stmt, 2, user->name, sizeof(user->name));
        hop_db_text(stmt, 3, user->password_hash, sizeof(user->password_hash));
        user->administrator = sqlite3_column_int(stmt, 4) != 0;
    }
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    sqlite3_stmt *stmt = hop_db_query(ctx, &job->error,
                                      "SELECT id, username, name, password_hash, administrator"
                                      " FROM users WHERE username = ?",
                                      "t", j->user.username);

    if (stmt != NULL)
        job->error = read_user(ctx, stmt, &j->user);
}

void hop_store_user_find(struct hop_store *store, const char *username, hop_store_user_cb cb,
                         void *ctx)
{
    struct user_job *j = user_job(find_run, false, ctx);

    g_strlcpy(j->user.username, username, sizeof(j->user.username));
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void administrator_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    sqlite3_stmt *stmt = hop_db_query(ctx, &job->error,
                                      "SELECT id, username, name, password_hash, administrator"
                                      " FROM users WHERE administrator <> 0 ORDER BY id LIMIT 1",
                                      "");

    if (stmt != NULL)
        job->error = read_user(ctx, stmt, &j->user);
}

void hop_store_administrator_find(struct hop_store *store, hop_store_user_cb cb, void *ctx)
{
    struct user_job *j = user_job(administrator_run, false, ctx);

    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    struct hop_db *db = ctx;
    int r = hop_db_run(db,
                       "INSERT INTO users (username, name, password_hash, administrator,"
                       " created_at) VALUES (?, ?, ?, ?, ?)",
                       "tttii", j->user.username, j->user.name, j->user.password_hash,
                       (int64_t)j->user.administrator, j->now_us);

    job->error = r < 0 ? r : 0;
    j->user.id = sqlite3_last_insert_rowid(db->sql);
}

void hop_store_user_add(struct hop_store *store, const struct hop_store_user *user, int64_t now_us,
                        hop_store_user_cb cb, void *ctx)
{
    struct user_job *j = user_job(add_run, true, ctx);

    j->user = *user;
    j->now_us = now_us;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void password_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    int r = hop_db_run(ctx, "UPDATE users SET password_hash = ? WHERE id = ?", "ti",
                       j->user.password_hash, j->user.id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_user_set_password(struct hop_store *store, int64_t user_id, const char *hash,
                                 hop_store_done_cb cb, void *ctx)
{
    struct user_job *j = user_job(password_run, true, ctx);

    j->user.id = user_id;
    g_strlcpy(j->user.password_hash, hash, sizeof(j->user.password_hash));
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

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
    int r = hop_db_run(ctx,
                       "INSERT INTO sessions (token_hash, user_id, created_at, seen_at)"
                       " VALUES (?, ?, ?, ?)"
                       " ON CONFLICT (token_hash) DO UPDATE SET seen_at = excluded.seen_at",
                       "biii", j->session.token_hash, HOP_TOKEN_HASH, j->session.user.id,
                       j->session.created_us, j->session.seen_us);

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

static void read_session(sqlite3_stmt *stmt, struct hop_store_session *s)
{
    if (sqlite3_column_bytes(stmt, 0) == HOP_TOKEN_HASH)
        memcpy(s->token_hash, sqlite3_column_blob(stmt, 0), HOP_TOKEN_HASH);
    s->created_us = sqlite3_column_int64(stmt, 1);
    s->seen_us = sqlite3_column_int64(stmt, 2);
    s->user.id = sqlite3_column_int64(stmt, 3);
    hop_db_text(stmt, 4, s->user.username, sizeof(s->user.username));
    hop_db_text(stmt, 5, s->user.name, sizeof(s->user.name));
    s->user.administrator = sqlite3_column_int(stmt, 6) != 0;
}

static void sessions_run(struct hop_job *job, void *ctx)
{
    struct session_job *j = (struct session_job *)job;
    sqlite3_stmt *stmt;
    int r = hop_db_run(ctx, "DELETE FROM sessions WHERE seen_at < ?", "i", j->session.seen_us);

    if (r < 0) {
        job->error = r;
        return;
    }
    stmt = hop_db_query(ctx, &job->error,
                        "SELECT s.token_hash, s.created_at, s.seen_at, u.id, u.username, u.name,"
                        " u.administrator FROM sessions s JOIN users u ON u.id = s.user_id",
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
