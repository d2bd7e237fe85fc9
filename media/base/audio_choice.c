/* Which payload of a tick one listener takes; see audio_choice.h. */
#include "media/base/audio_choice.h"

#include <stddef.h>

enum {
    WAIT_FRAMES = 75,   /* for a frame to enter at; the mixer waits 50 for a pause */
    STAY_US = 15000000, /* a line stays lossy this long after its last loss */
};

static const float many = 0.02f, few = 0.005f; /* shares lost where lossy begins and ends */
static const float newest = 0.3f;              /* weight of a report */

/* The losses that encoders are set up for: every change of one disturbs its rate. */
static uint16_t step_of(float loss)
{
    static const uint16_t steps[] = { 50, 100, 150, 200 };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (loss * 1000.0f <= (float)steps[i])
            return steps[i];
    return 300;
}

uint16_t hop_audio_choice_report(struct hop_audio_choice *choice, uint16_t permille, int64_t now_us)
{
    float reported = (float)(permille < 1000 ? permille : 1000) / 1000.0f;

    choice->loss += (reported - choice->loss) * newest;
    if (choice->loss >= (choice->told > 0 ? few : many)) {
        uint16_t step = step_of(choice->loss);
        choice->bad_us = now_us;
        /* Down only when it is well below the step, or two steps would take turns. */
        if (step > choice->told || step_of(choice->loss * 1.3f) < choice->told)
            choice->told = step;
    } else if (now_us - choice->bad_us > STAY_US) {
        choice->told = 0;
    }
    choice->wanted = choice->told > 0 ? HOP_AUDIO_LOSSY : HOP_AUDIO_CLEAN;
    return choice->told;
}

const struct hop_audio_payload *hop_audio_own_of(const struct hop_audio_tick *tick, uint32_t peer,
                                                 uint16_t hall)
{
    for (uint8_t i = 0; i < tick->n_owns; i++) {
        const struct hop_audio_own *own = &tick->owns[i];
        if (own->hall != 0 ? own->hall == hall : own->peer == peer)
            return &own->payload;
    }
    return NULL;
}

static void move_if_he_can(struct hop_audio_choice *choice, const struct hop_audio_tick *tick)
{
    const struct hop_audio_payload *to = &tick->shared[choice->wanted];
    bool silence = to->len == 0 && tick->shared[choice->variant].len == 0;

    choice->waited++;
    if (!silence && !(to->len > 0 && (to->alone || choice->waited > WAIT_FRAMES)))
        return;
    choice->variant = choice->wanted;
    choice->waited = 0;
}

const struct hop_audio_payload *hop_audio_choice_take(struct hop_audio_choice *choice,
                                                      const struct hop_audio_tick *tick,
                                                      uint32_t peer, uint16_t hall)
{
    const struct hop_audio_payload *own = hop_audio_own_of(tick, peer, hall);

    if (own) { /* he comes back to either */
        choice->variant = choice->wanted;
        choice->waited = 0;
        return own;
    }
    if (choice->variant != choice->wanted)
        move_if_he_can(choice, tick);
    const struct hop_audio_payload *payload = &tick->shared[choice->variant];
    /* The mixer stopped making his, for it thinks that nobody has it any more. */
    return payload->len > 0 ? payload : &tick->shared[HOP_AUDIO_CLEAN];
}
