/* hop-client: one or more native participants from the command line; prints what they heard and
 * saw.
 *
 *     hop-client --url wss://localhost:8443 --room CODE --name N --tone 440 --video --seconds 10
 * --json
 */
#include "tests/client/client.h"

#include "media/srtp/srtp.h"

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CLIENTS = 500, PATIENCE_MS = 10000, MAX_TONES = 64 };

static struct {
    char *url, *room, *name, *cookie, *codec, *hear, *srtp;
    int count, seconds, slots, layers, kbps, fps, height;
    double tone, screen_tone;
    gboolean video, screen, tcp, json, listen, aggressive;
} options = { .count = 1, .seconds = 10, .slots = 9, .layers = 1, .name = NULL };

static GOptionEntry entries[] = {
    { "url", 'u', 0, G_OPTION_ARG_STRING, &options.url, "wss://HOST:PORT", "URL" },
    { "room", 'r', 0, G_OPTION_ARG_STRING, &options.room, "The meeting's code", "CODE" },
    { "name", 'n', 0, G_OPTION_ARG_STRING, &options.name, "Display name", "NAME" },
    { "cookie", 0, 0, G_OPTION_ARG_STRING, &options.cookie, "Session cookie", "NAME=VALUE" },
    { "count", 'c', 0, G_OPTION_ARG_INT, &options.count, "Participants (default 1)", "N" },
    { "seconds", 's', 0, G_OPTION_ARG_INT, &options.seconds, "Stays that long (10)", "N" },
    { "tone", 't', 0, G_OPTION_ARG_DOUBLE, &options.tone,
      "Speaks a tone; further participants 100 Hz more each", "HZ" },
    { "listen", 'l', 0, G_OPTION_ARG_NONE, &options.listen, "Sends no sound", NULL },
    { "video", 'v', 0, G_OPTION_ARG_NONE, &options.video, "Sends a camera", NULL },
    { "screen", 0, 0, G_OPTION_ARG_NONE, &options.screen, "Sends a screen", NULL },
    { "screen-tone", 0, 0, G_OPTION_ARG_DOUBLE, &options.screen_tone, "The screen's sound", "HZ" },
    { "layers", 0, 0, G_OPTION_ARG_INT, &options.layers, "Simulcast layers (1)", "N" },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &options.codec, "VP8 or H264", "CODEC" },
    { "kbps", 0, 0, G_OPTION_ARG_INT, &options.kbps, "Video rate (500)", "N" },
    { "fps", 0, 0, G_OPTION_ARG_INT, &options.fps, "Frames per second (30)", "N" },
    { "height", 0, 0, G_OPTION_ARG_INT, &options.height, "Picture height (360)", "N" },
    { "slots", 0, 0, G_OPTION_ARG_INT, &options.slots, "Video slots (9)", "N" },
    { "tcp", 0, 0, G_OPTION_ARG_NONE, &options.tcp, "Media over ICE-TCP", NULL },
    { "aggressive", 0, 0, G_OPTION_ARG_NONE, &options.aggressive, "Nominates at once", NULL },
    { "srtp", 0, 0, G_OPTION_ARG_STRING, &options.srtp, "SRTP profiles (OpenSSL's names)", "LIST" },
    { "hear", 0, 0, G_OPTION_ARG_STRING, &options.hear, "Frequencies to measure", "HZ,HZ" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options.json, "Result as JSON", NULL },
    { 0 },
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static bool wants_stop(void *unused)
{
    (void)unused;
    return stopped;
}

/* ---- result ---------------------------------------------------------------------------------- */

static json_t *stream_json(const struct hop_client_stream *s)
{
    return json_pack("{s:I, s:I, s:I, s:i, s:i, s:i, s:i}", "packets", (json_int_t)s->packets,
                     "bytes", (json_int_t)s->bytes, "lost", (json_int_t)s->lost, "repaired",
                     (int)s->repaired, "duplicates", (int)s->duplicates, "timestamp_breaks",
                     (int)s->timestamp_breaks, "longest_gap_ms", (int)(s->longest_gap_us / 1000));
}

