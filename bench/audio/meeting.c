/* See meeting.h. */
#include "bench/audio/meeting.h"

#include "bench/mix/voices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000, AT_ONCE = 16 };
#define BROWSER_REPORT_US ((int64_t)5000000) /* of a browser that gets only sound */

/* ---- microphones ----------------------------------------------------------------------------- */

static size_t loop_packet(int voice, uint64_t n, uint8_t *out, size_t cap, uint8_t *level)
{
    const struct bench_packet *packet = bench_voice(voice, n);
    if (packet->len > cap)
        return 0;
    memcpy(out, packet->data, packet->len);
    *level = packet->level;
    return packet->len;
}

/* ctx is the voice's number, as a pointer. */
static size_t loop_voice(void *ctx, uint64_t n, uint8_t *out, size_t cap, uint8_t *level)
{
    return loop_packet((int)(intptr_t)ctx, n, out, cap, level);
}

static bool is_talker(const struct bench_meeting *m, int i)
{
    return i % m->config.members < m->config.talkers;
}

static void open_microphone(struct bench_meeting *m, int i)
{
    int room = i / m->config.members, member = i % m->config.members;
    struct hop_client_sender *sender = hop_client_sender_of(m->clients[i]);
    if (member >= m->config.talkers + m->config.silent)
        return;
    if (is_talker(m, i) && m->config.voice)
        hop_client_sender_set_voice(sender, HOP_SOURCE_MICROPHONE, m->config.voice,
                                    m->config.voice_ctx(room, member));
    else
        hop_client_sender_set_voice(
            sender, HOP_SOURCE_MICROPHONE, loop_voice,
            (void *)(intptr_t)(is_talker(m, i) ? member % BENCH_VOICES : BENCH_SILENCE));
    hop_client_enable(m->clients[i], HOP_SOURCE_MICROPHONE, true);
}

/* ---- joining --------------------------------------------------------------------------------- */

static bool begin(struct bench_meeting *m, int i)
{
    char name[32];
    int room = i / m->config.members, member = i % m->config.members;
    snprintf(name, sizeof(name), "Member %d", member + 1);
    const struct hop_client_config config = {
        .url = m->config.url,
        .room = m->config.rooms[room],
        .name = name,
        .no_autostart = true,
        .rtp_tap = m->config.tap && !is_talker(m, i) ? m->config.tap : NULL,
        .rtp_tap_ctx = m->config.tap && !is_talker(m, i) ? m->config.tap_ctx(room, member) : NULL,
    };
    return hop_client_new(m->loop, &config, &m->clients[i]) == 0;
}

static bool finish(struct bench_meeting *m, int i)
{
    struct hop_client *c = m->clients[i];
    if (!hop_client_wait_joined(c, PATIENCE_MS) || !hop_client_wait_media(c, PATIENCE_MS)) {
        fprintf(stderr, "member %d of %d: %s %s\n", i + 1, m->n, hop_client_error(c),
                hop_client_close_why(c));
        return false;
    }
    hop_client_receiver_set_deaf(hop_client_receiver_of(c), true);
    hop_client_receiver_set_report_us(hop_client_receiver_of(c), BROWSER_REPORT_US);
    return true;
}

static bool join_all(struct bench_meeting *m)
{
    for (int from = 0; from < m->n; from += AT_ONCE) {
        int to = from + AT_ONCE < m->n ? from + AT_ONCE : m->n;
        for (int i = from; i < to; i++)
            if (!begin(m, i))
                return false;
        for (int i = from; i < to; i++)
            if (!finish(m, i))
                return false;
    }
    return true;
}

bool bench_meeting_open(struct bench_meeting *m, const struct bench_meeting_config *config)
{
    *m = (struct bench_meeting){ .config = *config };
    while (config->rooms[m->n_rooms])
        m->n_rooms++;
    m->n = m->n_rooms * config->members;
    m->clients = calloc((size_t)m->n, sizeof(*m->clients));
    if (!m->clients || hop_client_loop_new(&m->loop) != 0 || !join_all(m))
        return false;
    /* everyone at his own time, as people are */
    for (int i = 0; i < m->n; i++) {
        open_microphone(m, i);
        if (is_talker(m, i))
            hop_client_loop_run(m->loop, NULL, NULL, 1000 + rand() % 4000);
    }
    return true;
}

void bench_meeting_close(struct bench_meeting *m)
{
    for (int i = 0; i < m->n; i++)
        hop_client_free(m->clients[i]);
    hop_client_loop_free(m->loop);
    free(m->clients);
}
