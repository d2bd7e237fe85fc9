/* Accounts. Passwords are kept as Argon2id strings, recovery codes as SHA-256.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/rooms.h"

enum {
    HOP_MAX_USERNAME = 64,
    HOP_MAX_PASSWORD_HASH = 160,
    HOP_MAX_EMAIL = 254,
    HOP_MAX_USER_TITLE = 100, /* characters */
    HOP_MAX_LANGUAGE = 8,
    HOP_TOTP_SECRET = 20, /* bytes, RFC 4226 §4 R6 */
    HOP_RECOVERY_CODES = 10,
    HOP_HASH = 32,           /* of a token or a recovery code, SHA-256 */
    HOP_MAX_USER_PAGE = 200, /* accounts in one answer */
    HOP_MAX_IMPORT = 5000,   /* accounts at once */
};

enum hop_account_role { /* bits: an account may have several */
                        HOP_ACCOUNT_ADMINISTRATOR = 1u << 0,
                        HOP_ACCOUNT_OPERATOR = 1u << 1,
                        HOP_ACCOUNT_SECRETARY = 1u << 2,
                        HOP_ACCOUNT_OFFICIAL = 1u << 3,
                        HOP_ACCOUNT_ALL = (1u << 4) - 1,
};

struct hop_store_user {
    int64_t id;
    char username[HOP_MAX_USERNAME + 1]; /* ASCII-folded by the store when compared */
    char name[HOP_MAX_NAME * 4 + 1];
    char title[HOP_MAX_USER_TITLE * 4 + 1]; /* "" none */
    char email[HOP_MAX_EMAIL + 1];          /* "" none; else nobody else has it */
    char language[HOP_MAX_LANGUAGE + 1];    /* "vi", "en", "" not chosen */
    char password_hash[HOP_MAX_PASSWORD_HASH + 1];
    int64_t unit_id;  /* 0: none */
    uint32_t roles;   /* hop_account_role */
    bool must_change; /* the password, before anything else */
    bool disabled;
    bool totp; /* a second factor is asked for */
    uint8_t totp_secret[HOP_TOTP_SECRET];
    int64_t totp_step;  /* the last one used; it and older ones are refused */
    int64_t version;    /* + 1 with each change that hop_store_user_change() makes */
    int64_t created_us; /* wall clock */
};

typedef void (*hop_store_user_cb)(void *ctx, int error, const struct hop_store_user *user);
typedef void (*hop_store_users_cb)(void *ctx, int error, const struct hop_store_user *users,
                                   size_t n, bool more);

/* -ENOENT */
void hop_store_user_find(struct hop_store *store, const char *username, hop_store_user_cb cb,
                         void *ctx);
void hop_store_user_get(struct hop_store *store, int64_t id, hop_store_user_cb cb, void *ctx);
/* The account that was made first among the administrators who may sign in; -ENOENT: none. */
void hop_store_administrator_find(struct hop_store *store, hop_store_user_cb cb, void *ctx);

struct hop_store_user_query {
    const char *search;   /* in name, account's name, title, e-mail; NULL: all */
    int64_t unit_id;      /* 0: all; else that one and those below it */
    uint32_t roles;       /* 0: all; else any of them */
    bool disabled;        /* also those who may not sign in */
    size_t offset, limit; /* limit at most HOP_MAX_USER_PAGE */
};
/* By name; without password hashes and secrets. */
void hop_store_user_list(struct hop_store *store, const struct hop_store_user_query *query,
                         hop_store_users_cb cb, void *ctx);

/* Gives the id. -EEXIST: the account's name or the e-mail is taken; -ENOENT: no such unit. */
void hop_store_user_add(struct hop_store *store, const struct hop_store_user *user, int64_t now_us,
                        hop_store_user_cb cb, void *ctx);
/* All or none. *taken in the callback's ctx is up to the caller; the error is -EEXIST with the
 * index of the first that cannot be added in `failed`. */
typedef void (*hop_store_import_cb)(void *ctx, int error, size_t failed);
void hop_store_user_import(struct hop_store *store, const struct hop_store_user *users, size_t n,
                           int64_t now_us, hop_store_import_cb cb, void *ctx);
/* Replaces name, title, e-mail, language, unit, roles and disabled, if the version is still that
 * of `user`. -ESTALE: somebody else changed it; -EEXIST, -ENOENT; -EPERM: nobody would be left who
 * may administer. */
void hop_store_user_change(struct hop_store *store, const struct hop_store_user *user,
                           hop_store_user_cb cb, void *ctx);
void hop_store_user_set_password(struct hop_store *store, int64_t user_id, const char *hash,
                                 bool must_change, hop_store_done_cb cb, void *ctx);

/* ---- the second factor ----------------------------------------------------------------------- */

/* `secret` NULL: none any more, and no recovery codes. With one: `hashes` are those of
 * HOP_RECOVERY_CODES codes, and earlier ones are worth nothing. */
void hop_store_user_set_totp(struct hop_store *store, int64_t user_id,
                             const uint8_t secret[HOP_TOTP_SECRET], int64_t step,
                             const uint8_t hashes[HOP_RECOVERY_CODES][HOP_HASH],
                             hop_store_done_cb cb, void *ctx);
/* Uses a time step up. -EALREADY: it, or a later one, was used. */
void hop_store_user_use_totp(struct hop_store *store, int64_t user_id, int64_t step,
                             hop_store_done_cb cb, void *ctx);
/* Uses a recovery code up. -ENOENT: there is no such code. */
void hop_store_user_use_recovery(struct hop_store *store, int64_t user_id,
                                 const uint8_t hash[HOP_HASH], hop_store_done_cb cb, void *ctx);
