/* Rings between one worker and its mix thread; see lane.h. */
#include "media/pipeline/lane.h"

#include "media/base/ring.h"
#include "media/pipeline/record_ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct hop_lane {
    struct hop_record_ring *in;
    struct hop_ring *out, *back; /* of struct hop_audio_tick * */
    struct hop_audio_tick *pool;
    struct hop_audio_tick **spare; /* the mix thread's; the last used is used next, it is warm */
    size_t n_spare;
    _Atomic uint64_t refused;
};

static int make_rings(struct hop_lane *lane, size_t in_bytes, size_t ticks)
{
    int rc = hop_record_ring_new(in_bytes, &lane->in);
    if (rc == 0)
        rc = hop_ring_new(ticks, sizeof(struct hop_audio_tick *), &lane->out);
    if (rc == 0)
        rc = hop_ring_new(ticks, sizeof(struct hop_audio_tick *), &lane->back);
    return rc;
}

int hop_lane_new(size_t in_bytes, size_t ticks, struct hop_lane **out)
{
    struct hop_lane *lane = calloc(1, sizeof(*lane));
    if (!lane)
        return -ENOMEM;
    lane->pool = malloc(ticks * sizeof(*lane->pool));
    lane->spare = malloc(ticks * sizeof(struct hop_audio_tick *));
    int rc = make_rings(lane, in_bytes, ticks);
    if (rc == 0 && (!lane->pool || !lane->spare))
        rc = -ENOMEM;
    if (rc) {
        hop_lane_free(lane);
        return rc;
    }
    for (size_t i = ticks; i > 0; i--)
        lane->spare[lane->n_spare++] = &lane->pool[i - 1];
    *out = lane;
    return 0;
}

void hop_lane_free(struct hop_lane *lane)
{
    if (!lane)
        return;
    hop_record_ring_free(lane->in);
    hop_ring_free(lane->out);
    hop_ring_free(lane->back);
    free(lane->pool);
    free(lane->spare);
    free(lane);
}

static void count_refused(struct hop_lane *lane)
{
    atomic_fetch_add_explicit(&lane->refused, 1, memory_order_relaxed);
}

/* ---- the worker -------------------------------------------------------------------------------
 */

struct hop_lane_message *hop_lane_begin(struct hop_lane *lane, size_t len)
{
    struct hop_lane_message *message = hop_record_ring_reserve(lane->in, sizeof(*message) + len);
    if (!message)
        count_refused(lane);
    return message;
}

void hop_lane_commit(struct hop_lane *lane)
{
    hop_record_ring_commit(lane->in);
}

size_t hop_lane_waiting(const struct hop_lane *lane)
{
    return hop_record_ring_used(lane->in);
}

const struct hop_audio_tick *hop_lane_take(struct hop_lane *lane)
{
    struct hop_audio_tick *tick = NULL;
    return hop_ring_pop(lane->out, &tick) ? tick : NULL;
}

void hop_lane_give_back(struct hop_lane *lane, const struct hop_audio_tick *tick)
{
    struct hop_audio_tick *own = lane->pool + (tick - lane->pool);
    hop_ring_push(lane->back, &own); /* has room for all there are */
}

/* ---- the mix thread ---------------------------------------------------------------------------
 */

const struct hop_lane_message *hop_lane_peek(struct hop_lane *lane)
{
    size_t size = 0;
    return hop_record_ring_peek(lane->in, &size);
}

void hop_lane_drop(struct hop_lane *lane)
{
    hop_record_ring_release(lane->in);
}

struct hop_audio_tick *hop_lane_tick(struct hop_lane *lane)
{
    struct hop_audio_tick *tick = NULL;

    while (hop_ring_pop(lane->back, &tick))
        lane->spare[lane->n_spare++] = tick;
    if (lane->n_spare == 0) {
        count_refused(lane);
        return NULL;
    }
    return lane->spare[--lane->n_spare];
}

void hop_lane_publish(struct hop_lane *lane, struct hop_audio_tick *tick)
{
    if (hop_ring_push(lane->out, &tick))
        return;
    count_refused(lane);
    hop_lane_keep(lane, tick);
}

void hop_lane_keep(struct hop_lane *lane, struct hop_audio_tick *tick)
{
    lane->spare[lane->n_spare++] = tick;
}

uint64_t hop_lane_refused(const struct hop_lane *lane)
{
    return atomic_load_explicit(&lane->refused, memory_order_relaxed);
}
