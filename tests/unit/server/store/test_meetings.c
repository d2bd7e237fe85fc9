/* Meetings as a whole: versions, who is invited through whom, links, which time of a series a room
 * is about, drafts. */
#include "tests/unit/server/store/planned.h"

#include <errno.h>

static const struct hop_store_invitee *nth(const struct saved *s, guint i)
{
    assert_true(i < s->m.invitees->len);
    return &g_array_index(s->m.invitees, struct hop_store_invitee, i);
}

static void clear(struct saved *s)
{
    hop_store_meeting_clear(&s->m);
}

/* ---- versions -------------------------------------------------------------------------------- */

static void the_second_of_two_editors_is_told(void **state)
{
    struct fixture *f = *state;
    struct hop_store_meeting m = planned("T", 1 * HOUR, 2 * HOUR);
    struct saved first = save_once(f, &m, 500), a, b;

    assert_int_equal(first.error, 0);
    assert_int_equal(first.m.version, 1);
    g_strlcpy(first.m.title, "U", sizeof(first.m.title));
    a = save_again(f, &first.m, 600);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.m.version, 2);
    assert_int_equal(a.m.changed_us, 600);
    b = save_again(f, &first.m, 700);
    assert_int_equal(b.error, -ESTALE);
    clear(&b);
    b = get(f, a.m.id, NULL);
    assert_string_equal(b.m.title, "U");
    assert_int_equal(b.m.version, 2);
    clear(&b);
    a.m.id += 1;
    b = save_again(f, &a.m, 800);
    assert_int_equal(b.error, -ENOENT);
    clear(&a);
    clear(&b);
    clear(&first);
}

static void what_it_names_has_to_be_there(void **state)
{
    struct fixture *f = *state;
    int64_t an = person(f, "an", 0);
    static const char *const members[] = { "chair",           "unit",        "resources[0]",
                                           "invitees[1].ref", "invitees[1]", "invitees[1].id" };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        struct hop_store_meeting m = planned("T", 1 * HOUR, 2 * HOUR);
        int64_t nobody = 999;
        struct saved s;

        invite(&m, HOP_INVITEE_USER, an, "");
        m.chair.id = i == 0 ? nobody : 0;
        m.unit_id = i == 1 ? nobody : 0;
        if (i == 2)
            g_array_append_val(m.resources, nobody);
        if (i >= 3)
            invite(&m, HOP_INVITEE_USER, i == 4 ? an : nobody, "");
        if (i == 5)
            g_array_index(m.invitees, struct hop_store_invitee, 1).id = 5;
        s = save_once(f, &m, 1);
        assert_true(s.error < 0);
        assert_string_equal(s.member, members[i]);
        clear(&s);
    }
}

