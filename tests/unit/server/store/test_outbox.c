/* Who is told what, and how often: by the rows that a change of a meeting leaves. */
#include "server/store/outbox.h"

#include "server/store/migrations.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR ((int64_t)3600 * 1000000)
#define DAY  (24 * HOUR)
#define NOW  ((int64_t)1795419000 * 1000000) /* 23 November 2026, 07:30 UTC */

struct fixture {
    char *dir;
    struct hop_db *db;
};

static void sql(struct hop_db *db, const char *text)
{
    if (hop_db_exec(db, text) != 0)
        fail_msg("%s: %s", text, sqlite3_errmsg(db->sql));
}

static int64_t number(struct hop_db *db, const char *text)
{
    sqlite3_stmt *stmt;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static void assert_number(struct hop_db *db, const char *text, int64_t expected)
{
    int64_t value = number(db, text);

    if (value != expected)
        fail_msg("%s: %lld, and not %lld", text, (long long)value, (long long)expected);
}

/* A weekly meeting of three times, with an account, a group, a guest, and a site without address.
 */
static void add_meeting(struct hop_db *db)
{
    char *text = g_strdup_printf(
        "INSERT INTO users (id, username, name, password_hash, email, language, created_at) VALUES"
        " (1, 'an', 'Nguyễn Văn An', '', 'an@x.vn', 'vi', 0);"
        "INSERT INTO rooms (id, code, title, created_at) VALUES (1, 'abc', 'Giao ban', 0);"
        "INSERT INTO meetings (id, room_id, uid, title, description, starts_at, ends_at, time_zone,"
        " created_by, created_at, changed_at, rrule) VALUES (1, 1, 'u@hop', 'Giao ban', '',"
        " %lld, %lld, 'Asia/Ho_Chi_Minh', 1, 0, 0, 'FREQ=WEEKLY;COUNT=3');",
        (long long)(NOW + DAY), (long long)(NOW + DAY + HOUR));

    sql(db, text);
    g_free(text);
    for (int64_t i = 0; i < 3; i++)
        assert_true(hop_db_run(db,
                               "INSERT INTO occurrences (meeting_id, stamp, starts_at, ends_at)"
                               " VALUES (1, ?, ?, ?)",
                               "iii", NOW + DAY + i * 7 * DAY, NOW + DAY + i * 7 * DAY,
                               NOW + DAY + i * 7 * DAY + HOUR) == 1);
    sql(db, "INSERT INTO invitees (id, meeting_id, position, kind, ref, name, email, role) VALUES"
            " (1, 1, 0, 0, 1, 'old name', 'old@x.vn', 0), (2, 1, 1, 1, 9, 'a group', '', 2),"
            " (3, 1, 2, 3, 0, 'Khách', 'guest@y.vn', 3), (4, 1, 3, 4, 0, 'Điểm cầu', '', 2)");
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    char *path;

    f->dir = g_dir_make_tmp("hop-outbox-XXXXXX", NULL);
    path = g_build_filename(f->dir, "hop.db", NULL);
    assert_int_equal(hop_db_open(path, &f->db), 0);
    assert_int_equal(hop_migrations_run(f->db, NULL), 0);
    g_free(path);
    add_meeting(f->db);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = { "hop.db", "hop.db-wal", "hop.db-shm" };
    struct fixture *f = *state;

    hop_db_close(f->db);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_build_filename(f->dir, names[i], NULL);

        g_remove(path);
        g_free(path);
    }
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static int tell(struct fixture *f)
{
    return hop_outbox_sync(f->db, 1, NOW);
}

static void all_went_out(struct fixture *f)
{
    sql(f->db, "UPDATE mails SET state = 3, sent_at = 1 WHERE state < 3");
}

static void whoever_has_an_address_is_invited_once(void **state)
{
    struct fixture *f = *state;

    sql(f->db, "UPDATE meetings SET draft = 1");
    assert_int_equal(tell(f), 0);
    sql(f->db, "UPDATE meetings SET draft = 0");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 0 AND state = 0", 2);
    /* the account as it is, not as it was when it was invited */
    assert_number(f->db,
                  "SELECT count(*) FROM mails WHERE invitee_id = 1 AND email = 'an@x.vn' AND"
                  " name = 'Nguyễn Văn An' AND language = 'vi'",
                  1);
    assert_number(f->db, "SELECT count(*) FROM invitees WHERE mail = 1", 2);
    assert_int_equal(tell(f), 0);
    all_went_out(f);
    assert_int_equal(tell(f), 0);
    assert_number(f->db, "SELECT count(*) FROM mails", 2);
    assert_number(f->db, "SELECT count(*) FROM mail_events", 1);
}

static void a_change_is_told_to_all(void **state)
{
    struct fixture *f = *state;

    tell(f);
    all_went_out(f);
    sql(f->db, "UPDATE meetings SET title = 'Giao ban mới', sequence = 1");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1 AND before_id = 1 AND stamp = 0",
                  2);
    /* and a second one before the first went out replaces it: what was told is still the first */
    sql(f->db, "UPDATE meetings SET title = 'Giao ban khác', sequence = 2");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1", 2);
    assert_number(f->db,
                  "SELECT count(*) FROM mails t JOIN mail_events e ON e.id = t.event_id WHERE"
                  " t.why = 1 AND t.before_id = 1 AND e.title = 'Giao ban khác' AND e.sequence = 2",
                  2);
    /* but not while it is being sent */
    sql(f->db, "UPDATE mails SET state = 1 WHERE state = 0 AND invitee_id = 1");
    sql(f->db, "UPDATE meetings SET title = 'Giao ban', sequence = 3");
    tell(f);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1 AND invitee_id = 1", 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1 AND invitee_id = 3", 1);
}

