/* Who has a place and what goes out for it; see places.h. Called by voices.c. */
#include "media/route/places.h"

#include "media/route/state.h"

#include <string.h>

/* ---- who hears whom ---------------------------------------------------------------------------- */

bool hop_places_hears(const struct hop_route_peer *listener, const struct hop_publication *voice)
{
    const struct hop_route_peer *talker = voice->owner;
    return listener != talker &&
           (talker->voices.hall == 0 || talker->voices.hall != listener->voices.hall);
}

/* Which slot of his carries the place; one that is free now if none does. HOP_VOICES_NO_PLACE: he
 * has fewer slots than the room has talkers. */
static uint8_t slot_of(struct hop_route_peer *listener, uint8_t place)
{
    struct hop_voices_peer *v = &listener->voices;
    const struct hop_voices *voices = &listener->route->voices;
    uint8_t found = HOP_VOICES_NO_PLACE;
    for (uint8_t s = 0; s < v->n_slots; s++) {
        if (v->carries[s] == place)
            return s;
        const struct hop_voices_place *other =
            v->carries[s] < HOP_MAX_VOICES ? &voices->places[v->carries[s]] : NULL;
        bool in_use = other && other->talking && hop_places_hears(listener, other->publication);
        if (!in_use && (found == HOP_VOICES_NO_PLACE || s == place))
            found = s;
    }
    if (found != HOP_VOICES_NO_PLACE) {
        v->carries[found] = place;
        listener->route->voices.changed = true;
    }
    return found;
}

/* ---- who gets a place ------------------------------------------------------------------------- */

/* Nobody is harmed if this place is handed on now. */
static bool may_yield(const struct hop_voices_place *place, int64_t now_us)
{
    const struct hop_voice_source *v = place->publication->voice;
    return now_us - v->voiced_us >= HOP_VOICES_PAUSE_US || v->level > 127 ||
           now_us - place->pause_us >= HOP_VOICES_HOG_US;
}

/* The place for a new voice: one that nobody had, else the one that is silent longest, else one
 * whose owner pauses. HOP_VOICES_NO_PLACE: all are taken. */
static uint8_t find_place(const struct hop_voices *voices, int64_t now_us)
{
    uint8_t best = HOP_VOICES_NO_PLACE;
    for (uint8_t i = 0; i < voices->max; i++) {
        const struct hop_voices_place *p = &voices->places[i];
        if (!p->publication)
            return i;
        if (p->talking && !may_yield(p, now_us))
            continue;
        const struct hop_voices_place *b =
            best == HOP_VOICES_NO_PLACE ? NULL : &voices->places[best];
        if (!b || (b->talking && !p->talking) ||
            (b->talking == p->talking &&
             p->publication->voice->voiced_us < b->publication->voice->voiced_us))
            best = i;
    }
    return best;
}

/* The chair first, then whose turn it is, then who waits longest. */
static bool outranks(const struct hop_publication *a, const struct hop_publication *b)
{
    const struct hop_voices *voices = &a->owner->route->voices;
    if (a->owner->voices.chair != b->owner->voices.chair)
        return a->owner->voices.chair;
    bool a_turn = a->owner->index == voices->dominant, b_turn = b->owner->index == voices->dominant;
    if (a_turn != b_turn)
        return a_turn;
    return a->voice->waiting_us < b->voice->waiting_us;
}

/* Whether somebody who waits, too, comes first. Looked at only when a place has become free. */
static bool must_wait(const struct hop_publication *p, int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    for (uint16_t i = 0; i < route->n_active; i++)
        for (int source = 0; source < HOP_SOURCES; source++) {
            const struct hop_publication *other =
                route->peers[route->active[i]]->publications[source];
            if (!other || !other->voice || other == p || other->voice->waiting_us == 0)
                continue;
            if (now_us - other->voice->voiced_us < HOP_VOICES_PAUSE_US && outranks(other, p))
                return true;
        }
    return false;
}

void hop_places_leave(struct hop_publication *p)
{
    struct hop_voices *voices = &p->owner->route->voices;
    if (p->voice->place == HOP_VOICES_NO_PLACE)
        return;
    voices->places[p->voice->place] = (struct hop_voices_place){ 0 };
    p->voice->place = HOP_VOICES_NO_PLACE;
    voices->changed = true;
}

