/* See client.h: the participant's signaling and what holds it together with the media. */
#include "tests/client/client.h"

#include "media/base/clock.h"
#include "media/base/random.h"
#include "tests/client/client_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PING_US ((int64_t)5000000)

enum { MAX_EVENTS_KEPT = 5000, MAX_ANSWERS_KEPT = 2000 };

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = text ? strdup(text) : NULL;
}

/* ---- requests and answers -------------------------------------------------------------------- */

int hop_client_request(struct hop_client *c, const char *op, json_t *data)
{
    int id = ++c->next_id;
    json_t *frame =
        json_pack("{s:i, s:s, s:o}", "id", id, "op", op, "data", data ? data : json_object());
    char *text = frame ? json_dumps(frame, JSON_COMPACT) : NULL;
    json_decref(frame);
    if (text && c->ws)
        hop_client_ws_send(c->ws, text, strlen(text));
    free(text);
    return id;
}

json_t *hop_client_answer(const struct hop_client *c, int id)
{
    char key[16];
    snprintf(key, sizeof(key), "%d", id);
    return json_object_get(c->answers, key);
}

const char *hop_client_answer_code(const json_t *answer)
{
    const char *code = json_string_value(json_object_get(json_object_get(answer, "error"), "code"));
    return code ? code : "";
}

static void refused(struct hop_client *c, const json_t *answer)
{
    set_text(&c->error, hop_client_answer_code(answer));
    c->state = HOP_CLIENT_REFUSED;
}

static void send_join(struct hop_client *c)
{
    const struct hop_client_config *k = &c->config;
    json_t *data =
        json_pack("{s:s, s:s, s:s, s:{s:b, s:b, s:b}}", "room", k->room, "name", k->name, "lang",
                  "vi", "media", "microphone", !k->no_microphone, "camera",
                  k->camera && !k->no_autostart, "screen", k->screen && !k->no_autostart);
    if (c->key)
        json_object_set_new(data, "key", json_string(c->key));
    if (k->site)
        json_object_set_new(data, "site", json_integer(k->site));
    if (!k->no_offer) {
        char *offer = hop_client_media_offer(c, false);
        json_object_set_new(data, "offer", json_string(offer ? offer : ""));
        free(offer);
    }
    c->join_id = hop_client_request(c, "join", data);
}

static void send_resume(struct hop_client *c)
{
    c->join_id = hop_client_request(
        c, "resume", json_pack("{s:s, s:s}", "session", c->session, "secret", c->secret));
}

int hop_client_send_offer(struct hop_client *c, bool restart, bool new_socket)
{
    char *offer = hop_client_media_offer(c, restart);
    c->new_socket = new_socket;
    c->offer_id = hop_client_request(c, "offer", json_pack("{s:s}", "sdp", offer ? offer : ""));
    free(offer);
    return c->offer_id;
}

static void take_answer_sdp(struct hop_client *c, const json_t *data)
{
    const char *sdp = json_string_value(json_object_get(data, "answer"));
    if (!sdp)
        return;
    set_text(&c->answer_sdp, sdp);
    if (hop_client_media_answer(c, sdp) != 0)
        set_text(&c->error, "client.answer");
}

static void take_join_answer(struct hop_client *c, const json_t *answer)
{
    const json_t *data = json_object_get(answer, "data");
    const char *status = json_string_value(json_object_get(data, "status"));
    if (!data) {
        refused(c, answer);
        return;
    }
    if (status && strcmp(status, "waiting") == 0) {
        c->state = HOP_CLIENT_WAITING;
        return;
    }
    if (json_object_get(data, "session")) {
        set_text(&c->session, json_string_value(json_object_get(data, "session")));
        set_text(&c->secret, json_string_value(json_object_get(data, "secret")));
        set_text(&c->key, json_string_value(json_object_get(data, "key")));
    }
    hop_client_take_snapshot(c, json_object_get(data, "snapshot"));
    take_answer_sdp(c, data);
    c->state = HOP_CLIENT_JOINED;
    if (!c->times.joined_us)
        c->times.joined_us = hop_client_loop_now(c->loop);
}

