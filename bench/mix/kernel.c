/* The mixing kernel (media/mix) in virtual time, as fast as it goes: CPU beside the floor, memory,
 * delay. */
#include "bench/mix/cases.h"
#include "bench/mix/floor.h"
#include "bench/mix/voices.h"

#include "media/mix/frame.h"
#include "media/mix/level.h"
#include "media/mix/mixer.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKS = 400, WARM = 100, ROUNDS = 3, TRIALS = 200 };

struct room {
    struct hop_mixer *mixer;
    int talkers, silent; /* the silent ones send silence */
    uint64_t seq;
    int64_t now_us;
    struct hop_audio_tick tick;
};

static void open_room(struct room *room, int talkers, int silent)
{
    *room = (struct room){ .talkers = talkers, .silent = silent, .now_us = 1000000 };
    if (hop_mixer_new(&bench_params, &room->mixer) < 0)
        abort();
}

static void speak(struct room *room, uint32_t peer, int voice, int64_t at_us)
{
    const struct bench_packet *packet = bench_voice(voice, room->seq);
    hop_mixer_push(room->mixer, peer, HOP_SOURCE_MICROPHONE, room->seq, (uint32_t)(room->seq * 960),
                   packet->data, packet->len, packet->level, at_us);
}

static void step(struct room *room)
{
    for (int i = 0; i < room->talkers; i++)
        speak(room, (uint32_t)i, i % BENCH_VOICES, room->now_us);
    for (int i = 0; i < room->silent; i++)
        speak(room, (uint32_t)(room->talkers + i), BENCH_SILENCE, room->now_us);
    room->seq++;
    room->now_us += BENCH_TICK_US;
    if (hop_mixer_active(room->mixer))
        hop_mixer_tick(room->mixer, room->now_us, &room->tick);
}

static double mix_us(int talkers, int silent)
{
    struct room room;
    open_room(&room, talkers, silent);
    for (int i = 0; i < WARM; i++)
        step(&room);
    int64_t begin_us = bench_cpu_us();
    for (int i = 0; i < TICKS; i++)
        step(&room);
    int64_t end_us = bench_cpu_us();
    hop_mixer_free(room.mixer);
    return (double)(end_us - begin_us) / TICKS;
}

static double floor_us(int talkers)
{
    struct bench_floor *bench_floor =
        bench_floor_new(talkers, bench_params.bitrate_bps, bench_params.complexity);
    for (uint64_t i = 0; i < WARM; i++)
        bench_floor_tick(bench_floor, i);
    int64_t begin_us = bench_cpu_us();
    for (uint64_t i = WARM; i < WARM + TICKS; i++)
        bench_floor_tick(bench_floor, i);
    int64_t end_us = bench_cpu_us();
    bench_floor_free(bench_floor);
    return (double)(end_us - begin_us) / TICKS;
}

/* Turn about, the smallest of each: what other programs do meanwhile only adds. */
static void compare(const char *name, int talkers, int silent)
{
    int decoded = talkers < bench_params.max_talkers ? talkers : bench_params.max_talkers;
    double mix = 1e9, least = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double floor_now = floor_us(decoded), mix_now = mix_us(talkers, silent);
        least = floor_now < least ? floor_now : least;
        mix = mix_now < mix ? mix_now : mix;
    }
    bench_report(name, "libopus alone", least, "µs/tick", -1);
    bench_report(name, "mix kernel", mix, "µs/tick", -1);
    bench_report(name, "mix kernel / libopus alone", mix / least, "×", 1.3);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static double used_kb(int talkers, int silent)
{
    struct room room;
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    open_room(&room, talkers, silent);
    for (int i = 0; i < WARM; i++)
        step(&room);
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    hop_mixer_free(room.mixer);
    return (double)(after - before) / 1024;
}

static void memory(void)
{
    double base = used_kb(4, 0);
    bench_report("memory", "per talker", (used_kb(12, 0) - base) / 8, "kB", 100);
    bench_report("memory", "per silent member who sends", (used_kb(4, 256) - base) / 256, "kB", 4);
}

/* ---- delay ------------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Somebody is silent for a while, then speaks: from the arrival of his first loud packet to the
 * tick whose mix has his voice. The arrival has every phase against the ticks. */
static double first_word_ms(int trial)
{
    struct room room;
    int64_t phase_us = (int64_t)trial * BENCH_TICK_US / TRIALS, came_us = 0;
    int quiet_for = 150 + trial % 7;

    open_room(&room, 0, 0);
    for (int i = 0; came_us == 0 || room.now_us < came_us + 200000; i++) {
        bool speaks = i >= quiet_for;
        int64_t at_us = room.now_us + BENCH_TICK_US - phase_us - 1;
        speak(&room, 1, speaks ? 1 : BENCH_SILENCE, at_us);
        if (speaks && came_us == 0)
            came_us = at_us;
        room.seq++;
        room.now_us += BENCH_TICK_US;
        if (!hop_mixer_active(room.mixer))
            continue;
        hop_mixer_tick(room.mixer, room.now_us, &room.tick);
        if (hop_level_power(hop_mixer_pcm(room.mixer), HOP_MIX_FRAME) > 1e-6f)
            break;
    }
    hop_mixer_free(room.mixer);
    return (double)(room.now_us - came_us) / 1000;
}

static void delay(void)
{
    static double values[TRIALS];
    for (int i = 0; i < TRIALS; i++)
        values[i] = first_word_ms(i);
    qsort(values, TRIALS, sizeof(values[0]), by_value);
    bench_report("first word on a clean line", "packet in to mix out, p50", values[TRIALS / 2],
                 "ms", 30);
    bench_report("first word on a clean line", "packet in to mix out, p95",
                 values[TRIALS * 95 / 100], "ms", 60);
}

void bench_kernel_cases(void)
{
    compare("100 in a room, 3 talk, 97 send silence", 3, 97);
    compare("1000 listen, 3 talk", 3, 0);
    compare("40 all talk (16 mixed)", 40, 0);
    memory();
    delay();
}
