/* How the room sounds; see voices.h. Called by publications with every packet of sound, by route.c
 * with the mix's frames and ten times a second. */
#include "media/route/voices.h"

#include "media/base/audio_tick.h"
#include "media/route/places.h"
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

/* ---- packets ---------------------------------------------------------------------------------- */

static bool voiced(const struct hop_uplink *packet, uint8_t level)
{
    if (level > 127)
        return packet->view.payload_len > UNKNOWN_VOICE_BYTES;
    return level <= HOP_VOICE_OPEN_LEVEL;
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
    v->level = (uint8_t)(level > 127 || v->level > 127 || level < v->level
                             ? level
                             : ((v->level * 3 + level + 3) / 4));
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

/* Whatever it claims, so little can be no speech. A claim alone would not do: the mix finds out who
 * claims silence and talks, if it has all his packets. */
static bool holds_nothing(const struct hop_uplink *packet, uint8_t level)
{
    return level > HOP_VOICE_OPEN_LEVEL && level <= 127 &&
           packet->view.payload_len <= HOP_VOICES_SILENT_BYTES;
}

/* Of one who is silent for long the mix gets a packet now and then. The last ones are kept here, so
 * that it has his first syllable, as of when it came. */
static void pass_to_mix(struct hop_publication *p, const struct hop_uplink *packet, uint8_t level,
                        int64_t now_us)
{
    const struct hop_route *route = p->owner->route;
    struct hop_voice_source *v = p->voice;
    if (holds_nothing(packet, level) &&
        (v->voiced_us == 0 || now_us - v->voiced_us >= HOP_VOICES_PASS_US)) {
        if (v->n_kept == HOP_VOICES_KEPT && ++v->silent % HOP_VOICES_PASS_EVERY == 0)
            mix_kept(p, 0);
        hop_places_keep(v, packet, level, now_us);
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
        hop_places_packet(p, packet, level, now_us);
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
    if (forwards(&route->voices))
        hop_places_copy(p, copy, now_us);
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
    hop_places_leave(p);
    *v = (struct hop_voice_source){ .clock = ++voices->last_clock,
                                    .place = HOP_VOICES_NO_PLACE,
                                    .level = 127 };
    p->owner->route->ops.voice_reset(p->owner->route->ctx, p->owner->index, p->source);
}

void hop_voices_forget(struct hop_publication *p)
{
    if (!p->voice)
        return;
    hop_places_leave(p);
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
            hop_places_leave(voices->places[i].publication);
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
    hop_route_stir(route, now_us);
    voices->audio = *audio;
    voices->max = (uint8_t)(max_voices < 1                ? 1
                            : max_voices > HOP_MAX_VOICES ? HOP_MAX_VOICES
                                                          : max_voices);
    for (uint8_t i = voices->max; i < HOP_MAX_VOICES; i++)
        if (voices->places[i].publication)
            hop_places_leave(voices->places[i].publication);
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
    hop_route_stir(route, now_us);
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
        if (p && hop_places_hears(peer, p))
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
            hop_places_end_spurt(p);
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
