/* One person's data: all of it is exported, none of it and nobody else's is left or lost after it
 * was erased. Every value that belongs to him carries the mark "Zq", so that the file itself tells.
 */
#include "tests/unit/server/store/support.h"

#include "server/store/audit.h"
#include "server/store/chat.h"
#include "server/store/person.h"

#include <errno.h>

static const char people[] =
    "INSERT INTO units (id, parent_id, name) VALUES (1, NULL, 'Sở Y tế');"
    "INSERT INTO users (id, username, name, title, email, password_hash, totp_secret, created_at,"
    " unit_id, roles, disabled, search, sort) VALUES"
    " (5, 'binhZq', 'Lê Bình Zq', 'Zq chuyên viên', 'binhZq@a.vn', 'Zqhash', x'5a71', 1, 1, 8, 1,"
    "  'binhZq', 'binhZq'),"
    " (6, 'chu', 'Chủ Tọa', '', 'chu@a.vn', 'x', NULL, 1, 1, 1, 0, 'chu', 'chu');"
    "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, id, agent, address)"
    " VALUES (x'01', 5, 1, 1, 'Zq', 'Zq browser', '1.2.3.Zq'), (x'02', 6, 1, 1, 'o', 'o', 'o');"
    "INSERT INTO api_tokens (user_id, hash, name, scopes, created_at) VALUES (5, x'03', 'Zq', 1, "
    "1);"
    "INSERT INTO recovery_codes VALUES (5, x'5a71');"
    "INSERT INTO feeds VALUES (0, 5, x'5a71', x'5a7101', 1), (1, 5, x'07', x'08', 1);"
    "INSERT INTO user_groups (id, name, sort) VALUES (1, 'Tổ', 'to');"
    "INSERT INTO group_members VALUES (1, 5), (1, 6);"
    "INSERT INTO rooms (id, code, title, created_at, owner_id) VALUES (9, 'abc', 'Giao ban', 1, "
    "NULL),"
    " (10, 'own', 'Phòng Zq', 1, 5);"
    "INSERT INTO meetings (id, room_id, uid, title, starts_at, ends_at, time_zone, created_at,"
    " changed_at, organizer_id, chair_id, search) VALUES"
    " (3, 9, 'u@hop', 'Giao ban', 100000000, 200000000, 'UTC', 1, 1, 5, 6,"
    "  'giao ban abc le binh zq chu toa');"
    "INSERT INTO invitees (id, meeting_id, position, kind, ref, name, title, unit_name, email, "
    "role,"
    " rsvp_note, nonce, token_hash) VALUES"
    " (11, 3, 0, 0, 5, 'Zq', 'Zq', 'Zq', 'binhZq@a.vn', 2, 'Zq ốm', x'5a71', x'5a7102'),"
    " (12, 3, 1, 3, 0, 'Khách Zq', '', '', 'khachZq@b.vn', 3, 'Zq', x'5a71', x'5a7103'),"
    " (13, 3, 2, 0, 6, 'Chủ Tọa', '', '', 'chu@a.vn', 0, '', x'09', x'0a');"
    "INSERT INTO participants (room_id, id, key_hash, name, role, user_id, joined_at, invite_id)"
    " VALUES (9, 'p1', x'01', 'Lê Bình Zq', 'delegate', 5, 1, 11),"
    " (9, 'p2', x'02', 'Khách Zq', 'guest', 0, 1, 12), (9, 'p3', x'03', 'Chủ Tọa', 'chair', 6, 1, "
    "13);"
    "INSERT INTO chat (room_id, at, sender, name, text) VALUES (9, 1, 'p1', 'Lê Bình Zq', 'Zq "
    "viết'),"
    " (9, 2, 'p2', 'Khách Zq', 'Zq khách viết'), (9, 3, 'p3', 'Chủ Tọa', 'chủ viết');"
    "INSERT INTO attendance (room_id, occurrence, participant, invite_id, user_id, name, title, "
    "unit,"
    " role, admitted_by, joined_at, left_at) VALUES"
    " (9, 0, 'p1', 11, 5, 'Lê Bình Zq', 'Zq', 'Zq', 'delegate', '', 1000000, 61000000),"
    " (9, 0, 'p2', 12, 0, 'Khách Zq', '', 'Zq', 'guest', 'Lê Bình Zq', 1, 2),"
    " (9, 0, 'p3', 13, 6, 'Chủ Tọa', '', '', 'chair', '', 1, 2);"
    "INSERT INTO attendance_marks (room_id, occurrence, person, state, reason, by, at) VALUES"
    " (9, 0, 'i11', 'absent', 'Zq nằm viện', 'chu', 1), (9, 0, 'u5', 'absent', 'Zq', 'chu', 1),"
    " (9, 0, 'i12', 'absent', 'Zq', 'chu', 1), (9, 0, 'i13', 'absent', 'công tác', 'chu', 1);"
    "INSERT INTO line_tests (meeting_id, invite_id, user_id, name, at, result) VALUES"
    " (3, 11, 5, 'Zq', 1, '{\"Zq\":1}'), (3, 12, 0, 'Zq', 1, '{}'), (3, 13, 6, 'Chủ', 1, 'no');"
    "INSERT INTO mail_events (id, at, meeting_id, uid, sequence, title, description, place, "
    "starts_at,"
    " ends_at, time_zone, all_day, rrule, cancelled, exceptions, organizer_name, organizer_email)"
    " VALUES (1, 1, 3, 'u', 0, '', '', '', 1, 2, 'UTC', 0, '', 0, '[]', 'Lê Bình Zq', "
    "'BINHZq@a.vn');"
    "INSERT INTO mails (meeting_id, invitee_id, event_id, why, name, email, language, role, state,"
    " next_at, created_at) VALUES (3, 11, 1, 0, 'Zq', 'binhZq@a.vn', 'vi', 2, 0, 1, 1),"
    " (3, 12, 1, 0, 'Zq', 'khachZq@b.vn', 'vi', 2, 3, 1, 1), (3, 13, 1, 0, 'C', 'chu@a.vn', '', 0, "
    "3, 1, 1);";

