/* Handing mails to a mail server (RFC 5321; STARTTLS RFC 3207, TLS RFC 8314, AUTH RFC 4954), with
 * libcurl. One connection serves many mails. It blocks: the mail thread only.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum hop_smtp_security {
    HOP_SMTP_STARTTLS, /* and nothing goes out when the server does not offer it */
    HOP_SMTP_TLS,
    HOP_SMTP_NONE, /* for a relay on this machine */
};

struct hop_smtp_config {
    const char *server; /* name or address */
    int port;
    enum hop_smtp_security security;
    const char *user, *password; /* user "": no AUTH */
    const char *ca_file;         /* PEM of the authority; "": the system's */
    int timeout_s;               /* for one mail */
    bool (*stop)(void *ctx);     /* asked at least each second; true: give up (DOWN) */
    void *stop_ctx;
};

enum hop_smtp_result {
    HOP_SMTP_SENT,
    HOP_SMTP_RETRY,   /* this mail was put off (4yz) */
    HOP_SMTP_REFUSED, /* this mail will never go (5yz to its recipient or its text) */
    HOP_SMTP_DOWN,    /* no connection, no TLS, no AUTH: no mail goes now */
};

struct hop_smtp;

/* Texts of `config` are copied. NULL: out of memory. */
struct hop_smtp *hop_smtp_new(const struct hop_smtp_config *config);
/* Says QUIT. NULL-safe. */
void hop_smtp_free(struct hop_smtp *smtp);

/* `from` and `to` are valid addresses (address.h). *error (g_free()) says what went wrong in one
 * line, without secrets; NULL when sent. */
enum hop_smtp_result hop_smtp_send(struct hop_smtp *smtp, const char *from, const char *to,
                                   const GString *mail, char **error);
