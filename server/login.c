/* Signing in: the account from the store, the password's hash on the hashing thread, the second
 * factor used up in the store, the session into the store. See auth.h. */
#include "server/auth_private.h"

#include "media/base/clock.h"
#include "server/password.h"
#include "server/store/audit.h"
#include "server/totp.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

struct login {
    struct hop_job job; /* the hash */
    struct hop_auth *auth;
    struct hop_addr who;
    char username[HOP_MAX_USERNAME + 1];
    char password[HOP_MAX_PASSWORD + 1];
    char code[HOP_RECOVERY_TEXT + 8]; /* with the spaces that people type */
    struct hop_store_user user;       /* id 0: there is no such account */
    struct hop_store_session session;
    char token[HOP_TOKEN_TEXT];
    hop_login_cb cb;
    void *ctx;
};

static void finish(struct login *login, int error, int retry_after_s)
{
    struct hop_login result = {
        .error = error, .retry_after_s = retry_after_s, .token = login->token, .user = &login->user
    };

    login->cb(login->ctx, &result);
    sodium_memzero(login, sizeof(*login));
    g_free(login);
}

static void audit(struct login *login, const char *action, const char *why)
{
    const char *name = login->user.id != 0 ? login->user.username : login->username;
    g_autofree char *who = g_strdup_printf("user:%s", name);
    char ip[HOP_ADDR_TEXT];
    g_autofree char *detail = g_strdup_printf("{\"from\":\"%s\",\"how\":\"%s\"}",
                                              hop_addr_format_ip(&login->who, ip), why);

    hop_store_audit(login->auth->config.store, hop_wall_us(), 0, who, action, detail);
}

static void refuse(struct login *login, int error, const char *why)
{
    audit(login, "session.refused", why);
    finish(login, error, 0);
}

static void session_saved(void *ctx, int error)
{
    struct login *login = ctx;

    if (error == 0) {
        hop_lockout_clear(login->auth->lockout, login->username, &login->who);
        hop_auth_remember(login->auth, &login->session);
        audit(login, "session.opened", login->user.totp ? "two factors" : "password");
    }
    finish(login, error, 0);
}

static void open_session(struct login *login)
{
    hop_auth_session_new(login->auth, &login->user, &login->session, login->token);
    hop_addr_format_ip(&login->who, login->session.address);
    hop_store_session_save(login->auth->config.store, &login->session, session_saved, login);
}

/* ---- the second factor ----------------------------------------------------------------------- */

static void factor_used(void *ctx, int error)
{
    struct login *login = ctx;

    if (error == 0)
        open_session(login);
    else if (error == -EALREADY || error == -ENOENT)
        refuse(login, -EKEYREJECTED, "second factor");
    else
        finish(login, error, 0);
}

static void use_factor(struct login *login)
{
    struct hop_store *store = login->auth->config.store;
    int64_t step = hop_totp_match(login->user.totp_secret, login->code, hop_wall_us());
    uint8_t hash[HOP_HASH];

    if (step >= 0) {
        hop_store_user_use_totp(store, login->user.id, step, factor_used, login);
        return;
    }
    hop_recovery_hash(login->code, hash);
    hop_store_user_use_recovery(store, login->user.id, hash, factor_used, login);
}

/* ---- the password ---------------------------------------------------------------------------- */

/* An account that is not there costs the same time as a wrong password, so that nobody can tell. */
static void verify_run(struct hop_job *job, void *ctx)
{
    struct login *login = (struct login *)job;
    char none[HOP_MAX_PASSWORD_HASH + 1];

    (void)ctx;
    if (login->user.id == 0)
        job->error = hop_password_hash(login->password, none) == 0 ? -EACCES : -ENOMEM;
    else
        job->error = hop_password_fits(login->user.password_hash, login->password) ? 0 : -EACCES;
}

static void verify_done(struct hop_job *job)
{
    struct login *login = (struct login *)job;

    if (job->error == -EACCES)
        refuse(login, -EACCES, "password");
    else if (job->error != 0)
        finish(login, job->error, 0);
    else if (login->user.disabled)
        refuse(login, -ESHUTDOWN, "shut");
    else if (!login->user.totp)
        open_session(login);
    else if (login->code[0] == '\0')
        finish(login, -ENOKEY, 0);
    else
        use_factor(login);
}

static void user_found(void *ctx, int error, const struct hop_store_user *user)
{
    struct login *login = ctx;

    if (error != 0 && error != -ENOENT) {
        finish(login, error, 0);
        return;
    }
    if (error == 0)
        login->user = *user;
    hop_jobs_post(login->auth->hashing, &login->job);
}

/* What a browser says of itself is kept as text that can be shown: printable ASCII. */
static void copy_agent(char *out, size_t size, const char *agent)
{
    size_t n = 0;

    for (; agent != NULL && *agent != '\0' && n < size - 1; agent++)
        if (*agent >= ' ' && *agent <= '~')
            out[n++] = *agent;
    out[n] = '\0';
}

void hop_auth_login(struct hop_auth *auth, const struct hop_credentials *c, hop_login_cb cb,
                    void *ctx)
{
    struct login *login = g_new0(struct login, 1);
    int wait_s;

    login->auth = auth;
    login->job = (struct hop_job){ .run = verify_run, .done = verify_done };
    login->who = *c->who;
    login->cb = cb;
    login->ctx = ctx;
    if (strlen(c->username) > HOP_MAX_USERNAME || strlen(c->password) > HOP_MAX_PASSWORD) {
        finish(login, -EACCES, 0);
        return;
    }
    g_strlcpy(login->username, c->username, sizeof(login->username));
    g_strlcpy(login->password, c->password, sizeof(login->password));
    g_strlcpy(login->code, c->code != NULL ? c->code : "", sizeof(login->code));
    copy_agent(login->session.agent, sizeof(login->session.agent), c->agent);
    wait_s = hop_lockout_try(auth->lockout, login->username, c->who, hop_now_us());
    if (wait_s > 0)
        finish(login, -EBUSY, wait_s);
    else
        hop_store_user_find(auth->config.store, login->username, user_found, login);
}
