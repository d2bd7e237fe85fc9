/* The rooms' audio with its real threads, from packets in to ticks out. Paced by what comes back;
 * nothing waits but with a deadline. */
#include "media/base/audio_choice.h"
#include "media/base/clock.h"
#include "media/pipeline/attach.h"
#include "media/pipeline/audio.h"
#include "tests/unit/media/mix/tones.h"

#include <errno.h>
#include <gst/app/gstappsink.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { VOICES = 3, DEADLINE_MS = 5000, ROOM = 0x77, AHEAD = 10, ROUNDS = 20 };

/* For the thread sanitizer: Debian's GStreamer and GLib are not instrumented, so their own locks
 * are not seen, while memory that passes through them is. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libglib-2.0\nrace:libgobject-2.0\nrace:libgstreamer-1.0\nrace:libgstbase-1.0\n"
           "race:libgstapp-1.0\nrace:libgstcoreelements\n";
}

static const double tones[VOICES] = { 650, 1530, 3010 };

struct bench {
    struct hop_audio *audio;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    unsigned wakes[2]; /* per worker, under the lock */
    unsigned seen[2];
    struct tone_source source[VOICES];
    struct tone_ear ear[VOICES], listener;
    int64_t began_us, sent; /* when talk() first began, what each voice has said in it */
};

static void on_wake(void *ctx, uint32_t worker)
{
    struct bench *bench = ctx;
    pthread_mutex_lock(&bench->lock);
    bench->wakes[worker]++;
    pthread_cond_broadcast(&bench->woken);
    pthread_mutex_unlock(&bench->lock);
}

/* Waits for a wake-up that was not yet seen; false at the deadline. */
static bool wait_wake(struct bench *bench, uint32_t worker, int ms)
{
    struct timespec deadline;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += ms / 1000;
    deadline.tv_nsec += ms % 1000 * 1000000L;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&bench->lock);
    while (bench->wakes[worker] == bench->seen[worker] && rc == 0)
        rc = pthread_cond_timedwait(&bench->woken, &bench->lock, &deadline);
    bench->seen[worker] = bench->wakes[worker];
    pthread_mutex_unlock(&bench->lock);
    return rc == 0;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct hop_audio_config config = {
        .threads = 1,
        .params = { .bitrate_bps = 64000, .complexity = 5, .jitter_ms = 40, .max_talkers = 16 },
        .wake = on_wake,
        .wake_ctx = bench,
        .workers = 2
    };

    pthread_mutex_init(&bench->lock, NULL);
    pthread_cond_init(&bench->woken, NULL);
    assert_int_equal(hop_audio_new(&config, &bench->audio), 0);
    tone_ear_open(&bench->listener, 24000);
    for (int i = 0; i < VOICES; i++) {
        tone_source_open(&bench->source[i], tones[i], 0.2, 960);
        tone_ear_open(&bench->ear[i], 24000);
    }
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    hop_audio_free(bench->audio);
    tone_ear_close(&bench->listener);
    for (int i = 0; i < VOICES; i++) {
        tone_source_close(&bench->source[i]);
        tone_ear_close(&bench->ear[i]);
    }
    pthread_cond_destroy(&bench->woken);
    pthread_mutex_destroy(&bench->lock);
    free(bench);
    return 0;
}

static void say(struct bench *bench, uint32_t worker, hop_room_id room, int i, int level)
{
    struct tone_source *source = &bench->source[i];
    tone_source_make(source);
    assert_int_equal(hop_audio_voice(bench->audio, worker, room, (uint32_t)i, HOP_SOURCE_MICROPHONE,
                                     source->seq, source->timestamp, source->payload,
                                     (size_t)source->len,
                                     level >= 0 ? (uint8_t)level : source->level, hop_now_us()),
                     0);
    tone_source_step(source);
}

static void hear(struct bench *bench, const struct hop_audio_tick *tick)
{
    const struct hop_audio_payload *shared = &tick->shared[HOP_AUDIO_CLEAN];
    tone_ear_hear(&bench->listener, shared->data, shared->len);
    for (uint32_t i = 0; i < VOICES; i++) {
        const struct hop_audio_payload *own = hop_audio_own_of(tick, i, 0);
        const struct hop_audio_payload *payload = own ? own : shared;
        tone_ear_hear(&bench->ear[i], payload->data, payload->len);
    }
}

/* The first `voices` say what is due and AHEAD packets more; returns how many each has said. */
static int64_t say_ahead(struct bench *bench, uint32_t worker, int voices, int64_t began_us,
                         int64_t sent)
{
    for (; sent < AHEAD + (hop_now_us() - began_us) / 20000; sent++)
        for (int i = 0; i < voices; i++)
            say(bench, worker, ROOM, i, -1);
    return sent;
}

/* All voices talk until `n` ticks have come, always AHEAD packets ahead of the time, so that a busy
 * machine does not make the line look bad; a further call goes on where the last one stopped.
 * Returns the time from the first packet to the first tick, µs. */
