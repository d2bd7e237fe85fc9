/* See ops.h. */
#include "server/ops.h"

#include <string.h>

struct sample {
    struct hop_ops *ops;
    int64_t now_us;
};

static void count_room(void *ctx, const char *code, const char *title, int64_t started_at_us)
{
    struct sample *sample = ctx;

    (void)code;
    (void)title;
    (void)started_at_us;
    sample->ops->rooms++;
}

static void count_participant(void *ctx, const struct hop_live_participant *p)
{
    struct sample *sample = ctx;

    sample->ops->participants++;
    sample->ops->lines_up += strcmp(p->line, "up") == 0;
    sample->ops->lines_tcp += strcmp(p->path, "tcp") == 0;
}

static uint64_t rate(uint64_t before, uint64_t now, int64_t us)
{
    return us > 0 && now > before ? (now - before) * 8 * 1000000 / (uint64_t)us : 0;
}

static void take_worker(void *ctx, const struct hop_worker_stats *stats, double cpu)
{
    struct sample *sample = ctx;
    struct hop_ops_worker *worker;
    int64_t us;

    if (stats->index >= HOP_MAX_WORKERS)
        return;
    worker = &sample->ops->workers[stats->index];
    us = worker->sampled_us != 0 ? sample->now_us - worker->sampled_us : 0;
    worker->rx_bps = rate(worker->stats.rx_bytes, stats->rx_bytes, us);
    worker->tx_bps = rate(worker->stats.tx_bytes, stats->tx_bytes, us);
    worker->stats = *stats;
    worker->cpu = cpu;
    worker->sampled_us = sample->now_us;
    if (stats->index >= sample->ops->n_workers)
        sample->ops->n_workers = stats->index + 1;
}

void hop_ops_sample(struct hop_ops *ops, const struct hop_signaling *signaling, int64_t now_us)
{
    static const struct hop_live_ops take = { .room = count_room,
                                              .participant = count_participant,
                                              .worker = take_worker };
    struct sample sample = { ops, now_us };

    ops->rooms = ops->participants = ops->lines_up = ops->lines_tcp = 0;
    hop_signaling_live(signaling, &take, &sample);
}
