/* The operators' endpoints: /api/v1/ops/live, /healthz, /readyz, /metrics. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/cidr.h"
#include "server/metrics.h"
#include "server/process.h"

#include <errno.h>
#include <string.h>

/* ---- the live page --------------------------------------------------------------------------- */

struct live {
    json_t *rooms, *participants; /* the latter of the last room */
};

static void live_room(void *ctx, const char *code, const char *title, int64_t started_at_us)
{
    struct live *live = ctx;
    char started[HOP_TIME_TEXT];

    live->participants = json_array();
    json_array_append_new(live->rooms,
                          json_pack("{s:s,s:s,s:s,s:o}", "code", code, "title", title, "started_at",
                                    hop_time_format(started_at_us, started), "participants",
                                    live->participants));
}

static void live_participant(void *ctx, const struct hop_live_participant *p)
{
    const struct hop_stream_stats *s = &p->stats;
    struct live *live = ctx;
    json_t *json =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:f,s:f,s:i,s:i,s:b,s:b,s:b}", "id", p->id,
                  "name", p->name, "role", p->role, "line", p->line, "path", p->path, "srtp",
                  p->srtp, "rx_bps", (json_int_t)s->rx_bps, "tx_bps", (json_int_t)s->tx_bps,
                  "rx_loss", s->rx_loss_permille / 1000.0, "tx_loss", s->tx_loss_permille / 1000.0,
                  "rtt_ms", (int)s->rtt_ms, "jitter_ms", (int)s->jitter_ms, "microphone",
                  (int)p->microphone, "camera", (int)p->camera, "screen", (int)p->screen);

    json_array_append_new(live->participants, json);
}

/* The workers are taken from the last sample, which has rates. */
static void live_worker(void *ctx, const struct hop_worker_stats *stats, double cpu)
{
    (void)ctx;
    (void)stats;
    (void)cpu;
}

static json_t *worker_json(const struct hop_ops_worker *w)
{
    json_t *drops = json_object();

    for (int i = 0; i < HOP_DROPS; i++)
        if (w->stats.drops[i] > 0)
            json_object_set_new(drops, hop_drop_name((enum hop_drop)i),
                                json_integer((json_int_t)w->stats.drops[i]));
    return json_pack("{s:i,s:i,s:i,s:f,s:I,s:I,s:o}", "index", (int)w->stats.index, "rooms",
                     (int)w->stats.rooms, "peers", (int)w->stats.peers, "cpu", w->cpu, "rx_bps",
                     (json_int_t)w->rx_bps, "tx_bps", (json_int_t)w->tx_bps, "drops", drops);
}

void hop_api_live_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    static const struct hop_live_ops take = { .room = live_room,
                                              .participant = live_participant,
                                              .worker = live_worker };
    struct live live = { .rooms = json_array() };
    json_t *workers = json_array();

    (void)param;
    hop_signaling_live(server->signaling, &take, &live);
    for (unsigned i = 0; i < server->ops.n_workers; i++)
        json_array_append_new(workers, worker_json(&server->ops.workers[i]));
    hop_respond_json(request, 200,
                     json_pack("{s:I,s:s,s:o,s:o,s:I}", "uptime_s",
                               (json_int_t)((hop_now_us() - server->started_us) / 1000000),
                               "version", HOP_VERSION, "rooms", live.rooms, "workers", workers,
                               "memory_bytes", (json_int_t)hop_process_memory_bytes()));
}

/* ---- one room, as its worker sees it ------------------------------------------------------------
 */

static void dumped(void *ctx, const char *text)
{
    struct hop_api_pending *pending = ctx;

    hop_request_header(pending->request, "cache-control", "no-store");
    if (text == NULL)
        hop_respond_error(pending->request, 404, "room.not_found", "it has just ended");
    else
        hop_respond_bytes(pending->request, 200, "text/plain; charset=utf-8", text, strlen(text));
    hop_api_pending_free(pending);
}

void hop_api_room_dump_get(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    struct hop_api_pending *pending = hop_api_pending_new(server, request);
    int error = hop_signaling_room_dump(server->signaling, param, dumped, pending);

    if (error == 0)
        return;
    if (error == -ENOENT)
        hop_respond_error(request, 404, "room.not_found", "nobody is in such a meeting");
    else
        hop_respond_error(request, 503, "server.busy", "its worker is too busy");
    hop_api_pending_free(pending);
}

/* ---- health ---------------------------------------------------------------------------------- */

static void respond_text(struct hop_request *request, int status, const char *text)
{
    hop_request_header(request, "cache-control", "no-store");
    hop_respond_bytes(request, status, "text/plain; charset=utf-8", text, strlen(text));
}

void hop_api_healthz_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)server;
    (void)param;
    respond_text(request, 200, "ok\n");
}

void hop_api_readyz_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_health health;

    (void)param;
    hop_store_health(server->store, &health);
    if (server->stopping)
        respond_text(request, 503, "stopping\n");
    else if (health.error != 0)
        respond_text(request, 503, "storage: writing fails\n");
    else
        respond_text(request, 200, "ready\n");
}

/* ---- metrics --------------------------------------------------------------------------------- */

static bool may_read_metrics(const struct hop_server *server, const struct hop_request *request)
{
    if (hop_addr_is_loopback(&request->peer))
        return true;
    for (char **network = server->config->metrics_allow; *network != NULL; network++) {
        struct hop_cidr cidr;

        if (hop_cidr_parse(*network, &cidr) == 0 && hop_cidr_contains(&cidr, &request->peer))
            return true;
    }
    return false;
}

void hop_api_metrics_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    GString *text;

    (void)param;
    if (!may_read_metrics(server, request)) {
        hop_respond_error(request, 403, "permission.denied",
                          "from this machine only, or as metrics-allow says");
        return;
    }
    text = hop_metrics_text(server);
    hop_request_header(request, "cache-control", "no-store");
    hop_respond_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", text->str,
                      text->len);
    g_string_free(text, TRUE);
}
