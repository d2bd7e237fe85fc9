/* What the relay reports, told to those it concerns: lines, tracks, who speaks, figures; about
 * pictures see pictures.c.
 * Called by signaling for each event polled; an event about someone who is gone finds nothing.
 * docs/protocol.md, "Notifications". Control thread. */
#include "signaling/dump.h"
#include "signaling/events.h"
#include "signaling/pictures.h"

#include <string.h>

enum { LATE_TICKS = 25 }; /* of the mix in a second: half of one room's */

static void line_up(struct hop_participant *p, const struct hop_media_event *event)
{
    bool news = !p->have_path || p->tcp != event->path.tcp || p->srtp != event->path.profile;
    p->media = HOP_MEDIA_UP;
    p->have_path = true;
    p->tcp = event->path.tcp;
    p->srtp = event->path.profile;
    if (news && p->session != NULL)
        hop_session_event(
            p->session, "media.path",
            json_pack("{s:s,s:s}", "path", p->tcp ? "tcp" : "udp", "srtp", hop_srtp_name(p->srtp)));
    hop_participant_check_line(p);
}

static void gone(struct hop_participant *p, enum hop_gone_reason reason)
{
    bool was_active = p->active != 0;
    hop_participant_drop_media(p);
    p->media = HOP_MEDIA_DOWN;
    p->gone = reason;
    p->untold = p->session == NULL;
    if (p->session != NULL)
        hop_session_event(p->session, "media.lost",
                          json_pack("{s:s}", "reason", hop_gone_name(reason)));
    hop_participant_changed(p, HOP_CHANGED_CSRC | (was_active ? HOP_CHANGED_ACTIVE : 0));
    hop_participant_check_line(p);
}

static void track(struct hop_participant *p, enum hop_source source, bool active)
{
    uint32_t now =
        active ? p->active | HOP_SOURCE_BIT(source) : p->active & ~HOP_SOURCE_BIT(source);
    if (now == p->active)
        return;
    p->active = now;
    if (source != HOP_SOURCE_SCREEN_AUDIO)
        hop_participant_changed(p, HOP_CHANGED_ACTIVE);
}

static hop_participant_number number_of(struct hop_signaling *signaling,
                                        const struct hop_room *room, hop_peer_id peer)
{
    const struct hop_participant *p = g_hash_table_lookup(signaling->peers, &peer);
    return p != NULL && p->room == room ? p->number : 0;
}

static void voices(struct hop_signaling *signaling, struct hop_participant *p,
                   const struct hop_media_event *event)
{
    p->n_voices = MIN(event->voices.n, HOP_MAX_VOICES);
    for (size_t i = 0; i < p->n_voices; i++) {
        const struct hop_voice_state *state = &event->voices.voices[i];
        p->voices[i] = (struct hop_carried){
            .participant = number_of(signaling, p->room, state->peer),
            .source = state->source,
        };
    }
    if (p->session != NULL)
        hop_session_event(p->session, "voices", json_pack("{s:o}", "voices", hop_json_voices(p)));
}

/* For himself and for those who may ask him to do something about it. */
static void voice_level(struct hop_participant *p, const struct hop_media_event *event)
{
    static const char *const verdicts[] = {
        [HOP_VOICE_OK] = "ok", [HOP_VOICE_QUIET] = "quiet", [HOP_VOICE_LOUD] = "loud"
    };
    json_t *data =
        json_pack("{s:s,s:i,s:s}", "participant", p->record->id, "level", event->voice_level.dbov,
                  "verdict", verdicts[event->voice_level.verdict]);
    for (guint i = 0; i < p->room->present->len; i++) {
        struct hop_participant *other = g_ptr_array_index(p->room->present, i);
        if (other->session != NULL &&
            (other == p || hop_participant_may(other, HOP_RIGHT_MODERATE)))
            hop_session_event(other->session, "voice", json_incref(data));
    }
    json_decref(data);
}

