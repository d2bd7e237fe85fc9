/* Listens to the mix: decodes Opus, keeps the last second, measures tones (Goertzel). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HOP_CLIENT_METER_SAMPLES = 48000 };

struct hop_client_meter;

int hop_client_meter_new(struct hop_client_meter **out); /* -ENOMEM */
void hop_client_meter_free(struct hop_client_meter *m);

/* A packet in order; `lost` packets are missing in front of it (concealed, at most 10). */
void hop_client_meter_packet(struct hop_client_meter *m, const uint8_t *payload, size_t len,
                             unsigned lost);
/* Silence that was not sent. */
void hop_client_meter_silence(struct hop_client_meter *m, size_t samples);

/* Power of a sine of that frequency in the last `samples` (at most a second), in dB of a full-scale
 * sine; -200: nothing. */
double hop_client_meter_tone_db(const struct hop_client_meter *m, double hz, size_t samples);
/* Mean power of all, dB of a full-scale sine. */
double hop_client_meter_power_db(const struct hop_client_meter *m, size_t samples);
/* The newest samples, oldest first; returns how many. */
size_t hop_client_meter_copy(const struct hop_client_meter *m, float *out, size_t samples);
/* Frames decoded, concealed, refused by the decoder. */
void hop_client_meter_counts(const struct hop_client_meter *m, uint32_t *decoded,
                             uint32_t *concealed, uint32_t *broken);
