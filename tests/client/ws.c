/* See ws.h. */
#include "tests/client/ws.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MESSAGE = 4 << 20 };

struct outgoing {
    struct outgoing *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE bytes of room, then the text */
};

struct hop_client_ws {
    struct hop_client_loop *loop;
    const struct hop_client_ws_ops *ops;
    void *ctx;
    struct lws *wsi; /* NULL: over */
    bool open, closing, pumped;
    bool told;      /* ops->closed() was called */
    int close_code; /* ours, to be sent */
    int peer_code;  /* of the peer's close frame */
    char *cookie;
    struct outgoing *first, **last;
    char *message; /* fragments so far */
    size_t message_len;
    struct hop_client_watch watch; /* tells that lws has something to read */
};

/* ---- queue ----------------------------------------------------------------------------------- */

static void set_pumped(struct hop_client_ws *ws, bool on)
{
    if (ws->pumped != on)
        hop_client_loop_pump(ws->loop, on ? 1 : -1);
    ws->pumped = on;
}

int hop_client_ws_send(struct hop_client_ws *ws, const char *text, size_t len)
{
    struct outgoing *o = malloc(sizeof(*o) + LWS_PRE + len);
    if (!o)
        return -ENOMEM;
    o->next = NULL;
    o->len = len;
    memcpy(o->data + LWS_PRE, text, len);
    *ws->last = o;
    ws->last = &o->next;
    if (ws->wsi && ws->open) {
        set_pumped(ws, true);
        lws_callback_on_writable(ws->wsi);
    }
    return 0;
}

static void drop_first(struct hop_client_ws *ws)
{
    struct outgoing *o = ws->first;
    ws->first = o->next;
    if (!ws->first)
        ws->last = &ws->first;
    free(o);
}

static int write_next(struct hop_client_ws *ws)
{
    struct outgoing *o = ws->first;
    if (o) {
        if (lws_write(ws->wsi, o->data + LWS_PRE, o->len, LWS_WRITE_TEXT) < (int)o->len)
            return -1;
        drop_first(ws);
    } else if (ws->closing) {
        lws_close_reason(ws->wsi, (enum lws_close_status)ws->close_code, NULL, 0);
        return -1;
    }
    if (ws->first || ws->closing)
        lws_callback_on_writable(ws->wsi);
    else
        set_pumped(ws, false);
    return 0;
}

/* ---- what libwebsockets tells ---------------------------------------------------------------- */

static void on_readable(void *ctx, uint32_t events)
{
    struct hop_client_ws *ws = ctx;
    (void)events;
    hop_client_loop_serve(ws->loop);
}

static void on_open(struct hop_client_ws *ws)
{
    ws->open = true;
    ws->watch = (struct hop_client_watch){ .fd = lws_get_socket_fd(ws->wsi),
                                           .ready = on_readable,
                                           .ctx = ws };
    hop_client_loop_watch(ws->loop, &ws->watch, EPOLLIN);
    if (ws->first)
        lws_callback_on_writable(ws->wsi);
    else
        set_pumped(ws, false);
    ws->ops->opened(ws->ctx);
}

static void on_over(struct hop_client_ws *ws, const char *why)
{
    if (ws->told)
        return;
    ws->told = true;
    set_pumped(ws, false);
    if (ws->open)
        hop_client_loop_unwatch(ws->loop, &ws->watch);
    ws->wsi = NULL;
    ws->open = false;
    ws->ops->closed(ws->ctx, ws->peer_code, why);
}

static int on_fragment(struct hop_client_ws *ws, const char *data, size_t len)
{
    if (ws->message_len + len > MAX_MESSAGE)
        return -1;
    char *grown = realloc(ws->message, ws->message_len + len + 1);
    if (!grown)
        return -1;
    ws->message = grown;
    memcpy(grown + ws->message_len, data, len);
    ws->message_len += len;
    if (!lws_is_final_fragment(ws->wsi) || lws_remaining_packet_payload(ws->wsi))
        return 0;
    /* the callback may free ws */
    size_t total = ws->message_len;
    ws->message = NULL;
    ws->message_len = 0;
    ws->ops->message(ws->ctx, grown, total);
    free(grown);
    return 0;
}

