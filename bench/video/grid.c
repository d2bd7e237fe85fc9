/* Forty-nine publishers of three layers and one who looks at them: as a grid, then as a speaker
 * with a strip, then as a grid again. Tells how long it takes until every slot shows the right
 * layer and until the publishers send no layer that nobody looks at. Native participants
 * (tests/client) that follow `demand` as the web client does. Prints {"metric":…,"value":…} lines;
 * run by bench/bench_video.mjs. */
#include "tests/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PUBLISHERS = 49, LAYERS = 3, STRIP = 5, FPS = 12, HEIGHT = 720, PATIENCE_MS = 20000 };

static struct {
    struct hop_client_loop *loop;
    struct hop_client *publishers[PUBLISHERS], *viewer;
    int top[PUBLISHERS];      /* as demanded; followed at once */
    size_t words[PUBLISHERS]; /* demands heard */
    int want[PUBLISHERS];     /* the layer that the present view needs; -1: none */
    int slots;
} grid;

static void fail(const char *what)
{
    fprintf(stderr, "grid: %s\n", what);
    exit(1);
}

static void print(const char *metric, double value, const char *unit)
{
    printf("{\"metric\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"}\n", metric, value, unit);
    fflush(stdout);
}

/* ---- following the demand -------------------------------------------------------------------- */

/* The newest word about his camera. */
static int demanded(const struct hop_client *c, int before)
{
    json_t *events = hop_client_events(c);
    for (size_t i = json_array_size(events); i-- > 0;) {
        json_t *e = json_array_get(events, i), *d = json_object_get(e, "data");
        const char *name = json_string_value(json_object_get(e, "event"));
        const char *source = json_string_value(json_object_get(d, "source"));
        if (name && source && strcmp(name, "demand") == 0 && strcmp(source, "camera") == 0)
            return (int)json_integer_value(json_object_get(d, "top"));
    }
    return before;
}

static void follow(void)
{
    for (int i = 0; i < PUBLISHERS; i++) {
        struct hop_client *c = grid.publishers[i];
        size_t words = hop_client_count(c, "demand");
        if (words == grid.words[i])
            continue;
        grid.words[i] = words;
        grid.top[i] = demanded(c, grid.top[i]);
        hop_client_sender_set_layers(hop_client_sender_of(c), (1u << (grid.top[i] + 1)) - 1);
    }
}

/* ---- what is right --------------------------------------------------------------------------- */

/* The slot that is said to show that participant; -1: none. */
static int slot_of(const char *id)
{
    size_t i;
    json_t *s;
    json_array_foreach(hop_client_slots(grid.viewer), i, s)
    {
        const char *who = json_string_value(json_object_get(s, "participant"));
        if (who && strcmp(who, id) == 0)
            return (int)json_integer_value(json_object_get(s, "slot"));
    }
    return -1;
}

/* Shows it, at that layer, in frames that a decoder could use, newer than a quarter of a second. */
static bool shows(int publisher)
{
    int slot = slot_of(hop_client_id(grid.publishers[publisher]));
    if (slot < 0)
        return false;
    const struct hop_client_frames_stats *v = &hop_client_slot(grid.viewer, (unsigned)slot)->video;
    return v->stamped && (int)v->stamp.tag == publisher + 1 &&
           v->stamp.layer == grid.want[publisher] &&
           hop_client_loop_now(grid.loop) - v->newest_us < 250000;
}

static bool all_right(void *unused)
{
    (void)unused;
    follow();
    for (int i = 0; i < PUBLISHERS; i++) {
        if (grid.want[i] >= 0 && !shows(i))
            return false;
    }
    return true;
}

static bool only_wanted(void *unused)
{
    (void)unused;
    follow();
    for (int i = 0; i < PUBLISHERS; i++) {
        if (grid.top[i] > grid.want[i])
            return false;
    }
    return true;
}

static bool never(void *unused)
{
    (void)unused;
    follow();
    return false;
}

/* ---- views ----------------------------------------------------------------------------------- */

