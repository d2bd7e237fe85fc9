/* The mailer: works off the queue of mails (server/store/mails.h). Mails are written and sent on a
 * thread of their own, one after the other; the control thread only hands them there and stores
 * what became of them. A mail server that is down, slow or gone costs no one anything but the wait.
 *
 * At least once: what had been handed over when the process died is sent again, with the same
 * Message-ID, UID and SEQUENCE, so that calendars do not double it.
 *
 * Control thread.
 */
#pragma once

#include "server/config.h"
#include "server/invite.h"
#include "server/store/mails.h"

struct hop_mail;

struct hop_mail_config {
    struct hop_store *store;
    const struct hop_config *config; /* lives longer */
    const uint8_t *invite_secret;    /* likewise */
    int https_port;                  /* in use, for links; -1: none */
    int http_port;
    void (*wake)(void *ctx); /* any thread: call hop_mail_collect() on the control thread */
    void *wake_ctx;
};

int hop_mail_new(const struct hop_mail_config *config, struct hop_mail **out);
/* Interrupts what is being sent; it stays in the queue. The store must still be there. NULL-safe.
 */
void hop_mail_free(struct hop_mail *mail);
void hop_mail_collect(struct hop_mail *mail);
/* Each second: looks for what is due. `now_us`: wall clock. */
void hop_mail_tick(struct hop_mail *mail, int64_t now_us);
/* The queue has something new: at once. NULL-safe. */
void hop_mail_wake(struct hop_mail *mail);

/* How people reach the page: [server] url, or made of what is known. */
const char *hop_mail_base_url(const struct hop_mail *mail);

/* ---- writing one (mail_render.c) ------------------------------------------------------------- */

struct hop_mail_render {
    const char *base_url, *server;        /* its name */
    const char *from_name, *from_address; /* the server's mailbox */
    const char *language;                 /* of those who chose none */
    const uint8_t *invite_secret;
};

/* The whole message. Any thread; no state. Free with g_string_free(). */
GString *hop_mail_render(const struct hop_mail_render *render, const struct hop_store_mail *mail,
                         int64_t now_us);
