/* The transport and the page's files, through real connections: what a browser, a proxy and an
 * attacker would send. */
#include "server/tls.h"
#include "tests/unit/server/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static struct live *live;

static int setup(void **state)
{
    char *big = g_strnfill(300000, 'j');

    (void)state;
    live = live_new();
    live_write(live, "web/assets/app-1a2b.js", big, -1);
    live_write(live, "web/assets/app-1a2b.js.br", "brotli", -1);
    live_write(live, "web/assets/app-1a2b.js.gz", "gzip", -1);
    live_write(live, "web/.secret", "x", -1);
    live_write(live, "secret.txt", "x", -1);
    g_free(big);
    live_start(live);
    if (live->error != NULL)
        fail_msg("%s", live->error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_stop(live);
    live_free(live);
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void the_page_and_its_routes(void **state)
{
    static const char *const routes[] = { "/", "/m/abc-defg-hij", "/admin", "/ops/live", "/x?y=1" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        struct reply r = ask(live, "GET", routes[i], NULL, NULL);

        assert_int_equal(r.status, 200);
        assert_string_equal(r.body->str, "<!doctype html><title>hop</title>");
        assert_header(&r, "content-type", "text/html; charset=utf-8");
        assert_header(&r, "cache-control", "no-cache");
        reply_clear(&r);
    }
}

static void fingerprinted_files_are_kept_for_ever(void **state)
{
    struct reply r = ask(live, "GET", "/assets/app-1a2b.js", NULL, NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body->len, 300000);
    assert_int_equal(strspn(r.body->str, "j"), 300000);
    assert_header(&r, "cache-control", "public, max-age=31536000, immutable");
    assert_header(&r, "vary", "accept-encoding");
    assert_null(header_of(&r, "content-encoding"));
    reply_clear(&r);
}

static void assert_encoding(const char *accept, const char *encoding, const char *body)
{
    char *headers = g_strconcat("Accept-Encoding: ", accept, NULL);
    struct reply r = ask(live, "GET", "/assets/app-1a2b.js", headers, NULL);

    assert_int_equal(r.status, 200);
    assert_header(&r, "content-encoding", encoding);
    assert_header(&r, "content-type", "text/javascript; charset=utf-8");
    assert_string_equal(r.body->str, body);
    reply_clear(&r);
    g_free(headers);
}

static void compressed_variants(void **state)
{
    struct reply r;

    (void)state;
    assert_encoding("gzip, deflate, br", "br", "brotli");
    assert_encoding("gzip", "gzip", "gzip");
    assert_encoding("br;q=0, gzip;q=0.5", "gzip", "gzip");
    r = ask(live, "GET", "/assets/app-1a2b.js", "Accept-Encoding: identity", NULL);
    assert_int_equal(r.body->len, 300000);
    reply_clear(&r);
}

static void conditional_and_head(void **state)
{
    struct reply r = ask(live, "HEAD", "/assets/app-1a2b.js", NULL, NULL);
    char *etag = header_of(&r, "etag"), *headers;

    (void)state;
    assert_int_equal(r.status, 200);
    assert_header(&r, "content-length", "300000");
    assert_int_equal(r.body->len, 0);
    reply_clear(&r);
    headers = g_strdup_printf("If-None-Match: \"other\", W/%s", etag);
    r = ask(live, "GET", "/assets/app-1a2b.js", headers, NULL);
    assert_int_equal(r.status, 304);
    assert_int_equal(r.body->len, 0);
    reply_clear(&r);
    r = ask(live, "GET", "/", "If-None-Match: \"other\"", NULL);
    assert_int_equal(r.status, 200);
    reply_clear(&r);
    g_free(headers);
    g_free(etag);
}

static void nothing_outside_of_the_page(void **state)
{
    static const char *const paths[] = {
        "/../secret.txt",      "/%2e%2e/secret.txt", "/assets/../../secret.txt",
        "/..%2fsecret.txt",    "/.secret",           "/%2esecret",
        "/secret.txt%00.html", "//secret.txt",       "/assets/app-1a2b.js/x.txt",
        "/assets/none"
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        struct reply r = ask(live, "GET", paths[i], NULL, NULL);

        if (r.status == 200)
            fail_msg("%s was served: %s", paths[i], r.body->str);
        reply_clear(&r);
    }
}

static void security_headers(void **state)
{
    struct reply r = ask(live, "GET", "/", NULL, NULL);
    char *csp = header_of(&r, "content-security-policy"), *url, *own;

    (void)state;
    own = g_strdup_printf("connect-src 'self' ws://127.0.0.1:%d;", live->http);
    assert_non_null(strstr(csp, "default-src 'none'"));
    assert_non_null(strstr(csp, "script-src 'self';"));
    assert_non_null(strstr(csp, "frame-ancestors 'none'"));
    assert_non_null(strstr(csp, own));
    assert_header(&r, "x-content-type-options", "nosniff");
    assert_header(&r, "referrer-policy", "no-referrer");
    assert_header(&r, "cross-origin-opener-policy", "same-origin");
    assert_null(header_of(&r, "strict-transport-security")); /* the certificate is an own one */
    reply_clear(&r);
    g_free(csp);
    g_free(own);
    /* a Host header cannot write itself into a header of the answer */
    url = g_strdup_printf("http://127.0.0.1:%d/", live->http);
    r = ask_url(live, "GET", url, "Host: evil;script-src *", NULL);
    csp = header_of(&r, "content-security-policy");
    assert_null(strstr(csp, "evil"));
    reply_clear(&r);
    g_free(csp);
    g_free(url);
}

static void over_tls(void **state)
{
    char *url = g_strdup_printf("https://127.0.0.1:%d/assets/app-1a2b.js", live->https);
    struct reply r = ask_url(live, "GET", url, NULL, NULL);
    char *csp = header_of(&r, "content-security-policy");

    (void)state;
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body->len, 300000);
    assert_non_null(strstr(csp, "wss://127.0.0.1:"));
    g_free(csp);
    reply_clear(&r);
    g_free(url);
}

/* The certificate's expiry as new connections see it. */
static char *served_certificate(void)
{
    char *url = g_strdup_printf("https://127.0.0.1:%d/healthz", live->https), *pem = NULL;
    struct curl_certinfo *info = NULL;
    CURL *curl = curl_easy_init();

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    assert_int_equal(curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info), CURLE_OK);
    for (struct curl_slist *line = info->certinfo[0]; line != NULL; line = line->next)
        if (g_str_has_prefix(line->data, "Cert:"))
            pem = g_strdup(line->data);
    assert_non_null(pem);
    curl_easy_cleanup(curl);
    g_free(url);
    return pem;
}

