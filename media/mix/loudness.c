/* The long-term level of speech and the slow gain; see loudness.h. Mix thread. */
#include "media/mix/loudness.h"

#include <math.h>

enum {
    MEMORY = 500,     /* frames of speech: 10 s */
    ENOUGH_GAIN = 25, /* frames of speech after which the gain may move: 0.5 s */
    ENOUGH_SAY = 100, /* and after which a verdict is given: 2 s */
    SETTLING = 150,   /* until then the gain moves faster: 3 s */
};

/* dBov */
static const float target_db = -24.0f, spare_db = 3.0f; /* what is that near is left alone */
static const float most_db = 18.0f, least_db = -12.0f;  /* gain */
static const float noise_db = -50.0f;                   /* is not to be lifted above this */
static const float quiet_db = -38.0f, loud_db = -12.0f, back_db = 3.0f;

/* dB a frame of 20 ms: 3 dB a second up, 6 down; three times that while settling. */
static const float up_db = 0.06f, down_db = 0.12f, settling = 3.0f;

static const float floor_power = 1e-6f;  /* -60 dBov: no speech */
static const float above_noise = 8.0f;   /* 9 dB */
static const float below_level = 0.025f; /* -16 dB: the margin of P.56 */

void hop_loudness_init(struct hop_loudness *loudness)
{
    *loudness = (struct hop_loudness){ .noise = 1.0f };
}

static float db_of(float power)
{
    return 10.0f * log10f(power + 1e-13f);
}

bool hop_loudness_is(const struct hop_loudness *loudness, float power)
{
    return power > floor_power && power > loudness->noise * above_noise &&
           power > loudness->level * below_level;
}

/* Down to the quietest at once, and up by 1 dB in a second. */
static void note_noise(struct hop_loudness *loudness, float power)
{
    if (power < loudness->noise)
        loudness->noise = power;
    else
        loudness->noise = fminf(loudness->noise * 1.0046f + 1e-10f, 1.0f);
}

static void judge(struct hop_loudness *loudness)
{
    float db = db_of(loudness->level);
    float quiet = quiet_db + (loudness->verdict == HOP_VOICE_QUIET ? back_db : 0.0f);
    float loud = loud_db - (loudness->verdict == HOP_VOICE_LOUD ? back_db : 0.0f);

    loudness->knows = loudness->frames >= ENOUGH_SAY;
    loudness->verdict = !loudness->knows ? HOP_VOICE_OK
                        : db < quiet     ? HOP_VOICE_QUIET
                        : db > loud      ? HOP_VOICE_LOUD
                                         : HOP_VOICE_OK;
}

void hop_loudness_note(struct hop_loudness *loudness, float power)
{
    if (power <= 0.0f)
        return; /* DTX, or nothing came: says nothing of the room */
    bool spoken = hop_loudness_is(loudness, power);
    note_noise(loudness, power);
    if (!spoken)
        return;
    if (loudness->frames < MEMORY)
        loudness->frames++;
    loudness->level += (power - loudness->level) / (float)loudness->frames;
    judge(loudness);
}

int8_t hop_loudness_dbov(const struct hop_loudness *loudness)
{
    float db = db_of(loudness->level);
    if (!loudness->knows)
        return 0;
    return db > -1.0f ? -1 : db < -127.0f ? -127 : (int8_t)lrintf(db);
}

static float wanted_db(const struct hop_loudness *loudness, bool on)
{
    if (!on || loudness->frames < ENOUGH_GAIN)
        return 0.0f;
    float wanted = target_db - db_of(loudness->level);
    if (fabsf(wanted - loudness->gain_db) < spare_db)
        return loudness->gain_db;
    float most = fminf(most_db, fmaxf(0.0f, noise_db - db_of(loudness->noise)));
    return fmaxf(least_db, fminf(most, wanted));
}

void hop_loudness_apply(struct hop_loudness *loudness, float pcm[HOP_MIX_FRAME], bool on,
                        bool spoken)
{
    float from = loudness->gain_db, wanted = wanted_db(loudness, on);
    float speed = loudness->frames < SETTLING ? settling : 1.0f;

    if (spoken || !on)
        loudness->gain_db += fmaxf(-down_db * speed, fminf(up_db * speed, wanted - from));
    if (from == 0.0f && loudness->gain_db == 0.0f)
        return;
    float gain = powf(10.0f, from / 20.0f), to = powf(10.0f, loudness->gain_db / 20.0f);
    float step = (to - gain) / (float)HOP_MIX_FRAME;
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        pcm[i] *= gain + step * (float)i;
}
