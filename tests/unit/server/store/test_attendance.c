/* Stays, marks and tests of lines as they are kept; the door of a meeting; who may read of it. */
#include "tests/unit/server/store/support.h"

#include "server/store/attendance.h"
#include "server/store/door.h"

#include <errno.h>

#define S INT64_C(1000000)

/* What other modules write: a meeting of a unit, an account in it, a link. */
static void fill(struct fixture *f)
{
    struct hop_db *db = NULL;

    hop_store_close(f->store);
    assert_int_equal(hop_db_open(f->path, &db), 0);
    assert_int_equal(
        hop_db_exec(
            db,
            "INSERT INTO units (id, parent_id, name) VALUES (1, NULL, 'Tỉnh'), (2, 1, 'Sở Y tế'),"
            " (3, 1, 'Sở Tài chính');"
            "INSERT INTO users (id, username, name, title, password_hash, created_at, unit_id,"
            " roles) VALUES (5, 'binh', 'Lê Bình', 'Chuyên viên', '', 1, 2, 8),"
            " (6, 'chu', 'Chủ Tọa', '', '', 1, 1, 8), (7, 'shut', 'Đã Khóa', '', '', 1, 2, 8);"
            "UPDATE users SET disabled = 1 WHERE id = 7;"
            "INSERT INTO rooms (id, code, title, created_at) VALUES (9, 'abc', 'Giao ban', 1);"
            "INSERT INTO meetings (id, room_id, uid, title, starts_at, ends_at, time_zone,"
            " created_at, changed_at, unit_id, lobby, opens_by_itself, muted, chair_id)"
            " VALUES (3, 9, 'u@hop', 'Giao ban', 100000000, 200000000, 'Asia/Ho_Chi_Minh', 1, 1, 2,"
            " 1, 0, 1, 6);"
            "INSERT INTO occurrences (meeting_id, stamp, starts_at, ends_at) VALUES"
            " (3, 90000000, 100000000, 200000000), (3, 900000000, 900000000, 950000000);"
            "INSERT INTO invitees (id, meeting_id, position, kind, ref, name, unit_name, role,"
            " attendees, token_hash) VALUES"
            " (11, 3, 0, 0, 5, '', '', 2, 1, zeroblob(32)),"
            " (12, 3, 1, 4, 0, 'Điểm cầu Hà Giang', 'UBND', 5, 30,"
            "  x'0101010101010101010101010101010101010101010101010101010101010101'),"
            " (13, 3, 2, 0, 7, '', '', 2, 1,"
            "  x'0202020202020202020202020202020202020202020202020202020202020202');"),
        0);
    hop_db_close(db);
    f->store = open_store(f->path);
}

static void done(void *ctx, int error)
{
    *(int *)ctx = error;
}

static int save(struct fixture *f, const char *id, int64_t joined_us, int64_t left_us,
                int64_t invite_id)
{
    struct hop_participant_record who = { .room_key = 9, .invite_id = invite_id, .site = 1 };
    struct hop_attendance_record stay = { .room_key = 9,
                                          .occurrence_us = 90000000,
                                          .who = &who,
                                          .joined_at_us = joined_us,
                                          .left_at_us = left_us };
    int error = 1;

    g_strlcpy(who.id, id, sizeof(who.id));
    g_strlcpy(who.name, "A", sizeof(who.name));
    g_strlcpy(who.role, "guest", sizeof(who.role));
    hop_store_stay_save(f->store, &stay, done, &error);
    hop_store_flush(f->store);
    return error;
}

struct list {
    int error;
    guint invitees, stays, marks;
    int64_t left_us[8], occurrence_us;
    char chair[32], names[256];
};

