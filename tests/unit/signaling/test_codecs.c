/* Who comes and goes decides which codec a publisher is asked for. */
#include "harness.h"

static struct client *joins(struct meeting *m, const char *browser)
{
    struct client *c = client_new(m);
    g_autofree char *sdp = offer_text(browser, NULL);
    json_decref(
        ask(m, c, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", browser, "offer", sdp)));
    return c;
}

/* The codecs of the pictures that a browser's offer has; others are taken out. */
static char *offer_with(const char *codec)
{
    static const char *const all[] = { "VP8/90000", "H264/90000", "VP9/90000", "AV1/90000" };
    g_autofree char *sdp = offer_text("chromium", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_str_has_prefix(all[i], codec))
            continue;
        g_auto(GStrv) parts = g_strsplit(sdp, all[i], -1);
        g_free(sdp);
        sdp = g_strjoinv("none/90000", parts);
    }
    return g_steal_pointer(&sdp);
}

static struct client *joins_with(struct meeting *m, const char *codec)
{
    struct client *c = client_new(m);
    g_autofree char *sdp = offer_with(codec);
    json_decref(
        ask(m, c, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", codec, "offer", sdp)));
    return c;
}

/* Of both sources, and nothing else. */
static void expect_codec(struct client *c, const char *codec)
{
    static const char *const sources[] = { "camera", "screen" };
    for (size_t i = 0; i < 2; i++) {
        json_t *data = take_event(c, "codec");
        assert_non_null(data);
        assert_string_equal(text_at(data, "source"), sources[i]);
        assert_string_equal(text_at(data, "codec"), codec);
        json_decref(data);
    }
    assert_null(take_event(c, "codec"));
}

static void what_a_newcomer_cannot_decode_is_changed_and_changed_back(void **state)
{
    struct meeting *m = *state;
    struct client *a = joins(m, "chromium"), *b = joins(m, "firefox");
    assert_null(take_event(a, "codec")); /* VP8 comes first, and both know it */
    struct client *c = joins_with(m, "VP9");
    pump(m);
    expect_codec(a, "VP9");
    expect_codec(b, "VP9");
    assert_null(take_event(c, "codec")); /* he has no choice */
    json_decref(ask(m, c, "leave", json_object()));
    pump(m);
    expect_codec(a, "VP8");
}

static void without_a_common_one_most_can_decode_it(void **state)
{
    struct meeting *m = *state;
    struct client *a = joins(m, "chromium");
    (void)joins_with(m, "AV1");
    pump(m);
    expect_codec(a, "AV1");
    (void)joins_with(m, "H264");
    pump(m);
    expect_codec(a, "H264"); /* one each: the order decides */
    (void)joins_with(m, "AV1");
    pump(m);
    expect_codec(a, "AV1");
    (void)joins_with(m, "AV1");
    pump(m);
    assert_null(take_event(a, "codec"));
}

static void who_was_away_is_told_again(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    g_autofree char *sdp = offer_text("chromium", NULL);
    json_t *data =
        ask(m, a, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", "A", "offer", sdp));
    g_autofree char *session = g_strdup(text_at(data, "session"));
    g_autofree char *secret = g_strdup(text_at(data, "secret"));
    json_decref(data);
    (void)joins_with(m, "VP9");
    pump(m);
    uint64_t seq = a->seq;
    a = client_new(m);
    a->seq = seq; /* numbers go on */
    json_decref(ask(m, a, "resume", json_pack("{s:s,s:s}", "session", session, "secret", secret)));
    pump(m);
    expect_codec(a, "VP9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(what_a_newcomer_cannot_decode_is_changed_and_changed_back),
        meeting_test(without_a_common_one_most_can_decode_it),
        meeting_test(who_was_away_is_told_again),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
