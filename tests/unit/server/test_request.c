/* What is read from headers, and what is never written into them. */
#include "server/request.h"

#include "server/media_addresses.h"
#include "server/static.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_cookie(const char *cookies, const char *expected)
{
    char *value = hop_cookie_get(cookies, "hop_session");

    if (expected == NULL)
        assert_null(value);
    else
        assert_string_equal(value, expected);
    g_free(value);
}

static void cookies(void **state)
{
    (void)state;
    assert_cookie("hop_session=abc", "abc");
    assert_cookie("a=b; hop_session=abc; c=d", "abc");
    assert_cookie("a=b;hop_session=", "");
    assert_cookie("xhop_session=abc", NULL);
    assert_cookie("hop_sessionx=abc", NULL);
    assert_cookie("", NULL);
    assert_cookie(NULL, NULL);
}

static void origins(void **state)
{
    (void)state;
    assert_true(hop_origin_matches("", "hop.vn:8443"));
    assert_true(hop_origin_matches("https://hop.vn:8443", "hop.vn:8443"));
    assert_true(hop_origin_matches("https://HOP.vn", "hop.vn"));
    assert_false(hop_origin_matches("https://hop.vn", "hop.vn:8443"));
    assert_false(hop_origin_matches("https://hop.vn.evil", "hop.vn"));
    assert_false(hop_origin_matches("https://evil/hop.vn", "hop.vn"));
    assert_false(hop_origin_matches("null", "hop.vn"));
    assert_false(hop_origin_matches("https://", ""));
}

static void encodings_and_tags(void **state)
{
    (void)state;
    assert_true(hop_accepts_encoding("gzip, br", "br"));
    assert_true(hop_accepts_encoding("BR ;q=0.1", "br"));
    assert_false(hop_accepts_encoding("br;q=0", "br"));
    assert_false(hop_accepts_encoding("brotli", "br"));
    assert_false(hop_accepts_encoding("", "br"));
    assert_true(hop_etag_matches("\"a\", W/\"b\"", "\"b\""));
    assert_true(hop_etag_matches("*", "\"b\""));
    assert_false(hop_etag_matches("\"ab\"", "\"b\""));
    assert_false(hop_etag_matches("", "\"b\""));
}

static void an_answer_without_connection_is_nothing(void **state)
{
    struct hop_request *request = hop_request_new();

    (void)state;
    request->host = g_strdup("a\r\nset-cookie: x");
    hop_respond_error(request, 404, "not_found", "x"); /* no wake: there is no connection */
    assert_true(request->answer.ready);
    {
        GString *head = hop_response_head(request, true, true);

        assert_true(g_str_has_prefix(head->str, "HTTP/1.1 404 Not Found\r\n"));
        assert_true(g_str_has_suffix(head->str, "\r\n\r\n"));
        assert_null(strstr(head->str, "set-cookie"));
        assert_non_null(strstr(head->str, "strict-transport-security: "));
        assert_non_null(strstr(head->str, "connection: close\r\n"));
        g_string_free(head, TRUE);
    }
    hop_request_unref(request);
}

/* ---- addresses of the relay -------------------------------------------------------------------
 */

static int addresses(const char *text, struct hop_media_address out[4])
{
    struct hop_config *config = NULL;
    GPtrArray *problems;
    char *wrong = NULL;
    int n;

    assert_int_equal(hop_config_parse(text, &config, &problems), 0);
    g_ptr_array_unref(problems);
    n = hop_media_addresses(config, out, 4, &wrong);
    assert_int_equal(n < 0, wrong != NULL);
    g_free(wrong);
    hop_config_free(config);
    return n;
}

static void announced(const struct hop_media_address *a, const char *ip)
{
    char text[HOP_ADDR_TEXT];

    assert_string_equal(hop_addr_format_ip(&a->announced, text), ip);
}

static void mapping_by_address_and_by_family(void **state)
{
    struct hop_media_address out[4];

    (void)state;
    assert_int_equal(addresses("", out), 0);
    assert_int_equal(addresses("[media]\naddresses=10.0.0.5;fd00::5\n", out), 2);
    assert_int_equal(out[0].announced.family, 0);
    assert_int_equal(addresses("[media]\naddresses=10.0.0.5;10.0.1.5;fd00::5\n"
                               "announced-address=10.0.1.5=203.0.113.9\n",
                               out),
                     3);
    assert_int_equal(out[0].announced.family, 0);
    announced(&out[1], "203.0.113.9");
    assert_int_equal(addresses("[media]\naddresses=10.0.0.5;fd00::5\n"
                               "announced-address=203.0.113.9\n",
                               out),
                     2);
    announced(&out[0], "203.0.113.9");
    assert_int_equal(out[1].announced.family, 0);
    assert_int_equal(
        addresses("[media]\naddresses=10.0.0.5\nannounced-address=10.9.9.9=203.0.113.9", out),
        -EINVAL);
    assert_int_equal(addresses("[media]\naddresses=10.0.0.5\nannounced-address=2001:db8::1", out),
                     -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies),
        cmocka_unit_test(origins),
        cmocka_unit_test(encodings_and_tags),
        cmocka_unit_test(an_answer_without_connection_is_nothing),
        cmocka_unit_test(mapping_by_address_and_by_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
