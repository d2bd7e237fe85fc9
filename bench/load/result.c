/* See result.h. */
#include "bench/load/result.h"

#include <stdio.h>
#include <stdlib.h>

int64_t hop_load_lost(const struct hop_load_play *play, bool audio)
{
    int64_t lost = 0;
    for (guint i = 0; i < play->members->len; i++) {
        const struct hop_load_member *m = g_ptr_array_index(play->members, i);
        const struct hop_load_receiver *r = hop_load_member_receiver(m);
        if (r && r->counts)
            lost += hop_load_receiver_lost(r, audio);
    }
    return lost;
}

/* What everyone who counts should have got. With several layers nobody can say from outside which
 * of them he gets, and of what was not opened nobody knows when it was sent: then what came and
 * what is missing by its numbers. */
static uint64_t expected_video(const struct hop_load_play *play, const struct hop_load_run *run)
{
    uint64_t all = 0;
    if (play->world->scenario.layers > 1 || play->world->scenario.check_every > 1)
        return play->world->counts.video + (uint64_t)(run->lost_video[1] - run->lost_video[0]);
    for (guint i = 0; i < play->members->len; i++) {
        const struct hop_load_member *m = g_ptr_array_index(play->members, i);
        const struct hop_load_receiver *r = hop_load_member_receiver(m);
        for (guint k = 0; r && r->counts && k < m->sees->len; k++) {
            const struct hop_load_member *o =
                g_ptr_array_index(play->members, g_array_index(m->sees, uint32_t, k));
            all += o->sender.sent;
        }
    }
    return all;
}

/* ---- times of those who joined --------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static json_t *percentiles(double *ms, size_t n)
{
    if (n == 0)
        return json_null();
    qsort(ms, n, sizeof(*ms), by_value);
    return json_pack("{s:i, s:f, s:f, s:f}", "n", (int)n, "p50", ms[(n - 1) / 2], "p95",
                     ms[(n * 95 + 99) / 100 - 1], "max", ms[n - 1]);
}

enum moment { ANSWERED, CONNECTED, FIRST_PACKET, FIRST_KEY };

static int64_t moment_of(const struct hop_load_member *m, enum moment what)
{
    const struct hop_load_receiver *r = hop_load_member_receiver(m);
    switch (what) {
    case ANSWERED:
        return m->joined_us;
    case CONNECTED:
        return r ? r->link->connected_us : m->connected_us;
    case FIRST_PACKET:
        return r ? r->first_video_us : m->first_video_us;
    case FIRST_KEY:
        return r ? r->first_key_us : m->first_key_us;
    }
    return 0;
}

/* From the open WebSocket; of those who joined into the running room, if there are such. */
static json_t *times(const struct hop_load_play *play, enum moment what, bool late)
{
    double *ms = calloc(play->members->len + 1, sizeof(*ms));
    size_t n = 0;
    for (guint i = 0; ms && i < play->members->len; i++) {
        const struct hop_load_member *m = g_ptr_array_index(play->members, i);
        int64_t at = moment_of(m, what);
        if (m->late == late && at > 0 && m->open_us > 0)
            ms[n++] = (double)(at - m->open_us) / 1000;
    }
    json_t *result = percentiles(ms, n);
    free(ms);
    return result;
}

static json_t *all_times(const struct hop_load_play *play)
{
    bool late = play->world->scenario.late > 0 || play->world->scenario.churn > 0;
    return json_pack("{s:o, s:o, s:o, s:o}", "answered", times(play, ANSWERED, late), "connected",
                     times(play, CONNECTED, late), "first_packet", times(play, FIRST_PACKET, late),
                     "first_key_frame", times(play, FIRST_KEY, late));
}

/* ---- the result ------------------------------------------------------------------------------ */

static json_t *members(const struct hop_load_play *play)
{
    int ready = 0, failed = 0, left = 0;
    const char *why = "";
    for (guint i = 0; i < play->members->len; i++) {
        const struct hop_load_member *m = g_ptr_array_index(play->members, i);
        ready += hop_load_member_ready(m);
        left += m->state == HOP_LOAD_LEFT;
        if (m->state == HOP_LOAD_FAILED) {
            failed++;
            why = m->why;
        }
    }
    return json_pack("{s:i, s:i, s:i, s:i, s:s}", "all", (int)play->members->len, "connected",
                     ready, "left", left, "failed", failed, "why", why);
}

