/* Offers that are none: edited, without bounds, mutated at random. Each is answered with an sdp
 * error or, if it still makes sense, an answer; a join with a bad one joins nothing; two
 * participants in another room never notice (guards.h). */
#include "tests/integration/guards.h"

#include "media/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_50 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LONG    LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

struct edit {
    const char *from, *to; /* every occurrence; to NULL: the line goes */
    const char *code;
};

static char *replace_all(const char *text, const struct edit *e)
{
    char *out = calloc(1, 300000), *at = out;
    while (*text) {
        if (strncmp(text, e->from, strlen(e->from)) != 0) {
            *at++ = *text++;
            continue;
        }
        if (e->to)
            at += sprintf(at, "%s", e->to);
        text += e->to ? strlen(e->from) : strcspn(text, "\n") + 1;
    }
    return out;
}

static char *edit_offer(void *ctx, const char *sdp)
{
    return replace_all(sdp, ctx);
}

static char *many_lines(void *ctx, const char *sdp)
{
    char *out = calloc(1, 300000);
    int n = *(int *)ctx;
    size_t len = (size_t)sprintf(out, "%s", sdp);
    for (int i = 0; i < n; i++)
        len += (size_t)sprintf(out + len,
                               "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
                               "a=mid:x%d\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n",
                               i);
    return out;
}

static char *huge_line(void *ctx, const char *sdp)
{
    char *out = calloc(1, 300000);
    size_t len = (size_t)sprintf(out, "%sa=x:", sdp);
    memset(out + len, 'A', *(size_t *)ctx);
    return out;
}

static void assert_offer_refused(struct meeting *m, char *(*hook)(void *, const char *), void *ctx,
                                 const char *code, const char *what)
{
    struct hop_client_config config = meeting_viewer("Bình", 0, 1, 3);
    config.no_offer = true;
    struct hop_client *c = meeting_join(m, config);
    struct hop_client *before = meeting_enter(m, meeting_viewer("Chi", 0, 2, 3));
    hop_client_set_offer_hook(before, hook, ctx);
    if (hop_client_wait_joined(before, PATIENCE_MS))
        fail_msg("an offer was taken: %s", what);
    if (strncmp(hop_client_error(before), code, strlen(code)) != 0)
        fail_msg("'%s', not %s: %s", hop_client_error(before), code, what);
    assert_int_equal(json_object_size(hop_client_participants(c)), 1);
    meeting_drop(m, before);
    assert_ok(c, "leave", NULL);
    meeting_drop(m, c);
}

static void sdp_that_cannot_be_is_refused_and_joins_nothing(void **state)
{
    struct edit edits[] = {
        { "v=0", "v=1", "sdp." },
        { "a=group:BUNDLE", NULL, "sdp.unsupported" },
        { "a=fingerprint:", NULL, "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:md5 ", "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 GG", "sdp." },
        { "a=ice-ufrag:", NULL, "sdp." },
        { "a=ice-pwd:", NULL, "sdp." },
        { "a=rtcp-mux\r", NULL, "sdp.unsupported" },
        { "opus/48000/2", "PCMU/8000", "sdp." },
        { "a=setup:actpass", "a=setup:passive", "sdp." },
        { "UDP/TLS/RTP/SAVPF", "RTP/AVP", "sdp." },
        { "a=mid:1", "a=mid:0", "sdp." },
        { "a=ice-ufrag:", "a=ice-ufrag:" LONG, "sdp." },
        { "a=ice-pwd:", "a=ice-pwd:" LONG, "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:" LONG, "sdp." },
        { "=", ":", "sdp.malformed" },
    };
    struct meeting *m = *state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
        assert_offer_refused(m, edit_offer, &edits[i], edits[i].code, edits[i].from);
}

static void sdp_without_bounds_is_refused(void **state)
{
    struct meeting *m = *state;
    int lines = 1000, slots = 30;
    size_t line = 200000;
    assert_offer_refused(m, many_lines, &lines, "sdp.", "1000 lines");
    assert_offer_refused(m, many_lines, &slots, "sdp.", "30 slots");
    assert_offer_refused(m, huge_line, &line, "protocol.bad_data", "a long line");
}

static uint32_t random_state;

static uint32_t roll(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static char *mutate(void *ctx, const char *sdp)
{
    size_t len = strlen(sdp);
    char *out = calloc(1, len + 1);
    (void)ctx;
    memcpy(out, sdp, len);
    for (uint32_t i = 1 + roll(8); i > 0; i--) {
        size_t at = roll((uint32_t)len), n = 1 + roll(40);
        n = at + n < len ? n : len - at;
        switch (roll(4)) {
        case 0:
            out[at] = (char)(' ' + roll(95));
            break;
        case 1: /* out */
            memmove(out + at, out + at + n, len - at - n + 1);
            len -= n;
            break;
        case 2: /* one part over another */
            memmove(out + at, out + roll((uint32_t)(len - n + 1)), n);
            break;
        default:
            out[at] = "\r\n:= \t"[roll(6)];
            break;
        }
    }
    return out;
}

/* Each is answered, with an answer or an sdp error; the rest of the session is unharmed. */
static void two_hundred_mutated_offers_harm_nobody(void **state)
{
    struct meeting *m = *state;
    const uint32_t seed = (uint32_t)hop_now_us() | 1;
    unsigned taken = 0, refused = 0;
    random_state = seed;
    printf("seed %u\n", seed);
    for (int i = 0; i < 200; i++) {
        struct hop_client *c = meeting_enter(m, meeting_viewer("Bình", 0, 1, 3));
        hop_client_set_offer_hook(c, mutate, NULL);
        bool joined = hop_client_wait_joined(c, PATIENCE_MS);
        if (!joined && strncmp(hop_client_error(c), "sdp.", 4) != 0)
            fail_msg("offer %d: state %d, error '%s', closed '%s'", i, (int)hop_client_state(c),
                     hop_client_error(c), hop_client_close_why(c));
        taken += joined;
        refused += !joined;
        if (joined)
            hop_client_leave(c);
        meeting_drop(m, c);
    }
    printf("%u taken, %u refused\n", taken, refused);
    assert_true(refused > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        guarded_test(sdp_that_cannot_be_is_refused_and_joins_nothing),
        guarded_test(sdp_without_bounds_is_refused),
        guarded_test(two_hundred_mutated_offers_harm_nobody),
    };
    return cmocka_run_group_tests(tests, guards_begin, meeting_end);
}
