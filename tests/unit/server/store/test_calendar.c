/* Who sees which meetings in which time, who is busy, what collides; search without diacritics. */
#include "tests/unit/server/store/planned.h"

#include <errno.h>

static const struct hop_store_viewer administrator = { .user_id = 1,
                                                       .roles = HOP_ACCOUNT_ADMINISTRATOR };

/* ---- lists ----------------------------------------------------------------------------------- */

struct list {
    int error;
    size_t n;
    bool more, conflict;
    char titles[256];
};

static void listed(void *ctx, int error, const struct hop_store_listed *all, size_t n, bool more)
{
    struct list *list = ctx;

    *list = (struct list){ .error = error, .n = n, .more = more };
    for (size_t i = 0; i < n; i++) {
        g_strlcat(list->titles, all[i].meeting.title, sizeof(list->titles));
        list->conflict |= all[i].conflict;
    }
}

static struct list list(struct fixture *f, struct hop_store_list_query q)
{
    struct list found = { .error = 1 };

    if (q.limit == 0)
        q.limit = 100;
    if (q.to_us == 0)
        q.to_us = 1000 * DAY;
    hop_store_calendar_list(f->store, &q, listed, &found);
    hop_store_flush(f->store);
    assert_int_equal(found.error, 0);
    return found;
}

static void once(struct fixture *f, struct hop_store_meeting m)
{
    struct saved s = save_once(f, &m, 1);

    assert_int_equal(s.error, 0);
    hop_store_meeting_clear(&s.m);
}

static void lists_what_overlaps_by_start(void **state)
{
    struct fixture *f = *state;
    struct hop_store_meeting m = planned("S", 200 * DAY, 200 * DAY + HOUR);
    struct saved s;

    once(f, planned("B", 100 * DAY + 2 * HOUR, 100 * DAY + 3 * HOUR));
    once(f, planned("A", 100 * DAY, 100 * DAY + 2 * HOUR));
    once(f, planned("L", 90 * DAY, 120 * DAY));
    g_strlcpy(m.rrule, "FREQ=DAILY;COUNT=3", sizeof(m.rrule));
    s = save_series(f, &m, 3, DAY, 1);
    hop_store_meeting_clear(&s.m);
    struct hop_store_list_query q = { .viewer = administrator };
    assert_string_equal(list(f, q).titles, "LABSSS");
    q.from_us = 100 * DAY + 2 * HOUR;
    q.to_us = q.from_us + 1;
    assert_string_equal(list(f, q).titles, "LB");
    q = (struct hop_store_list_query){ .viewer = administrator, .limit = 2 };
    assert_string_equal(list(f, q).titles, "LA");
    assert_true(list(f, q).more);
    q.offset = 4;
    assert_string_equal(list(f, q).titles, "SS");
    assert_false(list(f, q).more);
}

static void search_ignores_case_and_diacritics(void **state)
{
    struct fixture *f = *state;
    struct hop_store_list_query q = { .viewer = administrator };
    struct hop_store_meeting m = planned("x1", DAY, DAY + HOUR), n = planned("x2", DAY, DAY + HOUR);

    g_strlcpy(m.title, "Giao ban Đảng ủy", sizeof(m.title));
    g_strlcpy(n.title, "100% '; DROP TABLE meetings; --", sizeof(n.title));
    g_strlcpy(n.place, "Hội trường", sizeof(n.place));
    once(f, m);
    once(f, n);
    q.search = "dang uy";
    assert_string_equal(list(f, q).titles, "Giao ban Đảng ủy");
    q.search = "HOI TRUONG";
    assert_int_equal(list(f, q).n, 1);
    q.search = "'; drop table";
    assert_int_equal(list(f, q).n, 1);
    q.search = "%";
    assert_int_equal(list(f, q).n, 1);
    q.search = "_";
    assert_int_equal(list(f, q).n, 0);
    q.search = "x";
    assert_int_equal(list(f, q).n, 2);
}

