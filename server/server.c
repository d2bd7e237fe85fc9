/* The server as a whole: starting its parts, the loop's timers and signals, stopping (server.h).
 * Closing order: docs/lifetimes.md. */
#include "server/server.h"

#define HOP_LOG_MODULE "server"
#include "media/base/clock.h"
#include "media/base/log.h"
#include "server/rest.h"
#include "server/server_start.h"
#include "server/store/attendance.h"
#include "server/store/audit.h"
#include "server/store/chat.h"
#include "server/tls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TICK_MAX_US = 1000000,
    STOP_STEP_US = 50000,
    STOP_MAX_US = 1500000,
    RETRY_AFTER_MS = 2000,
    PURGE_AGE_H = 24,
    AUDIT_HEAD_S = 24 * 3600,
};
#define SECOND_US ((int64_t)1000000)
#define HOUR_US   (3600 * SECOND_US)

/* Other threads wake the loop for as long as there is one. */
static pthread_mutex_t wake_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hop_http *wake_target;

static void set_wake_target(struct hop_http *http)
{
    pthread_mutex_lock(&wake_lock);
    wake_target = http;
    pthread_mutex_unlock(&wake_lock);
}

static void wake(void *server)
{
    (void)server;
    pthread_mutex_lock(&wake_lock);
    if (wake_target != NULL)
        hop_http_wake(wake_target);
    pthread_mutex_unlock(&wake_lock);
}

/* ---- the loop's turns ------------------------------------------------------------------------ */

static void on_tick(lws_sorted_usec_list_t *timer);

static void tick(struct hop_server *server)
{
    int64_t now = hop_now_us();
    int64_t wait = hop_signaling_tick(server->signaling, now) - now;

    wait = CLAMP(wait, 1000, TICK_MAX_US);
    lws_sul_schedule(hop_http_context(server->http), 0, &server->tick, on_tick, wait);
}

static void on_tick(lws_sorted_usec_list_t *timer)
{
    tick(lws_container_of(timer, struct hop_server, tick));
}

static void on_woken(void *ctx)
{
    struct hop_server *server = ctx;

    if (server->signaling == NULL) /* still starting */
        return;
    hop_store_collect(server->store);
    hop_auth_collect(server->auth);
    hop_mail_collect(server->mail);
    hop_signaling_wake(server->signaling);
}

static void renew_certificate(struct hop_server *server)
{
    g_auto(GStrv) names = hop_tls_own_names((const char *const *)server->config->host_names);
    bool made = false;

    if (server->config->certificate[0] != '\0' || server->config->https_port < 0)
        return;
    if (hop_tls_seconds_left(server->cert_path) > HOP_TLS_RENEW_DAYS * 24 * 3600LL)
        return;
    if (hop_tls_own_ensure(server->cert_path, server->key_path, (const char *const *)names,
                           &made) == 0 &&
        made) {
        hop_http_reload_certificate(server->http, server->cert_path, server->key_path);
        hop_info("renewed the own certificate: %s", server->cert_path);
    }
}

/* Days ago, on the wall's clock. */
static int64_t days_ago(int days)
{
    return hop_wall_us() - days * 24 * HOUR_US;
}

/* The rules for what is kept; 0 days: for ever. */
static void purge(struct hop_server *server)
{
    const struct hop_config *config = server->config;
    struct hop_store *store = server->store;

    if (config->attendance_keep_days > 0)
        hop_store_attendance_purge(store, days_ago(config->attendance_keep_days), NULL, NULL);
    if (config->chat_keep_days > 0)
        hop_store_chat_purge(store, days_ago(config->chat_keep_days), NULL, NULL);
    hop_store_mail_purge(store, days_ago(config->mail_keep_days), NULL, NULL);
    hop_store_room_purge(store, hop_wall_us() - PURGE_AGE_H * HOUR_US, NULL, NULL);
}

static void head_read(void *ctx, int error, const struct hop_audit_report *report)
{
    char text[HOP_AUDIT_HEAD_TEXT];

    (void)ctx;
    if (error == 0 && report->head.id > 0)
        hop_info("audit: head %s", hop_audit_head_format(&report->head, text));
}

