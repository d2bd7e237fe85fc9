/* The long-term level of speech and the slow gain; see speech.h. Mix thread. */
#include "media/mix/speech.h"

#include <math.h>

enum {
    MEMORY = 500,     /* frames of speech: 10 s */
    ENOUGH_GAIN = 25, /* frames of speech after which the gain may move: 0.5 s */
    ENOUGH_SAY = 100, /* and after which a verdict is given: 2 s */
    SETTLING = 150,   /* until then the gain moves faster: 3 s */
};

/* dBov */
static const float target_db = -24.0f, spare_db = 2.0f; /* what is that near is left alone */
static const float most_db = 18.0f, least_db = -12.0f;  /* gain */
static const float noise_db = -50.0f;                   /* is not to be lifted above this */
static const float quiet_db = -38.0f, loud_db = -12.0f, back_db = 3.0f;

/* dB a frame of 20 ms: 3 dB a second up, 6 down; three times that while settling. */
static const float up_db = 0.06f, down_db = 0.12f, settling = 3.0f;

static const float floor_power = 1e-6f;  /* -60 dBov: no speech */
static const float above_noise = 8.0f;   /* 9 dB */
static const float below_level = 0.025f; /* -16 dB: the margin of P.56 */

void hop_speech_init(struct hop_speech *speech)
{
    *speech = (struct hop_speech){ .noise = 1.0f };
}

static float db_of(float power)
{
    return 10.0f * log10f(power + 1e-13f);
}

bool hop_speech_is(const struct hop_speech *speech, float power)
{
    return power > floor_power && power > speech->noise * above_noise &&
           power > speech->level * below_level;
}

/* Down to the quietest at once, and up by 1 dB in a second. */
static void note_noise(struct hop_speech *speech, float power)
{
    if (power < speech->noise)
        speech->noise = power;
    else
        speech->noise = fminf(speech->noise * 1.0046f + 1e-10f, 1.0f);
}

static void judge(struct hop_speech *speech)
{
    float db = db_of(speech->level);
    float quiet = quiet_db + (speech->verdict == HOP_VOICE_QUIET ? back_db : 0.0f);
    float loud = loud_db - (speech->verdict == HOP_VOICE_LOUD ? back_db : 0.0f);

    speech->knows = speech->frames >= ENOUGH_SAY;
    speech->verdict = !speech->knows ? HOP_VOICE_OK
                      : db < quiet   ? HOP_VOICE_QUIET
                      : db > loud    ? HOP_VOICE_LOUD
                                     : HOP_VOICE_OK;
}

void hop_speech_note(struct hop_speech *speech, float power)
{
    if (power <= 0.0f)
        return; /* DTX, or nothing came: says nothing of the room */
    bool spoken = hop_speech_is(speech, power);
    note_noise(speech, power);
    if (!spoken)
        return;
    if (speech->frames < MEMORY)
        speech->frames++;
    speech->level += (power - speech->level) / (float)speech->frames;
    judge(speech);
}

int8_t hop_speech_dbov(const struct hop_speech *speech)
{
    float db = db_of(speech->level);
    if (!speech->knows)
        return 0;
    return db > -1.0f ? -1 : db < -127.0f ? -127 : (int8_t)lrintf(db);
}

static float wanted_db(const struct hop_speech *speech, bool on)
{
    if (!on || speech->frames < ENOUGH_GAIN)
        return 0.0f;
    float wanted = target_db - db_of(speech->level);
    if (fabsf(wanted - speech->gain_db) < spare_db)
        return speech->gain_db;
    float most = fminf(most_db, fmaxf(0.0f, noise_db - db_of(speech->noise)));
    return fmaxf(least_db, fminf(most, wanted));
}

void hop_speech_level(struct hop_speech *speech, float pcm[HOP_MIX_FRAME], bool on, bool spoken)
{
    float from = speech->gain_db, wanted = wanted_db(speech, on);
    float speed = speech->frames < SETTLING ? settling : 1.0f;

    if (spoken || !on)
        speech->gain_db += fmaxf(-down_db * speed, fminf(up_db * speed, wanted - from));
    if (from == 0.0f && speech->gain_db == 0.0f)
        return;
    float gain = powf(10.0f, from / 20.0f), to = powf(10.0f, speech->gain_db / 20.0f);
    float step = (to - gain) / (float)HOP_MIX_FRAME;
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        pcm[i] *= gain + step * (float)i;
}
