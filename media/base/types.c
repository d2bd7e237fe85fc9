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
