/* A meeting of two native clients, over UDP and over TCP, by the addresses that participants are
 * told: one sends a tone, the other has to hear it in the mix. See doctor.h. */
#include "doctor/doctor.h"

#include "media/base/clock.h"
#include "server/schedule.h"
#include "server/store/rooms.h"
#include "tests/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { JOIN_MS = 8000, LINE_MS = 4000, HEAR_MS = 8000 };
#define TONE_HZ  500.0
#define HEARD_DB (-30.0)

struct visit {
    struct hop_doctor *d;
    struct hop_client_loop *loop;
    char url[300];
    char room[HOP_CODE_TEXT];
};

/* ---- a room ---------------------------------------------------------------------------------- */

static void room_made(void *ctx, int error, const struct hop_store_room *room)
{
    (void)room;
    *(int *)ctx = error;
}

/* Straight into hopd's database: whoever may run this needs no account. */
static int make_room(struct visit *v)
{
    g_autofree char *path = g_build_filename(v->d->config->state_dir, "hop.db", NULL);
    struct hop_store_config config = { .path = path, .as_it_is = true };
    struct hop_store *store = NULL;
    int error = hop_store_open(&config, &store);

    if (error != 0)
        return error;
    hop_schedule_code(v->room);
    hop_store_room_add(store, v->room, "hopctl doctor", hop_wall_us(), room_made, &error);
    hop_store_flush(store);
    hop_store_close(store);
    return error;
}

/* ---- two participants ------------------------------------------------------------------------ */

static struct hop_client *enter(struct visit *v, const char *name, bool tcp, double tone_hz)
{
    struct hop_client_config config = {
        .url = v->url,
        .room = v->room,
        .name = name,
        .no_microphone = tone_hz <= 0,
        .tone_hz = tone_hz,
        .transport = { .tcp = tcp },
    };
    struct hop_client *client = NULL;

    return hop_client_new(v->loop, &config, &client) == 0 ? client : NULL;
}

/* The first candidate of that kind in the answer: "203.0.113.9 port 50000". */
static char *told_address(const struct hop_client *client, bool tcp)
{
    const char *sdp = hop_client_answer_sdp(client);
    g_auto(GStrv) lines = g_strsplit(sdp != NULL ? sdp : "", "\r\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        char protocol[8], ip[64];
        int port;

        if (sscanf(*line, "a=candidate:%*s %*d %7s %*s %63s %d", protocol, ip, &port) == 3 &&
            (g_ascii_strcasecmp(protocol, "tcp") == 0) == tcp)
            return g_strdup_printf("%s port %d", ip, port);
    }
    return NULL;
}

static void check_suite(struct hop_doctor *d, const struct hop_client *client)
{
    enum hop_srtp_profile profile =
        hop_client_transport_profile(hop_client_transport_of((struct hop_client *)client));
    bool gcm = profile == HOP_SRTP_AEAD_AES_128_GCM || profile == HOP_SRTP_AEAD_AES_256_GCM;

    if (hop_report_passed(d->report, "gcm"))
        return;
    hop_report_add(d->report, "gcm", gcm ? HOP_VERDICT_OK : HOP_VERDICT_FAIL,
                   gcm ? NULL
                       : "install libsrtp2 with GCM (Debian's has it); AES-GCM is the cheap one",
                   "media are protected by %s", gcm ? "AES-GCM" : "AES-CM and SHA-1");
}

static void blame(struct hop_doctor *d, const char *check, bool tcp, const char *told)
{
    const char *nat =
        d->config->announced_addresses[0] != NULL
            ? "is announced-address this machine's outside address? Then let it through: "
            : "behind a NAT give announced-address; ";
    g_autofree char *mend =
        tcp ? g_strdup_printf("%slet TCP through to %s (nft list ruleset; the firewall in front)",
                              nat, told)
            : g_strdup_printf("%slet UDP %d to %d through, in and out (nft list ruleset; the "
                              "firewall in front)",
                              nat, d->config->media_port,
                              d->config->media_port + MAX(d->config->workers, 1) - 1);

    hop_report_add(d->report, check, HOP_VERDICT_FAIL, mend,
                   "nobody answers at %s, as told to "
                   "participants",
                   told);
}

