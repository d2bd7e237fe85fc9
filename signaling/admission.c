/* See admission.h. */
#include "signaling/admission.h"

static int cap(int max, int reserved, bool leader)
{
    int kept = reserved < max / 4 ? reserved : max / 4;
    return leader ? max : max - kept;
}

/* A leader comes in whatever the load: without him the meeting stands still, and he is one. */
static enum hop_error check_load(const struct hop_admission_limits *limits,
                                 const struct hop_admission_now *now, const char **detail)
{
    if (now->leader)
        return HOP_OK;
    if (limits->max_load_percent > 0 && now->load_percent >= limits->max_load_percent)
        *detail = "load";
    else if (limits->max_lag_ms > 0 && now->lag_ms >= limits->max_lag_ms)
        *detail = "lag";
    else if (limits->max_lag_ms > 0 && now->mix_late)
        *detail = "mix";
    return **detail != '\0' ? HOP_ERR_SERVER_OVERLOADED : HOP_OK;
}

enum hop_error hop_admission(const struct hop_admission_limits *limits,
                             const struct hop_admission_now *now, const char **detail)
{
    *detail = "";
    if (now->new_room && now->rooms >= limits->max_rooms) {
        *detail = "rooms";
        return HOP_ERR_SERVER_FULL;
    }
    if (now->participants >= cap(limits->max_participants, limits->reserved_seats, now->leader)) {
        *detail = "participants";
        return HOP_ERR_SERVER_FULL;
    }
    if (now->in_room >= cap(limits->max_per_room, limits->reserved_seats, now->leader))
        return HOP_ERR_ROOM_FULL;
    return check_load(limits, now, detail);
}
