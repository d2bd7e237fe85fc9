/* What one listener, or all of them, is sent: a limiter and an encoder that stops when there is
 * nothing to hear. The mixer has one shared outlet and one for each who talks. Mix thread.
 *
 * Moving a listener from one outlet to another is not heard, because the new encoder has had the
 * same input for at least HOP_OUTLET_PRIME frames: what it assumes of the past is what the
 * listener's decoder knows. After a silence, in which nothing is sent, the first frame is coded
 * without reference to earlier ones: a listener may have come from elsewhere. (To code it so at
 * every hand-over as well was measured to be worse: such a frame costs bits that the next ones
 * miss.)
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"
#include "media/mix/frame.h"
#include "media/mix/limiter.h"

struct hop_encoder;

enum {
    HOP_OUTLET_PRIME = 5, /* frames of common input before a hand-over */
    HOP_OUTLET_TRAIL = 5, /* silent frames that are still sent when sound ends */
};

struct hop_outlet {
    struct hop_encoder *encoder;
    struct hop_limiter limiter;
    int quiet;  /* silent frames in a row; above HOP_OUTLET_TRAIL nothing is encoded */
    bool alone; /* the next frame is to be coded without reference to earlier ones */
};

/* An outlet that has been silent for long. -ENOMEM, -EINVAL as hop_encoder_new(). */
int hop_outlet_open(struct hop_outlet *outlet, const struct hop_audio_params *params);
void hop_outlet_close(struct hop_outlet *outlet); /* may be called on a closed one */

/* As if just opened, with the encoder's memory kept. */
void hop_outlet_restart(struct hop_outlet *outlet);

/* Makes `outlet` (just opened or restarted) continue where `from` is: feeds it `n` frames that
 * `from` has encoded, oldest first, as they were after the limiter. */
void hop_outlet_follow(struct hop_outlet *outlet, const struct hop_outlet *from,
                       const float *const frames[], int n);

/* One frame. `limited` gets what was (or would have been) encoded. False, with out->len 0: silence
 * since long enough, there is nothing to send. */
bool hop_outlet_frame(struct hop_outlet *outlet, const float in[HOP_MIX_FRAME],
                      float limited[HOP_MIX_FRAME], struct hop_audio_payload *out);

/* True while hop_outlet_frame() of silence would still send something. */
bool hop_outlet_sounding(const struct hop_outlet *outlet);
