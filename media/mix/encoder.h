/* One Opus encoder of the mix: 48 kHz mono, 20 ms. Owned by an outlet, called on the mix thread.
 *
 * RFC 6716. The low-delay application is CELT alone: a third of the cost of the speech modes at the
 * same complexity, and 4 ms less delay.
 */
#pragma once

#include "media/base/types.h"
#include "media/mix/frame.h"

struct hop_encoder;

/* Takes bit rate and complexity from the parameters. -ENOMEM, -EINVAL (a parameter that libopus
 * refuses). */
int hop_encoder_new(const struct hop_audio_params *params, struct hop_encoder **out);
void hop_encoder_free(struct hop_encoder *encoder);

/* Forgets all that was encoded so far. */
void hop_encoder_reset(struct hop_encoder *encoder);

/* Encodes one frame of samples within ±1. `alone`: the frame refers to no earlier one, so that a
 * decoder which heard another encoder so far continues here without an artefact. Returns the bytes
 * written (at most `cap`), 0 if libopus failed. */
uint16_t hop_encoder_encode(struct hop_encoder *encoder, const float pcm[HOP_MIX_FRAME], bool alone,
                            uint8_t *out, uint16_t cap);
