/* hopd: the command line, and the terminal's side of starting and stopping. Exit codes: server.h.
 */
#include "server/server.h"

#include "media/base/log.h"
#include "server/media_addresses.h"
#include "server/tls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
    char *config, *admin_password_file;
    char *state_dir, *web_root, *log, *https_port, *http_port, *media_port;
    char **listen, **set;
    gboolean check_config, print_config, version;
    int ready_fd;
};

static const char default_config[] = "/etc/hop/hopd.conf";

static bool parse_command_line(int argc, char **argv, struct options *o)
{
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
          "Configuration (default: /etc/hop/hopd.conf if it is there)", "FILE" },
        { "check-config", 0, 0, G_OPTION_ARG_NONE, &o->check_config,
          "Tell what is wrong with the configuration, and exit", NULL },
        { "print-config", 0, 0, G_OPTION_ARG_NONE, &o->print_config,
          "Print an example configuration with all options, and exit", NULL },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &o->state_dir,
          "Where the database and the own certificate are kept", "DIR" },
        { "web-root", 0, 0, G_OPTION_ARG_FILENAME, &o->web_root, "The page's files", "DIR" },
        { "listen", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &o->listen,
          "Address for https (may be repeated; default: all)", "ADDRESS" },
        { "https-port", 0, 0, G_OPTION_ARG_STRING, &o->https_port, "0: any, -1: none", "PORT" },
        { "http-port", 0, 0, G_OPTION_ARG_STRING, &o->http_port, "On localhost; 0: any, -1: none",
          "PORT" },
        { "media-port", 0, 0, G_OPTION_ARG_STRING, &o->media_port, "First UDP port; 0: any",
          "PORT" },
        { "log", 0, 0, G_OPTION_ARG_STRING, &o->log, "Levels, like info,ice=debug", "LEVELS" },
        { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &o->set,
          "Any option of the configuration (may be repeated)", "GROUP.KEY=VALUE" },
        { "admin-password-file", 0, 0, G_OPTION_ARG_FILENAME, &o->admin_password_file,
          "File with the administrator's password, which is set to it", "FILE" },
        { "ready-fd", 0, 0, G_OPTION_ARG_INT, &o->ready_fd,
          "Write a line of JSON with the ports to this descriptor when ready", "N" },
        { "version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version, and exit", NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- the meeting server hop");
    g_autoptr(GError) error = NULL;
    bool ok;

    g_option_context_add_main_entries(context, entries, NULL);
    ok = g_option_context_parse(context, &argc, &argv, &error) && argc == 1;
    if (!ok)
        fprintf(stderr, "hopd: usage: %s\n",
                error != NULL ? error->message : "unexpected argument; see hopd --help");
    return ok;
}

static void free_options(struct options *o)
{
    g_free(o->config);
    g_free(o->admin_password_file);
    g_free(o->state_dir);
    g_free(o->web_root);
    g_free(o->log);
    g_free(o->https_port);
    g_free(o->http_port);
    g_free(o->media_port);
    g_strfreev(o->listen);
    g_strfreev(o->set);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void print_problems(const char *path, const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const struct hop_config_problem *p = problems->pdata[i];

        if (p->group[0] == '\0')
            fprintf(stderr, "hopd: config: %s: %s\n", path, p->text);
        else
            fprintf(stderr, "hopd: config: %s: [%s] %s%s%s\n", path, p->group, p->key,
                    p->key[0] != '\0' ? " " : "", p->text);
    }
}

static bool override(struct hop_config *config, const char *group, const char *key,
                     const char *value)
{
    g_autofree char *problem = NULL;

    if (value == NULL || hop_config_set(config, group, key, value, &problem) == 0)
        return true;
    fprintf(stderr, "hopd: config: command line: [%s] %s %s\n", group, key, problem);
    return false;
}

/* "group.key=value" */
static bool override_any(struct hop_config *config, const char *text)
{
    g_auto(GStrv) sides = g_strsplit(text, "=", 2);
    g_auto(GStrv) names = g_strsplit(sides[0] != NULL ? sides[0] : "", ".", 2);

    if (sides[0] == NULL || sides[1] == NULL || names[1] == NULL) {
        fprintf(stderr, "hopd: config: command line: --set %s: write GROUP.KEY=VALUE\n", text);
        return false;
    }
    return override(config, names[0], names[1], sides[1]);
}

static bool apply_command_line(struct hop_config *config, const struct options *o)
{
    g_autofree char *listen = o->listen != NULL ? g_strjoinv(";", o->listen) : NULL;
    bool ok = override(config, "server", "state-dir", o->state_dir);

    ok &= override(config, "server", "web-root", o->web_root);
    ok &= override(config, "server", "listen-addresses", listen);
    ok &= override(config, "server", "https-port", o->https_port);
    ok &= override(config, "server", "http-port", o->http_port);
    ok &= override(config, "server", "log", o->log);
    ok &= override(config, "media", "port", o->media_port);
    for (char **set = o->set; set != NULL && *set != NULL; set++)
        ok &= override_any(config, *set);
    return ok;
}

