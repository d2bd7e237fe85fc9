/* What stops hopd from starting is said in one line with a stable code, what is wrong and how to
 * mend it; what goes wrong with the disk while it runs stops nobody's meeting. */
#include "tests/integration/meeting.h"

#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- running it to its end ---------------------------------------------------------------------
 */

struct place {
    struct hopd h; /* only its directories */
    char state[600], web[600], conf[600];
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    *state = p;
    if (!p || !hopd_prepare(&p->h, NULL))
        return -1;
    snprintf(p->state, sizeof(p->state), "%s", p->h.state);
    snprintf(p->web, sizeof(p->web), "%s/web", p->h.dir);
    snprintf(p->conf, sizeof(p->conf), "%s/hopd.conf", p->h.dir);
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    hopd_remove(&p->h);
    free(p);
    return 0;
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Exit code and output of a start with these options beside the usual ones. */
static void assert_fails(struct place *p, const char *const *more, bool as_nobody, int code,
                         const char *const *words)
{
    const char *args[40] = { "--config",     p->conf,
                             "--state-dir",  p->state,
                             "--web-root",   p->web,
                             "--https-port", "0",
                             "--http-port",  "0",
                             "--media-port", "0",
                             "--set",        "media.addresses=127.0.0.1" };
    char *said;
    int n = 14;
    while (*more)
        args[n++] = *more++;
    int got = hopd_run(args, as_nobody, &said);
    if (got != code)
        fail_msg("exit code %d, not %d: %s", got, code, said);
    for (; *words; words++) {
        if (!strstr(said, *words))
            fail_msg("no '%s' in: %s", *words, said);
    }
    free(said);
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define NOTHING ((const char *const[]){ NULL })

/* A socket that holds a port of 127.0.0.1. */
static int hold_port(int type, char text[16])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(text, 16, "%d", ntohs(at.sin_port));
    return fd;
}

/* ---- ports -------------------------------------------------------------------------------------
 */

static void a_port_in_use_is_named(void **state)
{
    struct place *p = *state;
    char port[16];
    int fd = hold_port(SOCK_STREAM, port);
    assert_fails(p, LIST("--http-port", port), false, HOP_EXIT_ADDRESS,
                 LIST("http.port_in_use", port));
    assert_fails(p, LIST("--https-port", port, "--listen", "127.0.0.1"), false, HOP_EXIT_ADDRESS,
                 LIST("http.port_in_use", port));
    close(fd);
    fd = hold_port(SOCK_DGRAM, port);
    assert_fails(p, LIST("--media-port", port), false, HOP_EXIT_ADDRESS,
                 LIST("media.port_in_use", port, "[media]"));
    close(fd);
}

static void an_address_that_is_not_here_is_named(void **state)
{
    assert_fails(*state, LIST("--set", "media.addresses=203.0.113.7"), false, HOP_EXIT_ADDRESS,
                 LIST("media.address", "203.0.113.7"));
    assert_fails(*state, LIST("--listen", "203.0.113.7"), false, HOP_EXIT_ADDRESS,
                 LIST("http.address", "203.0.113.7"));
}

/* ---- configuration -----------------------------------------------------------------------------
 */

static const char broken[] = "[server]\n"
                             "https-port=eighty\n"
                             "colour=red\n"
                             "listen-addresses=10.0.0.1;here\n"
                             "[media]\n"
                             "open-early=5\n"
                             "audio-bitrate=5\n"
                             "[kitchen]\n"
                             "stove=on\n";

/* All at once: each with its file, group, key and what is wrong. */
static void a_broken_configuration_is_told_line_by_line(void **state)
{
    struct place *p = *state;
    char *said;
    write_text(p->conf, broken);
    const char *const words[] = {
        p->conf,
        "[server] https-port 'eighty'",
        "[server] colour is not known",
        "[server] listen-addresses 'here'",
        "[media] open-early does not belong into [media]; move it to [meetings]",
        "[media] audio-bitrate '5'",
        "[kitchen] is no known group",
        NULL,
    };
    assert_int_equal(
        hopd_run(LIST("--config", p->conf, "--check-config", "--web-root", p->web), false, &said),
        HOP_EXIT_CONFIG);
    for (int i = 0; words[i]; i++) {
        if (!strstr(said, words[i]))
            fail_msg("no '%s' in: %s", words[i], said);
    }
    free(said);
    assert_fails(p, NOTHING, false, HOP_EXIT_CONFIG, words);
}

static void a_configuration_that_is_no_key_file_is_told(void **state)
{
    struct place *p = *state;
    char *said;
    write_text(p->conf, "[server]\nthis is no key file\n");
    assert_fails(p, NOTHING, false, HOP_EXIT_CONFIG, LIST(p->conf, "this is no key file"));
    assert_int_equal(hopd_run(LIST("--config", "/nowhere/hopd.conf"), false, &said),
                     HOP_EXIT_CONFIG);
    assert_non_null(strstr(said, "/nowhere/hopd.conf"));
    free(said);
}

static void the_example_configuration_is_right(void **state)
{
    struct place *p = *state;
    char *said;
    assert_int_equal(hopd_run(LIST("--print-config"), false, &said), 0);
    write_text(p->conf, said);
    free(said);
    assert_int_equal(
        hopd_run(LIST("--config", p->conf, "--check-config", "--web-root", p->web), false, &said),
        0);
    assert_non_null(strstr(said, "no problems"));
    free(said);
}

static void a_command_line_that_is_not_understood_is_told(void **state)
{
    assert_fails(*state, LIST("--colour", "red"), false, HOP_EXIT_USAGE, LIST("--colour"));
    assert_fails(*state, LIST("--set", "media.colour=red"), false, HOP_EXIT_CONFIG,
                 LIST("[media] colour is not known"));
}

/* ---- state -------------------------------------------------------------------------------------
 */

static void a_state_directory_without_rights_is_told(void **state)
{
    struct place *p = *state;
    assert_int_equal(chmod(p->h.dir, 0755), 0);
    assert_int_equal(chmod(p->state, 0755), 0);
    assert_int_equal(chmod(p->web, 0755), 0);
    assert_fails(p, NOTHING, true, HOP_EXIT_STATE, LIST("state.unwritable", p->state));
}

static void a_state_directory_in_use_is_told(void **state)
{
    struct place *p = *state;
    struct hop_client_loop *loop;
    struct hopd running = p->h;
    assert_int_equal(hop_client_loop_new(&loop), 0);
    assert_true(hopd_spawn(&running));
    assert_true(hopd_wait_ready(&running, loop, 30000));
    assert_fails(p, NOTHING, false, HOP_EXIT_STATE, LIST("state.in_use", p->state));
    assert_int_equal(hopd_stop(&running, loop), 0);
    hop_client_loop_free(loop);
}

/* One start that makes the database. */
static void make_database(struct place *p)
{
    struct hop_client_loop *loop;
    assert_int_equal(hop_client_loop_new(&loop), 0);
    assert_true(hopd_spawn(&p->h));
    assert_true(hopd_wait_ready(&p->h, loop, 30000));
    assert_int_equal(hopd_stop(&p->h, loop), 0);
    hop_client_loop_free(loop);
    p->h.https = p->h.http = p->h.media = 0;
}

static void a_database_of_a_newer_hop_is_not_touched(void **state)
{
    struct place *p = *state;
    char path[700];
    sqlite3 *db;
    make_database(p);
    snprintf(path, sizeof(path), "%s/hop.db", p->state);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO schema_version (version, applied_at)"
                                  " VALUES (9999, 0)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_fails(p, NOTHING, false, HOP_EXIT_STATE, LIST("state.newer", path));
}

static void a_file_that_is_no_database_is_told(void **state)
{
    struct place *p = *state;
    char path[700], text[5000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    snprintf(path, sizeof(path), "%s/hop.db", p->state);
    write_text(path, text);
    assert_fails(p, NOTHING, false, HOP_EXIT_STATE, LIST("state.damaged", path));
}

static void a_bad_certificate_is_told(void **state)
{
    struct place *p = *state;
    char cert[700], key[700], set_cert[800], set_key[800];
    snprintf(cert, sizeof(cert), "%s/cert.pem", p->h.dir);
    snprintf(key, sizeof(key), "%s/key.pem", p->h.dir);
    snprintf(set_cert, sizeof(set_cert), "server.certificate=%s", cert);
    snprintf(set_key, sizeof(set_key), "server.private-key=%s", key);
    const char *const sets[] = { "--set", set_cert, "--set", set_key, NULL };
    assert_fails(p, sets, false, HOP_EXIT_CERTIFICATE, LIST("certificate.unusable", cert));
    write_text(cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write_text(key, "no key");
    assert_fails(p, sets, false, HOP_EXIT_CERTIFICATE, LIST("certificate.unusable", cert));
}

static void a_page_that_is_not_there_is_told(void **state)
{
    assert_fails(*state, LIST("--web-root", "/nowhere"), false, HOP_EXIT_FILES,
                 LIST("files.missing", "/nowhere"));
}

/* ---- a full disk -------------------------------------------------------------------------------
 */

static int begin_on_small_disk(void **state)
{
    const struct hopd_options options = { .disk_kb = 2048 };
    return meeting_begin_with(state, &options) == 0 ? meeting_open(state) : -1;
}

static int end_on_small_disk(void **state)
{
    int closed = meeting_close(state);
    return meeting_end(state) == 0 ? closed : -1;
}

static void fill_disk(const struct hopd *h)
{
    char path[2 * HOPD_PATH], block[4096] = { 1 };
    hopd_inside(h, "ballast", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t size = sizeof(block); size > 0; size /= 2) {
        while (write(fd, block, size) > 0)
            ;
    }
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static const char long_text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void a_full_disk_refuses_chat_and_the_meeting_goes_on(void **state)
{
    struct meeting *m = *state;
    const double tones[] = { 500, 1300 };
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", tones[0])),
                                meeting_join_media(m, meeting_talker("Bình", tones[1])) };
    char path[2 * HOPD_PATH];
    const char *code = "";
    size_t kept = 1;
    assert_all_hear(m, c, tones, 2);
    assert_ok(c[0], "chat", json_pack("{s:s}", "text", "còn chỗ"));
    struct meeting_mark mark = meeting_mark(c[0]);
    fill_disk(&m->hopd);
    /* what the database has in reserve is used up first */
    for (int i = 0; i < 200 && strcmp(code, "server.storage") != 0; i++) {
        code = hop_client_answer_code(
            hop_client_call(c[0], "chat", json_pack("{s:s}", "text", long_text), PATIENCE_MS));
        kept += code[0] == '\0';
        if (i % 40 == 39)
            meeting_run(m, 500); /* fifty a second are allowed */
    }
    assert_string_equal(code, "server.storage");
    struct rest_answer ready = rest_call(&m->hopd, m->loop, "GET", "/readyz", NULL, NULL);
    assert_int_equal(ready.status, 503);
    rest_clear(&ready);
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_store_up", NULL, 0, PATIENCE_MS));
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], mark);
    assert_int_equal(hop_client_count(c[1], "chat"), kept); /* nobody was shown what was not kept */
    hopd_inside(&m->hopd, "ballast", path);
    assert_int_equal(unlink(path), 0);
    assert_ok(c[1], "chat", json_pack("{s:s}", "text", "lại có chỗ"));
    assert_true(rest_wait_at_least(&m->hopd, m->loop, "hop_store_up", NULL, 1, PATIENCE_MS));
    struct hop_client *late = meeting_join(m, meeting_talker("Chi", 0));
    json_t *chat = json_object_get(hop_client_snapshot(late), "chat");
    assert_int_equal(json_array_size(chat), kept + 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(chat, kept), "text")),
                        "lại có chỗ");
    assert_all_hear(m, c, tones, 2);
}

#define start_test(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        start_test(a_port_in_use_is_named),
        start_test(an_address_that_is_not_here_is_named),
        start_test(a_broken_configuration_is_told_line_by_line),
        start_test(a_configuration_that_is_no_key_file_is_told),
        start_test(the_example_configuration_is_right),
        start_test(a_command_line_that_is_not_understood_is_told),
        start_test(a_state_directory_without_rights_is_told),
        start_test(a_state_directory_in_use_is_told),
        start_test(a_database_of_a_newer_hop_is_not_touched),
        start_test(a_file_that_is_no_database_is_told),
        start_test(a_bad_certificate_is_told),
        start_test(a_page_that_is_not_there_is_told),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_chat_and_the_meeting_goes_on,
                                        begin_on_small_disk, end_on_small_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