static struct hop_db *take(struct fixture *f)
{
    struct hop_db *db = NULL;

    hop_store_close(f->store);
    f->store = NULL;
    assert_int_equal(hop_db_open(f->path, &db), 0);
    return db;
}

static void give(struct fixture *f, struct hop_db *db)
{
    hop_db_close(db);
    f->store = open_store(f->path);
}

static void fill(struct fixture *f, const char *more)
{
    struct hop_db *db = take(f);

    assert_int_equal(hop_db_exec(db, people), 0);
    assert_int_equal(hop_db_exec(db, more), 0);
    give(f, db);
}

static int64_t count(struct hop_db *db, const char *sql)
{
    int64_t n = -1;

    assert_true(hop_db_number(db, &n, sql, "") >= 0);
    return n;
}

struct answer {
    int error;
    char *json;
};

static void exported(void *ctx, int error, const char *json)
{
    struct answer *answer = ctx;

    answer->error = error;
    g_free(answer->json);
    answer->json = g_strdup(json);
}

static void done(void *ctx, int error)
{
    *(int *)ctx = error;
}

static struct hop_store_subject outside(const char *email)
{
    struct hop_store_subject person = { 0 };

    g_strlcpy(person.email, email, sizeof(person.email));
    return person;
}

static int erase(struct fixture *f, struct hop_store_subject person)
{
    int error = 1;

    hop_store_person_erase(f->store, &person, done, &error);
    hop_store_flush(f->store);
    return error;
}

static int export(struct fixture *f, struct hop_store_subject person, struct answer *answer)
{
    hop_store_person_export(f->store, &person, exported, answer);
    hop_store_flush(f->store);
    return answer->error;
}

static const struct hop_store_subject binh = { .user_id = 5 };

