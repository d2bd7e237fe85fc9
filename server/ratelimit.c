/* See ratelimit.h. A bucket is kept as the time at which it would be full again (GCRA): one number
 * says it all, and an entry whose time has passed means the same as none. */
#include "server/ratelimit.h"

#include <glib.h>
#include <string.h>

struct entry {
    struct hop_addr who;
    int64_t full_us;
    GList link; /* in `recent`, newest first */
};

struct hop_ratelimit {
    int64_t interval_us, span_us;
    unsigned max_entries;
    GHashTable *entries;
    GQueue recent;
};

static guint hash(gconstpointer who)
{
    return (guint)hop_addr_hash(who, 0x9e3779b97f4a7c15u);
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
    return hop_addr_equal(a, b);
}

struct hop_ratelimit *hop_ratelimit_new(unsigned burst, int64_t interval_us, unsigned max_entries)
{
    struct hop_ratelimit *limit = g_new0(struct hop_ratelimit, 1);

    limit->interval_us = interval_us;
    limit->span_us = interval_us * burst;
    limit->max_entries = max_entries;
    limit->entries = g_hash_table_new_full(hash, equal, NULL, g_free);
    g_queue_init(&limit->recent);
    return limit;
}

void hop_ratelimit_free(struct hop_ratelimit *limit)
{
    if (limit == NULL)
        return;
    g_hash_table_destroy(limit->entries);
    g_free(limit);
}

/* Whoever has an IPv6 address has at least 2^64 of them. */
static struct hop_addr network_of(const struct hop_addr *who)
{
    struct hop_addr network = *who;

    network.port = 0;
    network.scope = 0;
    if (who->family == AF_INET6)
        memset(network.ip + 8, 0, 8);
    return network;
}

static void forget_oldest(struct hop_ratelimit *limit)
{
    GList *last = limit->recent.tail;
    struct entry *entry = last->data;

    g_queue_unlink(&limit->recent, last);
    g_hash_table_remove(limit->entries, &entry->who);
}

static struct entry *entry_for(struct hop_ratelimit *limit, const struct hop_addr *who)
{
    struct hop_addr network = network_of(who);
    struct entry *entry = g_hash_table_lookup(limit->entries, &network);

    if (entry != NULL) {
        g_queue_unlink(&limit->recent, &entry->link);
    } else {
        if (limit->recent.length >= limit->max_entries)
            forget_oldest(limit);
        entry = g_new0(struct entry, 1);
        entry->who = network;
        entry->link.data = entry;
        g_hash_table_insert(limit->entries, &entry->who, entry);
    }
    g_queue_push_head_link(&limit->recent, &entry->link);
    return entry;
}

int64_t hop_ratelimit_take(struct hop_ratelimit *limit, const struct hop_addr *who, int64_t now_us)
{
    struct entry *entry = entry_for(limit, who);
    int64_t full_us = (entry->full_us > now_us ? entry->full_us : now_us) + limit->interval_us;

    if (full_us - now_us > limit->span_us)
        return full_us - now_us - limit->span_us;
    entry->full_us = full_us;
    return 0;
}

unsigned hop_ratelimit_entries(const struct hop_ratelimit *limit)
{
    return limit->recent.length;
}
