/* See users.h. */
#include "server/store/users.h"

#include "server/store/fold.h"

#include <errno.h>
#include <string.h>

/* What every account is read with; read_user() knows the order. */
#define COLUMNS                                                                                    \
    "u.id, u.username, u.name, u.title, u.email, u.language, u.unit_id, u.roles, u.must_change,"   \
    " u.disabled, u.totp_step, u.version, u.created_at, u.totp_secret IS NOT NULL"
#define SECRETS ", u.password_hash, u.totp_secret"

static void read_user(sqlite3_stmt *stmt, struct hop_store_user *user)
{
    user->id = sqlite3_column_int64(stmt, 0);
    hop_db_text(stmt, 1, user->username, sizeof(user->username));
    hop_db_text(stmt, 2, user->name, sizeof(user->name));
    hop_db_text(stmt, 3, user->title, sizeof(user->title));
    hop_db_text(stmt, 4, user->email, sizeof(user->email));
    hop_db_text(stmt, 5, user->language, sizeof(user->language));
    user->unit_id = sqlite3_column_int64(stmt, 6);
    user->roles = (uint32_t)sqlite3_column_int64(stmt, 7);
    user->must_change = sqlite3_column_int(stmt, 8) != 0;
    user->disabled = sqlite3_column_int(stmt, 9) != 0;
    user->totp_step = sqlite3_column_int64(stmt, 10);
    user->version = sqlite3_column_int64(stmt, 11);
    user->created_us = sqlite3_column_int64(stmt, 12);
    user->totp = sqlite3_column_int(stmt, 13) != 0;
}

static void read_secrets(sqlite3_stmt *stmt, struct hop_store_user *user)
{
    hop_db_text(stmt, 14, user->password_hash, sizeof(user->password_hash));
    if (sqlite3_column_bytes(stmt, 15) == HOP_TOTP_SECRET)
        memcpy(user->totp_secret, sqlite3_column_blob(stmt, 15), HOP_TOTP_SECRET);
}

/* ---- one account ----------------------------------------------------------------------------- */

