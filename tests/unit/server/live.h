/* A whole server in a thread of this process, and a client (libcurl) to talk to it: the API is
 * tested through real connections. The state directory is fresh; the page is two small files. */
#pragma once

#include "server/server.h"

#include <curl/curl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PASSWORD "mật khẩu dài"

struct live {
    char *dir;
    GHashTable *set; /* "group.key" -> value, over the test's own settings */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int https, http; /* ports; 0 until ready */
    enum hop_exit code;
    char *error;
    bool ended;
    struct hop_server *server; /* the thread's own; others only look at the store's health */
    CURL *curl;
};

struct reply {
    long status;
    GString *head, *body;
    json_t *json; /* NULL: the body is none */
};

static inline void live_set(struct hop_config *config, const char *option, const char *value)
{
    char **names = g_strsplit(option, ".", 2);
    char *problem = NULL;

    if (hop_config_set(config, names[0], names[1], value, &problem) != 0)
        fail_msg("%s=%s %s", option, value, problem);
    g_strfreev(names);
}

static inline struct hop_config *live_config(struct live *live)
{
    struct hop_config *config = hop_config_new();
    char *state = g_build_filename(live->dir, "state", NULL);
    char *web = g_build_filename(live->dir, "web", NULL);
    GHashTableIter iter;
    const char *option, *value;

    live_set(config, "server.state-dir", state);
    live_set(config, "server.web-root", web);
    live_set(config, "server.https-port", "0");
    live_set(config, "server.http-port", "0");
    live_set(config, "media.port", "0");
    live_set(config, "media.workers", "1");
    live_set(config, "media.addresses", "127.0.0.1");
    g_hash_table_iter_init(&iter, live->set);
    while (g_hash_table_iter_next(&iter, (gpointer *)&option, (gpointer *)&value))
        live_set(config, option, value);
    g_free(state);
    g_free(web);
    return config;
}

static inline void *live_main(void *arg)
{
    struct live *live = arg;
    struct hop_server_options options = { .admin_password = PASSWORD };

    live->code = hop_server_start(live_config(live), &options, &live->server, &live->error);
    pthread_mutex_lock(&live->lock);
    if (live->code == HOP_EXIT_OK) {
        live->https = hop_http_port(live->server->http, true);
        live->http = hop_http_port(live->server->http, false);
    }
    live->ended = live->code != HOP_EXIT_OK;
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
    if (live->code == HOP_EXIT_OK) {
        hop_server_run(live->server);
        hop_server_free(live->server);
        live->server = NULL;
    }
    return NULL;
}

/* 0 in https and http: it did not start; live->code and error tell why. */
static inline void live_start(struct live *live)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    live->https = live->http = 0;
    live->ended = false;
    g_clear_pointer(&live->error, g_free);
    pthread_create(&live->thread, NULL, live_main, live);
    pthread_mutex_lock(&live->lock);
    while (live->http == 0 && !live->ended)
        pthread_cond_wait(&live->changed, &live->lock);
    pthread_mutex_unlock(&live->lock);
}

static inline void live_stop(struct live *live)
{
    if (!live->ended)
        kill(getpid(), SIGTERM); /* blocked everywhere: the loop's signalfd takes it */
    pthread_join(live->thread, NULL);
    live->ended = true;
}

static inline void live_write(struct live *live, const char *name, const char *text, gssize len)
{
    char *path = g_build_filename(live->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, len, NULL));
    g_free(path);
}

static inline struct live *live_new(void)
{
    struct live *live = g_new0(struct live, 1);
    char *assets;

    live->dir = g_dir_make_tmp("hop-live-XXXXXX", NULL);
    assets = g_build_filename(live->dir, "web", "assets", NULL);
    g_mkdir_with_parents(assets, 0700);
    g_free(assets);
    live_write(live, "web/index.html", "<!doctype html><title>hop</title>", -1);
    live->set = g_hash_table_new(g_str_hash, g_str_equal);
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->changed, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    live->curl = curl_easy_init();
    return live;
}

static inline void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
        g_free(child);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static inline void live_free(struct live *live)
{
    curl_easy_cleanup(live->curl);
    remove_tree(live->dir);
    g_hash_table_destroy(live->set);
    g_free(live->error);
    g_free(live->dir);
    g_free(live);
}

