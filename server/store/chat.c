/* See chat.h. */
#include "server/store/chat.h"

struct append_job {
    struct hop_job job;
    int64_t room_id;
    struct hop_chat_record record;
    char *name, *text;
    hop_chat_stored_cb cb;
    void *ctx;
};

struct load_job {
    struct hop_job job;
    int64_t room_id, before;
    size_t limit;
    GArray *chat; /* struct hop_chat_record, newest first until load_done() */
    bool more;
    hop_chat_list_cb cb;
    void *ctx;
};

/* 1: a text with this ref is there, its id and time are taken; 0: none; or a negative errno. */
static int find_ref(struct hop_db *db, int64_t room_id, struct hop_chat_record *record)
{
    int error = 0;
    sqlite3_stmt *stmt;

    if (record->ref[0] == '\0')
        return 0;
    stmt = hop_db_query(db, &error,
                        "SELECT id, at FROM chat WHERE room_id = ? AND sender = ? AND ref = ?",
                        "itt", room_id, record->from, record->ref);
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        record->id = sqlite3_column_int64(stmt, 0);
        record->at_us = sqlite3_column_int64(stmt, 1);
    }
    hop_db_finish(stmt);
    return error;
}

static void append_run(struct hop_job *job, void *ctx)
{
    struct append_job *j = (struct append_job *)job;
    struct hop_db *db = ctx;
    int r = find_ref(db, j->room_id, &j->record);

    if (r == 0) {
        r = hop_db_run(db,
                       "INSERT INTO chat (room_id, at, sender, name, text, ref)"
                       " VALUES (?, ?, ?, ?, ?, ?)",
                       "iitttt", j->room_id, j->record.at_us, j->record.from, j->name, j->text,
                       j->record.ref);
        j->record.id = sqlite3_last_insert_rowid(db->sql);
    }
    job->error = r < 0 ? r : 0;
}

static void append_done(struct hop_job *job)
{
    struct append_job *j = (struct append_job *)job;

    j->cb(j->ctx, job->error, j->record.id, j->record.at_us);
    g_free(j->name);
    g_free(j->text);
    g_free(j);
}

void hop_store_chat_append(struct hop_store *store, int64_t room_id,
                           const struct hop_chat_record *record, hop_chat_stored_cb cb, void *ctx)
{
    struct append_job *j = g_new0(struct append_job, 1);

    j->job = (struct hop_job){ .run = append_run, .done = append_done, .writes = true };
    j->room_id = room_id;
    j->record = *record;
    j->name = g_strdup(record->name);
    j->text = g_strdup(record->text);
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

static void read_chat(sqlite3_stmt *stmt, struct hop_chat_record *chat)
{
    chat->id = sqlite3_column_int64(stmt, 0);
    chat->at_us = sqlite3_column_int64(stmt, 1);
    hop_db_text(stmt, 2, chat->from, sizeof(chat->from));
    chat->name = g_strdup((const char *)sqlite3_column_text(stmt, 3));
    chat->text = g_strdup((const char *)sqlite3_column_text(stmt, 4));
    hop_db_text(stmt, 5, chat->ref, sizeof(chat->ref));
}

static void load_run(struct hop_job *job, void *ctx)
{
    struct load_job *j = (struct load_job *)job;
    struct hop_db *db = ctx;
    int64_t before = j->before > 0 ? j->before : INT64_MAX;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error,
                                      "SELECT id, at, sender, name, text, ref FROM chat"
                                      " WHERE room_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
                                      "iii", j->room_id, before, (int64_t)j->limit + 1);
    int r = 0;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_chat_record chat = { 0 };

        if (j->chat->len == j->limit) {
            j->more = true;
            continue;
        }
        read_chat(stmt, &chat);
        g_array_append_val(j->chat, chat);
    }
    job->error = r;
    hop_db_finish(stmt);
}

static void reverse(struct hop_chat_record *chat, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++, n--) {
        struct hop_chat_record held = chat[i];

        chat[i] = chat[n - 1];
        chat[n - 1] = held;
    }
}

static void load_done(struct hop_job *job)
{
    struct load_job *j = (struct load_job *)job;
    struct hop_chat_record *chat = (struct hop_chat_record *)(void *)j->chat->data;
    size_t n = j->chat->len;

    reverse(chat, n);
    j->cb(j->ctx, job->error, chat, n, j->more);
    for (size_t i = 0; i < n; i++) {
        g_free((char *)(uintptr_t)chat[i].name);
        g_free((char *)(uintptr_t)chat[i].text);
    }
    g_array_unref(j->chat);
    g_free(j);
}

void hop_store_chat_load(struct hop_store *store, int64_t room_id, int64_t before, size_t limit,
                         hop_chat_list_cb cb, void *ctx)
{
    struct load_job *j = g_new0(struct load_job, 1);

    j->job = (struct hop_job){ .run = load_run, .done = load_done };
    j->room_id = room_id;
    j->before = before;
    j->limit = limit < HOP_MAX_CHAT_LOAD ? limit : HOP_MAX_CHAT_LOAD;
    j->chat = g_array_new(FALSE, FALSE, sizeof(struct hop_chat_record));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

struct purge_job {
    struct hop_job job;
    int64_t before_us;
    hop_store_done_cb cb;
    void *ctx;
};

static void purge_run(struct hop_job *job, void *ctx)
{
    int r =
        hop_db_run(ctx, "DELETE FROM chat WHERE at < ?", "i", ((struct purge_job *)job)->before_us);

    job->error = r < 0 ? r : 0;
}

static void purge_done(struct hop_job *job)
{
    struct purge_job *j = (struct purge_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error);
    g_free(j);
}

void hop_store_chat_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx)
{
    struct purge_job *j = g_new0(struct purge_job, 1);

    j->job = (struct hop_job){ .run = purge_run, .done = purge_done, .writes = true };
    j->before_us = before_us;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