struct user_job {
    struct hop_job job;
    struct hop_store_user user;
    int64_t now_us;
    hop_store_user_cb cb;
    hop_store_done_cb done_cb;
    void *ctx;
    uint8_t hashes[HOP_RECOVERY_CODES][HOP_HASH];
    bool have_secret;
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

static int step_user(struct hop_db *db, sqlite3_stmt *stmt, struct hop_store_user *user)
{
    int r = hop_db_step(db, stmt);

    if (r == 1) {
        read_user(stmt, user);
        read_secrets(stmt, user);
    }
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static int get_user(struct hop_db *db, int64_t id, struct hop_store_user *user)
{
    int error = 0;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error, "SELECT " COLUMNS SECRETS " FROM users u WHERE u.id = ?", "i", id);

    return stmt != NULL ? step_user(db, stmt, user) : error;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    sqlite3_stmt *stmt =
        hop_db_query(ctx, &job->error, "SELECT " COLUMNS SECRETS " FROM users u WHERE username = ?",
                     "t", j->user.username);

    if (stmt != NULL)
        job->error = step_user(ctx, stmt, &j->user);
}

void hop_store_user_find(struct hop_store *store, const char *username, hop_store_user_cb cb,
                         void *ctx)
{
    struct user_job *j = user_job(find_run, false, ctx);

    g_strlcpy(j->user.username, username, sizeof(j->user.username));
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void get_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;

    job->error = get_user(ctx, j->user.id, &j->user);
}

void hop_store_user_get(struct hop_store *store, int64_t id, hop_store_user_cb cb, void *ctx)
{
    struct user_job *j = user_job(get_run, false, ctx);

    j->user.id = id;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void administrator_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    sqlite3_stmt *stmt =
        hop_db_query(ctx, &job->error,
                     "SELECT " COLUMNS SECRETS " FROM users u WHERE (roles & ?) <> 0"
                     " AND disabled = 0 ORDER BY id LIMIT 1",
                     "i", (int64_t)HOP_ACCOUNT_ADMINISTRATOR);

    if (stmt != NULL)
        job->error = step_user(ctx, stmt, &j->user);
}

void hop_store_administrator_find(struct hop_store *store, hop_store_user_cb cb, void *ctx)
{
    struct user_job *j = user_job(administrator_run, false, ctx);

    j->cb = cb;
    hop_store_post(store, &j->job);
}

/* ---- adding and changing --------------------------------------------------------------------- */

static char *search_of(const struct hop_store_user *user)
{
    g_autofree char *text =
        g_strjoin(" ", user->name, user->username, user->title, user->email, NULL);

    return hop_fold(text);
}

/* The unit's foreign key is the only one that an account has. */
static int unit_is_there(struct hop_db *db, int64_t unit_id)
{
    int error = 0, r;
    sqlite3_stmt *stmt;

    if (unit_id == 0)
        return 0;
    stmt = hop_db_query(db, &error, "SELECT 1 FROM units WHERE id = ?", "i", unit_id);
    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static int insert_user(struct hop_db *db, struct hop_store_user *user, int64_t now_us)
{
    g_autofree char *search = search_of(user), *sort = hop_fold(user->name);
    int error = unit_is_there(db, user->unit_id);

    if (error != 0)
        return error;
    error = hop_db_run(db,
                       "INSERT INTO users (username, name, title, email, language, password_hash,"
                       " unit_id, roles, must_change, disabled, search, sort, created_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?)",
                       "ttttttiiiitti", user->username, user->name, user->title, user->email,
                       user->language, user->password_hash, user->unit_id, (int64_t)user->roles,
                       (int64_t)user->must_change, (int64_t)user->disabled, search, sort, now_us);
    if (error < 0)
        return error;
    user->id = sqlite3_last_insert_rowid(db->sql);
    user->version = 1;
    user->created_us = now_us;
    return 0;
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;

    job->error = insert_user(ctx, &j->user, j->now_us);
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

/* An administrator who may sign in and is not that one. */
static int other_administrator(struct hop_db *db, int64_t id)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error, "SELECT 1 FROM users WHERE (roles & ?) <> 0 AND disabled = 0 AND id <> ?", "ii",
        (int64_t)HOP_ACCOUNT_ADMINISTRATOR, id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -EPERM : r;
}

static int check_change(struct hop_db *db, const struct hop_store_user *user)
{
    struct hop_store_user before = { 0 };
    int error = get_user(db, user->id, &before);

    if (error != 0)
        return error;
    if (before.version != user->version)
        return -ESTALE;
    if (user->disabled || (user->roles & HOP_ACCOUNT_ADMINISTRATOR) == 0)
        error = other_administrator(db, user->id);
    return error != 0 ? error : unit_is_there(db, user->unit_id);
}

static void change_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    struct hop_store_user *user = &j->user;
    g_autofree char *search = search_of(user), *sort = hop_fold(user->name);
    int r = check_change(ctx, user);

    if (r == 0)
        r = hop_db_run(ctx,
                       "UPDATE users SET name = ?, title = ?, email = ?, language = ?,"
                       " unit_id = nullif(?, 0), roles = ?, disabled = ?, search = ?, sort = ?,"
                       " version = version + 1 WHERE id = ?",
                       "ttttiiitti", user->name, user->title, user->email, user->language,
                       user->unit_id, (int64_t)user->roles, (int64_t)user->disabled, search, sort,
                       user->id);
    if (r > 0)
        r = user->disabled
                ? hop_db_run(ctx, "DELETE FROM sessions WHERE user_id = ?", "i", user->id)
                : 0;
    job->error = r < 0 ? r : get_user(ctx, user->id, user);
}

void hop_store_user_change(struct hop_store *store, const struct hop_store_user *user,
                           hop_store_user_cb cb, void *ctx)
{
    struct user_job *j = user_job(change_run, true, ctx);

    j->user = *user;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void password_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    int r = hop_db_run(ctx, "UPDATE users SET password_hash = ?, must_change = ? WHERE id = ?",
                       "tii", j->user.password_hash, (int64_t)j->user.must_change, j->user.id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_user_set_password(struct hop_store *store, int64_t user_id, const char *hash,
                                 bool must_change, hop_store_done_cb cb, void *ctx)
{
    struct user_job *j = user_job(password_run, true, ctx);

    j->user.id = user_id;
    j->user.must_change = must_change;
    g_strlcpy(j->user.password_hash, hash, sizeof(j->user.password_hash));
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

/* ---- the second factor ----------------------------------------------------------------------- */

static int save_recovery(struct hop_db *db, const struct user_job *j)
{
    int r = hop_db_run(db, "DELETE FROM recovery_codes WHERE user_id = ?", "i", j->user.id);

    for (size_t i = 0; r >= 0 && j->have_secret && i < HOP_RECOVERY_CODES; i++)
        r = hop_db_run(db, "INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", "ib",
                       j->user.id, j->hashes[i], HOP_HASH);
    return r;
}

static void set_totp_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    int r =
        j->have_secret
            ? hop_db_run(ctx, "UPDATE users SET totp_secret = ?, totp_step = ? WHERE id = ?", "bii",
                         j->user.totp_secret, HOP_TOTP_SECRET, j->user.totp_step, j->user.id)
            : hop_db_run(ctx, "UPDATE users SET totp_secret = NULL WHERE id = ?", "i", j->user.id);

    if (r == 0)
        r = -ENOENT;
    if (r > 0)
        r = save_recovery(ctx, j);
    job->error = r < 0 ? r : 0;
}

void hop_store_user_set_totp(struct hop_store *store, int64_t user_id,
                             const uint8_t secret[HOP_TOTP_SECRET], int64_t step,
                             const uint8_t hashes[HOP_RECOVERY_CODES][HOP_HASH],
                             hop_store_done_cb cb, void *ctx)
{
    struct user_job *j = user_job(set_totp_run, true, ctx);

    j->user.id = user_id;
    j->user.totp_step = step;
    j->have_secret = secret != NULL;
    if (secret != NULL) {
        memcpy(j->user.totp_secret, secret, HOP_TOTP_SECRET);
        memcpy(j->hashes, hashes, sizeof(j->hashes));
    }
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

static void use_totp_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    int r = hop_db_run(ctx, "UPDATE users SET totp_step = ? WHERE id = ? AND totp_step < ?", "iii",
                       j->user.totp_step, j->user.id, j->user.totp_step);

    job->error = r < 0 ? r : r == 0 ? -EALREADY : 0;
}

void hop_store_user_use_totp(struct hop_store *store, int64_t user_id, int64_t step,
                             hop_store_done_cb cb, void *ctx)
{
    struct user_job *j = user_job(use_totp_run, true, ctx);

    j->user.id = user_id;
    j->user.totp_step = step;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

static void use_recovery_run(struct hop_job *job, void *ctx)
{
    struct user_job *j = (struct user_job *)job;
    int r = hop_db_run(ctx, "DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?", "ib",
                       j->user.id, j->hashes[0], HOP_HASH);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_user_use_recovery(struct hop_store *store, int64_t user_id,
                                 const uint8_t hash[HOP_HASH], hop_store_done_cb cb, void *ctx)
{
    struct user_job *j = user_job(use_recovery_run, true, ctx);

    j->user.id = user_id;
    memcpy(j->hashes[0], hash, HOP_HASH);
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

/* ---- many ------------------------------------------------------------------------------------ */

struct list_job {
    struct hop_job job;
    char *pattern;
    struct hop_store_user_query query;
    GArray *users;
    bool more;
    hop_store_users_cb cb;
    void *ctx;
};

static void list_done(struct hop_job *job)
{
    struct list_job *j = (struct list_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_store_user *)(const void *)j->users->data,
          j->users->len, j->more);
    g_array_unref(j->users);
    g_free(j->pattern);
    g_free(j);
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct list_job *j = (struct list_job *)job;
    const struct hop_store_user_query *q = &j->query;
    int r;
    sqlite3_stmt *stmt = hop_db_query(
        ctx, &job->error,
        "WITH RECURSIVE below(id) AS (SELECT ?1 UNION SELECT t.id FROM units t JOIN below b"
        " ON t.parent_id = b.id)"
        " SELECT " COLUMNS " FROM users u WHERE (?2 IS NULL OR u.search LIKE ?2 ESCAPE '\\')"
        " AND (?1 = 0 OR u.unit_id IN below) AND (?3 = 0 OR (u.roles & ?3) <> 0)"
        " AND (u.disabled = 0 OR ?4 <> 0) ORDER BY u.sort, u.id LIMIT ?5 OFFSET ?6",
        "itiiii", q->unit_id, j->pattern, (int64_t)q->roles, (int64_t)q->disabled,
        (int64_t)q->limit + 1, (int64_t)q->offset);

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_user user = { 0 };

        read_user(stmt, &user);
        if (j->users->len == q->limit)
            j->more = true;
        else
            g_array_append_val(j->users, user);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_user_list(struct hop_store *store, const struct hop_store_user_query *query,
                         hop_store_users_cb cb, void *ctx)
{
    struct list_job *j = g_new0(struct list_job, 1);

    j->job = (struct hop_job){ .run = list_run, .done = list_done };
    j->query = *query;
    j->query.search = NULL;
    j->query.limit = MIN(query->limit, (size_t)HOP_MAX_USER_PAGE);
    if (query->search != NULL && query->search[0] != '\0')
        j->pattern = hop_fold_pattern(query->search);
    j->users = g_array_new(FALSE, FALSE, sizeof(struct hop_store_user));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

struct import_job {
    struct hop_job job;
    struct hop_store_user *users;
    size_t n, failed;
    int64_t now_us;
    hop_store_import_cb cb;
    void *ctx;
};

static void import_done(struct hop_job *job)
{
    struct import_job *j = (struct import_job *)job;

    j->cb(j->ctx, job->error, j->failed);
    g_free(j->users);
    g_free(j);
}

/* A write that fails is undone as a whole (store.c). */
static void import_run(struct hop_job *job, void *ctx)
{
    struct import_job *j = (struct import_job *)job;

    for (j->failed = 0; j->failed < j->n; j->failed++) {
        job->error = insert_user(ctx, &j->users[j->failed], j->now_us);
        if (job->error != 0)
            return;
    }
}

void hop_store_user_import(struct hop_store *store, const struct hop_store_user *users, size_t n,
                           int64_t now_us, hop_store_import_cb cb, void *ctx)
{
    struct import_job *j = g_new0(struct import_job, 1);

    j->job = (struct hop_job){ .run = import_run, .done = import_done, .writes = true };
    j->users = g_memdup2(users, n * sizeof(*users));
    j->n = n;
    j->now_us = now_us;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
