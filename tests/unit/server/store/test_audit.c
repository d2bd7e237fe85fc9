/* The audit log's chain: it grows, survives restarts, covers rows from before, and tells of each
 * way in which somebody with the file in his hands could change the past. */
#include "tests/unit/server/store/support.h"

#include "server/store/audit.h"

#include <errno.h>

struct answer {
    int error;
    struct hop_audit_report report;
};

static void answered(void *ctx, int error, const struct hop_audit_report *report)
{
    *(struct answer *)ctx = (struct answer){ error, *report };
}

static struct hop_audit_report verify(struct fixture *f, const struct hop_audit_head *expected)
{
    struct answer answer = { .error = 1 };

    hop_store_audit_verify(f->store, expected, answered, &answer);
    hop_store_flush(f->store);
    assert_int_equal(answer.error, 0);
    return answer.report;
}

static void write_rows(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++)
        hop_store_audit(f->store, 1000 + i, i % 2, "user:binh", "meeting.changed",
                        i % 3 ? "{\"title\":\"Họp\"}" : NULL);
    hop_store_flush(f->store);
}

/* What one with the file in his hands does. */
static void tamper(struct fixture *f, const char *sql)
{
    struct hop_db *db = NULL;

    hop_store_close(f->store);
    assert_int_equal(hop_db_open(f->path, &db), 0);
    assert_int_equal(hop_db_exec(db, "DROP TRIGGER IF EXISTS audit_no_update;"
                                     "DROP TRIGGER IF EXISTS audit_no_delete"),
                     0);
    assert_int_equal(hop_db_exec(db, sql), 0);
    hop_db_close(db);
    f->store = open_store(f->path);
}

static void an_empty_log_is_sound(void **state)
{
    struct hop_audit_report r = verify(*state, NULL);

    assert_int_equal(r.fault, HOP_AUDIT_SOUND);
    assert_true(r.rows == 0 && r.head.id == 0);
}

static void it_grows_over_restarts(void **state)
{
    struct fixture *f = *state;
    struct hop_audit_head early;
    struct hop_audit_report r;
    struct answer head = { .error = 1 };

    write_rows(f, 5);
    early = verify(f, NULL).head;
    hop_store_close(f->store);
    f->store = open_store(f->path);
    write_rows(f, 70); /* more than one batch */
    r = verify(f, &early);
    assert_int_equal(r.fault, HOP_AUDIT_SOUND);
    assert_true(r.rows == 75 && r.unhashed == 0 && r.head.id == 75);
    hop_store_audit_head(f->store, answered, &head);
    hop_store_flush(f->store);
    assert_memory_equal(&head.report.head, &r.head, sizeof(r.head));
}

static void what_was_written_before_the_chain_is_covered(void **state)
{
    struct fixture *f = *state;
    struct hop_audit_report r;

    tamper(f, "INSERT INTO audit (at, who, action) VALUES (1, 'server', 'a'), (2, 'server', 'b')");
    write_rows(f, 2);
    r = verify(f, NULL);
    assert_int_equal(r.fault, HOP_AUDIT_SOUND);
    assert_true(r.rows == 4 && r.unhashed == 2);
    tamper(f, "UPDATE audit SET who = 'nobody' WHERE id = 1");
    r = verify(f, NULL);
    assert_int_equal(r.fault, HOP_AUDIT_CHANGED);
    assert_int_equal(r.fault_id, 3); /* the first that has a hash over it */
}

static void each_change_is_found(void **state)
{
    static const struct {
        const char *sql;
        enum hop_audit_fault fault;
        int id;
    } cases[] = {
        { "UPDATE audit SET who = 'user:an' WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET at = at + 1 WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET room_id = 7 WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET action = 'x' WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET detail = '' WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET hash = zeroblob(32) WHERE id = 4", HOP_AUDIT_CHANGED, 4 },
        { "UPDATE audit SET hash = NULL WHERE id = 4", HOP_AUDIT_UNHASHED, 4 },
        { "DELETE FROM audit WHERE id = 4", HOP_AUDIT_CHANGED, 5 },
        { "DELETE FROM audit WHERE id = 1", HOP_AUDIT_CHANGED, 2 },
        { "DELETE FROM audit WHERE id > 7", HOP_AUDIT_CUT, 8 },
        { "UPDATE audit SET who = action, action = who WHERE id = 10", HOP_AUDIT_CHANGED, 10 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        void *own = NULL;
        struct hop_audit_report r;

        setup(&own);
        write_rows(own, 10);
        tamper(own, cases[i].sql);
        r = verify(own, NULL);
        if (r.fault != cases[i].fault || r.fault_id != cases[i].id)
            fail_msg("%s: fault %d at %d", cases[i].sql, (int)r.fault, (int)r.fault_id);
        teardown(&own);
    }
}

/* Who computes the whole chain anew is found by a head that was noted before. */
static void a_new_chain_is_not_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct hop_audit_head noted;
    struct hop_audit_report r;

    write_rows(f, 3);
    noted = verify(f, NULL).head;
    tamper(f, "DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'");
    hop_store_audit(f->store, 1, 0, "server", "started", NULL);
    write_rows(f, 5);
    assert_int_equal(verify(f, NULL).fault, HOP_AUDIT_SOUND);
    r = verify(f, &noted);
    assert_int_equal(r.fault, HOP_AUDIT_OTHER);
    assert_int_equal(r.fault_id, 3);
}

static void the_database_refuses_changes(void **state)
{
    struct fixture *f = *state;
    struct hop_db *db = NULL;

    write_rows(f, 1);
    hop_store_close(f->store);
    assert_int_equal(hop_db_open(f->path, &db), 0);
    assert_true(hop_db_exec(db, "UPDATE audit SET who = 'x'") < 0);
    assert_true(hop_db_exec(db, "DELETE FROM audit") < 0);
    hop_db_close(db);
    f->store = open_store(f->path);
}

static void heads_as_text(void **state)
{
    static const char *const wrong[] = {
        "",
        "7",
        "7:",
        ":aa",
        "x:00",
        "-1:0000000000000000000000000000000000000000000000000000000000000000",
        "7:000000000000000000000000000000000000000000000000000000000000000g",
        "7:00000000000000000000000000000000000000000000000000000000000000000",
    };
    struct hop_audit_head head = { .id = INT64_MAX, .hash = { 0x12, 0xab, [31] = 0xff } }, back;
    char text[HOP_AUDIT_HEAD_TEXT];

    (void)state;
    assert_int_equal(hop_audit_head_parse(hop_audit_head_format(&head, text), &back), 0);
    assert_memory_equal(&head, &back, sizeof(head));
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_int_equal(hop_audit_head_parse(wrong[i], &back), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_log_is_sound, setup, teardown),
        cmocka_unit_test_setup_teardown(it_grows_over_restarts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_written_before_the_chain_is_covered, setup,
                                        teardown),
        cmocka_unit_test(each_change_is_found),
        cmocka_unit_test_setup_teardown(a_new_chain_is_not_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(the_database_refuses_changes, setup, teardown),
        cmocka_unit_test(heads_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
