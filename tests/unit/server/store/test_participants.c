/* Participants come back as they were saved, the last save counting; and only their own room's. */
#include "tests/unit/server/store/support.h"

#include "server/store/participants.h"

#include <errno.h>

struct answer {
    int error;
    size_t n;
    struct hop_participant_record records[8];
};

static void loaded(void *ctx, int error, const struct hop_participant_record *records, size_t n)
{
    struct answer *a = ctx;

    a->error = error;
    a->n = n;
    for (size_t i = 0; i < n && i < G_N_ELEMENTS(a->records); i++)
        a->records[i] = records[i];
}

static void saved(void *ctx, int error)
{
    *(int *)ctx = error;
}

static void room_made(void *ctx, int error, const struct hop_store_room *room)
{
    assert_int_equal(error, 0);
    *(int64_t *)ctx = room->id;
}

static int64_t add_room(struct fixture *f, const char *code)
{
    int64_t id = 0;

    hop_store_room_add(f->store, code, "", 1, room_made, &id);
    hop_store_flush(f->store);
    return id;
}

static int save(struct fixture *f, struct hop_participant_record *record)
{
    int error = 1;

    hop_store_participant_save(f->store, record, saved, &error);
    hop_store_flush(f->store);
    return error;
}

static void come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    int64_t room = add_room(f, "a"), other = add_room(f, "b");
    struct hop_participant_record p = { .room_key = room,
                                        .id = "p1",
                                        .name = "Nguyễn Thị Ánh",
                                        .role = "chair",
                                        .user_id = 3,
                                        .muted = 5,
                                        .site = 40,
                                        .hall = "Hội trường A",
                                        .joined_at_us = 100,
                                        .left_at_us = 0 };
    struct answer a = { 0 };

    for (size_t i = 0; i < sizeof(p.key_hash); i++)
        p.key_hash[i] = (uint8_t)(255 - i);
    assert_int_equal(save(f, &p), 0);
    p.left_at_us = 900;
    assert_int_equal(save(f, &p), 0);
    p.room_key = other;
    assert_int_equal(save(f, &p), 0);
    reopen(f);
    hop_store_participants_load(f->store, room, loaded, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.n, 1);
    p.room_key = room;
    assert_memory_equal(&a.records[0], &p, sizeof(p));
}

static void no_room_no_participant(void **state)
{
    struct fixture *f = *state;
    struct hop_participant_record p = { .room_key = 77, .id = "p1", .role = "guest" };

    assert_int_equal(save(f, &p), -ENOENT); /* the foreign key */
}

static void purged(void *ctx, int error)
{
    *(int *)ctx = error;
}

static void found(void *ctx, int error, const struct hop_store_room *room)
{
    (void)room;
    *(int *)ctx = error;
}

/* Rooms that somebody made and nobody entered go; what holds an attendance stays. */
static void unused_rooms_are_purged(void **state)
{
    static const struct hop_store_present now;
    struct fixture *f = *state;
    int64_t used = add_room(f, "used");
    struct hop_participant_record p = { .room_key = used, .id = "p1", .role = "guest" };
    int error = 1, a = 1, b = 1;

    add_room(f, "empty");
    assert_int_equal(save(f, &p), 0);
    hop_store_room_purge(f->store, 1000, purged, &error);
    hop_store_room_find(f->store, "used", &now, found, &a);
    hop_store_room_find(f->store, "empty", &now, found, &b);
    hop_store_flush(f->store);
    assert_int_equal(error, 0);
    assert_int_equal(a, 0);
    assert_int_equal(b, -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(come_back_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(no_room_no_participant, setup, teardown),
        cmocka_unit_test_setup_teardown(unused_rooms_are_purged, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
