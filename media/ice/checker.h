/* The other end of agent.h: a full, controlling ICE agent for the native client (tests, bench). It
 * sends checks to the relay's candidates, nominates the best that answers, keeps consent, and
 * answers checks. RFC 8445 §6.1.4, §7.2, §8.1, §14; RFC 7675. The remote end is ICE-lite: one
 * component, no trickle, no pair formation beyond "my socket to that candidate".
 *
 * Sans I/O, virtual time. One thread.
 */
#pragma once

#include "media/base/path.h"
#include "media/ice/stun.h"

struct hop_checker;

enum hop_checker_state {
    HOP_CHECKER_CHECKING,
    HOP_CHECKER_CONNECTED, /* a pair is nominated */
    HOP_CHECKER_FAILED,    /* no candidate answered (39.5 s, RFC 8445 §14.3 with RTO 500 ms) */
    HOP_CHECKER_LOST,      /* consent was not renewed for 30 s */
};

struct hop_checker_config {
    const char *local_ufrag, *local_pwd; /* copied */
    const char *remote_ufrag, *remote_pwd;
    uint64_t tie_breaker;
    bool aggressive;     /* every check carries USE-CANDIDATE: the first answer connects */
    uint32_t rto_us;     /* first retransmission; 0: 500 ms */
    uint32_t consent_us; /* between consent checks; 0: 5 s */
};

int hop_checker_new(const struct hop_checker_config *config, struct hop_checker **out);
void hop_checker_free(struct hop_checker *checker);

/* A remote candidate and the socket or connection to reach it with. -ENOSPC above HOP_MAX_PATHS. */
int hop_checker_add(struct hop_checker *checker, const struct hop_path *path, uint32_t priority);

/* The next datagram that is due, and its path; 0: nothing now. Call until 0. */
size_t hop_checker_next(struct hop_checker *checker, int64_t now_us, struct hop_path *path,
                        uint8_t buf[HOP_STUN_MAX_BUILT]);

/* One received STUN datagram. Returns the bytes of the answer to send on the same path, 0 none. */
size_t hop_checker_receive(struct hop_checker *checker, const struct hop_path *path,
                           const uint8_t *data, size_t len, int64_t now_us,
                           uint8_t answer[HOP_STUN_MAX_BUILT]);

enum hop_checker_state hop_checker_state(const struct hop_checker *checker);
/* NULL: not connected. */
const struct hop_path *hop_checker_selected(const struct hop_checker *checker);
int64_t hop_checker_deadline(const struct hop_checker *checker);

/* Test hooks: stop sending checks (a client that vanishes), and the last error code answered. */
void hop_checker_set_silent(struct hop_checker *checker, bool silent);
uint16_t hop_checker_error(const struct hop_checker *checker);
