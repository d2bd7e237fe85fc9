/* hopd.conf: one table of options is what parses it, checks it, prints the example file and is
 * tested against the documentation. Any thread; no state.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_config {
    /* [server] */
    char *name;
    char *state_dir;
    char *web_root;
    char *log;
    char *url; /* of the page, for links in mails; "": made of host name and port */

    int https_port, http_port;       /* 0: any free one; -1: off */
    char **listen_addresses;         /* empty: all */
    char **host_names;               /* further names in the own certificate */
    char *certificate, *private_key; /* "": the own one */
    char **metrics_allow;            /* addresses or networks beside loopback */
    int http_connections;
    /* [media] */
    int media_port;             /* 0: any free ones */
    char **media_addresses;     /* empty: all interfaces */
    char **announced_addresses; /* "inside=outside" or "outside" */
    int workers;
    bool ice_tcp;
    bool tcp_on_https;          /* on https_port instead of the workers' own */
    int announced_tcp_port;     /* 0: https_port */
    int dscp_audio, dscp_video; /* -1: none */
    int audio_bitrate_bps, audio_complexity, audio_jitter_ms, audio_max_talkers;
    char *audio_application, *audio_bandwidth;
    char *audio_policy; /* of a new meeting: "mix", "forward" */
    bool audio_levelling;
    int audio_max_voices;
    char **video_codecs;
    char **ice_servers; /* "turn:host:port?transport=tcp user password" */
    /* [turn] */
    char **turn_urls;       /* empty: no TURN server */
    char *turn_secret_file; /* shared with it */
    int turn_ttl_min;
    /* [meetings] */
    int max_participants, max_rooms, max_per_room, reserved_seats;
    int admission_load_percent, admission_lag_ms;
    bool anonymous_rooms;
    int open_early_min, close_late_min;
    int attendance_keep_days; /* 0: for ever */
    int chat_keep_days;       /* likewise */
    int mail_keep_days;       /* what was sent to whom */
    int resume_s;
    /* [mail] */
    char *mail_server; /* "": no mails */
    int mail_port;
    char *mail_security; /* "starttls", "tls", "none" */
    char *mail_user, *mail_password_file, *mail_ca_file;
    char *mail_from;       /* "NAME <ADDRESS>" or "ADDRESS" */
    char **mail_languages; /* the first: of those who chose none */
    char **mail_reminders; /* minutes before the start */
    int mail_retry_s, mail_give_up_h;
    /* [accounts] */
    int session_hours;
};

enum hop_option_type { HOP_OPTION_TEXT, HOP_OPTION_INT, HOP_OPTION_BOOL, HOP_OPTION_LIST };

struct hop_option {
    const char *group, *key;
    enum hop_option_type type;
    size_t offset;                           /* in struct hop_config */
    const char *fallback;                    /* the default, as it would stand in the file */
    int min, max;                            /* of an int; of a text the longest length in max */
    const char *help;                        /* lines of the example file, without the # */
    const char *(*check)(const char *value); /* NULL, or what is wrong; per element of a list */
};

/* The table, ended by a NULL group. */
const struct hop_option *hop_config_options(void);

/* All defaults. Free with hop_config_free(). */
struct hop_config *hop_config_new(void);
void hop_config_free(struct hop_config *config);

/* One thing wrong with the file: where, what, and how to mend it. */
struct hop_config_problem {
    char *group, *key; /* "" when it is about the file, or the whole group */
    char *text;
};

/* Reads the file over the defaults. 0, or -EINVAL with at least one problem, or -ENOENT and the
 * like when the file cannot be read (with one problem). `problems` (struct hop_config_problem *) is
 * a new array in either case; *out only when 0. */
int hop_config_load(const char *path, struct hop_config **out, GPtrArray **problems);
/* The same from text. */
int hop_config_parse(const char *text, struct hop_config **out, GPtrArray **problems);

/* Sets one option as the file would ("server", "https-port", "0"). 0 or -EINVAL with *problem
 * (owned by the caller) telling why. */
int hop_config_set(struct hop_config *config, const char *group, const char *key, const char *value,
                   char **problem);

/* deploy/hopd.conf: every option with its help and default, commented out. Free with g_free(). */
char *hop_config_example(void);
