/* What listeners are sent of one sum: a limiter and an encoder for each variant that somebody
 * needs, which stop when there is nothing to hear. The mixer has one shared outlet, and each group
 * in which somebody talks has its own (booth.h). Mix thread.
 *
 * Moving a listener from one encoder to another of the same variant is not heard, because the new
 * encoder has had the same input for at least HOP_OUTLET_PRIME frames: what it assumes of the past
 * is what the listener's decoder knows. After a silence, in which nothing is sent, and where a
 * listener comes from the other variant, the first frame is coded without reference to earlier
 * ones: `alone`. The variants differ by 4 ms of delay; so a move between them waits for a pause.
 * (To code it so at every hand-over as well was measured to be worse: such a frame costs bits that
 * the next ones miss.)
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/mix/encoder.h"
#include "media/mix/frame.h"
#include "media/mix/limiter.h"

enum {
    HOP_OUTLET_PRIME = 5, /* frames of common input before a hand-over */
    HOP_OUTLET_TRAIL = 5, /* silent frames that are still sent when sound ends */
    HOP_OUTLET_FADE = 2,  /* of these are encoded; the others say that nothing follows (DTX) */
};

struct hop_outlet {
    struct hop_limiter limiter;
    int quiet; /* silent frames in a row; above HOP_OUTLET_TRAIL nothing is encoded */
    struct {
        struct hop_encoder *encoder; /* NULL: nobody needs this variant */
        bool alone;                  /* the next frame is to refer to no earlier one */
        uint16_t age;                /* frames it has had, at most UINT16_MAX */
        uint8_t toc;                 /* of its last packet, as of one frame; 0: none */
    } lanes[HOP_AUDIO_VARIANTS];
};

/* An outlet that has been silent for long, without encoders. */
void hop_outlet_init(struct hop_outlet *outlet);
/* Gives all encoders back. */
void hop_outlet_close(struct hop_outlet *outlet, struct hop_encoders *encoders);

/* As loud, and as far into a silence, as `from` is. Before any encoder. */
void hop_outlet_follow(struct hop_outlet *outlet, const struct hop_outlet *from);

/* Begins to make that variant; feeds its encoder `n` frames, oldest first, as they were after the
 * limiter; in a silence none, there is no past to share, and the first frame is alone. -ENOMEM. */
int hop_outlet_begin(struct hop_outlet *outlet, struct hop_encoders *encoders,
                     enum hop_audio_variant variant, uint16_t loss, const float *const frames[],
                     int n);
/* Ends it; nothing happens if it is not made. */
void hop_outlet_end(struct hop_outlet *outlet, struct hop_encoders *encoders,
                    enum hop_audio_variant variant);
bool hop_outlet_makes(const struct hop_outlet *outlet, enum hop_audio_variant variant);
void hop_outlet_set_loss(struct hop_outlet *outlet, uint16_t loss);

/* One frame in two steps. First the limiter: `limited` (may be `in`) gets what was, or would have
 * been, encoded. False: silence since long enough, there is nothing to send. */
bool hop_outlet_limit(struct hop_outlet *outlet, const float in[HOP_MIX_FRAME],
                      float limited[HOP_MIX_FRAME]);
/* Then each variant that is made. False, with out->len 0: nothing to send. */
bool hop_outlet_encode(struct hop_outlet *outlet, enum hop_audio_variant variant,
                       const float limited[HOP_MIX_FRAME], struct hop_audio_payload *out);

/* The next frame is coded alone, for a listener comes from elsewhere. */
void hop_outlet_welcome(struct hop_outlet *outlet, enum hop_audio_variant variant);

/* Whether listeners may move from one variant to the other after this frame, having waited so many
 * frames for a pause. */
bool hop_outlet_may_move(const float last[HOP_MIX_FRAME], int waited);

/* True while a frame of silence would still be sent. */
bool hop_outlet_sounding(const struct hop_outlet *outlet);
