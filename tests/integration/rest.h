/* The HTTP API and /metrics, asked while the loop goes on running. libcurl. The tests' thread. */
#pragma once

#include "tests/integration/hopd.h"

#include <jansson.h>

struct rest_answer {
    long status; /* 0: no answer */
    char *text;
    json_t *json;     /* NULL: the body is no JSON */
    char cookie[256]; /* "hop_session=…" if one was set */
    char content_type[128];
    int64_t took_us;
};

/* `data` is stolen (NULL: no body); `cookie` may be NULL. */
struct rest_answer rest_call(const struct hopd *h, struct hop_client_loop *loop, const char *method,
                             const char *path, json_t *data, const char *cookie);
/* All calls from now on carry this If-Match (a static text); NULL: none. */
void rest_if_match(const char *tag);
void rest_clear(struct rest_answer *a);
/* error.code, or "". */
const char *rest_error(const struct rest_answer *a);

/* Signs the administrator in; false: refused. */
bool rest_sign_in(const struct hopd *h, struct hop_client_loop *loop, char cookie[256]);
/* Starts a meeting; false: refused. */
bool rest_new_room(const struct hopd *h, struct hop_client_loop *loop, const char *cookie,
                   char code[40]);

/* Sum of a metric's series whose labels contain `label` (NULL: all); -1: there is none. */
double rest_metric(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                   const char *label);
double rest_dropped(const struct hopd *h, struct hop_client_loop *loop, const char *reason);
/* Asks until the metric is at least (at most) that; false: it did not come to it. */
bool rest_wait_at_least(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                        const char *label, double value, int timeout_ms);
bool rest_wait_at_most(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                       const char *label, double value, int timeout_ms);
