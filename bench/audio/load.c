/* hop-bench-audio: meetings of native clients through hopd's real signaling, ICE, DTLS and SRTP,
 * and what their sound costs hopd's process in a steady window; or, with --onset, how long a sound
 * is under way. bench_mix.mjs starts it. One thread.
 *
 *     hop-bench-audio --url http://127.0.0.1:8080 --rooms CODE,CODE --pid 123 --members 100
 * --talkers 3
 */
#include "bench/audio/meeting.h"
#include "bench/audio/onset.h"
#include "bench/lib/process.h"
#include "bench/mix/cases.h"
#include "bench/mix/voices.h"
#include "media/base/clock.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static struct {
    char *url, *rooms;
    int pid, members, talkers, silent, seconds, warm_up;
    gboolean onset;
} options = { .members = 3, .seconds = 5, .warm_up = 2 };

static GOptionEntry entries[] = {
    { "url", 0, 0, G_OPTION_ARG_STRING, &options.url, "hopd", "URL" },
    { "rooms", 0, 0, G_OPTION_ARG_STRING, &options.rooms, "The meetings' codes", "CODE,CODE" },
    { "pid", 0, 0, G_OPTION_ARG_INT, &options.pid, "hopd's process", "PID" },
    { "members", 0, 0, G_OPTION_ARG_INT, &options.members, "Of each meeting (3)", "N" },
    { "talkers", 0, 0, G_OPTION_ARG_INT, &options.talkers, "Of these, who talk (0)", "N" },
    { "silent", 0, 0, G_OPTION_ARG_INT, &options.silent, "And who send silence (0)", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "Of the window (5)", "N" },
    { "warm-up", 0, 0, G_OPTION_ARG_INT, &options.warm_up, "Seconds before it (2)", "N" },
    { "onset", 0, 0, G_OPTION_ARG_NONE, &options.onset, "Tones instead of voices; their delay",
      NULL },
    { 0 },
};

struct heard {
    uint64_t packets;
    int64_t lost;
};

/* The longest time in which a member got nothing, in the window. */
static struct ear {
    int64_t newest_us;
} * ears;
static int64_t longest_gap_us, from_us = INT64_MAX;

static void *ear_of(int room, int member)
{
    return &ears[room * options.members + member];
}

static void hear(void *ctx, const uint8_t *packet, size_t len)
{
    struct ear *ear = ctx;
    int64_t now_us = hop_now_us();
    (void)packet;
    (void)len;
    if (ear->newest_us >= from_us && now_us - ear->newest_us > longest_gap_us)
        longest_gap_us = now_us - ear->newest_us;
    ear->newest_us = now_us;
}

static struct heard look(const struct bench_meeting *m)
{
    struct heard all = { 0 };
    for (int i = 0; i < m->n; i++) {
        const struct hop_client_stream *mix = hop_client_mix(m->clients[i]);
        all.packets += mix->packets;
        all.lost += mix->lost;
    }
    return all;
}

/* bench_mix.mjs reads hopd's counters at these marks. */
static void mark(struct bench_meeting *m, const char *what)
{
    printf("{\"mark\":\"%s\"}\n", what);
    fflush(stdout);
    hop_client_loop_run(m->loop, NULL, NULL, 1200000); /* hopd's counters are a second old */
}

static int measure(struct bench_meeting *m)
{
    hop_client_loop_run(m->loop, NULL, NULL, (int64_t)options.warm_up * 1000000);
    mark(m, "begin");
    struct heard before = look(m);
    struct hop_process_cpu from = hop_process_cpu(options.pid);
    int64_t own_us = bench_cpu_us();
    from_us = hop_now_us();
    hop_client_loop_run(m->loop, NULL, NULL, (int64_t)options.seconds * 1000000);
    struct hop_process_cpu to = hop_process_cpu(options.pid);
    own_us = bench_cpu_us() - own_us;
    double window_us = (double)(hop_now_us() - from_us);
    struct heard after = look(m);
    int64_t gap_us = longest_gap_us;
    mark(m, "end");
    printf("{\"seconds\":%.4f,\"cpu_percent\":%.4f,\"worker_percent\":%.4f,\"mix_percent\":%.4f,"
           "\"packets\":%llu,\"lost\":%lld,\"longest_gap_ms\":%.1f,\"load_percent\":%.1f}\n",
           window_us / 1e6, (double)(to.all - from.all) / 10 / window_us,
           (double)(to.workers - from.workers) / 10 / window_us,
           (double)(to.mix - from.mix) / 10 / window_us,
           (unsigned long long)(after.packets - before.packets),
           (long long)(after.lost - before.lost), (double)gap_us / 1000,
           (double)own_us * 100 / window_us);
    return 0;
}

static int run(char *const *rooms)
{
    struct bench_meeting meeting;
    struct bench_meeting_config config = {
        .url = options.url,
        .rooms = rooms,
        .members = options.members,
        .talkers = options.talkers,
        .silent = options.silent,
        .tap = hear,
        .tap_ctx = ear_of,
    };
    int n_rooms = (int)g_strv_length((char **)rooms);
    ears = g_new0(struct ear, (gsize)n_rooms * (gsize)options.members);
    bench_voices_make();
    if (options.onset)
        bench_onset_configure(&config, n_rooms);
    int result = 1;
    if (bench_meeting_open(&meeting, &config))
        result = options.onset ? bench_onset_measure(&meeting, options.seconds) : measure(&meeting);
    bench_meeting_close(&meeting);
    g_free(ears);
    return result;
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- the sound of meetings under load");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || !options.url || !options.rooms || options.members < 1 || options.seconds < 1 ||
        options.talkers + options.silent > options.members) {
        fprintf(stderr, "%s\n", error ? error->message : "--url, --rooms, --members are needed");
        return 2;
    }
    g_auto(GStrv) rooms = g_strsplit(options.rooms, ",", -1);
    return run(rooms);
}
