/* HTTPS, WebSocket and ICE-TCP on one port of the real hopd, told apart by the first bytes: media
 * comes to the right worker, strangers are sent away, and pages are served meanwhile. */
#include "tests/integration/meeting.h"
#include "tests/integration/raw.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double tones[] = { 500, 1300 };

static int begin(void **state)
{
    struct hopd_options options = { .set = { "media.workers=2" } };
    return meeting_begin_with(state, &options);
}

static struct hop_client_config over_tcp(const struct meeting *m, const char *name, double tone_hz)
{
    static char url[64];
    struct hop_client_config config = meeting_talker(name, tone_hz);
    snprintf(url, sizeof(url), "wss://127.0.0.1:%d", m->hopd.https);
    config.url = url;
    config.transport.tcp = true;
    return config;
}

static void assert_on_https_port(const struct meeting *m, struct hop_client *c)
{
    struct hop_addr remote = hop_client_transport_remote(hop_client_transport_of(c));
    assert_int_equal(remote.port, m->hopd.https);
}

static void all_on_one_port(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    for (int i = 0; i < 2; i++) {
        c[i] = meeting_join_media(m, over_tcp(m, i ? "Bình" : "An", tones[i]));
        assert_on_https_port(m, c[i]);
    }
    assert_all_hear(m, c, tones, 2);
    assert_true(hop_client_wait_events(c[0], "media.path", 1, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c[0], "media.path"), "path")), "tcp");
}

/* A new room goes to the worker with fewer: four of them are on both. */
static void each_room_on_its_worker(void **state)
{
    struct meeting *m = *state;
    char rooms[4][40];
    for (int i = 0; i < 4; i++) {
        struct hop_client_config config = over_tcp(m, "An", tones[0]);
        assert_true(rest_new_room(&m->hopd, m->loop, m->cookie, rooms[i]));
        config.room = rooms[i];
        assert_on_https_port(m, meeting_join_media(m, config));
    }
}

static size_t frame_for_nobody(uint8_t out[64])
{
    static const uint8_t head[] = { 0, 28, 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42 };
    memset(out, 'x', 64);
    memcpy(out, head, sizeof(head));
    memcpy(out + 22,
           "\0\x06\0\x04"
           "a:bc",
           8); /* USERNAME */
    return 30;
}

struct strangers {
    int fds[12], n;
};

static bool all_closed(void *ctx)
{
    const struct strangers *s = ctx;
    return raw_count_closed(s->fds, s->n) == s->n;
}

static void strangers_are_sent_away(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join_media(m, over_tcp(m, "An", tones[0]));
    struct strangers s = { .n = 12 };
    uint8_t frame[64];
    size_t len = frame_for_nobody(frame);
    for (int i = 0; i < s.n; i++) {
        s.fds[i] = raw_tcp(m->hopd.https, "");
        assert_true(s.fds[i] >= 0);
        frame[6] = i % 2 ? 0x21 : 0x20; /* nobody's, or no STUN */
        assert_int_equal(write(s.fds[i], frame, len), len);
    }
    assert_true(meeting_until(m, all_closed, &s, PATIENCE_MS));
    for (int i = 0; i < s.n; i++)
        close(s.fds[i]);
    assert_ok(c, "ping", NULL);
    struct hop_client *other = meeting_join_media(m, over_tcp(m, "Bình", tones[1]));
    assert_hears(other, tones[0]);
}

/* More than may wait undecided hold their connections and say nothing. */
static void silent_ones_keep_nobody_out(void **state)
{
    enum { SILENT = 300 };
    struct meeting *m = *state;
    int fds[SILENT];
    for (int i = 0; i < SILENT; i++) {
        fds[i] = raw_tcp(m->hopd.https, i % 2 ? "" : "\x01");
        assert_true(fds[i] >= 0);
    }
    assert_on_https_port(m, meeting_join_media(m, over_tcp(m, "An", tones[0])));
    for (int i = 0; i < SILENT; i++)
        close(fds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(all_on_one_port),
        meeting_test(each_room_on_its_worker),
        meeting_test(strangers_are_sent_away),
        meeting_test(silent_ones_keep_nobody_out),
    };
    return cmocka_run_group_tests(tests, begin, meeting_end);
}
