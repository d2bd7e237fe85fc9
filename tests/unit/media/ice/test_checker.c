/* media/ice/checker against media/ice/agent: both ends of ICE over a virtual line. */
#include "media/ice/checker.h"

#include "media/ice/agent.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND  ((int64_t)1000000)
#define ONE_WAY ((int64_t)15000)

/* The line: candidate n is reachable or not, and each direction takes ONE_WAY. */
struct line {
    struct hop_checker *client;
    struct hop_ice *server;
    int64_t now_us;
    unsigned reachable; /* bit per candidate */
    unsigned requests, lost;
    bool nominated_seen;
};

static struct hop_path candidate(unsigned n)
{
    char ip[32];
    snprintf(ip, sizeof(ip), "198.51.100.%u", n);
    struct hop_path path = { .socket = (uint16_t)n };
    assert_int_equal(hop_addr_parse(ip, 9000, &path.remote), 0);
    return path;
}

static void line_open(struct line *l, const char *client_pwd, bool aggressive)
{
    memset(l, 0, sizeof(*l));
    assert_int_equal(hop_ice_new("srv", "server-password", "cli", 0, &l->server), 0);
    struct hop_checker_config config = { .local_ufrag = "cli",
                                         .local_pwd = "client-password",
                                         .remote_ufrag = "srv",
                                         .remote_pwd = client_pwd,
                                         .aggressive = aggressive };
    assert_int_equal(hop_checker_new(&config, &l->client), 0);
    l->reachable = ~0u;
}

static void line_close(struct line *l)
{
    hop_checker_free(l->client);
    hop_ice_free(l->server);
}

/* One request over the line and its answer back, at the right virtual times. */
static void carry(struct line *l, const struct hop_path *path, const uint8_t *data, size_t len)
{
    uint8_t answer[HOP_STUN_MAX_BUILT], unused[HOP_STUN_MAX_BUILT];
    struct hop_ice_result result;
    l->requests++;
    if (!(l->reachable & 1u << path->socket)) {
        l->lost++;
        return;
    }
    hop_ice_receive(l->server, path, data, len, l->now_us + ONE_WAY, answer, &result);
    if (result.answer_len)
        hop_checker_receive(l->client, path, answer, result.answer_len, l->now_us + 2 * ONE_WAY,
                            unused);
}

/* Runs the client by its deadlines up to that time. */
static void run(struct line *l, int64_t until_us)
{
    for (unsigned steps = 0;; steps++) {
        assert_true(steps < 10000); /* a deadline in the past would spin */
        uint8_t buf[HOP_STUN_MAX_BUILT];
        struct hop_path path;
        size_t len;
        while ((len = hop_checker_next(l->client, l->now_us, &path, buf)) > 0)
            carry(l, &path, buf, len);
        int64_t next = hop_checker_deadline(l->client);
        if (next > until_us)
            break;
        assert_true(next > l->now_us || steps < 5000);
        if (next > l->now_us)
            l->now_us = next;
    }
    l->now_us = until_us;
}

static void connects_and_nominates(void **state)
{
    (void)state;
    for (int aggressive = 0; aggressive < 2; aggressive++) {
        struct line l;
        struct hop_path path = candidate(1);
        line_open(&l, "server-password", aggressive);
        hop_checker_add(l.client, &path, 100);
        assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CHECKING);
        run(&l, SECOND);
        assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CONNECTED);
        assert_int_equal(l.requests, aggressive ? 1 : 2);
        assert_true(hop_path_equal(hop_checker_selected(l.client), &path));
        assert_true(hop_path_equal(hop_ice_selected(l.server), &path));
        line_close(&l);
    }
}

static void the_best_reachable_candidate_wins(void **state)
{
    (void)state;
    struct line l;
    line_open(&l, "server-password", false);
    for (unsigned i = 1; i <= 4; i++) {
        struct hop_path path = candidate(i);
        assert_int_equal(hop_checker_add(l.client, &path, i * 100), 0);
    }
    l.reachable = 1u << 1 | 1u << 3; /* not the best of all, 4 */
    run(&l, SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CONNECTED);
    assert_int_equal(hop_checker_selected(l.client)->socket, 3);
    assert_int_equal(hop_ice_selected(l.server)->socket, 3);
    line_close(&l);
}

