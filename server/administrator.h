/* The first account. Called at start, control thread; waits for the store. */
#pragma once

#include "server/store/store.h"

/* Makes the account "admin" if there is no administrator yet. With `password` NULL a random one is
 * made and given in *made (g_free(); NULL when the account was there already); with a password the
 * administrator gets that one, also if he was there. -EINVAL: the password is too short or long. */
int hop_administrator_ensure(struct hop_store *store, const char *password, char **made);