static void an_invitation_that_waits_says_what_is_new(void **state)
{
    struct fixture *f = *state;

    tell(f);
    sql(f->db, "UPDATE meetings SET place = 'Phòng 5', sequence = 1");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails", 2);
    assert_number(f->db,
                  "SELECT count(*) FROM mails t JOIN mail_events e ON e.id = t.event_id WHERE"
                  " t.why = 0 AND t.before_id = 0 AND e.place = 'Phòng 5'",
                  2);
}

static void single_occurrences(void **state)
{
    struct fixture *f = *state;
    char *text = g_strdup_printf("UPDATE occurrences SET changed = 1, starts_at = starts_at + 1800,"
                                 " title = 'Khác' WHERE stamp = %lld",
                                 (long long)(NOW + 8 * DAY));

    tell(f);
    all_went_out(f);
    sql(f->db, text);
    assert_int_equal(tell(f), 2);
    assert_int_equal(number(f->db, "SELECT stamp FROM mails WHERE why = 1 AND invitee_id = 3"),
                     NOW + 8 * DAY);
    g_free(text);
    /* another one is told besides, the series is not sent anew */
    text = g_strdup_printf("UPDATE occurrences SET cancelled = 1 WHERE stamp = %lld",
                           (long long)(NOW + 15 * DAY));
    sql(f->db, text);
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1 AND stamp <> 0", 4);
    g_free(text);
    all_went_out(f);
    /* as the rule says again: only the whole series can tell that */
    sql(f->db, "UPDATE occurrences SET changed = 0, cancelled = 0");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 1 AND stamp = 0", 2);
}

static void who_leaves_the_list(void **state)
{
    struct fixture *f = *state;

    tell(f);
    sql(f->db, "UPDATE mails SET state = 3 WHERE invitee_id = 3");
    sql(f->db, "DELETE FROM invitees WHERE id IN (1, 3)");
    assert_int_equal(tell(f), 1);
    /* he who had not been told yet hears nothing at all */
    assert_number(f->db, "SELECT count(*) FROM mails WHERE invitee_id = 1", 0);
    assert_number(f->db,
                  "SELECT count(*) FROM mails WHERE invitee_id = 3 AND why = 2 + 1 AND"
                  " email = 'guest@y.vn' AND name = 'Khách'",
                  1);
    assert_int_equal(tell(f), 0);
}

static void a_corrected_address(void **state)
{
    struct fixture *f = *state;

    tell(f);
    all_went_out(f);
    sql(f->db, "UPDATE invitees SET email = 'right@y.vn' WHERE id = 3");
    assert_int_equal(tell(f), 2);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 3 AND email = 'guest@y.vn'", 1);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 0 AND email = 'right@y.vn'", 1);
    assert_int_equal(tell(f), 0);
}

static void a_cancelled_meeting(void **state)
{
    struct fixture *f = *state;

    tell(f);
    sql(f->db, "UPDATE mails SET state = 3 WHERE invitee_id = 3");
    sql(f->db, "UPDATE meetings SET cancelled = 1, sequence = 1");
    assert_int_equal(tell(f), 1);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 2 AND invitee_id = 3", 1);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE invitee_id = 1", 0);
    assert_int_equal(tell(f), 0);
}

static void what_is_over_is_not_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hop_outbox_sync(f->db, 1, NOW + 30 * DAY), 0);
    assert_number(f->db, "SELECT count(*) FROM mails", 0);
    assert_int_equal(hop_outbox_sync(f->db, 77, NOW), 0);
}

static void reminders_once_for_each_time(void **state)
{
    static const int minutes[] = { 1440, 15 };
    struct fixture *f = *state;

    hop_outbox_sync(f->db, 1, NOW - 10 * DAY);
    all_went_out(f);
    sql(f->db, "UPDATE invitees SET rsvp = 2 WHERE id = 3"); /* declined */
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW - HOUR), 0);
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW), 1);
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW + HOUR), 0);
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW + DAY - HOUR / 4), 1);
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW + DAY - 1), 0);
    assert_number(f->db, "SELECT count(*) FROM mails WHERE why = 4 AND invitee_id = 1", 2);
    assert_int_equal(number(f->db, "SELECT min(stamp) FROM mails WHERE why = 4"), NOW + DAY);
    /* the next of the series, found late: only the nearer reminder */
    assert_int_equal(hop_outbox_remind(f->db, minutes, 2, NOW + 8 * DAY - HOUR / 8), 1);
}

static void who_was_just_told_is_not_reminded(void **state)
{
    static const int minutes[] = { 1440 };
    struct fixture *f = *state;

    hop_outbox_sync(f->db, 1, NOW + HOUR);
    all_went_out(f);
    assert_int_equal(hop_outbox_remind(f->db, minutes, 1, NOW + 2 * HOUR), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoever_has_an_address_is_invited_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_is_told_to_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invitation_that_waits_says_what_is_new, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(single_occurrences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_leaves_the_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_corrected_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_meeting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_over_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reminders_once_for_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_just_told_is_not_reminded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
