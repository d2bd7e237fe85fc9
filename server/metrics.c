/* See metrics.h. Names follow the conventions of Prometheus: base units, _total for counters. */
#include "server/metrics.h"

#include "media/base/clock.h"
#include "server/process.h"

#include <inttypes.h>

static void head(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(GString *text, const char *name, const char *type, const char *help, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    head(text, name, type, help);
    g_string_append_printf(text, "%s %s\n", name,
                           g_ascii_formatd(number, sizeof(number), "%.15g", value));
}

static void add_meetings(GString *text, const struct hop_server *server)
{
    const struct hop_ops *ops = &server->ops;

    one(text, "hop_rooms", "gauge", "Meetings that are running.", ops->rooms);
    one(text, "hop_participants", "gauge", "Participants in all meetings.", ops->participants);
    one(text, "hop_participants_connected", "gauge", "Participants whose media line is up.",
        ops->lines_up);
    one(text, "hop_participants_tcp", "gauge", "Participants whose media goes over TCP.",
        ops->lines_tcp);
    one(text, "hop_participants_limit", "gauge", "Configured cap of participants.",
        server->config->max_participants);
    one(text, "hop_sessions", "gauge", "People who are signed in.",
        (double)hop_auth_sessions(server->auth));
}

static void add_http(GString *text, const struct hop_server *server)
{
    struct hop_http_stats stats;

    hop_http_stats(server->http, &stats);
    one(text, "hop_http_connections", "gauge", "Open TCP connections of pages and meetings.",
        stats.connections);
    one(text, "hop_http_connections_accepted_total", "counter", "TCP connections taken.",
        (double)stats.accepted);
    one(text, "hop_http_connections_refused_total", "counter",
        "TCP connections closed at once, for want of room.", (double)stats.refused);
    head(text, "hop_http_responses_total", "counter", "Answers by class of status.");
    for (int i = 1; i < 6; i++)
        g_string_append_printf(text, "hop_http_responses_total{class=\"%dxx\"} %" PRIu64 "\n", i,
                               stats.status[i]);
}

static void add_store(GString *text, const struct hop_server *server)
{
    struct hop_store_health health;

    hop_store_health(server->store, &health);
    one(text, "hop_store_up", "gauge", "1 while the last write of the storage worked.",
        health.error == 0);
    one(text, "hop_store_queue", "gauge", "Jobs that wait for the storage.",
        (double)health.queue.waiting);
    one(text, "hop_store_queue_limit", "gauge", "Above it requests are refused.",
        (double)health.queue.limit);
    one(text, "hop_store_jobs_total", "counter", "Jobs of the storage.", (double)health.queue.run);
    one(text, "hop_store_failed_total", "counter", "Jobs that failed for want of disk or the like.",
        (double)health.failed);
    one(text, "hop_store_refused_total", "counter", "Jobs refused because the queue was full.",
        (double)health.queue.refused);
}

struct series {
    const char *name, *type, *help;
    double (*value)(const struct hop_ops_worker *worker);
};

static double w_rooms(const struct hop_ops_worker *w)
{
    return w->stats.rooms;
}
static double w_peers(const struct hop_ops_worker *w)
{
    return w->stats.peers;
}
static double w_cpu(const struct hop_ops_worker *w)
{
    return (double)w->stats.cpu_us / 1e6;
}
static double w_mix_cpu(const struct hop_ops_worker *w)
{
    return (double)w->stats.mix_cpu_us / 1e6;
}
static double w_rx_packets(const struct hop_ops_worker *w)
{
    return (double)w->stats.rx_packets;
}
static double w_tx_packets(const struct hop_ops_worker *w)
{
    return (double)w->stats.tx_packets;
}
static double w_rx_bytes(const struct hop_ops_worker *w)
{
    return (double)w->stats.rx_bytes;
}
static double w_tx_bytes(const struct hop_ops_worker *w)
{
    return (double)w->stats.tx_bytes;
}
static double w_busy(const struct hop_ops_worker *w)
{
    return w->stats.busy_permille / 1000.0;
}
static double w_lag(const struct hop_ops_worker *w)
{
    return w->stats.lag_us / 1e6;
}
static double w_relief(const struct hop_ops_worker *w)
{
    return w->stats.relief_percent / 100.0;
}
static double w_late(const struct hop_ops_worker *w)
{
    return (double)w->stats.mix_late_ticks;
}
static double w_overflows(const struct hop_ops_worker *w)
{
    return (double)w->stats.socket_overflows;
}
static double w_runs(const struct hop_ops_worker *w)
{
    return (double)w->stats.udp_runs;
}
static double w_runs_refused(const struct hop_ops_worker *w)
{
    return (double)w->stats.udp_runs_refused;
}

static const struct series worker_series[] = {
    { "hop_worker_rooms", "gauge", "Meetings on this media worker.", w_rooms },
    { "hop_worker_peers", "gauge", "Participants on this media worker.", w_peers },
    { "hop_worker_cpu_seconds_total", "counter", "CPU time of the worker's thread.", w_cpu },
    { "hop_mix_cpu_seconds_total", "counter", "CPU time of the mix threads (on worker 0).",
      w_mix_cpu },
    { "hop_mix_late_ticks_total", "counter",
      "Frames of the mix that were made more than 5 ms late (on worker 0).", w_late },
    { "hop_worker_busy_ratio", "gauge", "Share of time the worker was not waiting, over 3 s.",
      w_busy },
    { "hop_worker_relief_ratio", "gauge",
      "Share of the wished pictures that the worker carries; below 1 it is overloaded.", w_relief },
    { "hop_worker_lag_seconds", "gauge", "How long a packet may have waited for its turn.", w_lag },
    { "hop_worker_received_packets_total", "counter", "Datagrams received.", w_rx_packets },
    { "hop_worker_sent_packets_total", "counter", "Datagrams sent.", w_tx_packets },
    { "hop_worker_received_bytes_total", "counter", "Bytes received.", w_rx_bytes },
    { "hop_worker_sent_bytes_total", "counter", "Bytes sent.", w_tx_bytes },
    { "hop_worker_socket_overflows_total", "counter",
      "Datagrams that the kernel dropped because the receive buffer was full.", w_overflows },
    { "hop_udp_runs_total", "counter",
      "Times that several datagrams for one receiver left as one (UDP_SEGMENT).", w_runs },
    { "hop_udp_runs_refused_total", "counter",
      "Runs that the kernel or the device refused; their datagrams left one by one.",
      w_runs_refused },
};

static void add_workers(GString *text, const struct hop_ops *ops)
{
    for (size_t s = 0; s < G_N_ELEMENTS(worker_series); s++) {
        const struct series *series = &worker_series[s];

        head(text, series->name, series->type, series->help);
        for (unsigned i = 0; i < ops->n_workers; i++) {
            char number[G_ASCII_DTOSTR_BUF_SIZE];

            g_ascii_formatd(number, sizeof(number), "%.15g", series->value(&ops->workers[i]));
            g_string_append_printf(text, "%s{worker=\"%u\"} %s\n", series->name, i, number);
        }
    }
}

static void add_drops(GString *text, const struct hop_ops *ops)
{
    head(text, "hop_worker_dropped_packets_total", "counter",
         "Packets that were not used, by reason (docs/packet-path.md).");
    for (unsigned i = 0; i < ops->n_workers; i++)
        for (int d = 0; d < HOP_DROPS; d++)
            g_string_append_printf(
                text, "hop_worker_dropped_packets_total{worker=\"%u\",reason=\"%s\"} %" PRIu64 "\n",
                i, hop_drop_name((enum hop_drop)d), ops->workers[i].stats.drops[d]);
}

static void add_process(GString *text, const struct hop_server *server)
{
    head(text, "hop_build_info", "gauge", "Always 1; the version is the label.");
    g_string_append(text, "hop_build_info{version=\"" HOP_VERSION "\"} 1\n");
    one(text, "hop_uptime_seconds", "gauge", "Since the start.",
        (double)(hop_now_us() - server->started_us) / 1e6);
    one(text, "process_resident_memory_bytes", "gauge", "Resident memory.",
        (double)hop_process_memory_bytes());
    one(text, "process_cpu_seconds_total", "counter", "CPU time of the whole process.",
        hop_process_cpu_seconds());
    one(text, "process_open_fds", "gauge", "Open descriptors.", hop_process_descriptors());
}

GString *hop_metrics_text(struct hop_server *server)
{
    GString *text = g_string_sized_new(8192);

    add_process(text, server);
    add_meetings(text, server);
    add_http(text, server);
    add_store(text, server);
    add_workers(text, &server->ops);
    add_drops(text, &server->ops);
    return text;
}
