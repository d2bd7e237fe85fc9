/* Real speech for the tests of the mix, made when they run: espeak-ng in several voices, as 48 kHz
 * mono float. Aborts, and says why, when it is not there. */
#pragma once

enum { AUDIO_RATE = 48000, AUDIO_FRAME = 960, AUDIO_MAX_WORDS = 64 };

struct audio_speech {
    float *pcm; /* owned */
    int n;
    /* Where each word is, if it was made of words. */
    int n_words;
    struct {
        int from, to;
    } words[AUDIO_MAX_WORDS];
};

/* Continuous speech, at least `seconds` long (the text again and again), with its loudest sample at
 * `peak`. `voice` as espeak-ng names it: "vi", "en-us+f3". */
void audio_speech_make(struct audio_speech *speech, const char *voice, const char *text,
                       double seconds, float peak);
/* Single words with 150 ms of silence before each, until `seconds` are full. */
void audio_words_make(struct audio_speech *speech, const char *voice, const char *const *words,
                      double seconds, float peak);
void audio_speech_free(struct audio_speech *speech);

/* What is said, if a test does not care. */
extern const char audio_text_vi[], audio_text_en[];
extern const char *const audio_words_vi[], *const audio_words_en[]; /* NULL at the end */
