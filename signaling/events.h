/* The JSON of rooms and participants as clients see it. docs/protocol.md, "Snapshot" and
 * "Notifications". Everything returned is a new reference.
 *
 * Called by: handlers, room, participant, relay. Control thread.
 */
#pragma once

#include "signaling/participant.h"

/* `what` of enum hop_change; the id is always there. */
json_t *hop_json_participant(const struct hop_participant *participant, uint32_t what);
json_t *hop_json_room(const struct hop_room *room);
json_t *hop_json_settings(const struct hop_room_settings *settings);
json_t *hop_json_room_audio(const struct hop_room_audio *audio);
json_t *hop_json_voices(const struct hop_participant *participant);
json_t *hop_json_chat(const struct hop_chat_text *chat);
/* Everything, as this participant sees it now. */
json_t *hop_json_snapshot(const struct hop_participant *participant);

/* {"microphone":…,"camera":…,"screen":…} */
json_t *hop_json_sources(uint32_t mask);
/* The mask with the screen's sound beside the screen. */
uint32_t hop_source_bits(uint32_t mask);
const char *hop_source_name(enum hop_source source);
const char *hop_srtp_name(enum hop_srtp_profile profile);
/* How somebody is known: "account", "invitation", "none". */
const char *hop_signed_name(const struct hop_participant_record *record);
const char *hop_gone_name(enum hop_gone_reason reason);
