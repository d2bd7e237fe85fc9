/* What the relay says about somebody's pictures: what his slots show, which of his own layers are
 * needed, how his line is, what was decided and why. docs/protocol.md, "Notifications".
 *
 * Called by: relay (events), events (snapshot), participant. Control thread.
 */
#pragma once

#include "signaling/participant.h"

/* His media is new or gone: nothing is known. */
void hop_pictures_reset(struct hop_participant *participant);

/* One event of the relay each, of that type. */
void hop_pictures_slots(struct hop_participant *participant, const struct hop_media_event *event);
void hop_pictures_demand(struct hop_participant *participant, const struct hop_media_event *event);
void hop_pictures_line(struct hop_participant *participant, const struct hop_media_event *event);
void hop_pictures_decision(const struct hop_participant *participant,
                           const struct hop_media_event *event);

/* He has become a moderator: how the others' lines are. */
void hop_pictures_tell_qualities(const struct hop_participant *moderator);

/* New references. */
json_t *hop_json_slots(const struct hop_participant *participant);
json_t *hop_json_demand(const struct hop_participant *participant);
json_t *hop_json_line(const struct hop_participant *participant);
/* As `viewer` may know it: himself and moderators; null else, and while it is unknown. */
json_t *hop_json_quality(const struct hop_participant *participant,
                         const struct hop_participant *viewer);