static void every_second(lws_sorted_usec_list_t *timer)
{
    struct hop_server *server = lws_container_of(timer, struct hop_server, housekeeping);
    struct hop_store_health health;
    int64_t second = (hop_now_us() - server->started_us) / SECOND_US;

    hop_ops_sample(&server->ops, server->signaling, hop_now_us());
    hop_store_health(server->store, &health);
    if (health.error != 0 && second % 5 == 0)
        hop_store_probe(server->store);
    hop_auth_look_outside(server->auth);
    if (server->ops.participants > 0) /* what a crash would leave open ends here */
        hop_store_alive(server->store, hop_wall_us(), NULL, NULL);
    hop_mail_tick(server->mail, hop_wall_us());
    if (second % 3600 == 0) {
        renew_certificate(server);
        purge(server);
    }
    if (second % AUDIT_HEAD_S == 0) /* a copy that is not in the database: audit.h */
        hop_store_audit_head(server->store, head_read, NULL);
    lws_sul_schedule(hop_http_context(server->http), 0, timer, every_second, SECOND_US);
}

static void on_signal(void *ctx, int fd)
{
    struct hop_server *server = ctx;
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            hop_server_reload(server);
        else if (info.ssi_signo == SIGUSR1)
            hop_media_dump(server->media);
        else
            hop_server_stop(server);
    }
}

static int watch_signals(struct hop_server *server)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    return hop_http_watch(server->http, fd, on_signal, server);
}

/* ---- starting -------------------------------------------------------------------------------- */

static enum hop_exit start_loop(struct hop_start *start)
{
    struct hop_server *server = start->server;
    struct hop_http_config http = { .max_connections = server->config->http_connections,
                                    .handle = hop_rest_handle,
                                    .max_body = hop_rest_max_body,
                                    .woken = on_woken,
                                    .ctx = server };

    if (hop_http_new(&http, &server->http) == 0) {
        set_wake_target(server->http);
        return HOP_EXIT_OK;
    }
    start->error = g_strdup("http.failed: the loop could not be made");
    return HOP_EXIT_INTERNAL;
}

static enum hop_exit start_timers(struct hop_start *start)
{
    struct hop_server *server = start->server;

    if (watch_signals(server) != 0) {
        start->error = g_strdup("signals.failed: no descriptor for signals");
        return HOP_EXIT_INTERNAL;
    }
    every_second(&server->housekeeping);
    tick(server);
    return HOP_EXIT_OK;
}

static enum hop_exit start_parts(struct hop_start *start)
{
    enum hop_exit (*const steps[])(struct hop_start *) = {
        start_loop,          hop_start_state,       hop_start_accounts,
        hop_start_files,     hop_start_certificate, hop_start_media,
        hop_start_listening, hop_start_mail,        start_timers,
    };
    enum hop_exit code = HOP_EXIT_OK;

    for (size_t i = 0; i < G_N_ELEMENTS(steps) && code == HOP_EXIT_OK; i++)
        code = steps[i](start);
    return code;
}

enum hop_exit hop_server_start(struct hop_config *config, const struct hop_server_options *options,
                               struct hop_server **out, char **error)
{
    struct hop_server *server = g_new0(struct hop_server, 1);
    struct hop_start start = { .server = server, .wake = wake };
    enum hop_exit code;

    server->config = config;
    server->options = *options;
    server->state_lock = -1;
    server->started_us = hop_now_us();
    server->rules.open_early_us = config->open_early_min * 60 * SECOND_US;
    server->rules.close_late_us = config->close_late_min * 60 * SECOND_US;
    /* a whole office behind one address signs in at eight o'clock */
    server->login_limit = hop_ratelimit_new(100, SECOND_US, 10000);
    server->room_limit = hop_ratelimit_new(20, 30 * SECOND_US, 10000);
    code = start_parts(&start);
    if (code != HOP_EXIT_OK) {
        *error = start.error;
        hop_server_free(server);
        return code;
    }
    *out = server;
    return HOP_EXIT_OK;
}

