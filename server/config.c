/* See config.h. */
#include "server/config.h"

#include <errno.h>
#include <string.h>

static void *member(struct hop_config *config, const struct hop_option *option)
{
    return (char *)config + option->offset;
}

static const struct hop_option *find(const char *group, const char *key)
{
    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++)
        if (strcmp(o->group, group) == 0 && strcmp(o->key, key) == 0)
            return o;
    return NULL;
}

static char *set_text(struct hop_config *config, const struct hop_option *o, const char *value)
{
    char **to = member(config, o);
    const char *wrong = o->check != NULL ? o->check(value) : NULL;

    if (strlen(value) > (size_t)o->max)
        return g_strdup_printf("is longer than %d bytes; shorten it", o->max);
    if (wrong != NULL)
        return g_strdup_printf("'%s' %s", value, wrong);
    g_free(*to);
    *to = g_strdup(value);
    return NULL;
}

static char *set_int(struct hop_config *config, const struct hop_option *o, const char *value)
{
    gint64 number;

    if (!g_ascii_string_to_signed(value, 10, o->min, o->max, &number, NULL))
        return g_strdup_printf("'%s' is no number from %d to %d; the default is %s", value, o->min,
                               o->max, o->fallback);
    *(int *)member(config, o) = (int)number;
    return NULL;
}

static char *set_bool(struct hop_config *config, const struct hop_option *o, const char *value)
{
    bool yes = strcmp(value, "true") == 0;

    if (!yes && strcmp(value, "false") != 0)
        return g_strdup_printf("'%s' is neither true nor false; the default is %s", value,
                               o->fallback);
    *(bool *)member(config, o) = yes;
    return NULL;
}

static char *set_list(struct hop_config *config, const struct hop_option *o, const char *value)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(value, ";", -1);
    char ***to = member(config, o);

    for (char **part = parts; *part != NULL; part++) {
        char *item = g_strstrip(*part);
        const char *wrong = o->check != NULL && *item != '\0' ? o->check(item) : NULL;

        if (wrong != NULL)
            return g_strdup_printf("'%s' %s", item, wrong);
        if (*item != '\0')
            g_ptr_array_add(items, g_strdup(item));
    }
    if (items->len < (guint)o->min || items->len > (guint)o->max)
        return g_strdup_printf("has %u entries; it takes %d to %d, separated by ';'", items->len,
                               o->min, o->max);
    g_ptr_array_add(items, NULL);
    g_strfreev(*to);
    *to = (char **)g_ptr_array_free(g_steal_pointer(&items), FALSE);
    return NULL;
}

static char *set(struct hop_config *config, const struct hop_option *option, const char *value)
{
    switch (option->type) {
    case HOP_OPTION_TEXT:
        return set_text(config, option, value);
    case HOP_OPTION_INT:
        return set_int(config, option, value);
    case HOP_OPTION_BOOL:
        return set_bool(config, option, value);
    case HOP_OPTION_LIST:
        return set_list(config, option, value);
    }
    g_assert_not_reached();
}

struct hop_config *hop_config_new(void)
{
    struct hop_config *config = g_new0(struct hop_config, 1);

    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++) {
        g_autofree char *problem = set(config, o, o->fallback);

        g_assert(problem == NULL);
    }
    return config;
}

void hop_config_free(struct hop_config *config)
{
    if (config == NULL)
        return;
    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++) {
        if (o->type == HOP_OPTION_TEXT)
            g_free(*(char **)member(config, o));
        else if (o->type == HOP_OPTION_LIST)
            g_strfreev(*(char ***)member(config, o));
    }
    g_free(config);
}

int hop_config_set(struct hop_config *config, const char *group, const char *key, const char *value,
                   char **problem)
{
    const struct hop_option *option = find(group, key);
    char *wrong = option != NULL ? set(config, option, value) : g_strdup("is not known");

    if (wrong == NULL)
        return 0;
    *problem = wrong;
    return -EINVAL;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void free_problem(gpointer data)
{
    struct hop_config_problem *p = data;

    g_free(p->group);
    g_free(p->key);
    g_free(p->text);
    g_free(p);
}

static void add_problem(GPtrArray *problems, const char *group, const char *key, char *text)
{
    struct hop_config_problem *p = g_new0(struct hop_config_problem, 1);

    p->group = g_strdup(group);
    p->key = g_strdup(key);
    p->text = text;
    g_ptr_array_add(problems, p);
}

static bool group_known(const char *group)
{
    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++)
        if (strcmp(o->group, group) == 0)
            return true;
    return false;
}

