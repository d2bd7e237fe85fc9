/* Merging, pacing and retrying key frame requests; see keyframe.h. Called by the layers and the
 * tick of media/route on the room's worker thread. RFC 4585 §6.3.1 (PLI), RFC 5104 §4.3.1 (FIR). */
#include "media/route/keyframe.h"

void hop_keyframe_want(struct hop_keyframe *k)
{
    k->wanted = true;
}

void hop_keyframe_complain(struct hop_keyframe *k, int64_t now_us)
{
    if (k->arrived_us != 0 && now_us - k->arrived_us < HOP_KEYFRAME_GRACE_US)
        return;
    k->wanted = true;
}

void hop_keyframe_arrived(struct hop_keyframe *k, int64_t now_us)
{
    k->wanted = false;
    k->unanswered = 0;
    k->arrived_us = now_us;
}

void hop_keyframe_forget(struct hop_keyframe *k)
{
    k->wanted = false;
    k->unanswered = 0;
}

int64_t hop_keyframe_deadline(const struct hop_keyframe *k)
{
    if (!k->wanted)
        return INT64_MAX;
    if (k->asked_us == 0)
        return 0;
    return k->asked_us +
           (k->unanswered < HOP_KEYFRAME_EAGER ? HOP_KEYFRAME_INTERVAL_US : HOP_KEYFRAME_SLOW_US);
}

bool hop_keyframe_due(struct hop_keyframe *k, int64_t now_us)
{
    if (now_us < hop_keyframe_deadline(k))
        return false;
    k->asked_us = now_us;
    k->requests++;
    if (k->unanswered < UINT16_MAX)
        k->unanswered++;
    return true;
}