static json_t *slot_json(unsigned slot, const struct hop_client_stream *s)
{
    const struct hop_client_frames_stats *v = &s->video;
    json_t *j = stream_json(s);
    json_t *video = json_pack(
        "{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "slot", (int)slot, "frames",
        (int)v->frames, "key_frames", (int)v->key_frames, "freezes", (int)v->freezes,
        "picture_gaps", (int)v->picture_gaps, "switches", (int)v->switches, "bad_switches",
        (int)v->bad_switches, "undecodable", (int)v->undecodable, "height", (int)v->height, "tag",
        v->stamped ? (int)v->stamp.tag : 0, "layer", v->stamped ? (int)v->stamp.layer : 0);
    json_object_update(j, video);
    json_decref(video);
    return j;
}

static json_t *hear_json(struct hop_client *c)
{
    json_t *heard = json_object();
    gchar **list = g_strsplit(options.hear ? options.hear : "", ",", MAX_TONES);
    for (gchar **hz = list; *hz; hz++) {
        if (**hz)
            json_object_set_new(heard, *hz,
                                json_real(hop_client_hears_db(c, g_ascii_strtod(*hz, NULL))));
    }
    g_strfreev(list);
    return heard;
}

static json_t *sent_json(struct hop_client *c, enum hop_source source)
{
    const struct hop_client_sent *s = hop_client_sender_stats(hop_client_sender_of(c), source);
    return json_pack("{s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i}", "packets", (json_int_t)s->packets,
                     "bytes", (json_int_t)s->bytes, "key_frames", (int)s->key_frames, "pli",
                     (int)(s->pli + s->fir), "nacked", (int)s->nacked, "repaired", (int)s->repaired,
                     "fraction_lost", (int)s->fraction_lost, "rtt_us", (int)s->rtt_us);
}

static json_t *ms_since(int64_t from_us, int64_t at_us)
{
    return at_us ? json_real((double)(at_us - from_us) / 1000) : json_null();
}

static json_t *times_json(const struct hop_client *c)
{
    struct hop_client_times t = hop_client_times(c);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "open", ms_since(t.started_us, t.open_us),
                     "joined", ms_since(t.started_us, t.joined_us), "connected",
                     ms_since(t.started_us, t.connected_us), "first_audio",
                     ms_since(t.started_us, t.first_audio_us), "first_frame",
                     ms_since(t.started_us, t.first_frame_us));
}

static json_t *client_json(struct hop_client *c)
{
    static const char *states[] = { "connecting", "waiting", "joined", "refused", "closed" };
    static const char *lines[] = {
        "none", "checking", "handshake", "connected", "failed", "closed"
    };
    json_t *j =
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:o, s:o}", "id", hop_client_id(c),
                  "closed", hop_client_close_why(c), "close_code", hop_client_close_code(c),
                  "state", states[hop_client_state(c)], "error", hop_client_error(c), "line",
                  lines[hop_client_line(c)], "participants",
                  (int)json_object_size(hop_client_participants(c)), "seq_gaps",
                  (int)hop_client_seq_gaps(c), "times_ms", times_json(c), "hears_db", hear_json(c));
    if (!hop_client_receiver_of(c))
        return j;
    const struct hop_client_stream *mix = hop_client_mix(c);
    json_t *m = stream_json(mix), *slots = json_array();
    json_object_set_new(m, "csrcs", json_integer(mix->n_csrc));
    json_object_set_new(m, "concealed", json_integer(mix->concealed));
    for (unsigned i = 0; i < (unsigned)options.slots; i++) {
        if (hop_client_slot(c, i)->packets)
            json_array_append_new(slots, slot_json(i, hop_client_slot(c, i)));
    }
    struct hop_client_transport *t = hop_client_transport_of(c);
    json_object_set_new(j, "why", json_string(hop_client_transport_why(t)));
    json_object_set_new(j, "srtp",
                        json_string(hop_srtp_profile_name(hop_client_transport_profile(t))));
    json_object_set_new(j, "mix", m);
    json_object_set_new(j, "slots", slots);
    json_object_set_new(
        j, "strange",
        json_integer((json_int_t)hop_client_receiver_strange(hop_client_receiver_of(c))));
    json_object_set_new(
        j, "sent",
        json_pack("{s:o, s:o, s:o}", "microphone", sent_json(c, HOP_SOURCE_MICROPHONE), "camera",
                  sent_json(c, HOP_SOURCE_CAMERA), "screen", sent_json(c, HOP_SOURCE_SCREEN)));
    json_object_set_new(
        j, "twcc_acked",
        json_integer((json_int_t)hop_client_sender_twcc_acked(hop_client_sender_of(c))));
    return j;
}

