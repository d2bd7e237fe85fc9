/* One HTTP/1.1 exchange: reads a request from libwebsockets, hands it to the handler, writes the
 * answer. Called by the loop of http.c, control thread. RFC 9110, RFC 9112.
 */
#include "server/http_private.h"

#include "media/base/limits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK = 16384,      /* bytes written at a time */
    SEND_TIMEOUT_S = 60 /* without progress of a slow reader */
};

static struct hop_http *http_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* ---- reading --------------------------------------------------------------------------------- */

static char *header(struct lws *wsi, enum lws_token_indexes token)
{
    int len = lws_hdr_total_length(wsi, token);
    char *value;

    if (len <= 0)
        return g_strdup("");
    value = g_malloc((gsize)len + 1);
    if (lws_hdr_copy(wsi, value, len + 1, token) < 0)
        value[0] = '\0';
    return value;
}

static enum hop_method method_of(struct lws *wsi)
{
    static const struct {
        enum lws_token_indexes token;
        enum hop_method method;
    } methods[] = {
        { WSI_TOKEN_GET_URI, HOP_METHOD_GET },       { WSI_TOKEN_HEAD_URI, HOP_METHOD_HEAD },
        { WSI_TOKEN_POST_URI, HOP_METHOD_POST },     { WSI_TOKEN_PATCH_URI, HOP_METHOD_PATCH },
        { WSI_TOKEN_DELETE_URI, HOP_METHOD_DELETE },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (lws_hdr_total_length(wsi, methods[i].token) > 0)
            return methods[i].method;
    return HOP_METHOD_OTHER;
}

static char *query_of(struct lws *wsi)
{
    GString *query = g_string_new(NULL);
    char part[1024];

    for (int i = 0; i < 32; i++) {
        if (lws_hdr_copy_fragment(wsi, part, sizeof(part), WSI_TOKEN_HTTP_URI_ARGS, i) <= 0)
            break;
        g_string_append_printf(query, "%s%s", i > 0 ? "&" : "", part);
    }
    return g_string_free(query, FALSE);
}

static bool has_hop_header(struct lws *wsi)
{
    char value[8];

    return lws_hdr_custom_copy(wsi, value, sizeof(value), "x-hop:", 6) > 0 && value[0] == '1';
}

static void peer_of(struct lws *wsi, struct hop_addr *peer)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);

    if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&sa, &len) != 0 ||
        !hop_addr_from_sockaddr((struct sockaddr *)&sa, peer))
        *peer = (struct hop_addr){ 0 };
}

static void wake(struct hop_request *request)
{
    lws_callback_on_writable(request->connection);
}

static struct hop_request *read_head(struct lws *wsi, const char *path, size_t len)
{
    struct hop_request *request = hop_request_new();

    request->connection = wsi;
    request->wake = wake;
    request->method = method_of(wsi);
    memcpy(request->path, path, len);
    request->query = query_of(wsi);
    request->tls = lws_is_ssl(wsi) != 0;
    peer_of(wsi, &request->peer);
    request->host = header(wsi, WSI_TOKEN_HOST);
    request->origin = header(wsi, WSI_TOKEN_ORIGIN);
    request->cookie = header(wsi, WSI_TOKEN_HTTP_COOKIE);
    request->if_none_match = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    request->if_match = header(wsi, WSI_TOKEN_HTTP_IF_MATCH);
    request->agent = header(wsi, WSI_TOKEN_HTTP_USER_AGENT);
    request->accept_encoding = header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
    request->authorization = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    request->hop_header = has_hop_header(wsi);
    return request;
}

/* What a client sends before it has its answer (pipelining, which no browser does)
 * libwebsockets 4.1 would take for more of the same request, and its flow control would hold back
 * the answer as well: such a connection is closed by on_head() and on_body_end(). */
static void dispatch(struct lws *wsi, struct hop_exchange *exchange)
{
    struct hop_http *http = http_of(wsi);

    exchange->dispatched = true;
    http->stats.requests++;
    http->config.handle(http->config.ctx, exchange->request);
}

