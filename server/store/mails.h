/* The queue of mails, as the mailer works it off and as people look at it. What stands in it comes
 * from outbox.h. Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/invitees.h"
#include "server/store/meetings.h"
#include "server/store/outbox.h"

enum { HOP_MAX_MAIL_ERROR = 300, HOP_MAX_MAIL_PAGE = 200, HOP_MAX_MAIL_CLAIM = 20 };

/* A meeting as it was when somebody was to be told. */
struct hop_mail_snapshot {
    int64_t id; /* 0: there is none, and nothing else is filled */
    char uid[HOP_MAX_UID + 1];
    int64_t sequence;
    char *title, *description, *place, *rrule; /* owned; "" none */
    int64_t starts_us, ends_us;
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    bool all_day, cancelled;
    char
        *exceptions; /* JSON: [{stamp, starts_at, ends_at, cancelled, title, description, place}] */
    char organizer_name[HOP_MAX_NAME * 4 + 1], organizer_email[HOP_MAX_EMAIL + 1];
};

struct hop_store_mail {
    int64_t id, meeting_id, invitee_id;
    enum hop_mail_why why;
    enum hop_mail_state state;
    int64_t stamp; /* of the occurrence; 0: the meeting */
    char name[HOP_MAX_NAME * 4 + 1], email[HOP_MAX_EMAIL + 1], language[HOP_MAX_LANGUAGE + 1];
    enum hop_invitee_role role;
    int64_t attempts, created_us, next_us, sent_us;
    char error[HOP_MAX_MAIL_ERROR + 1]; /* of the last try; "" none */
    char title[HOP_MAX_TITLE * 4 + 1];  /* the meeting's, as it was */
    /* only of those that were claimed: */
    enum hop_rsvp rsvp;
    bool has_link;
    uint8_t nonce[HOP_INVITE_NONCE];
    char code[HOP_MAX_ROOM_CODE + 1];
    int64_t meeting_created_us;
    struct hop_mail_snapshot event, before;
};

/* struct hop_store_mail; valid during the call, or as long as a reference to the array is held. */
typedef void (*hop_store_mails_cb)(void *ctx, int error, GPtrArray *mails, bool more);

/* Takes what is due, oldest first, at most HOP_MAX_MAIL_CLAIM: it is `sending` until
 * hop_store_mail_result(). Mails to one person about one meeting are handed out one after the
 * other. */
typedef void (*hop_store_claim_cb)(void *ctx, int error, GPtrArray *mails);
void hop_store_mail_claim(struct hop_store *store, int64_t now_us, hop_store_claim_cb cb,
                          void *ctx);

struct hop_mail_result {
    int64_t id;
    enum hop_mail_state state; /* SENT, DELAYED or FAILED */
    int64_t next_us;           /* of DELAYED */
    char error[HOP_MAX_MAIL_ERROR + 1];
};
/* What became of them. `down`: the mail server could not be used, so all that is due waits until
 * then (0: it could). */
void hop_store_mail_result(struct hop_store *store, const struct hop_mail_result *results, size_t n,
                           int64_t down_until_us, int64_t now_us, hop_store_done_cb cb, void *ctx);
/* At start: what was `sending` when the process ended is queued again. */
void hop_store_mail_recover(struct hop_store *store, hop_store_done_cb cb, void *ctx);
/* hop_outbox_remind(); the callback's error is the number of mails if not negative. */
void hop_store_mail_remind(struct hop_store *store, const int *minutes, size_t n, int64_t now_us,
                           hop_store_done_cb cb, void *ctx);
/* hop_outbox_sync() by itself, for a meeting whose invitees were changed by others. */
void hop_store_mail_sync(struct hop_store *store, int64_t meeting_id, int64_t now_us,
                         hop_store_done_cb cb, void *ctx);
/* Forgets what went out before `before_us` about meetings that are over. `cb` may be NULL. */
void hop_store_mail_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx);

struct hop_store_mail_query {
    int64_t user_id, unit_id; /* only of meetings that this secretary runs; user_id 0: all */
    int64_t meeting_id;       /* 0: all */
    int state;                /* -1: all */
    size_t offset, limit;     /* at most HOP_MAX_MAIL_PAGE */
};
/* Newest first. */
void hop_store_mail_list(struct hop_store *store, const struct hop_store_mail_query *query,
                         hop_store_mails_cb cb, void *ctx);
/* Due now, and with all its tries again. `query`: who may (user_id, unit_id). -ENOENT; -EALREADY:
 * it was sent. */
void hop_store_mail_retry(struct hop_store *store, int64_t id,
                          const struct hop_store_mail_query *query, int64_t now_us,
                          hop_store_done_cb cb, void *ctx);

struct hop_mail_counts {
    int64_t waiting, delayed, failed; /* failed: within the last day */
};
typedef void (*hop_store_mail_counts_cb)(void *ctx, int error,
                                         const struct hop_mail_counts *counts);
void hop_store_mail_count(struct hop_store *store, int64_t now_us, hop_store_mail_counts_cb cb,
                          void *ctx);

/* Who answers by mail: the invitee of the meeting with that uid and address. -ENOENT */
typedef void (*hop_store_answerer_cb)(void *ctx, int error, int64_t meeting_id, int64_t invitee_id);
void hop_store_answerer_find(struct hop_store *store, const char *uid, const char *email,
                             hop_store_answerer_cb cb, void *ctx);
