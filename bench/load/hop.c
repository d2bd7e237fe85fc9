/* hop-load speaks with hopd: docs/protocol.md. */
#include "bench/load/member.h"

#include "media/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOIN = 1, VIEW = 2, LEAVE = 3 };

static void request(struct hop_load_member *m, int id, const char *op, json_t *data)
{
    hop_load_member_send(m, json_pack("{s:i, s:s, s:o}", "id", id, "op", op, "data", data));
}

static char *make_offer(struct hop_load_member *m)
{
    const struct hop_load_scenario *sc = &m->play->world->scenario;
    struct hop_client_credentials own;
    struct hop_client_offer offer = {
        .credentials = &own,
        .session = m->index + 1u,
        .version = 1,
        .mix = true,
        .slots = sc->slots,
        .prefer = sc->codec,
    };
    snprintf(own.ufrag, sizeof(own.ufrag), "%s", m->link->ufrag);
    snprintf(own.pwd, sizeof(own.pwd), "%s", m->link->pwd);
    snprintf(own.fingerprint, sizeof(own.fingerprint), "%s", hop_load_link_fingerprint(m->link));
    if (m->microphone)
        offer.tracks[HOP_SOURCE_MICROPHONE] = hop_load_sender_track(&m->sender, false);
    if (m->camera)
        offer.tracks[HOP_SOURCE_CAMERA] = hop_load_sender_track(&m->sender, true);
    return hop_client_offer_write(&offer);
}

static void opened(struct hop_load_member *m)
{
    char name[32];
    if (!hop_load_member_open_link(m)) {
        hop_load_member_fail(m, "out of memory");
        return;
    }
    snprintf(name, sizeof(name), "Load %u", m->index + 1);
    char *offer = make_offer(m);
    request(m, JOIN, "join",
            json_pack("{s:s, s:s, s:s, s:{s:b, s:b, s:b}}", "room", m->play->rooms[m->room], "name",
                      name, "offer", offer ? offer : "", "media", "microphone", m->microphone,
                      "camera", m->camera, "screen", 0));
    free(offer);
}

static void send_view(struct hop_load_member *m)
{
    const struct hop_load_scenario *sc = &m->play->world->scenario;
    json_t *tiles = json_array();
    hop_load_member_choose(m, (unsigned)sc->slots);
    for (guint i = 0; i < m->sees->len; i++) {
        const struct hop_load_member *o =
            g_ptr_array_index(m->play->members, g_array_index(m->sees, uint32_t, i));
        json_array_append_new(tiles, json_pack("{s:s, s:s, s:i}", "participant", o->id, "source",
                                               "camera", "height", sc->height));
    }
    request(m, VIEW, "view", json_pack("{s:o}", "tiles", tiles));
}

static void take_answer(struct hop_load_member *m, const json_t *data)
{
    const char *sdp = json_string_value(json_object_get(data, "answer"));
    const char *you = json_string_value(json_object_get(json_object_get(data, "snapshot"), "you"));
    if (!sdp || !you || !hop_client_answer_read(sdp, &m->answer)) {
        hop_load_member_fail(m, "no usable answer");
        return;
    }
    snprintf(m->id, sizeof(m->id), "%s", you);
    for (size_t i = 0; i < m->answer.n_lines; i++)
        if (!m->answer.lines[i].rejected)
            hop_load_receiver_describe(&m->link->receiver, &m->answer.lines[i], &m->answer.ext);
    /* A slot may come to carry either codec. */
    static const struct hop_client_answer_line others[] = {
        { .pt = HOP_CLIENT_PT_VP8, .rtx_pt = HOP_CLIENT_PT_VP8_RTX, .codec = HOP_CODEC_VP8 },
        { .pt = HOP_CLIENT_PT_H264, .rtx_pt = HOP_CLIENT_PT_H264_RTX, .codec = HOP_CODEC_H264 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        hop_load_receiver_describe(&m->link->receiver, &others[i], &m->answer.ext);
    m->state = HOP_LOAD_JOINED;
    m->joined_us = hop_now_us();
    if (hop_load_link_start(m->link, &m->answer.remote, true) != 0)
        hop_load_member_fail(m, "no candidate");
    send_view(m);
}

static void message(struct hop_load_member *m, char *text, size_t len)
{
    static const char notification[] = "{\"seq\"";
    if (len >= sizeof(notification) && memcmp(text, notification, sizeof(notification) - 1) == 0)
        return; /* most of what comes; nothing in it is needed here */
    json_t *frame = json_loadb(text, len, 0, NULL);
    const json_t *error = json_object_get(frame, "error");
    if (json_integer_value(json_object_get(frame, "re")) == JOIN) {
        if (error)
            hop_load_member_fail(m, json_string_value(json_object_get(error, "code")));
        else
            take_answer(m, json_object_get(frame, "data"));
    }
    json_decref(frame);
}

static void leave(struct hop_load_member *m)
{
    request(m, LEAVE, "leave", json_object());
}

const struct hop_load_driver hop_load_hop = {
    .name = "hop",
    .path = "/api/v1/meet",
    .protocol = "hop.v1",
    .opened = opened,
    .message = message,
    .settle = send_view,
    .leave = leave,
};
