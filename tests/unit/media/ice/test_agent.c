/* media/ice/agent: who is let in, which path is used, restart, and consent in virtual time. */
#include "media/ice/agent.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000)

static struct hop_path udp(unsigned n)
{
    char ip[32];
    snprintf(ip, sizeof(ip), "192.0.2.%u", n);
    struct hop_path path = { .socket = 0 };
    assert_int_equal(hop_addr_parse(ip, 4000, &path.remote), 0);
    return path;
}

/* What the browser puts into its check. */
struct check {
    const char *username, *password;
    uint32_t priority;
    bool use_candidate, controlled;
};

static const struct check plain = { "local:remote", "password", 100, false, false };
static const struct check nominating = { "local:remote", "password", 100, true, false };

struct fixture {
    struct hop_ice *ice;
    struct hop_ice_result result;
    struct hop_stun answer; /* parsed; points into bytes */
    uint8_t bytes[HOP_STUN_MAX_BUILT];
};

static const uint8_t transaction[HOP_STUN_TRANSACTION] = "twelve bytes";

static enum hop_ice_verdict check_raw(struct fixture *f, const struct hop_path *path,
                                      const uint8_t *data, size_t len, int64_t now_us)
{
    hop_ice_receive(f->ice, path, data, len, now_us, f->bytes, &f->result);
    if (f->result.answer_len) {
        assert_int_equal(hop_stun_parse(f->bytes, f->result.answer_len, &f->answer), HOP_STUN_OK);
        assert_memory_equal(f->answer.transaction, transaction, sizeof(transaction));
    }
    return f->result.verdict;
}

static size_t build(const struct check *c, uint8_t buf[HOP_STUN_MAX_BUILT])
{
    struct hop_stun_key *key = hop_stun_key_new(c->password, strlen(c->password));
    struct hop_stun_request req = {
        .transaction = transaction,
        .username = c->username,
        .username_len = strlen(c->username),
        .priority = c->priority,
        .controlling = !c->controlled,
        .use_candidate = c->use_candidate,
    };
    size_t len = hop_stun_build_request(&req, key, buf, HOP_STUN_MAX_BUILT);
    hop_stun_key_free(key);
    return len;
}

static enum hop_ice_verdict check(struct fixture *f, struct hop_path path, const struct check *c,
                                  int64_t now_us)
{
    uint8_t buf[HOP_STUN_MAX_BUILT];
    size_t len = build(c, buf);
    return check_raw(f, &path, buf, len, now_us);
}

static bool selected_is(const struct fixture *f, struct hop_path path)
{
    const struct hop_path *selected = hop_ice_selected(f->ice);
    return selected && hop_path_equal(selected, &path);
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    *state = &f;
    return hop_ice_new("local", "password", "remote", 0, &f.ice);
}

static int teardown(void **state)
{
    hop_ice_free(((struct fixture *)*state)->ice);
    return 0;
}

static bool integrity_ok(const struct fixture *f, const char *password)
{
    struct hop_stun_key *key = hop_stun_key_new(password, strlen(password));
    bool ok = hop_stun_check(&f->answer, key);
    hop_stun_key_free(key);
    return ok;
}

static void a_check_makes_a_path(void **state)
{
    struct fixture *f = *state;
    assert_null(hop_ice_selected(f->ice));
    assert_int_equal(check(f, udp(1), &plain, SECOND), HOP_ICE_ACCEPTED);
    assert_true(f->result.path_new && f->result.selected_changed && !f->result.restarted);
    assert_int_equal(f->answer.cls, HOP_STUN_SUCCESS);
    struct hop_path first = udp(1);
    assert_true(hop_addr_equal(&f->answer.mapped, &first.remote));
    assert_true(integrity_ok(f, "password"));
    assert_true(selected_is(f, udp(1)));
    /* the same again: nothing new */
    assert_int_equal(check(f, udp(1), &plain, 2 * SECOND), HOP_ICE_ACCEPTED);
    assert_false(f->result.path_new || f->result.selected_changed);
}

