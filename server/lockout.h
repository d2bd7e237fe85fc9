/* Slows down who guesses passwords: after a few failures of one account from one address each
 * further try has to wait twice as long. Bounded. Control thread.
 */
#pragma once

#include "media/base/addr.h"

struct hop_lockout;

enum {
    HOP_LOCKOUT_FREE = 5,        /* failures without a wait */
    HOP_LOCKOUT_MAX_S = 900,     /* the longest wait */
    HOP_LOCKOUT_FORGET_S = 3600, /* of quiet, after which all is forgotten */
    HOP_LOCKOUT_ENTRIES = 10000,
};

struct hop_lockout *hop_lockout_new(void);
void hop_lockout_free(struct hop_lockout *lockout);

/* A try begins. 0: it may, and counts as failed until hop_lockout_clear(); else the seconds to
 * wait, and nothing is counted. */
int hop_lockout_try(struct hop_lockout *lockout, const char *account, const struct hop_addr *who,
                    int64_t now_us);
/* The try succeeded. */
void hop_lockout_clear(struct hop_lockout *lockout, const char *account,
                       const struct hop_addr *who);