static void listed(void *ctx, int error, const struct hop_store_attendance *a)
{
    struct list *list = ctx;

    list->error = error;
    list->invitees = a->invitees->len;
    list->stays = a->stays->len;
    list->marks = a->marks->len;
    list->occurrence_us = a->occurrence_us;
    g_strlcpy(list->chair, a->chair, sizeof(list->chair));
    for (guint i = 0; i < a->invitees->len; i++)
        g_strlcat(list->names, g_array_index(a->invitees, struct hop_store_invitee, i).name,
                  sizeof(list->names));
    for (guint i = 0; i < a->stays->len && i < 8; i++)
        list->left_us[i] = g_array_index(a->stays, struct hop_store_stay, i).left_us;
}

static struct list get(struct fixture *f, struct hop_store_attendance_query query)
{
    struct list list = { .error = 1 };

    hop_store_attendance_get(f->store, &query, listed, &list);
    hop_store_flush(f->store);
    return list;
}

static void stays_and_marks(void **state)
{
    struct fixture *f = *state;
    struct hop_attendance_mark mark = { .room_key = 9,
                                        .occurrence_us = 90000000,
                                        .person = "i12",
                                        .state = "absent",
                                        .reason = "",
                                        .by = "An" };
    struct list list;
    int error = 1;

    fill(f);
    assert_int_equal(save(f, "p1", 100 * S, 0, 12), 0);
    assert_int_equal(save(f, "p1", 100 * S, 150 * S, 12), 0); /* the same stay has ended */
    assert_int_equal(save(f, "p1", 160 * S, 0, 12), 0);
    hop_store_attendance_mark(f->store, &mark, 1, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    mark.person = "i99";
    hop_store_attendance_mark(f->store, &mark, 1, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, -ENOENT);
    mark.person = "p1";
    hop_store_attendance_mark(f->store, &mark, 1, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    list = get(f, (struct hop_store_attendance_query){ .room_id = 9, .now_us = 120 * S });
    assert_int_equal(list.error, 0);
    assert_int_equal(list.occurrence_us, 90000000);
    assert_int_equal(list.stays, 2);
    assert_int_equal(list.left_us[0], 150 * S);
    assert_int_equal(list.left_us[1], 0);
    assert_int_equal(list.marks, 2);
    assert_int_equal(list.invitees, 3);
    assert_string_equal(list.chair, "Chủ Tọa");
    assert_string_equal(list.names, "Lê BìnhĐiểm cầu Hà GiangĐã Khóa");
    list = get(f, (struct hop_store_attendance_query){ .meeting_id = 3, .occurrence_us = 900 * S });
    assert_int_equal(list.stays, 0);
    list = get(f, (struct hop_store_attendance_query){ .meeting_id = 3, .occurrence_us = 7 });
    assert_int_equal(list.error, -ENOENT);
}

/* After kill -9 a stay ends when the server was last alive. */
static void mended(void **state)
{
    struct fixture *f = *state;
    struct list list;
    int error = 1;

    fill(f);
    assert_int_equal(save(f, "p1", 100 * S, 0, 0), 0);
    assert_int_equal(save(f, "p2", 100 * S, 110 * S, 0), 0);
    hop_store_alive(f->store, 130 * S, NULL, NULL);
    hop_store_alive(f->store, 131 * S, NULL, NULL);
    hop_store_stays_mend(f->store, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    list = get(f, (struct hop_store_attendance_query){ .room_id = 9 });
    assert_int_equal(list.left_us[0], 131 * S);
    assert_int_equal(list.left_us[1], 110 * S);
    hop_store_attendance_purge(f->store, 120 * S, done, &error);
    hop_store_flush(f->store);
    assert_int_equal(get(f, (struct hop_store_attendance_query){ .room_id = 9 }).stays, 1);
}

static void who_may_read(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct hop_store_asker asker;
        int error;
    } cases[] = {
        { { .user_id = 99, .administrator = true }, 0 },
        { { .user_id = 6 }, 0 },                                   /* chairs it */
        { { .user_id = 5, .unit_id = 2 }, -ENOENT },               /* only takes part */
        { { .user_id = 98, .unit_id = 2, .secretary = true }, 0 }, /* of its unit */
        { { .user_id = 98, .unit_id = 1, .secretary = true }, 0 }, /* of one above */
        { { .user_id = 98, .unit_id = 3, .secretary = true }, -ENOENT },
        { { .user_id = 98, .unit_id = 2 }, -ENOENT },
    };

    fill(f);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(
            get(f, (struct hop_store_attendance_query){ .meeting_id = 3, .asker = cases[i].asker })
                .error,
            cases[i].error);
}

static void opened(void *ctx, int error, const struct hop_store_door *door)
{
    assert_int_equal(error, 0);
    *(struct hop_store_door *)ctx = *door;
}

static struct hop_store_door door(struct fixture *f, int64_t user_id, int token)
{
    struct hop_store_door_query query = {
        .room_id = 9, .meeting_id = 3, .starts_us = 100000000, .user_id = user_id
    };
    struct hop_store_door out = { .invite_id = -1 };

    query.has_token = token >= 0;
    memset(query.token_hash, token, sizeof(query.token_hash));
    hop_store_door_find(f->store, &query, opened, &out);
    hop_store_flush(f->store);
    return out;
}

static void the_door(void **state)
{
    struct fixture *f = *state;
    struct hop_store_door d;

    fill(f);
    d = door(f, 0, -1);
    assert_int_equal(d.invite_id, 0);
    assert_int_equal(d.settings.lobby, HOP_LOBBY_GUESTS);
    assert_true(d.settings.muted);
    assert_false(d.settings.opens_by_itself);
    assert_true(d.led);
    assert_int_equal(d.occurrence_us, 90000000);
    d = door(f, 5, -1); /* by his account */
    assert_int_equal(d.invite_id, 11);
    assert_string_equal(d.role, "delegate");
    assert_string_equal(d.unit, "Sở Y tế");
    assert_string_equal(d.title, "Chuyên viên");
    d = door(f, 6, -1); /* named, not invited */
    assert_string_equal(d.role, "chair");
    d = door(f, 0, 1); /* by a link */
    assert_int_equal(d.invite_id, 12);
    assert_string_equal(d.name, "Điểm cầu Hà Giang");
    assert_string_equal(d.role, "technician");
    assert_int_equal(d.attendees, 30);
    assert_true(door(f, 0, 2).bad_token); /* of an account that is shut */
    assert_true(door(f, 0, 3).bad_token);
}

static void tested(void *ctx, int error, const struct hop_store_line_test *tests, size_t n)
{
    int *out = ctx;

    *out = error != 0 ? error : (int)n;
    if (n > 0)
        assert_string_equal(tests[0].result, "{\"up_kbps\":2}");
}

static void line_tests(void **state)
{
    struct fixture *f = *state;
    struct hop_store_line_test test = { .meeting_id = 3, .invite_id = 12, .at_us = 5 };
    struct hop_store_asker chair = { .user_id = 6 };
    struct hop_store_asker other = { .user_id = 5, .unit_id = 2 };
    int result = 1;

    fill(f);
    for (int i = 1; i <= 2; i++) {
        char text[32];

        g_snprintf(text, sizeof(text), "{\"up_kbps\":%d}", i);
        test.result = text;
        hop_store_line_test_add(f->store, &test, done, &result);
    }
    hop_store_line_tests(f->store, 3, &chair, tested, &result);
    hop_store_flush(f->store);
    assert_int_equal(result, 2);
    hop_store_line_tests(f->store, 3, &other, tested, &result);
    hop_store_flush(f->store);
    assert_int_equal(result, -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stays_and_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(mended, setup, teardown),
        cmocka_unit_test_setup_teardown(who_may_read, setup, teardown),
        cmocka_unit_test_setup_teardown(the_door, setup, teardown),
        cmocka_unit_test_setup_teardown(line_tests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
