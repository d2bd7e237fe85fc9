/* See doctor.h. */
#include "doctor/doctor.h"

#include "server/media_addresses.h"

#include <netdb.h>
#include <string.h>

/* The host of "https://HOST:PORT/…", and its port. */
static char *host_of(const char *url, int *port)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

    if (uri == NULL || g_uri_get_host(uri) == NULL)
        return NULL;
    *port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : 443;
    return g_strdup(g_uri_get_host(uri));
}

static void find_host(struct hop_doctor *d)
{
    const struct hop_config *c = d->config;

    d->told_port = c->announced_tcp_port != 0 ? c->announced_tcp_port : c->https_port;
    if (c->url[0] != '\0')
        d->host = host_of(c->url, &d->told_port);
    else if (c->host_names[0] != NULL)
        d->host = g_strdup(c->host_names[0]);
}

void hop_doctor_media_address(const struct hop_doctor *d, char out[64])
{
    struct hop_media_address list[HOP_MAX_CANDIDATES / 2];
    g_autofree char *wrong = NULL;
    int n = hop_media_addresses(d->config, list, G_N_ELEMENTS(list), &wrong);
    g_auto(GStrv) found = hop_interface_addresses();

    out[0] = '\0';
    if (n > 0)
        hop_addr_format_ip(list[0].announced.family != 0 ? &list[0].announced : &list[0].bind, out);
    else if (found[0] != NULL)
        g_strlcpy(out, found[0], 64);
}

static struct hop_config *read_config(struct hop_report *report, const char *path)
{
    g_autoptr(GPtrArray) problems = NULL;
    struct hop_config *config = NULL;

    if (path == NULL)
        return hop_config_new();
    if (hop_config_load(path, &config, &problems) == 0) {
        hop_report_add(report, "configuration", HOP_VERDICT_OK, NULL, "%s", path);
        return config;
    }
    for (guint i = 0; i < problems->len; i++) {
        const struct hop_config_problem *p = problems->pdata[i];

        hop_report_add(report, "configuration", HOP_VERDICT_FAIL, "correct the file",
                       "%s: [%s] %s %s", path, p->group, p->key, p->text);
    }
    return NULL;
}

int hop_doctor(const char *config_path, const char *state_dir, bool json)
{
    struct hop_doctor d = { .report = hop_report_new() };
    bool failed;

    d.config = read_config(d.report, config_path);
    if (d.config != NULL) {
        char *problem = NULL;

        if (state_dir != NULL)
            hop_config_set(d.config, "server", "state-dir", state_dir, &problem);
        g_free(problem);
        find_host(&d);
        hop_doctor_machine(&d);
        hop_doctor_network(&d);
        hop_doctor_media(&d);
        hop_doctor_relay(&d);
    }
    hop_report_print(d.report, json);
    failed = hop_report_failed(d.report);
    g_free(d.host);
    hop_config_free(d.config);
    hop_report_free(d.report);
    return failed ? 1 : 0;
}
