/* The Opus encoders of one room's mix, 48 kHz mono, 20 ms, and a store of those not in use. Owned
 * by the mixer, called on the mix thread.
 *
 * RFC 6716. An encoder is set up for one of two variants: *clean*, by default CELT alone, a third
 * of the cost of the speech modes at the same complexity and 4 ms less delay; and *lossy*, the
 * speech modes, in which each packet carries a coarse copy of the one before (§2.1.7). It never
 * codes less than wideband.
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"
#include "media/mix/frame.h"

struct hop_encoder;

enum { HOP_ENCODERS_SPARE = HOP_MAX_TALKERS + HOP_AUDIO_VARIANTS };

struct hop_encoders {
    struct hop_audio_params params;
    struct hop_encoder *spare[HOP_ENCODERS_SPARE];
    int n_spare;
};

/* An encoder that has coded nothing yet. `loss`: permille of packets that the lossy variant shall
 * reckon with. NULL: no memory, or libopus refused a parameter. */
struct hop_encoder *hop_encoders_take(struct hop_encoders *encoders, enum hop_audio_variant variant,
                                      uint16_t loss);
/* NULL-safe. */
void hop_encoders_give_back(struct hop_encoders *encoders, struct hop_encoder *encoder);
/* Frees those not in use. */
void hop_encoders_clear(struct hop_encoders *encoders);

/* The lossy variant reckons with `loss` permille from the next frame on. */
void hop_encoder_set_loss(struct hop_encoder *encoder, uint16_t loss);

/* Encodes one frame of samples within ±1. `alone`: the frame refers to no earlier one, so that a
 * decoder which heard another encoder so far continues here without an artefact. Returns the bytes
 * written (at most `cap`), 0 if libopus failed. */
uint16_t hop_encoder_encode(struct hop_encoder *encoder, const float pcm[HOP_MIX_FRAME], bool alone,
                            uint8_t *out, uint16_t cap);
