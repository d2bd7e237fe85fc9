/* hop-bench-load: one sender and N receivers through hopd's real signaling, ICE, DTLS and SRTP, and
 * what that costs hopd's process in a steady window. Every packet carries when it was sent; every
 * receiver decrypts and counts all of them and sends the feedback of a browser. bench_forward.mjs
 * starts it. One thread. RFC 3550, RFC 7741, RFC 9143 (a new SSRC is named by its mid).
 *
 *     hop-bench-load --url http://127.0.0.1:8080 --room CODE --pid 123 --receivers 100 --burst
 */
#include "bench/forward/histogram.h"
#include "media/base/clock.h"
#include "media/rtp/rtp.h"
#include "media/srtp/srtp.h"
#include "tests/client/client.h"
#include "tests/client/sdp.h"
#include "tests/client/shape.h"

#include <dirent.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_RECEIVERS = 1000,
    PATIENCE_MS = 20000,
    FPS = 30,
    BPS = 1500000,
    MOST_PACKETS = 16, /* of one frame */
    PACE_US = 2000,    /* between a frame's packets, unless they leave in one burst */
    TAG = 0xbe7c,
    SSRC = 0x70616365,
};
#define FRAME_US ((int64_t)1000000 / FPS)

static struct {
    char *url, *room;
    int pid, receivers, seconds, warm_up;
    gboolean burst;
} options = { .receivers = 1, .seconds = 8, .warm_up = 3 };

static GOptionEntry entries[] = {
    { "url", 0, 0, G_OPTION_ARG_STRING, &options.url, "hopd", "URL" },
    { "room", 0, 0, G_OPTION_ARG_STRING, &options.room, "The meeting's code", "CODE" },
    { "pid", 0, 0, G_OPTION_ARG_INT, &options.pid, "hopd's process", "PID" },
    { "receivers", 0, 0, G_OPTION_ARG_INT, &options.receivers, "How many (1)", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "Of the window (8)", "N" },
    { "warm-up", 0, 0, G_OPTION_ARG_INT, &options.warm_up, "Seconds before it (3)", "N" },
    { "burst", 0, 0, G_OPTION_ARG_NONE, &options.burst, "A frame at once, not paced", NULL },
    { 0 },
};

static struct {
    struct hop_client_loop *loop;
    struct hop_client *sender, *receivers[MAX_RECEIVERS];
    struct hop_client_timer timer;
    struct hop_client_answer answer;
    const struct hop_client_answer_line *line; /* the camera's */
    uint16_t seq, twcc, picture;
    uint8_t tl0;
    uint32_t timestamp, frames;
    size_t credit; /* bytes that the rate allows still */
    struct hop_client_frame frame;
    unsigned packets, next; /* of the frame */
    int64_t frame_us, due_us;
    int64_t from_us, until_us; /* the window, by time of sending */
    uint64_t sent, received;
    struct hop_histogram delays;
} run;

/* ---- receiving ------------------------------------------------------------------------------- */