static void refuse(struct lws *wsi, struct hop_exchange *exchange, int status, const char *code,
                   const char *message)
{
    exchange->dispatched = true;
    exchange->close = true;
    http_of(wsi)->stats.requests++;
    hop_respond_error(exchange->request, status, code, message);
}

/* -1: no or no plain Content-Length. */
static int64_t content_length(struct lws *wsi)
{
    g_autofree char *text = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    guint64 length;

    if (!g_ascii_string_to_unsigned(text, 10, 0, INT32_MAX, &length, NULL))
        return -1;
    return (int64_t)length;
}

static size_t max_body(struct lws *wsi, const struct hop_exchange *exchange)
{
    const struct hop_http_config *config = &http_of(wsi)->config;

    return config->max_body != NULL ? config->max_body(config->ctx, exchange->request)
                                    : HOP_MAX_BODY;
}

static void expect_body(struct lws *wsi, struct hop_exchange *exchange)
{
    int64_t length = content_length(wsi);

    if (length < 0)
        refuse(wsi, exchange, 411, "request.length", "a Content-Length is needed");
    else if ((size_t)length > max_body(wsi, exchange))
        refuse(wsi, exchange, 413, "request.too_big", "the body may not have so many bytes");
    else if (length == 0 && exchange->request->method != HOP_METHOD_POST)
        dispatch(wsi, exchange); /* for POST libwebsockets reports the empty body itself */
}

static int on_head(struct lws *wsi, struct hop_exchange *exchange, const char *path, size_t len)
{
    struct hop_request *request;

    if (exchange->request != NULL || len == 0 || path[0] != '/')
        return -1;
    exchange->request = request = read_head(wsi, path, len < HOP_MAX_PATH ? len : HOP_MAX_PATH);
    if (len > HOP_MAX_PATH) {
        refuse(wsi, exchange, 404, "not_found", "no such page");
    } else if (request->method == HOP_METHOD_OTHER) {
        refuse(wsi, exchange, 405, "request.method", "no such method here");
    } else if (request->method == HOP_METHOD_POST || request->method == HOP_METHOD_PATCH ||
               lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0) {
        expect_body(wsi, exchange);
    } else {
        dispatch(wsi, exchange);
    }
    return 0;
}

static int on_body(struct hop_exchange *exchange, const void *data, size_t len)
{
    if (exchange->request == NULL || exchange->dispatched)
        return exchange->close ? 0 : -1;
    if (exchange->request->body->len + len > HOP_MAX_SIGNED_IN_BODY)
        return -1;
    if (len > 0)
        g_byte_array_append(exchange->request->body, data, (guint)len);
    return 0;
}

static int on_body_end(struct lws *wsi, struct hop_exchange *exchange)
{
    if (exchange->request == NULL || (exchange->dispatched && !exchange->close))
        return -1;
    if (!exchange->dispatched)
        dispatch(wsi, exchange);
    return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_head(struct lws *wsi, struct hop_exchange *exchange)
{
    struct hop_http *http = http_of(wsi);
    struct hop_request *request = exchange->request;
    GString *head = hop_response_head(request, http->hsts && request->tls, exchange->close);
    unsigned char *buffer = g_malloc(LWS_PRE + head->len);
    int written;

    memcpy(buffer + LWS_PRE, head->str, head->len);
    written = lws_write(wsi, buffer + LWS_PRE, head->len, LWS_WRITE_HTTP_HEADERS);
    g_free(buffer);
    exchange->head_sent = true;
    http->stats.status[request->answer.status / 100 % 6]++;
    if (request->method == HOP_METHOD_HEAD || request->answer.status == 304 ||
        request->answer.status == 204)
        exchange->sent = request->answer.length; /* these have no body */
    g_string_free(head, TRUE);
    return written < 0 ? -1 : 0;
}

static int64_t next_chunk(struct hop_exchange *exchange, unsigned char *to)
{
    struct hop_request *request = exchange->request;
    int64_t left = request->answer.length - exchange->sent;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;

    if (request->answer.body != NULL) {
        memcpy(to, (const char *)g_bytes_get_data(request->answer.body, NULL) + exchange->sent, n);
        return (int64_t)n;
    }
    return pread(request->answer.fd, to, n, exchange->sent);
}

/* 1: all written; 0: more when the socket takes it; -1: close. */
static int write_body(struct lws *wsi, struct hop_exchange *exchange)
{
    static unsigned char buffer[LWS_PRE + CHUNK];

    while (exchange->sent < exchange->request->answer.length) {
        int64_t n;

        if (lws_send_pipe_choked(wsi))
            return 0;
        n = next_chunk(exchange, buffer + LWS_PRE);
        if (n <= 0) /* the file became shorter: what was promised cannot be kept */
            return -1;
        if (lws_write(wsi, buffer + LWS_PRE, (size_t)n, LWS_WRITE_HTTP) < 0)
            return -1;
        exchange->sent += n;
    }
    return 1;
}

static void finish(struct hop_exchange *exchange)
{
    if (exchange->request != NULL)
        exchange->request->connection = NULL;
    hop_request_unref(exchange->request);
    *exchange = (struct hop_exchange){ 0 };
}

static int on_writable(struct lws *wsi, struct hop_exchange *exchange)
{
    bool close;
    int done;

    if (exchange->request == NULL || !exchange->request->answer.ready)
        return 0;
    if (!exchange->head_sent && write_head(wsi, exchange) != 0)
        return -1;
    done = write_body(wsi, exchange);
    if (done < 0)
        return -1;
    if (done == 0) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, SEND_TIMEOUT_S);
        lws_callback_on_writable(wsi);
        return 0;
    }
    close = exchange->close;
    finish(exchange);
    return lws_http_transaction_completed(wsi) != 0 || close ? -1 : 0;
}

