/* The mix without one group: a hall in which somebody talks, or one who talks by himself (a group
 * shares one encode, which leaves all of its voices out). Owned by the mixer, called on the mix
 * thread.
 *
 * A booth begins where the shared mix is (outlet.h) and ends when nobody of its group has a seat.
 * Its encoder is of the variant that the worst line of the group needs. When that changes, the
 * other encoder hears the same for some frames before it takes over.
 */
#pragma once

#include "media/mix/members.h"
#include "media/mix/outlet.h"

struct hop_booth {
    uint16_t hall; /* 0: of this one peer */
    uint32_t peer;
    enum hop_audio_variant variant;
    struct hop_outlet outlet;
};

/* What the shared mix is doing now. */
struct hop_booth_origin {
    const struct hop_outlet *outlet;
    const float *past[HOP_OUTLET_PRIME]; /* frames it has encoded, oldest first */
};

/* -ENOMEM. */
int hop_booth_open(struct hop_booth *booth, uint16_t hall, uint32_t peer,
                   const struct hop_members *members, struct hop_encoders *encoders,
                   const struct hop_booth_origin *origin);
void hop_booth_close(struct hop_booth *booth, struct hop_encoders *encoders);

/* One frame of what the group hears; uses `heard` for its own ends. Returns how many frames were
 * encoded. */
int hop_booth_frame(struct hop_booth *booth, const struct hop_members *members,
                    struct hop_encoders *encoders, float heard[HOP_MIX_FRAME],
                    struct hop_audio_payload *out);
