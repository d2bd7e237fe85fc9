/* A room over time: who becomes chair, waiting for the opening, the end, being empty. */
#include "harness.h"

static void set_role(struct meeting *m, struct client *by, const char *id, const char *role)
{
    ask_ok(m, by, "role", json_pack("{s:s,s:s}", "participant", id, "role", role));
}

static enum hop_role role_of(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number)->role;
}

static bool acts(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number)->acting;
}

static void secretary_stands_in(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    struct client *c = joined(m, "C");
    set_role(m, a, "p3", "secretary");
    forget_frames(b);
    ask_ok(m, a, "leave", json_object());
    advance(m, 19000);
    assert_false(acts(m, 3));
    ask_refused(m, c, "end", json_object(), "permission.denied");
    advance(m, 2000);
    assert_true(acts(m, 3));
    assert_false(acts(m, 2));
    assert_int_equal(role_of(m, 3), HOP_ROLE_SECRETARY);
    json_t *event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.id"), "p3");
    assert_string_equal(text_at(event, "participant.role"), "secretary");
    assert_true(json_is_true(at(event, "participant.acting")));
    json_decref(event);
    set_role(m, c, "p2", "delegate"); /* with the chair's rights */
    ask_ok(m, c, "end", json_object());
}

static void signed_in_before_guests(void **state)
{
    struct meeting *m = *state;
    struct hop_identity user = { .user_id = 2, .name = "Đại biểu" };
    struct client *a = joined(m, "A");
    (void)joined(m, "B");
    (void)joined(m, "C");
    json_decref(join(m, client_as(m, &user), "r", "D"));
    set_role(m, a, "p2", "observer");
    ask_ok(m, a, "leave", json_object());
    advance(m, 21000);
    assert_true(acts(m, 4));
}

static void longest_present_guest(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    struct client *c = joined(m, "C");
    client_gone(b); /* away at the moment: he cannot lead */
    ask_ok(m, a, "leave", json_object());
    advance(m, 21000);
    assert_true(acts(m, 3));
    assert_non_null(c->session);
}

/* A chair whose line broke has somebody to stand in for him, and is chair again when he is back. */
static void chair_cut_off(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    struct client *b = joined(m, "B");
    (void)joined(m, "C");
    client_gone(a);
    advance(m, 19000);
    assert_false(acts(m, 2));
    advance(m, 2000);
    assert_true(acts(m, 2));
    ask_refused(m, b, "remove", json_pack("{s:s}", "participant", "p1"), "permission.denied");
    ask_ok(m, b, "mute",
           json_pack("{s:s,s:s,s:b}", "participant", "p3", "source", "camera", "muted", true));
    forget_frames(b);
    struct client *again = client_new(m);
    again->seq = a->seq;
    json_decref(ask(m, again, "resume",
                    json_pack("{s:s,s:s}", "session", text_at(data, "session"), "secret",
                              text_at(data, "secret"))));
    assert_false(acts(m, 2));
    assert_int_equal(role_of(m, 1), HOP_ROLE_CHAIR);
    json_t *event = take_event(b, "participant.changed");
    while (event != NULL &&
           json_object_get(json_object_get(event, "participant"), "acting") == NULL) {
        json_decref(event);
        event = take_event(b, "participant.changed");
    }
    assert_true(json_is_false(at(event, "participant.acting")));
    ask_refused(m, b, "end", json_object(), "permission.denied");
    json_decref(event);
    json_decref(data);
}

/* Who stands in may be cut off himself. */
static void acting_chair_cut_off(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    (void)joined(m, "C");
    client_gone(a);
    advance(m, 21000);
    assert_true(acts(m, 2));
    client_gone(b);
    advance(m, 18000);
    assert_true(acts(m, 2));
    advance(m, 3000);
    assert_true(acts(m, 3));
}

static void chair_back_in_time(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    (void)joined(m, "B");
    ask_ok(m, a, "leave", json_object());
    advance(m, 50000);
    json_decref(
        ask(m, client_new(m), "join",
            json_pack("{s:s,s:s,s:s}", "room", "r", "name", "A", "key", text_at(data, "key"))));
    advance(m, 120000);
    assert_int_equal(role_of(m, 1), HOP_ROLE_CHAIR);
    assert_int_equal(role_of(m, 2), HOP_ROLE_GUEST);
    json_decref(data);
}

static void only_observers(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    (void)joined(m, "B");
    set_role(m, a, "p2", "observer");
    ask_ok(m, a, "leave", json_object());
    advance(m, 300000);
    assert_int_equal(role_of(m, 2), HOP_ROLE_OBSERVER);
}

static void empty_room_is_kept_and_freed(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    ask_ok(m, a, "leave", json_object());
    advance(m, 299000);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 0);
    advance(m, 2000);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), -1);
}

/* ---- the opening ------------------------------------------------------------------------------
 */

static struct client *waiter(struct meeting *m, const char *room)
{
    struct client *c = client_new(m);
    json_t *data = ask(m, c, "join", join_data(room, "A"));
    assert_string_equal(text_at(data, "status"), "waiting");
    assert_string_equal(text_at(data, "title"), "Giao ban tuần");
    json_decref(data);
    return c;
}

