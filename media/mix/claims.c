/* Whether to believe what a sender says of his loudness; see claims.h. Mix thread. */
#include "media/mix/claims.h"

#include "media/mix/frame.h"

enum {
    DTX_BYTES = 3, /* a packet this short carries no sound */

    BACKOFF_FIRST_US = 1000000, /* after a false claim, doubled each time */
    BACKOFF_MAX_US = 16000000,
    LISTEN_FIRST_US = 400000, /* after listening for nothing, likewise */
    LISTEN_MAX_US = 3200000,

    SILENT_FIRST_US = 4000000, /* between probes of who claims silence */
    SILENT_MAX_US = 64000000,
    LATER_US = 200000, /* a probe that could not be */
    LOUDER = 10,       /* dB above the claim that contradict it */

    MUTE_FIRST_US = 100000, /* between probes of who claims nothing */
    MUTE_MAX_US = 500000,
    MUTE_VAIN_US = 4000000, /* where probes mislead, as they may with CELT */
};

static const float longer = 1.25f, longer_bytes = 8.0f; /* than usual: something is said */
static const float usual_down = 0.25f, usual_up = 0.02f;

static void begin(struct hop_claims *claims, int64_t now_us)
{
    claims->begun = true;
    claims->believe_us = INT64_MIN;
    claims->interval_us = SILENT_FIRST_US;
    claims->probe_us = now_us + SILENT_FIRST_US;
}

uint8_t hop_claims_level(const struct hop_claims *claims, uint8_t level)
{
    return claims->liar || level > HOP_MIX_LEVEL_SILENT ? HOP_MIX_LEVEL_NONE : level;
}

static bool probe_due(struct hop_claims *claims, int64_t now_us)
{
    if (now_us < claims->probe_us)
        return false;
    claims->probe_us = now_us + claims->interval_us;
    return true;
}

static void next_interval(struct hop_claims *claims, int64_t most_us)
{
    claims->interval_us *= 2;
    if (claims->interval_us > most_us)
        claims->interval_us = most_us;
}

/* Who claims nothing. */
static enum hop_claims_answer by_length(struct hop_claims *claims, size_t len, int64_t now_us)
{
    float bytes = (float)len;
    bool said = claims->usual > 0.0f && bytes > claims->usual * longer + longer_bytes;

    if (!claims->mute) { /* he used to claim something, or this is his first */
        claims->mute = true;
        claims->interval_us = MUTE_FIRST_US;
        claims->probe_us = now_us;
    }
    if (claims->usual <= 0.0f)
        claims->usual = bytes;
    claims->usual += (bytes - claims->usual) * (bytes < claims->usual ? usual_down : usual_up);
    if (said && now_us >= claims->believe_us)
        return HOP_CLAIMS_LISTEN;
    return probe_due(claims, now_us) ? HOP_CLAIMS_PROBE : HOP_CLAIMS_NOTHING;
}

enum hop_claims_answer hop_claims_packet(struct hop_claims *claims, uint8_t level, size_t len,
                                         int64_t now_us)
{
    if (!claims->begun)
        begin(claims, now_us);
    level = hop_claims_level(claims, level);
    if (level <= HOP_MIX_LEVEL_OPEN && now_us >= claims->believe_us)
        return HOP_CLAIMS_VOICE;
    if (len <= DTX_BYTES)
        return HOP_CLAIMS_NOTHING;
    if (level == HOP_MIX_LEVEL_NONE)
        return by_length(claims, len, now_us);
    return probe_due(claims, now_us) ? HOP_CLAIMS_PROBE : HOP_CLAIMS_NOTHING;
}

bool hop_claims_probed(struct hop_claims *claims, uint8_t level, uint8_t heard, int64_t now_us)
{
    bool voice = heard <= HOP_MIX_LEVEL_OPEN;

    level = hop_claims_level(claims, level);
    if (level == HOP_MIX_LEVEL_NONE) {
        if (!voice && claims->interval_us < MUTE_MAX_US)
            next_interval(claims, MUTE_MAX_US);
        return voice;
    }
    if (level <= HOP_MIX_LEVEL_OPEN) { /* not believed; rightly? */
        claims->probe_us = now_us + MUTE_MAX_US;
        if (voice)
            claims->backoff_us = 0;
        return voice;
    }
    claims->suspected = voice && heard + LOUDER <= level;
    next_interval(claims, SILENT_MAX_US);
    return claims->suspected;
}

void hop_claims_not_probed(struct hop_claims *claims, int64_t now_us)
{
    claims->probe_us = now_us + LATER_US;
}

void hop_claims_ended(struct hop_claims *claims, bool voice, bool heard, int64_t now_us)
{
    claims->liar = claims->liar || (claims->suspected && heard);
    claims->suspected = false;
    if (heard) {
        claims->backoff_us = 0;
        claims->mute = false;
        return;
    }
    if (claims->mute && !voice)
        next_interval(claims, MUTE_VAIN_US);
    int64_t first_us = voice ? BACKOFF_FIRST_US : LISTEN_FIRST_US;
    int64_t most_us = voice ? BACKOFF_MAX_US : LISTEN_MAX_US;
    claims->backoff_us = claims->backoff_us ? claims->backoff_us * 2 : first_us;
    if (claims->backoff_us > most_us)
        claims->backoff_us = most_us;
    claims->believe_us = now_us + claims->backoff_us;
    if (voice)
        claims->probe_us = now_us + MUTE_MAX_US;
}
