/* One stream of voice: jitter buffer, decoder, voice activity; see talker.h. Mix thread. */
#include "media/mix/talker.h"

#include "media/mix/level.h"
#include "media/mix/stretch.h"

#include <errno.h>
#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum {
    HANG_FRAMES = 20,           /* 400 ms: the pauses between words stay inside */
    GONE = HOP_MIX_RATE / 2,    /* samples without a packet that end a stream without levels */
    DTX_BYTES = 3,              /* a packet this short carries no sound */
    FRESH_FRAMES = 6,           /* in which a new decoder may be far too loud */
    FADE = 120,                 /* samples of a ramp between sound and nothing */
    STRETCH_REST = 1,           /* ticks between two changes of the tempo */
    STRETCH_URGENT = 1440,      /* samples of excess above which there is no rest */
    STRETCH_SMALL = 480,        /* samples too long that wait for a quiet place */
    STRETCH_PATIENCE = 25,      /* ticks after which the best place must do */
    BACKOFF_FIRST_US = 1000000, /* disbelief after a false claim, doubled each time */
    BACKOFF_MAX_US = 16000000,
    FIFO = HOP_MIX_FRAME + 2 * HOP_STRETCH_MAX + HOP_MIX_OPUS_MAX,
};

#define POWER_MAX 16.0f /* mean square that no decoded sound has */

/* What only a stream that plays, or lately played, needs. */
struct voice {
    OpusDecoder *decoder;
    int fresh;     /* frames left in which the decoder is new */
    int n;         /* samples in fifo */
    bool sounding; /* the fifo ends in sound, not in silence */
    uint8_t claim; /* of the packet decoded last */
    int rest;      /* ticks until the tempo may change again */
    int waited;    /* ticks in which no place to stretch was good enough */
    float fifo[FIFO];
};

struct hop_talker {
    struct hop_jitter *jitter;
    struct voice *voice;
    bool active, open;
    bool claims;        /* the sender states levels */
    bool confirmed;     /* really heard since the start */
    uint8_t level;      /* heard in the last frame */
    int hang;           /* frames left */
    int64_t used_us;    /* last active */
    int64_t believe_us; /* claims before this are ignored */
    int64_t backoff_us;
};

int hop_talker_new(int jitter_ms, struct hop_talker **out)
{
    struct hop_talker *talker = calloc(1, sizeof(*talker));
    if (!talker)
        return -ENOMEM;
    int rc = hop_jitter_new(jitter_ms, &talker->jitter);
    if (rc) {
        free(talker);
        return rc;
    }
    talker->believe_us = INT64_MIN;
    *out = talker;
    return 0;
}

static void free_voice(struct hop_talker *talker)
{
    if (!talker->voice)
        return;
    opus_decoder_destroy(talker->voice->decoder);
    free(talker->voice);
    talker->voice = NULL;
}

void hop_talker_free(struct hop_talker *talker)
{
    if (!talker)
        return;
    free_voice(talker);
    hop_jitter_free(talker->jitter);
    free(talker);
}

/* ---- idle and active --------------------------------------------------------------------------
 */

static bool claims_voice(uint8_t level, size_t len)
{
    return level == HOP_MIX_LEVEL_NONE ? len > DTX_BYTES : level <= HOP_MIX_LEVEL_OPEN;
}

enum hop_jitter_verdict hop_talker_push(struct hop_talker *talker, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us, bool *wants)
{
    if (level > HOP_MIX_LEVEL_SILENT)
        level = HOP_MIX_LEVEL_NONE;
    enum hop_jitter_verdict verdict =
        hop_jitter_push(talker->jitter, seq, timestamp, payload, len, level, now_us);
    if (verdict == HOP_JITTER_OK)
        talker->claims = level != HOP_MIX_LEVEL_NONE;
    *wants = verdict == HOP_JITTER_OK && !talker->active && now_us >= talker->believe_us &&
             claims_voice(level, len);
    return verdict;
}

enum hop_jitter_verdict hop_talker_push_copy(struct hop_talker *talker, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us)
{
    return hop_jitter_push_copy(talker->jitter, seq, timestamp, payload, len, now_us);
}

static int make_voice(struct hop_talker *talker)
{
    int error = OPUS_OK;
    struct voice *voice = calloc(1, sizeof(*voice));
    if (!voice)
        return -ENOMEM;
    voice->decoder = opus_decoder_create(HOP_MIX_RATE, 1, &error);
    if (!voice->decoder) {
        free(voice);
        return -ENOMEM;
    }
    voice->fresh = FRESH_FRAMES;
    talker->voice = voice;
    return 0;
}