static struct hop_config *load_config(struct options *o)
{
    g_autoptr(GPtrArray) problems = NULL;
    struct hop_config *config = NULL;

    if (o->config == NULL && g_file_test(default_config, G_FILE_TEST_EXISTS))
        o->config = g_strdup(default_config);
    if (o->config == NULL)
        config = hop_config_new();
    else if (hop_config_load(o->config, &config, &problems) != 0)
        print_problems(o->config, problems);
    if (config != NULL && !apply_command_line(config, o)) {
        hop_config_free(config);
        return NULL;
    }
    return config;
}

/* What a start would stumble over beside the text of the file. */
static int check_config(const struct options *o, const struct hop_config *config)
{
    const char *file = o->config != NULL ? o->config : "defaults";
    g_autofree char *index = g_build_filename(config->web_root, "index.html", NULL);
    g_autofree char *wrong = NULL;
    int code = HOP_EXIT_OK;

    if (config->certificate[0] != '\0')
        wrong = hop_tls_check(config->certificate, config->private_key);
    if (wrong != NULL) {
        fprintf(stderr, "hopd: config: %s: [server] certificate %s\n", file, wrong);
        code = HOP_EXIT_CONFIG;
    }
    if (!g_file_test(index, G_FILE_TEST_EXISTS)) {
        fprintf(stderr,
                "hopd: config: %s: [server] web-root has no index.html (%s); correct it, "
                "or build the web client\n",
                file, config->web_root);
        code = HOP_EXIT_CONFIG;
    }
    if (code == HOP_EXIT_OK)
        printf("hopd: config: %s: no problems\n", file);
    return code;
}

static char *read_password(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        fprintf(stderr, "hopd: admin.password: %s\n", error->message);
        return NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    return text;
}

/* ---- ready ----------------------------------------------------------------------------------- */

static void print_urls(const struct hop_server *server)
{
    int https = hop_http_port(server->http, true), http = hop_http_port(server->http, false);
    g_auto(GStrv) found = hop_interface_addresses();
    char **list = server->config->listen_addresses;

    if (list[0] == NULL)
        list = found;
    for (; https > 0 && *list != NULL; list++)
        printf(strchr(*list, ':') != NULL ? "hop is ready: https://[%s]:%d/\n"
                                          : "hop is ready: https://%s:%d/\n",
               *list, https);
    if (http > 0)
        printf("hop is ready: http://localhost:%d/ (this machine only)\n", http);
    fflush(stdout);
}

static void tell_ready(const struct hop_server *server, int fd)
{
    char line[128];
    int n = g_snprintf(line, sizeof(line), "{\"https\":%d,\"http\":%d,\"media\":%d}\n",
                       hop_http_port(server->http, true), hop_http_port(server->http, false),
                       hop_server_media_port(server));

    if (fd < 0)
        return;
    if (write(fd, line, (size_t)n) != n)
        fprintf(stderr, "hopd: ready-fd %d: %s\n", fd, strerror(errno));
    close(fd);
}

/* Before any thread is started, so that all have them blocked and the loop's signalfd gets them. */
static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int run(struct hop_config *config, const struct options *o)
{
    g_autofree char *password = NULL;
    g_autofree char *error = NULL;
    struct hop_server_options options = { .config_path = o->config };
    struct hop_server *server = NULL;
    enum hop_exit code;

    if (o->admin_password_file != NULL &&
        (password = read_password(o->admin_password_file)) == NULL) {
        hop_config_free(config);
        return HOP_EXIT_CONFIG;
    }
    options.admin_password = password;
    hop_log_configure(config->log);
    umask(027); /* what hopd writes is for its own group at most */
    block_signals();
    code = hop_server_start(config, &options, &server, &error);
    if (code != HOP_EXIT_OK) {
        fprintf(stderr, "hopd: %s\n", error);
        return (int)code;
    }
    print_urls(server);
    tell_ready(server, o->ready_fd);
    hop_server_run(server);
    hop_server_free(server);
    return HOP_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct options o = { .ready_fd = -1 };
    struct hop_config *config;
    int code;

    if (!parse_command_line(argc, argv, &o)) {
        code = HOP_EXIT_USAGE;
    } else if (o.version) {
        printf("hopd %s\n", HOP_VERSION);
        code = HOP_EXIT_OK;
    } else if (o.print_config) {
        g_autofree char *example = hop_config_example();

        fputs(example, stdout);
        code = HOP_EXIT_OK;
    } else if ((config = load_config(&o)) == NULL) {
        code = HOP_EXIT_CONFIG;
    } else if (o.check_config) {
        code = check_config(&o, config);
        hop_config_free(config);
    } else {
        code = run(config, &o);
    }
    free_options(&o);
    return code;
}
