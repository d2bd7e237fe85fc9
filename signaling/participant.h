/* A person in a room: identity, role, what he sends, how he is connected. He outlives his WebSocket
 * by the resume time and his media by as long as he likes.
 *
 * Called by: room and all handlers. Control thread. Owned by his room.
 */
#pragma once

#include "signaling/room.h"
#include "signaling/session.h"

enum hop_media_state { HOP_MEDIA_NONE, HOP_MEDIA_STARTING, HOP_MEDIA_UP, HOP_MEDIA_DOWN };

enum hop_line { HOP_LINE_CONNECTING, HOP_LINE_UP, HOP_LINE_DOWN };

enum hop_change { /* members of a participant, for participant.changed */
                  HOP_CHANGED_NAME = 1u << 0,
                  HOP_CHANGED_ROLE = 1u << 1,
                  HOP_CHANGED_SITE = 1u << 2,
                  HOP_CHANGED_CSRC = 1u << 3,
                  HOP_CHANGED_MEDIA = 1u << 4,
                  HOP_CHANGED_ACTIVE = 1u << 5,
                  HOP_CHANGED_MUTED = 1u << 6,
                  HOP_CHANGED_HAND = 1u << 7,
                  HOP_CHANGED_LINE = 1u << 8,
                  HOP_CHANGED_HALL = 1u << 9,
                  HOP_CHANGED_ALL = (1u << 10) - 1,
};

struct hop_shown { /* what one of his slots shows; participant 0: nothing */
    hop_participant_number participant;
    enum hop_source source;
    uint8_t layer, temporal;
    enum hop_slot_phase phase;
    enum hop_slot_reason reason;
};

struct hop_carried { /* what one of his voice slots carries; participant 0: nothing */
    hop_participant_number participant;
    enum hop_source source;
};

struct hop_participant {
    struct hop_room *room;
    hop_participant_number number;
    struct hop_participant_record *record; /* the room's */
    enum hop_role role;
    bool acting;          /* stands in for the chair */
    uint32_t attendees;   /* of his invitation; 0: not said */
    int64_t arrived_us;   /* monotonic: who is here longest */
    int64_t came_wall_us; /* since when this stay lasts */

    char token[HOP_TOKEN_CHARS + 1]; /* the protocol's `session` and `secret` */
    char secret[HOP_TOKEN_CHARS + 1];
    struct hop_session *session; /* NULL: lost */
    int64_t lost_us, lost_wall_us;
    uint64_t seq; /* while lost: the last one sent */

    uint32_t said, active; /* source masks: what he says he sends, what arrives */
    uint32_t held;         /* shut by the meeting's settings until he opens it himself */
    int64_t hand_wall_us;  /* 0: not raised */
    enum hop_line line;    /* as the others were told */
    char *hall_key;        /* his hall's name as it is compared; NULL: in none; owned */
    uint16_t hall;         /* its number in the relay; 0: none */

    hop_peer_id peer; /* 0: no media */
    enum hop_media_state media;
    enum hop_gone_reason gone; /* why it was lost, while `untold` */
    bool untold;               /* media.lost happened while he was away */
    bool have_path, tcp;
    enum hop_srtp_profile srtp;
    struct hop_peer_desc *desc; /* of the last offer; owned */
    struct hop_peer_local local;
    uint64_t sdp_session;
    uint32_t answers;        /* version of the last answer */
    int64_t relays_until_us; /* when he is to be told new credentials for TURN; 0: he has none */

    struct hop_req_view view;
    struct hop_shown slots[HOP_MAX_SLOTS];
    uint8_t n_slots;
    struct hop_carried voices[HOP_MAX_VOICES];
    uint8_t n_voices;
    uint32_t cap_kbps;          /* as the relay was told; 0: none */
    int8_t demand[HOP_SOURCES]; /* highest layer that anybody needs of him; -1: nobody looks */
    enum hop_codec codecs[HOP_SOURCES]; /* that he is to send; NONE: no such track */
    bool have_line;
    struct hop_line_state line_state; /* of his line, if have_line */
    struct hop_stream_stats stats;
    struct hop_client_stats client_stats;
};

/* Puts someone into the room: from his record (owned by the room). Announces nothing. */
struct hop_participant *hop_participant_new(struct hop_room *room,
                                            struct hop_participant_record *record);
/* Takes him out: media ends, his session is detached (and not closed), the record says that he
 * left. The others are told with `reason`, NULL: not. Frees him. */
void hop_participant_leave(struct hop_participant *participant, const char *reason);

/* Takes out someone whom nobody has seen yet: nothing is stored or told. Frees him. */
void hop_participant_withdraw(struct hop_participant *participant);

/* Ties a connection to him; one that he had is closed with 4001. */
void hop_participant_attach(struct hop_participant *participant, struct hop_session *session);
/* New `session` and `secret`. */
void hop_participant_new_token(struct hop_participant *participant);
/* His connection is gone. */
void hop_participant_lost(struct hop_participant *participant);

/* What the relay may let through: his role's rights without what is muted. */
uint32_t hop_participant_allowed(const struct hop_participant *participant);
/* Tells the relay so, and where he sits, and whether he leads. */
void hop_participant_enforce(const struct hop_participant *participant);
/* Seats him in the hall of that name, "": in none. Announces and stores nothing. */
void hop_participant_set_hall(struct hop_participant *participant, const char *name);
/* Role, with what follows: rights, record. Announces it. */
void hop_participant_set_role(struct hop_participant *participant, enum hop_role role);
/* Whether he stands in for the chair. Announces it. */
void hop_participant_set_acting(struct hop_participant *participant, bool acting);
/* To the store, his stay too; failures are logged, the meeting goes on. */
void hop_participant_save(const struct hop_participant *participant);

/* Tells everyone what changed (enum hop_change), himself too. */
void hop_participant_changed(const struct hop_participant *participant, uint32_t what);
/* Tells everyone if the state of his line is another one now. */
void hop_participant_check_line(struct hop_participant *participant);
enum hop_line hop_participant_line(const struct hop_participant *participant);
const char *hop_line_name(enum hop_line line);

/* Ends his media, tells nobody. */
void hop_participant_drop_media(struct hop_participant *participant);

/* The role whose rights he has: an acting chair those of the chair. */
enum hop_role hop_participant_power(const struct hop_participant *participant);
bool hop_participant_may(const struct hop_participant *participant, enum hop_right right);
/* Whether one may moderate the other; who stands in has no power over who leads. */
bool hop_participant_may_over(const struct hop_participant *actor,
                              const struct hop_participant *target);
