/* One tick of a room: whose voices, the sums, the encodes, who is named; see mixer.h. Mix thread.
 */
#include "media/mix/mixer_private.h"

#include "media/mix/level.h"
#include "media/mix/talker.h"

enum {
    LOSSY_REST = 100
}; /* frames for which the lossy mix is made when nobody needs it any more */

static const float no_sound[HOP_MIX_FRAME];

bool hop_mixer_active(const struct hop_mixer *mixer)
{
    return mixer->selection.seats.n > 0 ||
           (mixer->desk && hop_outlet_sounding(&mixer->desk->shared));
}

/* Who changed his hall while he talked has no booth yet. He comes from another one. */
static void move_between_halls(struct hop_mixer *mixer)
{
    for (int s = 0; s < mixer->selection.seats.n; s++) {
        const struct hop_seat *seat = mixer->selection.seats.seat[s];
        if (hop_mixer_has_booth(mixer, seat->hall, seat->peer) ||
            hop_mixer_need_booth(mixer, seat->hall, seat->peer) < 0)
            continue;
        struct hop_booth *booth = &mixer->booths[mixer->n_booths - 1];
        hop_outlet_welcome(&booth->outlet, booth->variant);
    }
}

/* Makes the lossy mix as long as somebody needs it, and a little longer, for he may not have left
 * it yet. */
static void follow_lines(struct hop_mixer *mixer)
{
    struct hop_mixer_desk *desk = mixer->desk;
    struct hop_outlet *shared = &desk->shared;

    if (mixer->loss > 0)
        desk->lossy_rest = LOSSY_REST;
    else if (desk->lossy_rest > 0)
        desk->lossy_rest--;
    if (desk->lossy_rest == 0) {
        hop_outlet_end(shared, &mixer->encoders, HOP_AUDIO_LOSSY);
    } else if (!hop_outlet_makes(shared, HOP_AUDIO_LOSSY)) {
        struct hop_booth_origin origin = hop_mixer_origin(desk);
        hop_outlet_begin(shared, &mixer->encoders, HOP_AUDIO_LOSSY, mixer->loss, origin.past,
                         HOP_OUTLET_PRIME);
    }
    if (mixer->loss > 0)
        hop_outlet_set_loss(shared, mixer->loss);
    desk->waited = mixer->moves ? desk->waited + 1 : 0;
    if (mixer->moves && hop_outlet_may_move(desk->history[desk->newest], desk->waited)) {
        mixer->welcome |= mixer->moves;
        mixer->moves = 0;
    }
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++)
        if (mixer->welcome & 1u << v)
            hop_outlet_welcome(shared, (enum hop_audio_variant)v);
    mixer->welcome = 0;
}

/* The room's clock goes on through silences, in whole frames. */
static void advance_clock(struct hop_mixer *mixer, int64_t now_us)
{
    int64_t frames = 1;
    if (mixer->ticked)
        frames = (now_us - mixer->used_us + HOP_MIX_FRAME_US / 2) / HOP_MIX_FRAME_US;
    if (frames < 1)
        frames = 1;
    mixer->timestamp += (uint32_t)((uint64_t)frames * HOP_MIX_FRAME);
    mixer->used_us = now_us;
    mixer->ticked = true;
    mixer->stats.ticks++;
}

/* The shared mix in each variant that somebody needs. */
static bool make_shared(struct hop_mixer *mixer, struct hop_audio_tick *out)
{
    struct hop_mixer_desk *desk = mixer->desk;
    bool any = false;

    hop_seats_sum(&mixer->selection.seats, desk->sum);
    desk->newest = (desk->newest + 1) % HOP_OUTLET_PRIME;
    float *limited = desk->history[desk->newest];
    hop_outlet_limit(&desk->shared, desk->sum, limited);
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++) {
        bool made =
            hop_outlet_encode(&desk->shared, (enum hop_audio_variant)v, limited, &out->shared[v]);
        mixer->stats.encoded_frames += made;
        any = any || made;
    }
    return any;
}

static bool make_owns(struct hop_mixer *mixer, struct hop_audio_tick *out)
{
    float heard[HOP_MIX_FRAME];
    bool any = false;

    for (int b = 0; b < mixer->n_booths; b++) {
        struct hop_booth *booth = &mixer->booths[b];
        struct hop_audio_own *own = &out->owns[out->n_owns++];
        own->hall = booth->hall;
        own->peer = booth->peer;
        hop_seats_without(&mixer->selection.seats, mixer->desk->sum, booth->hall, booth->peer,
                          heard);
        mixer->stats.encoded_frames += (uint64_t)hop_booth_frame(
            booth, &mixer->members, &mixer->encoders, heard, &own->payload);
        any = any || own->payload.len > 0;
    }
    return any;
}

static void name_talkers(const struct hop_mixer *mixer, struct hop_audio_tick *out)
{
    for (int s = 0; s < mixer->selection.seats.n; s++) {
        const struct hop_seat *seat = mixer->selection.seats.seat[s];
        const struct hop_talker *microphone =
            hop_streams_of(&mixer->streams, seat->peer, HOP_STREAM_MICROPHONE);
        struct hop_audio_talker talker = { .peer = seat->peer,
                                           .hall = seat->hall,
                                           .level = hop_level_from_power(seat->power) };
        if (!seat->open || talker.level >= HOP_MIX_LEVEL_SILENT)
            continue;
        if (microphone) {
            const struct hop_loudness *loudness = hop_talker_loudness(microphone);
            talker.speech_dbov = hop_loudness_dbov(loudness);
            talker.verdict = (uint8_t)loudness->verdict;
        }
        out->talkers[out->n_talkers++] = talker;
    }
}

bool hop_mixer_tick(struct hop_mixer *mixer, int64_t now_us, struct hop_audio_tick *out)
{
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++)
        out->shared[v].len = 0;
    out->n_talkers = out->n_owns = 0;
    out->samples = HOP_MIX_FRAME;
    out->marker = false;
    if (!mixer->desk)
        return false;
    advance_clock(mixer, now_us);
    out->timestamp = mixer->timestamp;

    hop_selection_clear(&mixer->selection, &mixer->streams);
    hop_mixer_leave_empty_booths(mixer);
    move_between_halls(mixer);
    follow_lines(mixer);
    for (int s = 0; s < mixer->selection.seats.n; s++)
        mixer->stats.decoded_frames += (uint64_t)hop_seat_gather(
            mixer->selection.seats.seat[s], &mixer->streams, mixer->levelling, now_us);
    bool any = make_shared(mixer, out);
    any = make_owns(mixer, out) || any;
    name_talkers(mixer, out);
    out->marker = any && !mixer->sounded;
    mixer->sounded = any;
    return any;
}

const float *hop_mixer_pcm(const struct hop_mixer *mixer)
{
    return mixer->desk ? mixer->desk->history[mixer->desk->newest] : no_sound;
}
