/* See member.h. */
#include "bench/load/member.h"

#include "media/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_opened(void *ctx)
{
    struct hop_load_member *m = ctx;
    m->open_us = hop_now_us();
    m->play->driver->opened(m);
}

static void on_message(void *ctx, char *text, size_t len)
{
    struct hop_load_member *m = ctx;
    m->play->driver->message(m, text, len);
}

static void on_closed(void *ctx)
{
    struct hop_load_member *m = ctx;
    if (m->state != HOP_LOAD_LEFT)
        hop_load_member_fail(m, "the WebSocket is gone");
}

int hop_load_member_new(struct hop_load_play *play, int room, bool sends, bool late,
                        struct hop_load_member **out)
{
    static const struct hop_load_ws_ops ops = { on_opened, on_message, on_closed };
    const struct hop_load_scenario *sc = &play->world->scenario;
    struct hop_load_member *m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->play = play;
    m->room = room;
    m->late = late;
    m->camera = sends && sc->kbps > 0;
    m->microphone =
        sc->microphones == HOP_LOAD_MIC_ALL || (sc->microphones == HOP_LOAD_MIC_SENDERS && sends);
    m->sees = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    m->begun_us = hop_now_us();
    int error = hop_load_ws_open(play->world->loop, play->address, play->port, play->driver->path,
                                 play->driver->protocol, &ops, m, &m->ws);
    if (error != 0) {
        hop_load_member_free(m);
        return error;
    }
    m->index = play->members->len;
    g_ptr_array_add(play->members, m);
    *out = m;
    return 0;
}

void hop_load_member_free(struct hop_load_member *m)
{
    if (!m)
        return;
    hop_load_member_release(m);
    g_array_free(m->sees, TRUE);
    free(m->driver);
    free(m);
}

void hop_load_member_leave(struct hop_load_member *m)
{
    m->play->driver->leave(m);
    if (m->link)
        hop_load_link_close(m->link);
    if (m->down)
        hop_load_link_close(m->down);
    m->state = HOP_LOAD_LEFT;
    m->left_us = hop_now_us();
}

void hop_load_member_release(struct hop_load_member *m)
{
    const struct hop_load_receiver *r = hop_load_member_receiver(m);
    if (r) {
        m->first_video_us = r->first_video_us;
        m->first_key_us = r->first_key_us;
        m->connected_us = r->link->connected_us;
    }
    hop_load_ws_free(m->ws);
    if (m->link)
        hop_load_sender_deinit(&m->sender);
    hop_load_link_free(m->link);
    hop_load_link_free(m->down);
    m->ws = NULL;
    m->link = m->down = NULL;
}

void hop_load_member_fail(struct hop_load_member *m, const char *why)
{
    if (m->state == HOP_LOAD_FAILED)
        return;
    m->state = HOP_LOAD_FAILED;
    snprintf(m->why, sizeof(m->why), "%s", why);
}

bool hop_load_member_ready(const struct hop_load_member *m)
{
    if (m->state != HOP_LOAD_JOINED || (m->down_wanted && !m->down))
        return false;
    return (!m->link || m->link->srtp) && (!m->down || m->down->srtp);
}

struct hop_load_receiver *hop_load_member_receiver(const struct hop_load_member *m)
{
    struct hop_load_link *l = m->down ? m->down : m->link;
    return l ? &l->receiver : NULL;
}

/* ---- for drivers ------------------------------------------------------------------------------ */

static void on_feedback(void *ctx, const struct hop_rtcp_fb *fb)
{
    struct hop_load_member *m = ctx;
    hop_load_sender_feedback(&m->sender, fb);
}

/* The answer's first lines of each kind that take what is sent. */
static void on_connected(void *ctx)
{
    struct hop_load_member *m = ctx;
    const struct hop_client_answer_line *video = NULL, *audio = NULL;
    for (size_t i = 0; i < m->answer.n_lines; i++) {
        const struct hop_client_answer_line *l = &m->answer.lines[i];
        if (l->rejected || !l->receives)
            continue;
        if (l->codec == HOP_CODEC_OPUS)
            audio = audio ? audio : l;
        else
            video = video ? video : l;
    }
    m->sender.tone = m->tone;
    m->sender.timed = m->says;
    hop_load_member_receiver(m)->timed = m->hears;
    hop_load_sender_start(&m->sender, m->camera ? video : NULL, m->microphone ? audio : NULL,
                          &m->answer.ext);
}

bool hop_load_member_open_link(struct hop_load_member *m)
{
    if (hop_load_link_new(m->play->world, &m->link) != 0)
        return false;
    m->link->connected = on_connected;
    m->link->feedback = on_feedback;
    m->link->ctx = m;
    hop_load_sender_init(&m->sender, m->link, m->index);
    return true;
}

void hop_load_member_choose(struct hop_load_member *m, unsigned most)
{
    const GPtrArray *all = m->play->members;
    unsigned view = (unsigned)m->play->world->scenario.view;
    most = view < most ? view : most;
    g_array_set_size(m->sees, 0);
    for (guint i = 1; i < all->len && m->sees->len < most; i++) {
        const struct hop_load_member *o = g_ptr_array_index(all, (m->index + i) % all->len);
        if (o->room == m->room && o->camera && o->state == HOP_LOAD_JOINED && o->id[0])
            g_array_append_val(m->sees, o->index);
    }
}

void hop_load_member_send(struct hop_load_member *m, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT);
    if (text && m->ws)
        hop_load_ws_send(m->ws, text);
    free(text);
    json_decref(data);
}
