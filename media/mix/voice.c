/* What makes sound of a stream that plays: decoder, fifo and tempo; see voice.h. Mix thread. */
#include "media/mix/voice.h"

#include "media/mix/level.h"
#include "media/mix/stretch.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH_FRAMES = 6,       /* in which a new decoder may be far too loud */
    FADE = 120,             /* samples of a ramp between sound and nothing */
    STRETCH_REST = 1,       /* ticks between two changes of the tempo */
    STRETCH_URGENT = 1440,  /* samples of excess above which there is no rest */
    STRETCH_SMALL = 480,    /* samples too long that wait for a quiet place */
    STRETCH_PATIENCE = 25,  /* ticks after which the best place must do */
    PROBE_EVERY_US = 15000, /* in one room; a probe costs some 60 µs */
    BESIDE = HOP_MIX_FRAME + 2 * HOP_STRETCH_MAX, /* samples in the fifo beside the last packet */
};

struct hop_voice {
    OpusDecoder *decoder;
    int fresh;     /* frames left in which the decoder is new */
    bool sounding; /* the fifo ends in sound, not in silence */
    uint8_t claim; /* of the packet decoded last */
    int rest;      /* ticks until the tempo may change again */
    int waited;    /* ticks in which no place to stretch was good enough */
    int n, cap;    /* samples in fifo */
    float *fifo;
};

/* ---- the store --------------------------------------------------------------------------------
 */

static void free_voice(struct hop_voice *voice)
{
    if (!voice)
        return;
    if (voice->decoder)
        opus_decoder_destroy(voice->decoder);
    free(voice->fifo);
    free(voice);
}

/* Room for a packet of n samples behind those that are there. Allocates only when a packet is
 * longer than any before. */
static bool reserve(struct hop_voice *voice, int n)
{
    int cap = BESIDE + (n > HOP_MIX_FRAME ? n : HOP_MIX_FRAME);
    if (cap <= voice->cap)
        return true;
    float *fifo = realloc(voice->fifo, (size_t)cap * sizeof(*fifo));
    if (!fifo)
        return false;
    voice->fifo = fifo;
    voice->cap = cap;
    return true;
}

static struct hop_voice *make_voice(void)
{
    int error = OPUS_OK;
    struct hop_voice *voice = calloc(1, sizeof(*voice));
    if (!voice)
        return NULL;
    voice->decoder = opus_decoder_create(HOP_MIX_RATE, 1, &error);
    if (!voice->decoder || !reserve(voice, HOP_MIX_FRAME)) {
        free_voice(voice);
        return NULL;
    }
    return voice;
}

struct hop_voice *hop_voices_take(struct hop_voices *voices)
{
    struct hop_voice *voice = voices->n_spare > 0 ? voices->spare[--voices->n_spare] : make_voice();
    if (!voice)
        return NULL;
    opus_decoder_ctl(voice->decoder, OPUS_RESET_STATE);
    voice->fresh = FRESH_FRAMES;
    voice->sounding = false;
    voice->claim = HOP_MIX_LEVEL_NONE;
    voice->rest = voice->waited = voice->n = 0;
    return voice;
}

void hop_voices_give_back(struct hop_voices *voices, struct hop_voice *voice)
{
    if (voice && voices->n_spare < HOP_MAX_TALKERS)
        voices->spare[voices->n_spare++] = voice;
    else
        free_voice(voice);
}

bool hop_voices_may_probe(struct hop_voices *voices, int64_t now_us)
{
    if (now_us < voices->probe_us)
        return false;
    voices->probe_us = now_us + PROBE_EVERY_US;
    return true;
}

void hop_voices_clear(struct hop_voices *voices)
{
    while (voices->n_spare > 0)
        free_voice(voices->spare[--voices->n_spare]);
}

/* ---- decoding ---------------------------------------------------------------------------------
 */

static void ramp(float *pcm, int n, float from, float to)
{
    for (int i = 0; i < n; i++)
        pcm[i] *= from + (to - from) * (float)i / (float)n;
}