static void take_answer(struct hop_client *c, json_t *frame)
{
    char key[16];
    int id = (int)json_integer_value(json_object_get(frame, "re"));
    if (id && id == c->ping_id)
        return; /* asked by ourselves, nobody waits for it */
    snprintf(key, sizeof(key), "%d", id);
    if (json_object_size(c->answers) >= MAX_ANSWERS_KEPT)
        json_object_clear(c->answers);
    json_object_set(c->answers, key, frame);
    if (id && id == c->join_id) {
        take_join_answer(c, frame);
    } else if (id && id == c->offer_id) {
        if (json_object_get(frame, "error"))
            set_text(&c->error, hop_client_answer_code(frame));
        else
            take_answer_sdp(c, json_object_get(frame, "data"));
    }
}

/* ---- the WebSocket --------------------------------------------------------------------------- */

static void take_event(struct hop_client *c, json_t *frame)
{
    const char *name = json_string_value(json_object_get(frame, "event"));
    json_int_t seq = json_integer_value(json_object_get(frame, "seq"));
    if (!name)
        return;
    if (c->seq >= 0 && seq != c->seq + 1)
        c->seq_gaps++;
    c->seq = seq;
    if (json_array_size(c->events) >= MAX_EVENTS_KEPT)
        json_array_remove(c->events, 0);
    json_array_append(c->events, frame);
    json_t *count = json_object_get(c->counts, name);
    json_object_set_new(c->counts, name, json_integer(json_integer_value(count) + 1));
    json_object_set(c->newest, name, json_object_get(frame, "data"));
    hop_client_take_event(c, name, json_object_get(frame, "data"));
    if (strcmp(name, "opened") == 0 && c->state == HOP_CLIENT_WAITING)
        send_join(c);
}

static void on_message(void *ctx, const char *text, size_t len)
{
    struct hop_client *c = ctx;
    json_t *frame = json_loadb(text, len, 0, NULL);
    if (!frame) {
        c->malformed++;
        return;
    }
    if (json_object_get(frame, "re"))
        take_answer(c, frame);
    else
        take_event(c, frame);
    json_decref(frame);
}

static void on_opened(void *ctx)
{
    struct hop_client *c = ctx;
    if (!c->times.open_us)
        c->times.open_us = hop_client_loop_now(c->loop);
    if (c->resuming)
        send_resume(c);
    else
        send_join(c);
}

static void on_closed(void *ctx, int code, const char *why)
{
    struct hop_client *c = ctx;
    c->close_code = code;
    set_text(&c->close_why, why);
    if (c->state != HOP_CLIENT_REFUSED)
        c->state = HOP_CLIENT_CLOSED;
}

static int connect_socket(struct hop_client *c, bool resume)
{
    static const struct hop_client_ws_ops ops = { on_opened, on_message, on_closed };
    struct hop_client_ws_config config = { .url = c->config.url, .cookie = c->config.cookie };
    hop_client_ws_free(c->ws);
    c->ws = NULL;
    c->resuming = resume;
    c->state = HOP_CLIENT_CONNECTING;
    c->close_code = 0;
    c->seq = -1;
    c->join_id = 0;
    return hop_client_ws_open(c->loop, &config, &ops, c, &c->ws);
}

void hop_client_drop_socket(struct hop_client *c)
{
    if (c->ws)
        hop_client_ws_drop(c->ws);
}

int hop_client_resume(struct hop_client *c)
{
    return connect_socket(c, true);
}

int hop_client_rejoin(struct hop_client *c)
{
    hop_client_media_drop(c);
    return connect_socket(c, false);
}

int hop_client_leave(struct hop_client *c)
{
    int id = hop_client_request(c, "leave", NULL);
    hop_client_media_close(c);
    return id;
}

