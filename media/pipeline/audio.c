/* The rooms' audio; see audio.h. Each worker has a lane to one mix thread; several workers may
 * share a thread. */
#define HOP_LOG_MODULE "audio"
#include "media/pipeline/audio.h"

#include "media/base/log.h"
#include "media/mix/frame.h"
#include "media/pipeline/attach.h"
#include "media/pipeline/graph.h"
#include "media/pipeline/lane.h"
#include "media/pipeline/mix_thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    IN_BYTES = 1 << 18,                  /* of a worker's messages: some 1,500 voice packets */
    CROWDED = IN_BYTES / 2,              /* above that a sleeping thread is woken for anything, */
    FULL_FOR_SILENCE = IN_BYTES / 4 * 3, /* packets that claim silence stay out, */
    FULL_FOR_VOICE = IN_BYTES / 8 * 7,   /* and above that all packets */
    TICKS = 256,                         /* of a worker; 9 kB each, touched as needed */
};

struct hop_audio {
    struct hop_supervisor *supervisor;
    struct hop_lane **lanes; /* per worker */
    uint32_t n_lanes;
    struct hop_mix_thread **threads;
    uint32_t n_threads;
};

/* ---- control thread ---------------------------------------------------------------------------
 */

static int init_gstreamer(void)
{
    GError *error = NULL;

    if (!gst_init_check(NULL, NULL, &error)) {
        hop_error("GStreamer does not start: %s", error ? error->message : "unknown reason");
        g_clear_error(&error);
        return -ENODEV;
    }
    if (!hop_mixer_element_register(NULL)) {
        hop_error("the GStreamer element hopmixer cannot be registered");
        return -ENODEV;
    }
    return 0;
}

static uint32_t choose_threads(const struct hop_audio_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t n = config->threads > 0 ? (uint32_t)config->threads : (uint32_t)cores;

    if (n > config->workers)
        n = config->workers;
    return n > 0 ? n : 1;
}

static int make_lanes(struct hop_audio *audio, uint32_t n)
{
    audio->lanes = calloc(n, sizeof(struct hop_lane *));
    if (!audio->lanes)
        return -ENOMEM;
    for (; audio->n_lanes < n; audio->n_lanes++) {
        int rc = hop_lane_new(IN_BYTES, TICKS, &audio->lanes[audio->n_lanes]);
        if (rc)
            return rc;
    }
    return 0;
}

static int start_threads(struct hop_audio *audio, const struct hop_audio_config *config, uint32_t n)
{
    audio->threads = calloc(n, sizeof(struct hop_mix_thread *));
    if (!audio->threads)
        return -ENOMEM;
    for (; audio->n_threads < n; audio->n_threads++) {
        struct hop_mix_thread_config thread = {
            .supervisor = audio->supervisor,
            .params = config->params,
            .lanes = audio->lanes,
            .n_lanes = audio->n_lanes,
            .first = audio->n_threads,
            .stride = n,
            .wake = config->wake,
            .wake_ctx = config->wake_ctx,
        };
        int rc = hop_mix_thread_new(&thread, &audio->threads[audio->n_threads]);
        if (rc)
            return rc;
    }
    return 0;
}

int hop_audio_new(const struct hop_audio_config *config, struct hop_audio **out)
{
    int rc = init_gstreamer();
    if (rc)
        return rc;
    struct hop_audio *audio = calloc(1, sizeof(*audio));
    if (!audio)
        return -ENOMEM;
    rc = hop_supervisor_new(&audio->supervisor);
    if (rc == 0)
        rc = make_lanes(audio, config->workers > 0 ? config->workers : 1);
    if (rc == 0)
        rc = start_threads(audio, config, choose_threads(config));
    if (rc) {
        hop_audio_free(audio);
        return rc;
    }
    *out = audio;
    return 0;
}

void hop_audio_free(struct hop_audio *audio)
{
    if (!audio)
        return;
    for (uint32_t i = 0; i < audio->n_threads; i++)
        hop_mix_thread_free(audio->threads[i]);
    hop_supervisor_free(audio->supervisor);
    for (uint32_t i = 0; i < audio->n_lanes; i++)
        hop_lane_free(audio->lanes[i]);
    free(audio->threads);
    free(audio->lanes);
    free(audio);
}

/* ---- a worker's thread ------------------------------------------------------------------------
 */

static struct hop_mix_thread *thread_of(const struct hop_audio *audio, uint32_t worker)
{
    return audio->threads[worker % audio->n_threads];
}

static int post(struct hop_audio *audio, uint32_t worker, const struct hop_lane_message *head,
                const uint8_t *payload)
{
    struct hop_lane *lane = audio->lanes[worker];
    struct hop_lane_message *message = hop_lane_begin(lane, head->len);

    if (!message)
        return -EAGAIN;
    *message = *head;
    if (head->len > 0)
        memcpy(message->payload, payload, head->len);
    hop_lane_commit(lane);
    return 0;
}

static int post_now(struct hop_audio *audio, uint32_t worker, const struct hop_lane_message *head)
{
    int rc = worker < audio->n_lanes ? post(audio, worker, head, NULL) : -EINVAL;
    if (worker < audio->n_lanes)
        hop_mix_thread_wake(thread_of(audio, worker));
    return rc;
}

