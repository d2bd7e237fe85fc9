/* See person.h. The lists are made by SQLite's own JSON functions. */
#include "server/store/person.h"

#include "server/store/fold.h"

#include <errno.h>
#include <string.h>

/* Who he is, and his rows among the invitees; every statement here begins with it. */
#define HIS                                                                                        \
    "WITH me(id, email, username) AS (SELECT ?1, ?2, ?3), mine(id) AS (SELECT i.id FROM invitees " \
    "i,"                                                                                           \
    " me WHERE (me.id <> 0 AND i.kind = 0 AND i.ref = me.id) OR (me.email <> ''"                   \
    " AND i.email = me.email COLLATE NOCASE)) "
#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', nullif(" column ", 0) / 1000000, 'unixepoch')"
#define LIST(fields) HIS "SELECT json_group_array(json_object(" fields "))"
#define MY_STAYS                                                                                   \
    "((me.id <> 0 AND a.user_id = me.id) OR (a.invite_id <> 0 AND a.invite_id IN mine))"

static const struct {
    const char *name, *sql;
} lists[] = {
    { "account", LIST("'username', username, 'name', name, 'title', title, 'email', email, 'unit',"
                      " (SELECT name FROM units WHERE id = unit_id), 'language', language,"
                      " 'roles', roles, 'created_at', " TIME("created_at")) //
      " FROM users WHERE id = ?1" },
    { "sessions", LIST("'from', address, 'browser', agent, 'since', " TIME("created_at") //
                       ", 'seen_at', " TIME("seen_at")) " FROM sessions WHERE user_id = ?1" },
    { "tokens", LIST("'name', name, 'created_at', " TIME("created_at") ", 'used_at', " TIME(
                    "used_at")) " FROM api_tokens WHERE user_id = ?1" },
    { "groups", LIST("'name', g.name") " FROM group_members m JOIN user_groups g"
                                       " ON g.id = m.group_id WHERE m.user_id = ?1" },
    { "meetings",
      LIST("'title', m.title, 'starts_at', " TIME(
          "m.starts_at") ", 'organizer', json(iif(m.organizer_id IS me.id, 'true', 'false')),"
                         " 'chair', json(iif(m.chair_id IS me.id, 'true', 'false')),"
                         " 'secretary', json(iif(m.secretary_id IS me.id, 'true', 'false'))") //
      " FROM meetings m, me WHERE me.id <> 0"
      " AND me.id IN (m.organizer_id, m.chair_id, m.secretary_id)" },
    { "invitations", LIST("'meeting', m.title, 'starts_at', " TIME("m.starts_at") //
                          ", 'name', i.name, 'title', i.title, 'unit', i.unit_name, 'email',"
                          " i.email, 'role', i.role, 'attendees', i.attendees, 'answer', i.rsvp,"
                          " 'note', i.rsvp_note, 'answered_at', " TIME("i.rsvp_at")) //
      " FROM invitees i JOIN meetings m ON m.id = i.meeting_id WHERE i.id IN mine" },
    { "attendance",
      LIST("'room', r.title, 'name', a.name, 'title', a.title, 'unit', a.unit, 'role', a.role,"
           " 'admitted_by', a.admitted_by, 'joined_at', " TIME("a.joined_at") ", 'left_at', " TIME(
               "a.left_at")) //
      " FROM attendance a, me JOIN rooms r ON r.id = a.room_id WHERE " MY_STAYS },
    { "attendance_notes",
      LIST("'room', r.title, 'state', a.state, 'reason', a.reason, 'by', a.by, 'at', " TIME(
          "a.at")) " FROM attendance_marks a, me JOIN rooms r ON r.id = a.room_id"
                   " WHERE a.person = 'u' || me.id"
                   " OR a.person IN (SELECT 'i' || id FROM mine)" },
    { "chat", LIST("'room', r.title, 'name', c.name, 'text', c.text, 'at', " TIME("c.at")) //
      " FROM participants a, me JOIN chat c ON c.room_id = a.room_id AND c.sender = a.id"
      " JOIN rooms r ON r.id = a.room_id WHERE " MY_STAYS },
    { "mails", LIST("'meeting', m.title, 'to', x.email, 'created_at', " TIME("x.created_at") //
                    ", 'sent_at', " TIME("x.sent_at"))                                       //
      " FROM mails x JOIN meetings m ON m.id = x.meeting_id, me WHERE x.invitee_id IN mine"
      " OR (me.email <> '' AND x.email = me.email COLLATE NOCASE)" },
    { "line_tests",
      LIST("'meeting', m.title, 'name', a.name, 'unit', a.unit, 'at', " TIME("a.at") //
           ", 'result', json(iif(json_valid(a.result), a.result, 'null'))")          //
      " FROM line_tests a, me JOIN meetings m ON m.id = a.meeting_id WHERE " MY_STAYS },
    { "audit", LIST("'at', " TIME("at") ", 'action', action, 'detail',"
                                        " json(iif(json_valid(detail), detail, 'null'))") //
      " FROM audit, me WHERE me.username <> '' AND who = 'user:' || me.username" },
};

