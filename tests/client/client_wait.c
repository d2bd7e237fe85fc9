/* Runs the loop until something holds for a participant. */
#include "tests/client/client_private.h"

#include <string.h>

struct wish {
    struct hop_client *client;
    int id;
    const char *name;
    size_t n;
    uint32_t tag;
    enum hop_source source;
    double hz, db;
};

static bool run(struct wish *w, bool (*holds)(void *), int timeout_ms)
{
    return hop_client_loop_run(w->client->loop, holds, w, (int64_t)timeout_ms * 1000);
}

static bool over(const struct hop_client *c)
{
    return c->state == HOP_CLIENT_CLOSED || c->state == HOP_CLIENT_REFUSED;
}

static bool joined_or_over(void *ctx)
{
    const struct wish *w = ctx;
    return w->client->state == HOP_CLIENT_JOINED || over(w->client);
}

bool hop_client_wait_joined(struct hop_client *c, int timeout_ms)
{
    struct wish w = { .client = c };
    return run(&w, joined_or_over, timeout_ms) && c->state == HOP_CLIENT_JOINED;
}

static bool media_or_over(void *ctx)
{
    const struct wish *w = ctx;
    enum hop_client_line line = hop_client_line(w->client);
    return line == HOP_CLIENT_LINE_CONNECTED || line == HOP_CLIENT_LINE_FAILED ||
           line == HOP_CLIENT_LINE_CLOSED;
}

bool hop_client_wait_media(struct hop_client *c, int timeout_ms)
{
    struct wish w = { .client = c };
    return run(&w, media_or_over, timeout_ms) && hop_client_line(c) == HOP_CLIENT_LINE_CONNECTED;
}

static bool is_closed(void *ctx)
{
    return over(((const struct wish *)ctx)->client) &&
           ((const struct wish *)ctx)->client->close_why;
}

bool hop_client_wait_closed(struct hop_client *c, int timeout_ms)
{
    struct wish w = { .client = c };
    return run(&w, is_closed, timeout_ms);
}

static bool has_events(void *ctx)
{
    const struct wish *w = ctx;
    return hop_client_count(w->client, w->name) >= w->n;
}

bool hop_client_wait_events(struct hop_client *c, const char *name, size_t n, int timeout_ms)
{
    struct wish w = { .client = c, .name = name, .n = n };
    return run(&w, has_events, timeout_ms);
}

static bool sees(void *ctx)
{
    const struct wish *w = ctx;
    return hop_client_sees(w->client, w->tag, w->source) >= 0;
}

bool hop_client_wait_sees(struct hop_client *c, uint32_t tag, enum hop_source source,
                          int timeout_ms)
{
    struct wish w = { .client = c, .tag = tag, .source = source };
    return run(&w, sees, timeout_ms);
}

static bool hears(void *ctx)
{
    const struct wish *w = ctx;
    return w->client->receiver &&
           hop_client_receiver_tone_db(w->client->receiver, w->hz, 9600) >= w->db;
}

bool hop_client_wait_hears(struct hop_client *c, double hz, double at_least_db, int timeout_ms)
{
    struct wish w = { .client = c, .hz = hz, .db = at_least_db };
    return run(&w, hears, timeout_ms);
}

static bool answered_or_over(void *ctx)
{
    const struct wish *w = ctx;
    return hop_client_answer(w->client, w->id) || w->client->state == HOP_CLIENT_CLOSED;
}

json_t *hop_client_call(struct hop_client *c, const char *op, json_t *data, int timeout_ms)
{
    struct wish w = { .client = c, .id = hop_client_request(c, op, data) };
    run(&w, answered_or_over, timeout_ms);
    return hop_client_answer(c, w.id);
}
