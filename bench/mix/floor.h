/* The floor of a mix: plain libopus, doing the decodes and encodes that so many talkers make
 * necessary and nothing else. The encoders get the true sums, made beforehand. */
#pragma once

#include <stdint.h>

struct bench_floor;

/* `talkers` <= BENCH_VOICES. Aborts if libopus refuses. */
struct bench_floor *bench_floor_new(int talkers, int bitrate_bps, int complexity);
void bench_floor_free(struct bench_floor *bench_floor);
/* One tick: a decode for each talker, an encode for each and one for all who listen; who talks
 * alone hears nothing and needs none. */
void bench_floor_tick(struct bench_floor *bench_floor, uint64_t seq);
/* What the tick encoded for that talker, or (index `talkers`) for all who listen; `*len` bytes. */
const uint8_t *bench_floor_payload(const struct bench_floor *bench_floor, int index, int *len);
