/* The store as a whole: what was answered is there after a restart, a newer file is refused, a full
 * disk is told and recovered from, one bad write does not take its neighbours along. */
#include "tests/unit/server/store/support.h"

#include "server/store/audit.h"
#include "server/store/chat.h"
#include "server/store/migrations.h"
#include "server/store/rooms.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct answer {
    int error, calls;
    int64_t id, at;
};

static const struct hop_store_present now;

static void room_answer(void *ctx, int error, const struct hop_store_room *room)
{
    struct answer *a = ctx;

    a->error = error;
    a->calls++;
    a->id = room->id;
}

static void chat_answer(void *ctx, int error, int64_t id, int64_t at)
{
    struct answer *a = ctx;

    a->error = error;
    a->calls++;
    a->id = id;
    a->at = at;
}

static int64_t add_room(struct fixture *f, const char *code)
{
    struct answer a = { 0 };

    hop_store_room_add(f->store, code, "Giao ban", 1000, room_answer, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.calls, 1);
    return a.id;
}

static void survives_a_restart(void **state)
{
    struct fixture *f = *state;
    struct answer a = { 0 };
    int64_t id = add_room(f, "abc-defg-hij");

    reopen(f);
    hop_store_room_find(f->store, "abc-defg-hij", &now, room_answer, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.id, id);
}

static void refuses_a_newer_file(void **state)
{
    struct fixture *f = *state;
    struct hop_store_config config = { .path = f->path };
    struct hop_store *store = NULL;
    struct hop_db *db;

    hop_store_close(f->store);
    f->store = NULL;
    assert_int_equal(hop_db_open(f->path, &db), 0);
    assert_int_equal(hop_db_run(db, "INSERT INTO schema_version VALUES (?, 0)", "i",
                                (int64_t)hop_migrations_latest() + 1),
                     1);
    hop_db_close(db);
    assert_int_equal(hop_store_open(&config, &store), -EPROTO);
    assert_null(store);
}

static void refuses_what_is_no_database(void **state)
{
    struct fixture *f = *state;
    struct hop_store_config config = { .path = f->path };
    struct hop_store *store = NULL;
    char text[4096];

    hop_store_close(f->store);
    f->store = NULL;
    memset(text, 'x', sizeof(text));
    assert_true(g_file_set_contents(f->path, text, sizeof(text), NULL));
    assert_int_equal(hop_store_open(&config, &store), -EILSEQ);
}

static void one_bad_write_is_undone_alone(void **state)
{
    struct fixture *f = *state;
    struct answer a = { 0 }, b = { 0 }, c = { 0 };

    hop_store_room_add(f->store, "first", "1", 1, room_answer, &a);
    hop_store_room_add(f->store, "first", "2", 1, room_answer, &b);
    hop_store_room_add(f->store, "third", "3", 1, room_answer, &c);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_int_equal(b.error, -EEXIST);
    assert_int_equal(c.error, 0);
}

static void a_full_disk_is_told_and_recovered_from(void **state)
{
    struct fixture *f = *state;
    int64_t room = add_room(f, "abc-defg-hij");
    char *big = g_strnfill(100000, 'x');
    struct hop_chat_record chat = { .from = "p1", .name = "An", .text = big, .at_us = 5 };
    struct hop_store_health health;
    struct answer a = { 0 };

    hop_store_limit_pages(f->store, 2);
    hop_store_chat_append(f->store, room, &chat, chat_answer, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -ENOSPC);
    hop_store_health(f->store, &health);
    assert_int_equal(health.error, -ENOSPC);
    assert_true(health.failed >= 1);

    a = (struct answer){ 0 }; /* reading goes on */
    hop_store_room_find(f->store, "abc-defg-hij", &now, room_answer, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);

    hop_store_limit_pages(f->store, -1);
    hop_store_chat_append(f->store, room, &chat, chat_answer, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    hop_store_health(f->store, &health);
    assert_int_equal(health.error, 0);
    g_free(big);
}

enum { MANY = 300 };

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void count_chat(void *ctx, int error, const struct hop_chat_record *chat, size_t n,
                       bool more)
{
    bool *stored = ctx;

    assert_int_equal(error, 0);
    assert_false(more);
    for (size_t i = 0; i < n; i++)
        stored[atoi(chat[i].ref)] = true;
}

/* Writes that fail in the middle: whatever was answered as stored is there, nothing else is. */
static void answers_are_true_when_writing_fails(void **state)
{
    struct fixture *f = *state;
    int64_t room = add_room(f, "abc-defg-hij");
    struct answer answers[MANY] = { 0 };
    bool stored[MANY] = { false };
    char *text = g_strnfill(3000, 'x');
    int good = 0;

    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(400000);
    for (int i = 0; i < MANY; i++) {
        struct hop_chat_record chat = { .from = "p1", .name = "An", .text = text, .at_us = i };

        g_snprintf(chat.ref, sizeof(chat.ref), "%d", i);
        hop_store_chat_append(f->store, room, &chat, chat_answer, &answers[i]);
    }
    hop_store_flush(f->store);
    limit_file_size(RLIM_INFINITY);
    reopen(f);
    hop_store_chat_load(f->store, room, 0, MANY, count_chat, stored);
    hop_store_flush(f->store);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(answers[i].calls, 1);
        if (stored[i] != (answers[i].error == 0))
            fail_msg("text %d: answered %d, stored %d", i, answers[i].error, stored[i]);
        good += stored[i];
    }
    assert_in_range(good, 1, MANY - 1);
    g_free(text);
}

static void the_audit_log_cannot_be_changed(void **state)
{
    struct fixture *f = *state;
    struct hop_db *db;

    hop_store_audit(f->store, 7, 0, "user:admin", "session.opened", NULL);
    hop_store_close(f->store);
    f->store = NULL;
    assert_int_equal(hop_db_open(f->path, &db), 0);
    assert_true(hop_db_run(db, "UPDATE audit SET who = 'nobody'", "") < 0);
    assert_true(hop_db_run(db, "DELETE FROM audit", "") < 0);
    assert_int_equal(hop_db_run(db, "UPDATE users SET name = name", ""), 0);
    hop_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_newer_file, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_database, setup, teardown),
        cmocka_unit_test_setup_teardown(one_bad_write_is_undone_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_recovered_from, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_are_true_when_writing_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(the_audit_log_cannot_be_changed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
