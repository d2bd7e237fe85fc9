/* The ICE-lite agent of one participant: says which remote addresses he has proven to own, which of
 * them is to be sent to, and whether he is still there. RFC 8445 (§2.5 lite, §7.3 answering checks,
 * §8 nomination, §9 restart), RFC 7675 (consent), RFC 8839 (credentials).
 *
 * Sans I/O: datagram, path and `now_us` in, verdict and answer out. It sends nothing of its own.
 * One instance per participant, owned by the worker and called on its thread only.
 *
 *   UNSEEN ── authenticated check ──> ACTIVE <──> QUIET ── 30 s without a check ──> GONE
 *      └────────────────── 30 s without any check ────────────────────────────────> GONE
 *
 * An ICE restart out of any state goes on with the old path until a check with the new credentials
 * nominates one.
 */
#pragma once

#include "media/base/path.h"
#include "media/ice/stun.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_ice;

/* Browsers send consent checks every 4 to 6 s (RFC 7675 §5.1); less than 7 s of silence says
 * nothing yet about a participant who happens to send no media. */
#define HOP_ICE_QUIET_US   ((int64_t)7000000)
#define HOP_ICE_CONSENT_US ((int64_t)30000000)

enum hop_ice_state {
    HOP_ICE_UNSEEN, /* no check yet: nowhere to send to */
    HOP_ICE_ACTIVE,
    HOP_ICE_QUIET, /* nothing heard for HOP_ICE_QUIET_US: stop sending, keep the participant */
    HOP_ICE_GONE,  /* consent expired: must not send any more (RFC 7675 §5.1) */
};

enum hop_ice_verdict {
    HOP_ICE_ACCEPTED,  /* an authenticated check: send the answer; the path is valid now */
    HOP_ICE_REFUSED,   /* not authenticated or not acceptable: send the (error) answer, if any;
                          a ufrag that is not ours gets none */
    HOP_ICE_IGNORED,   /* an indication or a response, nothing to do */
    HOP_ICE_MALFORMED, /* not a STUN message */
};

struct hop_ice_result {
    enum hop_ice_verdict verdict;
    uint16_t answer_len;   /* bytes to send back on the same path; 0: none */
    bool path_new;         /* the path became valid just now: remember the address */
    bool path_evicted;     /* `evicted` had to make room: forget the address */
    bool selected_changed; /* hop_ice_selected() is another path than before */
    bool restarted;        /* the restart is complete: the old ufrag is no longer ours */
    struct hop_path evicted;
};

/* Credentials are copied. -ENOMEM, -EINVAL (empty, too long). The first 30 s without a check end in
 * HOP_ICE_GONE. */
int hop_ice_new(const char *local_ufrag, const char *local_pwd, const char *remote_ufrag,
                int64_t now_us, struct hop_ice **out);
void hop_ice_free(struct hop_ice *ice);

/* ICE restart (RFC 8445 §9): new credentials beside the old ones, which stay valid until a path is
 * nominated with the new. A second restart before that replaces the new ones only. The remote pair
 * has changed too. Same errors as hop_ice_new(); on failure nothing has changed. */
int hop_ice_restart(struct hop_ice *ice, const char *local_ufrag, const char *local_pwd,
                    const char *remote_ufrag, int64_t now_us);

/* The current local ufrag, and the one before a restart that is not complete (else NULL): the keys
 * under which the worker's table of ufrags names this agent. */
const char *hop_ice_ufrag(const struct hop_ice *ice);
const char *hop_ice_old_ufrag(const struct hop_ice *ice);

/* One STUN datagram that named this agent by its ufrag, or came on one of its paths. The answer
 * goes to `answer` (HOP_STUN_MAX_BUILT bytes). Does not allocate. */
void hop_ice_receive(struct hop_ice *ice, const struct hop_path *path, const uint8_t *data,
                     size_t len, int64_t now_us, uint8_t answer[HOP_STUN_MAX_BUILT],
                     struct hop_ice_result *out);

/* An authenticated SRTP packet came: the participant lives. It is not consent (RFC 7675 §5.1), but
 * keeps the state from becoming QUIET between two checks. */
void hop_ice_heard(struct hop_ice *ice, int64_t now_us);

/* The TCP connection of a path was closed, or a socket is gone. Returns true if the selected path
 * has changed (perhaps to none). Unknown paths are ignored. */
bool hop_ice_path_lost(struct hop_ice *ice, const struct hop_path *path);

/* Where to send: the nominated path; before nomination the first valid one; NULL: nowhere. */
const struct hop_path *hop_ice_selected(const struct hop_ice *ice);
bool hop_ice_has_path(const struct hop_ice *ice, const struct hop_path *path);
/* All valid paths; for dumps and for forgetting them all. Returns how many. */
size_t hop_ice_paths(const struct hop_ice *ice, struct hop_path out[HOP_MAX_PATHS]);

enum hop_ice_state hop_ice_state(const struct hop_ice *ice, int64_t now_us);

/* Takes out one path that had no check for HOP_ICE_CONSENT_US, for the worker to forget; call until
 * false. Never the selected one (that is what GONE means). */
bool hop_ice_expire(struct hop_ice *ice, int64_t now_us, struct hop_path *out);

/* When state or paths may change by time alone (absolute); INT64_MAX: never. */
int64_t hop_ice_deadline(const struct hop_ice *ice, int64_t now_us);
