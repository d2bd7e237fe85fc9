/* Checking and changing the password of somebody who is signed in; see auth.h. */
#include "server/auth_private.h"

#include "media/base/clock.h"
#include "server/password.h"
#include "server/store/audit.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

struct change {
    struct hop_job job; /* the hashes */
    struct hop_auth *auth;
    struct hop_store_user user;
    char session_id[HOP_SESSION_ID + 1];
    char old[HOP_MAX_PASSWORD + 1], fresh[HOP_MAX_PASSWORD + 1]; /* fresh "": only a check */
    char hash[HOP_MAX_PASSWORD_HASH + 1];
    hop_done_cb cb;
    void *ctx;
};

static void finish(struct change *change, int error)
{
    change->cb(change->ctx, error);
    sodium_memzero(change, sizeof(*change));
    g_free(change);
}

static void stored(void *ctx, int error)
{
    struct change *change = ctx;

    if (error == 0) {
        g_autofree char *who = g_strdup_printf("user:%s", change->user.username);

        change->user.must_change = false;
        hop_auth_user_changed(change->auth, &change->user);
        hop_auth_revoke_all(change->auth, change->user.id, change->session_id);
        hop_store_audit(change->auth->config.store, hop_wall_us(), 0, who, "account.password",
                        NULL);
    }
    finish(change, error);
}

static void hash_run(struct hop_job *job, void *ctx)
{
    struct change *change = (struct change *)job;

    (void)ctx;
    if (!hop_password_fits(change->user.password_hash, change->old))
        job->error = -EACCES;
    else if (change->fresh[0] != '\0')
        job->error = hop_password_hash(change->fresh, change->hash);
}

static void hash_done(struct hop_job *job)
{
    struct change *change = (struct change *)job;

    if (job->error != 0 || change->fresh[0] == '\0')
        finish(change, job->error);
    else
        hop_store_user_set_password(change->auth->config.store, change->user.id, change->hash,
                                    false, stored, change);
}

static void user_found(void *ctx, int error, const struct hop_store_user *user)
{
    struct change *change = ctx;

    if (error != 0) {
        finish(change, error);
        return;
    }
    change->user = *user;
    hop_jobs_post(change->auth->hashing, &change->job);
}

void hop_auth_password(struct hop_auth *auth, int64_t user_id, const char *session_id,
                       const char *old, const char *fresh, hop_done_cb cb, void *ctx)
{
    struct change *change = g_new0(struct change, 1);

    change->auth = auth;
    change->job = (struct hop_job){ .run = hash_run, .done = hash_done };
    change->cb = cb;
    change->ctx = ctx;
    if (strlen(old) > HOP_MAX_PASSWORD || strlen(fresh) > HOP_MAX_PASSWORD) {
        finish(change, -EACCES);
        return;
    }
    g_strlcpy(change->session_id, session_id, sizeof(change->session_id));
    g_strlcpy(change->old, old, sizeof(change->old));
    g_strlcpy(change->fresh, fresh, sizeof(change->fresh));
    hop_store_user_get(auth->config.store, user_id, user_found, change);
}

void hop_auth_check(struct hop_auth *auth, int64_t user_id, const char *password, hop_done_cb cb,
                    void *ctx)
{
    hop_auth_password(auth, user_id, "", password, "", cb, ctx);
}
