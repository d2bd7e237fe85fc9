/* One mix thread; see mix_thread.h.
 *
 * A room that becomes active gets its first tick at the next multiple of 5 ms, and then one every
 * 20 ms from there: rooms spread over the thread's time, and those that coincide share a wake-up.
 */
#define HOP_LOG_MODULE "mix"
#include "media/pipeline/mix_thread.h"

#include "media/base/clock.h"
#include "media/base/log.h"
#include "media/base/ring.h"
#include "media/mix/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 256,
    GRID_US = 5000,
    LATE_US = 5000,
    STALL_US = 100000,    /* so far behind, ticks are left out, not made up for */
    SWEEP_US = 10000000,  /* how often unused codecs are looked for */
    UNUSED_US = 30000000, /* when they are unused */
};

#define NEVER INT64_MAX

struct room {
    hop_room_id id;
    uint32_t worker;
    struct hop_graph *graph;
    struct room *next;        /* in its bucket */
    struct room *next_active; /* valid while active */
    bool active;
    int64_t due_us; /* of the next tick, while active */
};

struct hop_mix_thread {
    struct hop_mix_thread_config config;
    pthread_t thread;
    struct hop_wake wake;
    _Atomic bool asleep, stop;
    _Atomic uint64_t late, wakeups;
    /* the thread's own */
    struct room *buckets[BUCKETS];
    struct room *active;
    bool *to_wake; /* per worker: ticks were published in this round */
    bool warm;     /* some room may hold codecs */
    int64_t sweep_us;
    struct hop_audio_tick spare_tick; /* when the worker has all of its own */
};

/* ---- rooms ------------------------------------------------------------------------------------
 */

static struct room **bucket_of(struct hop_mix_thread *thread, hop_room_id id)
{
    return &thread->buckets[(id * 0x9e3779b97f4a7c15u) >> 56];
}

static struct room *find_room(struct hop_mix_thread *thread, hop_room_id id, uint32_t worker)
{
    struct room *room = *bucket_of(thread, id);
    while (room && (room->id != id || room->worker != worker))
        room = room->next;
    return room;
}

static void add_room(struct hop_mix_thread *thread, hop_room_id id, uint32_t worker)
{
    struct room *room = find_room(thread, id, worker) ? NULL : calloc(1, sizeof(*room));
    if (!room)
        return;
    room->id = id;
    room->worker = worker;
    if (hop_graph_new(thread->config.supervisor, id, &thread->config.params, &room->graph) < 0) {
        hop_error("room %" PRIx64 ": no memory for its sound", id);
        free(room);
        return;
    }
    struct room **bucket = bucket_of(thread, id);
    room->next = *bucket;
    *bucket = room;
}

static void deactivate(struct hop_mix_thread *thread, struct room *room)
{
    struct room **at = &thread->active;

    if (!room->active)
        return;
    while (*at != room)
        at = &(*at)->next_active;
    *at = room->next_active;
    room->active = false;
}

static void remove_room(struct hop_mix_thread *thread, struct room *room)
{
    struct room **at = bucket_of(thread, room->id);

    deactivate(thread, room);
    while (*at != room)
        at = &(*at)->next;
    *at = room->next;
    hop_graph_close(room->graph);
    free(room);
}

static void remove_all_rooms(struct hop_mix_thread *thread)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (thread->buckets[i])
            remove_room(thread, thread->buckets[i]);
}

static int64_t next_on_grid(int64_t now_us)
{
    return (now_us + GRID_US - 1) / GRID_US * GRID_US;
}

static void activate(struct hop_mix_thread *thread, struct room *room)
{
    if (room->active || !hop_mixer_element_active(hop_graph_mixer(room->graph)))
        return;
    room->active = true;
    room->due_us = next_on_grid(hop_now_us());
    room->next_active = thread->active;
    thread->active = room;
    thread->warm = true;
}

/* ---- messages ---------------------------------------------------------------------------------
 */

