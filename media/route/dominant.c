/* The dominant speaker; see dominant.h. Called by voices.c with levels as they come, and every
 * 100 ms to decide. */
#include "media/route/dominant.h"

#include <math.h>
#include <string.h>

enum {
    BANDS = 13, /* steps of a frame's activity */
    BAND_DB = 3,
    BLOCKS = HOP_SPEECH_FRAMES / HOP_SPEECH_BLOCK,
    ACTIVE = 4,       /* a frame of speech: 12 dB above the background */
    HOLD = 3,         /* frames that one level may stand for: packets hold up to 60 ms */
    BLOCK_ACTIVE = 3, /* frames of speech that make a block speech */
    BLOCKS_LEAST = 5, /* blocks of speech before anybody takes over: more than a cough has */
    QUIETEST = 75,    /* a background below -75 dBov is taken for that: digital silence is none */
    LOUDEST = 40,     /* nor is anything louder than -40 dBov */
    START = 65,       /* the background of one of whom nothing is known */
    RISE_Q4 = 1,      /* per frame: the background rises 3 dB a second at most */
};

/* The three intervals' parameters of the exponential law that noise follows (Volfin and Cohen,
 * table 1), and the lead that a challenger needs in the logarithm of his score. */
#define LAMBDA_IMMEDIATE 0.78
#define LAMBDA_MEDIUM    24.0
#define LAMBDA_LONG      47.0
#define LEAD_IMMEDIATE   3.0
#define LEAD_MEDIUM      2.0
#define LEAD_LONG        0.0
#define LEAST_SCORE      1e-10

/* ---- one participant -------------------------------------------------------------------------- */

/* What lies between is as the last packet was, as long as packets can be; then silence. */
static void move_to(struct hop_speech *s, int64_t frame)
{
    int64_t passed = frame - s->frame;
    if (passed <= 0)
        return;
    if (passed >= HOP_SPEECH_FRAMES)
        memset(s->frames, 0, sizeof(s->frames));
    uint8_t last = s->frames[s->heard % HOP_SPEECH_FRAMES];
    for (int64_t f = s->frame + 1; f <= frame && passed < HOP_SPEECH_FRAMES; f++)
        s->frames[f % HOP_SPEECH_FRAMES] = f - s->heard < HOLD ? last : 0;
    s->frame = frame;
}

static unsigned follow_background(struct hop_speech *s, uint8_t level)
{
    unsigned q4 = (level > QUIETEST ? QUIETEST : level) * 16u;
    if (s->background_q4 == 0)
        s->background_q4 = START * 16;
    if (q4 >= s->background_q4)
        s->background_q4 = (uint16_t)q4;
    else if (s->background_q4 > LOUDEST * 16)
        s->background_q4 = (uint16_t)(s->background_q4 - RISE_Q4);
    return s->background_q4 / 16;
}

void hop_speech_level(struct hop_speech *s, uint8_t level, int64_t now_us)
{
    move_to(s, now_us / HOP_SPEECH_FRAME_US + 1);
    unsigned background = follow_background(s, level);
    unsigned above = background > level ? background - level : 0;
    unsigned bands = above / BAND_DB < BANDS ? above / BAND_DB : BANDS;
    uint8_t *frame = &s->frames[s->frame % HOP_SPEECH_FRAMES];
    if (s->heard != s->frame || bands > *frame)
        *frame = (uint8_t)bands;
    s->heard = s->frame;
    if (*frame >= ACTIVE)
        s->spoke = s->frame;
}

bool hop_speech_recent(const struct hop_speech *s, int64_t now_us)
{
    return s->spoke != 0 && now_us / HOP_SPEECH_FRAME_US + 1 - s->spoke < HOP_SPEECH_FRAMES;
}

/* ln of the likelihood of `active` out of n under speech (each with probability one half) over that
 * under noise (exponential). */
static double score(unsigned active, unsigned n, double lambda)
{
    double choose = 0; /* ln of the binomial coefficient */
    for (unsigned i = 0; i < active; i++)
        choose += log((double)(n - i) / (double)(i + 1));
    double phi = choose - n * log(2) - log(lambda) + lambda * active;
    return phi > LEAST_SCORE ? phi : LEAST_SCORE;
}

/* Active frames of the i-th block back from the newest frame. */
static unsigned block(const struct hop_speech *s, unsigned i)
{
    unsigned n = 0;
    for (unsigned f = 0; f < HOP_SPEECH_BLOCK; f++) {
        int64_t frame = s->frame - i * HOP_SPEECH_BLOCK - f;
        n += frame > 0 && s->frames[frame % HOP_SPEECH_FRAMES] >= ACTIVE;
    }
    return n;
}

void hop_speech_score(struct hop_speech *s, int64_t now_us, struct hop_speech_scores *out)
{
    /* The frame that is under way has only begun: one behind counts as the newest. */
    move_to(s, now_us / HOP_SPEECH_FRAME_US);
    unsigned blocks = 0;
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks += block(s, i) >= BLOCK_ACTIVE;
    *out = (struct hop_speech_scores){
        .immediate = score(s->frames[s->frame % HOP_SPEECH_FRAMES], BANDS, LAMBDA_IMMEDIATE),
        .medium = score(block(s, 0), HOP_SPEECH_BLOCK, LAMBDA_MEDIUM),
        .longest = score(blocks, BLOCKS, LAMBDA_LONG),
        .blocks = blocks,
    };
}

/* ---- among all -------------------------------------------------------------------------------- */

bool hop_dominant_yields(const struct hop_speech_scores *d, const struct hop_speech_scores *c)
{
    return c->blocks >= BLOCKS_LEAST && log(c->immediate / d->immediate) > LEAD_IMMEDIATE &&
           log(c->medium / d->medium) > LEAD_MEDIUM && log(c->longest / d->longest) > LEAD_LONG;
}

uint32_t hop_dominant_decide(uint32_t dominant, const struct hop_dominant_candidate *candidates,
                             size_t n, int64_t now_us)
{
    struct hop_speech_scores scores, held = { LEAST_SCORE, LEAST_SCORE, LEAST_SCORE, 0 };
    double best = 0;
    uint32_t winner = dominant;
    for (size_t i = 0; i < n; i++)
        if (candidates[i].peer == dominant)
            hop_speech_score(candidates[i].speech, now_us, &held);
    for (size_t i = 0; i < n; i++) {
        if (candidates[i].peer == dominant)
            continue;
        hop_speech_score(candidates[i].speech, now_us, &scores);
        double lead = scores.medium * scores.longest;
        if (hop_dominant_yields(&held, &scores) && lead > best) {
            best = lead;
            winner = candidates[i].peer;
        }
    }
    return winner;
}
