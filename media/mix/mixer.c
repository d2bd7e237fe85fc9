/* The mixing kernel of one room; see mixer.h. Mix thread. */
#include "media/mix/mixer.h"

#include "media/mix/level.h"
#include "media/mix/outlet.h"
#include "media/mix/streams.h"
#include "media/mix/talker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINGER = 6, /* frames of common input before a seat is given up */
};

static_assert((int)LINGER >= (int)HOP_OUTLET_PRIME, "a hand-over needs its frames of common input");

/* One who talks. */
struct seat {
    uint32_t peer;
    int linger;  /* frames left after the last stream closed */
    float power; /* mean square of his voice in this frame */
    bool open;
    struct hop_outlet outlet;
    float voice[HOP_MIX_FRAME];
};

/* What a room needs only when somebody talks. */
struct desk {
    struct hop_outlet shared;
    float history[HOP_OUTLET_PRIME][HOP_MIX_FRAME]; /* what the shared encoder got, a ring */
    int newest;
    float sum[HOP_MIX_FRAME];
};

struct hop_mixer {
    struct hop_audio_params params;
    struct hop_streams streams;
    struct desk *desk;
    struct seat *seats[HOP_MAX_TALKERS]; /* n_seats in use, then spare ones or NULL */
    int n_seats;
    int64_t used_us; /* last tick */
    bool ticked;
    uint32_t timestamp; /* of the last tick */
    bool sounded;       /* the last tick had something to send */
    struct hop_mixer_stats stats;
};

static const float no_sound[HOP_MIX_FRAME];

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
    };
}

int hop_mixer_new(const struct hop_audio_params *params, struct hop_mixer **out)
{
    struct hop_mixer *mixer = calloc(1, sizeof(*mixer));
    if (!mixer)
        return -ENOMEM;
    mixer->params = hop_mixer_clamp(params);
    *out = mixer;
    return 0;
}

static void free_desk(struct hop_mixer *mixer)
{
    if (!mixer->desk)
        return;
    hop_outlet_close(&mixer->desk->shared);
    free(mixer->desk);
    mixer->desk = NULL;
}

static void free_spare_seats(struct hop_mixer *mixer)
{
    for (int i = mixer->n_seats; i < HOP_MAX_TALKERS; i++) {
        if (mixer->seats[i])
            hop_outlet_close(&mixer->seats[i]->outlet);
        free(mixer->seats[i]);
        mixer->seats[i] = NULL;
    }
}

void hop_mixer_free(struct hop_mixer *mixer)
{
    if (!mixer)
        return;
    hop_streams_clear(&mixer->streams);
    mixer->n_seats = 0;
    free_spare_seats(mixer);
    free_desk(mixer);
    free(mixer);
}

/* ---- seats ------------------------------------------------------------------------------------
 */

static bool peer_active(const struct hop_mixer *mixer, uint32_t peer)
{
    for (int k = 0; k < HOP_STREAM_KINDS; k++) {
        struct hop_talker *talker = hop_streams_of(&mixer->streams, peer, k);
        if (talker && hop_talker_active(talker))
            return true;
    }
    return false;
}

static struct seat *find_seat(const struct hop_mixer *mixer, uint32_t peer)
{
    for (int i = 0; i < mixer->n_seats; i++)
        if (mixer->seats[i]->peer == peer)
            return mixer->seats[i];
    return NULL;
}

/* Ends the activity of a peer who sends without claiming a level and is not heard; he only waits
 * for a chance, and gives way to one who speaks. */
static bool evict_unheard(struct hop_mixer *mixer, int64_t now_us)
{
    for (int i = 0; i < mixer->n_seats; i++) {
        struct seat *seat = mixer->seats[i];
        if (seat->open || seat->linger > 0)
            continue;
        for (int k = 0; k < HOP_STREAM_KINDS; k++) {
            struct hop_talker *talker = hop_streams_of(&mixer->streams, seat->peer, k);
            if (talker)
                hop_talker_stop(talker, now_us);
        }
        mixer->seats[i] = mixer->seats[--mixer->n_seats];
        mixer->seats[mixer->n_seats] = seat;
        return true;
    }
    return false;
}

static int make_desk(struct hop_mixer *mixer)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    int rc = hop_outlet_open(&desk->shared, &mixer->params);
    if (rc) {
        free(desk);
        return rc;
    }
    mixer->desk = desk;
    return 0;
}