static inline size_t collect(char *data, size_t size, size_t n, void *to)
{
    g_string_append_len(to, data, (gssize)(size * n));
    return size * n;
}

/* `headers`: lines separated by '|', or NULL. Over https when `url` says so. */
static inline struct reply ask_url(struct live *live, const char *method, const char *url,
                                   const char *headers, const char *body)
{
    struct reply r = { .head = g_string_new(NULL), .body = g_string_new(NULL) };
    char **lines = g_strsplit(headers != NULL ? headers : "", "|", -1);
    struct curl_slist *list = NULL;
    CURLcode code;

    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            list = curl_slist_append(list, *line);
    curl_easy_reset(live->curl);
    curl_easy_setopt(live->curl, CURLOPT_URL, url);
    curl_easy_setopt(live->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(live->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(live->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(live->curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(live->curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(live->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(live->curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(live->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(live->curl, CURLOPT_WRITEDATA, r.body);
    curl_easy_setopt(live->curl, CURLOPT_HEADERFUNCTION, collect);
    curl_easy_setopt(live->curl, CURLOPT_HEADERDATA, r.head);
    if (body != NULL)
        curl_easy_setopt(live->curl, CURLOPT_POSTFIELDS, body);
    code = curl_easy_perform(live->curl);
    if (code != CURLE_OK)
        r.status = -(long)code;
    else
        curl_easy_getinfo(live->curl, CURLINFO_RESPONSE_CODE, &r.status);
    r.json = json_loads(r.body->str, 0, NULL);
    curl_slist_free_all(list);
    g_strfreev(lines);
    return r;
}

static inline struct reply ask(struct live *live, const char *method, const char *path,
                               const char *headers, const char *body)
{
    char *url = g_strdup_printf("http://127.0.0.1:%d%s", live->http, path);
    struct reply r = ask_url(live, method, url, headers, body);

    g_free(url);
    return r;
}

static inline void reply_clear(struct reply *r)
{
    g_string_free(r->head, TRUE);
    g_string_free(r->body, TRUE);
    json_decref(r->json);
    *r = (struct reply){ 0 };
}

/* The value of a header of the answer, or NULL. Free with g_free(). */
static inline char *header_of(const struct reply *r, const char *name)
{
    char **lines = g_strsplit(r->head->str, "\r\n", -1);
    size_t len = strlen(name);
    char *value = NULL;

    for (char **line = lines; *line != NULL && value == NULL; line++)
        if (g_ascii_strncasecmp(*line, name, len) == 0 && (*line)[len] == ':')
            value = g_strdup(*line + len + 2);
    g_strfreev(lines);
    return value;
}

static inline void assert_header(const struct reply *r, const char *name, const char *expected)
{
    char *value = header_of(r, name);

    if (value == NULL || strcmp(value, expected) != 0)
        fail_msg("%s is '%s' and not '%s'", name, value ? value : "(absent)", expected);
    g_free(value);
}

static inline const char *error_code(const struct reply *r)
{
    const char *code =
        json_string_value(json_object_get(json_object_get(r->json, "error"), "code"));

    return code != NULL ? code : "";
}

/* Asks, checks status and error code ("" none), and forgets the answer. */
static inline void assert_ask(struct live *live, const char *method, const char *path,
                              const char *headers, const char *body, long status, const char *code)
{
    struct reply r = ask(live, method, path, headers, body);

    if (r.status != status || strcmp(error_code(&r), code) != 0)
        fail_msg("%s %s: %ld %s, and not %ld %s", method, path, r.status, r.body->str, status,
                 code);
    reply_clear(&r);
}

/* The headers of an administrator who has just signed in. Free with g_free(). */
static inline char *sign_in(struct live *live)
{
    struct reply r = ask(live, "POST", "/api/v1/session", "X-Hop: 1",
                         "{\"username\":\"admin\",\"password\":\"" PASSWORD "\"}");
    char *cookie = header_of(&r, "set-cookie"), *headers;

    assert_int_equal(r.status, 201);
    assert_non_null(cookie);
    *strchr(cookie, ';') = '\0';
    headers = g_strdup_printf("X-Hop: 1|Cookie: %s", cookie);
    g_free(cookie);
    reply_clear(&r);
    return headers;
}
