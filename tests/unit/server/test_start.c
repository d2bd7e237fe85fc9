/* Starts that fail: each tells its stable code, what is wrong and how to mend it, and leaves
 * nothing behind. And that a stop with everything open takes less than 3 s. */
#include "tests/unit/server/live.h"

#include "media/base/clock.h"
#include "server/state_dir.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void assert_start_fails_in(struct live *live, enum hop_exit code, const char *text)
{
    live_start(live);
    assert_int_equal(live->code, code);
    if (!g_str_has_prefix(live->error, text))
        fail_msg("'%s' does not begin with '%s'", live->error, text);
    live_stop(live);
    live_free(live);
}

static void assert_start_fails(const char *option, const char *value, enum hop_exit code,
                               const char *text)
{
    struct live *live = live_new();

    g_hash_table_insert(live->set, (gpointer)(uintptr_t)option, (gpointer)(uintptr_t)value);
    assert_start_fails_in(live, code, text);
}

static void what_is_configured_wrong(void **state)
{
    (void)state;
    assert_start_fails("server.listen-addresses", "192.0.2.253", HOP_EXIT_ADDRESS,
                       "http.address: 192.0.2.253");
    assert_start_fails("server.state-dir", "/proc/hop", HOP_EXIT_STATE, "state.unwritable: /proc");
    assert_start_fails("server.web-root", "/nonexistent", HOP_EXIT_FILES, "files.missing: ");
    assert_start_fails("media.addresses", "192.0.2.253", HOP_EXIT_ADDRESS,
                       "media.address: 192.0.2.253");
    assert_start_fails("media.announced-address", "10.255.0.1=192.0.2.1", HOP_EXIT_ADDRESS,
                       "media.announced: ");
}

static int taken(int type, int *port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, type, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    *port = ntohs(sa.sin_port);
    return fd;
}

static void ports_in_use(void **state)
{
    int tcp, udp, tcp_fd = taken(SOCK_STREAM, &tcp), udp_fd = taken(SOCK_DGRAM, &udp);
    char *http = g_strdup_printf("%d", tcp), *media = g_strdup_printf("%d", udp);

    (void)state;
    assert_start_fails("server.http-port", http, HOP_EXIT_ADDRESS, "http.port_in_use: 127.0.0.1:");
    assert_start_fails("media.port", media, HOP_EXIT_ADDRESS, "media.port_in_use: ");
    g_free(http);
    g_free(media);
    close(tcp_fd);
    close(udp_fd);
}

static void a_directory_in_use(void **state)
{
    struct live *live = live_new();
    char *dir = g_build_filename(live->dir, "state", NULL);
    int lock = hop_state_dir_open(dir);

    (void)state;
    assert_true(lock >= 0);
    assert_int_equal(hop_state_dir_open(dir), -EWOULDBLOCK);
    assert_start_fails_in(live, HOP_EXIT_STATE, "state.in_use: ");
    close(lock);
    g_free(dir);
}

static void a_database_that_is_none(void **state)
{
    struct live *live = live_new();
    char *dir = g_build_filename(live->dir, "state", NULL), *text = g_strnfill(4096, 'x');

    (void)state;
    g_mkdir_with_parents(dir, 0700);
    live_write(live, "state/hop.db", text, 4096);
    assert_start_fails_in(live, HOP_EXIT_STATE, "state.damaged: ");
    g_free(text);
    g_free(dir);
}

static void a_certificate_that_is_none(void **state)
{
    struct live *live = live_new();
    char *cert = g_build_filename(live->dir, "cert.pem", NULL);

    (void)state;
    live_write(live, "cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n", -1);
    g_hash_table_insert(live->set, (gpointer) "server.certificate", cert);
    g_hash_table_insert(live->set, (gpointer) "server.private-key", cert);
    assert_start_fails_in(live, HOP_EXIT_CERTIFICATE, "certificate.unusable: ");
    g_free(cert);
}

static void a_stop_does_not_wait_for_open_connections(void **state)
{
    struct live *live = live_new();
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fds[20];
    int64_t begun;

    (void)state;
    live_start(live);
    assert_int_equal(live->code, HOP_EXIT_OK);
    sa.sin_port = htons((uint16_t)live->http);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&sa, sizeof(sa)), 0);
    }
    begun = hop_now_us();
    live_stop(live);
    assert_true(hop_now_us() - begun < 3000000);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_configured_wrong),
        cmocka_unit_test(ports_in_use),
        cmocka_unit_test(a_directory_in_use),
        cmocka_unit_test(a_database_that_is_none),
        cmocka_unit_test(a_certificate_that_is_none),
        cmocka_unit_test(a_stop_does_not_wait_for_open_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
