/* See server_start.h. The codes at the beginning of the errors are stable (docs/configuration.md).
 */
#include "server/server_start.h"

#define HOP_LOG_MODULE "server"
#include "media/base/log.h"
#include "media/base/random.h"
#include "server/administrator.h"
#include "server/media_addresses.h"
#include "server/password.h"
#include "server/state_dir.h"
#include "server/store/attendance.h"
#include "server/tls.h"

#include <errno.h>
#include <stdio.h>

enum { PORT_TRIES = 20 };

static enum hop_exit fail(struct hop_start *start, enum hop_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum hop_exit fail(struct hop_start *start, enum hop_exit code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    start->error = g_strdup_vprintf(format, args);
    va_end(args);
    return code;
}

/* ---- state ----------------------------------------------------------------------------------- */

static enum hop_exit open_store(struct hop_start *start)
{
    struct hop_server *server = start->server;
    const char *dir = server->config->state_dir;
    g_autofree char *path = g_build_filename(dir, "hop.db", NULL);
    struct hop_store_config config = { .path = path, .wake = start->wake, .wake_ctx = server };
    int error = hop_store_open(&config, &server->store);

    switch (error) {
    case 0:
        hop_store_stays_mend(server->store, NULL, NULL);
        return HOP_EXIT_OK;
    case -EPROTO:
        return fail(start, HOP_EXIT_STATE,
                    "state.newer: %s was written by a newer hop; install that version, or restore "
                    "a backup of this one",
                    path);
    case -EILSEQ:
        return fail(start, HOP_EXIT_STATE,
                    "state.damaged: %s is no readable database; restore it from a backup", path);
    case -ENOSPC:
        return fail(start, HOP_EXIT_STATE,
                    "state.full: no space left for %s; make room on the disk", path);
    default:
        return fail(start, HOP_EXIT_STATE, "state.unusable: %s: %s; check its owner and rights",
                    path, g_strerror(-error));
    }
}

static enum hop_exit load_secret(struct hop_start *start)
{
    struct hop_server *server = start->server;
    g_autofree char *path = g_build_filename(server->config->state_dir, "invite-secret", NULL);
    int error = hop_invite_secret_load(path, server->invite_secret);

    if (error == 0)
        return HOP_EXIT_OK;
    return fail(start, HOP_EXIT_STATE,
                "state.secret: %s: %s; restore it from a backup, or remove it: the links that were "
                "sent are worth nothing then",
                path, g_strerror(-error));
}

enum hop_exit hop_start_state(struct hop_start *start)
{
    struct hop_server *server = start->server;
    const char *dir = server->config->state_dir;

    server->state_lock = hop_state_dir_open(dir);
    if (server->state_lock == -EWOULDBLOCK)
        return fail(start, HOP_EXIT_STATE,
                    "state.in_use: another hopd uses %s; stop it or choose another --state-dir",
                    dir);
    if (server->state_lock < 0)
        return fail(start, HOP_EXIT_STATE,
                    "state.unwritable: %s: %s; let the user that runs hopd own it, or choose "
                    "another --state-dir",
                    dir, g_strerror(-server->state_lock));
    if (load_secret(start) != 0)
        return HOP_EXIT_STATE;
    return open_store(start);
}

/* ---- accounts -------------------------------------------------------------------------------- */

enum hop_exit hop_start_accounts(struct hop_start *start)
{
    struct hop_server *server = start->server;
    struct hop_auth_config config = { .store = server->store,
                                      .session_hours = server->config->session_hours,
                                      .wake = start->wake,
                                      .wake_ctx = server };
    g_autofree char *made = NULL;
    int error = hop_auth_new(&config, &server->auth);

    if (error == 0)
        error = hop_administrator_ensure(server->store, server->options.admin_password, &made);
    if (error == -EINVAL)
        return fail(start, HOP_EXIT_CONFIG,
                    "admin.password: the administrator's password must have %d to %d bytes",
                    HOP_MIN_PASSWORD, HOP_MAX_PASSWORD);
    if (error != 0)
        return fail(start, HOP_EXIT_STATE, "state.unusable: the accounts: %s", g_strerror(-error));
    if (made != NULL) {
        /* on the terminal, and never into a log */
        printf("hop: the administrator's account was made. It is shown only now:\n"
               "hop:   name      admin\n"
               "hop:   password  %s\n",
               made);
        fflush(stdout);
    }
    return HOP_EXIT_OK;
}

/* ---- files and certificate ------------------------------------------------------------------- */

enum hop_exit hop_start_files(struct hop_start *start)
{
    struct hop_server *server = start->server;

    if (hop_static_new(server->config->web_root, &server->files) == 0)
        return HOP_EXIT_OK;
    return fail(start, HOP_EXIT_FILES,
                "files.missing: there is no index.html in %s; build the web client, or correct "
                "web-root",
                server->config->web_root);
}

static enum hop_exit own_certificate(struct hop_start *start)
{
    struct hop_server *server = start->server;
    const char *dir = server->config->state_dir;
    g_auto(GStrv) names = hop_tls_own_names((const char *const *)server->config->host_names);
    bool made;
    int error;

    server->cert_path = g_build_filename(dir, "own-certificate.pem", NULL);
    server->key_path = g_build_filename(dir, "own-key.pem", NULL);
    error =
        hop_tls_own_ensure(server->cert_path, server->key_path, (const char *const *)names, &made);
    if (error != 0)
        return fail(start, HOP_EXIT_CERTIFICATE, "certificate.own: %s: %s", server->cert_path,
                    g_strerror(-error));
    if (made)
        hop_info("made an own certificate: %s", server->cert_path);
    return HOP_EXIT_OK;
}

enum hop_exit hop_start_certificate(struct hop_start *start)
{
    struct hop_server *server = start->server;
    g_autofree char *wrong = NULL;

    if (server->config->certificate[0] == '\0')
        return own_certificate(start);
    server->cert_path = g_strdup(server->config->certificate);
    server->key_path = g_strdup(server->config->private_key);
    wrong = hop_tls_check(server->cert_path, server->key_path);
    if (wrong != NULL)
        return fail(start, HOP_EXIT_CERTIFICATE, "certificate.unusable: %s", wrong);
    return HOP_EXIT_OK;
}

/* ---- media ----------------------------------------------------------------------------------- */

static int try_media(struct hop_start *start, struct hop_media_config *config, const char **detail)
{
    bool any = config->port == 0;
    int error;

    /* the relay wants consecutive ports, and the ready line tells the first: so "any" is a guess
     * that is repeated until it fits */
    for (int i = 0; i < PORT_TRIES; i++) {
        if (any)
            config->port = (uint16_t)(20000 + hop_random32() % 12000);
        error = hop_media_new(config, &start->server->media, detail);
        if (!any || error != -EADDRINUSE)
            break;
    }
    start->server->media_port = config->port;
    return error;
}

/* Checked when it was read (config_options.c). */
static enum hop_audio_application application_of(const struct hop_config *c)
{
    if (strcmp(c->audio_application, "voip") == 0)
        return HOP_AUDIO_APP_VOIP;
    return strcmp(c->audio_application, "audio") == 0 ? HOP_AUDIO_APP_AUDIO
                                                      : HOP_AUDIO_APP_LOWDELAY;
}

static enum hop_audio_bandwidth bandwidth_of(const struct hop_config *c)
{
    if (strcmp(c->audio_bandwidth, "wideband") == 0)
        return HOP_AUDIO_WIDEBAND;
    return strcmp(c->audio_bandwidth, "superwideband") == 0 ? HOP_AUDIO_SUPERWIDEBAND
                                                            : HOP_AUDIO_FULLBAND;
}

/* ICE-TCP comes to https_port. */
static bool shares_port(const struct hop_config *c)
{
    return c->ice_tcp && c->tcp_on_https && c->https_port >= 0;
}

/* By which port it is reached from outside. */
static int told_port(const struct hop_config *c, int https_port)
{
    return c->announced_tcp_port != 0 ? c->announced_tcp_port : MAX(https_port, 0);
}

static enum hop_exit start_relay(struct hop_start *start)
{
    const struct hop_config *c = start->server->config;
    struct hop_media_address addresses[HOP_MAX_CANDIDATES / 2];
    g_autofree char *wrong = NULL;
    const char *detail = "";
    int n = hop_media_addresses(c, addresses, G_N_ELEMENTS(addresses), &wrong);
    struct hop_media_config config = { .addresses = addresses,
                                       .n_addresses = n > 0 ? (size_t)n : 0,
                                       .workers = c->workers,
                                       .port = (uint16_t)c->media_port,
                                       .tcp = c->ice_tcp,
                                       .tcp_shared = shares_port(c),
                                       .tcp_shared_port = (uint16_t)told_port(c, c->https_port),
                                       .dscp_audio = c->dscp_audio,
                                       .dscp_video = c->dscp_video,
                                       .audio = { .bitrate_bps = c->audio_bitrate_bps,
                                                  .complexity = c->audio_complexity,
                                                  .jitter_ms = c->audio_jitter_ms,
                                                  .max_talkers = c->audio_max_talkers,
                                                  .max_voices = c->audio_max_voices,
                                                  .application = application_of(c),
                                                  .bandwidth = bandwidth_of(c) },
                                       .wake = start->wake,
                                       .wake_ctx = start->server };
    int error;

    if (n < 0)
        return fail(start, HOP_EXIT_ADDRESS, "media.announced: %s", wrong);
    error = try_media(start, &config, &detail);
    switch (error) {
    case 0:
        return HOP_EXIT_OK;
    case -EADDRINUSE:
        return fail(start, HOP_EXIT_ADDRESS,
                    "media.port_in_use: %s (port %d and the following, UDP and TCP); stop the "
                    "program that uses it, or choose another port in [media]",
                    detail, c->media_port);
    case -EADDRNOTAVAIL:
        return fail(start, HOP_EXIT_ADDRESS,
                    "media.address: %s is no address of this machine; correct addresses in [media]",
                    detail);
    default:
        return fail(start, HOP_EXIT_INTERNAL, "media.failed: %s %s", detail, g_strerror(-error));
    }
}

static enum hop_exit load_turn(struct hop_start *start)
{
    const struct hop_config *c = start->server->config;
    int error = hop_turn_new(c, &start->server->turn);

    if (error == 0)
        return HOP_EXIT_OK;
    return fail(start, HOP_EXIT_CONFIG,
                "turn.secret: %s: %s; its first line has to be the secret of the TURN server "
                "(static-auth-secret), readable for hopd",
                c->turn_secret_file, error == -EINVAL ? "is empty" : g_strerror(-error));
}

enum hop_exit hop_start_media(struct hop_start *start)
{
    struct hop_server *server = start->server;
    const struct hop_config *c = server->config;
    g_autofree char *codecs = g_strjoinv(",", c->video_codecs);
    bool forward = strcmp(c->audio_policy, "forward") == 0;
    struct hop_signaling_config config = {
        .limits = { .max_participants = c->max_participants,
                    .max_rooms = c->max_rooms,
                    .max_per_room = c->max_per_room,
                    .reserved_seats = c->reserved_seats,
                    .max_load_percent = c->admission_load_percent,
                    .max_lag_ms = c->admission_lag_ms },
        .resume_timeout_ms = c->resume_s * 1000,
        .video_codecs = codecs,
        .audio = { .policy = forward ? HOP_AUDIO_FORWARD : HOP_AUDIO_MIX,
                   .levelling = c->audio_levelling },
        .host = &server->host,
        .host_ctx = server
    };
    enum hop_exit code = load_turn(start);
    int error;

    if (code == HOP_EXIT_OK)
        code = start_relay(start);

    if (code != HOP_EXIT_OK)
        return code;
    server->host = hop_server_host();
    error = hop_signaling_new(&config, server->media, &server->signaling);
    if (error != 0)
        return fail(start, HOP_EXIT_INTERNAL, "signaling.failed: %s", g_strerror(-error));
    return HOP_EXIT_OK;
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void on_media(void *ctx, int fd, const uint8_t *message, size_t len)
{
    struct hop_server *server = ctx;

    hop_media_adopt_tcp(server->media, fd, message, len);
}

static void announce_port(struct hop_server *server)
{
    const struct hop_config *c = server->config;
    struct hop_addr listening[HOP_MAX_CANDIDATES];
    int port = told_port(c, hop_http_port(server->http, true));
    size_t n = 0;

    for (char **ip = c->listen_addresses; *ip != NULL && n < G_N_ELEMENTS(listening); ip++)
        if (hop_addr_parse(*ip, 0, &listening[n]) == 0)
            n++;
    if (hop_media_share_tcp(server->media, listening, n, (uint16_t)port) == 0)
        hop_warn("nobody can use ICE-TCP: no address of [media] is among listen-addresses");
}

enum hop_exit hop_start_listening(struct hop_start *start)
{
    struct hop_server *server = start->server;
    const struct hop_config *c = server->config;
    struct lws_protocols websocket = hop_signaling_protocol(server->signaling);
    struct hop_http_listen listen = { .https_port = c->https_port,
                                      .http_port = c->http_port,
                                      .addresses = (const char *const *)c->listen_addresses,
                                      .cert_path = server->cert_path,
                                      .key_path = server->key_path,
                                      .hsts = c->certificate[0] != '\0',
                                      .websocket = &websocket,
                                      .websocket_path = "/api/v1/meet",
                                      .media = shares_port(c) ? on_media : NULL,
                                      .media_ctx = server };
    g_autofree char *detail = NULL;
    int error = hop_http_listen(server->http, &listen, &detail);

    if (error == 0 && shares_port(c))
        announce_port(server);
    if (error == 0)
        return HOP_EXIT_OK;
    if (error == -EINVAL)
        return fail(start, HOP_EXIT_CERTIFICATE, "certificate.unusable: %s",
                    detail != NULL ? detail : "");
    if (error == -ENOMEM)
        return fail(start, HOP_EXIT_INTERNAL, "http.failed: out of memory");
    return fail(start, HOP_EXIT_ADDRESS, "http.%s: %s",
                error == -EADDRINUSE ? "port_in_use" : "address", detail != NULL ? detail : "");
}

/* ---- mails ----------------------------------------------------------------------------------- */

enum hop_exit hop_start_mail(struct hop_start *start)
{
    struct hop_server *server = start->server;
    struct hop_mail_config config = { .store = server->store,
                                      .config = server->config,
                                      .invite_secret = server->invite_secret,
                                      .https_port = hop_http_port(server->http, true),
                                      .http_port = hop_http_port(server->http, false),
                                      .wake = start->wake,
                                      .wake_ctx = server };

    if (hop_mail_new(&config, &server->mail) == 0)
        return HOP_EXIT_OK;
    return fail(start, HOP_EXIT_INTERNAL, "mail.failed: out of threads");
}