static void sighup_takes_a_new_certificate(void **state)
{
    static const char *const names[] = { "localhost", "new.example.vn", NULL };
    char *cert = g_build_filename(live->dir, "state", "own-certificate.pem", NULL);
    char *key = g_build_filename(live->dir, "state", "own-key.pem", NULL);
    char *before = served_certificate(), *after = NULL;
    bool made = false, same = true;

    (void)state;
    assert_int_equal(hop_tls_own_ensure(cert, key, names, &made), 0);
    assert_true(made);
    kill(getpid(), SIGHUP);
    for (int i = 0; i < 500 && same; i++) {
        g_free(after);
        after = served_certificate();
        same = strcmp(before, after) == 0;
    }
    assert_false(same);
    g_free(before);
    g_free(after);
    g_free(cert);
    g_free(key);
}

/* ---- hostile and clumsy clients ---------------------------------------------------------------
 */

static int dial(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)live->http),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 15 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    return fd;
}

/* Sends the bytes and returns all that comes until the server closes; NULL: it did not within 15 s.
 */
static char *talk(const char *bytes, size_t len)
{
    GString *answer = g_string_new(NULL);
    int fd = dial();
    char part[4096];
    ssize_t n;

    for (size_t sent = 0; sent < len; sent += (size_t)n) {
        n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break;
    }
    while ((n = recv(fd, part, sizeof(part), 0)) > 0)
        g_string_append_len(answer, part, n);
    if (n < 0 && errno == EAGAIN) {
        g_string_free(answer, TRUE);
        answer = NULL;
    }
    close(fd);
    return answer != NULL ? g_string_free(answer, FALSE) : NULL;
}

static void assert_alive(void)
{
    assert_ask(live, "GET", "/healthz", NULL, NULL, 200, "");
}

static void garbage_is_closed(void **state)
{
    static const char *const rubbish[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nHost x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nabcde",
        "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nab",
        "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rubbish); i++) {
        char *answer = talk(rubbish[i], strlen(rubbish[i]));

        if (answer == NULL)
            fail_msg("case %zu: still open after 15 s", i);
        assert_null(strstr(answer, " 200 "));
        assert_null(strstr(answer, " 201 "));
        g_free(answer);
        assert_alive();
    }
}

static void too_many_headers_are_refused(void **state)
{
    GString *request = g_string_new("GET / HTTP/1.1\r\nHost: x\r\n");
    char *answer;

    (void)state;
    for (int i = 0; i < 2000; i++)
        g_string_append_printf(request, "X-%d: aaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
    g_string_append(request, "\r\n");
    answer = talk(request->str, request->len);
    assert_non_null(answer);
    assert_null(strstr(answer, " 200 "));
    g_free(answer);
    g_string_free(request, TRUE);
    assert_alive();
}

static void a_big_body_is_refused(void **state)
{
    char *body = g_strnfill(70000, 'x');

    (void)state;
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1|Expect:", body, 413, "request.too_big");
    g_free(body);
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1|Content-Length:", NULL, 411,
               "request.length");
    assert_alive();
}

