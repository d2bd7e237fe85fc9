/* See guards.h. */
#include "tests/integration/guards.h"

#include <stdio.h>

enum { GUARDS = 2 };

static const double tones[GUARDS] = { 700, 1900 };
static struct meeting_mark marks[GUARDS];

static bool unharmed(struct hop_client *c, struct meeting_mark mark, double hz)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    bool heard = hop_client_wait_hears(c, hz, -25, PATIENCE_MS);
    bool there = hop_client_state(c) == HOP_CLIENT_JOINED &&
                 hop_client_line(c) == HOP_CLIENT_LINE_CONNECTED &&
                 json_object_size(hop_client_participants(c)) == GUARDS &&
                 hop_client_count(c, "media.lost") == 0;
    if (heard && there && mix->lost == mark.lost && mix->jumps == mark.jumps &&
        mix->timestamp_breaks == mark.timestamp_breaks)
        return true;
    fprintf(stderr, "%s: state %d, line %d, hears %.1f dB, lost %d, jumps %u, breaks %u\n",
            hop_client_id(c), (int)hop_client_state(c), (int)hop_client_line(c),
            hop_client_hears_db(c, hz), (int)mix->lost, mix->jumps, mix->timestamp_breaks);
    return false;
}

int guards_begin(void **state)
{
    const struct hopd_options options = { .set = { "meetings.resume-seconds=5" } };
    int code = meeting_begin_with(state, &options);
    struct meeting *m = *state;
    if (code != 0 || meeting_open(state) != 0)
        return -1;
    for (int i = 0; i < GUARDS; i++) {
        struct hop_client_config config =
            meeting_talker(i ? "Người canh hai" : "Người canh một", tones[i]);
        config.url = m->hopd.url;
        config.room = m->room;
        if (hop_addr_parse("127.0.0.1", 0, &config.transport.local) != 0 ||
            hop_client_new(m->loop, &config, &m->keep[i]) != 0)
            return -1;
    }
    for (int i = 0; i < GUARDS; i++) {
        if (!hop_client_wait_media(m->keep[i], PATIENCE_MS) ||
            !hop_client_wait_hears(m->keep[i], tones[1 - i], -25, PATIENCE_MS))
            return -1;
    }
    return 0;
}

int guards_open(void **state)
{
    struct meeting *m = *state;
    for (int i = 0; i < GUARDS; i++)
        marks[i] = meeting_mark(m->keep[i]);
    return meeting_open(state);
}

int guards_close(void **state)
{
    struct meeting *m = *state;
    int code = meeting_close(state);
    if (!hopd_runs(&m->hopd))
        return -1;
    for (int i = 0; i < GUARDS; i++) {
        if (!unharmed(m->keep[i], marks[i], tones[1 - i]))
            code = -1;
    }
    return code;
}