static void strangers_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct check check;
        uint16_t code;
    } cases[] = {
        { { "local:remote", "passwort", 1, true, false }, 401 },
        { { "other:remote", "password", 1, true, false }, 0 },
        { { "local:other", "password", 1, true, false }, 401 },
        { { "loca:remote", "password", 1, true, false }, 0 },
        { { "local:remote:x", "password", 1, true, false }, 401 },
        { { "localremote", "password", 1, true, false }, 0 },
        { { "", "password", 1, true, false }, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check(f, udp(1), &cases[i].check, SECOND), HOP_ICE_REFUSED);
        assert_int_equal(f->result.answer_len != 0, cases[i].code != 0);
        if (cases[i].code)
            assert_int_equal(f->answer.error_code, cases[i].code);
        assert_false(f->result.path_new || f->result.selected_changed);
    }
    assert_null(hop_ice_selected(f->ice));
    assert_int_equal(hop_ice_state(f->ice, SECOND), HOP_ICE_UNSEEN);
}

static void no_integrity_is_a_bad_request(void **state)
{
    struct fixture *f = *state;
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_path path = udp(1);
    struct hop_stun_request req = { .transaction = transaction,
                                    .username = "local:remote",
                                    .username_len = 12,
                                    .controlling = true };
    size_t len = hop_stun_build_request(&req, NULL, buf, sizeof(buf));
    assert_int_equal(check_raw(f, &path, buf, len, 0), HOP_ICE_REFUSED);
    assert_int_equal(f->answer.error_code, 400);
    assert_null(hop_ice_selected(f->ice));
}

/* A check with the comprehension-required attribute 0x7777, put together by hand. */
static size_t build_with_unknown(const char *password, uint8_t buf[HOP_STUN_MAX_BUILT])
{
    struct hop_stun_request req = { .transaction = transaction,
                                    .username = "local:remote",
                                    .username_len = 12,
                                    .controlling = true };
    size_t at = hop_stun_build_request(&req, NULL, buf, HOP_STUN_MAX_BUILT) - 8;
    hop_put32(buf + at, 0x7777u << 16 | 4);
    hop_put32(buf + at + 4, 0);
    at += 8;
    hop_put32(buf + at, 0x0008u << 16 | 20);
    hop_put16(buf + 2, (uint16_t)(at + 24 - HOP_STUN_HEADER));
    unsigned len = 20;
    HMAC(EVP_sha1(), password, (int)strlen(password), buf, at, buf + at + 4, &len);
    return at + 24;
}

static void unknown_attributes_are_named_to_the_authentic_only(void **state)
{
    struct fixture *f = *state;
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_path path = udp(1);
    size_t len = build_with_unknown("passwort", buf);
    assert_int_equal(check_raw(f, &path, buf, len, 0), HOP_ICE_REFUSED);
    assert_int_equal(f->answer.error_code, 401);
    len = build_with_unknown("password", buf);
    assert_int_equal(check_raw(f, &path, buf, len, 0), HOP_ICE_REFUSED);
    assert_int_equal(f->answer.error_code, 420);
    assert_true(integrity_ok(f, "password"));
    /* UNKNOWN-ATTRIBUTES, one type of two bytes */
    static const uint8_t listed[] = { 0x00, 0x0a, 0x00, 0x02, 0x77, 0x77 };
    assert_non_null(memmem(f->bytes, f->result.answer_len, listed, sizeof(listed)));
    assert_null(hop_ice_selected(f->ice));
}

static void role_conflict(void **state)
{
    struct fixture *f = *state;
    const struct check conflict = { "local:remote", "password", 100, false, true };
    assert_int_equal(check(f, udp(1), &conflict, 0), HOP_ICE_REFUSED);
    assert_int_equal(f->answer.error_code, 487);
    assert_true(integrity_ok(f, "password"));
    assert_null(hop_ice_selected(f->ice));
}

static void indications_responses_and_noise(void **state)
{
    struct fixture *f = *state;
    uint8_t buf[HOP_STUN_MAX_BUILT] = { 0 };
    struct hop_path path = udp(1);
    size_t len = build(&nominating, buf);
    hop_put16(buf, 0x0011);
    len -= 8; /* without FINGERPRINT, which no longer fits */
    hop_put16(buf + 2, (uint16_t)(len - HOP_STUN_HEADER));
    assert_int_equal(check_raw(f, &path, buf, len, 0), HOP_ICE_IGNORED);
    assert_int_equal(f->result.answer_len, 0);
    hop_put16(buf, 0x0101);
    assert_int_equal(check_raw(f, &path, buf, len, 0), HOP_ICE_IGNORED);
    assert_int_equal(f->result.answer_len, 0);
    memset(buf, 0, sizeof(buf));
    assert_int_equal(check_raw(f, &path, buf, 100, 0), HOP_ICE_MALFORMED);
    assert_null(hop_ice_selected(f->ice));
}

