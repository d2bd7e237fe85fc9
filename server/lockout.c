/* See lockout.h. */
#include "server/lockout.h"

#include <glib.h>
#include <string.h>

struct entry {
    char *key;
    unsigned failures;
    int64_t until_us; /* no try before */
    int64_t last_us;
    GList link; /* in `recent`, newest first */
};

struct hop_lockout {
    GHashTable *entries;
    GQueue recent;
};

static void free_entry(gpointer data)
{
    struct entry *entry = data;

    g_free(entry->key);
    g_free(entry);
}

struct hop_lockout *hop_lockout_new(void)
{
    struct hop_lockout *lockout = g_new0(struct hop_lockout, 1);

    lockout->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_entry);
    g_queue_init(&lockout->recent);
    return lockout;
}

void hop_lockout_free(struct hop_lockout *lockout)
{
    if (lockout == NULL)
        return;
    g_hash_table_destroy(lockout->entries);
    g_free(lockout);
}

static char *key_of(const char *account, const struct hop_addr *who)
{
    g_autofree char *folded = g_utf8_casefold(account, -1);
    struct hop_addr network = *who;
    char ip[HOP_ADDR_TEXT];

    if (network.family == AF_INET6)
        memset(network.ip + 8, 0, 8);
    return g_strdup_printf("%s %s", hop_addr_format_ip(&network, ip), folded);
}

static void remove_entry(struct hop_lockout *lockout, struct entry *entry)
{
    g_queue_unlink(&lockout->recent, &entry->link);
    g_hash_table_remove(lockout->entries, entry->key);
}

static void forget_old(struct hop_lockout *lockout, int64_t now_us)
{
    while (lockout->recent.tail != NULL) {
        struct entry *oldest = lockout->recent.tail->data;
        bool old = now_us - oldest->last_us > (int64_t)HOP_LOCKOUT_FORGET_S * 1000000;

        if (!old && lockout->recent.length < HOP_LOCKOUT_ENTRIES)
            return;
        remove_entry(lockout, oldest);
    }
}

static struct entry *entry_for(struct hop_lockout *lockout, char *key)
{
    struct entry *entry = g_hash_table_lookup(lockout->entries, key);

    if (entry != NULL) {
        g_queue_unlink(&lockout->recent, &entry->link);
        g_free(key);
    } else {
        entry = g_new0(struct entry, 1);
        entry->key = key;
        entry->link.data = entry;
        g_hash_table_insert(lockout->entries, entry->key, entry);
    }
    g_queue_push_head_link(&lockout->recent, &entry->link);
    return entry;
}

static int64_t wait_s(unsigned failures)
{
    unsigned over = failures - HOP_LOCKOUT_FREE;

    return over >= 10 ? HOP_LOCKOUT_MAX_S : MIN(1 << over, HOP_LOCKOUT_MAX_S);
}

int hop_lockout_try(struct hop_lockout *lockout, const char *account, const struct hop_addr *who,
                    int64_t now_us)
{
    struct entry *entry;

    forget_old(lockout, now_us);
    entry = entry_for(lockout, key_of(account, who));
    if (now_us < entry->until_us)
        return (int)((entry->until_us - now_us + 999999) / 1000000);
    entry->failures++;
    entry->last_us = now_us;
    if (entry->failures >= HOP_LOCKOUT_FREE)
        entry->until_us = now_us + wait_s(entry->failures) * 1000000;
    return 0;
}

void hop_lockout_clear(struct hop_lockout *lockout, const char *account, const struct hop_addr *who)
{
    g_autofree char *key = key_of(account, who);
    struct entry *entry = g_hash_table_lookup(lockout->entries, key);

    if (entry != NULL)
        remove_entry(lockout, entry);
}