static void all_of_his_is_exported(void **state)
{
    static const char *const his[] = {
        "\"username\":\"binhZq\"",
        "\"unit\":\"Sở Y tế\"",
        "Zq browser",
        "\"name\":\"Tổ\"",
        "\"organizer\":true",
        "\"chair\":false",
        "Zq ốm",
        "1970-01-01T00:01:01Z",
        "Zq nằm viện",
        "Zq viết",
        "{\"Zq\":1}",
        "\"mails\":[{",
        "\"tokens\":[{",
        "session.opened",
    };
    static const char *const others[] = { "khách", "công tác", "Chủ", "hash", "chu@a.vn" };
    struct answer a = { .error = 1 };

    fill(*state, "");
    hop_store_audit(((struct fixture *)*state)->store, 1, 0, "user:binhZq", "session.opened", NULL);
    assert_int_equal(export(*state, binh, &a), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(his); i++)
        if (strstr(a.json, his[i]) == NULL)
            fail_msg("not there: %s in %s", his[i], a.json);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (strstr(a.json, others[i]) != NULL)
            fail_msg("somebody else's: %s in %s", others[i], a.json);
    assert_int_equal(export(*state, outside("KHACHzq@b.vn"), &a), 0);
    assert_non_null(strstr(a.json, "Zq khách viết"));
    assert_null(strstr(a.json, "Zq viết"));
    g_free(a.json);
}

static void who_is_unknown_has_no_data(void **state)
{
    struct hop_store_subject nobody = { .user_id = 99 };
    struct answer a = { .error = 1 };

    fill(*state, "");
    assert_int_equal(export(*state, nobody, &a), -ENOENT);
    assert_int_equal(export(*state, outside("x@y.vn"), &a), -ENOENT);
    assert_int_equal(erase(*state, nobody), -ENOENT);
    assert_int_equal(erase(*state, outside("x@y.vn")), -ENOENT);
}

static void nothing_of_his_is_left(void **state)
{
    struct fixture *f = *state;
    struct hop_db *db;
    g_autofree char *bytes = NULL;
    gsize length;

    fill(f, "");
    assert_int_equal(erase(f, binh), 0);
    assert_int_equal(erase(f, outside("khachZq@b.vn")), 0);
    db = take(f);
    /* the others' are all there */
    assert_int_equal(count(db, "SELECT count(*) FROM chat WHERE text = 'chủ viết'"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM attendance"), 3);
    assert_int_equal(count(db, "SELECT count(*) FROM attendance WHERE name = 'Chủ Tọa'"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM mails WHERE email = 'chu@a.vn'"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM sessions"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM group_members"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM feeds"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM attendance_marks WHERE reason <> ''"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM meetings WHERE search LIKE '%chu toa%'"), 1);
    assert_int_equal(count(db, "SELECT left_at - joined_at FROM attendance WHERE user_id = 5"),
                     60000000);
    /* the whole file, after old pages are gone */
    assert_int_equal(hop_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM;"
                                     "PRAGMA wal_checkpoint(TRUNCATE)"),
                     0);
    give(f, db);
    assert_true(g_file_get_contents(f->path, &bytes, &length, NULL));
    for (gsize i = 0; i + 2 <= length; i++)
        if ((memcmp(bytes + i, "Zq", 2) == 0 || memcmp(bytes + i, "zq", 2) == 0) &&
            (i + 2 == length || !g_ascii_isalnum(bytes[i + 2]) || !g_ascii_isalnum(bytes[i - 1])))
            fail_msg("left at %zu: %.*s", (size_t)i, 40, bytes + (i > 20 ? i - 20 : 0));
}

static void an_account_has_to_be_locked_first(void **state)
{
    struct answer a = { .error = 1 };

    fill(*state, "UPDATE users SET disabled = 0 WHERE id = 5");
    assert_int_equal(erase(*state, binh), -EBUSY);
    assert_int_equal(erase(*state, outside("binhZq@a.vn")), -EBUSY);
    assert_int_equal(export(*state, binh, &a), 0);
    assert_non_null(strstr(a.json, "Zq viết"));
    g_free(a.json);
}

static void chat_is_forgotten_by_its_age(void **state)
{
    struct fixture *f = *state;
    struct hop_db *db;
    int error = 1;

    fill(f, "");
    hop_store_chat_purge(f->store, 3, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    db = take(f);
    assert_int_equal(count(db, "SELECT count(*) FROM chat"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM chat WHERE at = 3"), 1);
    give(f, db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_his_is_exported, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_unknown_has_no_data, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_of_his_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(an_account_has_to_be_locked_first, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_is_forgotten_by_its_age, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