/* Lets the decoder invent n samples; nothing, if it cannot. */
static void conceal(struct hop_voice *voice, float *to, int n)
{
    if (n % HOP_MIX_OPUS_STEP != 0 || opus_decode_float(voice->decoder, NULL, 0, to, n, 0) != n)
        memset(to, 0, (size_t)n * sizeof(*to));
}

/* A new decoder guesses the loudness of what went before; its first frames can come out as a bang.
 * What the sender claims bounds them. */
static void tame(struct hop_voice *voice, float *pcm, int n)
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
static int decode(struct hop_voice *voice, const struct hop_jitter_item *item)
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
static void fall_silent(struct hop_voice *voice, int n)
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

static void append(struct hop_voice *voice, struct hop_jitter *jitter)
{
    struct hop_jitter_item item = hop_jitter_next(jitter);
    int n = item.samples;

    if (!reserve(voice, n)) { /* a longer packet than ever, and no memory for it */
        n = n < HOP_MIX_FRAME ? n : HOP_MIX_FRAME;
        item.kind = HOP_JITTER_SILENCE;
    }
    float *to = voice->fifo + voice->n;

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

static void drop_front(struct hop_voice *voice, int n)
{
    voice->n -= n;
    memmove(voice->fifo, voice->fifo + n, (size_t)voice->n * sizeof(voice->fifo[0]));
}

/* ---- the tempo --------------------------------------------------------------------------------
 */

/* How much the sound must resemble itself to be stretched here: less and less the longer it has
 * been waited for, and the more there is to do. 2: only in what is nearly silent. */
static float wanted_likeness(const struct hop_voice *voice, int excess)
{
    if (excess > STRETCH_URGENT || excess < -STRETCH_URGENT)
        return 0.3f;
    if (excess > 0 && excess < STRETCH_SMALL)
        return 2.0f;
    return voice->waited < STRETCH_PATIENCE ? 0.85f : 0.4f;
}

/* Takes packets that are there anyway, up to `need` samples. */
static void fetch(struct hop_voice *voice, struct hop_jitter *jitter, int need)
{
    while (voice->n < need && hop_jitter_ready(jitter))
        append(voice, jitter);
}

/* Plays this tick a little faster or slower if the delay is not as it should be. */
static void adjust(struct hop_voice *voice, struct hop_jitter *jitter)
{
    int excess = hop_jitter_excess(jitter);
    int longer = 0;

    if (voice->rest > 0 && excess < STRETCH_URGENT && excess > -STRETCH_URGENT) {
        voice->rest--;
        return;
    }
    if (excess >= HOP_STRETCH_MIN) {
        fetch(voice, jitter, HOP_MIX_FRAME + HOP_STRETCH_MAX);
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
        hop_jitter_stretched(jitter, longer);
    }
}

void hop_voice_pull(struct hop_voice *voice, struct hop_jitter *jitter, int64_t now_us,
                    float out[HOP_MIX_FRAME])
{
    drop_front(voice, hop_jitter_begin_tick(jitter, voice->n, now_us));
    while (voice->n < HOP_MIX_FRAME)
        append(voice, jitter);
    adjust(voice, jitter);
    memcpy(out, voice->fifo, HOP_MIX_FRAME * sizeof(*out));
    drop_front(voice, HOP_MIX_FRAME);
    hop_jitter_ticked(jitter, voice->n, now_us + HOP_MIX_FRAME_US);
}

float hop_voice_probe(struct hop_voice *voice, const struct hop_packet *packets, int n)
{
    float power = 0.0f;

    for (int i = 0; i < n; i++) {
        if (!reserve(voice, packets[i].samples))
            return 0.0f;
        int made = opus_decode_float(voice->decoder, packets[i].data, packets[i].len, voice->fifo,
                                     packets[i].samples, 0);
        power = made > 0 ? hop_level_power(voice->fifo, (size_t)made) : 0.0f;
    }
    return isfinite(power) ? power : 0.0f;
}
