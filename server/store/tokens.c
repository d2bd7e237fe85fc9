/* See tokens.h. */
#include "server/store/tokens.h"

#include <errno.h>
#include <string.h>

struct token_job {
    struct hop_job job;
    struct hop_store_token token;
    GArray *tokens;
    int64_t version;
    hop_store_token_cb cb;
    hop_store_tokens_cb list_cb;
    hop_store_done_cb done_cb;
    hop_store_version_cb version_cb;
    void *ctx;
};

static void token_done(struct hop_job *job)
{
    struct token_job *j = (struct token_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->token);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error,
                   (const struct hop_store_token *)(const void *)j->tokens->data, j->tokens->len);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    if (j->version_cb != NULL)
        j->version_cb(j->ctx, job->error, j->version);
    if (j->tokens != NULL)
        g_array_unref(j->tokens);
    g_free(j);
}

static struct token_job *token_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct token_job *j = g_new0(struct token_job, 1);

    j->job = (struct hop_job){ .run = run, .done = token_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct token_job *j = (struct token_job *)job;
    struct hop_store_token *t = &j->token;
    struct hop_db *db = ctx;
    int r = hop_db_run(db,
                       "INSERT INTO api_tokens (user_id, hash, name, scopes, created_at)"
                       " SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM api_tokens WHERE"
                       " user_id = ?1) < ?6",
                       "ibtiii", t->user_id, t->hash, HOP_HASH, t->name, (int64_t)t->scopes,
                       t->created_us, (int64_t)HOP_MAX_TOKENS);

    job->error = r < 0 ? r : r == 0 ? -E2BIG : 0;
    if (r == 1)
        t->id = sqlite3_last_insert_rowid(db->sql);
}

void hop_store_token_add(struct hop_store *store, const struct hop_store_token *token,
                         hop_store_token_cb cb, void *ctx)
{
    struct token_job *j = token_job(add_run, true, ctx);

    j->token = *token;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *db)
{
    struct token_job *j = (struct token_job *)job;
    int r = hop_db_run(db, "DELETE FROM api_tokens WHERE id = ? AND user_id = ?", "ii", j->token.id,
                       j->token.user_id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_token_remove(struct hop_store *store, int64_t user_id, int64_t id,
                            hop_store_done_cb cb, void *ctx)
{
    struct token_job *j = token_job(remove_run, true, ctx);

    j->token.id = id;
    j->token.user_id = user_id;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

static void used_run(struct hop_job *job, void *db)
{
    struct token_job *j = (struct token_job *)job;
    int r = hop_db_run(db, "UPDATE api_tokens SET used_at = ? WHERE id = ?", "ii", j->token.used_us,
                       j->token.id);

    job->error = r < 0 ? r : 0;
}

void hop_store_token_used(struct hop_store *store, int64_t id, int64_t now_us)
{
    struct token_job *j = token_job(used_run, true, NULL);

    j->token.id = id;
    j->token.used_us = now_us;
    hop_store_post(store, &j->job);
}

static void read_token(sqlite3_stmt *stmt, struct hop_store_token *t)
{
    struct hop_store_session *a = &t->account;

    t->id = sqlite3_column_int64(stmt, 0);
    t->user_id = a->user_id = sqlite3_column_int64(stmt, 1);
    if (sqlite3_column_bytes(stmt, 2) == HOP_HASH)
        memcpy(t->hash, sqlite3_column_blob(stmt, 2), HOP_HASH);
    hop_db_text(stmt, 3, t->name, sizeof(t->name));
    t->scopes = (uint32_t)sqlite3_column_int64(stmt, 4);
    t->created_us = sqlite3_column_int64(stmt, 5);
    t->used_us = sqlite3_column_int64(stmt, 6);
    hop_db_text(stmt, 7, a->username, sizeof(a->username));
    hop_db_text(stmt, 8, a->name, sizeof(a->name));
    a->roles = (uint32_t)sqlite3_column_int64(stmt, 9);
    a->unit_id = sqlite3_column_int64(stmt, 10);
    a->must_change = sqlite3_column_int(stmt, 11) != 0;
}

static void load_run(struct hop_job *job, void *db)
{
    struct token_job *j = (struct token_job *)job;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error,
                                      "SELECT t.id, t.user_id, t.hash, t.name, t.scopes,"
                                      " t.created_at, t.used_at, u.username, u.name, u.roles,"
                                      " u.unit_id, u.must_change FROM api_tokens t JOIN users u ON"
                                      " u.id = t.user_id WHERE NOT u.disabled ORDER BY t.id",
                                      "");
    int r;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_token token = { 0 };

        read_token(stmt, &token);
        g_array_append_val(j->tokens, token);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_tokens_load(struct hop_store *store, hop_store_tokens_cb cb, void *ctx)
{
    struct token_job *j = token_job(load_run, false, ctx);

    j->tokens = g_array_new(FALSE, FALSE, sizeof(struct hop_store_token));
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}

static void version_run(struct hop_job *job, void *db)
{
    struct token_job *j = (struct token_job *)job;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error, "PRAGMA data_version", "");

    if (stmt == NULL)
        return;
    if (hop_db_step(db, stmt) == 1)
        j->version = sqlite3_column_int64(stmt, 0);
    hop_db_finish(stmt);
}

void hop_store_data_version(struct hop_store *store, hop_store_version_cb cb, void *ctx)
{
    struct token_job *j = token_job(version_run, false, ctx);

    j->version_cb = cb;
    hop_store_post(store, &j->job);
}
