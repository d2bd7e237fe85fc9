/* What mixer.c (a room's life, what comes in) and mixer_tick.c (its frames) share. Mix thread. */
#pragma once

#include "media/mix/booth.h"
#include "media/mix/mixer.h"
#include "media/mix/selection.h"
#include "media/mix/streams.h"

enum { HOP_MIXER_BOOTHS = HOP_MAX_TALKERS };

/* What a room needs only when somebody talks. */
struct hop_mixer_desk {
    struct hop_outlet shared;
    int lossy_rest;                                 /* frames left */
    int waited;                                     /* frames for a pause */
    float history[HOP_OUTLET_PRIME][HOP_MIX_FRAME]; /* what the shared encoders got, a ring */
    int newest;
    float sum[HOP_MIX_FRAME];
};

struct hop_mixer {
    struct hop_encoders encoders;
    struct hop_streams streams;
    struct hop_members members;
    uint16_t loss;    /* the worst of the members' */
    unsigned welcome; /* mask of shared variants to which listeners come now from elsewhere */
    unsigned moves;   /* likewise, those that listeners shall come to in the next pause */
    bool levelling;
    struct hop_mixer_desk *desk;
    struct hop_selection selection;
    struct hop_booth booths[HOP_MIXER_BOOTHS];
    int n_booths;
    int64_t used_us; /* last tick */
    bool ticked;
    uint32_t timestamp; /* of the last tick */
    bool sounded;       /* the last tick had something to send */
    struct hop_mixer_stats stats;
};

/* What the shared mix was made of lately. */
struct hop_booth_origin hop_mixer_origin(const struct hop_mixer_desk *desk);
bool hop_mixer_has_booth(const struct hop_mixer *mixer, uint16_t hall, uint32_t peer);
/* Opens one for his group if it has none. -ENOMEM. */
int hop_mixer_need_booth(struct hop_mixer *mixer, uint16_t hall, uint32_t peer);
/* Groups of whom nobody has a seat any more go back to the shared mix. Whoever was sent nothing of
 * late, or comes from the other variant, has to be welcomed there. */
void hop_mixer_leave_empty_booths(struct hop_mixer *mixer);
