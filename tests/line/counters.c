/* Counters of an impaired line; see counters.h. Written per packet by tests/line/line. */
#include "tests/line/counters.h"

#include <string.h>

static const int64_t TENTH_NS = 100000000;

void hop_line_counters_begin(struct hop_line_counters *c, int64_t now_ns)
{
    memset(c, 0, sizeof(*c));
    c->begin_ns = c->reset_ns = now_ns;
    for (int i = 0; i < HOP_LINE_TENTHS; i++)
        c->tenths[i].index = -1;
}

void hop_line_counters_reset(struct hop_line_counters *c, int64_t now_ns)
{
    memset(c->packets, 0, sizeof(c->packets));
    memset(c->bytes, 0, sizeof(c->bytes));
    memset(c->wait_us, 0, sizeof(c->wait_us));
    c->waits = c->max_wait_us = 0;
    c->reset_ns = now_ns;
}

static struct hop_line_tenth *tenth(struct hop_line_counters *c, int64_t now_ns)
{
    int64_t index = (now_ns - c->begin_ns) / TENTH_NS;
    struct hop_line_tenth *t = &c->tenths[index % HOP_LINE_TENTHS];
    if (t->index != index) {
        memset(t, 0, sizeof(*t));
        t->index = index;
    }
    return t;
}

void hop_line_counters_packet(struct hop_line_counters *c, enum hop_line_fate fate, uint32_t bytes,
                              int64_t now_ns)
{
    struct hop_line_tenth *t = tenth(c, now_ns);
    c->packets[fate]++;
    c->bytes[fate] += bytes;
    t->packets[fate]++;
    t->bytes[fate] += bytes;
}

/* Below 64 µs one bucket per µs, then 32 for each power of two. */
static unsigned bucket_of(uint64_t us)
{
    unsigned power = 0;
    while ((us >> power) >= 64)
        power++;
    unsigned i = power * 32 + (unsigned)(us >> power);
    return i < HOP_LINE_WAIT_BUCKETS ? i : HOP_LINE_WAIT_BUCKETS - 1;
}

static uint64_t bucket_end(unsigned i)
{
    unsigned power = i < 64 ? 0 : i / 32 - 1;
    return ((uint64_t)(i - power * 32 + 1) << power) - 1;
}

void hop_line_counters_wait(struct hop_line_counters *c, int64_t wait_ns, int64_t now_ns)
{
    uint64_t us = wait_ns > 0 ? (uint64_t)wait_ns / 1000 : 0;
    struct hop_line_tenth *t = tenth(c, now_ns);
    c->waits++;
    c->wait_us[bucket_of(us)]++;
    if (us > c->max_wait_us)
        c->max_wait_us = us;
    t->waits++;
    t->wait_sum_us += us;
    if (us > t->max_wait_us)
        t->max_wait_us = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

uint64_t hop_line_counters_wait_us(const struct hop_line_counters *c, double percent)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < HOP_LINE_WAIT_BUCKETS && c->waits; i++) {
        seen += c->wait_us[i];
        if ((double)seen * 100 >= percent * (double)c->waits)
            return bucket_end(i) < c->max_wait_us ? bucket_end(i) : c->max_wait_us;
    }
    return 0;
}

void hop_line_counters_print(const struct hop_line_counters *c, int64_t now_ns, FILE *out)
{
    static const char *const names[HOP_LINE_FATES] = { "in", "out", "overflow", "lost", "refused" };
    fprintf(out, "{\"seconds\":%.3f", (double)(now_ns - c->reset_ns) / 1e9);
    for (int i = 0; i < HOP_LINE_FATES; i++)
        fprintf(out, ",\"%s\":{\"packets\":%llu,\"bytes\":%llu}", names[i],
                (unsigned long long)c->packets[i], (unsigned long long)c->bytes[i]);
    fprintf(out, ",\"queue_ms\":{\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f}}",
            (double)hop_line_counters_wait_us(c, 50) / 1000,
            (double)hop_line_counters_wait_us(c, 95) / 1000,
            (double)hop_line_counters_wait_us(c, 99) / 1000, (double)c->max_wait_us / 1000);
}

void hop_line_counters_print_tenths(const struct hop_line_counters *c, int64_t from_ms, FILE *out)
{
    int64_t newest = -1;
    const char *between = "";
    for (int i = 0; i < HOP_LINE_TENTHS; i++) {
        if (c->tenths[i].index > newest)
            newest = c->tenths[i].index;
    }
    int64_t first = newest < HOP_LINE_TENTHS ? 0 : newest - HOP_LINE_TENTHS + 1;
    if (from_ms > 0 && (from_ms + 99) / 100 > first)
        first = (from_ms + 99) / 100;
    fputc('[', out);
    for (int64_t n = first; n <= newest; n++) {
        const struct hop_line_tenth *t = &c->tenths[n % HOP_LINE_TENTHS], none = { 0 };
        if (t->index != n)
            t = &none;
        fprintf(out, "%s[%lld,%u,%u,%u,%u,%u,%.3f,%.3f]", between, (long long)n * 100,
                t->bytes[HOP_LINE_IN], t->bytes[HOP_LINE_OUT], t->packets[HOP_LINE_OUT],
                t->packets[HOP_LINE_OVERFLOW], t->packets[HOP_LINE_LOST],
                t->waits ? (double)t->wait_sum_us / t->waits / 1000 : 0.0,
                (double)t->max_wait_us / 1000);
        between = ",";
    }
    fputc(']', out);
}
