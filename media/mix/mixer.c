/* The mixing kernel of one room: its life, what comes in, what it is told; see mixer.h. The tick is
 * in mixer_tick.c. Mix thread. */
#include "media/mix/mixer_private.h"

#include "media/mix/talker.h"

#include <errno.h>
#include <stdlib.h>

/* ---- making and unmaking ----------------------------------------------------------------------
 */

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

struct hop_audio_params hop_mixer_clamp(const struct hop_audio_params *params)
{
    return (struct hop_audio_params){
        .bitrate_bps = clamp(params->bitrate_bps, 6000, 128000),
        .complexity = clamp(params->complexity, 0, 10),
        .jitter_ms = clamp(params->jitter_ms, 20, 200),
        .max_talkers = clamp(params->max_talkers, 1, HOP_MAX_TALKERS),
        .max_voices = params->max_voices,
        .application =
            (enum hop_audio_application)clamp((int)params->application, 0, (int)HOP_AUDIO_APP_VOIP),
        .bandwidth =
            (enum hop_audio_bandwidth)clamp((int)params->bandwidth, 0, (int)HOP_AUDIO_WIDEBAND),
    };
}

int hop_mixer_new(const struct hop_audio_params *params, struct hop_mixer **out)
{
    struct hop_mixer *mixer = calloc(1, sizeof(*mixer));
    if (!mixer)
        return -ENOMEM;
    mixer->encoders.params = hop_mixer_clamp(params);
    mixer->streams.jitter_ms = mixer->encoders.params.jitter_ms;
    mixer->selection.seats_max = mixer->encoders.params.max_talkers;
    mixer->levelling = true;
    *out = mixer;
    return 0;
}

static void free_desk(struct hop_mixer *mixer)
{
    if (!mixer->desk)
        return;
    hop_outlet_close(&mixer->desk->shared, &mixer->encoders);
    free(mixer->desk);
    mixer->desk = NULL;
}

static void close_booths(struct hop_mixer *mixer)
{
    while (mixer->n_booths > 0)
        hop_booth_close(&mixer->booths[--mixer->n_booths], &mixer->encoders);
}

void hop_mixer_free(struct hop_mixer *mixer)
{
    if (!mixer)
        return;
    close_booths(mixer);
    free_desk(mixer);
    mixer->selection.seats.n = 0;
    hop_seats_free_spare(&mixer->selection.seats);
    hop_streams_clear(&mixer->streams);
    hop_members_clear(&mixer->members);
    hop_encoders_clear(&mixer->encoders);
    free(mixer);
}

static int make_desk(struct hop_mixer *mixer)
{
    struct hop_mixer_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    hop_outlet_init(&desk->shared);
    int rc = hop_outlet_begin(&desk->shared, &mixer->encoders, HOP_AUDIO_CLEAN, 0, NULL, 0);
    if (rc) {
        free(desk);
        return rc;
    }
    mixer->desk = desk;
    return 0;
}

/* ---- seats and booths -------------------------------------------------------------------------
 */

struct hop_booth_origin hop_mixer_origin(const struct hop_mixer_desk *desk)
{
    struct hop_booth_origin origin = { .outlet = &desk->shared };
    for (int i = 0; i < HOP_OUTLET_PRIME; i++)
        origin.past[i] = desk->history[(desk->newest + 1 + i) % HOP_OUTLET_PRIME];
    return origin;
}

bool hop_mixer_has_booth(const struct hop_mixer *mixer, uint16_t hall, uint32_t peer)
{
    for (int i = 0; i < mixer->n_booths; i++)
        if (hop_same_group(mixer->booths[i].hall, mixer->booths[i].peer, hall, peer))
            return true;
    return false;
}

int hop_mixer_need_booth(struct hop_mixer *mixer, uint16_t hall, uint32_t peer)
{
    if (hop_mixer_has_booth(mixer, hall, peer))
        return 0;
    if (mixer->n_booths == HOP_MIXER_BOOTHS)
        return -ENOMEM;
    struct hop_booth_origin origin = hop_mixer_origin(mixer->desk);
    int rc = hop_booth_open(&mixer->booths[mixer->n_booths], hall, peer, &mixer->members,
                            &mixer->encoders, &origin);
    if (rc == 0)
        mixer->n_booths++;
    return rc;
}