static void waits_until_it_opens(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = host_room(&m->host, "early", HOP_ROOM_EARLY);
    info->opens_at_us = WALL_US + m->now_us + 3600 * 1000000LL;
    struct client *c = waiter(m, "early");
    int lookups = m->host.lookups;
    advance(m, 3590000); /* waiting is no crime, and costs no look-ups */
    assert_int_equal(c->closed, 0);
    assert_int_equal(m->host.lookups, lookups);
    assert_null(take_event(c, "opened"));
    info->status = HOP_ROOM_OPEN;
    advance(m, 11000);
    json_decref(take_event(c, "opened"));
    json_decref(join(m, c, "early", "A"));
    /* the room's clock began with the first one */
    assert_int_equal(g_hash_table_size(m->signaling->waiting), 0);
}

/* The host's clock is behind, then the store fails for a while: asked again, not in a hurry. */
static void opens_later_than_it_said(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = host_room(&m->host, "early", HOP_ROOM_EARLY);
    info->opens_at_us = WALL_US + m->now_us + 10 * 1000000LL;
    struct client *c = waiter(m, "early");
    int lookups = m->host.lookups;
    advance(m, 15000);
    assert_in_range(m->host.lookups - lookups, 4, 7);
    m->host.error = -EIO;
    lookups = m->host.lookups;
    advance(m, 20000);
    assert_in_range(m->host.lookups - lookups, 3, 5);
    m->host.error = 0;
    info->status = HOP_ROOM_OPEN;
    advance(m, 6000);
    json_decref(take_event(c, "opened"));
}

static void moved_and_cancelled(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = host_room(&m->host, "early", HOP_ROOM_EARLY);
    info->opens_at_us = WALL_US + m->now_us + 3600 * 1000000LL;
    struct client *c = waiter(m, "early");
    struct client *d = waiter(m, "early");
    client_gone(d);
    info->status = HOP_ROOM_CANCELLED;
    hop_signaling_room_changed(m->signaling, "early");
    pump(m);
    json_t *event = take_event(c, "room.ended");
    assert_string_equal(text_at(event, "reason"), "cancelled");
    json_decref(event);
    assert_int_equal(c->closed, HOP_CLOSE_ENDED);
}

static void opened_by_hand(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = host_room(&m->host, "early", HOP_ROOM_EARLY);
    info->opens_at_us = WALL_US + m->now_us + 3600 * 1000000LL;
    struct client *c = waiter(m, "early");
    info->status = HOP_ROOM_OPEN;
    hop_signaling_room_changed(m->signaling, "early");
    pump(m);
    json_decref(take_event(c, "opened"));
    /* whoever is told and does nothing is sent away like anybody who joins nothing */
    advance(m, 61000);
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
}

/* ---- while it runs ----------------------------------------------------------------------------
 */

static void title_and_time_change(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct hop_room_info *info = host_room(&m->host, "r", HOP_ROOM_OPEN);
    (void)g_strlcpy(info->title, "Họp khẩn", sizeof info->title);
    info->ends_at_us = WALL_US + 3600 * 1000000LL;
    hop_signaling_room_changed(m->signaling, "r");
    pump(m);
    json_t *event = take_event(a, "room.changed");
    assert_string_equal(text_at(event, "room.title"), "Họp khẩn");
    assert_string_equal(text_at(event, "room.ends_at"), "2026-11-23T09:00:00.000Z");
    json_decref(event);
    hop_signaling_room_changed(m->signaling, "r");
    pump(m);
    assert_null(take_event(a, "room.changed"));
}

/* The scheduled end: the host decides whether it is one; nobody is cut off before. */
static void time_is_over(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = host_room(&m->host, "r", HOP_ROOM_OPEN);
    info->ends_at_us = WALL_US + m->now_us + 60 * 1000000LL;
    struct client *a = joined(m, "A");
    advance(m, 200000);
    assert_int_equal(a->closed, 0);
    info->status = HOP_ROOM_ENDED;
    advance(m, 61000);
    assert_int_equal(a->closed, HOP_CLOSE_ENDED);
    json_t *event = take_event(a, "room.ended");
    assert_string_equal(text_at(event, "reason"), "time");
    json_decref(event);
}

static void cancelled_while_running(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    (void)host_room(&m->host, "r", HOP_ROOM_CANCELLED);
    hop_signaling_room_changed(m->signaling, "r");
    pump(m);
    assert_int_equal(a->closed, HOP_CLOSE_ENDED);
    json_t *event = take_event(a, "room.ended");
    assert_string_equal(text_at(event, "reason"), "cancelled");
    json_decref(event);
}

/* A room that is open for years forgets those who left long ago, not who is here. */
static void records_are_bounded(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct hop_room *room = hop_room_find(m->signaling, "r");
    for (int i = 0; i < 6000; i++)
        (void)hop_room_new_record(room);
    assert_true(g_hash_table_size(room->records) <= 5000);
    assert_int_equal(room->last_number, 6001);
    ask_ok(m, a, "rename", json_pack("{s:s}", "name", "still here"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(secretary_stands_in),     meeting_test(signed_in_before_guests),
        meeting_test(longest_present_guest),   meeting_test(chair_cut_off),
        meeting_test(acting_chair_cut_off),    meeting_test(chair_back_in_time),
        meeting_test(only_observers),          meeting_test(empty_room_is_kept_and_freed),
        meeting_test(waits_until_it_opens),    meeting_test(opens_later_than_it_said),
        meeting_test(moved_and_cancelled),     meeting_test(opened_by_hand),
        meeting_test(title_and_time_change),   meeting_test(time_is_over),
        meeting_test(cancelled_while_running), meeting_test(records_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
