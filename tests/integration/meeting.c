/* See meeting.h. */
#include "tests/integration/meeting.h"

#include "tests/integration/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double loud_db = -25, apart_db = 40;
/* 40 dB below a tone as it is sent: what a codec makes of other tones is not hearing */
static const double silent_db = -50;

/* ---- set-up and tear-down ---------------------------------------------------------------------
 */

/* HOP_TEST='*ice*' runs only the tests of that name. */
__attribute__((constructor)) static void choose_tests(void)
{
    if (getenv("HOP_TEST"))
        cmocka_set_test_filter(getenv("HOP_TEST"));
}

int meeting_begin_with(void **state, const struct hopd_options *options)
{
    struct meeting *m = calloc(1, sizeof(*m));
    *state = m;
    if (!m || hop_client_loop_new(&m->loop) != 0 || !hopd_start(&m->hopd, options, m->loop))
        return -1;
    return rest_sign_in(&m->hopd, m->loop, m->cookie) ? 0 : -1;
}

int meeting_begin(void **state)
{
    return meeting_begin_with(state, NULL);
}

static void free_kept(struct meeting *m)
{
    for (size_t i = 0; i < sizeof(m->keep) / sizeof(m->keep[0]); i++)
        hop_client_free(m->keep[i]);
}

int meeting_end(void **state)
{
    struct meeting *m = *state;
    int code = 0;
    free_kept(m);
    if (m->hopd.pid)
        code = hopd_stop(&m->hopd, m->loop);
    hopd_remove(&m->hopd);
    hop_client_loop_free(m->loop);
    free(m);
    return code;
}

int meeting_open(void **state)
{
    struct meeting *m = *state;
    if (!hopd_runs(&m->hopd))
        return -1;
    return rest_new_room(&m->hopd, m->loop, m->cookie, m->room) ? 0 : -1;
}

int meeting_close(void **state)
{
    struct meeting *m = *state;
    for (size_t i = 0; i < m->n_clients; i++)
        hop_client_free(m->clients[i]);
    m->n_clients = 0;
    raw_free_all(m);
    meeting_run(m, 20); /* their sockets close in the loop */
    return 0;
}

/* ---- participants ------------------------------------------------------------------------------
 */

struct hop_client *meeting_enter(struct meeting *m, struct hop_client_config config)
{
    struct hop_client *c;
    assert_true(m->n_clients < MEETING_CLIENTS);
    config.url = config.url ? config.url : m->hopd.url;
    config.room = config.room ? config.room : m->room;
    if (config.transport.local.family == 0 && !config.transport.tcp)
        assert_int_equal(hop_addr_parse("127.0.0.1", 0, &config.transport.local), 0);
    assert_int_equal(hop_client_new(m->loop, &config, &c), 0);
    m->clients[m->n_clients++] = c;
    return c;
}

struct hop_client *meeting_join(struct meeting *m, struct hop_client_config config)
{
    struct hop_client *c = meeting_enter(m, config);
    if (!hop_client_wait_joined(c, PATIENCE_MS))
        fail_msg("%s did not join: %s %s", config.name, hop_client_error(c),
                 hop_client_close_why(c));
    return c;
}

struct hop_client *meeting_join_media(struct meeting *m, struct hop_client_config config)
{
    struct hop_client *c = meeting_join(m, config);
    if (!hop_client_wait_media(c, PATIENCE_MS))
        fail_msg("%s has no media: %d %s", config.name, (int)hop_client_line(c),
                 hop_client_transport_why(hop_client_transport_of(c)));
    return c;
}

void meeting_drop(struct meeting *m, struct hop_client *c)
{
    for (size_t i = 0; i < m->n_clients; i++) {
        if (m->clients[i] != c)
            continue;
        hop_client_free(c);
        m->clients[i] = m->clients[--m->n_clients];
        return;
    }
    fail_msg("no such client");
}

struct hop_client_config meeting_talker(const char *name, double tone_hz)
{
    return (struct hop_client_config){ .name = name, .tone_hz = tone_hz };
}

