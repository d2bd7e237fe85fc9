/* See window.h. */
#include "media/srtp/window.h"

#include <string.h>

bool hop_srtp_window_place(const struct hop_srtp_window *w, uint16_t seq, uint64_t *index)
{
    int16_t step = (int16_t)(uint16_t)(seq - (uint16_t)w->newest);
    if (!w->started) {
        *index = seq;
        return true;
    }
    if (step < 0 && w->newest < (uint64_t)-step)
        return false;
    *index = w->newest + (uint64_t)(int64_t)step;
    return true;
}

bool hop_srtp_window_used(const struct hop_srtp_window *w, uint64_t index)
{
    if (!w->started || index > w->newest)
        return false;
    if (w->newest - index >= HOP_SRTP_REPLAY_WINDOW)
        return true; /* nobody remembers */
    return w->used[index / 64 % HOP_SRTP_WINDOW_WORDS] >> index % 64 & 1;
}

void hop_srtp_window_mark(struct hop_srtp_window *w, uint64_t index)
{
    if (w->started && index > w->newest && index - w->newest < HOP_SRTP_REPLAY_WINDOW) {
        for (uint64_t i = w->newest + 1; i < index; i++)
            w->used[i / 64 % HOP_SRTP_WINDOW_WORDS] &= ~((uint64_t)1 << i % 64);
    } else if (!w->started || index > w->newest) {
        memset(w->used, 0, sizeof(w->used));
    }
    w->used[index / 64 % HOP_SRTP_WINDOW_WORDS] |= (uint64_t)1 << index % 64;
    if (!w->started || index > w->newest)
        w->newest = index;
    w->started = true;
}