static void dispatch(struct hop_mix_thread *thread, uint32_t worker,
                     const struct hop_lane_message *message)
{
    struct room *room = find_room(thread, message->room, worker);
    enum hop_source source = (enum hop_source)message->source;

    if (message->kind == HOP_LANE_ROOM_ADD) {
        add_room(thread, message->room, worker);
        return;
    }
    if (!room)
        return;
    HopMixerElement *mixer = hop_graph_mixer(room->graph);
    switch (message->kind) {
    case HOP_LANE_VOICE:
        hop_mixer_element_push(mixer, message->peer, source, message->ext_seq, message->timestamp,
                               message->payload, message->len, message->level, message->now_us);
        activate(thread, room);
        break;
    case HOP_LANE_COPY:
        hop_mixer_element_push_copy(mixer, message->peer, source, message->ext_seq,
                                    message->timestamp, message->payload, message->len,
                                    message->now_us);
        break;
    case HOP_LANE_SEAT:
        hop_mixer_element_set_hall(mixer, message->peer, message->value);
        hop_mixer_element_set_chair(mixer, message->peer, message->flag);
        break;
    case HOP_LANE_LOSS:
        hop_mixer_element_set_loss(mixer, message->peer, message->value);
        break;
    case HOP_LANE_LEVELLING:
        hop_mixer_element_set_levelling(mixer, message->flag);
        break;
    case HOP_LANE_STREAM_RESET:
        hop_mixer_element_stream_reset(mixer, message->peer, source);
        break;
    case HOP_LANE_PEER_REMOVE:
        hop_mixer_element_peer_remove(mixer, message->peer);
        break;
    case HOP_LANE_ROOM_REMOVE:
        remove_room(thread, room);
        break;
    default:
        break;
    }
}

static void drain(struct hop_mix_thread *thread)
{
    const struct hop_mix_thread_config *config = &thread->config;

    for (uint32_t w = config->first; w < config->n_lanes; w += config->stride) {
        const struct hop_lane_message *message;
        while ((message = hop_lane_peek(config->lanes[w])) != NULL) {
            dispatch(thread, w, message);
            hop_lane_drop(config->lanes[w]);
        }
    }
}

/* ---- ticks ------------------------------------------------------------------------------------
 */

/* Makes the room's frame; returns whether the room goes on. */
static bool tick_room(struct hop_mix_thread *thread, struct room *room)
{
    HopMixerElement *mixer = hop_graph_mixer(room->graph);
    struct hop_lane *lane = thread->config.lanes[room->worker];

    if (!hop_mixer_element_playing(mixer))
        return true; /* the first milliseconds of the room */
    struct hop_audio_tick *tick = hop_lane_tick(lane);
    struct hop_audio_tick *to = tick ? tick : &thread->spare_tick;
    to->room = room->id;
    bool any = hop_mixer_element_tick(mixer, room->due_us, to);
    if (tick && any) {
        hop_lane_publish(lane, tick);
        thread->to_wake[room->worker] = true;
    } else if (tick) {
        hop_lane_keep(lane, tick);
    }
    return hop_mixer_element_active(mixer);
}

static void schedule(struct hop_mix_thread *thread, struct room *room, int64_t now_us)
{
    if (now_us - room->due_us > LATE_US)
        atomic_fetch_add_explicit(&thread->late, 1, memory_order_relaxed);
    if (now_us - room->due_us > STALL_US)
        room->due_us += (now_us - room->due_us) / HOP_MIX_FRAME_US * HOP_MIX_FRAME_US;
}

static void tick_due(struct hop_mix_thread *thread)
{
    int64_t now_us = hop_now_us();
    struct room **at = &thread->active;

    while (*at) {
        struct room *room = *at;
        bool playing = hop_mixer_element_playing(hop_graph_mixer(room->graph));
        if (room->due_us > now_us) {
            at = &room->next_active;
            continue;
        }
        schedule(thread, room, now_us);
        if (tick_room(thread, room)) {
            room->due_us += playing ? HOP_MIX_FRAME_US : GRID_US;
            at = &room->next_active;
        } else {
            room->active = false;
            *at = room->next_active;
        }
    }
}

static void wake_workers(struct hop_mix_thread *thread)
{
    const struct hop_mix_thread_config *config = &thread->config;

    for (uint32_t w = config->first; w < config->n_lanes; w += config->stride) {
        if (thread->to_wake[w])
            config->wake(config->wake_ctx, w);
        thread->to_wake[w] = false;
    }
}