/* Times go as 32 bits of microseconds. */
static void on_packet(void *ctx, const uint8_t *packet, size_t len)
{
    struct hop_rtp_view v;
    struct hop_client_stamp stamp;
    (void)ctx;
    if (hop_rtp_parse(packet, len, &v) != 0 || v.pt != HOP_CLIENT_PT_VP8 ||
        !hop_client_stamp_read(packet + v.payload_offset, v.payload_len, &stamp) ||
        stamp.tag != TAG)
        return;
    int64_t now_us = hop_now_us();
    int64_t sent_us = now_us - (int64_t)(uint32_t)((uint32_t)now_us - stamp.number);
    if (sent_us < run.from_us || sent_us >= run.until_us)
        return;
    run.received++;
    hop_histogram_add(&run.delays, now_us - sent_us);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void send_packet(void)
{
    uint8_t packet[HOP_MAX_DATAGRAM + HOP_SRTP_OVERHEAD], payload[HOP_CLIENT_PAYLOAD];
    int64_t now_us = hop_now_us();
    struct hop_rtp_header h;
    bool last = run.next + 1 == run.packets;
    run.frame.stamp.number = (uint32_t)now_us;
    size_t len = hop_client_frame_write(&run.frame, run.next++, payload);
    hop_rtp_header_init(&h, run.line->pt, last, run.seq++, run.timestamp, SSRC);
    hop_rtp_header_add_token(&h, run.answer.ext.mid, run.line->mid);
    hop_rtp_header_add_abs_send_time(&h, run.answer.ext.abs_send_time, now_us);
    hop_rtp_header_add_twcc(&h, run.answer.ext.twcc, run.twcc++);
    size_t head = hop_rtp_header_write(&h, packet, HOP_MAX_DATAGRAM);
    if (!head || head + len > HOP_MAX_DATAGRAM)
        abort();
    memcpy(packet + head, payload, len);
    if (hop_client_transport_send_rtp(hop_client_transport_of(run.sender), packet, head + len,
                                      sizeof(packet)) &&
        now_us >= run.from_us && now_us < run.until_us)
        run.sent++;
}

/* A key frame every second: nobody answers PLI here. */
static void next_frame(void)
{
    run.credit += BPS / 8 / FPS;
    run.packets = (unsigned)(run.credit / HOP_CLIENT_PAYLOAD);
    if (run.packets > MOST_PACKETS)
        run.packets = MOST_PACKETS;
    run.credit -= (size_t)run.packets * HOP_CLIENT_PAYLOAD;
    run.next = 0;
    run.timestamp += 90000 / FPS;
    run.frame = (struct hop_client_frame){
        .codec = HOP_CODEC_VP8,
        .key = run.frames++ % FPS == 0,
        .picture = run.picture,
        .tl0 = ++run.tl0,
        .width = 1280,
        .height = 720,
        .stamp = { .tag = TAG, .source = HOP_SOURCE_CAMERA },
        .bytes = (size_t)run.packets * HOP_CLIENT_PAYLOAD,
    };
    run.picture = (uint16_t)((run.picture + 1) & 0x7fff);
}

static void on_timer(void *ctx, int64_t now_us)
{
    (void)ctx;
    while (run.due_us <= now_us) {
        if (run.next == run.packets) {
            next_frame();
            run.frame_us += FRAME_US;
        }
        do
            send_packet();
        while (options.burst && run.next < run.packets);
        run.due_us = run.next < run.packets ? run.due_us + PACE_US : run.frame_us;
    }
    run.timer.due_us = run.due_us;
}

static bool start_sending(void)
{
    if (!hop_client_answer_read(hop_client_answer_sdp(run.sender), &run.answer))
        return false;
    for (size_t i = 0; i < run.answer.n_lines && !run.line; i++) {
        const struct hop_client_answer_line *l = &run.answer.lines[i];
        if (!l->rejected && l->receives && l->codec == HOP_CODEC_VP8)
            run.line = l;
    }
    if (!run.line)
        return false;
    hop_client_sender_set_layers(hop_client_sender_of(run.sender), 0); /* ours are sent instead */
    hop_client_enable(run.sender, HOP_SOURCE_CAMERA, true);
    run.frame_us = run.due_us = hop_client_loop_now(run.loop);
    run.timer = (struct hop_client_timer){ .due_us = run.due_us, .fire = on_timer };
    hop_client_loop_add_timer(run.loop, &run.timer);
    return true;
}

/* ---- the run --------------------------------------------------------------------------------- */

static struct hop_client *join(const char *name, bool sends)
{
    struct hop_client_config config = {
        .url = options.url,
        .room = options.room,
        .name = name,
        .no_microphone = true,
        .camera = sends,
        .no_autostart = true,
        .slots = sends ? 0 : 1,
        .rtp_tap = sends ? NULL : on_packet,
    };
    struct hop_client *c;
    if (hop_client_new(run.loop, &config, &c) != 0)
        return NULL;
    if (!hop_client_wait_joined(c, PATIENCE_MS) || !hop_client_wait_media(c, PATIENCE_MS)) {
        fprintf(stderr, "%s: %s\n", name, hop_client_error(c));
        return NULL;
    }
    return c;
}

static bool join_all(void)
{
    run.sender = join("Sender", true);
    for (int i = 0; run.sender && i < options.receivers; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Receiver %d", i + 1);
        run.receivers[i] = join(name, false);
        if (!run.receivers[i])
            return false;
        hop_client_view(run.receivers[i], (const char *[]){ hop_client_id(run.sender) }, 1,
                        "camera", 720);
    }
    return run.sender && start_sending();
}

/* Nanoseconds on a processor, all threads together. */
static uint64_t process_cpu_ns(void)
{
    char path[300];
    uint64_t total = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", options.pid);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        unsigned long long ns = 0;
        snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", options.pid, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!f)
            continue;
        if (fscanf(f, "%llu", &ns) == 1)
            total += ns;
        fclose(f);
    }
    if (dir)
        closedir(dir);
    return total;
}

static void print_result(uint64_t cpu_ns)
{
    uint64_t expected = run.sent * (uint64_t)options.receivers;
    json_t *j =
        json_pack("{s:i, s:s, s:I, s:I, s:I, s:f, s:f, s:I, s:I}", "receivers", options.receivers,
                  "shape", options.burst ? "burst" : "paced", "sent", (json_int_t)run.sent,
                  "expected", (json_int_t)expected, "received", (json_int_t)run.received,
                  "us_per_packet", run.received ? (double)cpu_ns / 1000 / (double)run.received : 0,
                  "cpu_percent", (double)cpu_ns / 1e7 / options.seconds, "delay_p50_us",
                  (json_int_t)hop_histogram_percentile(&run.delays, 50), "delay_p99_us",
                  (json_int_t)hop_histogram_percentile(&run.delays, 99));
    json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    printf("\n");
    json_decref(j);
}

static int measure(void)
{
    if (!join_all())
        return 1;
    hop_client_loop_run(run.loop, NULL, NULL, (int64_t)options.warm_up * 1000000);
    run.from_us = hop_now_us();
    run.until_us = run.from_us + (int64_t)options.seconds * 1000000;
    uint64_t before = process_cpu_ns();
    hop_client_loop_run(run.loop, NULL, NULL, run.until_us - hop_now_us());
    uint64_t cpu_ns = process_cpu_ns() - before;
    hop_client_loop_run(run.loop, NULL, NULL, 500000); /* what is under way still */
    print_result(cpu_ns);
    return 0;
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- forwarding under load");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || !options.url || !options.room || !options.pid || options.receivers < 1 ||
        options.receivers > MAX_RECEIVERS || options.seconds < 1) {
        fprintf(stderr, "%s\n", error ? error->message : "--url, --room and --pid are needed");
        return 2;
    }
    if (hop_client_loop_new(&run.loop) != 0)
        return 1;
    int result = measure();
    hop_client_free(run.sender);
    for (int i = 0; i < options.receivers; i++)
        hop_client_free(run.receivers[i]);
    hop_client_loop_free(run.loop);
    return result;
}
