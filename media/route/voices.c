/* How the room sounds; see voices.h. Called by publications with every packet of sound, by route.c
 * with the mix's frames and ten times a second. */
#include "media/route/voices.h"

#include "media/base/audio_tick.h"
#include "media/route/state.h"
#include "media/rtp/red.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without levels the size tells: what Opus needs for silence is smaller. */
enum { UNKNOWN_VOICE_BYTES = 24 };

void hop_voices_init(struct hop_voices *voices)
{
    *voices = (struct hop_voices){ .max = 3, .dominant = UINT32_MAX };
}

/* ---- slots ----------------------------------------------------------------------------------- */

int hop_voices_add_slots(struct hop_route_peer *peer, const struct hop_peer_desc *desc,
                         const struct hop_peer_local *local)
{
    struct hop_voices_peer *v = &peer->voices;
    if (desc->n_voices <= v->n_slots)
        return 0;
    struct hop_voice_slot *slots = realloc(v->slots, desc->n_voices * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    v->slots = slots;
    for (; v->n_slots < desc->n_voices; v->n_slots++) {
        uint32_t first = hop_route_random32(peer->route);
        hop_voice_slot_init(&slots[v->n_slots], local->voices[v->n_slots],
                            desc->voices[v->n_slots].pt, (uint16_t)first,
                            hop_route_random32(peer->route));
        v->carries[v->n_slots] = HOP_VOICES_NO_PLACE;
    }
    return 0;
}

void hop_voices_free_slots(struct hop_route_peer *peer)
{
    free(peer->voices.slots);
    peer->voices.slots = NULL;
    peer->voices.n_slots = 0;
}

struct hop_send_source *hop_voices_sent(struct hop_route_peer *peer, uint32_t ssrc)
{
    for (uint8_t i = 0; i < peer->voices.n_slots; i++)
        if (ssrc != 0 && peer->voices.slots[i].sent.ssrc == ssrc)
            return &peer->voices.slots[i].sent;
    return NULL;
}

static bool hears(const struct hop_route_peer *listener, const struct hop_publication *voice)
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
        bool in_use = other && other->talking && hears(listener, other->publication);
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

static bool voiced(const struct hop_uplink *packet, uint8_t level)
{
    if (level > 127)
        return packet->view.payload_len > UNKNOWN_VOICE_BYTES;
    return level <= HOP_VOICE_OPEN_LEVEL;
}

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

static void leave_place(struct hop_voices *voices, struct hop_publication *p)
{
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
            leave_place(voices, voices->places[place].publication);
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
            !hears(listener, p))
            continue;
        uint8_t slot = slot_of(listener, p->voice->place);
        if (slot != HOP_VOICES_NO_PLACE)
            hop_voice_slot_packet(listener, &listener->voices.slots[slot], packet, now_us);
    }
}

