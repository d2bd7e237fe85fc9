/* One Opus encoder of the mix; see encoder.h. Called on the mix thread. */
#include "media/mix/encoder.h"

#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>

struct hop_encoder {
    OpusEncoder *opus;
    bool alone; /* what the encoder is set to now */
};

static int configure(OpusEncoder *opus, const struct hop_audio_params *params)
{
    if (opus_encoder_ctl(opus, OPUS_SET_BITRATE(params->bitrate_bps)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(params->complexity)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_VBR(1)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_VBR_CONSTRAINT(0)) != OPUS_OK)
        return -EINVAL;
    return 0;
}

int hop_encoder_new(const struct hop_audio_params *params, struct hop_encoder **out)
{
    int error = OPUS_OK;
    struct hop_encoder *encoder = calloc(1, sizeof(*encoder));
    if (!encoder)
        return -ENOMEM;
    encoder->opus =
        opus_encoder_create(HOP_MIX_RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    if (!encoder->opus) {
        free(encoder);
        return -ENOMEM;
    }
    int rc = configure(encoder->opus, params);
    if (rc) {
        hop_encoder_free(encoder);
        return rc;
    }
    *out = encoder;
    return 0;
}

void hop_encoder_free(struct hop_encoder *encoder)
{
    if (!encoder)
        return;
    opus_encoder_destroy(encoder->opus);
    free(encoder);
}

void hop_encoder_reset(struct hop_encoder *encoder)
{
    opus_encoder_ctl(encoder->opus, OPUS_RESET_STATE);
}

uint16_t hop_encoder_encode(struct hop_encoder *encoder, const float pcm[HOP_MIX_FRAME], bool alone,
                            uint8_t *out, uint16_t cap)
{
    if (alone != encoder->alone) {
        opus_encoder_ctl(encoder->opus, OPUS_SET_PREDICTION_DISABLED(alone));
        encoder->alone = alone;
    }
    int n = opus_encode_float(encoder->opus, pcm, HOP_MIX_FRAME, out, cap);
    return n > 0 ? (uint16_t)n : 0;
}
