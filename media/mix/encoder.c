/* The Opus encoders of one room's mix; see encoder.h. Mix thread. */
#include "media/mix/encoder.h"

#include <opus/opus.h>
#include <stdlib.h>

/* Rates that are worth spending on a wider band, clean and lossy. Below, libopus narrows the sound
 * of the lossy variant to make room for the copies, from frame to frame (measured). */
static const int superwideband_bps[] = { 12000, 28000 };
static const int fullband_bps[] = { 16000, 34000 };

enum { LOSSY_LEAST_BPS = 24000 };

struct hop_encoder {
    OpusEncoder *opus;
    bool alone;    /* what the encoder is set to now */
    uint16_t loss; /* likewise */
};

/* ---- setting up -------------------------------------------------------------------------------
 */

static int application(const struct hop_audio_params *params, enum hop_audio_variant variant)
{
    if (variant == HOP_AUDIO_LOSSY || params->application == HOP_AUDIO_APP_VOIP)
        return OPUS_APPLICATION_VOIP;
    return params->application == HOP_AUDIO_APP_AUDIO ? OPUS_APPLICATION_AUDIO
                                                      : OPUS_APPLICATION_RESTRICTED_LOWDELAY;
}

/* Left alone, libopus goes down to narrowband at low rates. */
static int bandwidth(const struct hop_audio_params *params, enum hop_audio_variant variant,
                     int rate)
{
    if (rate < superwideband_bps[variant] || params->bandwidth == HOP_AUDIO_WIDEBAND)
        return OPUS_BANDWIDTH_WIDEBAND;
    if (rate < fullband_bps[variant] || params->bandwidth == HOP_AUDIO_SUPERWIDEBAND)
        return OPUS_BANDWIDTH_SUPERWIDEBAND;
    return OPUS_BANDWIDTH_FULLBAND;
}

static bool set_up(OpusEncoder *opus, const struct hop_audio_params *params,
                   enum hop_audio_variant variant)
{
    bool lossy = variant == HOP_AUDIO_LOSSY;
    int rate = params->bitrate_bps;

    if (lossy && rate < LOSSY_LEAST_BPS)
        rate = LOSSY_LEAST_BPS;
    return opus_encoder_ctl(opus, OPUS_RESET_STATE) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_APPLICATION(application(params, variant))) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_BITRATE(rate)) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_BANDWIDTH(bandwidth(params, variant, rate))) ==
               OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(params->complexity)) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_SIGNAL(lossy ? OPUS_SIGNAL_VOICE : OPUS_AUTO)) ==
               OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(lossy)) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_PREDICTION_DISABLED(0)) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_VBR(1)) == OPUS_OK &&
           opus_encoder_ctl(opus, OPUS_SET_VBR_CONSTRAINT(0)) == OPUS_OK;
}

static void free_encoder(struct hop_encoder *encoder)
{
    if (!encoder)
        return;
    opus_encoder_destroy(encoder->opus);
    free(encoder);
}

static struct hop_encoder *make_encoder(void)
{
    int error = OPUS_OK;
    struct hop_encoder *encoder = calloc(1, sizeof(*encoder));
    if (!encoder)
        return NULL;
    encoder->opus = opus_encoder_create(HOP_MIX_RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (!encoder->opus) {
        free(encoder);
        return NULL;
    }
    return encoder;
}

/* ---- the store --------------------------------------------------------------------------------
 */

struct hop_encoder *hop_encoders_take(struct hop_encoders *encoders, enum hop_audio_variant variant,
                                      uint16_t loss)
{
    struct hop_encoder *encoder =
        encoders->n_spare > 0 ? encoders->spare[--encoders->n_spare] : make_encoder();
    if (!encoder)
        return NULL;
    if (!set_up(encoder->opus, &encoders->params, variant)) {
        free_encoder(encoder);
        return NULL;
    }
    encoder->alone = false;
    encoder->loss = UINT16_MAX;
    hop_encoder_set_loss(encoder, variant == HOP_AUDIO_LOSSY ? loss : 0);
    return encoder;
}

void hop_encoders_give_back(struct hop_encoders *encoders, struct hop_encoder *encoder)
{
    if (encoder && encoders->n_spare < HOP_ENCODERS_SPARE)
        encoders->spare[encoders->n_spare++] = encoder;
    else
        free_encoder(encoder);
}

void hop_encoders_clear(struct hop_encoders *encoders)
{
    while (encoders->n_spare > 0)
        free_encoder(encoders->spare[--encoders->n_spare]);
}

/* ---- one frame --------------------------------------------------------------------------------
 */

void hop_encoder_set_loss(struct hop_encoder *encoder, uint16_t loss)
{
    if (loss == encoder->loss)
        return;
    opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(loss >= 1000 ? 100 : loss / 10));
    encoder->loss = loss;
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