/* A key that is known in another group is most likely in the wrong place. */
static char *unknown_key(const char *group, const char *key)
{
    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++)
        if (strcmp(o->key, key) == 0)
            return g_strdup_printf("does not belong into [%s]; move it to [%s]", group, o->group);
    return g_strdup("is not known; remove it, or see deploy/hopd.conf for the right name");
}

static void read_group(GKeyFile *file, const char *group, struct hop_config *config,
                       GPtrArray *problems)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

    for (char **key = keys; key != NULL && *key != NULL; key++) {
        g_autofree char *raw = g_key_file_get_value(file, group, *key, NULL);
        const struct hop_option *option = find(group, *key);
        char *problem = option == NULL ? unknown_key(group, *key)
                                       : set(config, option, raw != NULL ? g_strstrip(raw) : "");

        if (problem != NULL)
            add_problem(problems, group, *key, problem);
    }
}

/* What concerns more than one option. */
static void check_together(const struct hop_config *c, GPtrArray *problems)
{
    if ((c->certificate[0] == '\0') != (c->private_key[0] == '\0'))
        add_problem(problems, "server", c->certificate[0] == '\0' ? "certificate" : "private-key",
                    g_strdup("is missing; certificate and private-key go together"));
    if (c->https_port > 0 && c->https_port == c->http_port)
        add_problem(problems, "server", "http-port",
                    g_strdup("is the same as https-port; give it another one, or -1"));
    if (c->https_port == -1 && c->http_port == -1)
        add_problem(problems, "server", "https-port",
                    g_strdup("and http-port are both -1; nobody could reach the server"));
    if ((c->turn_urls[0] == NULL) != (c->turn_secret_file[0] == '\0'))
        add_problem(problems, "turn", c->turn_urls[0] == NULL ? "urls" : "secret-file",
                    g_strdup("is missing; urls and secret-file go together"));
    if (c->mail_server[0] != '\0' && c->mail_from[0] == '\0')
        add_problem(problems, "mail", "from",
                    g_strdup("is missing; a mail needs a sender, like Họp <hop@example.vn>"));
    if (c->max_per_room > c->max_participants)
        add_problem(problems, "meetings", "max-per-room",
                    g_strdup_printf("is more than max-participants (%d); lower it or raise that",
                                    c->max_participants));
}

static int read_key_file(GKeyFile *file, struct hop_config **out, GPtrArray *problems)
{
    struct hop_config *config = hop_config_new();
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        if (group_known(*group))
            read_group(file, *group, config, problems);
        else
            add_problem(problems, *group, "",
                        g_strdup("is no known group; there are [server], [media], [turn], "
                                 "[meetings], [mail] and [accounts]"));
    }
    check_together(config, problems);
    if (problems->len > 0) {
        hop_config_free(config);
        return -EINVAL;
    }
    *out = config;
    return 0;
}

static int file_problem(GError *error, GPtrArray *problems)
{
    int result = -EINVAL;

    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        result = -ENOENT;
    else if (error->domain == G_FILE_ERROR)
        result = -EACCES;
    add_problem(problems, "", "", g_strdup(error->message));
    g_error_free(error);
    return result;
}

int hop_config_load(const char *path, struct hop_config **out, GPtrArray **problems)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    GError *error = NULL;

    *problems = g_ptr_array_new_with_free_func(free_problem);
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error))
        return file_problem(error, *problems);
    return read_key_file(file, out, *problems);
}

int hop_config_parse(const char *text, struct hop_config **out, GPtrArray **problems)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    GError *error = NULL;

    *problems = g_ptr_array_new_with_free_func(free_problem);
    if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &error))
        return file_problem(error, *problems);
    return read_key_file(file, out, *problems);
}

char *hop_config_example(void)
{
    GString *text = g_string_new("# hopd.conf: all options, with their defaults. Take the # away "
                                 "to change one.\n"
                                 "# `hopd --config FILE --check-config` tells what is wrong with "
                                 "a file.\n");
    const char *group = "";

    for (const struct hop_option *o = hop_config_options(); o->group != NULL; o++) {
        g_auto(GStrv) lines = g_strsplit(o->help, "\n", -1);

        if (strcmp(group, o->group) != 0)
            g_string_append_printf(text, "\n[%s]\n", o->group);
        group = o->group;
        g_string_append_c(text, '\n');
        for (char **line = lines; *line != NULL; line++)
            g_string_append_printf(text, "# %s\n", *line);
        if (o->type == HOP_OPTION_INT)
            g_string_append_printf(text, "# A number from %d to %d.\n", o->min, o->max);
        g_string_append_printf(text, "#%s=%s\n", o->key, o->fallback);
    }
    return g_string_free(text, FALSE);
}
