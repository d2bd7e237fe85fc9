/* Accounts and units on a real database. */
#include "tests/unit/server/store/support.h"

#include "server/store/fold.h"
#include "server/store/migrations.h"
#include "server/store/units.h"
#include "server/store/users.h"

#include <errno.h>

struct answer {
    int error;
    int64_t id;
    struct hop_store_user user;
    char names[2000];
    bool more;
    size_t n, failed;
};

static void got_user(void *ctx, int error, const struct hop_store_user *user)
{
    struct answer *a = ctx;

    a->error = error;
    a->user = *user;
}

static void got_users(void *ctx, int error, const struct hop_store_user *users, size_t n, bool more)
{
    struct answer *a = ctx;

    a->error = error;
    a->more = more;
    a->n = n;
    a->names[0] = '\0';
    for (size_t i = 0; i < n && i < 20; i++) {
        g_strlcat(a->names, users[i].username, sizeof(a->names));
        g_strlcat(a->names, " ", sizeof(a->names));
        assert_int_equal(users[i].password_hash[0], 0);
    }
}

static void got_unit(void *ctx, int error, const struct hop_store_unit *unit)
{
    struct answer *a = ctx;

    a->error = error;
    a->id = unit->id;
}

static void got_done(void *ctx, int error)
{
    ((struct answer *)ctx)->error = error;
}

static void got_import(void *ctx, int error, size_t failed)
{
    struct answer *a = ctx;

    a->error = error;
    a->failed = failed;
}

static int64_t add_unit(struct fixture *f, const char *name, int64_t parent, int error)
{
    struct hop_store_unit unit = { .parent_id = parent };
    struct answer a = { 0 };

    g_strlcpy(unit.name, name, sizeof(unit.name));
    hop_store_unit_add(f->store, &unit, got_unit, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, error);
    return a.id;
}

static struct hop_store_user person(const char *username, const char *name, int64_t unit)
{
    struct hop_store_user user = { .unit_id = unit, .roles = HOP_ACCOUNT_OFFICIAL };

    g_strlcpy(user.username, username, sizeof(user.username));
    g_strlcpy(user.name, name, sizeof(user.name));
    g_strlcpy(user.password_hash, "$argon2id$x", sizeof(user.password_hash));
    return user;
}

static struct answer add(struct fixture *f, struct hop_store_user user)
{
    struct answer a = { 0 };

    hop_store_user_add(f->store, &user, 1000, got_user, &a);
    hop_store_flush(f->store);
    return a;
}

static const char *find(struct fixture *f, struct answer *a, struct hop_store_user_query query)
{
    if (query.limit == 0)
        query.limit = 50;
    hop_store_user_list(f->store, &query, got_users, a);
    hop_store_flush(f->store);
    assert_int_equal(a->error, 0);
    return a->names;
}

static void folded(void **state)
{
    static const char *const pairs[][2] = { { "Nguyễn Văn Đức", "nguyen van duc" },
                                            { "ĐÀO THỊ Ở", "dao thi o" },
                                            { "Straße Ünal", "straße unal" },
                                            { "\xff", "" } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        char *text = hop_fold(pairs[i][0]);

        assert_string_equal(text, pairs[i][1]);
        g_free(text);
    }
}

static void search_ignores_diacritics_and_follows_the_tree(void **state)
{
    struct fixture *f = *state;
    int64_t top = add_unit(f, "Sở Y tế", 0, 0), below = add_unit(f, "Văn phòng", top, 0);
    int64_t other = add_unit(f, "Sở Tài chính", 0, 0);
    struct answer a = { 0 };

    add(f, person("duc", "Nguyễn Văn Đức", below));
    add(f, person("anh", "Trần Thị Ánh", top));
    add(f, person("per_cent", "100% Bình", other));
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ 0 }), "per_cent duc anh ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .search = "van duc" }), "duc ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .search = "ĐỨC" }), "duc ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .search = "0%" }), "per_cent ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .search = "_" }), "per_cent ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .search = "' OR 1=1 --" }), "");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .unit_id = top }), "duc anh ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .unit_id = below }), "duc ");
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .limit = 2 }), "per_cent duc ");
    assert_true(a.more);
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ .limit = 2, .offset = 2 }),
                        "anh ");
    assert_false(a.more);
}