static void a_draft_is_removed_and_a_meeting_is_not(void **state)
{
    struct fixture *f = *state;
    struct hop_store_meeting m = planned("D", 1 * HOUR, 2 * HOUR), n = planned("N", HOUR, 2 * HOUR);
    struct saved draft, sent;
    int error = 1;

    m.draft = true;
    draft = save_once(f, &m, 1);
    sent = save_once(f, &n, 1);
    hop_store_meeting_remove(f->store, draft.m.id, on_error, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    hop_store_meeting_remove(f->store, draft.m.id, on_error, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, -ENOENT);
    hop_store_meeting_remove(f->store, sent.m.id, on_error, &error);
    hop_store_flush(f->store);
    assert_int_equal(error, -EPERM);
    clear(&draft);
    clear(&sent);
}

/* ---- invitees -------------------------------------------------------------------------------- */

static void groups_and_units_bring_their_people_once(void **state)
{
    struct fixture *f = *state;
    int64_t above = unit(f, "Sở", 0), below = unit(f, "Phòng", above);
    int64_t an = person(f, "an", above), binh = person(f, "binh", below), chi = person(f, "chi", 0);
    int64_t g = group(f, "Ban", (const int64_t[]){ an, chi }, 2);
    struct hop_store_meeting m = planned("T", 1 * HOUR, 2 * HOUR);
    struct saved s, t;
    int64_t binhs;

    invite(&m, HOP_INVITEE_GROUP, g, "");
    invite(&m, HOP_INVITEE_UNIT, above, "");
    invite(&m, HOP_INVITEE_USER, chi, "");
    invite(&m, HOP_INVITEE_GUEST, 0, "khach@xa.vn");
    s = save_once(f, &m, 1);
    assert_int_equal(s.error, 0);
    /* group, an through it, unit, binh through it (an is there), chi by himself, the guest */
    assert_int_equal(s.m.invitees->len, 6);
    assert_string_equal(nth(&s, 0)->name, "Ban");
    assert_false(nth(&s, 0)->has_link);
    assert_int_equal(nth(&s, 1)->ref, an);
    assert_int_equal(nth(&s, 1)->via, nth(&s, 0)->id);
    assert_true(nth(&s, 1)->has_link);
    assert_int_equal(nth(&s, 3)->ref, binh);
    assert_int_equal(nth(&s, 3)->via, nth(&s, 2)->id);
    assert_string_equal(nth(&s, 3)->unit_name, "Phòng");
    assert_int_equal(nth(&s, 4)->ref, chi);
    assert_int_equal(nth(&s, 4)->via, 0);
    binhs = nth(&s, 3)->id;
    /* the unit goes, and with it who came through it; he who stays keeps his row and his link */
    g_array_remove_index(s.m.invitees, 2);
    t = save_again(f, &s.m, 2);
    assert_int_equal(t.m.invitees->len, 4);
    for (guint i = 0; i < t.m.invitees->len; i++)
        assert_int_not_equal(nth(&t, i)->id, binhs);
    assert_int_equal(nth(&t, 1)->id, nth(&s, 1)->id);
    assert_memory_equal(nth(&t, 1)->nonce, nth(&s, 1)->nonce, HOP_INVITE_NONCE);
    clear(&s);
    clear(&t);
}

static void five_hundred_and_no_more(void **state)
{
    struct fixture *f = *state;
    int64_t an = person(f, "an", 0), g = group(f, "Ban", &an, 1);
    struct hop_store_meeting m = planned("T", 1 * HOUR, 2 * HOUR);
    struct hop_store_meeting n = planned("U", 1 * HOUR, 2 * HOUR);
    struct saved s;

    for (int i = 0; i < HOP_MAX_INVITEES; i++)
        invite(&m, HOP_INVITEE_SITE, 0, "site");
    s = save_once(f, &m, 1);
    assert_int_equal(s.error, 0);
    clear(&s);
    for (int i = 0; i < HOP_MAX_INVITEES - 1; i++)
        invite(&n, HOP_INVITEE_SITE, 0, "site");
    invite(&n, HOP_INVITEE_GROUP, g, "");
    s = save_once(f, &n, 1);
    assert_int_equal(s.error, -E2BIG);
    assert_string_equal(s.member, "invitees");
    clear(&s);
}

struct found {
    int error;
    int64_t meeting_id, id;
    uint8_t nonce[HOP_INVITE_NONCE];
};

static void on_invitee(void *ctx, int error, int64_t meeting_id, const struct hop_store_invitee *i)
{
    struct found *found = ctx;

    found->error = error;
    found->meeting_id = meeting_id;
    found->id = i->id;
    memcpy(found->nonce, i->nonce, HOP_INVITE_NONCE);
}

static struct found by_nonce(struct fixture *f, const uint8_t nonce[HOP_INVITE_NONCE])
{
    uint8_t hash[HOP_HASH] = { 0 };
    struct found found = { .error = 1 };

    memcpy(hash, nonce, HOP_INVITE_NONCE);
    hop_store_invitee_find(f->store, hash, on_invitee, &found);
    hop_store_flush(f->store);
    return found;
}

static void a_new_link_revokes_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct hop_store_minter minter = { .mint = count_up };
    struct hop_store_meeting m = planned("T", 1 * HOUR, 2 * HOUR);
    struct found found, again;
    struct saved s;

    invite(&m, HOP_INVITEE_GUEST, 0, "khach@xa.vn");
    s = save_once(f, &m, 1);
    found = by_nonce(f, nth(&s, 0)->nonce);
    assert_int_equal(found.error, 0);
    assert_int_equal(found.meeting_id, s.m.id);
    assert_int_equal(found.id, nth(&s, 0)->id);
    hop_store_invitee_renew(f->store, s.m.id, found.id, &minter, on_invitee, &again);
    hop_store_flush(f->store);
    assert_int_equal(again.error, 0);
    assert_int_equal(by_nonce(f, nth(&s, 0)->nonce).error, -ENOENT);
    assert_int_equal(by_nonce(f, again.nonce).id, found.id);
    hop_store_invitee_renew(f->store, s.m.id + 1, found.id, &minter, on_invitee, &again);
    hop_store_flush(f->store);
    assert_int_equal(again.error, -ENOENT);
    clear(&s);
}

/* ---- rooms ----------------------------------------------------------------------------------- */

struct where {
    int error;
    struct hop_store_room room;
};

static void on_room(void *ctx, int error, const struct hop_store_room *room)
{
    *(struct where *)ctx = (struct where){ error, *room };
}

static struct where room(struct fixture *f, const char *code, int64_t now)
{
    struct hop_store_present present = { now, HOUR / 4, HOUR };
    struct where where = { .error = 1 };

    hop_store_room_find(f->store, code, &present, on_room, &where);
    hop_store_flush(f->store);
    return where;
}

