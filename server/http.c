/* The loop, its virtual hosts, its listening sockets and its watched descriptors; see http.h.
 *
 * The listening sockets are our own and accepted connections are given to libwebsockets: so a port
 * that is taken, an address that is not there and the ports chosen by the kernel can be told
 * exactly.
 */
#include "server/http_private.h"

#define HOP_LOG_MODULE "http"
#include "media/base/log.h"
#include "server/listen.h"
#include "server/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    HEADER_TIMEOUT_S = 10, /* for a request's headers, and its body between two reads */
    KEEP_ALIVE_S = 60,
    OTHER_DESCRIPTORS = 1024, /* media, database, files beside the TCP connections */
    ACCEPT_BATCH = 64,
};

static int watch_cb(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct hop_http *http = lws_context_user(lws_get_context(wsi));
    int fd;

    (void)user;
    (void)in;
    (void)len;
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return 0;
    fd = (int)lws_get_socket_fd(wsi);
    for (int i = 0; i < http->n_watches; i++) {
        if (http->watches[i].fd == fd) {
            http->watches[i].readable(http->watches[i].ctx, fd);
            return http->watches[i].fd == fd ? 0 : -1; /* -1: it asked to be closed */
        }
    }
    return -1;
}

/* What it calls an error is mostly what a client did wrong. */
static void log_line(int level, const char *line)
{
    int len = (int)strcspn(line, "\n");

    (void)level;
    if (hop_log_enabled(HOP_LOG_DEBUG, "lws"))
        hop_log_write(HOP_LOG_DEBUG, "lws", "%.*s", len, line);
}

/* libwebsockets sizes its tables by the limit of descriptors: a limit of a million, as some systems
 * have it, would cost megabytes, the usual 1,024 would be too few. */
static void set_descriptor_limit(int connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + OTHER_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void free_loop(struct hop_http *http)
{
    if (http->loop != NULL)
        ev_loop_destroy(http->loop);
    http->loop = NULL;
}

/* With libev, that is epoll: poll() looks at every connection at each wake-up, which with 1,200 of
 * them took more than all else that the control thread does in quiet meetings. */
static int make_context(struct hop_http *http)
{
    struct lws_context_creation_info info = { 0 };
    void *loops[1];

    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.user = http;
    info.server_string = "hop";
    info.max_http_header_data = HOP_MAX_HEADERS;
    info.timeout_secs = HEADER_TIMEOUT_S;
    info.keepalive_timeout = KEEP_ALIVE_S;
    http->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (http->loop != NULL) {
        loops[0] = http->loop;
        info.foreign_loops = loops;
        info.options |= LWS_SERVER_OPTION_LIBEV;
        http->context = lws_create_context(&info);
    }
    if (http->context == NULL) { /* libwebsockets-evlib-ev is not installed */
        hop_warn("libwebsockets has no libev here: many connections will cost more");
        free_loop(http);
        info.foreign_loops = NULL;
        info.options &= ~(uint64_t)LWS_SERVER_OPTION_LIBEV;
        http->context = lws_create_context(&info);
    }
    return http->context != NULL ? 0 : -ENOMEM;
}

int hop_http_new(const struct hop_http_config *config, struct hop_http **out)
{
    struct hop_http *http = g_new0(struct hop_http, 1);

    http->config = *config;
    http->https_port = http->http_port = -1;
    http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    set_descriptor_limit(config->max_connections);
    if (make_context(http) != 0) {
        close(http->reserve_fd);
        g_free(http);
        return -ENOMEM;
    }
    *out = http;
    return 0;
}

void hop_http_free(struct hop_http *http)
{
    if (http == NULL)
        return;
    lws_context_destroy(http->context);
    hop_front_free(http->front);
    free_loop(http);
    close(http->reserve_fd);
    g_free(http->websocket_name);
    g_free(http->websocket_path);
    g_free(http);
}

/* ---- virtual hosts --------------------------------------------------------------------------- */

static void set_protocols(struct hop_http *http, const struct hop_http_listen *config)
{
    int n = 0;

    http->protocols[n++] =
        (struct lws_protocols){ .name = "hop-http",
                                .callback = hop_http_exchange_cb,
                                .per_session_data_size = sizeof(struct hop_exchange) };
    http->protocols[n++] = (struct lws_protocols){ .name = "hop-watch", .callback = watch_cb };
    if (config->websocket != NULL)
        http->protocols[n++] = *config->websocket;
    http->protocols[n] = (struct lws_protocols){ 0 };
    if (config->websocket != NULL) {
        http->websocket_name = g_strdup(config->websocket->name);
        http->websocket_path = g_strdup(config->websocket_path);
    }
    http->hsts = config->hsts;
}

static struct lws_vhost *make_vhost(struct hop_http *http, const struct hop_http_listen *tls)
{
    struct lws_context_creation_info info = { 0 };

    /* the two must differ: libwebsockets takes hosts on one port for name-based ones */
    info.port = tls != NULL ? CONTEXT_PORT_NO_LISTEN_SERVER : CONTEXT_PORT_NO_LISTEN;
    info.vhost_name = tls != NULL ? "tls" : "plain";
    info.protocols = http->protocols;
    /* no client of anybody: the system's authorities would only cost memory */
    info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info.timeout_secs = HEADER_TIMEOUT_S;
    info.keepalive_timeout = KEEP_ALIVE_S;
    info.alpn = "http/1.1";
    if (tls != NULL) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = tls->cert_path;
        info.ssl_private_key_filepath = tls->key_path;
        info.ssl_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                               SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;
        info.ssl_cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20";
    }
    return lws_create_vhost(http->context, &info);
}

