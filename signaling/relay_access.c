/* See relay_access.h. */
#include "signaling/relay_access.h"

#include "signaling/core.h"

/* NULL: none. */
static json_t *servers_for(struct hop_participant *p)
{
    const struct hop_signaling *signaling = p->room->signaling;
    const struct hop_host *host = signaling->config.host;
    struct hop_relay_access access;
    json_t *urls;

    p->relays_until_us = 0;
    if (host->relay_access == NULL ||
        !host->relay_access(signaling->config.host_ctx, p->record->id, &access))
        return NULL;
    urls = json_array();
    for (const char *const *url = access.urls; *url != NULL; url++)
        json_array_append_new(urls, json_string(*url));
    /* early enough that who reconnects at any time has some that hold for a while */
    p->relays_until_us = signaling->now_us + access.lifetime_us / 2;
    return json_pack("[{s:o,s:s,s:s}]", "urls", urls, "username", access.username, "credential",
                     access.credential);
}

void hop_relay_access_add(struct hop_participant *p, json_t *data)
{
    json_t *servers = servers_for(p);
    if (servers != NULL)
        json_object_set_new(data, "ice_servers", servers);
}

void hop_relay_access_tick(struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->relays_until_us == 0 || p->relays_until_us > room->signaling->now_us ||
            p->session == NULL)
            continue;
        json_t *servers = servers_for(p);
        if (servers != NULL)
            hop_session_event(p->session, "ice_servers",
                              json_pack("{s:o}", "ice_servers", servers));
    }
}
