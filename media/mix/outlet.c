/* A limiter and an encoder that stops when there is nothing to hear; see outlet.h. Mix thread. */
#include "media/mix/outlet.h"

#include "media/mix/encoder.h"
#include "media/mix/level.h"

#include <string.h>

static const float inaudible = 1.2e-4f; /* -78 dBFS, some four steps of 16-bit sound */

int hop_outlet_open(struct hop_outlet *outlet, const struct hop_audio_params *params)
{
    struct hop_encoder *encoder = NULL;
    int rc = hop_encoder_new(params, &encoder);
    if (rc)
        return rc;
    *outlet =
        (struct hop_outlet){ .encoder = encoder, .quiet = HOP_OUTLET_TRAIL + 1, .alone = true };
    hop_limiter_init(&outlet->limiter);
    return 0;
}

void hop_outlet_close(struct hop_outlet *outlet)
{
    hop_encoder_free(outlet->encoder);
    memset(outlet, 0, sizeof(*outlet));
}

void hop_outlet_restart(struct hop_outlet *outlet)
{
    hop_encoder_reset(outlet->encoder);
    hop_limiter_init(&outlet->limiter);
    outlet->quiet = HOP_OUTLET_TRAIL + 1;
    outlet->alone = true;
}

void hop_outlet_follow(struct hop_outlet *outlet, const struct hop_outlet *from,
                       const float *const frames[], int n)
{
    uint8_t nowhere[HOP_MAX_OPUS];

    outlet->limiter = from->limiter;
    outlet->quiet = from->quiet;
    outlet->alone = !hop_outlet_sounding(from);
    if (outlet->alone)
        return; /* there is no past to share */
    for (int i = 0; i < n; i++)
        hop_encoder_encode(outlet->encoder, frames[i], false, nowhere, sizeof(nowhere));
}

bool hop_outlet_frame(struct hop_outlet *outlet, const float in[HOP_MIX_FRAME],
                      float limited[HOP_MIX_FRAME], struct hop_audio_payload *out)
{
    out->len = 0;
    hop_limiter_run(&outlet->limiter, in, limited);
    if (hop_level_peak(limited, HOP_MIX_FRAME) >= inaudible)
        outlet->quiet = 0;
    else if (outlet->quiet <= HOP_OUTLET_TRAIL)
        outlet->quiet++;
    if (!hop_outlet_sounding(outlet)) {
        outlet->alone = true; /* whoever hears the next sound has lost the thread */
        return false;
    }
    out->len =
        hop_encoder_encode(outlet->encoder, limited, outlet->alone, out->data, sizeof(out->data));
    outlet->alone = false;
    return out->len > 0;
}

bool hop_outlet_sounding(const struct hop_outlet *outlet)
{
    return outlet->quiet <= HOP_OUTLET_TRAIL;
}