/* Whether the two heard each other over that. */
static void meet(struct visit *v, const char *check, bool tcp)
{
    struct hop_client *talker = enter(v, "doctor 1", tcp, TONE_HZ);
    struct hop_client *listener = talker != NULL ? enter(v, "doctor 2", tcp, 0) : NULL;
    g_autofree char *told = NULL;

    if (listener == NULL || !hop_client_wait_joined(talker, JOIN_MS) ||
        !hop_client_wait_joined(listener, JOIN_MS)) {
        hop_report_add(v->d->report, check, HOP_VERDICT_NONE, NULL, "could not be tried");
    } else if ((told = told_address(talker, tcp)) == NULL) {
        hop_report_add(v->d->report, check, HOP_VERDICT_WARN, "ice-tcp=true in [media]",
                       "participants are told no such address");
    } else if (!hop_client_wait_media(talker, LINE_MS) ||
               !hop_client_wait_media(listener, LINE_MS)) {
        blame(v->d, check, tcp, told);
    } else if (!hop_client_wait_hears(listener, TONE_HZ, HEARD_DB, HEAR_MS)) {
        hop_report_add(v->d->report, check, HOP_VERDICT_FAIL,
                       "journalctl -u hop; is the machine overloaded?",
                       "a line at %s, but the tone is not heard", told);
    } else {
        hop_report_add(v->d->report, check, HOP_VERDICT_OK, NULL, "two heard each other at %s",
                       told);
        check_suite(v->d, listener);
    }
    hop_client_free(talker);
    hop_client_free(listener);
}

static bool check_websocket(struct visit *v)
{
    struct hop_client *client = enter(v, "doctor", false, 0);
    bool joined = client != NULL && hop_client_wait_joined(client, JOIN_MS);
    const char *error = client != NULL ? hop_client_error(client) : "";

    if (joined)
        hop_report_add(v->d->report, "websocket", HOP_VERDICT_OK, NULL, "%s", v->url);
    else
        hop_report_add(v->d->report, "websocket", HOP_VERDICT_FAIL,
                       error[0] != '\0' ? "see that code in docs/protocol.md; hopctl status"
                                        : "let it through as HTTPS; a proxy in front has to pass "
                                          "WebSockets on (Upgrade)",
                       "%s: %s", v->url, error[0] != '\0' ? error : "no answer");
    hop_client_free(client);
    return joined;
}

void hop_doctor_media(struct hop_doctor *d)
{
    struct visit v = { .d = d };
    char address[64];
    int error;

    if (!d->runs)
        return;
    hop_doctor_media_address(d, address);
    if (d->config->https_port > 0 && hop_report_passed(d->report, "https"))
        g_snprintf(v.url, sizeof(v.url), strchr(address, ':') ? "wss://[%s]:%d" : "wss://%s:%d",
                   d->host != NULL && hop_report_passed(d->report, "dns") ? d->host : address,
                   d->told_port);
    else /* from inside, so that the rest is tried all the same */
        g_snprintf(v.url, sizeof(v.url), "ws://localhost:%d", d->config->http_port);
    error = make_room(&v);
    if (error != 0) {
        hop_report_add(d->report, "websocket", HOP_VERDICT_FAIL,
                       "run it as root, with the hopctl of the hopd that runs",
                       "no room could be made in %s: %s", d->config->state_dir, g_strerror(-error));
        return;
    }
    if (hop_client_loop_new(&v.loop) != 0)
        return;
    if (check_websocket(&v)) {
        meet(&v, "udp", false);
        meet(&v, "ice-tcp", true);
    }
    hop_client_loop_free(v.loop);
}
