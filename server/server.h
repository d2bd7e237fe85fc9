/* The whole server: what main() starts, runs and stops, and what the API's handlers work on.
 *
 * Everything on the control thread. Owns all of its parts; docs/lifetimes.md has the closing order.
 */
#pragma once

#include "media/media.h"
#include "server/auth.h"
#include "server/config.h"
#include "server/http.h"
#include "server/invite.h"
#include "server/mail.h"
#include "server/ops.h"
#include "server/ratelimit.h"
#include "server/schedule.h"
#include "server/static.h"
#include "server/store/store.h"
#include "server/turn.h"
#include "signaling/signaling.h"

/* What the command line says beside the configuration. */
struct hop_server_options {
    const char *config_path;    /* NULL: defaults; read again on SIGHUP */
    const char *admin_password; /* NULL: a random one, told on the terminal */
};

/* hopd's exit codes. */
enum hop_exit {
    HOP_EXIT_OK = 0,
    HOP_EXIT_CONFIG = 1,      /* broken configuration, also of --check-config */
    HOP_EXIT_USAGE = 2,       /* a command line that is not understood */
    HOP_EXIT_STATE = 3,       /* the state directory or the database */
    HOP_EXIT_CERTIFICATE = 4, /* unreadable or not belonging together */
    HOP_EXIT_ADDRESS = 5,     /* a port in use, an address that is not there */
    HOP_EXIT_FILES = 6,       /* the page's files */
    HOP_EXIT_INTERNAL = 7,    /* out of memory or threads */
};

struct hop_server {
    struct hop_config *config;
    struct hop_server_options options;
    struct hop_schedule_rules rules;
    struct hop_http *http;
    struct hop_store *store;
    struct hop_auth *auth;
    struct hop_mail *mail;
    struct hop_static *files;
    struct hop_turn *turn; /* NULL: no TURN servers */
    struct hop_media *media;
    struct hop_signaling *signaling;
    struct hop_host host;
    struct hop_ratelimit *login_limit, *room_limit;
    uint8_t invite_secret[HOP_INVITE_SECRET]; /* of the links to meetings */
    char *cert_path, *key_path;
    int state_lock; /* descriptor of the locked file in the state directory */
    int64_t started_us;
    lws_sorted_usec_list_t tick, housekeeping, stop_timer;
    struct hop_ops ops;
    int media_port;
    int64_t stop_by_us; /* monotonic; while stopping */
    bool stopping, stopped;
};

/* Starts everything and listens. Takes `config`. On failure the exit code is returned, *error
 * (g_free()) says "CODE: what is wrong and how to mend it", and nothing stays behind. */
enum hop_exit hop_server_start(struct hop_config *config, const struct hop_server_options *options,
                               struct hop_server **out, char **error);
/* Until hop_server_stop() has done its work, or SIGTERM or SIGINT came. */
void hop_server_run(struct hop_server *server);
/* Tells the participants, answers what waits, ends hop_server_run() within 2 s. */
void hop_server_stop(struct hop_server *server);
void hop_server_free(struct hop_server *server);

/* Reads the configuration again and takes what can change while running: log levels, the
 * certificate's files. */
void hop_server_reload(struct hop_server *server);

/* The UDP port of the first worker. */
int hop_server_media_port(const struct hop_server *server);

/* hop_host for signaling, on this server's store (host.c). */
struct hop_host hop_server_host(void);

/* The link to a room as the client of this request would write it. Free with g_free(). */
char *hop_server_room_url(const struct hop_request *request, const char *code);
/* Now, and the rules of when a meeting is open, for the store. */
struct hop_store_present hop_server_present(const struct hop_server *server);
enum hop_room_status hop_server_room_status(const struct hop_server *server,
                                            const struct hop_store_room *room);
