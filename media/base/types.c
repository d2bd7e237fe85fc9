/* Names of the vocabulary in types.h. Any thread. */
#include "media/base/types.h"

static const char *const drop_names[HOP_DROPS] = {
    [HOP_DROP_STRANGER] = "stranger",
    [HOP_DROP_MALFORMED] = "malformed",
    [HOP_DROP_STUN_AUTH] = "stun_auth",
    [HOP_DROP_SRTP_AUTH] = "srtp_auth",
    [HOP_DROP_REPLAY] = "replay",
    [HOP_DROP_NO_KEYS] = "no_keys",
    [HOP_DROP_UNKNOWN_SSRC] = "unknown_ssrc",
    [HOP_DROP_MUTED] = "muted",
    [HOP_DROP_NOT_ALLOWED] = "not_allowed",
    [HOP_DROP_DUPLICATE] = "duplicate",
    [HOP_DROP_LATE] = "late",
    [HOP_DROP_QUEUE] = "queue",
    [HOP_DROP_SEND] = "send",
};

const char *hop_drop_name(enum hop_drop drop)
{
    return (unsigned)drop < HOP_DROPS ? drop_names[drop] : "unknown";
}

const char *hop_decision_name(enum hop_decision_what what)
{
    static const char *const names[] = { "estimate", "layer",     "pause",
                                         "resume",   "key_frame", "probe" };
    return (unsigned)what < sizeof(names) / sizeof(names[0]) ? names[what] : "?";
}

const char *hop_why_name(enum hop_why why)
{
    static const char *const names[HOP_WHYS] = { "start", "growth",  "probed",    "queue",
                                                 "loss",  "silence", "remb",      "line",
                                                 "cap",   "view",    "publisher", "decoder" };
    return (unsigned)why < HOP_WHYS ? names[why] : "?";
}
