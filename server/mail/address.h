/* E-mail addresses: what hop writes to. Any thread; no state. */
#pragma once

#include <stdbool.h>

enum { HOP_MAIL_ADDRESS = 254 }; /* bytes, RFC 5321 §4.5.3.1.3 */

/* A dot-atom, '@', and a domain of letters, digits and hyphens (RFC 5321 §4.1.2; no quoted local
 * parts, no address literals, no UTF-8): whatever passes is safe in a header and on a command
 * line of SMTP. */
bool hop_mail_address_valid(const char *address);