static int64_t talk(struct bench *bench, uint32_t worker, int n)
{
    int64_t first_us = 0;
    int got = 0;

    if (bench->began_us == 0)
        bench->began_us = hop_now_us();
    while (got < n) {
        const struct hop_audio_tick *tick;
        bench->sent = say_ahead(bench, worker, VOICES, bench->began_us, bench->sent);
        assert_true(wait_wake(bench, worker, DEADLINE_MS));
        while ((tick = hop_audio_take(bench->audio, worker)) != NULL) {
            assert_true(tick->room == ROOM);
            if (got++ == 0)
                first_us = hop_now_us() - bench->began_us;
            hear(bench, tick);
            hop_audio_release(bench->audio, worker, tick);
        }
    }
    return first_us;
}

static double heard_db(const struct tone_ear *ear, int who)
{
    return tone_db(tone_ear_amplitude(ear, 19200, tones[who]));
}

static bool all_heard(const struct bench *bench)
{
    bool good = true;
    for (int i = 0; i < VOICES; i++) {
        good = good && heard_db(&bench->listener, i) > -17;
        for (int j = 0; j < VOICES; j++) {
            double db = heard_db(&bench->ear[i], j);
            good = good && (i == j ? db < -14 - 50 : db > -17);
        }
    }
    return good;
}

/* Talks until everyone heard 400 ms without a fault: on a busy machine threads stall. */
static void check_heard(struct bench *bench, uint32_t worker)
{
    for (int i = 0; i < ROUNDS; i++) {
        talk(bench, worker, 60);
        if (all_heard(bench))
            return;
    }
    for (int i = 0; i < VOICES; i++)
        print_message("listener %.1f; ear %d: %.1f %.1f %.1f dB\n", heard_db(&bench->listener, i),
                      i, heard_db(&bench->ear[i], 0), heard_db(&bench->ear[i], 1),
                      heard_db(&bench->ear[i], 2));
    fail();
}

static void test_everyone_hears_all_others(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(hop_audio_room_add(bench->audio, 1, ROOM), 0);
    assert_int_equal(hop_audio_levelling(bench->audio, 1, ROOM, false), 0);
    int64_t first_us = talk(bench, 1, 10);
    print_message("room made and first sound after %.1f ms\n", (double)first_us / 1000);
    check_heard(bench, 1);
    assert_int_equal(hop_audio_peer_remove(bench->audio, 1, ROOM, 0), 0);
    assert_int_equal(hop_audio_stream_reset(bench->audio, 1, ROOM, 1, HOP_SOURCE_MICROPHONE), 0);
    assert_int_equal(hop_audio_room_remove(bench->audio, 1, ROOM), 0);
    assert_true(hop_audio_cpu_us(bench->audio) > 0);
    assert_int_equal(hop_audio_refused(bench->audio), 0);
}

/* Silence: the room's last frames, then nothing at all, and no time is used for it. */
static void test_silent_room_costs_nothing(void **state)
{
    struct bench *bench = *state;
    const struct hop_audio_tick *tick;

    assert_int_equal(hop_audio_room_add(bench->audio, 0, ROOM), 0);
    assert_int_equal(hop_audio_levelling(bench->audio, 0, ROOM, false), 0); /* tones */
    talk(bench, 0, 10);
    while (wait_wake(bench, 0, 1500)) /* what was said runs out, then the hang-over */
        while ((tick = hop_audio_take(bench->audio, 0)) != NULL)
            hop_audio_release(bench->audio, 0, tick);
    /* nothing is sent: nothing wakes (but, every ten seconds, the look for unused codecs) */
    uint64_t wakeups = hop_audio_wakeups(bench->audio);
    assert_false(wait_wake(bench, 0, 500));
    assert_true(hop_audio_wakeups(bench->audio) - wakeups <= 1);
    uint64_t cpu_us = hop_audio_cpu_us(bench->audio);
    for (int i = 0; i < 50; i++)
        say(bench, 0, ROOM, 0, 127);
    assert_false(wait_wake(bench, 0, 500));
    bench->began_us = bench->sent = 0; /* the pause is over: speech begins anew */
    uint64_t used_us = hop_audio_cpu_us(bench->audio) - cpu_us;
    print_message("half a second of silence: %llu us\n", (unsigned long long)used_us);
    assert_true(used_us < 500);
    check_heard(bench, 0);
}

static void test_what_is_unknown_is_ignored(void **state)
{
    struct bench *bench = *state;
    uint8_t payload[2000] = { 0xf8, 1, 2 };

    assert_int_equal(hop_audio_voice(bench->audio, 0, 5, 0, HOP_SOURCE_MICROPHONE, 1, 1, payload, 3,
                                     0, hop_now_us()),
                     0);
    assert_int_equal(hop_audio_voice(bench->audio, 0, 5, 0, HOP_SOURCE_MICROPHONE, 1, 1, payload,
                                     sizeof(payload), 0, hop_now_us()),
                     -EINVAL);
    assert_int_equal(hop_audio_voice(bench->audio, 7, 5, 0, HOP_SOURCE_MICROPHONE, 1, 1, payload, 3,
                                     0, hop_now_us()),
                     -EINVAL);
    hop_audio_room_remove(bench->audio, 0, 5);
    hop_audio_peer_remove(bench->audio, 0, 5, 1);
    /* a room of worker 1 is not worker 0's to speak to */
    hop_audio_room_add(bench->audio, 1, ROOM);
    for (int i = 0; i < 10; i++)
        say(bench, 0, ROOM, 0, -1);
    assert_false(wait_wake(bench, 0, 200));
    assert_null(hop_audio_take(bench->audio, 0));
    assert_null(hop_audio_take(bench->audio, 1));
}