int hop_talker_start(struct hop_talker *talker, int64_t now_us)
{
    if (!talker->voice) {
        int rc = make_voice(talker);
        if (rc)
            return rc;
    }
    hop_jitter_start(talker->jitter, now_us);
    talker->voice->n = 0;
    talker->voice->sounding = false;
    talker->voice->claim = HOP_MIX_LEVEL_NONE;
    talker->voice->rest = talker->voice->waited = 0;
    talker->active = true;
    talker->open = talker->claims;
    talker->confirmed = false;
    talker->hang = HANG_FRAMES;
    talker->level = HOP_MIX_LEVEL_SILENT;
    return 0;
}

void hop_talker_stop(struct hop_talker *talker, int64_t now_us)
{
    if (!talker->active)
        return;
    talker->active = talker->open = false;
    talker->used_us = now_us;
    hop_jitter_stop(talker->jitter);
    if (talker->confirmed || !talker->claims) {
        talker->backoff_us = 0;
        return;
    }
    talker->backoff_us = talker->backoff_us ? talker->backoff_us * 2 : BACKOFF_FIRST_US;
    if (talker->backoff_us > BACKOFF_MAX_US)
        talker->backoff_us = BACKOFF_MAX_US;
    talker->believe_us = now_us + talker->backoff_us;
}

bool hop_talker_active(const struct hop_talker *talker)
{
    return talker->active;
}

bool hop_talker_open(const struct hop_talker *talker)
{
    return talker->open;
}

/* ---- decoding ---------------------------------------------------------------------------------
 */

static void ramp(float *pcm, int n, float from, float to)
{
    for (int i = 0; i < n; i++)
        pcm[i] *= from + (to - from) * (float)i / (float)n;
}

/* Lets the decoder invent n samples; nothing, if it cannot. */
static void conceal(struct voice *voice, float *to, int n)
{
    if (n % HOP_MIX_OPUS_STEP != 0 || opus_decode_float(voice->decoder, NULL, 0, to, n, 0) != n)
        memset(to, 0, (size_t)n * sizeof(*to));
}

/* A new decoder guesses the loudness of what went before; its first frames can come out as a bang.
 * What the sender claims bounds them. */
static void tame(struct voice *voice, float *pcm, int n)
{
    if (voice->fresh <= 0)
        return;
    voice->fresh--;
    if (voice->claim >= HOP_MIX_LEVEL_SILENT)
        return;
    float power = hop_level_power(pcm, (size_t)n);
    float bound = 4.0f * hop_level_to_power(voice->claim);
    if (power > bound) {
        float gain = sqrtf(bound / power);
        ramp(pcm, n, gain, gain);
    }
}

/* Decodes a packet to the end of the fifo. Damaged ones are bridged like lost ones. */
static int decode(struct voice *voice, const struct hop_jitter_item *item)
{
    float *to = voice->fifo + voice->n;
    bool fec = item->kind == HOP_JITTER_FEC;

    int n = opus_decode_float(voice->decoder, item->data, item->len, to, item->samples, fec);
    if (n != item->samples) {
        conceal(voice, to, item->samples);
        return item->samples;
    }
    if (fec)
        return n;
    voice->claim = item->level;
    tame(voice, to, n);
    if (item->skip > 0) {
        n -= item->skip;
        memmove(to, to + item->skip, (size_t)n * sizeof(*to));
    }
    return n;
}

/* Sound ends: a last piece of it, faded out, then nothing. */
static void fall_silent(struct voice *voice, int n)
{
    float *to = voice->fifo + voice->n;
    int fade = n - n % HOP_MIX_OPUS_STEP;

    memset(to, 0, (size_t)n * sizeof(*to));
    if (voice->sounding && fade > 0) {
        conceal(voice, to, fade);
        ramp(to, fade, 1.0f, 0.0f);
    }
    voice->sounding = voice->sounding && fade == 0;
}

static void append(struct hop_talker *talker)
{
    struct voice *voice = talker->voice;
    struct hop_jitter_item item = hop_jitter_next(talker->jitter);
    float *to = voice->fifo + voice->n;
    int n = item.samples;

    switch (item.kind) {
    case HOP_JITTER_PLAY:
    case HOP_JITTER_FEC:
        n = decode(voice, &item);
        if (!voice->sounding)
            ramp(to, n < FADE ? n : FADE, 0.0f, 1.0f);
        voice->sounding = voice->sounding || n > 0;
        break;
    case HOP_JITTER_CONCEAL:
        if (voice->sounding)
            conceal(voice, to, n);
        else
            memset(to, 0, (size_t)n * sizeof(*to));
        break;
    case HOP_JITTER_SILENCE:
        fall_silent(voice, n);
        break;
    }
    voice->n += n;
}

static void drop_front(struct voice *voice, int n)
{
    voice->n -= n;
    memmove(voice->fifo, voice->fifo + n, (size_t)voice->n * sizeof(voice->fifo[0]));
}

/* ---- the tempo --------------------------------------------------------------------------------
 */