void hop_mixer_leave_empty_booths(struct hop_mixer *mixer)
{
    for (int b = 0; b < mixer->n_booths; b++) {
        struct hop_booth *booth = &mixer->booths[b];
        bool used = false;
        for (int s = 0; s < mixer->selection.seats.n; s++)
            used = used ||
                   hop_same_group(mixer->selection.seats.seat[s]->hall,
                                  mixer->selection.seats.seat[s]->peer, booth->hall, booth->peer);
        if (used)
            continue;
        unsigned to = hop_members_variants(&mixer->members, booth->hall, booth->peer);
        if (hop_outlet_sounding(&booth->outlet))
            to &= ~(1u << booth->variant);
        mixer->welcome |= to;
        hop_booth_close(booth, &mixer->encoders);
        mixer->booths[b--] = mixer->booths[--mixer->n_booths];
    }
}

/* Gives the peer a seat and his group a booth, and begins to decode his stream. */
static enum hop_mix_verdict start_stream(struct hop_mixer *mixer, struct hop_talker *talker,
                                         uint32_t peer, enum hop_talker_wish wish, int64_t now_us)
{
    bool full = false;

    if (!mixer->desk && make_desk(mixer) < 0)
        return HOP_MIX_NO_MEMORY;
    const struct hop_seat *seat = hop_selection_seat(&mixer->selection, &mixer->streams,
                                                     &mixer->members, peer, wish, now_us, &full);
    mixer->stats.full += full;
    if (!seat)
        return full ? HOP_MIX_FULL : HOP_MIX_NO_MEMORY;
    hop_mixer_leave_empty_booths(mixer);
    if (hop_mixer_need_booth(mixer, seat->hall, peer) < 0)
        return HOP_MIX_NO_MEMORY;
    return hop_talker_start(talker, wish, now_us) == 0 ? HOP_MIX_OK : HOP_MIX_NO_MEMORY;
}

/* ---- what comes in ----------------------------------------------------------------------------
 */

static enum hop_mix_verdict verdict_of(enum hop_jitter_verdict verdict)
{
    switch (verdict) {
    case HOP_JITTER_OK:
        return HOP_MIX_OK;
    case HOP_JITTER_LATE:
        return HOP_MIX_LATE;
    case HOP_JITTER_DUPLICATE:
        return HOP_MIX_DUPLICATE;
    case HOP_JITTER_NO_MEMORY:
        return HOP_MIX_NO_MEMORY;
    case HOP_JITTER_MALFORMED:
        break;
    }
    return HOP_MIX_MALFORMED;
}

enum hop_mix_verdict hop_mixer_push(struct hop_mixer *mixer, uint32_t peer, enum hop_source source,
                                    uint64_t ext_seq, uint32_t timestamp, const uint8_t *payload,
                                    size_t len, uint8_t level, int64_t now_us)
{
    int index = hop_streams_index(peer, source);
    enum hop_talker_wish wish = HOP_WISH_NOTHING;

    if (index < 0)
        return HOP_MIX_MALFORMED;
    struct hop_talker *talker = hop_streams_get(&mixer->streams, index);
    if (!talker)
        return HOP_MIX_NO_MEMORY;
    enum hop_jitter_verdict verdict =
        hop_talker_push(talker, ext_seq, timestamp, payload, len, level, now_us, &wish);
    if (wish == HOP_WISH_NOTHING) {
        if (!mixer->desk) /* a room in which nobody talks keeps no decoder for looking at him */
            hop_voices_clear(&mixer->streams.voices);
        return verdict_of(verdict);
    }
    return start_stream(mixer, talker, peer, wish, now_us);
}

enum hop_mix_verdict hop_mixer_push_copy(struct hop_mixer *mixer, uint32_t peer,
                                         enum hop_source source, uint64_t ext_seq,
                                         uint32_t timestamp, const uint8_t *payload, size_t len,
                                         int64_t now_us)
{
    int index = hop_streams_index(peer, source);

    if (index < 0)
        return HOP_MIX_MALFORMED;
    struct hop_talker *talker = hop_streams_at(&mixer->streams, index);
    if (!talker)
        return HOP_MIX_DUPLICATE; /* nothing is missing yet */
    return verdict_of(hop_talker_push_copy(talker, ext_seq, timestamp, payload, len, now_us));
}

