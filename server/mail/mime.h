/* Mails as bytes (RFC 5322, RFC 2045–2047): headers that hold whatever text there is, text and HTML
 * as alternatives, a calendar part among them and again as a file (RFC 6047 §2.4). Any thread; no
 * state.
 */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct hop_mime_mailbox {
    const char *name;    /* "" none */
    const char *address; /* valid (address.h); NULL: nobody */
};

struct hop_mime {
    struct hop_mime_mailbox from, to, reply_to;
    const char *subject;
    const char *id;        /* of the message, without < and >: our own */
    const char *reference; /* the same for all about one meeting; NULL: none */
    const char *language;  /* "vi", "en" */
    int64_t date_us;       /* wall clock */
    const char *text, *html;
    const char *calendar; /* NULL: none */
    const char *method;   /* of it: "REQUEST", "CANCEL" */
};

/* The whole message, lines ended by CRLF, none of more than 78 octets but for an address. Free with
 * g_string_free(). */
GString *hop_mime_new(const struct hop_mime *mail);

/* "name: text": as it is when it is plain ASCII and short, else as encoded words (RFC 2047), folded
 * between characters. Control characters are left out, so the text cannot end the header. */
void hop_mime_header(GString *out, const char *name, const char *text);
void hop_mime_mailbox_header(GString *out, const char *name,
                             const struct hop_mime_mailbox *mailbox);