static void nomination_moves_the_selection(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &plain, 0);
    check(f, udp(2), &plain, 0);
    assert_true(selected_is(f, udp(1)));
    check(f, udp(2), &nominating, 10000);
    assert_true(f->result.selected_changed);
    assert_true(selected_is(f, udp(2)));
    check(f, udp(1), &plain, 20000);
    assert_true(selected_is(f, udp(2)));
}

/* Every check nominates: the highest priority wins, without jumping to and fro. */
static void aggressive_nomination_settles_on_the_best(void **state)
{
    struct fixture *f = *state;
    const struct check low = { "local:remote", "password", 10, true, false };
    const struct check high = { "local:remote", "password", 20, true, false };
    check(f, udp(1), &low, 0);
    check(f, udp(2), &high, 20000);
    assert_true(selected_is(f, udp(2)));
    for (int64_t t = 40000; t < 2 * SECOND; t += 100000) {
        check(f, udp(1), &low, t);
        assert_false(f->result.selected_changed);
        check(f, udp(2), &high, t);
        assert_false(f->result.selected_changed);
    }
    /* the better one falls silent: the other may have it */
    check(f, udp(1), &low, 3 * SECOND);
    assert_true(selected_is(f, udp(1)));
}

static void a_path_that_is_no_longer_checked_yields(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    check(f, udp(2), &plain, 3 * SECOND);
    assert_true(selected_is(f, udp(1)));
    check(f, udp(2), &plain, HOP_ICE_QUIET_US + SECOND);
    assert_true(f->result.selected_changed);
    assert_true(selected_is(f, udp(2)));
}

static const struct check restarted = { "local2:remote2", "password2", 100, false, false };
static const struct check restarted_nominating = { "local2:remote2", "password2", 100, true,
                                                   false };

static void restart_keeps_the_old_until_the_new_is_nominated(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    assert_null(hop_ice_old_ufrag(f->ice));
    assert_int_equal(hop_ice_restart(f->ice, "local2", "password2", "remote2", SECOND), 0);
    assert_string_equal(hop_ice_ufrag(f->ice), "local2");
    assert_string_equal(hop_ice_old_ufrag(f->ice), "local");
    assert_true(selected_is(f, udp(1)));

    assert_int_equal(check(f, udp(1), &plain, 2 * SECOND), HOP_ICE_ACCEPTED);
    assert_int_equal(check(f, udp(2), &restarted, 2 * SECOND), HOP_ICE_ACCEPTED);
    assert_true(integrity_ok(f, "password2"));
    assert_true(selected_is(f, udp(1)));
    assert_false(f->result.restarted);

    assert_int_equal(check(f, udp(2), &restarted_nominating, 3 * SECOND), HOP_ICE_ACCEPTED);
    assert_true(f->result.restarted && f->result.selected_changed);
    assert_true(selected_is(f, udp(2)));
    assert_null(hop_ice_old_ufrag(f->ice));
    assert_int_equal(check(f, udp(1), &nominating, 4 * SECOND), HOP_ICE_REFUSED);
    assert_int_equal(f->result.answer_len, 0);
    assert_true(selected_is(f, udp(2)));
}

/* Credentials of the two generations do not mix. */
static void restart_does_not_mix_credentials(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    hop_ice_restart(f->ice, "local2", "password2", "remote2", SECOND);
    const struct check mixed[] = {
        { "local2:remote2", "password", 1, true, false },
        { "local:remote", "password2", 1, true, false },
        { "local2:remote", "password2", 1, true, false },
        { "local:remote2", "password", 1, true, false },
    };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(check(f, udp(2), &mixed[i], 2 * SECOND), HOP_ICE_REFUSED);
}

static void restart_on_the_same_path(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    hop_ice_restart(f->ice, "local2", "password2", "remote2", SECOND);
    check(f, udp(1), &restarted_nominating, 2 * SECOND);
    assert_true(f->result.restarted);
    assert_false(f->result.selected_changed || f->result.path_new);
    assert_true(selected_is(f, udp(1)));
}

