/* The table of all options (config.h), with the checks that a type and bounds cannot say. */
#include "server/config.h"

#include "media/base/addr.h"
#include "media/base/limits.h"
#include "media/base/log.h"
#include "server/cidr.h"
#include "server/mail/address.h"

#include <string.h>

static const char *check_address(const char *value)
{
    struct hop_addr addr;

    return hop_addr_parse(value, 0, &addr) == 0
               ? NULL
               : "is no IP address; write it like 192.0.2.1 or 2001:db8::1";
}

static const char *check_network(const char *value)
{
    struct hop_cidr cidr;

    return hop_cidr_parse(value, &cidr) == 0
               ? NULL
               : "is no address or network; write it like 192.0.2.1 or 10.0.0.0/8";
}

static const char *check_announced(const char *value)
{
    const char *equals = strchr(value, '=');
    g_autofree char *inside = g_strndup(value, equals ? (gsize)(equals - value) : 0);

    if (equals != NULL && check_address(inside) != NULL)
        return "has no IP address left of '='; write it like 10.0.0.5=203.0.113.9";
    return check_address(equals ? equals + 1 : value) == NULL
               ? NULL
               : "has no IP address to announce; write it like 203.0.113.9 or 10.0.0.5=203.0.113.9";
}

static const char *check_codec(const char *value)
{
    return strcmp(value, "VP8") == 0 || strcmp(value, "H264") == 0 || strcmp(value, "VP9") == 0 ||
                   strcmp(value, "AV1") == 0
               ? NULL
               : "is a codec that hop does not know; use VP8, H264, VP9 and AV1";
}

static const char *check_application(const char *value)
{
    return strcmp(value, "lowdelay") == 0 || strcmp(value, "audio") == 0 ||
                   strcmp(value, "voip") == 0
               ? NULL
               : "is none of lowdelay, audio and voip";
}

static const char *check_bandwidth(const char *value)
{
    return strcmp(value, "fullband") == 0 || strcmp(value, "superwideband") == 0 ||
                   strcmp(value, "wideband") == 0
               ? NULL
               : "is none of fullband, superwideband and wideband";
}

static const char *check_policy(const char *value)
{
    return strcmp(value, "mix") == 0 || strcmp(value, "forward") == 0
               ? NULL
               : "is neither mix nor forward";
}

static const char *check_log(const char *value)
{
    static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);

    for (char **part = parts; *part != NULL; part++) {
        const char *equals = strchr(*part, '=');

        if (!g_strv_contains(levels, equals ? equals + 1 : *part))
            return "is no list of levels; write it like info or info,ice=debug,dtls=warn";
    }
    return parts[0] != NULL ? NULL : "is empty; write a level like info";
}

static const char *check_ice_server(const char *value)
{
    if (g_str_has_prefix(value, "stun:") || g_str_has_prefix(value, "turn:") ||
        g_str_has_prefix(value, "turns:"))
        return NULL;
    return "is no ICE server; write it like turn:turn.example.vn:3478 user password";
}

static const char *check_turn_url(const char *value)
{
    bool known = g_str_has_prefix(value, "turn:") || g_str_has_prefix(value, "turns:");

    return known && strpbrk(value, " \t\"<>") == NULL && strlen(value) <= HOP_MAX_RELAY_URL
               ? NULL
               : "is no TURN server; write it like turn:turn.example.vn:3478?transport=udp";
}

static const char *check_url(const char *value)
{
    bool known = g_str_has_prefix(value, "https://") || g_str_has_prefix(value, "http://");

    if (value[0] == '\0')
        return NULL;
    return known && strpbrk(value, " \t\"<>#?") == NULL && !g_str_has_suffix(value, "/")
               ? NULL
               : "is no URL; write it like https://hop.example.vn";
}

static const char *check_security(const char *value)
{
    return strcmp(value, "starttls") == 0 || strcmp(value, "tls") == 0 || strcmp(value, "none") == 0
               ? NULL
               : "is none of starttls, tls and none";
}

static const char *check_from(const char *value)
{
    const char *less = strrchr(value, '<');
    g_autofree char *address = g_strdup(less != NULL ? less + 1 : value);
    char *end = strchr(address, '>');

    if (value[0] == '\0')
        return NULL;
    if (end != NULL && less != NULL && end[1] == '\0')
        *end = '\0';
    return hop_mail_address_valid(address)
               ? NULL
               : "has no e-mail address; write it like Họp <hop@example.vn>";
}

static const char *check_language(const char *value)
{
    return strcmp(value, "vi") == 0 || strcmp(value, "en") == 0 ? NULL : "is neither vi nor en";
}

static const char *check_minutes(const char *value)
{
    return g_ascii_string_to_unsigned(value, 10, 1, 20160, NULL, NULL)
               ? NULL
               : "is no number of minutes from 1 to 20160 (14 days)";
}