static void speaking(struct hop_signaling *signaling, const struct hop_media_event *event)
{
    struct hop_room *room = g_hash_table_lookup(signaling->media_rooms, &event->room);
    if (room == NULL)
        return;
    json_t *speakers = json_array();
    for (size_t i = 0; i < event->speaking.n && i < HOP_MAX_TALKERS; i++) {
        const struct hop_participant *p =
            g_hash_table_lookup(signaling->peers, &event->speaking.peers[i]);
        if (p != NULL && p->room == room)
            json_array_append_new(speakers, json_pack("{s:s,s:i}", "participant", p->record->id,
                                                      "level", event->speaking.levels[i]));
    }
    const struct hop_participant *dominant =
        g_hash_table_lookup(signaling->peers, &event->speaking.dominant);
    json_t *whose = dominant != NULL && dominant->room == room ? json_string(dominant->record->id)
                                                               : json_null();
    hop_room_broadcast(room, "speaking",
                       json_pack("{s:o,s:o}", "speakers", speakers, "dominant", whose), NULL);
}

static void worker(struct hop_signaling *signaling, const struct hop_worker_stats *stats)
{
    if (stats->index >= HOP_MAX_WORKERS)
        return;
    struct hop_worker_seen *seen = &signaling->workers[stats->index];
    int64_t passed_us = signaling->now_us - seen->at_us;
    if (seen->seen && passed_us > 0 && stats->cpu_us >= seen->stats.cpu_us)
        seen->cpu = (double)(stats->cpu_us - seen->stats.cpu_us) / (double)passed_us;
    bool late = seen->seen && stats->mix_late_ticks - seen->stats.mix_late_ticks >= LATE_TICKS;
    seen->late_s = late ? seen->late_s + 1 : 0;
    seen->stats = *stats;
    seen->at_us = signaling->now_us;
    seen->seen = true;
}

static void of_participant(struct hop_participant *p, const struct hop_media_event *event)
{
    switch (event->type) {
    case HOP_MEDIA_CONNECTED:
    case HOP_MEDIA_PATH:
        line_up(p, event);
        break;
    case HOP_MEDIA_SUSPENDED:
        p->media = HOP_MEDIA_DOWN;
        hop_participant_check_line(p);
        break;
    case HOP_MEDIA_GONE:
        gone(p, event->gone);
        break;
    case HOP_MEDIA_TRACK:
        track(p, event->track.source, event->track.active);
        break;
    case HOP_MEDIA_SLOTS:
        hop_pictures_slots(p, event);
        break;
    case HOP_MEDIA_DEMAND:
        hop_pictures_demand(p, event);
        break;
    case HOP_MEDIA_LINE:
        hop_pictures_line(p, event);
        break;
    case HOP_MEDIA_DECISION:
        hop_pictures_decision(p, event);
        break;
    case HOP_MEDIA_VOICES:
        voices(p->room->signaling, p, event);
        break;
    case HOP_MEDIA_VOICE_LEVEL:
        voice_level(p, event);
        break;
    case HOP_MEDIA_PEER_STATS:
        p->stats = event->stats;
        break;
    case HOP_MEDIA_SPEAKING:
    case HOP_MEDIA_WORKER_STATS:
    case HOP_MEDIA_DUMP:
        break;
    }
}

void hop_signaling_media_event(struct hop_signaling *signaling, const struct hop_media_event *event)
{
    if (event->type == HOP_MEDIA_SPEAKING) {
        speaking(signaling, event);
        return;
    }
    if (event->type == HOP_MEDIA_WORKER_STATS) {
        worker(signaling, &event->worker);
        return;
    }
    if (event->type == HOP_MEDIA_DUMP) {
        hop_dump_event(signaling, event);
        return;
    }
    struct hop_participant *p = g_hash_table_lookup(signaling->peers, &event->peer);
    if (p != NULL)
        of_participant(p, event);
}