struct hop_client_config meeting_viewer(const char *name, double tone_hz, uint32_t tag, int slots)
{
    return (struct hop_client_config){
        .name = name,
        .tone_hz = tone_hz,
        .tag = tag,
        .slots = slots,
        .camera = true,
        .video_bps = 200000,
        .fps = 15,
    };
}

void meeting_run(struct meeting *m, int ms)
{
    hop_client_loop_run(m->loop, NULL, NULL, (int64_t)ms * 1000);
}

bool meeting_until(struct meeting *m, bool (*holds)(void *ctx), void *ctx, int timeout_ms)
{
    return hop_client_loop_run(m->loop, holds, ctx, (int64_t)timeout_ms * 1000);
}

/* ---- sound -------------------------------------------------------------------------------------
 */

void assert_hears(struct hop_client *c, double hz)
{
    if (!hop_client_wait_hears(c, hz, loud_db, PATIENCE_MS))
        fail_msg("%s hears %g Hz at %.1f dB", hop_client_id(c), hz, hop_client_hears_db(c, hz));
}

void assert_does_not_hear(struct hop_client *c, double hz)
{
    double db = hop_client_hears_db(c, hz);
    if (db > silent_db)
        fail_msg("%s hears %g Hz at %.1f dB", hop_client_id(c), hz, db);
}

struct ear {
    struct hop_client *const *clients;
    const double *tones;
    size_t n;
};

/* The quietest of the others, less the own tone. */
static double distance_db(const struct ear *e, size_t i)
{
    double least = 0;
    for (size_t k = 0; k < e->n; k++) {
        double db = hop_client_hears_db(e->clients[i], e->tones[k]);
        if (k != i && db < least)
            least = db;
    }
    return least < loud_db ? 0 : least - hop_client_hears_db(e->clients[i], e->tones[i]);
}

static bool all_hear(void *ctx)
{
    const struct ear *e = ctx;
    for (size_t i = 0; i < e->n; i++) {
        if (distance_db(e, i) < apart_db)
            return false;
    }
    return true;
}

void assert_all_hear(struct meeting *m, struct hop_client *const *clients, const double *tones,
                     size_t n)
{
    struct ear e = { .clients = clients, .tones = tones, .n = n };
    if (meeting_until(m, all_hear, &e, PATIENCE_MS))
        return;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            fprintf(stderr, "%s hears %g Hz at %.1f dB%s\n", hop_client_id(clients[i]), tones[k],
                    hop_client_hears_db(clients[i], tones[k]), i == k ? " (his own)" : "");
    }
    fail_msg("not everyone hears everyone else and not himself");
}

struct silence {
    struct hop_client *c;
    double hz;
};

static bool is_silent(void *ctx)
{
    const struct silence *s = ctx;
    return hop_client_hears_db(s->c, s->hz) < silent_db;
}

void assert_falls_silent(struct meeting *m, struct hop_client *c, double hz)
{
    struct silence s = { .c = c, .hz = hz };
    if (!meeting_until(m, is_silent, &s, PATIENCE_MS))
        fail_msg("%s still hears %g Hz at %.1f dB", hop_client_id(c), hz,
                 hop_client_hears_db(c, hz));
}

/* ---- requests ----------------------------------------------------------------------------------
 */

json_t *assert_ok(struct hop_client *c, const char *op, json_t *data)
{
    json_t *answer = hop_client_call(c, op, data, PATIENCE_MS);
    json_t *is = json_object_get(answer, "data");
    if (!is)
        fail_msg("%s of %s: %s", op, hop_client_id(c),
                 answer ? hop_client_answer_code(answer) : "no answer");
    return is;
}

void assert_refused(struct hop_client *c, const char *op, json_t *data, const char *code)
{
    assert_string_equal(hop_client_answer_code(hop_client_call(c, op, data, PATIENCE_MS)), code);
}

/* ---- pictures ----------------------------------------------------------------------------------
 */