/* The spare seat behind those in use, made if there is none. */
static struct seat *spare_seat(struct hop_mixer *mixer)
{
    struct seat *seat = mixer->seats[mixer->n_seats];
    if (seat)
        return seat;
    seat = calloc(1, sizeof(*seat));
    if (seat && hop_outlet_open(&seat->outlet, &mixer->params) < 0) {
        free(seat);
        seat = NULL;
    }
    mixer->seats[mixer->n_seats] = seat;
    return seat;
}

/* Gives the peer a seat; his outlet continues where the shared one is. */
static enum hop_mix_verdict take_seat(struct hop_mixer *mixer, uint32_t peer, bool claims,
                                      int64_t now_us)
{
    const float *past[HOP_OUTLET_PRIME];

    if (find_seat(mixer, peer))
        return HOP_MIX_OK;
    if (mixer->n_seats >= mixer->params.max_talkers && !(claims && evict_unheard(mixer, now_us))) {
        mixer->stats.full++;
        return HOP_MIX_FULL;
    }
    if (!mixer->desk && make_desk(mixer) < 0)
        return HOP_MIX_NO_MEMORY;
    struct seat *seat = spare_seat(mixer);
    if (!seat)
        return HOP_MIX_NO_MEMORY;
    struct desk *desk = mixer->desk;
    for (int i = 0; i < HOP_OUTLET_PRIME; i++)
        past[i] = desk->history[(desk->newest + 1 + i) % HOP_OUTLET_PRIME];
    hop_outlet_restart(&seat->outlet);
    hop_outlet_follow(&seat->outlet, &desk->shared, past, HOP_OUTLET_PRIME);
    seat->peer = peer;
    seat->open = false;
    seat->power = 0.0f;
    seat->linger = claims ? LINGER : 0;
    mixer->n_seats++;
    return HOP_MIX_OK;
}

static enum hop_mix_verdict start_stream(struct hop_mixer *mixer, struct hop_talker *talker,
                                         uint32_t peer, bool claims, int64_t now_us)
{
    enum hop_mix_verdict verdict = take_seat(mixer, peer, claims, now_us);
    if (verdict != HOP_MIX_OK)
        return verdict;
    return hop_talker_start(talker, now_us) == 0 ? HOP_MIX_OK : HOP_MIX_NO_MEMORY;
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
    bool wants = false;

    if (index < 0)
        return HOP_MIX_MALFORMED;
    struct hop_talker *talker = hop_streams_get(&mixer->streams, index, mixer->params.jitter_ms);
    if (!talker)
        return HOP_MIX_NO_MEMORY;
    enum hop_jitter_verdict verdict =
        hop_talker_push(talker, ext_seq, timestamp, payload, len, level, now_us, &wants);
    if (!wants)
        return verdict_of(verdict);
    return start_stream(mixer, talker, peer, level <= HOP_MIX_LEVEL_SILENT, now_us);
}

void hop_mixer_stream_reset(struct hop_mixer *mixer, uint32_t peer, enum hop_source source)
{
    hop_streams_remove(&mixer->streams, hop_streams_index(peer, source));
}

void hop_mixer_peer_remove(struct hop_mixer *mixer, uint32_t peer)
{
    hop_mixer_stream_reset(mixer, peer, HOP_SOURCE_MICROPHONE);
    hop_mixer_stream_reset(mixer, peer, HOP_SOURCE_SCREEN_AUDIO);
    for (int i = 0; i < mixer->n_seats; i++) {
        struct seat *seat = mixer->seats[i];
        if (seat->peer != peer)
            continue;
        mixer->seats[i] = mixer->seats[--mixer->n_seats];
        mixer->seats[mixer->n_seats] = seat;
        return;
    }
}

/* ---- one tick ---------------------------------------------------------------------------------
 */

bool hop_mixer_active(const struct hop_mixer *mixer)
{
    return mixer->n_seats > 0 || (mixer->desk && hop_outlet_sounding(&mixer->desk->shared));
}

/* Adds up what the peer of this seat says in all his streams. */
static void gather(struct hop_mixer *mixer, struct seat *seat, int64_t now_us)
{
    float frame[HOP_MIX_FRAME];

    memset(seat->voice, 0, sizeof(seat->voice));
    seat->power = 0.0f;
    seat->open = false;
    for (int k = 0; k < HOP_STREAM_KINDS; k++) {
        float power = 0.0f;
        struct hop_talker *talker = hop_streams_of(&mixer->streams, seat->peer, k);
        if (!talker || !hop_talker_active(talker))
            continue;
        hop_talker_pull(talker, now_us, frame, &power);
        mixer->stats.decoded_frames++;
        if (power <= 0.0f && !hop_talker_open(talker))
            continue;
        for (int i = 0; i < HOP_MIX_FRAME; i++)
            seat->voice[i] += frame[i];
        seat->power += power;
        seat->open = true;
    }
    if (seat->open)
        seat->linger = LINGER;
    else if (seat->linger > 0)
        seat->linger--;
}

