/* See rest.h. */
#include "tests/integration/rest.h"

#include "media/base/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 15000, ASK_AGAIN_US = 200000 };

struct body {
    char *text;
    size_t len;
};

static size_t take_body(char *data, size_t one, size_t n, void *ctx)
{
    struct body *b = ctx;
    char *grown = realloc(b->text, b->len + one * n + 1);
    if (!grown)
        return 0;
    memcpy(grown + b->len, data, one * n);
    b->text = grown;
    b->len += one * n;
    b->text[b->len] = '\0';
    return one * n;
}

static size_t take_header(char *data, size_t one, size_t n, void *ctx)
{
    struct rest_answer *a = ctx;
    const char *key = "set-cookie: ";
    if (n > strlen(key) && strncasecmp(data, key, strlen(key)) == 0) {
        size_t len = strcspn(data + strlen(key), ";\r\n");
        snprintf(a->cookie, sizeof(a->cookie), "%.*s", (int)len, data + strlen(key));
    }
    return one * n;
}

static bool is_done(void *ctx)
{
    int running = 0;
    return curl_multi_perform(ctx, &running) != CURLM_OK || running == 0;
}

/* The loop goes round, curl with it. */
static void perform(CURL *curl, struct hop_client_loop *loop)
{
    CURLM *multi = curl_multi_init();
    curl_multi_add_handle(multi, curl);
    hop_client_loop_pump(loop, 1);
    hop_client_loop_run(loop, is_done, multi, (int64_t)PATIENCE_MS * 1000);
    hop_client_loop_pump(loop, -1);
    curl_multi_remove_handle(multi, curl);
    curl_multi_cleanup(multi);
}

static const char *if_match;

void rest_if_match(const char *tag)
{
    if_match = tag;
}

struct rest_answer rest_call(const struct hopd *h, struct hop_client_loop *loop, const char *method,
                             const char *path, json_t *data, const char *cookie)
{
    struct rest_answer a = { 0 };
    struct body body = { 0 };
    char url[512], *text = data ? json_dumps(data, JSON_COMPACT) : NULL, *type = NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "X-Hop: 1");
    CURL *curl = curl_easy_init();
    int64_t began_us = hop_now_us();
    headers = curl_slist_append(headers, "Content-Type: application/json");
    if (if_match) {
        char line[64];

        snprintf(line, sizeof(line), "If-Match: %s", if_match);
        headers = curl_slist_append(headers, line);
    }
    snprintf(url, sizeof(url), "%s%s", h->url, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &a);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (text)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    if (cookie)
        curl_easy_setopt(curl, CURLOPT_COOKIE, cookie);
    perform(curl, loop);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(a.content_type, sizeof(a.content_type), "%s", type ? type : "");
    a.text = body.text ? body.text : strdup("");
    a.json = json_loads(a.text, 0, NULL);
    a.took_us = hop_now_us() - began_us;
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    free(text);
    json_decref(data);
    return a;
}

void rest_clear(struct rest_answer *a)
{
    free(a->text);
    json_decref(a->json);
    *a = (struct rest_answer){ 0 };
}

const char *rest_error(const struct rest_answer *a)
{
    const char *code =
        json_string_value(json_object_get(json_object_get(a->json, "error"), "code"));
    return code ? code : "";
}

bool rest_sign_in(const struct hopd *h, struct hop_client_loop *loop, char cookie[256])
{
    struct rest_answer a =
        rest_call(h, loop, "POST", "/api/v1/session",
                  json_pack("{s:s, s:s}", "username", "admin", "password", HOPD_PASSWORD), NULL);
    bool ok = a.status == 201 && a.cookie[0];
    if (ok)
        snprintf(cookie, 256, "%s", a.cookie);
    else
        fprintf(stderr, "sign-in: %ld %s\n", a.status, a.text);
    rest_clear(&a);
    return ok;
}

bool rest_new_room(const struct hopd *h, struct hop_client_loop *loop, const char *cookie,
                   char code[40])
{
    struct rest_answer a = rest_call(h, loop, "POST", "/api/v1/rooms",
                                     json_pack("{s:s}", "title", "Giao ban"), cookie);
    const char *made = json_string_value(json_object_get(a.json, "code"));
    bool ok = a.status == 201 && made;
    if (ok)
        snprintf(code, 40, "%s", made);
    else
        fprintf(stderr, "new room: %ld %s\n", a.status, a.text);
    rest_clear(&a);
    return ok;
}

/* ---- metrics --------------------------------------------------------------------------------- */

static double sum(const char *text, const char *name, const char *label)
{
    double total = 0;
    bool found = false;
    size_t len = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *end = line + strcspn(line, "\n");
        const char *labelled = label ? strstr(line, label) : line;
        if (strncmp(line, name, len) != 0 || (line[len] != '{' && line[len] != ' ') || !labelled ||
            labelled > end)
            continue;
        const char *value = end;
        while (value > line && value[-1] != ' ')
            value--;
        total += strtod(value, NULL);
        found = true;
    }
    return found ? total : -1;
}

double rest_metric(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                   const char *label)
{
    struct rest_answer a = rest_call(h, loop, "GET", "/metrics", NULL, NULL);
    double value = a.status == 200 ? sum(a.text, name, label) : -1;
    rest_clear(&a);
    return value;
}

static const char drops[] = "hop_worker_dropped_packets_total";

double rest_dropped(const struct hopd *h, struct hop_client_loop *loop, const char *reason)
{
    char label[64];
    snprintf(label, sizeof(label), "reason=\"%s\"", reason);
    return rest_metric(h, loop, drops, label);
}

/* `sign` 1: at least, -1: at most. */
static bool wait_metric(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                        const char *label, double value, int sign, int timeout_ms)
{
    int64_t end_us = hop_now_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        double is = rest_metric(h, loop, name, label);
        if (is >= 0 && (is - value) * sign >= 0)
            return true;
        if (hop_now_us() >= end_us) {
            fprintf(stderr, "%s{%s} is %g, not %g\n", name, label ? label : "", is, value);
            return false;
        }
        hop_client_loop_run(loop, NULL, NULL, ASK_AGAIN_US);
    }
}

bool rest_wait_at_least(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                        const char *label, double value, int timeout_ms)
{
    return wait_metric(h, loop, name, label, value, 1, timeout_ms);
}

bool rest_wait_at_most(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                       const char *label, double value, int timeout_ms)
{
    return wait_metric(h, loop, name, label, value, -1, timeout_ms);
}
