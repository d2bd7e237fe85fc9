/* Chat: order, paging, and that a repeated send is one text. */
#include "tests/unit/server/store/support.h"

#include "server/store/chat.h"
#include "server/store/rooms.h"

struct answer {
    int error;
    int64_t id, at;
    char texts[512];
    size_t n;
    bool more;
};

static void stored(void *ctx, int error, int64_t id, int64_t at)
{
    struct answer *a = ctx;

    a->error = error;
    a->id = id;
    a->at = at;
}

static void listed(void *ctx, int error, const struct hop_chat_record *chat, size_t n, bool more)
{
    struct answer *a = ctx;

    a->error = error;
    a->n = n;
    a->more = more;
    a->texts[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        g_strlcat(a->texts, chat[i].text, sizeof(a->texts));
        g_strlcat(a->texts, " ", sizeof(a->texts));
        a->id = chat[0].id;
    }
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

static struct answer append(struct fixture *f, int64_t room, const char *from, const char *text,
                            const char *ref, int64_t at)
{
    struct hop_chat_record record = { .at_us = at, .name = "Nguyễn An", .text = text };
    struct answer a = { 0 };

    g_strlcpy(record.from, from, sizeof(record.from));
    g_strlcpy(record.ref, ref, sizeof(record.ref));
    hop_store_chat_append(f->store, room, &record, stored, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    return a;
}

static void pages_backwards(void **state)
{
    struct fixture *f = *state;
    int64_t room = add_room(f, "a"), other = add_room(f, "b");
    struct answer a = { 0 };

    for (char c = 'a'; c <= 'e'; c++)
        append(f, room, "p1", (char[]){ c, 0 }, "", c);
    append(f, other, "p1", "elsewhere", "", 1);
    hop_store_chat_load(f->store, room, 0, 3, listed, &a);
    hop_store_flush(f->store);
    assert_string_equal(a.texts, "c d e ");
    assert_true(a.more);
    hop_store_chat_load(f->store, room, a.id, 3, listed, &a);
    hop_store_flush(f->store);
    assert_string_equal(a.texts, "a b ");
    assert_false(a.more);
}

static void a_repeated_ref_is_one_text(void **state)
{
    struct fixture *f = *state;
    int64_t room = add_room(f, "a");
    struct answer first = append(f, room, "p1", "chào", "r1", 10);
    struct answer again = append(f, room, "p1", "chào", "r1", 20);
    struct answer other = append(f, room, "p2", "chào", "r1", 30);
    struct answer all = { 0 };

    assert_int_equal(first.id, again.id);
    assert_int_equal(again.at, 10);
    assert_int_not_equal(first.id, other.id);
    hop_store_chat_load(f->store, room, 0, 10, listed, &all);
    hop_store_flush(f->store);
    assert_int_equal(all.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_backwards, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeated_ref_is_one_text, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