static void the_room_of_a_series_is_about_the_next_time(void **state)
{
    struct fixture *f = *state;
    struct hop_store_meeting m = planned("S", 10 * DAY, 10 * DAY + HOUR);
    struct hop_store_occurrence o = { .stamp = 12 * DAY, .starts_us = 12 * DAY + 3 * HOUR };
    struct saved s, t = { .error = 1 };
    int error = 1;

    g_strlcpy(m.rrule, "FREQ=DAILY;COUNT=4", sizeof(m.rrule));
    s = save_series(f, &m, 4, DAY, 1);
    assert_int_equal(s.error, 0);
    assert_int_equal(room(f, "S", DAY).room.starts_us, 10 * DAY);
    assert_int_equal(room(f, "S", 10 * DAY + HOUR).room.starts_us, 10 * DAY);
    assert_int_equal(room(f, "S", 10 * DAY + 2 * HOUR).room.starts_us, 11 * DAY);
    assert_int_equal(room(f, "S", 100 * DAY).room.starts_us, 13 * DAY);
    /* the chair ends the second one */
    hop_store_room_end(f->store, s.m.room_id, 11 * DAY + HOUR / 2, on_error, &error);
    assert_int_equal(room(f, "S", 11 * DAY + HOUR / 2 + 1).room.starts_us, 12 * DAY);
    assert_int_equal(room(f, "S", 11 * DAY + HOUR / 2 + 1).room.ended_us, 0);
    /* the third one is moved and renamed, the fourth does not take place */
    o.ends_us = o.starts_us + HOUR;
    o.changed = true;
    o.title = (char *)(uintptr_t) "Dời giờ";
    hop_store_occurrence_save(f->store, s.m.id, 1, &o, NULL, 2, on_meeting, &t);
    hop_store_flush(f->store);
    assert_int_equal(t.error, 0);
    assert_int_equal(t.m.version, 2);
    assert_int_equal(t.m.exceptions->len, 1);
    clear(&t);
    assert_string_equal(room(f, "S", 12 * DAY).room.title, "Dời giờ");
    assert_int_equal(room(f, "S", 12 * DAY).room.starts_us, 12 * DAY + 3 * HOUR);
    assert_int_equal(room(f, "S", 12 * DAY).room.stamp, 12 * DAY);
    o = (struct hop_store_occurrence){
        .stamp = 13 * DAY, .starts_us = 13 * DAY, .ends_us = 13 * DAY + HOUR, .cancelled = true
    };
    hop_store_occurrence_save(f->store, s.m.id, 1, &o, NULL, 2, on_meeting, &t);
    hop_store_flush(f->store);
    assert_int_equal(t.error, -ESTALE);
    clear(&t);
    hop_store_occurrence_save(f->store, s.m.id, 2, &o, NULL, 2, on_meeting, &t);
    hop_store_flush(f->store);
    assert_int_equal(t.error, 0);
    clear(&t);
    assert_int_equal(room(f, "S", 13 * DAY).room.stamp, 12 * DAY);
    o.stamp++;
    hop_store_occurrence_save(f->store, s.m.id, 3, &o, NULL, 2, on_meeting, &t);
    hop_store_flush(f->store);
    assert_int_equal(t.error, -ENOENT);
    clear(&t);
    clear(&s);
}

static void nobody_enters_a_draft(void **state)
{
    struct fixture *f = *state;
    struct hop_store_meeting m = planned("D", 10 * DAY, 11 * DAY);
    struct saved s, t;

    m.draft = true;
    m.settings.lobby = HOP_LOBBY_ALL;
    m.settings.muted = true;
    s = save_once(f, &m, 1);
    assert_int_equal(room(f, "D", 10 * DAY).error, -ENOENT);
    s.m.draft = false;
    t = save_again(f, &s.m, 2);
    assert_int_equal(room(f, "D", 10 * DAY).error, 0);
    assert_int_equal(room(f, "D", 10 * DAY).room.settings.lobby, HOP_LOBBY_ALL);
    assert_true(room(f, "D", 10 * DAY).room.settings.muted);
    clear(&s);
    clear(&t);
}

static void a_personal_room_stays_and_changes_its_code(void **state)
{
    struct fixture *f = *state;
    int64_t an = person(f, "an", 0);
    struct where first, second;
    int error = 1;

    hop_store_room_of(f->store, an, on_room, &first);
    hop_store_flush(f->store);
    assert_int_equal(first.error, -ENOENT);
    hop_store_room_own(f->store, an, "code-1", "An", 1, on_room, &first);
    hop_store_flush(f->store);
    assert_int_equal(first.error, 0);
    hop_store_room_end(f->store, first.room.id, 5, on_error, &error);
    hop_store_room_purge(f->store, DAY, on_error, &error);
    assert_int_equal(room(f, "code-1", DAY).room.owner_id, an);
    assert_int_equal(room(f, "code-1", DAY).room.ended_us, 0);
    hop_store_room_own(f->store, an, "code-2", "An", 2, on_room, &second);
    hop_store_flush(f->store);
    assert_int_equal(second.room.id, first.room.id);
    assert_int_equal(room(f, "code-1", DAY).error, -ENOENT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_second_of_two_editors_is_told),
        TEST(what_it_names_has_to_be_there),
        TEST(a_draft_is_removed_and_a_meeting_is_not),
        TEST(groups_and_units_bring_their_people_once),
        TEST(five_hundred_and_no_more),
        TEST(a_new_link_revokes_the_old_one),
        TEST(the_room_of_a_series_is_about_the_next_time),
        TEST(nobody_enters_a_draft),
        TEST(a_personal_room_stays_and_changes_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