static void a_second_restart_replaces_an_unfinished_one(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    hop_ice_restart(f->ice, "local2", "password2", "remote2", SECOND);
    hop_ice_restart(f->ice, "local3", "password3", "remote3", SECOND);
    assert_string_equal(hop_ice_old_ufrag(f->ice), "local");
    assert_int_equal(check(f, udp(1), &nominating, SECOND), HOP_ICE_ACCEPTED);
    assert_int_equal(check(f, udp(1), &restarted_nominating, SECOND), HOP_ICE_REFUSED);
    const struct check third = { "local3:remote3", "password3", 1, true, false };
    assert_int_equal(check(f, udp(1), &third, SECOND), HOP_ICE_ACCEPTED);
    assert_true(f->result.restarted);
}

static void a_failed_restart_changes_nothing(void **state)
{
    struct fixture *f = *state;
    char longer[HOP_MAX_UFRAG + 2];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(hop_ice_restart(f->ice, "", "p", "r", 0), -EINVAL);
    assert_int_equal(hop_ice_restart(f->ice, "l", "", "r", 0), -EINVAL);
    assert_int_equal(hop_ice_restart(f->ice, "l", "p", longer, 0), -EINVAL);
    assert_null(hop_ice_old_ufrag(f->ice));
    assert_int_equal(check(f, udp(1), &plain, 0), HOP_ICE_ACCEPTED);
}

/* A late nomination with the old credentials must not take the media back. */
static void old_nomination_after_the_new_path(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    hop_ice_restart(f->ice, "local2", "password2", "remote2", SECOND);
    hop_ice_path_lost(f->ice, &(struct hop_path){ .remote = udp(1).remote });
    check(f, udp(2), &restarted, 2 * SECOND);
    assert_true(selected_is(f, udp(2)));
    check(f, udp(2), &restarted_nominating, 2 * SECOND);
    assert_int_equal(check(f, udp(1), &nominating, 3 * SECOND), HOP_ICE_REFUSED);
    assert_true(selected_is(f, udp(2)));
}

static void paths_are_bounded(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    for (unsigned i = 2; i <= HOP_MAX_PATHS; i++) {
        check(f, udp(i), &plain, i);
        assert_false(f->result.path_evicted);
    }
    for (unsigned i = HOP_MAX_PATHS + 1; i < 100; i++) {
        check(f, udp(i), &plain, i);
        assert_true(f->result.path_evicted && f->result.path_new);
        /* the stalest, but never the one in use */
        struct hop_path expected = udp(i + 1 - HOP_MAX_PATHS);
        assert_true(hop_path_equal(&f->result.evicted, &expected));
        assert_false(hop_ice_has_path(f->ice, &expected));
    }
    struct hop_path all[HOP_MAX_PATHS];
    assert_int_equal(hop_ice_paths(f->ice, all), HOP_MAX_PATHS);
    assert_true(selected_is(f, udp(1)));
}

static void consent_in_virtual_time(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(hop_ice_state(f->ice, 0), HOP_ICE_UNSEEN);
    assert_true(hop_ice_deadline(f->ice, 0) == HOP_ICE_CONSENT_US);
    check(f, udp(1), &nominating, 10 * SECOND);
    int64_t t = 10 * SECOND;
    assert_int_equal(hop_ice_state(f->ice, t), HOP_ICE_ACTIVE);
    assert_true(hop_ice_deadline(f->ice, t) == t + HOP_ICE_QUIET_US);
    assert_int_equal(hop_ice_state(f->ice, t + HOP_ICE_QUIET_US - 1), HOP_ICE_ACTIVE);
    assert_int_equal(hop_ice_state(f->ice, t + HOP_ICE_QUIET_US), HOP_ICE_QUIET);
    /* his media bridges the time to the next check, but is no consent */
    hop_ice_heard(f->ice, t + 6 * SECOND);
    assert_int_equal(hop_ice_state(f->ice, t + 12 * SECOND), HOP_ICE_ACTIVE);
    assert_true(hop_ice_deadline(f->ice, t + 6 * SECOND) == t + 6 * SECOND + HOP_ICE_QUIET_US);
    assert_int_equal(hop_ice_state(f->ice, t + 13 * SECOND), HOP_ICE_QUIET);
    assert_true(hop_ice_deadline(f->ice, t + 13 * SECOND) == t + HOP_ICE_CONSENT_US);
    hop_ice_heard(f->ice, t + 29 * SECOND);
    assert_int_equal(hop_ice_state(f->ice, t + 30 * SECOND - 1), HOP_ICE_ACTIVE);
    assert_int_equal(hop_ice_state(f->ice, t + 30 * SECOND), HOP_ICE_GONE);
    /* and back */
    check(f, udp(1), &plain, t + 31 * SECOND);
    assert_int_equal(hop_ice_state(f->ice, t + 31 * SECOND), HOP_ICE_ACTIVE);
}