static int add_cookie(const struct hop_client_ws *ws, unsigned char **at, unsigned char *end)
{
    if (!ws->cookie)
        return 0;
    return lws_add_http_header_by_token(ws->wsi, WSI_TOKEN_HTTP_COOKIE,
                                        (const unsigned char *)ws->cookie, (int)strlen(ws->cookie),
                                        at, end);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct hop_client_ws *ws = user;
    (void)wsi;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return ws ? add_cookie(ws, (unsigned char **)in, *(unsigned char **)in + len) : -1;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        if (ws)
            on_open(ws);
        return ws ? 0 : -1;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return ws ? on_fragment(ws, in, len) : -1;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return ws ? write_next(ws) : -1;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (ws && len >= 2)
            ws->peer_code = hop_get16(in);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        if (ws)
            on_over(ws, in ? (const char *)in : "connection failed");
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        if (ws)
            on_over(ws, "closed");
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    { .name = "hop.v1", .callback = callback, .rx_buffer_size = 65536 },
    { 0 },
};

struct lws_context *hop_client_ws_context(void)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS, /* reading them takes half a second */
        .gid = -1,
        .uid = -1,
    };
    const char *level = getenv("HOP_CLIENT_LWS_LOG"); /* a sum of LLL_…; nothing by default */
    lws_set_log_level(level ? atoi(level) : 0, NULL);
    return lws_create_context(&info);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The connection, from a copy of the url that lws_parse_uri() may cut up. */
static int connect_to(struct hop_client_ws *ws, char *url)
{
    const char *scheme = NULL, *host = NULL, *rest = NULL;
    int port = 0;
    if (lws_parse_uri(url, &scheme, &host, &port, &rest))
        return -EINVAL;
    bool tls = strcmp(scheme, "wss") == 0 || strcmp(scheme, "https") == 0;
    char path[512], authority[300];
    snprintf(path, sizeof(path), "/%s", rest[0] && strcmp(rest, "/") != 0 ? rest : "api/v1/meet");
    snprintf(authority, sizeof(authority), "%s:%d", host, port);
    struct lws_client_connect_info info = {
        .context = hop_client_loop_lws(ws->loop),
        .address = host,
        .port = port,
        .path = path,
        .host = authority,
        .origin = authority, /* the scheme is put in front */
        .protocol = protocols[0].name,
        .local_protocol_name = protocols[0].name,
        .userdata = ws,
        .pwsi = &ws->wsi,
        .alpn = "http/1.1",
    };
    if (tls)
        info.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_INSECURE |
                              LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED;
    if (!lws_client_connect_via_info(&info))
        on_over(ws, "connection failed"); /* unless the callback has said it already */
    return 0;
}

int hop_client_ws_open(struct hop_client_loop *loop, const struct hop_client_ws_config *config,
                       const struct hop_client_ws_ops *ops, void *ctx, struct hop_client_ws **out)
{
    struct hop_client_ws *ws = calloc(1, sizeof(*ws));
    char *url = strdup(config->url);
    if (!ws || !url) {
        free(ws);
        free(url);
        return -ENOMEM;
    }
    ws->loop = loop;
    ws->ops = ops;
    ws->ctx = ctx;
    ws->last = &ws->first;
    ws->cookie = config->cookie ? strdup(config->cookie) : NULL;
    set_pumped(ws, true);
    *out = ws;
    int err = connect_to(ws, url);
    free(url);
    if (err) {
        hop_client_ws_free(ws);
        *out = NULL;
    }
    return err;
}

void hop_client_ws_free(struct hop_client_ws *ws)
{
    if (!ws)
        return;
    set_pumped(ws, false);
    if (ws->open)
        hop_client_loop_unwatch(ws->loop, &ws->watch);
    if (ws->wsi) {
        lws_set_wsi_user(ws->wsi, NULL);
        lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    }
    while (ws->first)
        drop_first(ws);
    free(ws->message);
    free(ws->cookie);
    free(ws);
}

void hop_client_ws_close(struct hop_client_ws *ws, int code)
{
    ws->closing = true;
    ws->close_code = code;
    if (ws->wsi && ws->open) {
        set_pumped(ws, true);
        lws_callback_on_writable(ws->wsi);
    }
}

void hop_client_ws_drop(struct hop_client_ws *ws)
{
    if (ws->wsi && ws->open)
        shutdown(lws_get_socket_fd(ws->wsi), SHUT_RDWR);
}

void hop_client_ws_set_deaf(struct hop_client_ws *ws, bool deaf)
{
    if (!ws->wsi || !ws->open)
        return;
    hop_client_loop_rewatch(ws->loop, &ws->watch, deaf ? 0 : EPOLLIN);
    lws_rx_flow_control(ws->wsi, deaf ? 0 : 1);
}