static void everybody_sees_what_is_his(void **state)
{
    struct fixture *f = *state;
    int64_t above = unit(f, "Tỉnh", 0), below = unit(f, "Huyện", above), other = unit(f, "Sở", 0);
    int64_t an = person(f, "an", below), binh = person(f, "binh", other);
    struct hop_store_viewer secretary = { 77, above, HOP_ACCOUNT_SECRETARY, { 0 } };
    struct hop_store_viewer official = { an, above, HOP_ACCOUNT_OFFICIAL, { 0 } };
    struct hop_store_viewer others = { binh, other, HOP_ACCOUNT_SECRETARY, { 0 } };
    struct hop_store_meeting m = planned("M", DAY, DAY + HOUR), d = planned("D", DAY, DAY + HOUR);
    struct hop_store_meeting t = planned("T", DAY, DAY + HOUR), n = planned("N", DAY, DAY + HOUR);
    struct saved s, r;

    m.unit_id = d.unit_id = t.unit_id = below;
    invite(&m, HOP_INVITEE_USER, an, "");
    invite(&d, HOP_INVITEE_USER, an, "");
    d.draft = t.template = true;
    s = save_once(f, &m, 1);
    once(f, d);
    once(f, t);
    once(f, n);
    struct hop_store_list_query q = { .viewer = administrator };
    assert_int_equal(list(f, q).n, 3);
    q.viewer = secretary;
    assert_string_equal(list(f, q).titles, "MD");
    q.templates = true;
    assert_string_equal(list(f, q).titles, "T");
    q.templates = false;
    q.mine = true;
    assert_int_equal(list(f, q).n, 0);
    q = (struct hop_store_list_query){ .viewer = official };
    assert_string_equal(list(f, q).titles, "M");
    q.viewer = others;
    assert_int_equal(list(f, q).n, 0);
    q = (struct hop_store_list_query){ .viewer = administrator, .unit_id = above };
    assert_string_equal(list(f, q).titles, "MD");
    q = (struct hop_store_list_query){ .viewer = administrator, .user_id = an };
    assert_string_equal(list(f, q).titles, "MD");
    q = (struct hop_store_list_query){ .viewer = administrator,
                                       .states = 1u << HOP_OCCURRENCE_DRAFT };
    assert_string_equal(list(f, q).titles, "D");
    /* and the meeting itself */
    r = get(f, s.m.id, &secretary);
    assert_int_equal(r.m.right, HOP_MEETING_CHANGE);
    hop_store_meeting_clear(&r.m);
    r = get(f, s.m.id, &official);
    assert_int_equal(r.m.right, HOP_MEETING_READ);
    hop_store_meeting_clear(&r.m);
    r = get(f, s.m.id, &others);
    assert_int_equal(r.error, -ENOENT);
    hop_store_meeting_clear(&r.m);
    hop_store_meeting_clear(&s.m);
}

static void a_secretary_plans_only_for_his_unit(void **state)
{
    struct fixture *f = *state;
    int64_t mine = unit(f, "Tỉnh", 0), below = unit(f, "Huyện", mine), other = unit(f, "Sở", 0);
    struct hop_store_viewer secretary = { 77, mine, HOP_ACCOUNT_SECRETARY, { 0 } };
    const int64_t units[] = { mine, below, other };
    const int errors[] = { 0, 0, -EPERM };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autofree char *title = g_strdup_printf("M%zu", i);
        struct hop_store_meeting m = planned(title, DAY, DAY + HOUR);
        struct hop_store_save save = {
            .meeting = &m, .minter = { .mint = count_up }, .viewer = &secretary, .now_us = 1
        };
        struct saved s = { .error = 1 };

        m.unit_id = units[i];
        hop_store_meeting_save(f->store, &save, on_saved, &s);
        hop_store_flush(f->store);
        assert_int_equal(s.error, errors[i]);
        assert_string_equal(s.member, errors[i] != 0 ? "unit" : "");
        hop_store_meeting_clear(&m);
        hop_store_meeting_clear(&s.m);
    }
}

/* ---- busy ------------------------------------------------------------------------------------ */

struct busy {
    int error;
    GString *text;
};

static void found_busy(void *ctx, int error, const struct hop_store_busy *all, size_t n)
{
    struct busy *b = ctx;

    b->error = error;
    for (size_t i = 0; i < n; i++) {
        g_string_append_printf(b->text, "%c%d:", all[i].resource ? 'r' : 'u', (int)all[i].id);
        for (size_t k = 0; k < all[i].n; k++)
            g_string_append_printf(b->text, "%d-%d ", (int)(all[i].spans[k].from_us / HOUR),
                                   (int)(all[i].spans[k].to_us / HOUR));
    }
}

static void assert_busy(struct fixture *f, const int64_t *users, size_t n, int64_t thing,
                        int64_t from, int64_t to, const char *wanted)
{
    struct busy b = { 1, g_string_new(NULL) };

    hop_store_freebusy(f->store, users, n, &thing, 1, from, to, found_busy, &b);
    hop_store_flush(f->store);
    assert_int_equal(b.error, 0);
    assert_string_equal(b.text->str, wanted);
    g_string_free(b.text, TRUE);
}

static void answered(void *ctx, int error, int64_t meeting, const struct hop_store_invitee *i)
{
    (void)meeting;
    (void)i;
    *(int *)ctx = error;
}

