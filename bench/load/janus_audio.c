/* hop-load speaks with Janus' AudioBridge: everyone gets a mix without himself.
 * https://janus.conf.meetecho.com/docs/audiobridge */
#include "bench/load/janus.h"

#include "media/base/clock.h"

#include <stdio.h>
#include <string.h>

static void enter(struct hop_load_member *m)
{
    const struct hop_load_janus *j = hop_load_janus_of(m);
    int prebuffer = m->play->world->scenario.janus_prebuffer;
    m->microphone = true; /* AudioBridge has no mere listeners */
    if (!hop_load_member_open_link(m)) {
        hop_load_member_fail(m, "out of memory");
        return;
    }
    hop_load_janus_request(m, j->up, "room",
                           json_pack("{s:s, s:I, s:i, s:b, s:i}", "request", "create", "room",
                                     hop_load_janus_room(m), "sampling_rate", 48000,
                                     "audiolevel_ext", 1, "default_prebuffering", prebuffer),
                           NULL);
    hop_load_janus_request(
        m, j->up, "join",
        json_pack("{s:s, s:I}", "request", "join", "room", hop_load_janus_room(m)), NULL);
}

static void take_event(struct hop_load_member *m, const json_t *message, const json_t *data)
{
    const char *what = json_string_value(json_object_get(data, "audiobridge"));
    const char *which = json_string_value(json_object_get(message, "transaction"));
    if (!what || !which || strcmp(which, "room") == 0 || hop_load_janus_refused(m, data))
        return;
    if (strcmp(which, "join") == 0 && strcmp(what, "joined") == 0) {
        snprintf(m->id, sizeof(m->id), "%lld",
                 (long long)json_integer_value(json_object_get(data, "id")));
        hop_load_janus_request(m, hop_load_janus_of(m)->up, "configure",
                               json_pack("{s:s, s:b}", "request", "configure", "muted", 0),
                               hop_load_janus_offer(m));
    } else if (strcmp(which, "configure") == 0 && json_object_get(message, "jsep") &&
               hop_load_janus_take_answer(m, message)) {
        m->state = HOP_LOAD_JOINED;
        m->joined_us = hop_now_us();
    }
}

static void message(struct hop_load_member *m, char *text, size_t len)
{
    struct hop_load_janus *j = hop_load_janus_of(m);
    json_t *message = json_loadb(text, len, 0, NULL);
    const json_t *data = hop_load_janus_data(message);
    if (data)
        take_event(m, message, data);
    else if (!j->session && (j->session = hop_load_janus_id(message, "create")) != 0)
        hop_load_janus_attach(m, "janus.plugin.audiobridge", "up");
    else if (!j->up && (j->up = hop_load_janus_id(message, "up")) != 0)
        enter(m);
    json_decref(message);
}

static void settle(struct hop_load_member *m)
{
    (void)m;
}

static void leave(struct hop_load_member *m)
{
    hop_load_member_send(m, json_pack("{s:s, s:s, s:I}", "janus", "destroy", "transaction", "leave",
                                      "session_id", hop_load_janus_of(m)->session));
}

const struct hop_load_driver hop_load_janus_audio = {
    .name = "janus-audio",
    .path = "/",
    .protocol = "janus-protocol",
    .opened = hop_load_janus_create,
    .message = message,
    .settle = settle,
    .leave = leave,
};
