/* hopd's mix threads (media/pipeline) in real time: this thread plays the worker, another one runs
 * the floor at the same pace and under the same load. */
#include "bench/mix/cases.h"
#include "bench/mix/floor.h"
#include "bench/mix/voices.h"

#include "media/base/clock.h"
#include "media/pipeline/audio.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct load {
    struct hop_audio *audio;
    int rooms, talkers, silent; /* talkers and silent who send: per room */
    uint64_t seq, ticks;
};

struct pace {
    int talkers, ticks; /* rounds of one room */
    int64_t begin_us, cpu_us;
    int late; /* wake-ups more than 5 ms after their time: the machine's doing */
};

static void on_wake(void *ctx, uint32_t worker)
{
    (void)ctx;
    (void)worker;
}

static void sleep_until(int64_t at_us)
{
    struct timespec at = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        ;
}

static void *run_floor(void *ctx)
{
    struct pace *pace = ctx;
    struct bench_floor *bench_floor =
        bench_floor_new(pace->talkers, bench_params.bitrate_bps, bench_params.complexity);
    int64_t before_us = bench_cpu_us();
    for (int i = 0; i < pace->ticks; i++) {
        int64_t due_us = pace->begin_us + (int64_t)i * BENCH_TICK_US + BENCH_TICK_US / 2;
        sleep_until(due_us);
        pace->late += hop_now_us() - due_us > 5000;
        bench_floor_tick(bench_floor, (uint64_t)i);
    }
    pace->cpu_us = bench_cpu_us() - before_us;
    bench_floor_free(bench_floor);
    return NULL;
}

static void speak(struct load *load, int room, int peer, int voice)
{
    const struct bench_packet *packet = bench_voice(voice, load->seq);
    hop_audio_voice(load->audio, 0, (hop_room_id)(room + 1), (uint32_t)peer, HOP_SOURCE_MICROPHONE,
                    load->seq, (uint32_t)(load->seq * 960), packet->data, packet->len,
                    packet->level, hop_now_us());
}

static void take_ticks(struct load *load)
{
    const struct hop_audio_tick *tick;
    while ((tick = hop_audio_take(load->audio, 0)) != NULL) {
        load->ticks++;
        hop_audio_release(load->audio, 0, tick);
    }
}

/* 20 ms of packets, spread over the time as a worker's wake-ups are. */
static void send_all(struct load *load, int64_t at_us)
{
    const int parts = load->rooms > 1 ? 20 : 4;
    for (int part = 0; part < parts; part++) {
        sleep_until(at_us + (int64_t)part * BENCH_TICK_US / parts);
        take_ticks(load);
        for (int room = 0; room < load->rooms; room++)
            for (int i = 0; i < load->talkers + load->silent; i++)
                if ((room + i) % parts == part)
                    speak(load, room, i, i < load->talkers ? i % BENCH_VOICES : BENCH_SILENCE);
    }
    load->seq++;
}

static void open_audio(struct load *load)
{
    const struct hop_audio_config config = {
        .threads = 1, .params = bench_params, .wake = on_wake, .workers = 1
    };
    if (hop_audio_new(&config, &load->audio) < 0)
        abort();
    for (int room = 0; room < load->rooms; room++) {
        while (hop_audio_room_add(load->audio, 0, (hop_room_id)(room + 1)) < 0)
            sleep_until(hop_now_us() + 1000);
    }
}

/* A second to settle, then `seconds` that count. */
static void real_time(const char *name, struct load load, int seconds)
{
    int warm = 50, ticks = seconds * 50;
    pthread_t thread;
    struct pace pace = { .talkers = load.talkers < 16 ? load.talkers : 16, .ticks = ticks };

    open_audio(&load);
    int64_t begin_us = hop_now_us() + (load.rooms > 1 ? 1000000 : 10000);
    pace.begin_us = begin_us + (int64_t)warm * BENCH_TICK_US;
    if (load.talkers > 0 && pthread_create(&thread, NULL, run_floor, &pace) != 0)
        abort();
    for (int i = 0; i < warm; i++)
        send_all(&load, begin_us + (int64_t)i * BENCH_TICK_US);
    uint64_t before_us = hop_audio_cpu_us(load.audio), late = hop_audio_late_ticks(load.audio);
    load.ticks = 0;
    for (int i = warm; i < warm + ticks; i++)
        send_all(&load, begin_us + (int64_t)i * BENCH_TICK_US);
    double mix_us = (double)(hop_audio_cpu_us(load.audio) - before_us);
    double core = mix_us / (double)(hop_now_us() - pace.begin_us) * 100;
    late = hop_audio_late_ticks(load.audio) - late;

    if (load.talkers > 0) {
        pthread_join(thread, NULL);
        double floor_us = (double)pace.cpu_us / ticks * (double)load.ticks;
        bench_report(name, "mix threads, CPU", core, "% of a core", -1);
        bench_report(name, "mix threads / libopus alone", mix_us / floor_us, "×", 1.3);
        bench_report(name, "late ticks", (double)late, "", 0);
        bench_report(name, "late wake-ups of the floor's thread", (double)pace.late, "", -1);
    } else {
        bench_report(name, "mix threads, CPU", core, "% of a core", load.silent > 0 ? -1 : 1);
    }
    if (hop_audio_refused(load.audio) > 0)
        bench_report(name, "refused", (double)hop_audio_refused(load.audio), "messages", 0);
    hop_audio_free(load.audio);
}

void bench_thread_cases(int seconds)
{
    real_time("100 in a room, 3 talk, 97 send silence",
              (struct load){ .rooms = 1, .talkers = 3, .silent = 97 }, seconds);
    real_time("1000 listen, 3 talk", (struct load){ .rooms = 1, .talkers = 3 }, seconds);
    real_time("40 all talk (16 mixed)", (struct load){ .rooms = 1, .talkers = 40 }, seconds);
    real_time("400 rooms of 3, all muted", (struct load){ .rooms = 400 }, seconds);
    real_time("400 rooms of 3, all send silence", (struct load){ .rooms = 400, .silent = 3 },
              seconds);
}