static bool take_place(struct hop_publication *p, int64_t now_us)
{
    struct hop_voices *voices = &p->owner->route->voices;
    struct hop_voice_source *v = p->voice;
    if (v->place == HOP_VOICES_NO_PLACE) {
        uint8_t place = find_place(voices, now_us);
        v->waiting_us = v->waiting_us != 0 ? v->waiting_us : now_us;
        if (place == HOP_VOICES_NO_PLACE || must_wait(p, now_us))
            return false;
        if (voices->places[place].publication)
            hop_places_leave(voices->places[place].publication);
        voices->places[place].publication = p;
        voices->changed = true;
        v->place = place;
    }
    struct hop_voices_place *mine = &voices->places[v->place];
    mine->talking = true;
    mine->since_us = mine->pause_us = now_us;
    v->waiting_us = 0;
    v->spurt = ++voices->last_spurt;
    return true;
}

/* ---- forwarding ------------------------------------------------------------------------------- */

static void fan_out(const struct hop_publication *p, const struct hop_voice_packet *packet,
                    int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *listener = route->peers[route->active[i]];
        if (listener->voices.n_slots == 0 || !hop_route_peer_sending(listener) ||
            !hop_places_hears(listener, p))
            continue;
        uint8_t slot = slot_of(listener, p->voice->place);
        if (slot != HOP_VOICES_NO_PLACE)
            hop_voice_slot_packet(listener, &listener->voices.slots[slot], packet, now_us);
    }
}

void hop_places_keep(struct hop_voice_source *v, const struct hop_uplink *packet, uint8_t level,
                     int64_t now_us)
{
    uint16_t len = packet->view.payload_len;
    if (len > HOP_VOICES_KEPT_BYTES ||
        (v->n_kept > 0 && packet->seq != v->kept[v->n_kept - 1].seq + 1))
        v->n_kept = 0;
    if (len > HOP_VOICES_KEPT_BYTES)
        return;
    if (v->n_kept == HOP_VOICES_KEPT)
        memmove(&v->kept[0], &v->kept[1], --v->n_kept * sizeof(v->kept[0]));
    v->kept[v->n_kept].seq = packet->seq;
    v->kept[v->n_kept].came_us = now_us;
    v->kept[v->n_kept].timestamp = packet->view.timestamp;
    v->kept[v->n_kept].level = level;
    v->kept[v->n_kept].len = (uint8_t)len;
    memcpy(v->kept[v->n_kept++].data, packet->data + packet->view.payload_offset, len);
}

/* What came before the first loud packet, which may be the beginning of its word. */
static void send_kept(const struct hop_publication *p, const struct hop_uplink *first,
                      int64_t now_us)
{
    struct hop_voice_source *v = p->voice;
    bool joins = v->n_kept > 0 && first->seq == v->kept[v->n_kept - 1].seq + 1;
    for (uint8_t i = 0; i < v->n_kept && joins; i++)
        fan_out(p,
                &(struct hop_voice_packet){ .spurt = v->spurt,
                                            .clock = v->clock,
                                            .seq = v->kept[i].seq,
                                            .timestamp = v->kept[i].timestamp,
                                            .payload = v->kept[i].data,
                                            .len = v->kept[i].len,
                                            .level = v->kept[i].level },
                now_us);
    v->n_kept = 0;
}

void hop_places_end_spurt(struct hop_voices_place *place)
{
    place->talking = false;
    place->publication->voice->n_kept = 0;
}

void hop_places_packet(struct hop_publication *p, const struct hop_uplink *packet, uint8_t level,
                       int64_t now_us)
{
    struct hop_voice_source *v = p->voice;
    struct hop_voices *voices = &p->owner->route->voices;
    struct hop_voices_place *place =
        v->place == HOP_VOICES_NO_PLACE ? NULL : &voices->places[v->place];
    bool quiet = v->voiced_us == 0 || now_us - v->voiced_us >= HOP_VOICES_HANG_US;
    if (place && place->talking && quiet)
        hop_places_end_spurt(place);
    if (quiet)
        v->waiting_us = 0;
    bool talking = place && place->talking;
    if (!talking && !quiet && take_place(p, now_us)) {
        send_kept(p, packet, now_us);
        talking = true;
    }
    if (!talking) {
        hop_places_keep(v, packet, level, now_us);
        return;
    }
    fan_out(p,
            &(struct hop_voice_packet){ .spurt = v->spurt,
                                        .clock = v->clock,
                                        .seq = packet->seq,
                                        .timestamp = packet->view.timestamp,
                                        .payload = packet->data + packet->view.payload_offset,
                                        .len = packet->view.payload_len,
                                        .level = level },
            now_us);
}

void hop_places_copy(const struct hop_publication *p, const struct hop_voice_packet *copy,
                     int64_t now_us)
{
    const struct hop_voice_source *v = p->voice;
    if (v->place != HOP_VOICES_NO_PLACE && p->owner->route->voices.places[v->place].talking)
        fan_out(p, copy, now_us);
}