static void names_and_mails_are_ones_own(void **state)
{
    struct fixture *f = *state;
    struct hop_store_user a = person("an", "An", 0), b = person("binh", "Bình", 0);

    g_strlcpy(a.email, "an@so.vn", sizeof(a.email));
    g_strlcpy(b.email, "AN@so.vn", sizeof(b.email));
    assert_int_equal(add(f, a).error, 0);
    assert_int_equal(add(f, a).error, -EEXIST);
    assert_int_equal(add(f, person("AN", "Another", 0)).error, -EEXIST);
    assert_int_equal(add(f, b).error, -EEXIST);
    b.email[0] = '\0';
    assert_int_equal(add(f, b).error, 0);
    assert_int_equal(add(f, person("cuong", "Cường", 77)).error, -ENOENT); /* no such unit */
}

static void a_change_needs_the_version_that_was_read(void **state)
{
    struct fixture *f = *state;
    struct hop_store_user user;
    struct answer a;

    user = add(f, person("an", "An", 0)).user;
    g_strlcpy(user.name, "Ân", sizeof(user.name));
    user.roles = HOP_ACCOUNT_SECRETARY;
    /* the only change that is refused for what it does: nobody could administer any more */
    hop_store_user_change(f->store, &user, got_user, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -EPERM);
    struct hop_store_user admin = person("admin", "Admin", 0);
    admin.roles = HOP_ACCOUNT_ADMINISTRATOR;
    admin = add(f, admin).user;
    hop_store_user_change(f->store, &user, got_user, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.user.version, 2);
    hop_store_user_change(f->store, &user, got_user, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -ESTALE);
    admin.disabled = true;
    hop_store_user_change(f->store, &admin, got_user, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -EPERM);
}

static void an_import_is_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    struct hop_store_user users[] = { person("a", "A", 0), person("b", "B", 0),
                                      person("a", "C", 0) };
    struct answer a = { 0 };

    hop_store_user_import(f->store, users, 3, 5, got_import, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -EEXIST);
    assert_int_equal(a.failed, 2);
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ 0 }), "");
    hop_store_user_import(f->store, users, 2, 5, got_import, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, 0);
    assert_string_equal(find(f, &a, (struct hop_store_user_query){ 0 }), "a b ");
}

static void units_are_a_tree(void **state)
{
    struct fixture *f = *state;
    int64_t top = add_unit(f, "A", 0, 0), below = add_unit(f, "B", top, 0);
    struct hop_store_unit unit = { .id = top, .parent_id = below, .name = "A" };
    struct answer a = { 0 };
    int64_t deep = below;

    add_unit(f, "A", 0, -EEXIST);
    add_unit(f, "A", top, 0);
    add_unit(f, "C", 999, -ENOENT);
    hop_store_unit_change(f->store, &unit, got_unit, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -ELOOP);
    for (int i = 2; i < HOP_MAX_UNIT_DEPTH - 1; i++)
        deep = add_unit(f, "deeper", deep, 0);
    add_unit(f, "too deep", add_unit(f, "deepest", deep, 0), -ELOOP);
    hop_store_unit_remove(f->store, top, got_done, &a);
    hop_store_flush(f->store);
    assert_int_equal(a.error, -ENOTEMPTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded),
        cmocka_unit_test_setup_teardown(search_ignores_diacritics_and_follows_the_tree, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_and_mails_are_ones_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_needs_the_version_that_was_read, setup, teardown),
        cmocka_unit_test_setup_teardown(an_import_is_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(units_are_a_tree, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
