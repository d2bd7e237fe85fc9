/* Which payload of a tick one listener takes, and which variant his line needs. Plain data and
 * arithmetic; whoever sends the ticks on (media/route/listener) keeps one per listener, on its
 * thread.
 *
 * The variant follows the listener's own reports of loss (RFC 3550 §6.4.1). A move from one variant
 * to the other happens at a frame that refers to no earlier one, which the mixer makes when it is
 * told of the loss; or in silence; or, should that frame have been missed, a second and a half
 * later.
 */
#pragma once

#include "media/base/audio_tick.h"

struct hop_audio_choice { /* all 0 at the beginning: a clean line */
    uint8_t variant;      /* enum hop_audio_variant: what he gets of the shared ones */
    uint8_t wanted;       /* what his line needs */
    uint8_t waited;       /* frames since he wants something else than he gets */
    uint16_t told;        /* the last answer of hop_audio_choice_report() */
    float loss;           /* smoothed, 0..1 */
    int64_t bad_us;       /* when the loss was last worth the lossy variant */
};

/* A report: of the packets since the last one `permille` were lost. Returns what the mixer is to be
 * told of this listener (hop_mixer_set_loss(), hop_audio_listener_loss()): 0 for a clean line, else
 * the loss to be reckoned with, in steps; only when it differs from choice->told before the call
 * need it be told. */
uint16_t hop_audio_choice_report(struct hop_audio_choice *choice, uint16_t permille,
                                 int64_t now_us);

/* What this listener is sent of the tick; call for every tick, in order. `hall`: his, 0 for none.
 * The payload may be empty (len 0): nothing is sent. */
const struct hop_audio_payload *hop_audio_choice_take(struct hop_audio_choice *choice,
                                                      const struct hop_audio_tick *tick,
                                                      uint32_t peer, uint16_t hall);

/* The payload without this listener's group, or NULL: he does not talk, nor anybody in his hall. */
const struct hop_audio_payload *hop_audio_own_of(const struct hop_audio_tick *tick, uint32_t peer,
                                                 uint16_t hall);
