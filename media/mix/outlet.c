/* A limiter, and encoders that stop when there is nothing to hear; see outlet.h. Mix thread. */
#include "media/mix/outlet.h"

#include "media/mix/level.h"

#include <errno.h>

enum { PATIENCE = 50 }; /* frames to wait for a pause */

static const float pause_power = 3e-5f; /* -45 dBov */
static const float inaudible = 1.2e-4f; /* -78 dBFS, some four steps of 16-bit sound */

void hop_outlet_init(struct hop_outlet *outlet)
{
    *outlet = (struct hop_outlet){ .quiet = HOP_OUTLET_TRAIL + 1 };
    hop_limiter_init(&outlet->limiter);
}

void hop_outlet_close(struct hop_outlet *outlet, struct hop_encoders *encoders)
{
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++)
        hop_outlet_end(outlet, encoders, (enum hop_audio_variant)v);
}

void hop_outlet_follow(struct hop_outlet *outlet, const struct hop_outlet *from)
{
    outlet->limiter = from->limiter;
    outlet->quiet = from->quiet;
}

int hop_outlet_begin(struct hop_outlet *outlet, struct hop_encoders *encoders,
                     enum hop_audio_variant variant, uint16_t loss, const float *const frames[],
                     int n)
{
    uint8_t nowhere[HOP_MAX_OPUS];
    struct hop_encoder *encoder = hop_encoders_take(encoders, variant, loss);

    if (!encoder)
        return -ENOMEM;
    hop_outlet_end(outlet, encoders, variant);
    outlet->lanes[variant].encoder = encoder;
    outlet->lanes[variant].alone = n == 0 || !hop_outlet_sounding(outlet);
    outlet->lanes[variant].age = 0;
    outlet->lanes[variant].toc = 0;
    for (int i = 0; i < n && hop_outlet_sounding(outlet); i++, outlet->lanes[variant].age++)
        hop_encoder_encode(encoder, frames[i], false, nowhere, sizeof(nowhere));
    return 0;
}

void hop_outlet_end(struct hop_outlet *outlet, struct hop_encoders *encoders,
                    enum hop_audio_variant variant)
{
    hop_encoders_give_back(encoders, outlet->lanes[variant].encoder);
    outlet->lanes[variant].encoder = NULL;
}

bool hop_outlet_makes(const struct hop_outlet *outlet, enum hop_audio_variant variant)
{
    return outlet->lanes[variant].encoder != NULL;
}

void hop_outlet_set_loss(struct hop_outlet *outlet, uint16_t loss)
{
    if (outlet->lanes[HOP_AUDIO_LOSSY].encoder)
        hop_encoder_set_loss(outlet->lanes[HOP_AUDIO_LOSSY].encoder, loss);
}

bool hop_outlet_limit(struct hop_outlet *outlet, const float in[HOP_MIX_FRAME],
                      float limited[HOP_MIX_FRAME])
{
    hop_limiter_run(&outlet->limiter, in, limited);
    if (hop_level_peak(limited, HOP_MIX_FRAME) >= inaudible)
        outlet->quiet = 0;
    else if (outlet->quiet <= HOP_OUTLET_TRAIL)
        outlet->quiet++;
    if (hop_outlet_sounding(outlet))
        return true;
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++)
        outlet->lanes[v].alone = true; /* whoever hears the next sound has lost the thread */
    return false;
}

/* A pause ends with frames of no bytes (RFC 6716 §3.4, code 0): a receiver's jitter buffer takes
 * them for discontinuous transmission and plays silence until more comes. One that was only left
 * without packets invents sound from what it played last. */
bool hop_outlet_encode(struct hop_outlet *outlet, enum hop_audio_variant variant,
                       const float limited[HOP_MIX_FRAME], struct hop_audio_payload *out)
{
    struct hop_encoder *encoder = outlet->lanes[variant].encoder;

    out->len = 0;
    out->alone = outlet->lanes[variant].alone;
    if (!encoder || !hop_outlet_sounding(outlet))
        return false;
    if (outlet->quiet > HOP_OUTLET_FADE && outlet->lanes[variant].toc != 0) {
        out->data[0] = outlet->lanes[variant].toc;
        out->len = 1;
        outlet->lanes[variant].alone = true; /* the encoder has not seen this frame */
        return true;
    }
    out->len = hop_encoder_encode(encoder, limited, out->alone, out->data, sizeof(out->data));
    outlet->lanes[variant].alone = out->len == 0 && out->alone;
    if (out->len > 0)
        outlet->lanes[variant].toc = out->data[0] & 0xfc;
    if (outlet->lanes[variant].age < UINT16_MAX)
        outlet->lanes[variant].age++;
    return out->len > 0;
}

void hop_outlet_welcome(struct hop_outlet *outlet, enum hop_audio_variant variant)
{
    outlet->lanes[variant].alone = true;
}

bool hop_outlet_may_move(const float last[HOP_MIX_FRAME], int waited)
{
    return waited >= PATIENCE || hop_level_power(last, HOP_MIX_FRAME) < pause_power;
}

bool hop_outlet_sounding(const struct hop_outlet *outlet)
{
    return outlet->quiet <= HOP_OUTLET_TRAIL;
}