/* A worker that takes nothing: ticks are dropped and counted, nobody waits, and it goes on. */
static void test_a_worker_that_does_not_take(void **state)
{
    struct bench *bench = *state;
    const struct hop_audio_tick *kept[300];
    int64_t began_us = hop_now_us(), sent = 0;
    int n = 0;

    hop_audio_room_add(bench->audio, 0, ROOM);
    assert_int_equal(hop_audio_levelling(bench->audio, 0, ROOM, false), 0); /* tones */
    while (n < 20) {
        const struct hop_audio_tick *tick;
        sent = say_ahead(bench, 0, 1, began_us, sent);
        assert_true(wait_wake(bench, 0, DEADLINE_MS));
        while (n < 300 && (tick = hop_audio_take(bench->audio, 0)) != NULL)
            kept[n++] = tick;
    }
    for (int i = 1; i < n; i++) /* none is written again while it is kept */
        assert_true(kept[i]->timestamp > kept[i - 1]->timestamp);
    while (n > 0)
        hop_audio_release(bench->audio, 0, kept[--n]);
    check_heard(bench, 0);
}

/* ---- what attaches to a room's graph ----------------------------------------------------------
 */

struct recorder {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool linked, finished;
    GstElement *sink;
};

static void link_recorder(void *ctx, GstElement *pipeline, HopMixerElement *mixer)
{
    struct recorder *recorder = ctx;
    bool linked = false;

    if (pipeline) {
        GstElement *queue = gst_element_factory_make("queue", NULL);
        g_object_set(queue, "leaky", 2, NULL);
        gst_bin_add_many(GST_BIN(pipeline), queue, recorder->sink, NULL);
        linked = gst_element_link(queue, recorder->sink) &&
                 gst_element_link_pads(GST_ELEMENT(mixer), "pcm", queue, "sink") &&
                 gst_element_sync_state_with_parent(recorder->sink) &&
                 gst_element_sync_state_with_parent(queue);
    }
    pthread_mutex_lock(&recorder->lock);
    recorder->linked = linked;
    recorder->finished = true;
    pthread_cond_signal(&recorder->done);
    pthread_mutex_unlock(&recorder->lock);
}

static bool visit(struct bench *bench, hop_room_id room, struct recorder *recorder)
{
    recorder->finished = false;
    assert_int_equal(hop_audio_visit(bench->audio, room, link_recorder, recorder), 0);
    pthread_mutex_lock(&recorder->lock);
    while (!recorder->finished)
        pthread_cond_wait(&recorder->done, &recorder->lock);
    pthread_mutex_unlock(&recorder->lock);
    return recorder->linked;
}

/* Moves what was recorded into `pcm`, the newest 200 ms of it last; whether all are heard in that.
 */
static bool recorded(struct recorder *recorder, float pcm[9600])
{
    GstSample *sample;
    bool good = true;

    while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(recorder->sink),
                                                  20 * GST_MSECOND)) != NULL) {
        memmove(pcm, pcm + 960, (9600 - 960) * sizeof(float));
        gst_buffer_extract(gst_sample_get_buffer(sample), 0, pcm + 9600 - 960, 960 * sizeof(float));
        gst_sample_unref(sample);
    }
    for (int i = 0; i < VOICES; i++)
        good = good && tone_db(tone_amplitude(pcm, 9600, tones[i])) > -17;
    return good;
}

static void test_a_recorder_attaches_while_it_runs(void **state)
{
    struct bench *bench = *state;
    struct recorder recorder = { 0 };
    static float pcm[9600];

    pthread_mutex_init(&recorder.lock, NULL);
    pthread_cond_init(&recorder.done, NULL);
    hop_audio_room_add(bench->audio, 0, ROOM);
    assert_int_equal(hop_audio_levelling(bench->audio, 0, ROOM, false), 0); /* tones */
    talk(bench, 0, 10);
    recorder.sink = gst_object_ref_sink(gst_element_factory_make("appsink", NULL));
    g_object_set(recorder.sink, "sync", FALSE, NULL);
    assert_false(visit(bench, 999, &recorder));
    assert_true(visit(bench, ROOM, &recorder));
    for (int i = 0; i < ROUNDS && !recorded(&recorder, pcm); i++)
        talk(bench, 0, 40);
    for (int i = 0; i < VOICES; i++)
        assert_true(tone_db(tone_amplitude(pcm, 9600, tones[i])) > -17);
    hop_audio_room_remove(bench->audio, 0, ROOM);
    gst_object_unref(recorder.sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everyone_hears_all_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_room_costs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_unknown_is_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_worker_that_does_not_take, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_recorder_attaches_while_it_runs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