/* How much the sound must resemble itself to be stretched here: less and less the longer it has
 * been waited for, and the more there is to do. 2: only in what is nearly silent. */
static float wanted_likeness(const struct voice *voice, int excess)
{
    if (excess > STRETCH_URGENT || excess < -STRETCH_URGENT)
        return 0.3f;
    if (excess > 0 && excess < STRETCH_SMALL)
        return 2.0f;
    return voice->waited < STRETCH_PATIENCE ? 0.85f : 0.4f;
}

/* Takes packets that are there anyway, up to `need` samples. */
static void fetch(struct hop_talker *talker, int need)
{
    while (talker->voice->n < need && hop_jitter_ready(talker->jitter))
        append(talker);
}

/* Plays this tick a little faster or slower if the delay is not as it should be. */
static void adjust(struct hop_talker *talker)
{
    struct voice *voice = talker->voice;
    int excess = hop_jitter_excess(talker->jitter);
    int longer = 0;

    if (voice->rest > 0 && excess < STRETCH_URGENT && excess > -STRETCH_URGENT) {
        voice->rest--;
        return;
    }
    if (excess >= HOP_STRETCH_MIN) {
        fetch(talker, HOP_MIX_FRAME + HOP_STRETCH_MAX);
        int spare = voice->n - HOP_MIX_FRAME;
        longer = -hop_stretch_shorten(voice->fifo, voice->n, excess < spare ? excess : spare,
                                      wanted_likeness(voice, excess));
    } else if (excess < 0) {
        int most = -excess < HOP_STRETCH_MIN ? HOP_STRETCH_MIN : -excess;
        float alike = wanted_likeness(voice, excess);
        longer = hop_stretch_lengthen(voice->fifo, voice->n, most, alike);
        if (longer == 0 && most < HOP_STRETCH_MAX) /* rather a little too long than not at all */
            longer = hop_stretch_lengthen(voice->fifo, voice->n, HOP_STRETCH_MAX, alike);
    } else {
        return;
    }
    voice->waited = longer ? 0 : voice->waited + 1;
    if (longer) {
        voice->n += longer;
        voice->rest = STRETCH_REST;
        hop_jitter_stretched(talker->jitter, longer);
    }
}

/* ---- one tick ---------------------------------------------------------------------------------
 */

/* Opens, holds or closes by what is heard; fades the frame where that changes. */
static void judge(struct hop_talker *talker, int64_t now_us, float *out)
{
    bool was_open = talker->open;
    bool gone = hop_jitter_underrun(talker->jitter) >= GONE;

    if (talker->level <= HOP_MIX_LEVEL_KEEP) {
        talker->hang = HANG_FRAMES;
        talker->confirmed = true;
        if (talker->level <= HOP_MIX_LEVEL_OPEN)
            talker->open = true;
    } else if (talker->hang > 0 && --talker->hang == 0) {
        talker->open = false;
    }
    if (gone)
        talker->open = false;

    if (!was_open && talker->open)
        ramp(out, FADE, 0.0f, 1.0f);
    else if (was_open && !talker->open)
        ramp(out, HOP_MIX_FRAME, 1.0f, 0.0f);
    else if (!talker->open)
        memset(out, 0, HOP_MIX_FRAME * sizeof(*out));
    if (gone || (talker->claims && !talker->open))
        hop_talker_stop(talker, now_us);
}

void hop_talker_pull(struct hop_talker *talker, int64_t now_us, float out[HOP_MIX_FRAME],
                     float *power)
{
    struct voice *voice = talker->voice;
    drop_front(voice, hop_jitter_begin_tick(talker->jitter, voice->n, now_us));
    while (voice->n < HOP_MIX_FRAME)
        append(talker);
    adjust(talker);
    memcpy(out, voice->fifo, HOP_MIX_FRAME * sizeof(*out));
    drop_front(voice, HOP_MIX_FRAME);
    hop_jitter_ticked(talker->jitter, voice->n, now_us + HOP_MIX_FRAME_US);

    float heard = hop_level_power(out, HOP_MIX_FRAME);
    if (!(heard < POWER_MAX)) { /* a damaged packet must not drown or poison the sum; also NaN */
        memset(out, 0, HOP_MIX_FRAME * sizeof(*out));
        heard = 0.0f;
    }
    talker->level = hop_level_from_power(heard);
    judge(talker, now_us, out);
    *power = hop_level_power(out, HOP_MIX_FRAME);
}

bool hop_talker_sweep(struct hop_talker *talker, int64_t before_us)
{
    if (talker->voice && !talker->active && talker->used_us < before_us)
        free_voice(talker);
    return talker->voice != NULL;
}

const struct hop_jitter_stats *hop_talker_stats(const struct hop_talker *talker)
{
    return hop_jitter_stats(talker->jitter);
}