/* In this order: what finds his rows goes last. */
static const char *const erasing[] = {
    HIS "UPDATE attendance SET admitted_by = '***' WHERE admitted_by <> '' AND (room_id,"
        " admitted_by) IN (SELECT a.room_id, a.name FROM attendance a, me WHERE " MY_STAYS ")",
    HIS "UPDATE attendance_marks SET reason = '' WHERE person = 'u' || ?1"
        " OR person IN (SELECT 'i' || id FROM mine)",
    HIS "UPDATE chat SET name = '***', text = '***' WHERE (room_id, sender) IN"
        " (SELECT a.room_id, a.id FROM participants a, me WHERE " MY_STAYS ")",
    HIS "UPDATE attendance AS a SET name = '***', title = '', unit = '' FROM me WHERE " MY_STAYS,
    HIS "UPDATE participants AS a SET name = '***' FROM me WHERE " MY_STAYS,
    HIS "DELETE FROM line_tests AS a WHERE (?1 <> 0 AND a.user_id = ?1)"
        " OR (a.invite_id <> 0 AND a.invite_id IN mine)",
    HIS "DELETE FROM mails WHERE invitee_id IN mine"
        " OR (?2 <> '' AND email = ?2 COLLATE NOCASE)",
    HIS "UPDATE mail_events SET organizer_name = '***', organizer_email = ''"
        " WHERE ?2 <> '' AND organizer_email = ?2 COLLATE NOCASE",
    HIS "UPDATE invitees SET name = '***', title = '', unit_name = '', email = '',"
        " rsvp_note = '', nonce = NULL, token_hash = NULL WHERE id IN mine",
    "DELETE FROM sessions WHERE user_id = ?1",
    "DELETE FROM api_tokens WHERE user_id = ?1",
    "DELETE FROM recovery_codes WHERE user_id = ?1",
    "DELETE FROM group_members WHERE user_id = ?1",
    "DELETE FROM feeds WHERE kind = 0 AND ref = ?1",
    "UPDATE rooms SET owner_id = NULL, title = '***' WHERE owner_id = ?1",
    "UPDATE users SET username = 'erased-' || id, name = '***', title = '', email = '',"
    " language = '', password_hash = '', totp_secret = NULL, roles = 0, disabled = 1,"
    " version = version + 1, search = '', sort = '' WHERE id = ?1",
};

struct person_job {
    struct hop_job job;
    struct hop_store_subject person;
    char username[HOP_MAX_USERNAME + 1], name[HOP_MAX_NAME * 4 + 1];
    hop_store_person_cb exported;
    hop_store_done_cb erased;
    void *ctx;
    GString *json;
};

