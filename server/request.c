/* See request.h. RFC 9110 for status and headers, RFC 6265 for cookies. */
#include "server/request.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

struct hop_request *hop_request_new(void)
{
    struct hop_request *request = g_new0(struct hop_request, 1);

    request->refs = 1;
    request->answer.fd = -1;
    request->answer.headers = g_string_new(NULL);
    request->body = g_byte_array_new();
    return request;
}

struct hop_request *hop_request_ref(struct hop_request *request)
{
    request->refs++;
    return request;
}

void hop_request_unref(struct hop_request *request)
{
    if (request == NULL || --request->refs > 0)
        return;
    if (request->answer.fd >= 0)
        close(request->answer.fd);
    if (request->answer.body != NULL)
        g_bytes_unref(request->answer.body);
    g_string_free(request->answer.headers, TRUE);
    g_byte_array_unref(request->body);
    g_free(request->query);
    g_free(request->host);
    g_free(request->origin);
    g_free(request->cookie);
    g_free(request->if_none_match);
    g_free(request->if_match);
    g_free(request->accept_encoding);
    g_free(request->agent);
    if (request->authorization != NULL)
        sodium_memzero(request->authorization, strlen(request->authorization));
    g_free(request->authorization);
    g_free(request);
}

char *hop_request_query(const struct hop_request *request, const char *name)
{
    size_t len = strlen(name);
    g_auto(GStrv) parts = g_strsplit(request->query, "&", 32);

    for (char **part = parts; *part != NULL; part++) {
        if (strncmp(*part, name, len) == 0 && (*part)[len] == '=')
            return g_strdup(*part + len + 1);
    }
    return NULL;
}

char *hop_cookie_get(const char *cookies, const char *name)
{
    size_t len = strlen(name);
    g_auto(GStrv) parts = g_strsplit(cookies != NULL ? cookies : "", ";", 64);

    for (char **part = parts; *part != NULL; part++) {
        const char *pair = g_strstrip(*part);

        if (strncmp(pair, name, len) == 0 && pair[len] == '=')
            return g_strdup(pair + len + 1);
    }
    return NULL;
}

/* What a client may write as Host goes back to him in links; anything else is left out. */
static bool plain_host(const char *host)
{
    return host[0] != '\0' && strlen(host) < 256 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%") ==
               strlen(host);
}

char *hop_request_origin(const struct hop_request *request)
{
    return g_strdup_printf("%s://%s", request->tls ? "https" : "http",
                           plain_host(request->host) ? request->host : "localhost");
}

bool hop_origin_matches(const char *origin, const char *host)
{
    const char *authority;

    if (origin == NULL || origin[0] == '\0')
        return true;
    authority = strstr(origin, "://");
    return authority != NULL && host[0] != '\0' && g_ascii_strcasecmp(authority + 3, host) == 0;
}

/* ---- answering ------------------------------------------------------------------------------- */

void hop_request_header(struct hop_request *request, const char *name, const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list args;

    va_start(args, format);
    value = g_strdup_vprintf(format, args);
    va_end(args);
    g_assert(strpbrk(value, "\r\n") == NULL);
    g_string_append_printf(request->answer.headers, "%s: %s\r\n", name, value);
}

static void ready(struct hop_request *request, int status)
{
    g_assert(!request->answer.ready);
    request->answer.ready = true;
    request->answer.status = status;
    if (request->connection != NULL)
        request->wake(request);
}

void hop_respond_bytes(struct hop_request *request, int status, const char *type, const void *data,
                       size_t len)
{
    hop_request_header(request, "content-type", "%s", type);
    request->answer.body = g_bytes_new(data, len);
    request->answer.length = (int64_t)len;
    ready(request, status);
}

void hop_respond_json(struct hop_request *request, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    hop_request_header(request, "cache-control", "no-store");
    hop_respond_bytes(request, status, "application/json", text != NULL ? text : "{}",
                      text != NULL ? strlen(text) : 2);
    free(text);
}

void hop_respond_empty(struct hop_request *request, int status)
{
    ready(request, status);
}

void hop_respond_error(struct hop_request *request, int status, const char *code,
                       const char *message)
{
    hop_respond_json(request, status,
                     json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message));
}

void hop_respond_errno(struct hop_request *request, int error)
{
    switch (error) {
    case -EAGAIN:
        hop_request_header(request, "retry-after", "1");
        hop_respond_error(request, 503, "server.busy", "too much to do, try again");
        return;
    case -ENOSPC:
        hop_respond_error(request, 503, "server.storage", "the disk is full; nothing was stored");
        return;
    default:
        hop_respond_error(request, 503, "server.storage", "the storage failed; nothing was stored");
    }
}

void hop_respond_file(struct hop_request *request, int status, const char *type, int fd,
                      int64_t length)
{
    hop_request_header(request, "content-type", "%s", type);
    request->answer.fd = fd;
    request->answer.length = length;
    ready(request, status);
}

/* ---- the head -------------------------------------------------------------------------------- */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 409, "Conflict" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

/* The page may load and call its own origin only. 'self' covers wss on the same host and port in
 * the browsers of today, but not in Safari before 15.4, so the WebSocket's origin is named as well.
 */
static void security_headers(GString *head, const struct hop_request *request)
{
    const char *host = plain_host(request->host) ? request->host : "localhost";

    g_string_append_printf(
        head,
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';"
        " img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self';"
        " connect-src 'self' %s://%s; worker-src 'self'; manifest-src 'self';"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'self'\r\n"
        "x-content-type-options: nosniff\r\n"
        "x-frame-options: DENY\r\n"
        "referrer-policy: no-referrer\r\n"
        "cross-origin-opener-policy: same-origin\r\n"
        "cross-origin-resource-policy: same-origin\r\n"
        "permissions-policy: camera=(self), microphone=(self), display-capture=(self),"
        " fullscreen=(self), screen-wake-lock=(self), autoplay=(self), speaker-selection=(self),"
        " geolocation=(), payment=(), usb=(), midi=()\r\n",
        request->tls ? "wss" : "ws", host);
}

GString *hop_response_head(const struct hop_request *request, bool hsts, bool close)
{
    int status = request->answer.status;
    GString *head = g_string_sized_new(1536);

    g_string_append_printf(head, "HTTP/1.1 %d %s\r\nserver: hop\r\n", status, reason(status));
    if (status != 204 && status != 304)
        g_string_append_printf(head, "content-length: %" G_GINT64_FORMAT "\r\n",
                               request->answer.length);
    security_headers(head, request);
    if (hsts)
        g_string_append(head, "strict-transport-security: max-age=31536000\r\n");
    if (close)
        g_string_append(head, "connection: close\r\n");
    g_string_append(head, request->answer.headers->str);
    g_string_append(head, "\r\n");
    return head;
}
