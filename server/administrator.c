/* See administrator.h. */
#include "server/administrator.h"

#include "media/base/clock.h"
#include "server/password.h"
#include "server/store/audit.h"
#include "server/store/users.h"

#include <errno.h>
#include <string.h>

struct answer {
    struct hop_store_user user;
    int error;
};

static void got_user(void *ctx, int error, const struct hop_store_user *user)
{
    struct answer *b = ctx;

    b->error = error;
    if (error == 0)
        b->user = *user;
}

static void got_done(void *ctx, int error)
{
    ((struct answer *)ctx)->error = error;
}

static int make_administrator(struct hop_store *store, struct answer *b, const char *password)
{
    g_strlcpy(b->user.username, "admin", sizeof(b->user.username));
    g_strlcpy(b->user.name, "Administrator", sizeof(b->user.name));
    b->user.roles = HOP_ACCOUNT_ADMINISTRATOR;
    if (hop_password_hash(password, b->user.password_hash) != 0)
        return -ENOMEM;
    hop_store_user_add(store, &b->user, hop_wall_us(), got_user, b);
    hop_store_flush(store);
    if (b->error == 0)
        hop_store_audit(store, hop_wall_us(), 0, "server", "account.made",
                        "{\"username\":\"admin\"}");
    return b->error;
}

static int set_password(struct hop_store *store, struct answer *b, const char *password)
{
    char hash[HOP_MAX_PASSWORD_HASH + 1];

    if (hop_password_fits(b->user.password_hash, password))
        return 0;
    if (hop_password_hash(password, hash) != 0)
        return -ENOMEM;
    hop_store_user_set_password(store, b->user.id, hash, false, got_done, b);
    hop_store_flush(store);
    if (b->error == 0)
        hop_store_audit(store, hop_wall_us(), 0, "server", "account.password", NULL);
    return b->error;
}

int hop_administrator_ensure(struct hop_store *store, const char *password, char **made)
{
    struct answer b = { 0 };
    g_autofree char *random = NULL;
    int error;

    *made = NULL;
    if (password != NULL &&
        (strlen(password) < HOP_MIN_PASSWORD || strlen(password) > HOP_MAX_PASSWORD))
        return -EINVAL;
    hop_store_administrator_find(store, got_user, &b);
    hop_store_flush(store);
    if (b.error == 0)
        return password != NULL ? set_password(store, &b, password) : 0;
    if (b.error != -ENOENT)
        return b.error;
    random = password == NULL ? hop_password_random() : NULL;
    error = make_administrator(store, &b, password != NULL ? password : random);
    if (error == 0)
        *made = g_steal_pointer(&random);
    return error;
}