static void add_up(struct hop_mixer *mixer)
{
    float *sum = mixer->desk->sum;

    memset(sum, 0, sizeof(mixer->desk->sum));
    for (int s = 0; s < mixer->n_seats; s++)
        if (mixer->seats[s]->open)
            for (int i = 0; i < HOP_MIX_FRAME; i++)
                sum[i] += mixer->seats[s]->voice[i];
}

/* What this seat hears: all but himself. Whoever sits alone hears nothing, exactly. */
static void without(const struct hop_mixer *mixer, const struct seat *seat, float *out)
{
    bool others = false;

    for (int s = 0; s < mixer->n_seats; s++)
        others = others || (mixer->seats[s] != seat && mixer->seats[s]->open);
    if (!others) {
        memcpy(out, no_sound, sizeof(no_sound));
        return;
    }
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        out[i] = mixer->desk->sum[i] - seat->voice[i];
}

static void encode_seat(struct hop_mixer *mixer, struct seat *seat, struct hop_audio_talker *out)
{
    float heard[HOP_MIX_FRAME];

    without(mixer, seat, heard);
    out->peer = seat->peer;
    out->level = hop_level_from_power(seat->power);
    out->own = true;
    mixer->stats.encoded_frames += hop_outlet_frame(&seat->outlet, heard, heard, &out->payload);
}

/* Peers who are silent since long enough go back to the shared stream. */
static void clear_seats(struct hop_mixer *mixer)
{
    struct desk *desk = mixer->desk;

    for (int i = 0; i < mixer->n_seats;) {
        struct seat *seat = mixer->seats[i];
        if (seat->open || seat->linger > 0 || peer_active(mixer, seat->peer)) {
            i++;
            continue;
        }
        if (!hop_outlet_sounding(&seat->outlet))
            desk->shared.alone = true; /* he was sent nothing and has lost the thread */
        mixer->seats[i] = mixer->seats[--mixer->n_seats];
        mixer->seats[mixer->n_seats] = seat;
    }
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

bool hop_mixer_tick(struct hop_mixer *mixer, int64_t now_us, struct hop_audio_tick *out)
{
    struct desk *desk = mixer->desk;

    out->shared.len = 0;
    out->n_talkers = 0;
    out->samples = HOP_MIX_FRAME;
    out->marker = false;
    if (!desk)
        return false;
    advance_clock(mixer, now_us);
    out->timestamp = mixer->timestamp;

    clear_seats(mixer);
    for (int s = 0; s < mixer->n_seats; s++)
        gather(mixer, mixer->seats[s], now_us);
    add_up(mixer);
    desk->newest = (desk->newest + 1) % HOP_OUTLET_PRIME;
    bool any =
        hop_outlet_frame(&desk->shared, desk->sum, desk->history[desk->newest], &out->shared);
    mixer->stats.encoded_frames += any;
    for (int s = 0; s < mixer->n_seats; s++) {
        struct hop_audio_talker *talker = &out->talkers[out->n_talkers++];
        encode_seat(mixer, mixer->seats[s], talker);
        any = any || talker->payload.len > 0;
    }
    out->marker = any && !mixer->sounded;
    mixer->sounded = any;
    return any;
}

const float *hop_mixer_pcm(const struct hop_mixer *mixer)
{
    return mixer->desk ? mixer->desk->history[mixer->desk->newest] : no_sound;
}

/* ---- keeping house ----------------------------------------------------------------------------
 */

bool hop_mixer_sweep(struct hop_mixer *mixer, int64_t before_us)
{
    bool left = false;

    for (size_t i = 0; i < mixer->streams.n; i++)
        if (mixer->streams.table[i])
            left = hop_talker_sweep(mixer->streams.table[i], before_us) || left;
    if (hop_mixer_active(mixer) || (mixer->ticked && mixer->used_us >= before_us))
        return left || mixer->desk;
    free_spare_seats(mixer);
    free_desk(mixer);
    return left;
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
}

void hop_mixer_stats(const struct hop_mixer *mixer, struct hop_mixer_stats *out)
{
    *out = mixer->stats;
    for (size_t i = 0; i < mixer->streams.n; i++)
        if (mixer->streams.table[i])
            add_stats(&out->jitter, hop_talker_stats(mixer->streams.table[i]));
}
