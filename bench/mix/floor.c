/* Plain libopus, for comparison; see floor.h. */
#include "bench/mix/floor.h"

#include "bench/mix/voices.h"

#include <opus/opus.h>
#include <stdlib.h>

struct bench_floor {
    int talkers;
    OpusDecoder *decoder[BENCH_VOICES];
    OpusEncoder *encoder[BENCH_VOICES + 1]; /* the last one for all who listen */
    uint8_t payloads[BENCH_VOICES + 1][512];
    int lens[BENCH_VOICES + 1];
    float mixes[BENCH_VOICES + 1][BENCH_LOOP][BENCH_FRAME];
};

static void make_mixes(struct bench_floor *bench_floor)
{
    for (int mix = 0; mix <= bench_floor->talkers; mix++)
        for (int i = 0; i < BENCH_LOOP; i++)
            for (int voice = 0; voice < bench_floor->talkers; voice++)
                for (int k = 0; voice != mix && k < BENCH_FRAME; k++)
                    bench_floor->mixes[mix][i][k] += bench_sound(voice, (uint64_t)i)[k];
}

struct bench_floor *bench_floor_new(int talkers, int bitrate_bps, int complexity)
{
    int error = OPUS_OK;
    struct bench_floor *bench_floor = calloc(1, sizeof(*bench_floor));
    if (!bench_floor)
        abort();
    bench_floor->talkers = talkers;
    make_mixes(bench_floor);
    for (int i = 0; i < talkers; i++)
        if (!(bench_floor->decoder[i] = opus_decoder_create(48000, 1, &error)))
            abort();
    for (int i = 0; i <= talkers; i++) {
        OpusEncoder *encoder =
            opus_encoder_create(48000, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
        if (!encoder)
            abort();
        opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate_bps));
        opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity));
        opus_encoder_ctl(encoder, OPUS_SET_VBR_CONSTRAINT(0));
        bench_floor->encoder[i] = encoder;
    }
    return bench_floor;
}

void bench_floor_free(struct bench_floor *bench_floor)
{
    for (int i = 0; i < bench_floor->talkers; i++)
        opus_decoder_destroy(bench_floor->decoder[i]);
    for (int i = 0; i <= bench_floor->talkers; i++)
        opus_encoder_destroy(bench_floor->encoder[i]);
    free(bench_floor);
}

static void encode(struct bench_floor *bench_floor, int i, uint64_t seq)
{
    bench_floor->lens[i] =
        opus_encode_float(bench_floor->encoder[i], bench_floor->mixes[i][seq % BENCH_LOOP],
                          BENCH_FRAME, bench_floor->payloads[i], sizeof(bench_floor->payloads[i]));
    if (bench_floor->lens[i] < 0)
        abort();
}

void bench_floor_tick(struct bench_floor *bench_floor, uint64_t seq)
{
    float pcm[BENCH_FRAME];

    for (int i = 0; i < bench_floor->talkers; i++) {
        const struct bench_packet *packet = bench_voice(i, seq);
        if (opus_decode_float(bench_floor->decoder[i], packet->data, packet->len, pcm, BENCH_FRAME,
                              0) < 0)
            abort();
    }
    for (int i = bench_floor->talkers == 1 ? 1 : 0; i <= bench_floor->talkers; i++)
        encode(bench_floor, i, seq);
}

const uint8_t *bench_floor_payload(const struct bench_floor *bench_floor, int index, int *len)
{
    *len = bench_floor->lens[index];
    return bench_floor->payloads[index];
}