int hop_audio_room_add(struct hop_audio *audio, uint32_t worker, hop_room_id room)
{
    return post_now(audio, worker,
                    &(struct hop_lane_message){ .kind = HOP_LANE_ROOM_ADD, .room = room });
}

int hop_audio_room_remove(struct hop_audio *audio, uint32_t worker, hop_room_id room)
{
    return post_now(audio, worker,
                    &(struct hop_lane_message){ .kind = HOP_LANE_ROOM_REMOVE, .room = room });
}

int hop_audio_stream_reset(struct hop_audio *audio, uint32_t worker, hop_room_id room,
                           uint32_t peer, enum hop_source source)
{
    return post_now(
        audio, worker,
        &(struct hop_lane_message){
            .kind = HOP_LANE_STREAM_RESET, .room = room, .peer = peer, .source = (uint8_t)source });
}

int hop_audio_peer_remove(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer)
{
    return post_now(
        audio, worker,
        &(struct hop_lane_message){ .kind = HOP_LANE_PEER_REMOVE, .room = room, .peer = peer });
}

int hop_audio_seat(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                   uint16_t hall, bool leads)
{
    return post_now(
        audio, worker,
        &(struct hop_lane_message){
            .kind = HOP_LANE_SEAT, .room = room, .peer = peer, .value = hall, .flag = leads });
}

int hop_audio_listener_loss(struct hop_audio *audio, uint32_t worker, hop_room_id room,
                            uint32_t peer, uint16_t permille)
{
    return post_now(audio, worker,
                    &(struct hop_lane_message){
                        .kind = HOP_LANE_LOSS, .room = room, .peer = peer, .value = permille });
}

int hop_audio_levelling(struct hop_audio *audio, uint32_t worker, hop_room_id room, bool on)
{
    return post_now(
        audio, worker,
        &(struct hop_lane_message){ .kind = HOP_LANE_LEVELLING, .room = room, .flag = on });
}

int hop_audio_copy(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                   enum hop_source source, uint64_t ext_seq, uint32_t timestamp,
                   const uint8_t *payload, size_t len, int64_t now_us)
{
    if (worker >= audio->n_lanes || len == 0 || len > HOP_MIX_PAYLOAD_MAX)
        return -EINVAL;
    if (hop_lane_waiting(audio->lanes[worker]) > FULL_FOR_SILENCE)
        return -EAGAIN;
    /* Nobody is woken for it: the packet that it came with is right behind it. */
    return post(audio, worker,
                &(struct hop_lane_message){ .kind = HOP_LANE_COPY,
                                            .room = room,
                                            .peer = peer,
                                            .source = (uint8_t)source,
                                            .ext_seq = ext_seq,
                                            .timestamp = timestamp,
                                            .len = (uint16_t)len,
                                            .now_us = now_us },
                payload);
}

int hop_audio_voice(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                    enum hop_source source, uint64_t ext_seq, uint32_t timestamp,
                    const uint8_t *payload, size_t len, uint8_t level, int64_t now_us)
{
    if (worker >= audio->n_lanes || len == 0 || len > HOP_MIX_PAYLOAD_MAX)
        return -EINVAL;
    size_t waiting = hop_lane_waiting(audio->lanes[worker]);
    bool silent = level > HOP_MIX_LEVEL_OPEN && level <= HOP_MIX_LEVEL_SILENT;
    if (waiting > (silent ? FULL_FOR_SILENCE : FULL_FOR_VOICE))
        return -EAGAIN;
    struct hop_lane_message head = { .kind = HOP_LANE_VOICE,
                                     .room = room,
                                     .peer = peer,
                                     .source = (uint8_t)source,
                                     .ext_seq = ext_seq,
                                     .timestamp = timestamp,
                                     .len = (uint16_t)len,
                                     .level = level,
                                     .now_us = now_us };
    int rc = post(audio, worker, &head, payload);
    if (!silent || waiting > CROWDED)
        hop_mix_thread_nudge(thread_of(audio, worker));
    return rc;
}

const struct hop_audio_tick *hop_audio_take(struct hop_audio *audio, uint32_t worker)
{
    return worker < audio->n_lanes ? hop_lane_take(audio->lanes[worker]) : NULL;
}

void hop_audio_release(struct hop_audio *audio, uint32_t worker, const struct hop_audio_tick *tick)
{
    if (worker < audio->n_lanes && tick)
        hop_lane_give_back(audio->lanes[worker], tick);
}

/* ---- any thread -------------------------------------------------------------------------------
 */

int hop_audio_visit(struct hop_audio *audio, hop_room_id room, hop_graph_visit visit, void *ctx)
{
    return hop_supervisor_visit(audio->supervisor, room, visit, ctx);
}

uint64_t hop_audio_cpu_us(const struct hop_audio *audio)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < audio->n_threads; i++)
        sum += hop_mix_thread_cpu_us(audio->threads[i]);
    return sum;
}

uint64_t hop_audio_late_ticks(const struct hop_audio *audio)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < audio->n_threads; i++)
        sum += hop_mix_thread_late(audio->threads[i]);
    return sum;
}

uint64_t hop_audio_wakeups(const struct hop_audio *audio)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < audio->n_threads; i++)
        sum += hop_mix_thread_wakeups(audio->threads[i]);
    return sum;
}

uint64_t hop_audio_refused(const struct hop_audio *audio)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < audio->n_lanes; i++)
        sum += hop_lane_refused(audio->lanes[i]);
    return sum;
}
