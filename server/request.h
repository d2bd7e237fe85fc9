/* One HTTP request, from its headers to the end of its answer. The transport (http.c) fills it, the
 * router hands it to one handler, the handler answers once, at once or later.
 *
 * Control thread. Ownership: the transport holds one reference while the connection lives; a
 * handler that answers later takes one for its callback (hop_request_ref) and gives it back after
 * answering. Answering a request whose connection is gone does nothing.
 */
#pragma once

#include "media/base/addr.h"
#include "server/store/sessions.h"
#include "signaling/host.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum hop_method {
    HOP_METHOD_GET,
    HOP_METHOD_HEAD,
    HOP_METHOD_POST,
    HOP_METHOD_PATCH,
    HOP_METHOD_DELETE,
    HOP_METHOD_OTHER,
};

enum {
    HOP_MAX_BODY = 65536,            /* bytes of a request's body */
    HOP_MAX_SIGNED_IN_BODY = 524288, /* of somebody who is signed in: 500 invitees, or accounts */
    HOP_MAX_HEADERS = 8192,          /* bytes of all its headers */
    HOP_MAX_PATH = 1024,
};

struct hop_request {
    enum hop_method method;
    char path[HOP_MAX_PATH + 1]; /* decoded, begins with '/', no "." or ".." segments */
    char *query;                 /* decoded, "" none */
    bool tls;
    struct hop_addr peer;
    char *host, *origin, *cookie, *if_none_match, *if_match, *accept_encoding, *agent,
        *authorization; /* headers, "" when absent */
    bool hop_header;    /* X-Hop: 1 */
    GByteArray *body;
    struct hop_store_session account; /* who asks; user_id 0: nobody who is signed in */
    bool program;                     /* by a token; its scopes: */
    uint32_t scopes;                  /* enum hop_scope */

    struct { /* filled by hop_respond_*() */
        bool ready;
        int status;
        GString *headers; /* further header lines, each with its CRLF */
        GBytes *body;
        int fd; /* -1: none; else the body is `length` bytes of this file */
        int64_t length;
    } answer;

    int refs;
    void (*wake)(struct hop_request *request); /* of the transport: the answer is ready */
    void *connection;                          /* NULL: gone */
};

struct hop_request *hop_request_new(void);
struct hop_request *hop_request_ref(struct hop_request *request);
void hop_request_unref(struct hop_request *request);

/* The value of a query parameter; NULL: absent. Free with g_free(). */
char *hop_request_query(const struct hop_request *request, const char *name);
/* The value of a cookie in a Cookie header, or NULL. Free with g_free(). */
char *hop_cookie_get(const char *cookies, const char *name);
/* The scheme and authority that the client used, "https://host:port". Free with g_free(). */
char *hop_request_origin(const struct hop_request *request);
/* An Origin header names the same host that was asked; true when there is none (no browser). */
bool hop_origin_matches(const char *origin, const char *host);

/* A header line of the answer, before hop_respond_*(). Name and value are our own, never a
 * client's. */
void hop_request_header(struct hop_request *request, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void hop_respond_bytes(struct hop_request *request, int status, const char *type, const void *data,
                       size_t len);
/* Takes the reference to `json`. */
void hop_respond_json(struct hop_request *request, int status, json_t *json);
void hop_respond_empty(struct hop_request *request, int status);
/* {"error": {"code": …, "message": …}} */
void hop_respond_error(struct hop_request *request, int status, const char *code,
                       const char *message);
/* 503 or 500 for an errno of the store. */
void hop_respond_errno(struct hop_request *request, int error);
/* Takes the open file; 206 and the like are the caller's status. */
void hop_respond_file(struct hop_request *request, int status, const char *type, int fd,
                      int64_t length);

/* Status line and all header lines, the security headers among them, with the empty line at the
 * end; `hsts`: tell the browser to come by https only. Free with g_string_free(). */
GString *hop_response_head(const struct hop_request *request, bool hsts, bool close);
