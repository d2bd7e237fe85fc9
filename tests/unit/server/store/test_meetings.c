/* Meetings: sequence, cancelling, lists by time, and that new times reopen an ended one. */
#include "tests/unit/server/store/support.h"

#include "server/store/meetings.h"

#include <errno.h>

struct answer {
    int error;
    struct hop_store_meeting m;
    char description[64];
    char titles[256];
};

static void got(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct answer *a = ctx;

    a->error = error;
    a->m = *m;
    g_strlcpy(a->description, m->description ? m->description : "", sizeof(a->description));
}

static void listed(void *ctx, int error, const struct hop_store_meeting *const *m, size_t n)
{
    struct answer *a = ctx;

    a->error = error;
    a->titles[0] = '\0';
    for (size_t i = 0; i < n; i++)
        g_strlcat(a->titles, m[i]->title, sizeof(a->titles));
}

static struct answer add(struct fixture *f, const char *title, int64_t starts, int64_t ends)
{
    struct hop_store_meeting m = { .starts_us = starts, .ends_us = ends };
    struct answer a = { .error = 1 };

    g_strlcpy(m.title, title, sizeof(m.title));
    g_strlcpy(m.code, title, sizeof(m.code));
    g_snprintf(m.uid, sizeof(m.uid), "%s@hop", title);
    g_strlcpy(m.time_zone, "Asia/Ho_Chi_Minh", sizeof(m.time_zone));
    hop_store_meeting_add(f->store, &m, 1, 500, got, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    return a;
}

static struct answer change(struct fixture *f, int64_t id, struct hop_store_meeting_change c,
                            int64_t now)
{
    struct answer a = { .error = 1 };

    hop_store_meeting_change(f->store, id, &c, now, got, &a);
    hop_store_flush(f->store);
    return a;
}

static void a_change_raises_the_sequence_once(void **state)
{
    struct fixture *f = *state;
    struct answer a = add(f, "T", 1000, 2000);
    int64_t id = a.m.id;

    assert_int_equal(a.m.sequence, 0);
    a = change(f, id, (struct hop_store_meeting_change){ .title = "U", .starts_us = 1500 }, 700);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.m.sequence, 1);
    assert_string_equal(a.m.title, "U");
    assert_int_equal(a.m.changed_us, 700);
    a = change(f, id, (struct hop_store_meeting_change){ .title = "U" }, 800);
    assert_int_equal(a.m.sequence, 1);
    a = change(f, id, (struct hop_store_meeting_change){ .ends_us = 1400 }, 800);
    assert_int_equal(a.error, -ERANGE);
    a = change(f, id + 1, (struct hop_store_meeting_change){ .title = "U" }, 800);
    assert_int_equal(a.error, -ENOENT);
    a = change(f, id, (struct hop_store_meeting_change){ .description = "Họp" }, 900);
    assert_int_equal(a.m.sequence, 2);
    assert_string_equal(a.description, "Họp");
}

static void cancelled_stays_cancelled(void **state)
{
    struct fixture *f = *state;
    struct answer a = add(f, "T", 1000, 2000);
    int64_t id = a.m.id;

    for (int i = 0; i < 2; i++) {
        hop_store_meeting_cancel(f->store, id, 600, got, &a);
        hop_store_flush(f->store);
        assert_int_equal(a.error, 0);
        assert_true(a.m.cancelled);
        assert_int_equal(a.m.sequence, 1);
    }
    a = change(f, id, (struct hop_store_meeting_change){ .title = "U" }, 700);
    assert_int_equal(a.error, -ECANCELED);
}

static void ended_then(void *ctx, int error)
{
    *(int *)ctx = error;
}

static void new_times_reopen(void **state)
{
    struct fixture *f = *state;
    struct answer a = add(f, "T", 1000, 2000);
    int error = 1;

    hop_store_room_end(f->store, a.m.room_id, 1800, ended_then, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    a = change(f, a.m.id, (struct hop_store_meeting_change){ .title = "V" }, 1900);
    assert_int_equal(a.m.ended_us, 1800);
    a = change(f, a.m.id, (struct hop_store_meeting_change){ .starts_us = 3000, .ends_us = 4000 },
               1900);
    assert_int_equal(a.m.ended_us, 0);
}

static void lists_what_overlaps(void **state)
{
    struct fixture *f = *state;
    struct answer a = { 0 };

    add(f, "B", 2000, 3000);
    add(f, "A", 1000, 2000);
    add(f, "C", 3000, 4000);
    hop_store_meeting_list(f->store, 0, 0, listed, &a);
    hop_store_flush(f->store);
    assert_string_equal(a.titles, "ABC");
    hop_store_meeting_list(f->store, 1999, 3000, listed, &a);
    hop_store_flush(f->store);
    assert_string_equal(a.titles, "AB");
    hop_store_meeting_list(f->store, 2000, 2001, listed, &a);
    hop_store_flush(f->store);
    assert_string_equal(a.titles, "B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_raises_the_sequence_once, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled_stays_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(new_times_reopen, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_what_overlaps, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