/* The first n publishers, the first of them at that height, the others as thumbnails. */
static void view(int n, int height)
{
    json_t *tiles = json_array();
    for (int i = 0; i < PUBLISHERS; i++) {
        grid.want[i] = i < n && i < grid.slots ? 0 : -1;
        if (i < n)
            json_array_append_new(tiles, json_pack("{s:s, s:s, s:i}", "participant",
                                                   hop_client_id(grid.publishers[i]), "source",
                                                   "camera", "height", i ? 90 : height));
    }
    grid.want[0] = height > 90 ? LAYERS - 1 : 0;
    hop_client_request(grid.viewer, "view", json_pack("{s:o}", "tiles", tiles));
}

static uint64_t sent_packets(void)
{
    uint64_t n = 0;
    for (int i = 0; i < PUBLISHERS; i++)
        n += hop_client_sender_stats(hop_client_sender_of(grid.publishers[i]), HOP_SOURCE_CAMERA)
                 ->packets;
    return n;
}

/* Changes the view and tells how long both take. */
static void change(const char *to, int n, int height)
{
    char metric[128];
    int64_t from_us = hop_client_loop_now(grid.loop), right_us, off_us;
    view(n, height);
    bool right = hop_client_loop_run(grid.loop, all_right, NULL, PATIENCE_MS * 1000LL);
    right_us = hop_client_loop_now(grid.loop) - from_us;
    bool off = hop_client_loop_run(grid.loop, only_wanted, NULL, PATIENCE_MS * 1000LL);
    off_us = hop_client_loop_now(grid.loop) - from_us;
    snprintf(metric, sizeof(metric), "%s: right layers", to);
    print(metric, right ? (double)right_us / 1e6 : -1, "s");
    snprintf(metric, sizeof(metric), "%s: nobody asked for an unseen layer", to);
    print(metric, off ? (double)off_us / 1e6 : -1, "s");
    hop_client_loop_run(grid.loop, never, NULL, 1000000);
    uint64_t before = sent_packets();
    hop_client_loop_run(grid.loop, never, NULL, 2000000);
    snprintf(metric, sizeof(metric), "%s: packets a second from the publishers", to);
    print(metric, (double)(sent_packets() - before) / 2, "");
}

/* ---- joining --------------------------------------------------------------------------------- */

static struct hop_client *enter(const char *url, const char *room, const char *name, int tag,
                                int slots)
{
    struct hop_client *c;
    struct hop_client_config config = {
        .url = url,
        .room = room,
        .name = name,
        .camera = tag > 0,
        .no_microphone = tag != 1,
        .tone_hz = tag == 1 ? 440 : 0,
        .layers = LAYERS,
        .fps = FPS,
        .height = HEIGHT,
        .video_bps = 480000,
        .slots = slots,
        .tag = (uint32_t)tag,
    };
    if (hop_client_new(grid.loop, &config, &c) != 0 || !hop_client_wait_joined(c, PATIENCE_MS) ||
        !hop_client_wait_media(c, PATIENCE_MS))
        fail("a participant does not get in");
    return c;
}

int main(int argc, char **argv)
{
    char name[32];
    if (argc != 3 || hop_client_loop_new(&grid.loop) != 0) {
        fprintf(stderr, "usage: hop-bench-grid URL ROOM\n");
        return 2;
    }
    const int most = HOP_MAX_SLOTS, all = PUBLISHERS;
    grid.slots = most < all ? most : all;
    for (int i = 0; i < PUBLISHERS; i++) {
        snprintf(name, sizeof(name), "publisher %d", i + 1);
        grid.publishers[i] = enter(argv[1], argv[2], name, i + 1, 0);
        grid.top[i] = LAYERS - 1;
    }
    grid.viewer = enter(argv[1], argv[2], "viewer", 0, grid.slots);
    print("slots of the viewer", grid.slots, "");
    change("first grid of 49", PUBLISHERS, 90);
    change("speaker view", 1 + STRIP, HEIGHT);
    change("grid of 49 again", PUBLISHERS, 90);
    for (int i = 0; i < PUBLISHERS; i++)
        hop_client_free(grid.publishers[i]);
    hop_client_free(grid.viewer);
    hop_client_loop_free(grid.loop);
    return 0;
}
