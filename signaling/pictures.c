/* Pictures, demand, lines and decisions: see pictures.h. Control thread. */
#include "signaling/pictures.h"

#include "signaling/events.h"

#include <string.h>

void hop_pictures_reset(struct hop_participant *p)
{
    for (int source = 0; source < HOP_SOURCES; source++)
        p->demand[source] = HOP_MAX_LAYERS - 1; /* all that he likes */
    p->have_line = false;
    p->cap_kbps = 0;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static hop_participant_number number_of(const struct hop_room *room, hop_peer_id peer)
{
    const struct hop_participant *p = g_hash_table_lookup(room->signaling->peers, &peer);
    return p != NULL && p->room == room ? p->number : 0;
}

void hop_pictures_slots(struct hop_participant *p, const struct hop_media_event *event)
{
    p->n_slots = MIN(event->slots.n, HOP_MAX_SLOTS);
    for (size_t i = 0; i < p->n_slots; i++) {
        const struct hop_slot_state *state = &event->slots.slots[i];
        p->slots[i] = (struct hop_shown){ .participant = number_of(p->room, state->peer),
                                          .source = state->source,
                                          .layer = state->layer,
                                          .temporal = state->temporal,
                                          .phase = state->phase,
                                          .reason = state->reason };
    }
    if (p->session != NULL)
        hop_session_event(p->session, "slots", json_pack("{s:o}", "slots", hop_json_slots(p)));
}

static json_t *reason_json(enum hop_slot_reason reason)
{
    static const char *const names[] = { NULL, "line", "cap", "publisher", "key_frame" };
    return names[reason] != NULL ? json_string(names[reason]) : json_null();
}

json_t *hop_json_slots(const struct hop_participant *p)
{
    static const char *const phases[] = { "live", "waiting", "paused" };
    json_t *out = json_array();
    for (size_t i = 0; i < p->n_slots; i++) {
        const struct hop_shown *shown = &p->slots[i];
        const struct hop_participant *other = hop_room_participant(p->room, shown->participant);
        if (shown->participant == 0 || other == NULL)
            continue;
        json_array_append_new(
            out, json_pack("{s:i,s:s,s:s,s:i,s:i,s:s,s:o}", "slot", (int)i, "participant",
                           other->record->id, "source", hop_source_name(shown->source), "layer",
                           shown->layer, "temporal", shown->temporal, "state", phases[shown->phase],
                           "reason", reason_json(shown->reason)));
    }
    return out;
}

/* ---- demand ---------------------------------------------------------------------------------- */

void hop_pictures_demand(struct hop_participant *p, const struct hop_media_event *event)
{
    enum hop_source source = event->demand.source;
    if (source != HOP_SOURCE_CAMERA && source != HOP_SOURCE_SCREEN)
        return;
    p->demand[source] = event->demand.top;
    if (p->session != NULL)
        hop_session_event(
            p->session, "demand",
            json_pack("{s:s,s:i}", "source", hop_source_name(source), "top", event->demand.top));
}

json_t *hop_json_demand(const struct hop_participant *p)
{
    return json_pack("{s:i,s:i}", "camera", p->demand[HOP_SOURCE_CAMERA], "screen",
                     p->demand[HOP_SOURCE_SCREEN]);
}

/* ---- the line -------------------------------------------------------------------------------- */

static json_t *quality_json(enum hop_line_quality quality)
{
    static const char *const names[] = { NULL, "good", "poor", "lost" };
    return names[quality] != NULL ? json_string(names[quality]) : json_null();
}

json_t *hop_json_quality(const struct hop_participant *p, const struct hop_participant *viewer)
{
    bool may = p == viewer || hop_participant_may(viewer, HOP_RIGHT_MODERATE);
    return may && p->have_line ? quality_json(p->line_state.quality) : json_null();
}

static void tell_quality(const struct hop_participant *p, const struct hop_participant *to)
{
    json_t *about = json_pack("{s:s,s:o}", "id", p->record->id, "quality", hop_json_quality(p, to));
    hop_session_event(to->session, "participant.changed", json_pack("{s:o}", "participant", about));
}

void hop_pictures_tell_qualities(const struct hop_participant *moderator)
{
    const struct hop_room *room = moderator->room;
    for (guint i = 0; i < room->present->len && moderator->session != NULL; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p != moderator && p->have_line)
            tell_quality(p, moderator);
    }
}

json_t *hop_json_line(const struct hop_participant *p)
{
    const struct hop_line_state *line = &p->line_state;
    if (!p->have_line)
        return json_null();
    json_t *down = line->down_kbps != 0 ? json_integer((json_int_t)line->down_kbps) : json_null();
    return json_pack("{s:o,s:o,s:f,s:i,s:b}", "quality", quality_json(line->quality), "down_kbps",
                     down, "loss", line->loss_permille / 1000.0, "rtt_ms", line->rtt_ms, "limited",
                     line->limited);
}

void hop_pictures_line(struct hop_participant *p, const struct hop_media_event *event)
{
    bool other = !p->have_line || p->line_state.quality != event->line.quality;
    p->have_line = true;
    p->line_state = event->line;
    if (p->session != NULL)
        hop_session_event(p->session, "line", hop_json_line(p));
    for (guint i = 0; other && i < p->room->present->len; i++) {
        const struct hop_participant *to = g_ptr_array_index(p->room->present, i);
        if (to->session != NULL && (to == p || hop_participant_may(to, HOP_RIGHT_MODERATE)))
            tell_quality(p, to);
    }
}

/* ---- decisions ------------------------------------------------------------------------------- */

void hop_pictures_decision(const struct hop_participant *p, const struct hop_media_event *event)
{
    const struct hop_decision *d = &event->decision;
    const struct hop_signaling *signaling = p->room->signaling;
    if (p->session == NULL)
        return;
    int64_t at_us = signaling->wall_us - (signaling->now_us - d->at_us);
    json_t *data = json_pack("{s:o,s:s,s:s,s:I}", "at", hop_time_json(at_us), "what",
                             hop_decision_name(d->what), "reason", hop_why_name(d->why), "kbps",
                             (json_int_t)d->kbps);
    const struct hop_participant *other =
        d->peer != 0 ? hop_room_participant(p->room, number_of(p->room, d->peer)) : NULL;
    if (other != NULL) {
        json_object_set_new(data, "participant", json_string(other->record->id));
        json_object_set_new(data, "source", json_string(hop_source_name(d->source)));
        if (d->to >= 0)
            json_object_set_new(data, "layer", json_integer(d->to));
    }
    hop_session_event(p->session, "decision", data);
}
