/* hop-load: plays the participants of a scenario (bench/scenarios/) against hopd or Janus, through
 * their real signaling, ICE, DTLS and SRTP, and says what came, what was lost, how long it was
 * under way and what that cost the server's process. One thread. bench_forward.mjs and
 * bench_compare.mjs start it; by hand:
 *
 *     hop-load --scenario bench/scenarios/one-to-many.conf --port 8080 --pid 123 --room CODE
 */
#include "bench/load/member.h"
#include "bench/load/process.h"
#include "bench/load/result.h"
#include "media/base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { PATIENCE_S = 30, DRAIN_MS = 500, LINGER_MS = 300 };

static struct {
    char *scenario, *server, *address, *base, *out;
    char **rooms, **set;
    int port, pid;
    gboolean json, quiet;
} options;

static GOptionEntry entries[] = {
    { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &options.scenario, "What to play", "FILE" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.set, "Overrides", "GROUP.KEY=VALUE" },
    { "server", 0, 0, G_OPTION_ARG_STRING, &options.server,
      "hop (the default), janus-video or janus-audio", "KIND" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "Of its signaling (127.0.0.1)",
      "IP" },
    { "port", 0, 0, G_OPTION_ARG_INT, &options.port, "Its HTTP or WebSocket port", "PORT" },
    { "pid", 0, 0, G_OPTION_ARG_INT, &options.pid, "Its process, to be measured", "PID" },
    { "room", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.rooms, "A meeting's code, for each room",
      "CODE" },
    { "base", 0, 0, G_OPTION_ARG_STRING, &options.base,
      "First of the participants' addresses (127.64.0.0)", "IP" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Result as JSON", NULL },
    { "quiet", 0, 0, G_OPTION_ARG_NONE, &options.quiet, "No progress line", NULL },
    { 0 },
};

static struct hop_load_world world;
static struct hop_load_play play = { .world = &world };

/* ---- who comes and goes ---------------------------------------------------------------------- */

static struct {
    struct hop_load_timer timer;
    int next, all;                  /* of those that are there from the beginning */
    int late_next;                  /* of those that join during the window */
    int64_t late_from_us, churn_us; /* 0: not yet */
    uint64_t churned;
} coming = { 0 };

/* That room's, made when it is asked for first; NULL: the scenario has none. */
static struct bench_tone *timed_tone(int room)
{
    if (!world.scenario.tones)
        return NULL;
    if (!world.timed)
        world.timed = g_new0(struct bench_tone *, (gsize)world.scenario.rooms);
    if (!world.timed[room])
        world.timed[room] = bench_tone_new((unsigned)room + 1);
    return world.timed[room];
}

/* Room by room, senders first. */
static void bring(int i)
{
    const struct hop_load_scenario *sc = &world.scenario;
    int each = sc->senders + sc->receivers, place = i % each;
    struct hop_load_member *m;
    bool sends = place < sc->senders;
    if (hop_load_member_new(&play, i / each, sends, false, &m) != 0) {
        fprintf(stderr, "hop-load: a participant cannot connect\n");
        exit(1);
    }
    m->tone = m->microphone && place < sc->talkers ? 1 + place % 16 : 0;
    m->says = place == 0 ? timed_tone(i / each) : NULL;
    m->hears = place == 1 ? timed_tone(i / each) : NULL;
}

static void bring_late(int room)
{
    struct hop_load_member *m;
    hop_load_member_new(&play, room, false, true, &m);
}

static void sweep(int64_t now_us)
{
    const struct hop_load_scenario *sc = &world.scenario;
    for (guint i = (guint)coming.all; i < play.members->len; i++) {
        struct hop_load_member *m = g_ptr_array_index(play.members, i);
        if (sc->churn > 0 && m->state == HOP_LOAD_JOINED && m->late &&
            now_us - m->begun_us > (int64_t)sc->stay_ms * 1000)
            hop_load_member_leave(m);
        else if (m->ws && m->state == HOP_LOAD_LEFT && now_us - m->left_us > LINGER_MS * 1000)
            hop_load_member_release(m);
    }
}

static void on_coming(void *ctx, int64_t now_us)
{
    const struct hop_load_scenario *sc = &world.scenario;
    (void)ctx;
    int64_t next = now_us + 100000;
    if (coming.next < coming.all) {
        bring(coming.next++);
        next = coming.timer.due_us + 1000000 / sc->join_rate;
    } else if (coming.late_from_us) {
        int64_t passed = now_us - coming.late_from_us;
        for (; coming.late_next < sc->late &&
               coming.late_next * (int64_t)1000000 / sc->late_rate <= passed;
             coming.late_next++)
            bring_late(coming.late_next % sc->rooms);
        uint64_t due = (uint64_t)(passed * sc->churn * sc->rooms / 1000000);
        for (; coming.churned < due; coming.churned++)
            bring_late((int)(coming.churned % (uint64_t)sc->rooms));
        sweep(now_us);
        next = now_us + 5000;
    }
    hop_load_timer_set(world.loop, &coming.timer, next);
}

static bool all_ready(void *ctx)
{
    (void)ctx;
    if (coming.next < coming.all)
        return false;
    for (guint i = 0; i < play.members->len; i++) {
        const struct hop_load_member *m = g_ptr_array_index(play.members, i);
        if (!hop_load_member_ready(m) && m->state != HOP_LOAD_FAILED)
            return false;
    }
    return true;
}

/* ---- progress -------------------------------------------------------------------------------- */

static struct hop_load_timer progress_timer;

static void on_progress(void *ctx, int64_t now_us)
{
    unsigned ready = 0;
    static uint64_t before;
    (void)ctx;
    for (guint i = 0; i < play.members->len; i++)
        ready += hop_load_member_ready(g_ptr_array_index(play.members, i));
    fprintf(stderr, "\r%s %u of %u connected, %llu packets/s   ",
            world.from_us ? "window:" : "joins:", ready, play.members->len,
            (unsigned long long)(world.counts.video - before));
    before = world.counts.video;
    hop_load_timer_set(world.loop, &progress_timer, now_us + 1000000);
}

/* ---- the run --------------------------------------------------------------------------------- */

static uint64_t own_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void settle(void)
{
    const struct hop_load_scenario *sc = &world.scenario;
    for (guint i = 0; i < play.members->len; i++) {
        struct hop_load_member *m = g_ptr_array_index(play.members, i);
        if (!hop_load_member_ready(m))
            continue;
        play.driver->settle(m);
        struct hop_load_receiver *r = hop_load_member_receiver(m);
        if (!r)
            continue;
        r->counts = true;
        /* Those on a bad line are the last of each room; they show in the losses by numbers. */
        int place = (int)i % (sc->senders + sc->receivers);
        if (place >= sc->senders + sc->receivers - sc->bad)
            r->link->loss_permille = (uint16_t)sc->loss_permille;
    }
}

/* VideoRoom's subscriptions are made by settle(): they have to be connected, too. */
static void join_all(void)
{
    const struct hop_load_scenario *sc = &world.scenario;
    coming.all = sc->rooms * (sc->senders + sc->receivers);
    coming.timer = (struct hop_load_timer){ .fire = on_coming };
    hop_load_timer_set(world.loop, &coming.timer, hop_now_us());
    int64_t patience = (PATIENCE_S + coming.all / sc->join_rate) * (int64_t)1000000;
    hop_load_loop_run(world.loop, patience, all_ready, NULL);
    settle();
    hop_load_loop_run(world.loop, patience, all_ready, NULL);
    settle();
}

static void edge(struct hop_load_run *run, int end)
{
    run->lost_video[end] = hop_load_lost(&play, false);
    run->lost_audio[end] = hop_load_lost(&play, true);
    run->overflows[end] = hop_load_net_overflows(world.net);
}

static json_t *measure(void)
{
    const struct hop_load_scenario *sc = &world.scenario;
    struct hop_load_run run = { .server = play.driver->name, .seconds = sc->seconds };
    join_all();
    hop_load_loop_run(world.loop, (int64_t)sc->warm_up_s * 1000000, NULL, NULL);
    edge(&run, 0);
    run.before = hop_load_process_cost(options.pid);
    uint64_t own = own_cpu_ns();
    world.until_us = hop_wall_us() + (int64_t)sc->seconds * 1000000;
    world.from_us = hop_wall_us();
    coming.late_from_us = hop_now_us();
    hop_load_loop_run(world.loop, (int64_t)sc->seconds * 1000000, NULL, NULL);
    run.after = hop_load_process_cost(options.pid);
    run.own_cpu_ns = own_cpu_ns() - own;
    hop_load_loop_run(world.loop, (int64_t)DRAIN_MS * 1000, NULL, NULL);
    edge(&run, 1);
    return hop_load_result(&play, &run);
}

/* ---- start ----------------------------------------------------------------------------------- */

static struct hop_load_watch net_watch;

static void on_net(void *ctx, uint32_t events)
{
    (void)ctx;
    (void)events;
    hop_load_links_receive(&world);
}

static void flush(void *ctx)
{
    (void)ctx;
    hop_load_net_flush(world.net);
}

static bool open_world(void)
{
    if (hop_load_loop_new(&world.loop) != 0 || hop_dtls_cert_new(&world.cert) != 0 ||
        hop_load_net_open(options.base ? options.base : "127.64.0.0", &world.net) != 0)
        return false;
    hop_load_loop_at_end(world.loop, flush, NULL);
    net_watch = (struct hop_load_watch){ .fd = hop_load_net_fd(world.net), .ready = on_net };
    progress_timer = (struct hop_load_timer){ .fire = on_progress };
    if (!options.quiet)
        hop_load_timer_set(world.loop, &progress_timer, hop_now_us() + 1000000);
    return hop_load_watch(world.loop, &net_watch, EPOLLIN) == 0;
}

static bool choose_driver(void)
{
    static const struct hop_load_driver *const drivers[] = { &hop_load_hop, &hop_load_janus_video,
                                                             &hop_load_janus_audio };
    const char *name = options.server ? options.server : "hop";
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (strcmp(drivers[i]->name, name) == 0)
            play.driver = drivers[i];
    play.address = options.address ? options.address : "127.0.0.1";
    play.port = (uint16_t)options.port;
    play.rooms = options.rooms;
    if (!play.driver || options.port < 1 || options.port > 65535)
        return false;
    int have = options.rooms ? (int)g_strv_length(options.rooms) : 0;
    return play.driver != &hop_load_hop || have >= world.scenario.rooms;
}

static bool read_options(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    GOptionContext *context = g_option_context_new("- plays participants");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error) && options.scenario &&
              hop_load_scenario_read(options.scenario, options.set, &world.scenario, &error);
    g_option_context_free(context);
    if (ok && choose_driver())
        return true;
    fprintf(stderr, "hop-load: %s\n",
            error ? error->message : "--scenario, --port and a --room for each room are needed");
    return false;
}

