/* Secret calendar feeds: /api/v1/me/feed, /api/v1/resources/ID/feed, /feeds/SECRET.ics. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/mail/calendar.h"
#include "server/mail/zone.h"
#include "server/store/feeds.h"

#include <errno.h>
#include <string.h>

/* What was before is no calendar's business any more. */
static const int64_t feed_back_us = (int64_t)90 * 24 * 3600 * 1000000;

/* ---- having one ------------------------------------------------------------------------------ */

static char *feed_url(const struct hop_server *server, const struct hop_store_feed *feed)
{
    char secret[HOP_INVITE_TOKEN_TEXT];

    hop_invite_token(server->invite_secret, feed->nonce, secret);
    return g_strdup_printf("%s/feeds/%s.ics", hop_mail_base_url(server->mail), secret);
}

static void respond_feed(struct hop_api_pending *pending, int status, int error,
                         const struct hop_store_feed *feed)
{
    g_autofree char *url = error == 0 ? feed_url(pending->server, feed) : NULL;

    if (error == 0)
        hop_respond_json(pending->request, status, json_pack("{s:s}", "url", url));
    else if (error == -ENOENT && status == 200)
        hop_respond_json(pending->request, 200, json_pack("{s:n}", "url"));
    else if (error == -ENOENT)
        hop_respond_error(pending->request, 404, "resource.not_found", "there is no such resource");
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

static void got(void *ctx, int error, const struct hop_store_feed *feed)
{
    respond_feed(ctx, 200, error, feed);
}

static void made(void *ctx, int error, const struct hop_store_feed *feed)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_api_audit(pending->server, pending->request, 0, "feed.made",
                      json_pack("{s:s,s:I}", "kind",
                                feed->kind == HOP_FEED_USER ? "user" : "resource", "ref",
                                (json_int_t)feed->ref));
    respond_feed(pending, 201, error, feed);
}

static void removed(void *ctx, int error)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_empty(pending->request, 204);
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

static void make(struct hop_server *server, struct hop_request *request, enum hop_feed_kind kind,
                 int64_t ref)
{
    struct hop_store_feed feed = { .kind = kind, .ref = ref, .created_us = hop_wall_us() };
    struct hop_store_minter minter = hop_invite_minter(server->invite_secret);

    minter.mint(minter.ctx, feed.nonce, feed.hash);
    hop_store_feed_save(server->store, &feed, made, hop_api_pending_new(server, request));
}

void hop_api_my_feed_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    hop_store_feed_get(server->store, HOP_FEED_USER, request->account.user_id, got,
                       hop_api_pending_new(server, request));
}

void hop_api_my_feed_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    make(server, request, HOP_FEED_USER, request->account.user_id);
}

void hop_api_my_feed_delete(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    (void)param;
    hop_store_feed_remove(server->store, HOP_FEED_USER, request->account.user_id, removed,
                          hop_api_pending_new(server, request));
}

void hop_api_resource_feed_get(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_feed_get(server->store, HOP_FEED_RESOURCE, id, got,
                           hop_api_pending_new(server, request));
}

void hop_api_resource_feed_post(struct hop_server *server, struct hop_request *request,
                                const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        make(server, request, HOP_FEED_RESOURCE, id);
}

void hop_api_resource_feed_delete(struct hop_server *server, struct hop_request *request,
                                  const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_feed_remove(server->store, HOP_FEED_RESOURCE, id, removed,
                              hop_api_pending_new(server, request));
}

/* ---- reading one ----------------------------------------------------------------------------- */

static void fill_event(const struct hop_store_meeting *m, const char *url,
                       struct hop_calendar_event *event)
{
    *event =
        (struct hop_calendar_event){ .uid = m->uid,
                                     .sequence = m->sequence,
                                     .title = m->title,
                                     .description = m->description != NULL ? m->description : "",
                                     .place = m->place,
                                     .url = url,
                                     .starts_us = m->starts_us,
                                     .ends_us = m->ends_us,
                                     .zone = m->time_zone,
                                     .all_day = m->all_day,
                                     .rrule = m->rrule[0] != '\0' ? m->rrule : NULL,
                                     .stamp_us = m->changed_us,
                                     .created_us = m->created_us,
                                     .changed_us = m->changed_us,
                                     .cancelled = m->cancelled };
}