static void sweep(struct hop_mix_thread *thread)
{
    int64_t now_us = hop_now_us();
    bool left = false;

    if (!thread->warm || now_us < thread->sweep_us)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct room *room = thread->buckets[i]; room; room = room->next)
            left =
                hop_mixer_element_sweep(hop_graph_mixer(room->graph), now_us - UNUSED_US) || left;
    thread->warm = left;
    thread->sweep_us = now_us + SWEEP_US;
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

static int64_t next_deadline(const struct hop_mix_thread *thread)
{
    int64_t deadline = thread->warm ? thread->sweep_us : NEVER;
    for (const struct room *room = thread->active; room; room = room->next_active)
        if (room->due_us < deadline)
            deadline = room->due_us;
    return deadline;
}

static void sleep_until(struct hop_mix_thread *thread, int64_t deadline_us)
{
    struct pollfd fd = { .fd = thread->wake.fd, .events = POLLIN };
    int64_t left_us = deadline_us == NEVER ? NEVER : deadline_us - hop_now_us();
    struct timespec timeout = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };

    if (left_us <= 0)
        return;
    ppoll(&fd, 1, left_us == NEVER ? NULL : &timeout, NULL);
}

static void *run(void *data)
{
    struct hop_mix_thread *thread = data;

    pthread_setname_np(pthread_self(), "hop-mix");
    while (!atomic_load(&thread->stop)) {
        drain(thread);
        tick_due(thread);
        wake_workers(thread);
        sweep(thread);
        if (!thread->active) {
            /* Say so first, look once more, then sleep: a worker sees one or we see the other. */
            atomic_store(&thread->asleep, true);
            drain(thread);
        }
        sleep_until(thread, next_deadline(thread));
        atomic_fetch_add_explicit(&thread->wakeups, 1, memory_order_relaxed);
        hop_wake_clear(&thread->wake);
        atomic_store(&thread->asleep, false);
    }
    remove_all_rooms(thread);
    return NULL;
}

/* ---- from other threads -----------------------------------------------------------------------
 */

void hop_mix_thread_wake(struct hop_mix_thread *thread)
{
    hop_wake_signal(&thread->wake);
}

void hop_mix_thread_nudge(struct hop_mix_thread *thread)
{
    if (atomic_load(&thread->asleep))
        hop_wake_signal(&thread->wake);
}

int hop_mix_thread_new(const struct hop_mix_thread_config *config, struct hop_mix_thread **out)
{
    struct hop_mix_thread *thread = calloc(1, sizeof(*thread));
    if (!thread)
        return -ENOMEM;
    thread->config = *config;
    thread->to_wake = calloc(config->n_lanes, sizeof(*thread->to_wake));
    int rc = thread->to_wake ? hop_wake_init(&thread->wake) : -ENOMEM;
    if (rc == 0) {
        rc = -pthread_create(&thread->thread, NULL, run, thread);
        if (rc)
            hop_wake_close(&thread->wake);
    }
    if (rc) {
        free(thread->to_wake);
        free(thread);
        return rc;
    }
    *out = thread;
    return 0;
}

void hop_mix_thread_free(struct hop_mix_thread *thread)
{
    if (!thread)
        return;
    atomic_store(&thread->stop, true);
    hop_wake_signal(&thread->wake);
    pthread_join(thread->thread, NULL);
    hop_wake_close(&thread->wake);
    free(thread->to_wake);
    free(thread);
}

uint64_t hop_mix_thread_cpu_us(const struct hop_mix_thread *thread)
{
    struct timespec t = { 0 };
    clockid_t clock;

    if (pthread_getcpuclockid(thread->thread, &clock) == 0)
        clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t hop_mix_thread_late(const struct hop_mix_thread *thread)
{
    return atomic_load_explicit(&thread->late, memory_order_relaxed);
}

uint64_t hop_mix_thread_wakeups(const struct hop_mix_thread *thread)
{
    return atomic_load_explicit(&thread->wakeups, memory_order_relaxed);
}
