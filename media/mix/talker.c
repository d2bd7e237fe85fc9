/* One stream of voice: when it is decoded and mixed; see talker.h. Mix thread. */
#include "media/mix/talker.h"

#include "media/mix/claims.h"
#include "media/mix/level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    HANG_FRAMES = 20,        /* 400 ms: the pauses between words stay inside */
    GONE = HOP_MIX_RATE / 2, /* samples without a packet that end a stream */
    FADE = 120,              /* samples of a ramp between sound and nothing */
};

#define POWER_MAX 16.0f /* mean square that no decoded sound has */

struct hop_talker {
    struct hop_jitter *jitter;
    struct hop_voices *voices;
    struct hop_voice *voice; /* while active */
    struct hop_claims claims;
    struct hop_loudness loudness;
    bool active, open;
    bool claimed;   /* started because of a claim */
    bool confirmed; /* really heard since the start */
    int hang;       /* frames left */
};

int hop_talker_new(int jitter_ms, struct hop_voices *voices, struct hop_talker **out)
{
    struct hop_talker *talker = calloc(1, sizeof(*talker));
    if (!talker)
        return -ENOMEM;
    int rc = hop_jitter_new(jitter_ms, &talker->jitter);
    if (rc) {
        free(talker);
        return rc;
    }
    talker->voices = voices;
    hop_loudness_init(&talker->loudness);
    *out = talker;
    return 0;
}

void hop_talker_free(struct hop_talker *talker)
{
    if (!talker)
        return;
    hop_voices_give_back(talker->voices, talker->voice);
    hop_jitter_free(talker->jitter);
    free(talker);
}

/* ---- idle -------------------------------------------------------------------------------------
 */

/* Decodes what is kept of the idle stream; true: there is a voice in it. */
static bool probe(struct hop_talker *talker, uint8_t level, int64_t now_us)
{
    int n = 0;
    if (!hop_voices_may_probe(talker->voices, now_us)) {
        hop_claims_not_probed(&talker->claims, now_us);
        return false;
    }
    const struct hop_packet *kept = hop_jitter_kept(talker->jitter, &n);
    struct hop_voice *voice = hop_voices_take(talker->voices);
    if (!voice)
        return false;
    uint8_t heard = hop_level_from_power(hop_voice_probe(voice, kept, n));
    hop_voices_give_back(talker->voices, voice);
    return hop_claims_probed(&talker->claims, level, heard, now_us);
}

static enum hop_talker_wish wish_of(struct hop_talker *talker, uint8_t level, size_t len,
                                    int64_t now_us)
{
    switch (hop_claims_packet(&talker->claims, level, len, now_us)) {
    case HOP_CLAIMS_VOICE:
        return HOP_WISH_TALK;
    case HOP_CLAIMS_LISTEN:
        return HOP_WISH_LISTEN;
    case HOP_CLAIMS_PROBE:
        return probe(talker, level, now_us) ? HOP_WISH_LISTEN : HOP_WISH_NOTHING;
    case HOP_CLAIMS_NOTHING:
        break;
    }
    return HOP_WISH_NOTHING;
}

enum hop_jitter_verdict hop_talker_push(struct hop_talker *talker, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us, enum hop_talker_wish *wish)
{
    enum hop_jitter_verdict verdict =
        hop_jitter_push(talker->jitter, seq, timestamp, payload, len,
                        hop_claims_level(&talker->claims, level), now_us);
    *wish = HOP_WISH_NOTHING;
    if (verdict == HOP_JITTER_OK && !talker->active)
        *wish = wish_of(talker, level, len, now_us);
    return verdict;
}

enum hop_jitter_verdict hop_talker_push_copy(struct hop_talker *talker, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us)
{
    return hop_jitter_push_copy(talker->jitter, seq, timestamp, payload, len, now_us);
}

/* ---- active -----------------------------------------------------------------------------------
 */

int hop_talker_start(struct hop_talker *talker, enum hop_talker_wish wish, int64_t now_us)
{
    if (talker->active)
        return 0;
    talker->voice = hop_voices_take(talker->voices);
    if (!talker->voice)
        return -ENOMEM;
    hop_jitter_start(talker->jitter, now_us);
    talker->active = true;
    talker->claimed = talker->open = wish == HOP_WISH_TALK;
    talker->confirmed = false;
    talker->hang = HANG_FRAMES;
    return 0;
}

void hop_talker_stop(struct hop_talker *talker, int64_t now_us)
{
    if (!talker->active)
        return;
    talker->active = talker->open = false;
    hop_jitter_stop(talker->jitter);
    hop_voices_give_back(talker->voices, talker->voice);
    talker->voice = NULL;
    hop_claims_ended(&talker->claims, talker->claimed, talker->confirmed, now_us);
}

bool hop_talker_active(const struct hop_talker *talker)
{
    return talker->active;
}

bool hop_talker_open(const struct hop_talker *talker)
{
    return talker->open;
}

bool hop_talker_confirmed(const struct hop_talker *talker)
{
    return talker->confirmed;
}

int hop_talker_pause(const struct hop_talker *talker)
{
    return HANG_FRAMES - talker->hang;
}

/* ---- one tick ---------------------------------------------------------------------------------
 */

static void ramp(float *pcm, int n, float from, float to)
{
    for (int i = 0; i < n; i++)
        pcm[i] *= from + (to - from) * (float)i / (float)n;
}

/* Opens, holds or closes by what is heard; fades the frame where that changes. */
static void judge(struct hop_talker *talker, uint8_t level, int64_t now_us, float *out)
{
    bool was_open = talker->open;
    bool gone = hop_jitter_underrun(talker->jitter) >= GONE;

    if (level <= (was_open ? HOP_MIX_LEVEL_KEEP : HOP_MIX_LEVEL_OPEN)) {
        talker->hang = HANG_FRAMES;
        talker->confirmed = talker->open = true;
    } else if (talker->hang > 0) {
        talker->hang--;
    }
    if (gone || talker->hang == 0)
        talker->open = false;

    if (!was_open && talker->open)
        ramp(out, FADE, 0.0f, 1.0f);
    else if (was_open && !talker->open)
        ramp(out, HOP_MIX_FRAME, 1.0f, 0.0f);
    else if (!talker->open)
        memset(out, 0, HOP_MIX_FRAME * sizeof(*out));
    if (gone || talker->hang == 0)
        hop_talker_stop(talker, now_us);
}

void hop_talker_pull(struct hop_talker *talker, int64_t now_us, bool levelling,
                     float out[HOP_MIX_FRAME], float *power)
{
    hop_voice_pull(talker->voice, talker->jitter, now_us, out);
    float heard = hop_level_power(out, HOP_MIX_FRAME);
    if (!(heard < POWER_MAX)) { /* a damaged packet must not drown or poison the sum; also NaN */
        memset(out, 0, HOP_MIX_FRAME * sizeof(*out));
        heard = 0.0f;
    }
    hop_loudness_note(&talker->loudness, heard);
    judge(talker, hop_level_from_power(heard), now_us, out);
    hop_loudness_apply(&talker->loudness, out, levelling,
                       hop_loudness_is(&talker->loudness, heard));
    *power = hop_level_power(out, HOP_MIX_FRAME);
}

const struct hop_loudness *hop_talker_loudness(const struct hop_talker *talker)
{
    return &talker->loudness;
}

const struct hop_jitter_stats *hop_talker_stats(const struct hop_talker *talker)
{
    return hop_jitter_stats(talker->jitter);
}
