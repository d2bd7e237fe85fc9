/* From stays to people, in virtual time: who, when, how long; and the same as JSON, table, page. */
#include "server/attendance.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S     INT64_C(1000000)
#define START (INT64_C(1795420800) * S) /* 2026-11-23T08:00:00Z, 15:00 in Hà Nội */

struct fixture {
    struct hop_store_attendance source;
    struct hop_attendance a;
};

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->source = (struct hop_store_attendance){
        .meeting_id = 7, .occurrence_us = START, .starts_us = START, .ends_us = START + 7200 * S
    };
    g_strlcpy(f->source.title, "Giao ban tuần", sizeof(f->source.title));
    g_strlcpy(f->source.time_zone, "Asia/Ho_Chi_Minh", sizeof(f->source.time_zone));
    g_strlcpy(f->source.chair, "Nguyễn Văn An", sizeof(f->source.chair));
    f->source.invitees = g_array_new(FALSE, FALSE, sizeof(struct hop_store_invitee));
    f->source.stays = g_array_new(FALSE, FALSE, sizeof(struct hop_store_stay));
    f->source.marks = g_array_new(FALSE, FALSE, sizeof(struct hop_store_attendance_mark));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->a.people != NULL)
        hop_attendance_clear(&f->a);
    g_array_unref(f->source.invitees);
    g_array_unref(f->source.stays);
    g_array_unref(f->source.marks);
    g_free(f);
    return 0;
}

static void invite(struct fixture *f, int64_t id, enum hop_invitee_kind kind, int64_t ref,
                   const char *name, unsigned attendees)
{
    struct hop_store_invitee i = {
        .id = id, .kind = kind, .ref = ref, .role = HOP_INVITED_DELEGATE, .attendees = attendees
    };

    g_strlcpy(i.name, name, sizeof(i.name));
    g_array_append_val(f->source.invitees, i);
}

/* Seconds after the start; until 0: still there. */
static struct hop_store_stay *stay(struct fixture *f, int64_t invite_id, int64_t user_id,
                                   const char *participant, int from, int until)
{
    struct hop_store_stay s = { .invite_id = invite_id,
                                .user_id = user_id,
                                .site = 1,
                                .joined_us = START + from * S,
                                .left_us = until != 0 ? START + until * S : 0 };

    g_strlcpy(s.participant, participant, sizeof(s.participant));
    g_strlcpy(s.name, "Người lạ", sizeof(s.name));
    g_strlcpy(s.role, "guest", sizeof(s.role));
    g_array_append_val(f->source.stays, s);
    return &g_array_index(f->source.stays, struct hop_store_stay, f->source.stays->len - 1);
}

static void mark(struct fixture *f, const char *person, const char *state, char *reason, int people)
{
    struct hop_store_attendance_mark m = { .reason = reason, .attendees = people };

    g_strlcpy(m.person, person, sizeof(m.person));
    g_strlcpy(m.state, state, sizeof(m.state));
    g_array_append_val(f->source.marks, m);
}

static const struct hop_attendee *compute(struct fixture *f, int now, guint i)
{
    if (f->a.people != NULL)
        hop_attendance_clear(&f->a);
    hop_attendance_compute(&f->source, START + now * S, &f->a);
    assert_true(i < f->a.people->len);
    return &g_array_index(f->a.people, struct hop_attendee, i);
}

static void gaps_and_overlaps(void **state)
{
    struct fixture *f = *state;
    const struct hop_attendee *p;

    invite(f, 12, HOP_INVITEE_USER, 5, "Trần Thị Bích", 1);
    stay(f, 12, 0, "p1", 10, 70);
    stay(f, 12, 0, "p1", 100, 130); /* away for 30 s */
    stay(f, 0, 5, "p2", 120, 200);  /* signed in on a second device meanwhile */
    stay(f, 12, 0, "p1", 150, 160); /* within that */
    p = compute(f, 300, 0);
    assert_int_equal(f->a.people->len, 1);
    assert_string_equal(p->person, "i12");
    assert_int_equal(p->seconds, 60 + 100);
    assert_int_equal(p->first_us, START + 10 * S);
    assert_int_equal(p->last_us, START + 200 * S);
    assert_false(p->here);
    assert_int_equal(p->state, HOP_PRESENT_ONLINE);
    assert_int_equal(p->stays->len, 4);
}

static void still_there(void **state)
{
    struct fixture *f = *state;
    const struct hop_attendee *p;

    stay(f, 0, 0, "p3", 5, 0);
    p = compute(f, 65, 0);
    assert_string_equal(p->person, "p3");
    assert_true(p->here);
    assert_int_equal(p->seconds, 60);
    assert_int_equal(p->last_us, 0);
    assert_int_equal(f->a.here, 1);
}

/* To the second: half of one is not lost over many short stays. */
static void rounded_once(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 10; i++) {
        struct hop_store_stay *s = stay(f, 0, 9, "p1", i * 10, i * 10 + 1);

        s->left_us += S / 2;
    }
    assert_int_equal(compute(f, 300, 0)->seconds, 15);
}

