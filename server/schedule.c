/* See schedule.h. */
#include "server/schedule.h"

#include <errno.h>
#include <libical/ical.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

void hop_schedule_code(char out[HOP_CODE_TEXT])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz";

    for (int i = 0; i < HOP_CODE_TEXT - 1; i++)
        out[i] = i == 3 || i == 8 ? '-' : letters[randombytes_uniform(sizeof(letters) - 1)];
    out[HOP_CODE_TEXT - 1] = '\0';
}

bool hop_schedule_code_valid(const char *code)
{
    size_t len = strlen(code);

    return len > 0 && len <= HOP_MAX_ROOM_CODE &&
           strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int64_t hop_schedule_opens_at(const struct hop_store_room *room,
                              const struct hop_schedule_rules *rules)
{
    return room->meeting_id != 0 ? room->starts_us - rules->open_early_us : 0;
}

enum hop_room_status hop_schedule_status(const struct hop_store_room *room,
                                         const struct hop_schedule_rules *rules, bool occupied,
                                         int64_t now_us)
{
    if (room->cancelled)
        return HOP_ROOM_CANCELLED;
    if (room->ended_us != 0)
        return HOP_ROOM_ENDED;
    if (room->meeting_id == 0 || occupied)
        return HOP_ROOM_OPEN;
    if (now_us < hop_schedule_opens_at(room, rules))
        return HOP_ROOM_EARLY;
    return now_us >= room->ends_us + rules->close_late_us ? HOP_ROOM_ENDED : HOP_ROOM_OPEN;
}

int hop_time_parse(const char *text, int64_t *us)
{
    g_autoptr(GDateTime) time = NULL;

    if (strlen(text) >= HOP_TIME_TEXT || strpbrk(text, "Tt") == NULL)
        return -EINVAL;
    time = g_date_time_new_from_iso8601(text, NULL); /* NULL zone: a time without one is refused */
    if (time == NULL || g_date_time_get_year(time) < 1971)
        return -EINVAL;
    *us = g_date_time_to_unix(time) * 1000000 + g_date_time_get_microsecond(time);
    return 0;
}

const char *hop_time_format(int64_t us, char out[HOP_TIME_TEXT])
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(out, HOP_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

bool hop_time_zone_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "/_+-";

    if (name[0] == '\0' || name[0] == '/' || strlen(name) > HOP_MAX_TIME_ZONE ||
        strspn(name, allowed) != strlen(name))
        return false;
    return icaltimezone_get_builtin_timezone(name) != NULL;
}

static bool has_control(const char *text, bool lines)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (g_unichar_iscntrl(c) && !(lines && (c == '\n' || c == '\t')))
            return true;
    }
    return false;
}

char *hop_text_clean(const char *text, size_t max, bool lines, bool empty)
{
    g_autofree char *clean = NULL;
    glong length;

    if (strlen(text) > max * 6 + 64 || !g_utf8_validate(text, -1, NULL))
        return NULL;
    clean = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);
    if (clean == NULL)
        return NULL;
    if (lines) /* as a form sends them */
        g_strdelimit(clean, "\r", ' ');
    g_strstrip(clean);
    length = g_utf8_strlen(clean, -1);
    if (has_control(clean, lines) || (size_t)length > max || (length == 0 && !empty))
        return NULL;
    return g_steal_pointer(&clean);
}