static void write_exceptions(GString *out, const struct hop_store_meeting *m,
                             const struct hop_calendar_event *series)
{
    for (guint i = 0; m->exceptions != NULL && i < m->exceptions->len; i++) {
        const struct hop_store_occurrence *o =
            &g_array_index(m->exceptions, struct hop_store_occurrence, i);
        struct hop_calendar_event event = *series;

        if (o->cancelled)
            continue;
        event.rrule = NULL;
        event.n_exdates = 0;
        event.recurrence_us = o->stamp;
        event.starts_us = o->starts_us;
        event.ends_us = o->ends_us;
        event.title = o->title != NULL ? o->title : series->title;
        event.description = o->description != NULL ? o->description : series->description;
        event.place = o->place != NULL ? o->place : series->place;
        hop_calendar_event(out, &event);
    }
}

static void write_meeting(GString *out, const struct hop_store_meeting *m, const char *base_url)
{
    g_autofree char *url = g_strdup_printf("%s/m/%s", base_url, m->code);
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(int64_t));
    struct hop_calendar_event event;

    fill_event(m, url, &event);
    for (guint i = 0; m->exceptions != NULL && i < m->exceptions->len; i++) {
        const struct hop_store_occurrence *o =
            &g_array_index(m->exceptions, struct hop_store_occurrence, i);

        if (o->cancelled)
            g_array_append_val(gone, o->stamp);
    }
    event.exdates = (const int64_t *)(const void *)gone->data;
    event.n_exdates = event.rrule != NULL ? gone->len : 0;
    hop_calendar_event(out, &event);
    if (event.rrule != NULL)
        write_exceptions(out, m, &event);
}

/* Each zone once, for all the years that its meetings need. */
static void write_zones(GString *out, const GPtrArray *meetings)
{
    g_autoptr(GHashTable) written = g_hash_table_new(g_str_hash, g_str_equal);
    int first = 9999, last = 0;

    for (guint i = 0; i < meetings->len; i++) {
        struct hop_calendar_event event;

        fill_event(meetings->pdata[i], NULL, &event);
        first = MIN(first, hop_calendar_first_year(&event));
        last = MAX(last, hop_calendar_last_year(&event));
    }
    for (guint i = 0; i < meetings->len; i++) {
        const struct hop_store_meeting *m = meetings->pdata[i];
        g_autofree char *rules = NULL;

        if (m->all_day || !g_hash_table_add(written, (gpointer)(uintptr_t)m->time_zone))
            continue;
        rules = hop_zone_rules(m->time_zone, first, last);
        if (rules != NULL)
            g_string_append(out, rules);
    }
}

static void feed_read(void *ctx, int error, const struct hop_store_feed *feed,
                      const GPtrArray *meetings)
{
    struct hop_api_pending *pending = ctx;
    struct hop_request *request = pending->request;
    const char *base = hop_mail_base_url(pending->server->mail);
    g_autofree char *text = NULL;
    GString *out;

    if (error != 0) {
        if (error == -ENOENT)
            hop_respond_error(request, 404, "not_found", "there is no such thing");
        else
            hop_respond_errno(request, error);
        hop_api_pending_free(pending);
        return;
    }
    out = hop_calendar_begin(HOP_CALENDAR_PUBLISH, feed->name);
    write_zones(out, meetings);
    for (guint i = 0; i < meetings->len; i++)
        write_meeting(out, meetings->pdata[i], base);
    text = hop_calendar_end(out);
    hop_request_header(request, "cache-control", "private, max-age=300");
    hop_respond_bytes(request, 200, "text/calendar; charset=utf-8", text, strlen(text));
    hop_api_pending_free(pending);
}

void hop_api_feed_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    g_autofree char *secret = g_strdup(param);
    int64_t wait_us = hop_ratelimit_take(server->login_limit, &request->peer, hop_now_us());
    uint8_t hash[HOP_HASH];

    if (g_str_has_suffix(secret, ".ics"))
        secret[strlen(secret) - 4] = '\0';
    if (wait_us > 0) {
        hop_request_header(request, "retry-after", "%d", (int)(wait_us / 1000000 + 1));
        hop_respond_error(request, 429, "server.busy", "too many requests, try again later");
    } else if (!hop_invite_token_hash(secret, hash)) {
        hop_respond_error(request, 404, "not_found", "there is no such thing");
    } else {
        hop_store_feed_read(server->store, hash, hop_wall_us() - feed_back_us, feed_read,
                            hop_api_pending_new(server, request));
    }
}
