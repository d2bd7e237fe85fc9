/* Relative packet delays in a histogram that forgets; see delay.h. Mix thread. */
#include "media/mix/delay.h"

#include <stdbool.h>
#include <string.h>

enum {
    WILD_US = 1000000,
    HELD_PART = 4, /* of a packet's weight, when it was held up with the one before */
};

static const float late_share = 0.07f;
static const float forget_per_us = 0.025f / 20000.0f;

void hop_delay_rebase(struct hop_delay *delay)
{
    for (int i = 0; i < HOP_DELAY_SPANS; i++)
        delay->least_us[i] = INT64_MAX;
    delay->base_us = INT64_MAX;
}

static int bucket_of(int64_t relative_us)
{
    int64_t bucket = (relative_us + HOP_DELAY_BUCKET_US / 2) / HOP_DELAY_BUCKET_US;
    return bucket < HOP_DELAY_BUCKETS ? (int)bucket : HOP_DELAY_BUCKETS - 1;
}

void hop_delay_init(struct hop_delay *delay, int64_t start_us)
{
    memset(delay, 0, sizeof(*delay));
    hop_delay_rebase(delay);
    delay->share[bucket_of(start_us)] = 1.0f;
}

static void go_to_span(struct hop_delay *delay, int64_t span)
{
    int64_t steps = span - delay->span;
    for (int64_t i = 1; i <= steps && i <= HOP_DELAY_SPANS; i++)
        delay->least_us[(uint64_t)(delay->span + i) % HOP_DELAY_SPANS] = INT64_MAX;
    if (steps > 0)
        delay->span = span;
}

static void update_base(struct hop_delay *delay, int64_t transit_us)
{
    int64_t *least = &delay->least_us[(uint64_t)delay->span % HOP_DELAY_SPANS];
    if (transit_us < *least)
        *least = transit_us;
    delay->base_us = INT64_MAX;
    for (int i = 0; i < HOP_DELAY_SPANS; i++)
        if (delay->least_us[i] < delay->base_us)
            delay->base_us = delay->least_us[i];
}

static void count(struct hop_delay *delay, int64_t relative_us, int64_t packet_us)
{
    float add = (float)packet_us * forget_per_us;
    for (int i = 0; i < HOP_DELAY_BUCKETS; i++)
        delay->share[i] *= 1.0f - add;
    delay->share[bucket_of(relative_us)] += add;
}

int64_t hop_delay_note(struct hop_delay *delay, int64_t ts_us, int64_t packet_us, int64_t now_us)
{
    int64_t transit_us = now_us - ts_us;
    if (delay->base_us != INT64_MAX &&
        (transit_us - delay->base_us > WILD_US || delay->base_us - transit_us > WILD_US))
        hop_delay_rebase(delay);
    go_to_span(delay, now_us / HOP_DELAY_SPAN_US);
    update_base(delay, transit_us);
    int64_t relative_us = transit_us - delay->base_us;
    bool held = relative_us < delay->last_us && now_us - delay->came_us < packet_us / 4;
    count(delay, relative_us, held ? packet_us / HELD_PART : packet_us);
    delay->last_us = relative_us;
    delay->came_us = now_us;
    return relative_us;
}

int64_t hop_delay_target_us(const struct hop_delay *delay)
{
    float tail = 0.0f;
    int bucket = HOP_DELAY_BUCKETS - 1;
    for (; bucket > 0; bucket--) {
        tail += delay->share[bucket];
        if (tail > late_share)
            break;
    }
    return (int64_t)bucket * HOP_DELAY_BUCKET_US;
}
