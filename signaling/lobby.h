/* The lobby of a meeting that runs: who waits in it, what each is told, who sees him, and how he
 * comes in. Somebody who waits has a participant's id and key already, so that he is found again
 * when his line breaks, and goes in by joining again once he has been let in.
 * docs/protocol.md, "The lobby".
 *
 * Called by: join, room, session, participant. Control thread. Owned by the room.
 */
#pragma once

#include "signaling/gate.h"
#include "signaling/participant.h"

struct hop_knock;

/* What the gate is asked about somebody. */
struct hop_gate_case hop_lobby_case(const struct hop_room *room,
                                    const struct hop_participant_record *record,
                                    enum hop_role role);
/* Somebody is to be kept out whoever says he is: his link or his account was removed. */
bool hop_lobby_removed(const struct hop_room *room, int64_t invite_id, int64_t user_id);

/* The session waits from now on; its request is answered with the key. False: too many wait. */
bool hop_lobby_wait(struct hop_room *room, struct hop_session *session, int64_t request,
                    struct hop_participant_record *record, hop_participant_number number,
                    const char *key, enum hop_role role);
/* Its connection is gone: he may come back for a while. No-op for one that does not wait. */
void hop_lobby_lost(struct hop_session *session);
/* He waits no longer, of his own accord. */
void hop_lobby_give_up(struct hop_session *session);

/* Something changed (who is here, the settings, the time): lets in whoever may come in now. */
void hop_lobby_check(struct hop_room *room);
/* Timers. */
void hop_lobby_tick(struct hop_room *room);
/* The meeting is over: they are told so. */
void hop_lobby_end(struct hop_room *room, const char *reason);

/* Who waits, for moderators. A new reference. */
json_t *hop_lobby_json(const struct hop_room *room);
/* Tells one who has become a moderator, or is none any more. */
void hop_lobby_tell(struct hop_participant *participant);

/* For the room's array. */
void hop_knock_free(struct hop_knock *knock);
