/* hop.v1 through the real libwebsockets on a loopback socket: pieces in, pieces out, close codes,
 * cookies and origins, and a client that never reads. The client is a thread with a plain socket;
 * the main thread is the control thread. */
#include "harness.h"

#include "media/base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    struct meeting *m;
    struct lws_context *lws;
    int port;
    pthread_t thread;
    _Atomic int done;
    void (*talk)(struct wire *w);
    /* what the client saw */
    int fd;
    int fragments; /* of the last message */
    int close_code;
    GByteArray *message;
    bool ok;
};

/* ---- the client's side of RFC 6455 ------------------------------------------------------------
 */

static bool read_exactly(struct wire *w, void *out, size_t len)
{
    for (size_t n = 0; n < len;) {
        ssize_t got = recv(w->fd, (uint8_t *)out + n, len - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    return true;
}

static bool send_frame(struct wire *w, uint8_t first, const void *data, size_t len)
{
    uint8_t head[14] = { first };
    size_t n = 2;
    if (len < 126) {
        head[1] = (uint8_t)(0x80 | len);
    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        n = 4;
    } else {
        head[1] = 0x80 | 127;
        for (size_t i = 0; i < 8; i++)
            head[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
        n = 10;
    }
    static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    memcpy(head + n, mask, 4);
    g_autofree uint8_t *body = g_malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        body[i] = ((const uint8_t *)data)[i] ^ mask[i % 4];
    return send(w->fd, head, n + 4, MSG_NOSIGNAL) == (ssize_t)(n + 4) &&
           (len == 0 || send(w->fd, body, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static bool send_message(struct wire *w, const char *text)
{
    return send_frame(w, 0x81, text, strlen(text));
}

/* The next whole text message into w->message; false: closed, with w->close_code if there was one.
 */
static bool read_message(struct wire *w)
{
    g_byte_array_set_size(w->message, 0);
    w->fragments = 0;
    for (;;) {
        uint8_t head[2];
        uint8_t more[8];
        uint8_t body[65536];
        if (!read_exactly(w, head, 2))
            return false;
        size_t len = head[1] & 0x7f;
        if (len == 126) {
            if (!read_exactly(w, more, 2))
                return false;
            len = (size_t)(more[0] << 8 | more[1]);
        }
        if (len > sizeof body || !read_exactly(w, body, len))
            return false;
        if ((head[0] & 0xf) == 8) {
            w->close_code = len >= 2 ? body[0] << 8 | body[1] : -1;
            return false;
        }
        if ((head[0] & 0xf) > 1)
            continue;
        g_byte_array_append(w->message, body, (guint)len);
        w->fragments++;
        if ((head[0] & 0x80) != 0)
            return true;
    }
}

static json_t *read_json(struct wire *w)
{
    return read_message(w) ? json_loadb((char *)w->message->data, w->message->len, 0, NULL) : NULL;
}

static bool open_ws(struct wire *w, const char *headers)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)w->port) };
    struct timeval limit = { .tv_sec = 10 };
    int small = 4096;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(w->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    g_autofree char *request = g_strdup_printf(
        "GET /api/v1/meet HTTP/1.1\r\nHost: hop.test:%d\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: hop.v1\r\n%s\r\n",
        w->port, headers);
    if (send(w->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        return false;
    char answer[1024] = "";
    for (size_t n = 0; n < sizeof answer - 1 && strstr(answer, "\r\n\r\n") == NULL; n++) {
        if (!read_exactly(w, answer + n, 1))
            return false;
    }
    return strncmp(answer, "HTTP/1.1 101", 12) == 0;
}

/* ---- the server's side ------------------------------------------------------------------------
 */

static bool identify_by_cookie(void *host, const char *cookie, struct hop_identity *out)
{
    (void)host;
    if (strstr(cookie, "hop_session=abc") == NULL)
        return false;
    *out = (struct hop_identity){ .user_id = 7, .name = "  Thư   ký ", .administrator = true };
    return true;
}

static void *client_thread(void *arg)
{
    struct wire *w = arg;
    w->talk(w);
    if (w->fd >= 0)
        close(w->fd);
    w->done = 1;
    lws_cancel_service(w->lws);
    return NULL;
}

/* Starts the listener and runs `talk` in a thread; `meanwhile` (may be NULL) runs on the control
 * thread at each turn. Both sides are over when it returns. */
static void run_wire(struct meeting *m, struct wire *w, void (*talk)(struct wire *w),
                     void (*meanwhile)(struct wire *w))
{
    static struct hop_host host;
    host = host_table;
    host.identify = identify_by_cookie;
    m->signaling->config.host = &host;
    m->signaling->virtual_time = false;
    m->signaling->now_us = 0;
    struct lws_protocols protocols[2] = { hop_signaling_protocol(m->signaling), { 0 } };
    struct lws_context_creation_info info = { 0 };
    lws_set_log_level(LLL_ERR, NULL);
    info.port = 0;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_VALIDATE_UTF8;
    w->m = m;
    w->fd = -1;
    w->talk = talk;
    w->message = g_byte_array_new();
    w->lws = lws_create_context(&info);
    assert_non_null(w->lws);
    w->port = lws_get_vhost_listen_port(lws_get_vhost_by_name(w->lws, "default"));
    assert_int_equal(pthread_create(&w->thread, NULL, client_thread, w), 0);
    int64_t until_us = hop_now_us() + 20 * 1000000LL;
    while ((w->done == 0 || g_hash_table_size(m->signaling->sessions) > 0) &&
           hop_now_us() < until_us) {
        (void)lws_service(w->lws, 0);
        if (meanwhile != NULL)
            meanwhile(w);
        (void)hop_signaling_tick(m->signaling, hop_now_us());
    }
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    assert_int_equal(g_hash_table_size(m->signaling->sessions), 0);
    lws_context_destroy(w->lws);
    g_byte_array_unref(w->message);
}

/* ---- talks ------------------------------------------------------------------------------------
 */

static void talk_whole_life(struct wire *w)
{
    if (!open_ws(w, ""))
        return;
    /* a message in three frames with a ping between them */
    if (!send_frame(w, 0x01, "{\"id\":1,", 8) || !send_frame(w, 0x89, "x", 1) ||
        !send_frame(w, 0x00, "\"op\":", 5) || !send_frame(w, 0x80, "\"ping\"}", 7))
        return;
    json_t *pong = read_json(w);
    bool ok = json_integer_value(json_object_get(pong, "re")) == 1;
    json_decref(pong);

    g_autofree char *sdp = offer_text("chromium", NULL);
    json_t *join = json_pack("{s:i,s:s,s:{s:s,s:s,s:s}}", "id", 2, "op", "join", "data", "room",
                             "r", "name", "A", "offer", sdp);
    char *text = json_dumps(join, JSON_COMPACT);
    ok = ok && strlen(text) > 57000 && send_message(w, text);
    free(text);
    json_decref(join);
    json_t *answer = read_json(w);
    const json_t *data = json_object_get(answer, "data");
    ok = ok && w->fragments > 1 && json_string_length(json_object_get(data, "answer")) > 4096;
    json_decref(answer);
    ok = ok && send_message(w, "{\"id\":3,\"op\":\"leave\"}");
    while (read_message(w))
        ;
    w->ok = ok;
}

static void whole_life(void **state)
{
    struct wire w = { 0 };
    run_wire(*state, &w, talk_whole_life, NULL);
    assert_true(w.ok);
    assert_int_equal(w.close_code, HOP_CLOSE_LEFT);
}

static void talk_abuse(struct wire *w)
{
    w->ok = open_ws(w, "");
    for (int i = 0; i < 3; i++)
        (void)send_message(w, "nonsense");
    while (read_message(w))
        ;
}

static void abuse_is_closed(void **state)
{
    struct wire w = { 0 };
    run_wire(*state, &w, talk_abuse, NULL);
    assert_true(w.ok);
    assert_int_equal(w.close_code, HOP_CLOSE_ABUSE);
}

/* Joins without a name: who is it? */
static void talk_identity(struct wire *w, const char *headers)
{
    if (!open_ws(w, headers) ||
        !send_message(w, "{\"id\":1,\"op\":\"join\",\"data\":{\"room\":\"r\"}}"))
        return;
    json_t *answer = read_json(w);
    const json_t *data = json_object_get(answer, "data");
    const json_t *all = json_object_get(json_object_get(data, "snapshot"), "participants");
    const char *name = json_string_value(json_object_get(json_array_get(all, 0), "name"));
    w->ok = name != NULL && strcmp(name, "Thư ký") == 0;
    json_decref(answer);
}

static void talk_cookie(struct wire *w)
{
    g_autofree char *headers =
        g_strdup_printf("Cookie: a=b; hop_session=abc\r\nOrigin: https://hop.test:%d\r\n", w->port);
    talk_identity(w, headers);
}

static void talk_stranger(struct wire *w)
{
    talk_identity(w, "Cookie: hop_session=abc\r\nOrigin: https://evil.test\r\n");
}

static void cookie_says_who(void **state)
{
    struct wire w = { 0 };
    run_wire(*state, &w, talk_cookie, NULL);
    assert_true(w.ok);
}

static void other_sites_page_is_nobody(void **state)
{
    struct wire w = { 0 };
    run_wire(*state, &w, talk_stranger, NULL);
    assert_false(w.ok);
}

/* Reads nothing after the handshake and waits to be cut off. */
static void talk_deaf(struct wire *w)
{
    w->ok = open_ws(w, "");
    while (g_atomic_int_get(&w->close_code) == 0) {
        lws_cancel_service(w->lws); /* the control thread has nothing to wake for else */
        g_usleep(1000);
    }
}

static void shout(struct wire *w)
{
    static const char line[8192] = { [0 ... 8190] = 'x' };
    GHashTableIter i;
    gpointer session;
    g_hash_table_iter_init(&i, w->m->signaling->sessions);
    if (!g_hash_table_iter_next(&i, NULL, &session)) {
        if (w->ok)
            g_atomic_int_set(&w->close_code, 1); /* cut off: the client may go */
        return;
    }
    for (int n = 0; n < 100; n++)
        hop_session_event(session, "room.changed", json_pack("{s:s}", "x", line));
}

static void deaf_is_cut_off(void **state)
{
    struct wire w = { 0 };
    int64_t begin_us = hop_now_us();
    run_wire(*state, &w, talk_deaf, shout);
    assert_true(w.ok);
    assert_int_equal(w.close_code, 1);
    assert_true(hop_now_us() - begin_us < 10 * 1000000LL); /* by the queue, not by silence */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(whole_life),      meeting_test(abuse_is_closed),
        meeting_test(cookie_says_who), meeting_test(other_sites_page_is_nobody),
        meeting_test(deaf_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