#define AT(member) offsetof(struct hop_config, member)

static const struct hop_option options[] = {
    { "server", "name", HOP_OPTION_TEXT, AT(name), "hop", 0, 80,
      "The server's name, as people see it.", NULL },
    { "server", "state-dir", HOP_OPTION_TEXT, AT(state_dir), "/var/lib/hop", 0, 4000,
      "Where the database and the own certificate are kept: the one directory to back up.\n"
      "The command line's --state-dir wins.",
      NULL },
    { "server", "web-root", HOP_OPTION_TEXT, AT(web_root), "/usr/share/hop/web", 0, 4000,
      "Where the page's files are (the web client's build).", NULL },
    { "server", "log", HOP_OPTION_TEXT, AT(log), "info", 0, 400,
      "Level of the log, error, warn, info or debug; for single modules: "
      "info,ice=debug,dtls=warn.\n"
      "Read again on SIGHUP.",
      check_log },

    { "server", "url", HOP_OPTION_TEXT, AT(url), "", 0, 400,
      "How people reach the page (https://hop.example.vn), for the links in mails. Empty: https,\n"
      "the first of host-names or this machine's name, and https-port.",
      check_url },
    { "server", "https-port", HOP_OPTION_INT, AT(https_port), "8443", -1, 65535,
      "TCP port of the page, the API and the meetings' signaling, over TLS. 0: any free one,\n"
      "-1: none.",
      NULL },
    { "server", "http-port", HOP_OPTION_INT, AT(http_port), "8080", -1, 65535,
      "TCP port of the same without TLS, on 127.0.0.1 and ::1 only. 0: any free one, -1: none.",
      NULL },
    { "server", "listen-addresses", HOP_OPTION_LIST, AT(listen_addresses), "", 0, 16,
      "Addresses on which https-port listens, separated by ';'. Empty: all.", check_address },
    { "server", "certificate", HOP_OPTION_TEXT, AT(certificate), "", 0, 4000,
      "PEM file with the certificate and its chain. Empty: an own one, made at the first start,\n"
      "which browsers warn of. Read again on SIGHUP.",
      NULL },
    { "server", "private-key", HOP_OPTION_TEXT, AT(private_key), "", 0, 4000,
      "PEM file with the certificate's private key.", NULL },
    { "server", "host-names", HOP_OPTION_LIST, AT(host_names), "", 0, 32,
      "Further names and addresses for the own certificate, separated by ';'.", NULL },
    { "server", "metrics-allow", HOP_OPTION_LIST, AT(metrics_allow), "", 0, 32,
      "Addresses and networks that may read /metrics, beside this machine itself,\n"
      "separated by ';' (10.0.0.5;192.168.7.0/24).",
      check_network },
    { "server", "tcp-connections", HOP_OPTION_INT, AT(http_connections), "4096", 16, 65536,
      "TCP connections at once, pages and meetings together. More are closed at once.", NULL },

    { "media", "port", HOP_OPTION_INT, AT(media_port), "50000", 0, 65000,
      "UDP port, and TCP port of ICE-TCP, of the first media worker; worker i uses port + i.\n"
      "0: any free ones.",
      NULL },
    { "media", "addresses", HOP_OPTION_LIST, AT(media_addresses), "", 0, HOP_MAX_CANDIDATES / 2,
      "This machine's addresses for media, separated by ';'. Empty: all of all interfaces.",
      check_address },
    { "media", "announced-address", HOP_OPTION_LIST, AT(announced_addresses), "", 0,
      HOP_MAX_CANDIDATES / 2,
      "Behind a 1:1 NAT: the outside address that participants are told, as inside=outside\n"
      "(10.0.0.5=203.0.113.9), several separated by ';'. A lone outside address stands for every\n"
      "inside one of its family.",
      check_announced },
    { "media", "workers", HOP_OPTION_INT, AT(workers), "0", 0, 64,
      "Threads that relay media. 0: one per core.", NULL },
    { "media", "ice-tcp", HOP_OPTION_BOOL, AT(ice_tcp), "true", 0, 0,
      "Take media over TCP, too, for participants whose network blocks UDP.", NULL },
    { "media", "tcp-on-https-port", HOP_OPTION_BOOL, AT(tcp_on_https), "true", 0, 0,
      "Take it on https-port, told apart from HTTPS by the first bytes: one open port suffices.\n"
      "false: on the TCP ports of the workers (port).",
      NULL },
    { "media", "announced-tcp-port", HOP_OPTION_INT, AT(announced_tcp_port), "0", 0, 65535,
      "With tcp-on-https-port: the port by which https-port is reached from outside, if it is\n"
      "another one (443 that is passed on to 8443). 0: the same.",
      NULL },
    { "media", "dscp-audio", HOP_OPTION_INT, AT(dscp_audio), "46", -1, 63,
      "DSCP mark of sound (RFC 8837: 46, EF). -1: none.", NULL },
    { "media", "dscp-video", HOP_OPTION_INT, AT(dscp_video), "34", -1, 63,
      "DSCP mark of video (RFC 8837: 34, AF41). -1: none.", NULL },
    { "media", "audio-bitrate", HOP_OPTION_INT, AT(audio_bitrate_bps), "32000", 6000, 128000,
      "Bit/s of the mixed sound that each participant gets.", NULL },
    { "media", "audio-complexity", HOP_OPTION_INT, AT(audio_complexity), "5", 0, 10,
      "Effort of the Opus encoder.", NULL },
    { "media", "audio-jitter-ms", HOP_OPTION_INT, AT(audio_jitter_ms), "60", 20, 200,
      "Delay of the jitter buffer in front of the mix.", NULL },
    { "media", "audio-max-talkers", HOP_OPTION_INT, AT(audio_max_talkers), "16", 1, HOP_MAX_TALKERS,
      "Voices mixed at once: a guard against overload.", NULL },
    { "media", "audio-application", HOP_OPTION_TEXT, AT(audio_application), "lowdelay", 0, 16,
      "What the Opus encoder is set up for: lowdelay (least work and delay), audio, or voip\n"
      "(speech modes: three times the work). Lines that lose packets always get speech modes with\n"
      "in-band redundancy.",
      check_application },
    { "media", "audio-bandwidth", HOP_OPTION_TEXT, AT(audio_bandwidth), "fullband", 0, 16,
      "The widest sound that is coded: fullband (20 kHz), superwideband (12 kHz), wideband (8 "
      "kHz).",
      check_bandwidth },
    { "media", "audio-policy", HOP_OPTION_TEXT, AT(audio_policy), "mix", 0, 16,
      "How a new meeting sounds. mix: each participant gets one stream, the mix of all others.\n"
      "forward: the talkers' own streams are passed on and nothing is decoded. Moderators may\n"
      "change it while the meeting runs.",
      check_policy },
    { "media", "audio-levelling", HOP_OPTION_BOOL, AT(audio_levelling), "true", 0, 0,
      "Whether the mix of a new meeting makes quiet and loud voices alike. Moderators may change\n"
      "it, too.",
      NULL },
    { "media", "audio-max-voices", HOP_OPTION_INT, AT(audio_max_voices), "3", 1, HOP_MAX_VOICES,
      "Voices that are passed on at once where a meeting forwards instead of mixing.", NULL },
    { "media", "video-codecs", HOP_OPTION_LIST, AT(video_codecs), "VP8;H264;VP9;AV1", 1, 4,
      "Video codecs in order of preference, separated by ';'.", check_codec },
    { "media", "ice-servers", HOP_OPTION_LIST, AT(ice_servers), "", 0, 8,
      "TURN or STUN servers that the page is told, separated by ';', each a URL, a user and a\n"
      "password (turn:turn.example.vn:3478 user password). hop itself needs none.",
      check_ice_server },

    { "turn", "urls", HOP_OPTION_LIST, AT(turn_urls), "", 0, HOP_MAX_RELAY_URLS,
      "TURN servers (coturn: turnserver.conf) for participants whose network lets neither UDP nor\n"
      "TCP through to hop, separated by ';': turn:turn.example.vn:3478;\n"
      "turn:turn.example.vn:3478?transport=tcp;turns:turn.example.vn:5349. Read again on SIGHUP.",
      check_turn_url },
    { "turn", "secret-file", HOP_OPTION_TEXT, AT(turn_secret_file), "", 0, 4000,
      "File whose first line is the secret that hop and the TURN servers share (coturn's\n"
      "static-auth-secret): participants get credentials made of it that expire. Needed with "
      "urls.\n"
      "Read again on SIGHUP.",
      NULL },
    { "turn", "credential-minutes", HOP_OPTION_INT, AT(turn_ttl_min), "120", 5, 1440,
      "How long such credentials are good for a new connection; who is in a meeting gets new ones\n"
      "in time.",
      NULL },

    { "meetings", "max-participants", HOP_OPTION_INT, AT(max_participants), "500", 1, 100000,
      "Participants at once on this server; more are refused so that it stays stable.", NULL },
    { "meetings", "max-rooms", HOP_OPTION_INT, AT(max_rooms), "500", 1, 100000,
      "Meetings that run at once.", NULL },
    { "meetings", "max-per-room", HOP_OPTION_INT, AT(max_per_room), "400", 2, HOP_MAX_PEERS,
      "Participants in one meeting.", NULL },
    { "meetings", "reserved-seats", HOP_OPTION_INT, AT(reserved_seats), "3", 0, 100,
      "Of max-participants and of max-per-room: seats kept for chair, organizer and secretary; of\n"
      "small numbers at most a quarter.",
      NULL },
    { "meetings", "admission-load", HOP_OPTION_INT, AT(admission_load_percent), "85", 0, 100,
      "Percent of a media worker's time above which it takes nobody else but chair, organizer and\n"
      "secretary, so that running meetings do not suffer. 0: no such limit.",
      NULL },
    { "meetings", "admission-lag", HOP_OPTION_INT, AT(admission_lag_ms), "100", 0, 10000,
      "Milliseconds that a packet may wait inside the server above which nobody else is taken;\n"
      "also when the sound's mix is late for seconds. 0: no such limit.",
      NULL },
    { "meetings", "anonymous-rooms", HOP_OPTION_BOOL, AT(anonymous_rooms), "true", 0, 0,
      "Whether people without an account may start a meeting.", NULL },
    { "meetings", "open-early", HOP_OPTION_INT, AT(open_early_min), "15", 0, 1440,
      "Minutes before its start that a scheduled meeting opens.", NULL },
    { "meetings", "close-late", HOP_OPTION_INT, AT(close_late_min), "720", 0, 10080,
      "Minutes after its end that an empty scheduled meeting can no longer be joined.", NULL },
    { "meetings", "attendance-keep-days", HOP_OPTION_INT, AT(attendance_keep_days), "0", 0, 36500,
      "Days that it is kept who was in which meeting; 0: for ever.", NULL },
    { "meetings", "chat-keep-days", HOP_OPTION_INT, AT(chat_keep_days), "0", 0, 36500,
      "Days that what was written in a meeting is kept; 0: for ever.", NULL },
    { "meetings", "resume-seconds", HOP_OPTION_INT, AT(resume_s), "30", 5, 300,
      "How long a participant whose line broke is waited for.", NULL },

    { "mail", "server", HOP_OPTION_TEXT, AT(mail_server), "", 0, 253,
      "Name or address of the mail server that takes invitations (SMTP). Empty: none are sent.",
      NULL },
    { "mail", "port", HOP_OPTION_INT, AT(mail_port), "587", 1, 65535,
      "Its TCP port: usually 587 with starttls, 465 with tls, 25 with none.", NULL },
    { "mail", "security", HOP_OPTION_TEXT, AT(mail_security), "starttls", 0, 16,
      "starttls (nothing goes out without it), tls from the first byte, or none: only for a "
      "server\n"
      "on this machine.",
      check_security },
    { "mail", "ca-file", HOP_OPTION_TEXT, AT(mail_ca_file), "", 0, 4000,
      "PEM file with the authority of the mail server's certificate. Empty: the system's.", NULL },
    { "mail", "user", HOP_OPTION_TEXT, AT(mail_user), "", 0, 254,
      "Account at the mail server. Empty: hop does not sign in there.", NULL },
    { "mail", "password-file", HOP_OPTION_TEXT, AT(mail_password_file), "", 0, 4000,
      "File whose first line is its password. Read anew for each connection.", NULL },
    { "mail", "from", HOP_OPTION_TEXT, AT(mail_from), "", 0, 400,
      "Sender of the mails, and organizer for calendars: NAME <ADDRESS>. Answers to invitations\n"
      "go to this mailbox. Needed with server.",
      check_from },
    { "mail", "languages", HOP_OPTION_LIST, AT(mail_languages), "vi;en", 1, 2,
      "Languages of mails, separated by ';'; the first is for those who have chosen none.",
      check_language },
    { "mail", "reminders", HOP_OPTION_LIST, AT(mail_reminders), "1440;15", 0, 4,
      "Minutes before the start at which invitees are reminded, separated by ';'. Empty: never.",
      check_minutes },
    { "mail", "retry-seconds", HOP_OPTION_INT, AT(mail_retry_s), "60", 1, 3600,
      "How long after a failure a mail is tried again; twice as long after each further one, up\n"
      "to an hour.",
      NULL },
    { "mail", "give-up-hours", HOP_OPTION_INT, AT(mail_give_up_h), "72", 1, 720,
      "How long a mail is tried before it counts as failed.", NULL },
    { "mail", "keep-days", HOP_OPTION_INT, AT(mail_keep_days), "90", 1, 36500,
      "Days that it is kept which mail was sent to whom.", NULL },

    { "accounts", "session-hours", HOP_OPTION_INT, AT(session_hours), "12", 1, 720,
      "How long someone who signed in and does nothing stays signed in.", NULL },
    { 0 },
};

const struct hop_option *hop_config_options(void)
{
    return options;
}