/* What is needed of the account; an unlocked one is not to be erased. */
static int find(struct person_job *j, struct hop_db *db, bool *disabled)
{
    sqlite3_stmt *stmt;
    int error = 0;

    *disabled = true;
    stmt = j->person.user_id != 0
               ? hop_db_query(db, &error,
                              "SELECT email, username, name, disabled, id FROM users WHERE id = ?",
                              "i", j->person.user_id)
               : hop_db_query(db, &error,
                              "SELECT email, username, name, disabled, id FROM users"
                              " WHERE email = ? AND email <> ''",
                              "t", j->person.email);
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        hop_db_text(stmt, 0, j->person.email, sizeof(j->person.email));
        hop_db_text(stmt, 1, j->username, sizeof(j->username));
        hop_db_text(stmt, 2, j->name, sizeof(j->name));
        *disabled = sqlite3_column_int(stmt, 3) != 0;
        j->person.user_id = sqlite3_column_int64(stmt, 4);
        error = 0;
    } else if (error == 0 && j->person.user_id != 0) {
        error = -ENOENT;
    }
    hop_db_finish(stmt);
    return error;
}

/* Adds one list; 1: it has something. */
static int add_list(struct person_job *j, struct hop_db *db, const char *name, const char *sql)
{
    int error = 0;
    const char *text;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error, sql, "itt", j->person.user_id, j->person.email, j->username);

    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    text = error == 1 ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (error == 1 && text == NULL)
        error = -ENOMEM;
    if (error == 1) {
        g_string_append_printf(j->json, "%s\"%s\":%s", j->json->len > 1 ? "," : "", name, text);
        error = strcmp(text, "[]") != 0;
    }
    hop_db_finish(stmt);
    return error;
}

static void export_run(struct hop_job *job, void *ctx)
{
    struct person_job *j = (struct person_job *)job;
    bool disabled, any = false;
    int r = find(j, ctx, &disabled);

    j->json = g_string_new("{");
    for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(lists); i++) {
        r = add_list(j, ctx, lists[i].name, lists[i].sql);
        any |= r == 1;
    }
    g_string_append_c(j->json, '}');
    job->error = r < 0 ? r : any ? 0 : -ENOENT;
}

/* His name in what meetings are searched by. */
static int forget_search(struct person_job *j, struct hop_db *db)
{
    g_autofree char *folded = hop_fold(j->name);

    if (folded[0] == '\0')
        return 0;
    return hop_db_run(db,
                      "UPDATE meetings SET search = replace(search, ?, '')"
                      " WHERE ? IN (organizer_id, chair_id)",
                      "ti", folded, j->person.user_id);
}

static int erase_all(struct person_job *j, struct hop_db *db)
{
    int r = forget_search(j, db), rows = 0;

    for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(erasing); i++) {
        if (g_str_has_prefix(erasing[i], "WITH")) {
            r = hop_db_run(db, erasing[i], "itt", j->person.user_id, j->person.email, j->username);
        } else if (j->person.user_id != 0) {
            r = hop_db_run(db, erasing[i], "i", j->person.user_id);
        }
        rows += r > 0 ? r : 0;
    }
    return r < 0 ? r : rows > 0 ? 0 : -ENOENT;
}

static void erase_run(struct hop_job *job, void *ctx)
{
    struct person_job *j = (struct person_job *)job;
    bool disabled;
    int r = find(j, ctx, &disabled);

    if (r == 0 && !disabled)
        r = -EBUSY;
    job->error = r == 0 ? erase_all(j, ctx) : r;
}

static void person_done(struct hop_job *job)
{
    struct person_job *j = (struct person_job *)job;

    if (j->exported != NULL)
        j->exported(j->ctx, job->error, job->error == 0 ? j->json->str : NULL);
    else
        j->erased(j->ctx, job->error);
    if (j->json != NULL)
        g_string_free(j->json, TRUE);
    g_free(j);
}

static void post(struct hop_store *store, const struct person_job *job)
{
    struct person_job *j = g_new(struct person_job, 1);

    *j = *job;
    j->job.done = person_done;
    hop_store_post(store, &j->job);
}

void hop_store_person_export(struct hop_store *store, const struct hop_store_subject *person,
                             hop_store_person_cb cb, void *ctx)
{
    post(store, &(struct person_job){
                    .job.run = export_run, .person = *person, .exported = cb, .ctx = ctx });
}

void hop_store_person_erase(struct hop_store *store, const struct hop_store_subject *person,
                            hop_store_done_cb cb, void *ctx)
{
    post(store, &(struct person_job){ .job.run = erase_run,
                                      .job.writes = true,
                                      .person = *person,
                                      .erased = cb,
                                      .ctx = ctx });
}
