/* The mix without one group; see booth.h. Mix thread. */
#include "media/mix/booth.h"

int hop_booth_open(struct hop_booth *booth, uint16_t hall, uint32_t peer,
                   const struct hop_members *members, struct hop_encoders *encoders,
                   const struct hop_booth_origin *origin)
{
    uint16_t loss = hop_members_loss(members, hall, peer);

    *booth = (struct hop_booth){ .hall = hall, .peer = peer, .variant = hop_variant_for(loss) };
    hop_outlet_init(&booth->outlet);
    hop_outlet_follow(&booth->outlet, origin->outlet);
    int rc = hop_outlet_begin(&booth->outlet, encoders, booth->variant, loss, origin->past,
                              HOP_OUTLET_PRIME);
    if (rc)
        return rc;
    if (hop_members_variants(members, hall, peer) != 1u << booth->variant)
        hop_outlet_welcome(&booth->outlet, booth->variant);
    return 0;
}

void hop_booth_close(struct hop_booth *booth, struct hop_encoders *encoders)
{
    hop_outlet_close(&booth->outlet, encoders);
}

/* Begins to prepare the encoder of the variant that is needed now, and lets it take over once it is
 * prepared and `last`, the frame heard before, was a pause. */
static void follow_lines(struct hop_booth *booth, const struct hop_members *members,
                         struct hop_encoders *encoders, const float last[HOP_MIX_FRAME])
{
    struct hop_outlet *outlet = &booth->outlet;
    uint16_t loss = hop_members_loss(members, booth->hall, booth->peer);
    enum hop_audio_variant wanted = hop_variant_for(loss);
    enum hop_audio_variant other =
        booth->variant == HOP_AUDIO_CLEAN ? HOP_AUDIO_LOSSY : HOP_AUDIO_CLEAN;

    if (loss > 0)
        hop_outlet_set_loss(outlet, loss);
    if (wanted == booth->variant) {
        hop_outlet_end(outlet, encoders, other);
        return;
    }
    if (!hop_outlet_makes(outlet, wanted) &&
        hop_outlet_begin(outlet, encoders, wanted, loss, NULL, 0) < 0)
        return; /* the old one will do */
    int age = outlet->lanes[wanted].age;
    if (hop_outlet_sounding(outlet) && (age < HOP_OUTLET_PRIME || !hop_outlet_may_move(last, age)))
        return;
    hop_outlet_end(outlet, encoders, booth->variant);
    hop_outlet_welcome(outlet, wanted);
    booth->variant = wanted;
}

int hop_booth_frame(struct hop_booth *booth, const struct hop_members *members,
                    struct hop_encoders *encoders, float heard[HOP_MIX_FRAME],
                    struct hop_audio_payload *out)
{
    int encoded = 0;

    hop_outlet_limit(&booth->outlet, heard, heard);
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++)
        if (v != (int)booth->variant)
            encoded += hop_outlet_encode(&booth->outlet, (enum hop_audio_variant)v, heard, out);
    encoded += hop_outlet_encode(&booth->outlet, booth->variant, heard, out);
    follow_lines(booth, members, encoders, heard); /* for the next frame */
    return encoded;
}