void hop_mixer_stream_reset(struct hop_mixer *mixer, uint32_t peer, enum hop_source source)
{
    hop_streams_remove(&mixer->streams, hop_streams_index(peer, source));
}

void hop_mixer_peer_remove(struct hop_mixer *mixer, uint32_t peer)
{
    hop_mixer_stream_reset(mixer, peer, HOP_SOURCE_MICROPHONE);
    hop_mixer_stream_reset(mixer, peer, HOP_SOURCE_SCREEN_AUDIO);
    hop_selection_forget(&mixer->selection, peer);
    hop_mixer_leave_empty_booths(
        mixer); /* there may be no tick before another one gets his index */
    hop_members_forget(&mixer->members, peer);
    mixer->loss = hop_members_worst(&mixer->members);
}

/* ---- what is told of the participants ---------------------------------------------------------
 */

void hop_mixer_set_hall(struct hop_mixer *mixer, uint32_t peer, uint16_t hall)
{
    struct hop_member *member = hop_members_at(&mixer->members, peer);
    struct hop_seat *seat = hop_seats_find(&mixer->selection.seats, peer);

    if (!member || member->hall == hall)
        return;
    for (int b = 0; b < mixer->n_booths; b++)
        if (hop_same_group(mixer->booths[b].hall, mixer->booths[b].peer, hall, peer))
            hop_outlet_welcome(&mixer->booths[b].outlet, mixer->booths[b].variant);
    mixer->welcome |= 1u << hop_variant_for(member->loss);
    member->hall = hall;
    if (!seat)
        return;
    seat->hall = hall; /* the next tick makes his new booth */
}

void hop_mixer_set_loss(struct hop_mixer *mixer, uint32_t peer, uint16_t permille)
{
    struct hop_member *member = hop_members_at(&mixer->members, peer);

    if (!member || member->loss == permille)
        return;
    bool moves = hop_variant_for(member->loss) != hop_variant_for(permille);
    member->loss = permille;
    mixer->loss = hop_members_worst(&mixer->members);
    if (moves)
        mixer->moves |= 1u << hop_variant_for(permille);
}

void hop_mixer_set_chair(struct hop_mixer *mixer, uint32_t peer, bool chair)
{
    struct hop_member *member = hop_members_at(&mixer->members, peer);
    if (member)
        member->chair = chair;
}

void hop_mixer_set_levelling(struct hop_mixer *mixer, bool on)
{
    mixer->levelling = on;
}

/* ---- keeping house ----------------------------------------------------------------------------
 */

bool hop_mixer_sweep(struct hop_mixer *mixer, int64_t before_us)
{
    if (hop_mixer_active(mixer) || (mixer->ticked && mixer->used_us >= before_us))
        return mixer->desk || mixer->streams.voices.n_spare > 0;
    hop_mixer_leave_empty_booths(mixer);
    hop_seats_free_spare(&mixer->selection.seats);
    free_desk(mixer);
    hop_encoders_clear(&mixer->encoders);
    hop_voices_clear(&mixer->streams.voices);
    return false;
}

static void add_stats(struct hop_jitter_stats *sum, const struct hop_jitter_stats *one)
{
    sum->played += one->played;
    sum->late += one->late;
    sum->duplicate += one->duplicate;
    sum->malformed += one->malformed;
    sum->lost += one->lost;
    sum->fec += one->fec;
    sum->concealed += one->concealed;
    sum->resyncs += one->resyncs;
    sum->moved_back += one->moved_back;
    sum->moved_forward += one->moved_forward;
    sum->copies += one->copies;
}

void hop_mixer_stats(const struct hop_mixer *mixer, struct hop_mixer_stats *out)
{
    *out = mixer->stats;
    for (size_t i = 0; i < mixer->streams.n; i++)
        if (mixer->streams.table[i])
            add_stats(&out->jitter, hop_talker_stats(mixer->streams.table[i]));
}