static int open_vhosts(struct hop_http *http, const struct hop_http_listen *config, char **detail)
{
    set_protocols(http, config);
    http->plain = make_vhost(http, NULL);
    if (http->plain == NULL)
        return -ENOMEM;
    if (config->https_port < 0)
        return 0;
    *detail = hop_tls_check(config->cert_path, config->key_path);
    if (*detail != NULL)
        return -EINVAL;
    http->tls = make_vhost(http, config);
    if (http->tls == NULL) {
        *detail = g_strdup_printf("%s: OpenSSL does not take this certificate", config->cert_path);
        return -EINVAL;
    }
    return 0;
}

int hop_http_reload_certificate(struct hop_http *http, const char *cert_path, const char *key_path)
{
    return http->ssl != NULL ? hop_tls_load(http->ssl, cert_path, key_path) : 0;
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* Out of descriptors, an unaccepted connection would wake the loop for ever: the reserve is spent
 * to take it and close it. */
static void shed(struct hop_http *http, int fd)
{
    struct hop_addr peer;
    int taken;

    close(http->reserve_fd);
    taken = hop_listen_accept(fd, &peer);
    if (taken >= 0)
        close(taken);
    http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    http->stats.refused++;
}

static int open_connections(const struct hop_http *http)
{
    int waiting = http->front != NULL ? hop_front_waiting(http->front) : 0;

    return http->stats.connections - http->n_watches + waiting;
}

static void accept_some(struct hop_http *http, struct lws_vhost *vhost, int fd)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct hop_addr peer;
        int taken = hop_listen_accept(fd, &peer);

        if (taken == -EMFILE || taken == -ENFILE)
            shed(http, fd);
        if (taken < 0)
            return;
        if (open_connections(http) >= http->config.max_connections) {
            close(taken);
            http->stats.refused++;
            continue;
        }
        http->stats.accepted++;
        if (vhost == http->tls && http->front != NULL)
            hop_http_front_take(http, taken);
        else
            lws_adopt_socket_vhost(vhost, taken);
    }
}

static void tls_readable(void *ctx, int fd)
{
    struct hop_http *http = ctx;

    accept_some(http, http->tls, fd);
}

static void plain_readable(void *ctx, int fd)
{
    struct hop_http *http = ctx;

    accept_some(http, http->plain, fd);
}

int hop_http_watch(struct hop_http *http, int fd, void (*readable)(void *ctx, int fd), void *ctx)
{
    lws_sock_file_fd_type descriptor = { .filefd = fd };

    if (http->n_watches == HOP_HTTP_WATCHES)
        return -ENOMEM;
    http->watches[http->n_watches++] = (struct hop_http_watch){ fd, readable, ctx };
    if (lws_adopt_descriptor_vhost(http->plain, LWS_ADOPT_RAW_FILE_DESC, descriptor, "hop-watch",
                                   NULL) == NULL) {
        http->n_watches--;
        return -ENOMEM;
    }
    return 0;
}