/* ---- running and stopping -------------------------------------------------------------------- */

void hop_server_run(struct hop_server *server)
{
    while (!server->stopped && hop_http_service(server->http) >= 0)
        ;
}

/* Leaves as soon as all connections are closed; browsers that keep theirs open are not waited for
 * longer than STOP_MAX_US. */
static void on_stop_timer(lws_sorted_usec_list_t *timer)
{
    struct hop_server *server = lws_container_of(timer, struct hop_server, stop_timer);
    struct hop_http_stats stats;

    hop_http_stats(server->http, &stats);
    if (stats.connections <= 0 || hop_now_us() >= server->stop_by_us) {
        server->stopped = true;
        hop_http_wake(server->http);
        return;
    }
    lws_sul_schedule(hop_http_context(server->http), 0, timer, on_stop_timer, STOP_STEP_US);
}

void hop_server_stop(struct hop_server *server)
{
    if (server->stopping)
        return;
    hop_info("stopping: telling %u participants", server->ops.participants);
    server->stopping = true;
    server->stop_by_us = hop_now_us() + STOP_MAX_US;
    hop_http_stop_listening(server->http);
    hop_store_flush(server->store); /* who waits for the disk is answered before he is sent away */
    hop_signaling_stop(server->signaling, RETRY_AFTER_MS);
    lws_sul_schedule(hop_http_context(server->http), 0, &server->stop_timer, on_stop_timer,
                     STOP_STEP_US);
}

/* Connections first, so that no new work comes; then what waits for the disk is answered into
 * signaling while that is still there; the store goes last, so that nothing is lost. */
void hop_server_free(struct hop_server *server)
{
    if (server == NULL)
        return;
    set_wake_target(NULL);
    hop_http_free(server->http);
    if (server->store != NULL)
        hop_store_flush(server->store);
    hop_signaling_free(server->signaling);
    hop_media_free(server->media);
    hop_auth_free(server->auth);
    hop_mail_free(server->mail);
    hop_store_close(server->store);
    hop_turn_free(server->turn);
    hop_static_free(server->files);
    hop_ratelimit_free(server->login_limit);
    hop_ratelimit_free(server->room_limit);
    if (server->state_lock >= 0)
        close(server->state_lock);
    g_free(server->cert_path);
    g_free(server->key_path);
    hop_config_free(server->config);
    g_free(server);
}

int hop_server_media_port(const struct hop_server *server)
{
    return server->media_port;
}

/* ---- reload ---------------------------------------------------------------------------------- */

static void log_problems(GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const struct hop_config_problem *p = problems->pdata[i];

        hop_warn("reload: [%s] %s %s", p->group, p->key, p->text);
    }
}

/* Who is in a meeting hears of it with his next credentials. */
static void reload_turn(struct hop_server *server, const struct hop_config *config)
{
    struct hop_turn *turn = NULL;
    int error = hop_turn_new(config, &turn);

    if (error != 0) {
        hop_warn("reload: turn.secret: %s: %s; the old one stays in use", config->turn_secret_file,
                 error == -EINVAL ? "is empty" : g_strerror(-error));
        return;
    }
    hop_turn_free(server->turn);
    server->turn = turn;
}

void hop_server_reload(struct hop_server *server)
{
    g_autoptr(GPtrArray) problems = NULL;
    struct hop_config *config = NULL;

    if (server->options.config_path != NULL) {
        if (hop_config_load(server->options.config_path, &config, &problems) != 0) {
            log_problems(problems);
            hop_warn("reload: the configuration is wrong, nothing was changed");
            return;
        }
        hop_log_configure(config->log);
        reload_turn(server, config);
        hop_config_free(config);
    }
    if (server->config->https_port >= 0 &&
        hop_http_reload_certificate(server->http, server->cert_path, server->key_path) != 0)
        hop_warn("reload: certificate.unusable: %s and %s; the old ones stay in use",
                 server->cert_path, server->key_path);
    hop_info("reloaded: log levels, certificate and TURN");
}