static void close_all(void)
{
    for (guint i = 0; i < play.members->len; i++) {
        struct hop_load_member *m = g_ptr_array_index(play.members, i);
        if (m->state == HOP_LOAD_JOINED)
            hop_load_member_leave(m);
    }
    hop_load_loop_run(world.loop, (int64_t)LINGER_MS * 1000, NULL, NULL);
    for (guint i = 0; i < play.members->len; i++)
        hop_load_member_free(g_ptr_array_index(play.members, i));
    g_ptr_array_free(play.members, TRUE);
    hop_load_net_close(world.net);
    hop_dtls_cert_free(world.cert);
    hop_load_loop_free(world.loop);
    free(world.links);
    hop_load_scenario_clear(&world.scenario);
}

int main(int argc, char **argv)
{
    struct rlimit files = { 65536, 65536 };
    if (!read_options(argc, argv))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_NOFILE, &files);
    play.members = g_ptr_array_new();
    if (!open_world()) {
        fprintf(stderr, "hop-load: the socket cannot be opened\n");
        return 1;
    }
    json_t *result = measure();
    if (!options.quiet)
        fprintf(stderr, "\n");
    if (options.json) {
        json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        printf("\n");
    } else {
        hop_load_result_print(result);
    }
    json_decref(result);
    close_all();
    return 0;
}