static void retransmits_and_fails(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1);
    line_open(&l, "server-password", false);
    hop_checker_add(l.client, &path, 1);
    l.reachable = 0;
    run(&l, 39 * SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CHECKING);
    assert_int_equal(l.requests, 7); /* Rc */
    run(&l, 40 * SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_FAILED);
    assert_int_equal(l.requests, 7);
    assert_true(hop_checker_deadline(l.client) == INT64_MAX);
    line_close(&l);
}

static void a_lost_check_is_repeated(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1);
    line_open(&l, "server-password", true);
    hop_checker_add(l.client, &path, 1);
    l.reachable = 0;
    run(&l, 600000); /* 0 and 500 ms lost */
    assert_int_equal(l.lost, 2);
    l.reachable = ~0u;
    run(&l, 1600000); /* 1500 ms */
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CONNECTED);
    line_close(&l);
}

static void a_wrong_password_fails_at_once(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1);
    line_open(&l, "wrong", false);
    hop_checker_add(l.client, &path, 1);
    run(&l, SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_FAILED);
    assert_int_equal(hop_checker_error(l.client), 401);
    assert_null(hop_ice_selected(l.server));
    line_close(&l);
}

static void consent_is_kept_and_lost(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1);
    line_open(&l, "server-password", true);
    hop_checker_add(l.client, &path, 1);
    for (int64_t t = SECOND; t < 120 * SECOND; t += SECOND) {
        run(&l, t);
        assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CONNECTED);
        assert_int_equal(hop_ice_state(l.server, t), HOP_ICE_ACTIVE);
    }
    assert_in_range(l.requests, 120 / 6, 120 / 4 + 2);
    l.reachable = 0;
    run(&l, 135 * SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CONNECTED);
    run(&l, 151 * SECOND);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_LOST);
    assert_int_equal(hop_ice_state(l.server, 151 * SECOND), HOP_ICE_GONE);
    line_close(&l);
}

static void a_silent_client_says_nothing(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1);
    line_open(&l, "server-password", true);
    hop_checker_add(l.client, &path, 1);
    run(&l, SECOND);
    unsigned before = l.requests;
    hop_checker_set_silent(l.client, true);
    run(&l, 20 * SECOND);
    assert_int_equal(l.requests, before);
    assert_int_equal(hop_ice_state(l.server, 20 * SECOND), HOP_ICE_QUIET);
    line_close(&l);
}

static void too_many_candidates(void **state)
{
    (void)state;
    struct line l;
    line_open(&l, "server-password", true);
    for (unsigned i = 0; i < HOP_MAX_PATHS; i++) {
        struct hop_path path = candidate(i + 1);
        assert_int_equal(hop_checker_add(l.client, &path, 1), 0);
    }
    struct hop_path path = candidate(99);
    assert_int_equal(hop_checker_add(l.client, &path, 1), -ENOSPC);
    line_close(&l);
}

/* A forged success response (right transaction, wrong key) must not connect. */
static void a_forged_answer_is_ignored(void **state)
{
    (void)state;
    struct line l;
    struct hop_path path = candidate(1), to;
    uint8_t buf[HOP_STUN_MAX_BUILT], forged[HOP_STUN_MAX_BUILT], answer[HOP_STUN_MAX_BUILT];
    line_open(&l, "server-password", true);
    hop_checker_add(l.client, &path, 1);
    assert_true(hop_checker_next(l.client, 0, &to, buf) > 0);
    struct hop_stun_key *key = hop_stun_key_new("guess", 5);
    size_t len = hop_stun_build_success(buf + 8, &path.remote, key, forged, sizeof(forged));
    assert_int_equal(hop_checker_receive(l.client, &path, forged, len, 1000, answer), 0);
    assert_int_equal(hop_checker_state(l.client), HOP_CHECKER_CHECKING);
    hop_stun_key_free(key);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_and_nominates),
        cmocka_unit_test(the_best_reachable_candidate_wins),
        cmocka_unit_test(retransmits_and_fails),
        cmocka_unit_test(a_lost_check_is_repeated),
        cmocka_unit_test(a_wrong_password_fails_at_once),
        cmocka_unit_test(consent_is_kept_and_lost),
        cmocka_unit_test(a_silent_client_says_nothing),
        cmocka_unit_test(too_many_candidates),
        cmocka_unit_test(a_forged_answer_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
