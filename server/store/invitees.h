/* Who is invited to a meeting: accounts, groups, units, guests from outside, and sites (điểm cầu)
 * with many people. Groups and units stand as they were chosen; the accounts in them stand beside
 * as rows of their own (`via`), made anew whenever the meeting is saved.
 *
 * Each one but groups and units has a link of his own. The database keeps its token's SHA-256 and a
 * nonce, of which the server makes the token again (server/invite.h); a new nonce revokes the link.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/units.h"
#include "server/store/users.h"

enum {
    HOP_MAX_INVITEES = 500,    /* of a meeting, accounts through groups and units included */
    HOP_MAX_ATTENDEES = 10000, /* people in a site */
    HOP_MAX_RSVP_NOTE = 500,   /* characters */
    HOP_INVITE_NONCE = 16,     /* bytes */
};

/* The numbers stand in the database. */
enum hop_invitee_kind {
    HOP_INVITEE_USER = 0,
    HOP_INVITEE_GROUP = 1,
    HOP_INVITEE_UNIT = 2,
    HOP_INVITEE_GUEST = 3,
    HOP_INVITEE_SITE = 4,
};
enum hop_invitee_role {
    HOP_INVITED_CHAIR = 0,
    HOP_INVITED_SECRETARY = 1,
    HOP_INVITED_DELEGATE = 2,
    HOP_INVITED_GUEST = 3,
    HOP_INVITED_OBSERVER = 4,
    HOP_INVITED_TECHNICIAN = 5,
};
enum hop_rsvp { HOP_RSVP_NONE, HOP_RSVP_ACCEPTED, HOP_RSVP_DECLINED, HOP_RSVP_TENTATIVE };
enum hop_invitee_mail {
    HOP_INVITEE_MAIL_NONE,
    HOP_INVITEE_MAIL_QUEUED,
    HOP_INVITEE_MAIL_SENT,
    HOP_INVITEE_MAIL_FAILED,
    HOP_INVITEE_MAIL_DELAYED,
};

/* As the API and the mails name them ("user", "chair", "accepted", "queued"); parsing: -1 none. */
const char *hop_invitee_kind_name(enum hop_invitee_kind kind);
const char *hop_invitee_role_name(enum hop_invitee_role role);
const char *hop_rsvp_name(enum hop_rsvp rsvp);
const char *hop_invitee_mail_name(enum hop_invitee_mail mail);
int hop_invitee_kind_parse(const char *name);
int hop_invitee_role_parse(const char *name);
int hop_rsvp_parse(const char *name);

struct hop_store_invitee {
    int64_t id; /* 0: new */
    enum hop_invitee_kind kind;
    int64_t ref; /* the account, group or unit; 0: a guest or a site */
    int64_t via; /* the invitee through which the account came; 0: by himself */
    char name[HOP_MAX_NAME * 4 + 1];
    char title[HOP_MAX_USER_TITLE * 4 + 1];
    char unit_name[HOP_MAX_UNIT_NAME * 4 + 1];
    char email[HOP_MAX_EMAIL + 1]; /* "" none */
    char language[HOP_MAX_LANGUAGE + 1];
    enum hop_invitee_role role;
    unsigned attendees; /* 1.. */
    enum hop_rsvp rsvp;
    char *rsvp_note; /* owned; NULL or "": none */
    enum hop_invitee_mail mail;
    bool has_link;
    uint8_t nonce[HOP_INVITE_NONCE]; /* with has_link */
};
void hop_store_invitee_clear(struct hop_store_invitee *invitee);

/* Makes a nonce and the hash of its token. Called on the store's thread; `ctx` is only read. */
struct hop_store_minter {
    void (*mint)(const void *ctx, uint8_t nonce[HOP_INVITE_NONCE], uint8_t token_hash[HOP_HASH]);
    const void *ctx;
};

/* The invitee is valid during the call only. */
typedef void (*hop_store_invitee_cb)(void *ctx, int error, int64_t meeting_id,
                                     const struct hop_store_invitee *invitee);

/* By the SHA-256 of his token. -ENOENT: there is none, or the link was revoked. Also for cancelled
 * meetings; never of drafts and templates. */
void hop_store_invitee_find(struct hop_store *store, const uint8_t token_hash[HOP_HASH],
                            hop_store_invitee_cb cb, void *ctx);
/* A new link; the old one is worth nothing from now on. -ENOENT: the meeting has no such invitee;
 * -EINVAL: a group or unit. */
void hop_store_invitee_renew(struct hop_store *store, int64_t meeting_id, int64_t invitee_id,
                             const struct hop_store_minter *minter, hop_store_invitee_cb cb,
                             void *ctx);
/* His answer. Who declines is free at that time. -ENOENT */
void hop_store_invitee_answer(struct hop_store *store, int64_t meeting_id, int64_t invitee_id,
                              enum hop_rsvp rsvp, const char *note, int64_t now_us,
                              hop_store_invitee_cb cb, void *ctx);
/* What became of his mail. `cb` may be NULL. */
void hop_store_invitee_mailed(struct hop_store *store, int64_t invitee_id,
                              enum hop_invitee_mail mail, hop_store_done_cb cb, void *ctx);
