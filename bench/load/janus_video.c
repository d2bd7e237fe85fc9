/* hop-load speaks with Janus' VideoRoom: a PeerConnection to publish, one to receive.
 * https://janus.conf.meetecho.com/docs/videoroom */
#include "bench/load/janus.h"

#include "media/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLUGIN "janus.plugin.videoroom"

static void joined(struct hop_load_member *m)
{
    m->state = HOP_LOAD_JOINED;
    m->joined_us = hop_now_us();
}

static void publish(struct hop_load_member *m)
{
    const char *codec = m->play->world->scenario.codec == HOP_CODEC_H264 ? "h264" : "vp8";
    const struct hop_load_janus *j = hop_load_janus_of(m);
    if (!hop_load_member_open_link(m)) {
        hop_load_member_fail(m, "out of memory");
        return;
    }
    /* Whoever comes first makes the room; the others are told that it is there. */
    hop_load_janus_request(m, j->up, "room",
                           json_pack("{s:s, s:I, s:i, s:s, s:s}", "request", "create", "room",
                                     hop_load_janus_room(m), "publishers", 1000, "videocodec",
                                     codec, "audiocodec", "opus"),
                           NULL);
    hop_load_janus_request(m, j->up, "publish",
                           json_pack("{s:s, s:s, s:I}", "request", "joinandconfigure", "ptype",
                                     "publisher", "room", hop_load_janus_room(m)),
                           hop_load_janus_offer(m));
}

static void subscribe(struct hop_load_member *m)
{
    json_t *streams = json_array();
    for (guint i = 0; i < m->sees->len; i++) {
        const struct hop_load_member *o =
            g_ptr_array_index(m->play->members, g_array_index(m->sees, uint32_t, i));
        json_array_append_new(streams,
                              json_pack("{s:I}", "feed", (json_int_t)strtoll(o->id, NULL, 10)));
    }
    hop_load_janus_request(m, hop_load_janus_of(m)->down, "subscribe",
                           json_pack("{s:s, s:s, s:I, s:o}", "request", "join", "ptype",
                                     "subscriber", "room", hop_load_janus_room(m), "streams",
                                     streams),
                           NULL);
}

/* Subscriptions are asked for once, when it is known who publishes. */
static void settle(struct hop_load_member *m)
{
    struct hop_load_janus *j = hop_load_janus_of(m);
    if (j->subscribed)
        return;
    j->subscribed = true;
    hop_load_member_choose(m, HOP_LOAD_STREAMS);
    if (m->sees->len == 0)
        return;
    m->down_wanted = true;
    hop_load_janus_attach(m, PLUGIN, "down");
}

static void take_event(struct hop_load_member *m, const json_t *message, const json_t *data)
{
    const char *what = json_string_value(json_object_get(data, "videoroom"));
    const char *which = json_string_value(json_object_get(message, "transaction"));
    if (!what || !which || strcmp(which, "room") == 0)
        return;
    if (hop_load_janus_refused(m, data))
        return;
    if (strcmp(what, "joined") == 0 && hop_load_janus_take_answer(m, message)) {
        snprintf(m->id, sizeof(m->id), "%lld",
                 (long long)json_integer_value(json_object_get(data, "id")));
        joined(m);
    } else if (strcmp(what, "attached") == 0) {
        json_t *answer = hop_load_janus_answer(m, message);
        if (answer)
            hop_load_janus_request(m, hop_load_janus_of(m)->down, "start",
                                   json_pack("{s:s}", "request", "start"), answer);
    }
}

static void message(struct hop_load_member *m, char *text, size_t len)
{
    struct hop_load_janus *j = hop_load_janus_of(m);
    json_t *message = json_loadb(text, len, 0, NULL);
    const json_t *data = hop_load_janus_data(message);
    if (data) {
        take_event(m, message, data);
    } else if (!j->session && (j->session = hop_load_janus_id(message, "create")) != 0) {
        if (m->camera)
            hop_load_janus_attach(m, PLUGIN, "up");
        else
            joined(m);
        if (m->late)
            settle(m);
    } else if (!j->up && (j->up = hop_load_janus_id(message, "up")) != 0) {
        publish(m);
    } else if (!j->down && (j->down = hop_load_janus_id(message, "down")) != 0) {
        subscribe(m);
    }
    json_decref(message);
}

static void leave(struct hop_load_member *m)
{
    hop_load_member_send(m, json_pack("{s:s, s:s, s:I}", "janus", "destroy", "transaction", "leave",
                                      "session_id", hop_load_janus_of(m)->session));
}

const struct hop_load_driver hop_load_janus_video = {
    .name = "janus-video",
    .path = "/",
    .protocol = "janus-protocol",
    .opened = hop_load_janus_create,
    .message = message,
    .settle = settle,
    .leave = leave,
};