struct sight {
    struct hop_client *viewer;
    const char *shown, *source;
    uint32_t tag;
};

static enum hop_source source_of(const char *name)
{
    return strcmp(name, "screen") == 0 ? HOP_SOURCE_SCREEN : HOP_SOURCE_CAMERA;
}

/* The slot in which his frames come is the one that the server says shows him. */
static bool slot_is_right(void *ctx)
{
    const struct sight *s = ctx;
    int slot = hop_client_sees(s->viewer, s->tag, source_of(s->source));
    size_t i;
    json_t *said;
    json_array_foreach(hop_client_slots(s->viewer), i, said)
    {
        const char *id = json_string_value(json_object_get(said, "participant"));
        const char *source = json_string_value(json_object_get(said, "source"));
        if (json_integer_value(json_object_get(said, "slot")) == slot && id && source &&
            strcmp(id, s->shown) == 0 && strcmp(source, s->source) == 0)
            return true;
    }
    return false;
}

void assert_sees(struct hop_client *viewer, const struct hop_client *shown, uint32_t tag,
                 const char *source)
{
    struct sight s = {
        .viewer = viewer, .shown = hop_client_id(shown), .source = source, .tag = tag
    };
    if (hop_client_loop_run(hop_client_loop_of(viewer), slot_is_right, &s,
                            (int64_t)PATIENCE_MS * 1000))
        return;
    char *slots = json_dumps(hop_client_slots(viewer), 0);
    fprintf(stderr, "slots: %s\n", slots ? slots : "none");
    free(slots);
    fail_msg("%s does not see %s of %s (tag %u): slot %d", hop_client_id(viewer), source,
             hop_client_id(shown), tag, hop_client_sees(viewer, tag, source_of(source)));
}

/* ---- streams -----------------------------------------------------------------------------------
 */

void assert_streams_whole(const struct hop_client *c, int slots)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    assert_int_equal(mix->lost, 0);
    assert_int_equal(mix->duplicates, 0);
    assert_int_equal(mix->jumps, 0);
    assert_int_equal(mix->timestamp_breaks, 0);
    assert_int_equal(mix->broken, 0);
    assert_int_equal(mix->wrong_pt, 0);
    assert_int_equal(hop_client_seq_gaps(c), 0);
    for (unsigned i = 0; i < (unsigned)slots; i++) {
        const struct hop_client_stream *s = hop_client_slot(c, i);
        const struct hop_client_frames_stats *v = &s->video;
        assert_int_equal(s->lost, 0);
        assert_int_equal(s->jumps, 0);
        assert_int_equal(s->wrong_pt, 0);
        assert_int_equal(v->picture_gaps, 0);
        assert_int_equal(v->timestamp_breaks, 0);
        assert_int_equal(v->bad_switches, 0);
        assert_int_equal(v->malformed, 0);
        assert_int_equal(v->freezes, 0);
    }
}

struct meeting_mark meeting_mark(const struct hop_client *c)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    return (struct meeting_mark){
        .packets = mix->packets,
        .lost = mix->lost,
        .timestamp_breaks = mix->timestamp_breaks,
        .jumps = mix->jumps,
        .at_us = hop_client_loop_now(hop_client_loop_of(c)),
    };
}

void assert_uninterrupted(const struct hop_client *c, struct meeting_mark since)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    int64_t passed_us = hop_client_loop_now(hop_client_loop_of(c)) - since.at_us;
    uint64_t wanted = (uint64_t)(passed_us / 20000);
    assert_int_equal(mix->lost, since.lost);
    assert_int_equal(mix->timestamp_breaks, since.timestamp_breaks);
    assert_int_equal(mix->jumps, since.jumps);
    /* one every 20 ms; a machine that is busy with other things stalls the mix now and then */
    if ((mix->packets - since.packets + 5) * 3 < wanted)
        fail_msg("%s got %u packets of the mix in %u ms", hop_client_id(c),
                 (unsigned)(mix->packets - since.packets), (unsigned)(passed_us / 1000));
}