static void nobody_ever_came(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(hop_ice_state(f->ice, HOP_ICE_CONSENT_US - 1), HOP_ICE_UNSEEN);
    assert_int_equal(hop_ice_state(f->ice, HOP_ICE_CONSENT_US), HOP_ICE_GONE);
    assert_true(hop_ice_deadline(f->ice, HOP_ICE_CONSENT_US) == INT64_MAX);
}

static void a_restart_gives_time(void **state)
{
    struct fixture *f = *state;
    check(f, udp(1), &nominating, 0);
    hop_ice_restart(f->ice, "local2", "password2", "remote2", 29 * SECOND);
    assert_int_equal(hop_ice_state(f->ice, 31 * SECOND), HOP_ICE_ACTIVE);
    assert_int_equal(hop_ice_state(f->ice, 59 * SECOND), HOP_ICE_GONE);
}

static void stale_paths_expire(void **state)
{
    struct fixture *f = *state;
    struct hop_path gone, second = udp(2);
    check(f, udp(1), &nominating, 0);
    check(f, udp(2), &plain, 0);
    for (int64_t t = 0; t < 29 * SECOND; t += 2 * SECOND)
        check(f, udp(1), &nominating, t);
    assert_false(hop_ice_expire(f->ice, 29 * SECOND, &gone));
    assert_true(hop_ice_deadline(f->ice, 29 * SECOND) == 30 * SECOND);
    assert_true(hop_ice_expire(f->ice, 30 * SECOND, &gone));
    assert_true(hop_path_equal(&gone, &second));
    assert_false(hop_ice_expire(f->ice, 30 * SECOND, &gone));
    assert_true(selected_is(f, udp(1)));
    assert_true(hop_ice_deadline(f->ice, 30 * SECOND) > 30 * SECOND);
}

static void a_closed_connection_gives_way(void **state)
{
    struct fixture *f = *state;
    struct hop_path tcp = { .tcp = true, .tcp_conn = 7, .remote = udp(9).remote };
    check(f, udp(1), &plain, 0);
    check(f, tcp, &nominating, 0);
    assert_true(selected_is(f, tcp));
    struct hop_path other = { .tcp = true, .tcp_conn = 8, .remote = udp(9).remote };
    assert_false(hop_ice_path_lost(f->ice, &other));
    assert_true(hop_ice_path_lost(f->ice, &tcp));
    assert_true(selected_is(f, udp(1)));
    assert_true(hop_ice_path_lost(f->ice, &(struct hop_path){ .remote = udp(1).remote }));
    assert_null(hop_ice_selected(f->ice));
    assert_int_equal(hop_ice_state(f->ice, 1), HOP_ICE_QUIET);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_check_makes_a_path),
        TEST(strangers_are_refused),
        TEST(no_integrity_is_a_bad_request),
        TEST(unknown_attributes_are_named_to_the_authentic_only),
        TEST(role_conflict),
        TEST(indications_responses_and_noise),
        TEST(nomination_moves_the_selection),
        TEST(aggressive_nomination_settles_on_the_best),
        TEST(a_path_that_is_no_longer_checked_yields),
        TEST(restart_keeps_the_old_until_the_new_is_nominated),
        TEST(restart_does_not_mix_credentials),
        TEST(restart_on_the_same_path),
        TEST(a_second_restart_replaces_an_unfinished_one),
        TEST(a_failed_restart_changes_nothing),
        TEST(old_nomination_after_the_new_path),
        TEST(paths_are_bounded),
        TEST(consent_in_virtual_time),
        TEST(nobody_ever_came),
        TEST(a_restart_gives_time),
        TEST(stale_paths_expire),
        TEST(a_closed_connection_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