static void keep(struct hop_voice_source *v, const struct hop_uplink *packet, uint8_t level,
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

static void end_spurt(struct hop_voices_place *place)
{
    place->talking = false;
    place->publication->voice->n_kept = 0;
}

static void forward(struct hop_publication *p, const struct hop_uplink *packet, uint8_t level,
                    int64_t now_us)
{
    struct hop_voice_source *v = p->voice;
    struct hop_voices *voices = &p->owner->route->voices;
    struct hop_voices_place *place =
        v->place == HOP_VOICES_NO_PLACE ? NULL : &voices->places[v->place];
    bool quiet = v->voiced_us == 0 || now_us - v->voiced_us >= HOP_VOICES_HANG_US;
    if (place && place->talking && quiet)
        end_spurt(place);
    if (quiet)
        v->waiting_us = 0;
    bool talking = place && place->talking;
    if (!talking && !quiet && take_place(p, now_us)) {
        send_kept(p, packet, now_us);
        talking = true;
    }
    if (!talking) {
        keep(v, packet, level, now_us);
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

static bool forwards(const struct hop_voices *voices)
{
    return voices->audio.policy == HOP_AUDIO_FORWARD || voices->overlap_us != 0;
}

static bool mixes(const struct hop_voices *voices)
{
    return voices->audio.policy == HOP_AUDIO_MIX;
}

static void note_level(struct hop_publication *p, uint8_t level, bool loud, int64_t now_us)
{
    const struct hop_voices *voices = &p->owner->route->voices;
    struct hop_voice_source *v = p->voice;
    if (loud && v->place != HOP_VOICES_NO_PLACE && now_us - v->voiced_us >= HOP_VOICES_PAUSE_US)
        p->owner->route->voices.places[v->place].pause_us = now_us;
    if (loud)
        v->voiced_us = now_us;
    /* Rises at once, falls by half in 60 ms: it is for eyes. */
    v->level = level > 127 || v->level > 127 || level < v->level
                   ? level
                   : (uint8_t)((v->level * 3 + level + 3) / 4);
    if (!mixes(voices) && p->source == HOP_SOURCE_MICROPHONE && level <= 127)
        hop_speech_level(&p->owner->voices.speech, level, now_us);
}

static void mix_kept(const struct hop_publication *p, uint8_t i)
{
    const struct hop_route *route = p->owner->route;
    const struct hop_voice_source *v = p->voice;
    route->ops.voice(route->ctx, p->owner->index, p->source, v->kept[i].seq, v->kept[i].timestamp,
                     v->kept[i].data, v->kept[i].len, v->kept[i].level, v->kept[i].came_us);
}

/* Of one who is silent for long the mix gets a packet now and then. The last ones are kept here, so
 * that it has his first syllable, as of when it came. */
static void pass_to_mix(struct hop_publication *p, const struct hop_uplink *packet, uint8_t level,
                        int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    struct hop_voice_source *v = p->voice;
    if (level <= 127 && (v->voiced_us == 0 || now_us - v->voiced_us >= HOP_VOICES_PASS_US)) {
        if (v->n_kept == HOP_VOICES_KEPT && ++v->silent % HOP_VOICES_PASS_EVERY == 0)
            mix_kept(p, 0);
        keep(v, packet, level, now_us);
        return;
    }
    bool joins = v->n_kept > 0 && packet->seq == v->kept[v->n_kept - 1].seq + 1;
    for (uint8_t i = 0; i < v->n_kept && joins; i++)
        mix_kept(p, i);
    v->n_kept = 0;
    route->ops.voice(route->ctx, p->owner->index, p->source, packet->seq, packet->view.timestamp,
                     packet->data + packet->view.payload_offset, packet->view.payload_len, level,
                     now_us);
}

void hop_voices_packet(struct hop_publication *p, const struct hop_uplink *packet, uint8_t level,
                       int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    if (!p->voice || packet->view.payload_len == 0)
        return;
    note_level(p, level, voiced(packet, level), now_us);
    if (forwards(&route->voices))
        forward(p, packet, level, now_us);
    if (mixes(&route->voices))
        pass_to_mix(p, packet, level, now_us);
}

/* ---- redundancy -------------------------------------------------------------------------------- */

bool hop_voices_is_red(const struct hop_publication *p, uint8_t pt)
{
    return p->track->red_pt != 0 && p->track->red_pt == pt;
}

static void pass_copy(const struct hop_publication *p, const struct hop_voice_packet *copy,
                      int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    const struct hop_voice_source *v = p->voice;
    if (forwards(&route->voices) && v->place != HOP_VOICES_NO_PLACE &&
        route->voices.places[v->place].talking)
        fan_out(p, copy, now_us);
    if (mixes(&route->voices) && route->ops.voice_copy)
        route->ops.voice_copy(route->ctx, p->owner->index, p->source, copy->seq, copy->timestamp,
                              copy->payload, copy->len, now_us);
}

void hop_voices_red(struct hop_publication *p, struct hop_recv_source *recv,
                    struct hop_uplink *packet, uint8_t level, int64_t now_us)
{
    const uint8_t *payload = packet->data + packet->view.payload_offset;
    uint8_t opus = p->track->n_codecs > 0 ? p->track->codecs[0].pt : 0;
    struct hop_red red;
    if (packet->view.payload_len == 0)
        return;
    if (hop_red_parse(payload, packet->view.payload_len, &red) != 0 || red.primary.pt != opus) {
        hop_route_drop(p->owner, HOP_DROP_MALFORMED);
        return;
    }
    for (uint8_t i = 0; i < red.n_copies; i++) {
        const struct hop_red_block *block = &red.copies[i];
        uint16_t number = (uint16_t)(packet->view.seq - block->back_seq);
        struct hop_voice_packet copy = { .spurt = p->voice->spurt,
                                         .clock = p->voice->clock,
                                         .timestamp = packet->view.timestamp - block->back_rtp,
                                         .payload = block->data,
                                         .len = block->len,
                                         .level = level };
        if (block->len == 0 || block->pt != opus || packet->seq - block->back_seq < recv->first ||
            hop_recv_source_recovered(recv, number, &copy.seq) != HOP_RECV_LATE)
            continue;
        pass_copy(p, &copy, now_us);
    }
    packet->view.payload_offset = (uint16_t)(red.primary.data - packet->data);
    packet->view.payload_len = red.primary.len;
    hop_voices_packet(p, packet, level, now_us);
}

/* ---- life ------------------------------------------------------------------------------------- */

int hop_voices_begin(struct hop_publication *p)
{
    p->voice = malloc(sizeof(*p->voice));
    if (!p->voice)
        return -ENOMEM;
    *p->voice = (struct hop_voice_source){ .clock = ++p->owner->route->voices.last_clock,
                                           .place = HOP_VOICES_NO_PLACE,
                                           .level = 127 };
    return 0;
}

void hop_voices_reset(struct hop_publication *p)
{
    struct hop_voices *voices = &p->owner->route->voices;
    struct hop_voice_source *v = p->voice;
    if (!v)
        return;
    leave_place(voices, p);
    *v = (struct hop_voice_source){ .clock = ++voices->last_clock,
                                    .place = HOP_VOICES_NO_PLACE,
                                    .level = 127 };
    p->owner->route->ops.voice_reset(p->owner->route->ctx, p->owner->index, p->source);
}

void hop_voices_forget(struct hop_publication *p)
{
    if (!p->voice)
        return;
    leave_place(&p->owner->route->voices, p);
    free(p->voice);
    p->voice = NULL;
}

/* ---- policy ----------------------------------------------------------------------------------- */

static void reset_mix(const struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_active; i++) {
        const struct hop_route_peer *peer = route->peers[route->active[i]];
        for (int source = 0; source < HOP_SOURCES; source++)
            if (peer->publications[source] && peer->publications[source]->voice)
                route->ops.voice_reset(route->ctx, peer->index, (enum hop_source)source);
    }
}

static void clear_places(struct hop_voices *voices)
{
    for (uint8_t i = 0; i < HOP_MAX_VOICES; i++)
        if (voices->places[i].publication)
            leave_place(voices, voices->places[i].publication);
}

static void end_overlap(struct hop_voices *voices)
{
    voices->overlap_us = 0;
    clear_places(voices);
}

void hop_route_set_audio(struct hop_route *route, const struct hop_room_audio *audio,
                         unsigned max_voices, int64_t now_us)
{
    struct hop_voices *voices = &route->voices;
    bool changed = audio->policy != voices->audio.policy;
    route->now_us = now_us;
    voices->audio = *audio;
    voices->max = (uint8_t)(max_voices < 1                ? 1
                            : max_voices > HOP_MAX_VOICES ? HOP_MAX_VOICES
                                                          : max_voices);
    for (uint8_t i = voices->max; i < HOP_MAX_VOICES; i++)
        if (voices->places[i].publication)
            leave_place(voices, voices->places[i].publication);
    if (changed && audio->policy == HOP_AUDIO_FORWARD) {
        voices->drain_us = now_us + HOP_VOICES_DRAIN_US;
        voices->overlap_us = 0;
    } else if (changed) {
        voices->overlap_us = now_us + HOP_VOICES_OVERLAP_US;
        voices->drain_us = 0;
    }
    voices->changed = true;
}

void hop_route_set_seat(struct hop_route *route, uint32_t index, uint16_t hall, bool chair,
                        int64_t now_us)
{
    struct hop_route_peer *peer = index < HOP_MAX_PEERS ? route->peers[index] : NULL;
    route->now_us = now_us;
    if (!peer)
        return;
    peer->voices.hall = hall;
    peer->voices.chair = chair;
    route->voices.changed = true;
}

/* What he is heard with now is not only what he shares. */
static bool by_microphone(const struct hop_route_peer *peer, int64_t now_us)
{
    const struct hop_publication *p = peer->publications[HOP_SOURCE_MICROPHONE];
    return p && p->voice->voiced_us != 0 && now_us - p->voice->voiced_us < HOP_VOICES_HANG_US;
}

bool hop_voices_take_tick(struct hop_route *route, const struct hop_audio_tick *tick,
                          int64_t now_us)
{
    struct hop_voices *voices = &route->voices;
    if (!mixes(voices))
        return voices->drain_us != 0 && now_us < voices->drain_us;
    for (uint8_t i = 0; i < tick->n_talkers; i++) {
        const struct hop_audio_talker *talker = &tick->talkers[i];
        struct hop_route_peer *peer =
            talker->peer < HOP_MAX_PEERS ? route->peers[talker->peer] : NULL;
        if (peer && talker->level < 127 && by_microphone(peer, now_us))
            hop_speech_level(&peer->voices.speech, talker->level, now_us);
    }
    if (voices->overlap_us != 0 && tick->n_talkers > 0)
        end_overlap(voices);
    return true;
}

/* ---- time ------------------------------------------------------------------------------------- */

static void report(struct hop_route_peer *peer)
{
    struct hop_voices_peer *v = &peer->voices;
    const struct hop_voices *voices = &peer->route->voices;
    struct hop_voice_state states[HOP_MAX_VOICES] = { 0 };
    bool differs = false;
    for (uint8_t s = 0; s < v->n_slots; s++) {
        const struct hop_publication *p =
            v->carries[s] < HOP_MAX_VOICES ? voices->places[v->carries[s]].publication : NULL;
        if (p && hears(peer, p))
            states[s] = (struct hop_voice_state){ p->owner->id, p->source };
        differs = differs || states[s].peer != v->told[s].peer ||
                  (states[s].peer != 0 && states[s].source != v->told[s].source);
        v->told[s] = states[s];
    }
    if (differs && peer->route->ops.voices)
        peer->route->ops.voices(peer->route->ctx, peer->index, states, v->n_slots);
}

static void report_all(struct hop_route *route)
{
    if (!route->voices.changed)
        return;
    route->voices.changed = false;
    for (uint16_t i = 0; i < route->n_active; i++)
        if (route->peers[route->active[i]]->voices.n_slots > 0)
            report(route->peers[route->active[i]]);
}

static void decide(struct hop_route *route, int64_t now_us)
{
    struct hop_voices *voices = &route->voices;
    struct hop_dominant_candidate candidates[HOP_MAX_TALKERS * 2];
    size_t n = 0;
    struct hop_route_peer *holder =
        voices->dominant < HOP_MAX_PEERS ? route->peers[voices->dominant] : NULL;
    if (holder)
        candidates[n++] = (struct hop_dominant_candidate){ holder->index, &holder->voices.speech };
    else
        voices->dominant = UINT32_MAX; /* he has left */
    for (uint16_t i = 0; i < route->n_active && n < HOP_MAX_TALKERS * 2; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        if (peer != holder && hop_speech_recent(&peer->voices.speech, now_us))
            candidates[n++] = (struct hop_dominant_candidate){ peer->index, &peer->voices.speech };
    }
    voices->dominant = hop_dominant_decide(voices->dominant, candidates, n, now_us);
}

void hop_voices_tick(struct hop_route *route, int64_t now_us)
{
    struct hop_voices *voices = &route->voices;
    for (uint8_t i = 0; i < HOP_MAX_VOICES; i++) {
        struct hop_voices_place *p = &voices->places[i];
        if (p->publication && p->talking &&
            now_us - p->publication->voice->voiced_us >= HOP_VOICES_HANG_US)
            end_spurt(p);
    }
    if (voices->overlap_us != 0 && now_us >= voices->overlap_us)
        end_overlap(voices);
    if (voices->drain_us != 0 && now_us >= voices->drain_us) {
        voices->drain_us = 0;
        reset_mix(route);
    }
    decide(route, now_us);
    report_all(route);
}

uint32_t hop_route_dominant(const struct hop_route *route)
{
    return route->voices.dominant;
}

bool hop_route_speaking(const struct hop_route *route, struct hop_route_speakers *out)
{
    const struct hop_voices *voices = &route->voices;
    out->n = 0;
    if (mixes(voices))
        return false;
    for (uint8_t i = 0; i < voices->max; i++) {
        const struct hop_publication *p = voices->places[i].publication;
        if (!p || !voices->places[i].talking)
            continue;
        out->peers[out->n] = p->owner->index;
        out->levels[out->n++] = p->voice->level <= 127 ? p->voice->level : HOP_VOICE_OPEN_LEVEL;
    }
    return true;
}