static void a_slow_request_is_cut(void **state)
{
    char *answer = talk("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 33);

    (void)state;
    assert_non_null(answer);
    assert_null(strstr(answer, " 200 "));
    g_free(answer);
}

static void a_half_body_is_cut(void **state)
{
    static const char half[] = "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nX-Hop: 1\r\n"
                               "Content-Length: 100\r\n\r\n{\"title\":";
    char *answer = talk(half, sizeof(half) - 1);

    (void)state;
    assert_non_null(answer);
    assert_null(strstr(answer, " 201 "));
    g_free(answer);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (text = strstr(text, what); text != NULL; text = strstr(text + 1, what))
        n++;
    return n;
}

/* No browser does it; it must neither be mixed up nor kill the server. */
static void pipelined_requests_do_no_harm(void **state)
{
    static const char two[] = "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nX-Hop: 1\r\n"
                              "Content-Length: 2\r\n\r\n{}"
                              "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char many[] = "GET /assets/app-1a2b.js HTTP/1.1\r\nHost: x\r\n\r\n"
                               "GET /assets/app-1a2b.js HTTP/1.1\r\nHost: x\r\n\r\n"
                               "GET /api/v1/rooms/abc HTTP/1.1\r\nHost: x\r\n\r\n"
                               "GET /assets/app-1a2b.js HTTP/1.1\r\nHost: x\r\n"
                               "Connection: close\r\n\r\n";
    char *answer;

    (void)state;
    for (int i = 0; i < 5; i++) {
        answer = talk(two, sizeof(two) - 1);
        assert_true(answer == NULL || count(answer, " 201 Created") <= 1);
        g_free(answer);
        g_free(talk(many, sizeof(many) - 1));
        assert_alive();
    }
}

static void a_client_that_goes_away_leaves_nothing(void **state)
{
    static const char request[] = "GET /assets/app-1a2b.js HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char room[] = "GET /api/v1/rooms/abc HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    for (int i = 0; i < 100; i++) {
        int fd = dial();

        if (i % 2 == 0)
            assert_true(send(fd, request, sizeof(request) - 1, 0) > 0);
        else
            assert_true(send(fd, room, sizeof(room) - 1, 0) > 0);
        close(fd);
    }
    assert_alive();
}

/* ---- the WebSocket's door -------------------------------------------------------------------- */

static long upgrade(const char *path, const char *protocol, const char *origin)
{
    char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: hop.test\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n%s%s%s\r\n",
                        path, protocol[0] ? "Sec-WebSocket-Protocol: " : "X-None: ", protocol,
                        origin[0] ? "Origin: " : "", origin, origin[0] ? "\r\n" : "");
    char head[64] = "";
    int fd = dial();
    ssize_t n;

    assert_true(send(fd, request, strlen(request), 0) > 0);
    n = recv(fd, head, sizeof(head) - 1, 0);
    g_free(request);
    close(fd);
    return n > 12 ? strtol(head + 9, NULL, 10) : 0;
}

static void only_the_own_page_opens_a_meeting(void **state)
{
    (void)state;
    assert_int_equal(upgrade("/api/v1/meet", "hop.v1", "http://hop.test"), 101);
    assert_int_equal(upgrade("/api/v1/meet", "hop.v1", ""), 101); /* no browser */
    assert_int_equal(upgrade("/api/v1/meet", "hop.v1", "https://evil.example"), 403);
    assert_int_equal(upgrade("/api/v1/meet", "hop.v1", "https://hop.test.evil.example"), 403);
    assert_int_equal(upgrade("/api/v1/meet", "hop.v1", "null"), 403);
    assert_int_equal(upgrade("/elsewhere", "hop.v1", "http://hop.test"), 404);
    assert_int_equal(upgrade("/api/v1/meet", "hop-http", "http://hop.test"), 400);
    assert_int_equal(upgrade("/api/v1/meet", "", "http://hop.test"), 400);
    assert_alive();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_and_its_routes),
        cmocka_unit_test(fingerprinted_files_are_kept_for_ever),
        cmocka_unit_test(compressed_variants),
        cmocka_unit_test(conditional_and_head),
        cmocka_unit_test(nothing_outside_of_the_page),
        cmocka_unit_test(security_headers),
        cmocka_unit_test(over_tls),
        cmocka_unit_test(sighup_takes_a_new_certificate),
        cmocka_unit_test(garbage_is_closed),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(a_big_body_is_refused),
        cmocka_unit_test(a_slow_request_is_cut),
        cmocka_unit_test(a_half_body_is_cut),
        cmocka_unit_test(pipelined_requests_do_no_harm),
        cmocka_unit_test(a_client_that_goes_away_leaves_nothing),
        cmocka_unit_test(only_the_own_page_opens_a_meeting),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
