/* What an account may be called, and how it stands in JSON: shared by the API's handlers, the
 * import and the command line. Any thread; no state. */
#pragma once

#include "server/store/users.h"

#include <jansson.h>

/* NULL, or what is wrong, as English prose. */
const char *hop_account_username_wrong(const char *username);
const char *hop_account_email_wrong(const char *email); /* "" is right */

/* Reads the members of `body` that are there over `user`: name, title, email, language, unit,
 * roles, disabled. NULL, or what is wrong with *member. */
const char *hop_account_read(const json_t *body, struct hop_store_user *user, const char **member);
