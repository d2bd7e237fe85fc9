/* modules: hop_server */
/* Rules of series from the network: whatever is taken ends soon, stays within its bounds, begins
 * with the first day, goes forward, and is taken again as it was written. */
#include "server/recurrence.h"

#include "tests/fuzz/check.h"

#include <stdint.h>
#include <string.h>

static const int64_t hour_us = (int64_t)3600 * 1000000;

static void check_times(const struct hop_series *series)
{
    g_autoptr(GArray) all = hop_store_occurrences_new();
    int64_t before = 0;

    if (hop_recurrence_expand(series, all) != 0)
        return;
    CHECK(all->len > 0 && all->len <= HOP_MAX_OCCURRENCES);
    for (guint i = 0; i < all->len; i++) {
        const struct hop_store_occurrence *o = &g_array_index(all, struct hop_store_occurrence, i);

        CHECK(o->starts_us > before && o->ends_us > o->starts_us && o->stamp == o->starts_us);
        CHECK(i > 0 || o->starts_us == series->starts_us);
        before = o->starts_us;
    }
    CHECK(before < series->starts_us + (int64_t)(HOP_SERIES_YEARS + 1) * 366 * 24 * hour_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = { "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York",
                                         "Pacific/Apia" };
    char rule[HOP_MAX_RRULE + 1], again[HOP_MAX_RRULE + 1];
    struct hop_series series = { .rrule = rule };
    g_autofree char *text = NULL;

    if (size < 3)
        return 0;
    series.time_zone = zones[data[0] % G_N_ELEMENTS(zones)];
    series.starts_us = (int64_t)1790000000 * 1000000 + (data[1] * 256 + data[2]) * 7 * hour_us;
    series.ends_us = series.starts_us + (data[0] % 60 + 1) * hour_us;
    text = g_strndup((const char *)data + 3, size - 3);
    if (hop_recurrence_rule(text, &series, rule) != NULL)
        return 0;
    CHECK(strpbrk(rule, "\r\n\" ") == NULL);
    CHECK(hop_recurrence_rule(rule, &series, again) == NULL && strcmp(rule, again) == 0);
    check_times(&series);
    return 0;
}
