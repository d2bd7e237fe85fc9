/* What the files of this folder share: the service itself, time, and answers of the host that are
 * still under way. Nothing outside includes it, tests excepted. Control thread.
 *
 * Ownership: hop_signaling > room > participant; a session belongs to its WebSocket. Whoever is
 * named across an asynchronous answer is named by id, because he may be gone by then.
 */
#pragma once

#include "signaling/request.h"
#include "signaling/sdp.h"
#include "signaling/signaling.h"

#include <glib.h>

enum { HOP_MAX_WORKERS = 64 };

struct hop_worker_seen {
    struct hop_worker_stats stats;
    int64_t at_us;
    double cpu; /* of a core over the last interval, 0..1 */
    int late_s; /* for how many reports on end the mix has been late */
    bool seen;
};

struct hop_signaling {
    struct hop_signaling_config config;
    struct hop_codec_order codecs;
    struct hop_media *media;

    int64_t now_us;    /* monotonic, of this turn of the loop */
    int64_t wall_us;   /* the wall clock at that moment */
    bool virtual_time; /* tests: nothing here reads a clock */
    bool stopping;

    GHashTable *rooms;       /* char *code → struct hop_room, owned */
    GHashTable *room_ids;    /* &room->id → struct hop_room */
    GHashTable *media_rooms; /* &room->media → struct hop_room */
    GHashTable *sessions;    /* &session->id → struct hop_session */
    GHashTable *tokens;      /* participant->token → struct hop_participant */
    GHashTable *peers;       /* &participant->peer → struct hop_participant */
    GHashTable *waiting;     /* char *code → struct hop_waiting, owned */
    GQueue pending;          /* struct hop_pending, on their way */
    GQueue dumps;            /* of rooms that were asked for; see dump.c */
    uint64_t next_id;        /* of sessions and rooms; never reused */
    int participants;        /* in all rooms */
    struct hop_worker_seen workers[HOP_MAX_WORKERS];
};

/* Sets this turn's time. */
void hop_signaling_time(struct hop_signaling *signaling, int64_t now_us, int64_t wall_us);
/* The same from the clocks; no-op in virtual time. */
void hop_signaling_now(struct hop_signaling *signaling);

/* One event of the relay; hop_signaling_wake() polls them. */
void hop_signaling_media_event(struct hop_signaling *signaling,
                               const struct hop_media_event *event);

/* ---- requests to the host ------------------------------------------------------------------- */

/* The context of one callback of the host. What it does not need stays 0. */
struct hop_pending {
    struct hop_signaling *signaling; /* NULL: gone meanwhile */
    GList link;
    uint64_t session, room; /* ids */
    int64_t request;        /* the client's id, to be answered */
    hop_participant_number participant;
    size_t limit;
    char code[HOP_MAX_ROOM_CODE + 1];
    char ref[HOP_CHAT_REF + 1];
    char *name, *text;           /* owned */
    struct hop_welcome *welcome; /* owned */
    struct hop_frame frame;      /* owned */
};

struct hop_pending *hop_pending_new(struct hop_signaling *signaling);
/* The callback has come: takes it off the list. False: the service is gone; it was freed. */
bool hop_pending_begin(struct hop_pending *pending);
void hop_pending_free(struct hop_pending *pending);

/* What a negative errno of the host means to a client. */
enum hop_error hop_host_error(int error);