static json_t *video(const struct hop_load_play *play, const struct hop_load_run *run)
{
    const struct hop_load_counts *c = &play->world->counts;
    uint64_t expected = expected_video(play, run), sent = 0;
    for (guint i = 0; i < play->members->len; i++)
        sent += ((const struct hop_load_member *)g_ptr_array_index(play->members, i))->sender.sent;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "sent",
                     (json_int_t)sent, "expected", (json_int_t)expected, "received",
                     (json_int_t)c->video, "lost", (json_int_t)expected - (json_int_t)c->video,
                     "missing_numbers", (json_int_t)(run->lost_video[1] - run->lost_video[0]),
                     "unopened", (json_int_t)c->unopened, "late", (json_int_t)c->late, "duplicates",
                     (json_int_t)c->duplicates, "repaired", (json_int_t)c->repaired, "pps",
                     (double)c->video / run->seconds, "mbps",
                     (double)c->video_bytes * 8 / 1e6 / run->seconds);
}

static json_t *sound(const struct hop_load_play *play, const struct hop_load_run *run)
{
    uint64_t sent = 0;
    for (guint i = 0; i < play->members->len; i++)
        sent += ((const struct hop_load_member *)g_ptr_array_index(play->members, i))
                    ->sender.audio_sent;
    return json_pack("{s:I, s:I, s:I}", "sent", (json_int_t)sent, "received",
                     (json_int_t)play->world->counts.audio, "missing_numbers",
                     (json_int_t)(run->lost_audio[1] - run->lost_audio[0]));
}

static json_t *histogram(const struct hop_histogram *h)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "p50", (double)hop_histogram_percentile(h, 50) / 1000,
                     "p90", (double)hop_histogram_percentile(h, 90) / 1000, "p99",
                     (double)hop_histogram_percentile(h, 99) / 1000, "max",
                     (double)hop_histogram_percentile(h, 100) / 1000);
}

static json_t *cost(const struct hop_load_play *play, const struct hop_load_run *run)
{
    uint64_t packets = play->world->counts.video + play->world->counts.audio;
    double ns = (double)(run->after.cpu_ns - run->before.cpu_ns);
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:I}", "us_per_packet",
                     packets ? ns / 1000 / (double)packets : 0.0, "percent",
                     ns / 1e7 / run->seconds, "worker_percent",
                     (double)(run->after.worker_ns - run->before.worker_ns) / 1e7 / run->seconds,
                     "load_percent", (double)run->own_cpu_ns / 1e7 / run->seconds, "rss_before_kb",
                     (json_int_t)run->before.rss_kb, "rss_after_kb", (json_int_t)run->after.rss_kb);
}

static json_t *odd(const struct hop_load_play *play, const struct hop_load_run *run)
{
    const struct hop_load_counts *c = &play->world->counts;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "own_overflows",
                     (json_int_t)(run->overflows[1] - run->overflows[0]), "own_refused",
                     (json_int_t)hop_load_net_refused(play->world->net), "bad", (json_int_t)c->bad,
                     "strange", (json_int_t)c->strange, "feedback", (json_int_t)c->feedback,
                     "nacked", (json_int_t)c->nacked, "pli", (json_int_t)c->pli, "keys_asked",
                     (json_int_t)c->asked);
}

static json_t *tones(const struct hop_load_play *play)
{
    struct hop_load_world *w = play->world;
    unsigned missed = 0;
    char fields[768], text[776];
    for (int i = 0; w->timed && i < w->scenario.rooms; i++)
        missed += w->timed[i] ? bench_tone_missed(w->timed[i]) : 0;
    bench_delays_write(&w->tones, missed, fields, sizeof(fields));
    snprintf(text, sizeof(text), "{%s}", fields);
    return w->timed ? json_loads(text, 0, NULL) : json_null();
}

json_t *hop_load_result(const struct hop_load_play *play, const struct hop_load_run *run)
{
    const struct hop_load_scenario *sc = &play->world->scenario;
    return json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "title",
                     sc->title ? sc->title : "", "server", run->server, "seconds", run->seconds,
                     "members", members(play), "video", video(play, run), "audio", sound(play, run),
                     "cpu", cost(play, run), "delay_ms", histogram(&play->world->delays),
                     "own_lateness_ms", histogram(&play->world->lateness), "join_ms",
                     all_times(play), "odd", odd(play, run), "tones_ms", tones(play));
}

static void print_value(const char *name, const json_t *value)
{
    if (json_is_real(value))
        printf("  %s %.2f", name, json_real_value(value));
    else if (json_is_integer(value))
        printf("  %s %lld", name, (long long)json_integer_value(value));
    else if (json_is_string(value) && json_string_value(value)[0])
        printf("  %s %s", name, json_string_value(value));
}

void hop_load_result_print(const json_t *result)
{
    const char *group, *key, *sub;
    json_t *values, *value, *inner;
    json_object_foreach((json_t *)(uintptr_t)result, group, values)
    {
        printf("%-16s", group);
        if (!json_is_object(values))
            print_value("", values);
        json_object_foreach(values, key, value)
        {
            print_value(key, value);
            if (json_is_object(value))
                printf("\n  %-14s", key);
            json_object_foreach(value, sub, inner) print_value(sub, inner);
        }
        printf("\n");
    }
}
