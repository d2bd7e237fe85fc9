/* hopctl: what an operator does on the command line beside hopd, whether it runs or not: accounts
 * and their passwords. It uses the store as hopd does, as a second process on the same database
 * (SQLite's WAL); a hopd that runs notices within a second. One thread beside the store's.
 *
 * Exit codes: 0 done; 1 it could not be done, with the reason; 2 the command line is wrong. */
#include "doctor/doctor.h"
#include "media/base/clock.h"
#include "server/account.h"
#include "server/api.h"
#include "server/config.h"
#include "server/password.h"
#include "server/state_dir.h"
#include "server/store/audit.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char default_config[] = "/etc/hop/hopd.conf";

struct options {
    char *config, *state_dir;
    char *name, *title, *email, *language;
    char **roles;
    gboolean totp, json;
};

struct ctl {
    const struct options *options;
    struct hop_store *store;
    struct hop_store_user user;
    int error;
};

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int fail(const char *format, ...)
{
    va_list args;

    fputs("hopctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

/* ---- the state directory --------------------------------------------------------------------- */

/* As hopd finds it: the command line, the configuration, the default. */
static char *find_state_dir(const struct options *o)
{
    const char *path = o->config;
    g_autoptr(GPtrArray) problems = NULL;
    struct hop_config *config = NULL;
    char *dir;

    if (o->state_dir != NULL)
        return g_strdup(o->state_dir);
    if (path == NULL && g_file_test(default_config, G_FILE_TEST_EXISTS))
        path = default_config;
    if (path == NULL)
        config = hop_config_new();
    else if (hop_config_load(path, &config, &problems) != 0)
        return NULL;
    dir = g_strdup(config->state_dir);
    hop_config_free(config);
    return dir;
}

/* What root makes here hopd could not read: the directory's owner does the work. */
static int become_owner(const char *dir)
{
    struct stat st;
    const struct passwd *owner;

    if (geteuid() != 0 || stat(dir, &st) != 0 || st.st_uid == 0)
        return 0;
    owner = getpwuid(st.st_uid);
    if (owner != NULL && initgroups(owner->pw_name, owner->pw_gid) != 0)
        return -errno;
    if (setgid(owner != NULL ? owner->pw_gid : st.st_gid) != 0 || setuid(st.st_uid) != 0)
        return -errno;
    return 0;
}

/* While hopd runs its database is taken as it is; else this is as good as a start of hopd. */
static int open_store(struct ctl *ctl, int *lock)
{
    g_autofree char *dir = find_state_dir(ctl->options);
    g_autofree char *path = NULL;
    struct hop_store_config config = { 0 };
    int error;

    if (dir == NULL)
        return fail("the configuration is wrong; see hopd --check-config, or give --state-dir");
    umask(027);
    error = become_owner(dir);
    if (error != 0)
        return fail("%s: %s", dir, g_strerror(-error));
    *lock = hop_state_dir_open(dir);
    if (*lock < 0 && *lock != -EWOULDBLOCK)
        return fail("%s: %s", dir, g_strerror(-*lock));
    path = g_build_filename(dir, "hop.db", NULL);
    config.path = path;
    config.as_it_is = *lock == -EWOULDBLOCK;
    error = hop_store_open(&config, &ctl->store);
    if (error == -EPROTO)
        return fail("%s is of another version of hop; use the hopctl of the hopd that runs", path);
    return error == 0 ? 0 : fail("%s: %s", path, g_strerror(-error));
}

/* ---- asking the store ------------------------------------------------------------------------ */

static void got_user(void *ctx, int error, const struct hop_store_user *user)
{
    struct ctl *ctl = ctx;

    ctl->error = error;
    if (error == 0)
        ctl->user = *user;
}

static void got_done(void *ctx, int error)
{
    ((struct ctl *)ctx)->error = error;
}

static void audit(struct ctl *ctl, const char *action)
{
    g_autofree char *who = g_strdup_printf("hopctl:%s", g_get_user_name());
    json_t *detail = json_pack("{s:s}", "username", ctl->user.username);
    char *text = json_dumps(detail, JSON_COMPACT);

    hop_store_audit(ctl->store, hop_wall_us(), 0, who, action, text);
    hop_store_flush(ctl->store);
    free(text);
    json_decref(detail);
}

static int explain(const struct ctl *ctl, const char *username)
{
    switch (ctl->error) {
    case -EEXIST:
        return fail("%s: there is an account of that name or e-mail already", username);
    case -ENOENT:
        return fail("%s: there is no such account", username);
    case -EBUSY:
        return fail("the database is in use, try again");
    default:
        return fail("%s: %s", username, g_strerror(-ctl->error));
    }
}

static void print_password(const struct ctl *ctl, const char *password)
{
    if (ctl->options->json)
        printf("{\"username\":\"%s\",\"password\":\"%s\"}\n", ctl->user.username, password);
    else
        printf("name      %s\npassword  %s\n"
               "It is shown only now, and has to be changed at the first login.\n",
               ctl->user.username, password);
}

/* ---- user add -------------------------------------------------------------------------------- */

static const char *fill_roles(struct ctl *ctl)
{
    uint32_t role;

    for (char **name = ctl->options->roles; name != NULL && *name != NULL; name++) {
        if (!hop_api_role_parse(*name, &role))
            return "--role must be administrator, operator, secretary or official";
        ctl->user.roles |= role;
    }
    if (ctl->user.roles == 0)
        ctl->user.roles = HOP_ACCOUNT_OFFICIAL;
    return NULL;
}

/* NULL, or what is wrong. */
static const char *fill_user(struct ctl *ctl, const char *username)
{
    const struct options *o = ctl->options;
    json_t *body = json_object();
    const char *wrong = hop_account_username_wrong(username), *member = "name";

    json_object_set_new(body, "name", json_string(o->name != NULL ? o->name : username));
    if (o->title != NULL)
        json_object_set_new(body, "title", json_string(o->title));
    if (o->email != NULL)
        json_object_set_new(body, "email", json_string(o->email));
    if (o->language != NULL)
        json_object_set_new(body, "language", json_string(o->language));
    g_strlcpy(ctl->user.username, username, sizeof(ctl->user.username));
    if (wrong == NULL)
        wrong = fill_roles(ctl);
    if (wrong == NULL)
        wrong = hop_account_read(body, &ctl->user, &member);
    json_decref(body);
    return wrong;
}

static int user_add(struct ctl *ctl, const char *username)
{
    g_autofree char *password = hop_password_random();
    const char *wrong = fill_user(ctl, username);

    if (wrong != NULL)
        return fail("%s: %s", username, wrong);
    ctl->user.must_change = true;
    if (hop_password_hash_random(password, ctl->user.password_hash) != 0)
        return fail("out of memory");
    hop_store_user_add(ctl->store, &ctl->user, hop_wall_us(), got_user, ctl);
    hop_store_flush(ctl->store);
    if (ctl->error != 0)
        return explain(ctl, username);
    audit(ctl, "account.made");
    print_password(ctl, password);
    return 0;
}

/* ---- user password --------------------------------------------------------------------------- */

static int find_user(struct ctl *ctl, const char *username)
{
    hop_store_user_find(ctl->store, username, got_user, ctl);
    hop_store_flush(ctl->store);
    return ctl->error == 0 ? 0 : explain(ctl, username);
}

static int user_password(struct ctl *ctl, const char *username)
{
    g_autofree char *password = hop_password_random();
    char hash[HOP_MAX_PASSWORD_HASH + 1];

    if (find_user(ctl, username) != 0)
        return 1;
    if (hop_password_hash_random(password, hash) != 0)
        return fail("out of memory");
    hop_store_user_set_password(ctl->store, ctl->user.id, hash, true, got_done, ctl);
    hop_store_flush(ctl->store);
    if (ctl->error == 0) {
        hop_store_sessions_end(ctl->store, ctl->user.id, got_done, ctl);
        hop_store_flush(ctl->store);
    }
    if (ctl->error == 0 && ctl->options->totp) {
        hop_store_user_set_totp(ctl->store, ctl->user.id, NULL, 0, NULL, got_done, ctl);
        hop_store_flush(ctl->store);
    }
    if (ctl->error != 0)
        return explain(ctl, username);
    audit(ctl, "account.password_reset");
    print_password(ctl, password);
    return 0;
}

/* ---- the command line ------------------------------------------------------------------------ */

static int usage(const char *why)
{
    fprintf(stderr, "hopctl: usage: %s; see hopctl --help\n", why);
    return 2;
}

static int run_doctor(const struct options *o)
{
    const char *config = o->config;

    if (config == NULL && g_file_test(default_config, G_FILE_TEST_EXISTS))
        config = default_config;
    return hop_doctor(config, o->state_dir, o->json);
}

static int run(const struct options *o, int argc, char **argv)
{
    struct ctl ctl = { .options = o };
    bool add = argc == 4 && strcmp(argv[2], "add") == 0;
    int lock = -1, code;

    if (argc == 2 && strcmp(argv[1], "doctor") == 0)
        return run_doctor(o);
    if (argc != 4 || strcmp(argv[1], "user") != 0 || (!add && strcmp(argv[2], "password") != 0))
        return usage("hopctl user add NAME, hopctl user password NAME, or hopctl doctor");
    code = open_store(&ctl, &lock);
    if (code == 0)
        code = add ? user_add(&ctl, argv[3]) : user_password(&ctl, argv[3]);
    hop_store_close(ctl.store);
    if (lock >= 0)
        close(lock);
    return code;
}

static void free_options(struct options *o)
{
    g_free(o->config);
    g_free(o->state_dir);
    g_free(o->name);
    g_free(o->title);
    g_free(o->email);
    g_free(o->language);
    g_strfreev(o->roles);
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    const GOptionEntry entries[] = {
        /* FILENAME: texts are UTF-8, whatever the locale says */
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &o.config,
          "hopd's configuration (default: /etc/hop/hopd.conf if it is there)", "FILE" },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &o.state_dir, "hopd's state directory", "DIR" },
        { "name", 0, 0, G_OPTION_ARG_FILENAME, &o.name, "user add: the person's name", "NAME" },
        { "title", 0, 0, G_OPTION_ARG_FILENAME, &o.title, "user add: the title", "TITLE" },
        { "email", 0, 0, G_OPTION_ARG_FILENAME, &o.email, "user add: the e-mail", "ADDRESS" },
        { "language", 0, 0, G_OPTION_ARG_FILENAME, &o.language, "user add: vi or en", "LANGUAGE" },
        { "role", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.roles,
          "user add: administrator, operator, secretary or official (may be repeated; default: "
          "official)",
          "ROLE" },
        { "totp", 0, 0, G_OPTION_ARG_NONE, &o.totp,
          "user password: take the second factor away, too", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "Print the result as JSON", NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("user add|password ACCOUNT, or doctor - the meeting server hop");
    g_autoptr(GError) error = NULL;
    int code;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        code = usage(error->message);
    else
        code = run(&o, argc, argv);
    free_options(&o);
    return code;
}
