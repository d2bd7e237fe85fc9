/* See relief.h. */
#include "media/worker/relief.h"

#define STRAINED    0.95
#define EASY        0.75
#define IDLE        0.40               /* so far below that the step was too large */
#define RUNS        0.50               /* of the processor at least, or the strain is not its own */
#define STRAINED_US ((int64_t)300000)  /* that long before it is believed */
#define SETTLE_US   ((int64_t)700000)  /* layers change at key frames: a step shows only then */
#define EASY_US     ((int64_t)2000000) /* room for that long before a step up */
#define IDLE_US     ((int64_t)300000)
#define FORGET_US   ((int64_t)30000000)
#define LEAST       5 /* percent: not even slides come through below that */
#define STEP        5

static int clamp(int percent)
{
    return percent < LEAST ? LEAST : percent > HOP_RELIEF_NONE ? HOP_RELIEF_NONE : percent;
}

static void since(int64_t *mark, bool is, int64_t now_us)
{
    if (!is)
        *mark = 0;
    else if (*mark == 0)
        *mark = now_us;
}

static void step(struct hop_relief *r, int percent, int64_t now_us)
{
    r->percent = clamp(percent);
    r->changed_us = now_us;
    r->easy_us = r->strained_us = 0;
}

/* A worker that others keep from running is late, too, but sending less would not help it. */
static bool is_strained(const struct hop_strain *s)
{
    return s->cpu >= RUNS && (s->busy >= STRAINED || (s->overflowed && s->busy >= EASY));
}

static void raise(struct hop_relief *r, const struct hop_strain *s, int64_t now_us)
{
    bool idle = s->busy < IDLE;
    int most = !idle && r->ceiling < HOP_RELIEF_NONE ? r->ceiling - STEP : HOP_RELIEF_NONE;
    int next = idle ? r->percent * 3 / 2 + 1 : r->percent + STEP;
    if (r->percent < most)
        step(r, next < most ? next : most, now_us);
}

int hop_relief_update(struct hop_relief *r, const struct hop_strain *s, int64_t now_us)
{
    if (r->percent == 0)
        *r = (struct hop_relief){ .percent = HOP_RELIEF_NONE, .ceiling = HOP_RELIEF_NONE };
    since(&r->strained_us, is_strained(s), now_us);
    since(&r->easy_us, s->busy < EASY && !s->overflowed, now_us);
    if (r->ceiling < HOP_RELIEF_NONE && now_us - r->ceiling_us > FORGET_US)
        r->ceiling = HOP_RELIEF_NONE;
    if (now_us - r->changed_us < SETTLE_US && r->changed_us != 0)
        return r->percent;
    if (r->strained_us != 0 && now_us - r->strained_us >= STRAINED_US) {
        r->ceiling = r->percent;
        r->ceiling_us = now_us;
        step(r, r->percent * 7 / 10, now_us);
    } else if (r->easy_us != 0 && r->percent < HOP_RELIEF_NONE &&
               now_us - r->easy_us >= (s->busy < IDLE ? IDLE_US : EASY_US)) {
        raise(r, s, now_us);
    }
    return r->percent;
}