static void busy_is_who_has_to_come_and_has_not_declined(void **state)
{
    struct fixture *f = *state;
    int64_t an = person(f, "an", 0), binh = person(f, "binh", 0), hall = thing(f, "Hội trường");
    const int64_t both[] = { an, binh, 999 };
    struct hop_store_meeting m = planned("M", 10 * HOUR, 12 * HOUR);
    struct hop_store_meeting d = planned("D", 14 * HOUR, 15 * HOUR);
    struct hop_store_meeting l = planned("L", HOUR, 240 * HOUR);
    struct saved s;
    int error = 1;

    invite(&m, HOP_INVITEE_USER, an, "");
    g_array_append_val(m.resources, hall);
    m.organizer.id = binh;
    invite(&d, HOP_INVITEE_USER, an, "");
    d.draft = true;
    invite(&l, HOP_INVITEE_USER, binh, "");
    s = save_once(f, &m, 1);
    once(f, d);
    once(f, l);
    /* the organizer need not be there, a draft binds nobody, a long one is found in its middle */
    assert_busy(f, both, 3, hall, 9 * HOUR, 24 * HOUR, "u1:10-12 u2:1-240 r1:10-12 ");
    assert_busy(f, both, 3, hall, 12 * HOUR, 24 * HOUR, "u1:u2:1-240 r1:");
    assert_busy(f, both, 3, hall, 200 * HOUR, 201 * HOUR, "u1:u2:1-240 r1:");
    hop_store_invitee_answer(f->store, s.m.id,
                             g_array_index(s.m.invitees, struct hop_store_invitee, 0).id,
                             HOP_RSVP_DECLINED, "bận", 5, answered, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    assert_busy(f, both, 3, hall, 9 * HOUR, 24 * HOUR, "u1:u2:1-240 r1:10-12 ");
    hop_store_meeting_clear(&s.m);
}

struct conflicts {
    int error;
    size_t n;
    struct hop_store_conflict first;
};

static void found_conflicts(void *ctx, int error, const struct hop_store_conflict *all, size_t n,
                            bool more)
{
    struct conflicts *c = ctx;

    assert_false(more);
    *c = (struct conflicts){ .error = error, .n = n };
    if (n > 0)
        c->first = all[0];
}

static void conflicts_name_whom_and_what_he_may_know(void **state)
{
    struct fixture *f = *state;
    int64_t an = person(f, "an", 0), hall = thing(f, "Hội trường");
    struct hop_store_span times[] = { { 9 * HOUR, 10 * HOUR }, { 35 * HOUR, 36 * HOUR } };
    struct hop_store_conflict_query q = { .viewer = administrator,
                                          .times = times,
                                          .n_times = 2,
                                          .users = &an,
                                          .n_users = 1,
                                          .resources = &hall,
                                          .n_resources = 1 };
    struct hop_store_list_query l = { .viewer = administrator };
    struct hop_store_meeting m = planned("M", 34 * HOUR, 37 * HOUR);
    struct conflicts c = { .error = 1 };
    struct saved s;

    invite(&m, HOP_INVITEE_USER, an, "");
    g_array_append_val(m.resources, hall);
    s = save_once(f, &m, 1);
    hop_store_conflicts(f->store, &q, found_conflicts, &c);
    hop_store_flush(f->store);
    assert_int_equal(c.error, 0);
    assert_int_equal(c.n, 2);
    assert_false(c.first.resource);
    assert_string_equal(c.first.name, "an");
    assert_string_equal(c.first.title, "M");
    assert_int_equal(c.first.starts_us, 34 * HOUR);
    q.viewer = (struct hop_store_viewer){ .user_id = 77, .roles = HOP_ACCOUNT_SECRETARY };
    hop_store_conflicts(f->store, &q, found_conflicts, &c);
    hop_store_flush(f->store);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.first.meeting_id, 0);
    assert_string_equal(c.first.title, "");
    q.except = s.m.id;
    hop_store_conflicts(f->store, &q, found_conflicts, &c);
    hop_store_flush(f->store);
    assert_int_equal(c.n, 0);
    /* the list marks both */
    assert_false(list(f, l).conflict);
    m = planned("N", 36 * HOUR, 38 * HOUR);
    g_array_append_val(m.resources, hall);
    once(f, m);
    assert_true(list(f, l).conflict);
    hop_store_meeting_clear(&s.m);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(lists_what_overlaps_by_start),
        TEST(search_ignores_case_and_diacritics),
        TEST(everybody_sees_what_is_his),
        TEST(a_secretary_plans_only_for_his_unit),
        TEST(busy_is_who_has_to_come_and_has_not_declined),
        TEST(conflicts_name_whom_and_what_he_may_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
