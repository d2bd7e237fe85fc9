/* The configuration: the table against the example file and the documentation, values at and beyond
 * their bounds, and that every problem of a file is told at once. */
#include "server/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct hop_config *parse(const char *text)
{
    struct hop_config *config = NULL;
    GPtrArray *problems;

    assert_int_equal(hop_config_parse(text, &config, &problems), 0);
    assert_int_equal(problems->len, 0);
    g_ptr_array_unref(problems);
    return config;
}

/* All problems as "[group] key text" lines. */
static char *problems_of(const char *text)
{
    struct hop_config *config = NULL;
    GString *lines = g_string_new(NULL);
    GPtrArray *problems;

    assert_int_equal(hop_config_parse(text, &config, &problems), -EINVAL);
    assert_null(config);
    for (guint i = 0; i < problems->len; i++) {
        const struct hop_config_problem *p = problems->pdata[i];

        g_string_append_printf(lines, "[%s] %s %s\n", p->group, p->key, p->text);
    }
    g_ptr_array_unref(problems);
    return g_string_free(lines, FALSE);
}

static void assert_problem(const char *text, const char *expected)
{
    char *problems = problems_of(text);

    if (strstr(problems, expected) == NULL)
        fail_msg("'%s' is not among: %s", expected, problems);
    g_free(problems);
}

static void the_example_file_is_the_table(void **state)
{
    char *path = g_build_filename(HOP_TESTS_DIR, "..", "deploy", "hopd.conf", NULL);
    char *example = hop_config_example(), *text = NULL;

    (void)state;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, example); /* else: hopd --print-config > deploy/hopd.conf */
    g_free(text);
    g_free(example);
    g_free(path);
}

static void the_example_with_all_lines_uncommented_is_the_default(void **state)
{
    struct hop_config *defaults = hop_config_new(), *config;
    char *example = hop_config_example();
    GRegex *commented = g_regex_new("^#([a-z-]+=)", G_REGEX_MULTILINE, 0, NULL);
    char *text = g_regex_replace(commented, example, -1, 0, "\\1", 0, NULL);

    (void)state;
    assert_non_null(strstr(text, "\nhttps-port=8443\n"));
    config = parse(text);
    assert_int_equal(config->https_port, defaults->https_port);
    assert_string_equal(config->state_dir, "/var/lib/hop");
    assert_int_equal(config->media_port, 50000);
    assert_true(config->ice_tcp);
    assert_int_equal(g_strv_length(config->video_codecs), 4);
    assert_int_equal(g_strv_length(config->listen_addresses), 0);
    hop_config_free(config);
    hop_config_free(defaults);
    g_free(text);
    g_free(example);
    g_regex_unref(commented);
}

static void every_option_is_documented(void **state)
{
    char *path = g_build_filename(HOP_TESTS_DIR, "..", "docs", "configuration.md", NULL);
    char *text = NULL;

    (void)state;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++) {
        char *row = o->fallback[0] != '\0' ? g_strdup_printf("| `%s` | `%s` |", o->key, o->fallback)
                                           : g_strdup_printf("| `%s` | empty |", o->key);

        if (strstr(text, row) == NULL)
            fail_msg("docs/configuration.md lacks: %s", row);
        g_free(row);
    }
    g_free(text);
    g_free(path);
}

static void reads_values(void **state)
{
    struct hop_config *c = parse("[server]\nname = Sở Nội vụ \nhttps-port=0\nhttp-port=-1\n"
                                 "listen-addresses=10.0.0.5; fd00::1 ;\n"
                                 "[media]\nice-tcp=false\nannounced-address=10.0.0.5=203.0.113.9\n"
                                 "[meetings]\nmax-participants=40\nmax-per-room=40\n");

    (void)state;
    assert_string_equal(c->name, "Sở Nội vụ");
    assert_int_equal(c->https_port, 0);
    assert_int_equal(c->http_port, -1);
    assert_int_equal(g_strv_length(c->listen_addresses), 2);
    assert_string_equal(c->listen_addresses[1], "fd00::1");
    assert_false(c->ice_tcp);
    assert_string_equal(c->announced_addresses[0], "10.0.0.5=203.0.113.9");
    hop_config_free(c);
}

static void tells_each_problem(void **state)
{
    (void)state;
    assert_problem("[server]\nhttps-port=65536\n", "[server] https-port '65536' is no number");
    assert_problem("[server]\nhttps-port=80x\n", "[server] https-port '80x'");
    assert_problem("[server]\nopen-early=3\n", "move it to [meetings]");
    assert_problem("[server]\nnonsense=3\n", "[server] nonsense is not known");
    assert_problem("[servre]\nname=x\n", "[servre]  is no known group");
    assert_problem("[media]\nice-tcp=yes\n", "neither true nor false");
    assert_problem("[media]\nvideo-codecs=VP8;VP7\n", "'VP7' is a codec that hop does not know");
    assert_problem("[media]\nvideo-codecs=\n", "has 0 entries");
    assert_problem("[media]\naddresses=10.0.0.300\n", "'10.0.0.300' is no IP address");
    assert_problem("[media]\nannounced-address=x=203.0.113.9\n", "left of '='");
    assert_problem("[server]\nmetrics-allow=10.0.0.0/33\n", "is no address or network");
    assert_problem("[server]\nlog=loud\n", "is no list of levels");
    assert_problem("[server]\ncertificate=/x.pem\n", "go together");
    assert_problem("[server]\nhttps-port=8080\n", "the same as https-port");
    assert_problem("[server]\nhttps-port=-1\nhttp-port=-1\n", "nobody could reach");
    assert_problem("[meetings]\nmax-participants=10\nmax-per-room=20\n",
                   "more than max-participants");
    assert_problem("no key file\n", "");
}

static void tells_all_problems_at_once(void **state)
{
    char *problems = problems_of("[server]\nfoo=1\nhttps-port=x\n[media]\nworkers=-5\n");

    (void)state;
    assert_non_null(strstr(problems, "foo"));
    assert_non_null(strstr(problems, "https-port"));
    assert_non_null(strstr(problems, "workers"));
    g_free(problems);
}

static void an_unreadable_file_is_a_problem(void **state)
{
    struct hop_config *config = NULL;
    GPtrArray *problems;

    (void)state;
    assert_int_equal(hop_config_load("/nonexistent/hopd.conf", &config, &problems), -ENOENT);
    assert_int_equal(problems->len, 1);
    g_ptr_array_unref(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_file_is_the_table),
        cmocka_unit_test(the_example_with_all_lines_uncommented_is_the_default),
        cmocka_unit_test(every_option_is_documented),
        cmocka_unit_test(reads_values),
        cmocka_unit_test(tells_each_problem),
        cmocka_unit_test(tells_all_problems_at_once),
        cmocka_unit_test(an_unreadable_file_is_a_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
