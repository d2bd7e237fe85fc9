/* The rooms' audio: mix threads, one GStreamer graph around `hopmixer` per room.
 *
 * The worker of a room pushes voice packets in and gets one `struct hop_audio_tick` per 20 ms back
 * while somebody talks; a silent room costs nothing. Between the two lie bounded rings, nobody
 * waits. GStreamer state changes and buses belong to one supervisor thread in here.
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"

struct hop_audio;

struct hop_audio_config {
    int threads; /* mix threads; 0: one per core, but no more than workers */
    struct hop_audio_params params;
    /* Called on a mix thread: ticks are waiting for that worker (hop_audio_take()); must only
     * wake it. */
    void (*wake)(void *ctx, uint32_t worker);
    void *wake_ctx;
    uint32_t workers;
};

/* Control thread. -ENOMEM, -ENODEV (a needed GStreamer element is missing; logged by name). */
int hop_audio_new(const struct hop_audio_config *config, struct hop_audio **out);
void hop_audio_free(struct hop_audio *audio);

/* The room's worker thread, all of these; they only queue messages. A full ring returns -EAGAIN and
 * is counted; an eighth of it is kept for what is no voice. `peer` is the worker's index of a
 * participant. */
int hop_audio_room_add(struct hop_audio *audio, uint32_t worker, hop_room_id room);
int hop_audio_room_remove(struct hop_audio *audio, uint32_t worker, hop_room_id room);
/* Begins (or begins anew) the stream of one source of one participant; `remove` ends it. Voice of a
 * stream that was not added is added implicitly. A participant's microphone and screen audio are
 * two streams with the same `peer`: neither is in what that peer hears. */
int hop_audio_stream_reset(struct hop_audio *audio, uint32_t worker, hop_room_id room,
                           uint32_t peer, enum hop_source source);
int hop_audio_peer_remove(struct hop_audio *audio, uint32_t worker, hop_room_id room,
                          uint32_t peer);
/* What the mix is to know of a participant beside his voice (media/mix/mixer.h): his hall, 0 for
 * none; whether he leads; what his line loses, permille, as hop_audio_choice_report() says. */
int hop_audio_seat(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                   uint16_t hall, bool leads);
int hop_audio_listener_loss(struct hop_audio *audio, uint32_t worker, hop_room_id room,
                            uint32_t peer, uint16_t permille);
/* Whether quiet and loud voices are made alike; they are in a new room. */
int hop_audio_levelling(struct hop_audio *audio, uint32_t worker, hop_room_id room, bool on);
/* The hot path: copies the Opus payload (at most 1275 bytes) into the ring. */
int hop_audio_voice(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                    enum hop_source source, uint64_t ext_seq, uint32_t timestamp,
                    const uint8_t *payload, size_t len, uint8_t level, int64_t now_us);
/* The copy of an earlier packet that came with a later one (RED): heard only where that one is
 * missing. */
int hop_audio_copy(struct hop_audio *audio, uint32_t worker, hop_room_id room, uint32_t peer,
                   enum hop_source source, uint64_t ext_seq, uint32_t timestamp,
                   const uint8_t *payload, size_t len, int64_t now_us);

/* The worker's thread: the oldest tick for it, or NULL; give it back with hop_audio_release(). */
const struct hop_audio_tick *hop_audio_take(struct hop_audio *audio, uint32_t worker);
void hop_audio_release(struct hop_audio *audio, uint32_t worker, const struct hop_audio_tick *tick);

/* CPU time of all mix threads since start, µs. Any thread. */
uint64_t hop_audio_cpu_us(const struct hop_audio *audio);
/* How often mix threads woke since start: rooms in which nobody talks wake none. Any thread. */
uint64_t hop_audio_wakeups(const struct hop_audio *audio);
/* Ticks that were made more than 5 ms after their time, and messages and ticks that found a ring
 * full; since start. Any thread. */
uint64_t hop_audio_late_ticks(const struct hop_audio *audio);
uint64_t hop_audio_refused(const struct hop_audio *audio);
