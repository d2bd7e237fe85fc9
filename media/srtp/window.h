/* The packet indices (roll-over counter ‖ sequence number) of one SSRC that were sent, or came,
 * under one key: where a sequence number belongs, and whether it was there before. RFC 3711 §3.3.1,
 * §3.3.2. Private to media/srtp; the owner's thread. */
#pragma once

#include "media/srtp/srtp.h"

#include <stdbool.h>

enum { HOP_SRTP_WINDOW_WORDS = HOP_SRTP_REPLAY_WINDOW / 64 };

struct hop_srtp_window { /* zero at first */
    uint64_t newest;
    bool started;
    uint64_t used[HOP_SRTP_WINDOW_WORDS]; /* by index modulo the window, of the newest window */
};

/* The index whose low bits are `seq` and that is nearest to the newest one. False: before the
 * stream's zero, where no receiver could place it. */
bool hop_srtp_window_place(const struct hop_srtp_window *w, uint16_t seq, uint64_t *index);
/* True also for what lies too far behind to be known. */
bool hop_srtp_window_used(const struct hop_srtp_window *w, uint64_t index);
void hop_srtp_window_mark(struct hop_srtp_window *w, uint64_t index);
