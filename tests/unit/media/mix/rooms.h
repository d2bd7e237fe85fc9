/* Test support: a room around the mixing kernel, from encoded tones in to decoded ticks out, in
 * virtual time. */
#pragma once

#include "media/base/audio_choice.h"
#include "media/mix/frame.h"
#include "media/mix/mixer.h"
#include "tests/unit/media/mix/tones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { PEERS = 20, STEP_US = 20000, EAR = 48000 };

/* A room of up to PEERS who may speak, each with an ear, and one more who only listens. */
struct room {
    struct hop_mixer *mixer;
    struct tone_source source[PEERS];
    enum hop_source kind[PEERS];
    uint32_t peer[PEERS];
    uint16_t hall[PEERS];
    bool present[PEERS], speaks[PEERS];
    struct hop_audio_choice choice[PEERS];
    struct tone_ear ear[PEERS], listener;
    int n;
    int64_t now_us;
    unsigned random;
    int loss_percent;
    int claim; /* level that all claim; -1: the true one */
    struct hop_audio_tick tick;
    bool ticked, sent; /* in the last step */
    int ticks, marks;
};

static const double tones[PEERS] = { 440,  650,  910,  1210, 1530, 1870, 2230, 2610, 3010, 3430,
                                     3870, 4330, 4810, 5310, 5830, 6370, 6930, 7510, 8110, 8730 };

static inline void room_open(struct room *room, int n, double amplitude, int samples)
{
    const struct hop_audio_params params = {
        .bitrate_bps = 64000, .complexity = 5, .jitter_ms = 40, .max_talkers = 16
    };

    memset(room, 0, sizeof(*room));
    room->n = n;
    room->now_us = 1000000;
    room->random = 12345;
    room->claim = -1;
    assert_int_equal(hop_mixer_new(&params, &room->mixer), 0);
    hop_mixer_set_levelling(room->mixer, false); /* tones are no speech */
    tone_ear_open(&room->listener, EAR);
    for (int i = 0; i < n; i++) {
        tone_source_open(&room->source[i], tones[i], amplitude, samples);
        tone_ear_open(&room->ear[i], EAR);
        room->kind[i] = HOP_SOURCE_MICROPHONE;
        room->peer[i] = (uint32_t)i * 7;
        room->present[i] = room->speaks[i] = true;
    }
}

static inline void room_close(struct room *room)
{
    hop_mixer_free(room->mixer);
    tone_ear_close(&room->listener);
    for (int i = 0; i < room->n; i++) {
        tone_source_close(&room->source[i]);
        tone_ear_close(&room->ear[i]);
    }
}

static inline bool lost(struct room *room)
{
    room->random = room->random * 1103515245u + 12345u;
    return (int)(room->random >> 16) % 100 < room->loss_percent;
}

static inline void send_one(struct room *room, int i, int64_t at_us)
{
    struct tone_source *source = &room->source[i];
    double amplitude = source->amplitude;

    if (!room->speaks[i])
        source->amplitude = 0;
    tone_source_make(source);
    source->amplitude = amplitude;
    uint8_t level = room->claim >= 0 ? (uint8_t)room->claim : source->level;
    if (!lost(room))
        hop_mixer_push(room->mixer, room->peer[i], room->kind[i], source->seq, source->timestamp,
                       source->payload, (size_t)source->len, level, at_us);
    tone_source_step(source);
}

static inline void hear(struct room *room)
{
    const struct hop_audio_tick *tick = &room->tick;

    const struct hop_audio_payload *shared = &tick->shared[HOP_AUDIO_CLEAN];
    tone_ear_hear(&room->listener, shared->data, room->sent ? shared->len : 0);
    for (int i = 0; i < room->n; i++) {
        const struct hop_audio_payload *payload =
            hop_audio_choice_take(&room->choice[i], tick, room->peer[i], room->hall[i]);
        tone_ear_hear(&room->ear[i], payload->data, room->sent ? payload->len : 0);
    }
}

/* 20 ms: packets whose time has come, then a tick if the mixer wants one. */
static inline void step(struct room *room)
{
    for (int i = 0; i < room->n; i++) {
        int64_t packet_us = (int64_t)room->source[i].samples * 1000 / 48;
        if (!room->present[i])
            continue;
        for (int64_t at = 0; at < STEP_US; at += packet_us)
            if ((room->now_us + at) % packet_us == 0 || packet_us <= STEP_US)
                send_one(room, i, room->now_us + at);
    }
    room->now_us += STEP_US;
    room->ticked = hop_mixer_active(room->mixer);
    room->sent = room->ticked && hop_mixer_tick(room->mixer, room->now_us, &room->tick);
    room->ticks += room->ticked;
    room->marks += room->sent && room->tick.marker;
    hear(room);
}

static inline void steps(struct room *room, int n)
{
    for (int i = 0; i < n; i++)
        step(room);
}

static inline double heard_db(const struct tone_ear *ear, int who)
{
    return tone_db(tone_ear_amplitude(ear, 24000, tones[who]));
}