static void marks_and_counts(void **state)
{
    struct fixture *f = *state;
    const struct hop_attendee *p;

    invite(f, 1, HOP_INVITEE_SITE, 0, "Điểm cầu Hà Giang", 30);
    invite(f, 2, HOP_INVITEE_USER, 6, "Lê Văn Cường", 1);
    invite(f, 3, HOP_INVITEE_GUEST, 0, "Phạm Dũng", 1);
    invite(f, 4, HOP_INVITEE_GUEST, 0, "Vũ Em", 1);
    stay(f, 1, 0, "p1", 0, 100)->site = 25;
    stay(f, 1, 0, "p1", 110, 0)->site = 28;
    mark(f, "i2", "present_room", NULL, 0);
    mark(f, "i3", "absent", (char *)"Đi công tác", 0);
    p = compute(f, 200, 0);
    assert_int_equal(p->attendees, 28);
    p = compute(f, 200, 1);
    assert_int_equal(p->state, HOP_PRESENT_ROOM);
    assert_true(p->marked);
    p = compute(f, 200, 2);
    assert_string_equal(p->reason, "Đi công tác");
    assert_int_equal(f->a.count[HOP_PRESENT_ONLINE], 1);
    assert_int_equal(f->a.count[HOP_PRESENT_ROOM], 1);
    assert_int_equal(f->a.count[HOP_ABSENT], 1);
    assert_int_equal(f->a.count[HOP_NOT_MARKED], 1);
    assert_int_equal(f->a.attendees, 29);
    mark(f, "i1", "", NULL, 31); /* counted by hand, seen by the server */
    p = compute(f, 200, 0);
    assert_int_equal(p->attendees, 31);
    assert_false(p->marked);
}

static void as_json(void **state)
{
    struct fixture *f = *state;
    json_t *json;
    json_t *person;

    stay(f, 0, 5, "p1", 0, 3600);
    (void)compute(f, 7200, 0);
    json = hop_attendance_json(&f->a);
    person = json_array_get(json_object_get(json, "people"), 0);
    assert_string_equal(json_string_value(json_object_get(person, "person")), "u5");
    assert_int_equal(json_integer_value(json_object_get(person, "seconds")), 3600);
    assert_string_equal(json_string_value(json_object_get(person, "first_joined_at")),
                        "2026-11-23T08:00:00Z");
    assert_true(json_is_null(json_object_get(json_object_get(json, "meeting"), "secretary")));
    json_decref(json);
}

static void as_table(void **state)
{
    struct fixture *f = *state;
    GString *csv;

    invite(f, 1, HOP_INVITEE_GUEST, 0, "=HYPERLINK(\"http://x\")", 1);
    g_strlcpy(stay(f, 1, 0, "p1", 0, 3723)->admitted_by, "An, thư ký", 40);
    (void)compute(f, 7200, 0);
    csv = hop_attendance_csv(&f->a, "vi");
    assert_memory_equal(csv->str, "\xef\xbb\xbfSTT,", 7);
    assert_non_null(strstr(csv->str, "\"'=HYPERLINK(\"\"http://x\"\")\""));
    assert_non_null(strstr(csv->str, "23/11/2026 15:00:00,23/11/2026 16:02:03,1:02:03,1,giấy mời,"
                                     "\"An, thư ký\",\r\n"));
    g_string_free(csv, TRUE);
    csv = hop_attendance_csv(&f->a, "en");
    assert_non_null(strstr(csv->str, "Present online"));
    g_string_free(csv, TRUE);
}

/* The text as a reader takes it out of the page, Vietnamese letters and all. */
static void as_page(void **state)
{
    struct fixture *f = *state;
    GByteArray *pdf;
    g_autofree char *path = NULL;
    g_autofree char *command = NULL;
    g_autofree char *text = NULL;
    int fd;

    for (int i = 0; i < 120; i++) {
        char name[32];

        g_snprintf(name, sizeof(name), "Lê Ngưỡng %d", i);
        invite(f, i + 1, HOP_INVITEE_GUEST, 0, name, 1);
    }
    stay(f, 1, 0, "p1", 0, 60);
    (void)compute(f, 7200, 0);
    pdf = hop_attendance_pdf(&f->a, "vi");
    assert_non_null(pdf);
    assert_memory_equal(pdf->data, "%PDF-", 5);
    fd = g_file_open_tmp("hop-attendance-XXXXXX.pdf", &path, NULL);
    assert_true(fd >= 0);
    fclose(fdopen(fd, "w"));
    assert_true(g_file_set_contents(path, (const char *)pdf->data, pdf->len, NULL));
    g_byte_array_unref(pdf);
    command = g_strdup_printf("pdftotext -layout %s -", path);
    assert_true(g_spawn_command_line_sync(command, &text, NULL, NULL, NULL));
    assert_non_null(strstr(text, "DANH SÁCH ĐIỂM DANH"));
    assert_non_null(strstr(text, "Giao ban tuần"));
    assert_non_null(strstr(text, "Ngưỡng 119"));
    assert_non_null(strstr(text, "Trang 3"));
    assert_non_null(strstr(text, "CHỦ TỌA"));
    if (g_getenv("HOP_KEEP_PDF") == NULL)
        g_unlink(path);
    else
        printf("%s\n", path);
}

#define with_fixture(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(gaps_and_overlaps), with_fixture(still_there), with_fixture(rounded_once),
        with_fixture(marks_and_counts),  with_fixture(as_json),     with_fixture(as_table),
        with_fixture(as_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
