/* One mix thread: takes what its workers say, ticks the rooms in which somebody talks on absolute
 * deadlines, and publishes the ticks. Rooms in which nobody talks cost it nothing, and when there
 * are no others it sleeps.
 */
#pragma once

#include "media/base/types.h"
#include "media/pipeline/graph.h"
#include "media/pipeline/lane.h"

struct hop_mix_thread;

struct hop_mix_thread_config {
    struct hop_supervisor *supervisor;
    struct hop_audio_params params;
    struct hop_lane **lanes; /* of all workers; this thread serves first, first + stride, … */
    uint32_t n_lanes, first, stride;
    void (*wake)(void *ctx, uint32_t worker);
    void *wake_ctx;
};

/* Starts the thread; the lanes are borrowed. -ENOMEM, or what pthread_create() or eventfd() say. */
int hop_mix_thread_new(const struct hop_mix_thread_config *config, struct hop_mix_thread **out);
/* Ends it and closes its rooms' graphs. NULL-safe. */
void hop_mix_thread_free(struct hop_mix_thread *thread);

/* A worker, after it committed a message: to be read at once; or, at the latest, with the next
 * tick, which costs nothing while there are any. */
void hop_mix_thread_wake(struct hop_mix_thread *thread);
void hop_mix_thread_nudge(struct hop_mix_thread *thread);

/* CPU time since start, µs. Any thread. */
uint64_t hop_mix_thread_cpu_us(const struct hop_mix_thread *thread);
/* How often it woke since start. Any thread. */
uint64_t hop_mix_thread_wakeups(const struct hop_mix_thread *thread);
/* Ticks that were made more than 5 ms after their time. Any thread. */
uint64_t hop_mix_thread_late(const struct hop_mix_thread *thread);