static char *explain(const struct hop_addr *addr, int error, const char *option)
{
    char text[HOP_ADDR_TEXT];

    hop_addr_format(addr, text);
    switch (error) {
    case -EADDRINUSE:
        return g_strdup_printf("%s is in use by another program; stop it or choose another %s",
                               text, option);
    case -EADDRNOTAVAIL:
        return g_strdup_printf("%s is no address of this machine; correct listen-addresses", text);
    case -EACCES:
        return g_strdup_printf("%s may not be used by this user; choose a port above 1023 (%s), "
                               "or grant CAP_NET_BIND_SERVICE",
                               text, option);
    default:
        return g_strdup_printf("%s: %s", text, g_strerror(-error));
    }
}

static int listen_on(struct hop_http *http, const struct hop_addr *addr, bool dual, bool tls,
                     char **detail)
{
    int *port = tls ? &http->https_port : &http->http_port;
    int fd = hop_listen(addr, dual, port);
    int error;

    if (fd < 0) {
        *detail = explain(addr, fd, tls ? "https-port" : "http-port");
        return fd;
    }
    error = hop_http_watch(http, fd, tls ? tls_readable : plain_readable, http);
    if (error != 0)
        close(fd);
    return error;
}

static int listen_on_all(struct hop_http *http, int port, char **detail)
{
    struct hop_addr any6 = { .family = AF_INET6, .port = (uint16_t)port };
    struct hop_addr any4 = { .family = AF_INET, .port = (uint16_t)port };
    int error = listen_on(http, &any6, true, true, detail);

    if (error != -EAFNOSUPPORT && error != -EADDRNOTAVAIL)
        return error;
    g_clear_pointer(detail, g_free); /* a kernel without IPv6 */
    return listen_on(http, &any4, false, true, detail);
}

static int listen_tls(struct hop_http *http, const struct hop_http_listen *config, char **detail)
{
    int port = config->https_port, error = 0;

    if (config->addresses == NULL || config->addresses[0] == NULL)
        return listen_on_all(http, port, detail);
    for (const char *const *ip = config->addresses; *ip != NULL && error == 0; ip++) {
        struct hop_addr addr;

        error = hop_addr_parse(*ip, (uint16_t)port, &addr);
        if (error == 0)
            error = listen_on(http, &addr, false, true, detail);
        port = http->https_port; /* a free one is the same on all addresses */
    }
    return error;
}

static int listen_plain(struct hop_http *http, int port, char **detail)
{
    struct hop_addr local4, local6;
    int error;

    hop_addr_parse("127.0.0.1", (uint16_t)port, &local4);
    error = listen_on(http, &local4, false, false, detail);
    if (error != 0)
        return error;
    hop_addr_parse("::1", (uint16_t)http->http_port, &local6);
    error = listen_on(http, &local6, false, false, detail);
    if (error == -EADDRINUSE && port != 0)
        return error;
    g_clear_pointer(detail, g_free); /* without IPv6, 127.0.0.1 has to do */
    return 0;
}

int hop_http_listen(struct hop_http *http, const struct hop_http_listen *config, char **detail)
{
    int error = open_vhosts(http, config, detail);

    if (error == 0 && config->https_port >= 0 && config->media != NULL)
        error = hop_http_front_open(http, config);
    if (error == 0 && config->https_port >= 0)
        error = listen_tls(http, config, detail);
    if (error == 0 && config->http_port >= 0)
        error = listen_plain(http, config->http_port, detail);
    return error;
}

static void drain(void *ctx, int fd)
{
    struct hop_addr peer;
    int taken = hop_listen_accept(fd, &peer);

    (void)ctx;
    if (taken >= 0)
        close(taken);
}

void hop_http_stop_listening(struct hop_http *http)
{
    for (int i = 0; i < http->n_watches; i++)
        if (http->watches[i].readable == tls_readable ||
            http->watches[i].readable == plain_readable)
            http->watches[i].readable = drain;
}

/* ---- the loop -------------------------------------------------------------------------------- */

int hop_http_port(const struct hop_http *http, bool tls)
{
    return tls ? http->https_port : http->http_port;
}

int hop_http_service(struct hop_http *http)
{
    if (http->loop == NULL)
        return lws_service(http->context, 0);
    ev_run(http->loop, EVRUN_ONCE);
    return 0;
}

void hop_http_wake(struct hop_http *http)
{
    lws_cancel_service(http->context);
}

struct lws_context *hop_http_context(struct hop_http *http)
{
    return http->context;
}

void hop_http_stats(const struct hop_http *http, struct hop_http_stats *out)
{
    *out = http->stats;
    out->connections = open_connections(http);
    if (http->front != NULL)
        out->refused += hop_front_refused(http->front);
}