static void print_plain(struct hop_client *c)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    printf("%s: state %d, line %d; mix %llu packets, %lld lost\n", hop_client_id(c),
           (int)hop_client_state(c), (int)hop_client_line(c), (unsigned long long)mix->packets,
           (long long)mix->lost);
    for (unsigned i = 0; i < (unsigned)options.slots; i++) {
        const struct hop_client_stream *s = hop_client_slot(c, i);
        if (s->packets)
            printf("  slot %u: %llu packets, %u frames, %u freezes, from %u\n", i,
                   (unsigned long long)s->packets, s->video.frames, s->video.freezes,
                   s->video.stamp.tag);
    }
}

/* ---- running --------------------------------------------------------------------------------- */

static struct hop_client_config make_config(int i, char *name, size_t cap)
{
    snprintf(name, cap, "%s %d", options.name ? options.name : "client", i + 1);
    return (struct hop_client_config){
        .url = options.url,
        .room = options.room,
        .name = options.count == 1 && options.name ? options.name : name,
        .cookie = options.cookie,
        .no_microphone = options.listen,
        .camera = options.video,
        .screen = options.screen,
        .screen_audio = options.screen_tone > 0,
        .slots = options.slots,
        .layers = (unsigned)options.layers,
        .codec = options.codec && g_ascii_strcasecmp(options.codec, "H264") == 0 ? HOP_CODEC_H264
                                                                                 : HOP_CODEC_VP8,
        .video_bps = (uint32_t)options.kbps * 1000,
        .fps = (unsigned)options.fps,
        .height = (uint16_t)options.height,
        .tone_hz = options.tone > 0 ? options.tone + 100 * i : 0,
        .screen_tone_hz = options.screen_tone,
        .tag = (uint32_t)i + 1,
        .transport = { .tcp = options.tcp,
                       .aggressive = options.aggressive,
                       .srtp_profiles = options.srtp },
    };
}

/* Joins and asks to see whoever is there. */
static bool bring_in(struct hop_client *c)
{
    if (!hop_client_wait_joined(c, PATIENCE_MS) || !hop_client_wait_media(c, PATIENCE_MS))
        return false;
    return true;
}

static void view_all(struct hop_client *c)
{
    const char *ids[HOP_MAX_VIEW], *id;
    json_t *p;
    size_t n = 0;
    json_object_foreach(hop_client_participants(c), id, p)
    {
        if (n < HOP_MAX_VIEW && strcmp(id, hop_client_id(c)) != 0)
            ids[n++] = id;
    }
    hop_client_view(c, ids, n, "camera", 180);
}

static int run(struct hop_client_loop *loop, struct hop_client **clients)
{
    char name[128];
    int bad = 0, n = 0;
    for (; n < options.count && !stopped; n++) {
        struct hop_client_config config = make_config(n, name, sizeof(name));
        if (hop_client_new(loop, &config, &clients[n]) != 0)
            return 1;
        bad += !bring_in(clients[n]);
    }
    for (int i = 0; i < n; i++)
        view_all(clients[i]);
    hop_client_loop_run(loop, wants_stop, NULL, (int64_t)options.seconds * 1000000);
    json_t *all = json_array();
    for (int i = 0; i < n; i++) {
        if (options.json)
            json_array_append_new(all, client_json(clients[i]));
        else
            print_plain(clients[i]);
    }
    if (options.json) {
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(4));
        printf("\n");
    }
    json_decref(all);
    return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct hop_client *clients[MAX_CLIENTS];
    struct hop_client_loop *loop;
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- a native participant");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || !options.url || !options.room || options.count < 1 || options.count > MAX_CLIENTS) {
        fprintf(stderr, "%s\n", error ? error->message : "--url and --room are needed");
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (hop_client_loop_new(&loop) != 0)
        return 1;
    int result = run(loop, clients);
    for (int i = 0; i < options.count; i++) {
        if (clients[i] && hop_client_state(clients[i]) == HOP_CLIENT_JOINED)
            hop_client_leave(clients[i]);
    }
    hop_client_loop_run(loop, NULL, NULL, 50000);
    for (int i = 0; i < options.count; i++)
        hop_client_free(clients[i]);
    hop_client_loop_free(loop);
    return result;
}
