/* See load.h. */
#include "media/worker/load.h"

#define PERIOD_US    ((int64_t)100000)
#define WEIGHT       (1.0 / 32) /* of a new period: 3 s to forget two thirds */
#define COMPANY_FROM 0.25       /* busier than that, it waits for company */
#define COMPANY_FULL 0.50       /* for so long from here on */
#define COMPANY_US   1000
#define OWN          0.5       /* of the processor at least, or it is others that make it late */
#define WEIGHT_LAG   (1.0 / 8) /* a stall counts more while it is fresh */

void hop_worker_load_turn(struct hop_worker_load *load, int64_t begin_us, int64_t end_us)
{
    int64_t us = end_us - begin_us;
    if (us <= 0)
        return;
    load->busy_us += us;
    if (us > load->longest_us)
        load->longest_us = us;
}

bool hop_worker_load_update(struct hop_worker_load *load, int64_t now_us)
{
    if (load->period_us == 0)
        load->period_us = now_us;
    int64_t passed_us = now_us - load->period_us;
    if (passed_us < PERIOD_US)
        return false;
    double busy = (double)load->busy_us / (double)passed_us;
    load->last_busy = busy;
    load->last_us = passed_us;
    /* a long sleep is many empty periods */
    for (int64_t n = passed_us / PERIOD_US; n > 0 && n <= 64; n--) {
        load->busy += ((busy > 1 ? 1 : busy) - load->busy) * WEIGHT;
        load->lag_us += ((double)load->longest_us - load->lag_us) * WEIGHT_LAG;
    }
    if (passed_us / PERIOD_US > 64) {
        load->busy = busy;
        load->lag_us = (double)load->longest_us;
    }
    load->period_us = now_us;
    load->busy_us = load->longest_us = 0;
    return true;
}

/* Where it is between the two, 0..1. */
static double share(double busy, double from, double to)
{
    return busy <= from ? 0 : busy >= to ? 1 : (busy - from) / (to - from);
}

int64_t hop_worker_load_company_us(const struct hop_worker_load *load)
{
    return (int64_t)(share(load->last_busy, COMPANY_FROM, COMPANY_FULL) * COMPANY_US);
}

double hop_worker_load_cpu(struct hop_worker_load *load, uint64_t cpu_us)
{
    uint64_t ran_us = cpu_us - load->cpu_us;
    load->cpu_us = cpu_us;
    double share = load->last_us > 0 ? (double)ran_us / (double)load->last_us : 0;
    load->cpu += ((share > 1 ? 1 : share) - load->cpu) * WEIGHT;
    return share;
}

double hop_worker_load_own(const struct hop_worker_load *load)
{
    return load->cpu < OWN ? load->cpu : load->busy;
}
