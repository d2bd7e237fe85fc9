/* The rules of meetings' times and codes, and the forms in which they are written. No state; the
 * present is passed in. Control thread (libical's time zones are not for several threads).
 */
#pragma once

#include "server/store/rooms.h"
#include "signaling/host.h"

enum { HOP_CODE_TEXT = 13, HOP_TIME_TEXT = 32 };

/* A new room code, "abc-defg-hij": ten letters of 23 (none that is mistaken for another). */
void hop_schedule_code(char out[HOP_CODE_TEXT]);
/* What may be a code at all: 1..HOP_MAX_ROOM_CODE of [a-z0-9-]. */
bool hop_schedule_code_valid(const char *code);

struct hop_schedule_rules {
    int64_t open_early_us, close_late_us;
};

/* What a room is now. `occupied`: somebody is in it, so it does not end by the clock. */
enum hop_room_status hop_schedule_status(const struct hop_store_room *room,
                                         const struct hop_schedule_rules *rules, bool occupied,
                                         int64_t now_us);
/* Wall clock; 0 for an instant room. */
int64_t hop_schedule_opens_at(const struct hop_store_room *room,
                              const struct hop_schedule_rules *rules);

/* "2026-11-23T07:30:00Z" or with an offset; the years 1971 to 9999. 0 or -EINVAL. */
int hop_time_parse(const char *text, int64_t *us);
/* To whole seconds, UTC. */
const char *hop_time_format(int64_t us, char out[HOP_TIME_TEXT]);

/* An IANA name that this machine knows. */
bool hop_time_zone_valid(const char *name);

/* NFC, without leading and trailing space, without control characters (`lines`: line feeds are
 * kept), 1..max characters (0 allowed with `empty`). NULL: it is not so. Free with g_free(). */
char *hop_text_clean(const char *text, size_t max, bool lines, bool empty);