/* ---- the WebSocket's door -------------------------------------------------------------------- */

static int refuse_upgrade(struct lws *wsi, const char *status)
{
    unsigned char buffer[LWS_PRE + 128];
    int n = g_snprintf((char *)buffer + LWS_PRE, 128,
                       "HTTP/1.1 %s\r\nserver: hop\r\ncontent-length: 0\r\n"
                       "connection: close\r\n\r\n",
                       status);

    lws_write(wsi, buffer + LWS_PRE, (size_t)n, LWS_WRITE_HTTP_HEADERS);
    return -1;
}

/* Only a page of this very host may open a meeting: cookies go along with a WebSocket from any
 * page, and no CORS rule holds it back. */
static int confirm_upgrade(struct lws *wsi, const char *protocol)
{
    struct hop_http *http = http_of(wsi);
    g_autofree char *path = header(wsi, WSI_TOKEN_GET_URI);
    g_autofree char *origin = header(wsi, WSI_TOKEN_ORIGIN);
    g_autofree char *host = header(wsi, WSI_TOKEN_HOST);
    g_autofree char *wanted = header(wsi, WSI_TOKEN_PROTOCOL);

    if (strcmp(protocol, "websocket") != 0)
        return -1;
    if (http->websocket_name == NULL || strcmp(path, http->websocket_path) != 0)
        return refuse_upgrade(wsi, "404 Not Found");
    if (!hop_origin_matches(origin, host))
        return refuse_upgrade(wsi, "403 Forbidden");
    if (strcmp(g_strstrip(wanted), http->websocket_name) != 0)
        return refuse_upgrade(wsi, "400 Bad Request");
    return 0;
}

int hop_http_exchange_cb(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len)
{
    struct hop_exchange *exchange = user;
    struct hop_http *http;

    switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
        http_of(wsi)->stats.connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        http_of(wsi)->stats.connections--;
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm_upgrade(wsi, in);
    case LWS_CALLBACK_HTTP:
        return on_head(wsi, exchange, in, len);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(exchange, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return on_body_end(wsi, exchange);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_writable(wsi, exchange);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (exchange != NULL)
            finish(exchange);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        http = http_of(wsi);
        http->config.woken(http->config.ctx);
        return 0;
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        http = lws_context_user(lws_get_context(wsi));
        http->ssl = user;
        return 0;
    case LWS_CALLBACK_ESTABLISHED: /* a WebSocket of this protocol is none of ours */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_RAW_ADOPT: /* nor what is no HTTP (CONNECT, h2 prior knowledge) */
        return -1;
    default:
        return 0;
    }
}