int hop_client_restart_ice(struct hop_client *c, bool new_socket)
{
    return hop_client_send_offer(c, true, new_socket);
}

int hop_client_renew_media(struct hop_client *c)
{
    hop_client_media_drop(c);
    return hop_client_send_offer(c, false, false);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* As every client should: the server takes one that says nothing for 15 s for lost. */
static int64_t ping(struct hop_client *c, int64_t now_us)
{
    bool alive = c->state == HOP_CLIENT_JOINED || c->state == HOP_CLIENT_WAITING;
    if (c->config.no_ping || !alive)
        return now_us + PING_US;
    if (now_us >= c->ping_us) {
        c->ping_us = now_us + PING_US;
        c->ping_id = hop_client_request(c, "ping", NULL);
    }
    return c->ping_us;
}

static void on_timer(void *ctx, int64_t now_us)
{
    struct hop_client *c = ctx;
    int64_t media = hop_client_media_tick(c, now_us), next = ping(c, now_us);
    c->timer.due_us = media < next ? media : next;
}

static bool copy_config(struct hop_client *c, const struct hop_client_config *config)
{
    c->config = *config;
    const char **texts[] = { &c->config.url, &c->config.cookie, &c->config.room, &c->config.name,
                             &c->config.transport.srtp_profiles };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (*texts[i] && !(*texts[i] = c->texts[i] = strdup(*texts[i])))
            return false;
    }
    if (c->config.codec == HOP_CODEC_NONE)
        c->config.codec = HOP_CODEC_VP8;
    if (!c->config.video_bps)
        c->config.video_bps = 500000;
    if (!c->config.fps)
        c->config.fps = 30;
    if (!c->config.height)
        c->config.height = 360;
    if (!c->config.layers)
        c->config.layers = 1;
    set_text(&c->key, config->key);
    return true;
}

int hop_client_new(struct hop_client_loop *loop, const struct hop_client_config *config,
                   struct hop_client **out)
{
    if (!config->url || !config->room || !config->name || config->slots < 0 ||
        config->slots > HOP_MAX_SLOTS || config->layers > HOP_MAX_LAYERS)
        return -EINVAL;
    struct hop_client *c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->loop = loop;
    c->session_number = (uint64_t)hop_random32() << 16 | 1;
    c->answers = json_object();
    c->events = json_array();
    c->counts = json_object();
    c->newest = json_object();
    c->participants = json_object();
    c->times.started_us = hop_now_us();
    c->timer = (struct hop_client_timer){ .due_us = 0, .fire = on_timer, .ctx = c };
    hop_client_loop_add_timer(loop, &c->timer);
    int err = copy_config(c, config) ? connect_socket(c, false) : -ENOMEM;
    if (err) {
        hop_client_free(c);
        return err;
    }
    *out = c;
    return 0;
}

void hop_client_free(struct hop_client *c)
{
    if (!c)
        return;
    hop_client_loop_remove_timer(c->loop, &c->timer);
    hop_client_ws_free(c->ws);
    hop_client_media_drop(c);
    json_t *values[] = { c->answers,      c->events, c->counts,  c->newest,
                         c->participants, c->slots,  c->snapshot };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        json_decref(values[i]);
    char *texts[] = { c->error, c->close_why, c->session, c->secret, c->key, c->id, c->answer_sdp };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    for (size_t i = 0; i < sizeof(c->texts) / sizeof(c->texts[0]); i++)
        free(c->texts[i]);
    free(c);
}

void hop_client_send_text(struct hop_client *c, const char *text, size_t len)
{
    if (c->ws)
        hop_client_ws_send(c->ws, text, len);
}

void hop_client_set_deaf(struct hop_client *c, bool deaf)
{
    if (c->ws)
        hop_client_ws_set_deaf(c->ws, deaf);
}

void hop_client_set_offer_hook(struct hop_client *c, char *(*hook)(void *ctx, const char *sdp),
                               void *ctx)
{
    c->offer_hook = hook;
    c->offer_hook_ctx = ctx;
}
