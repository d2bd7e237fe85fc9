/* See speech.h. */
#include "tests/audio/speech.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS = 16, MOST_BYTES = 1 << 23, PAUSE = AUDIO_RATE * 150 / 1000 };

const char audio_text_vi[] =
    "Kính thưa các đồng chí, hôm nay chúng ta họp giao ban về tình hình mưa lũ ở các tỉnh miền "
    "Trung. Đề nghị các điểm cầu báo cáo ngắn gọn, đúng trọng tâm.";
const char audio_text_en[] =
    "Good morning, everyone. The first item on today's agenda is the budget for the next quarter; "
    "the second one is what the inspection of the northern districts has shown.";
const char *const audio_words_vi[] = { "một", "hai",  "ba",   "bốn",    "năm",  "sáu",
                                       "bảy", "tám",  "chín", "mười",   "tỉnh", "huyện",
                                       "xã",  "đúng", "nước", "trường", NULL };
const char *const audio_words_en[] = { "one",    "two",    "three", "four",  "budget", "meeting",
                                       "seven",  "report", "nine",  "river", "order",  "minister",
                                       "agenda", "north",  "vote",  "door",  NULL };

struct wav {
    uint8_t *bytes;
    size_t n;
    int rate;
    const uint8_t *data; /* 16 bits, mono */
    int samples;
};

static unsigned get(const uint8_t *at, int bytes)
{
    unsigned value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static void fail(const char *voice, const char *what)
{
    fprintf(stderr, "espeak-ng (voice %s): %s; is the package espeak-ng installed?\n", voice, what);
    abort();
}

/* espeak-ng does not know the length when it begins to write: the data go to the end. */
static void speak(const char *voice, const char *text, struct wav *wav)
{
    char command[1024];
    snprintf(command, sizeof(command), "espeak-ng -v '%s' -s 160 --stdout \"%s\"", voice, text);
    FILE *pipe = popen(command, "re");
    *wav = (struct wav){ .bytes = malloc(MOST_BYTES) };
    if (!pipe || !wav->bytes)
        fail(voice, "cannot be started");
    wav->n = fread(wav->bytes, 1, MOST_BYTES, pipe);
    if (pclose(pipe) != 0 || wav->n < 64 || memcmp(wav->bytes, "RIFF", 4) != 0)
        fail(voice, "made no sound");
    wav->rate = (int)get(wav->bytes + 24, 4);
    if (get(wav->bytes + 22, 2) != 1 || get(wav->bytes + 34, 2) != 16 || wav->rate < 8000)
        fail(voice, "made another sound than 16 bits mono");
    wav->data = wav->bytes + 44;
    wav->samples = (int)((wav->n - 44) / 2);
}

static double sample(const struct wav *wav, int i)
{
    return i < 0 || i >= wav->samples ? 0 : (double)(int16_t)get(wav->data + 2 * i, 2) / 32768;
}

/* A windowed sinc around each sample's time. */
static float *resample(const struct wav *wav, int *n)
{
    *n = (int)((int64_t)wav->samples * AUDIO_RATE / wav->rate);
    float *out = calloc((size_t)*n + 1, sizeof(float));
    for (int i = 0; out && i < *n; i++) {
        double at = (double)i * wav->rate / AUDIO_RATE, sum = 0;
        int middle = (int)floor(at);
        for (int k = middle - TAPS + 1; k <= middle + TAPS; k++) {
            double x = at - k, window = 0.5 + 0.5 * cos(M_PI * x / TAPS);
            double sinc = fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
            sum += sample(wav, k) * sinc * window;
        }
        out[i] = (float)sum;
    }
    return out;
}

static void scale(struct audio_speech *speech, float peak)
{
    float most = 1e-6f;
    for (int i = 0; i < speech->n; i++)
        most = fabsf(speech->pcm[i]) > most ? fabsf(speech->pcm[i]) : most;
    for (int i = 0; i < speech->n; i++)
        speech->pcm[i] *= peak / most;
}

static void make_room(struct audio_speech *speech, double seconds)
{
    *speech = (struct audio_speech){ .n = (int)(seconds * AUDIO_RATE) };
    speech->pcm = calloc((size_t)speech->n, sizeof(float));
    if (!speech->pcm)
        abort();
}

void audio_speech_make(struct audio_speech *speech, const char *voice, const char *text,
                       double seconds, float peak)
{
    struct wav wav;
    int n;
    speak(voice, text, &wav);
    float *once = resample(&wav, &n);
    make_room(speech, seconds);
    if (!once || n == 0)
        abort();
    for (int i = 0; i < speech->n; i++)
        speech->pcm[i] = once[i % n];
    scale(speech, peak);
    free(once);
    free(wav.bytes);
}

/* Without the silence before and behind. */
static float *trimmed(float *pcm, int *n)
{
    int from = 0, to = *n;
    while (from < to && fabsf(pcm[from]) < 0.01f)
        from++;
    while (to > from && fabsf(pcm[to - 1]) < 0.01f)
        to--;
    *n = to - from;
    return pcm + from;
}

void audio_words_make(struct audio_speech *speech, const char *voice, const char *const *words,
                      double seconds, float peak)
{
    float *said[AUDIO_MAX_WORDS], *part[AUDIO_MAX_WORDS];
    int length[AUDIO_MAX_WORDS], n = 0, at = 0;
    for (; words[n] && n < AUDIO_MAX_WORDS; n++) {
        struct wav wav;
        speak(voice, words[n], &wav);
        said[n] = resample(&wav, &length[n]);
        part[n] = trimmed(said[n], &length[n]);
        free(wav.bytes);
    }
    make_room(speech, seconds);
    for (int w = 0; speech->n_words < AUDIO_MAX_WORDS; w = (w + 1) % n) {
        int from = at + PAUSE, to = from + length[w];
        if (to + PAUSE > speech->n)
            break;
        memcpy(speech->pcm + from, part[w], (size_t)length[w] * sizeof(float));
        speech->words[speech->n_words].from = from;
        speech->words[speech->n_words++].to = to;
        at = to;
    }
    for (int w = 0; w < n; w++)
        free(said[w]);
    scale(speech, peak);
}

void audio_speech_free(struct audio_speech *speech)
{
    free(speech->pcm);
    *speech = (struct audio_speech){ 0 };
}
