/* See itip.h. */
#include "server/mail/itip.h"

#include "server/mail/address.h"

#include <errno.h>
#include <glib.h>
#include <libical/ical.h>
#include <string.h>

/* Seconds of the year 10000, the first that no calendar here can show. */
static const time_t year_10000_s = 253402300800;

static bool read_attendee(icalcomponent *event, struct hop_itip_reply *out)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
    const char *address = p != NULL ? icalproperty_get_attendee(p) : NULL;
    icalparameter *partstat =
        p != NULL ? icalproperty_get_first_parameter(p, ICAL_PARTSTAT_PARAMETER) : NULL;
    g_autofree char *lower = NULL;

    if (address == NULL || partstat == NULL || g_ascii_strncasecmp(address, "mailto:", 7) != 0)
        return false;
    if (icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY) != NULL)
        return false;
    lower = g_ascii_strdown(address + 7, -1);
    if (!hop_mail_address_valid(lower))
        return false;
    g_strlcpy(out->attendee, lower, sizeof(out->attendee));
    switch ((int)icalparameter_get_partstat(partstat)) {
    case ICAL_PARTSTAT_ACCEPTED:
        out->answer = HOP_ITIP_ACCEPTED;
        return true;
    case ICAL_PARTSTAT_DECLINED:
        out->answer = HOP_ITIP_DECLINED;
        return true;
    case ICAL_PARTSTAT_TENTATIVE:
        out->answer = HOP_ITIP_TENTATIVE;
        return true;
    default:
        return false;
    }
}

static void read_comment(icalcomponent *event, struct hop_itip_reply *out)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_COMMENT_PROPERTY);
    const char *text = p != NULL ? icalproperty_get_comment(p) : NULL;
    g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;
    g_autofree char *cut = NULL;

    if (valid == NULL)
        return;
    for (char *c = valid; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    cut = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), HOP_ITIP_COMMENT / 4));
    g_strlcpy(out->comment, g_strstrip(cut), sizeof(out->comment));
}

/* By the rules in the file, or those that are known here. */
static icaltimezone *zone_of(icalcomponent *calendar, icalproperty *p)
{
    icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);
    const char *name = tzid != NULL ? icalparameter_get_tzid(tzid) : NULL;
    icaltimezone *zone = name != NULL ? icalcomponent_get_timezone(calendar, name) : NULL;

    if (zone == NULL && name != NULL)
        zone = icaltimezone_get_builtin_timezone(name);
    return zone != NULL ? zone : icaltimezone_get_utc_timezone();
}

static void read_recurrence(icalcomponent *calendar, icalcomponent *event,
                            struct hop_itip_reply *out)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
    struct icaltimetype time;
    time_t seconds = 0;

    if (p == NULL)
        return;
    time = icalproperty_get_recurrenceid(p);
    if (!icaltime_is_null_time(time) && icaltime_is_valid_time(time))
        seconds = icaltime_as_timet_with_zone(time, zone_of(calendar, p));
    /* A reply may name any year; outside of the calendar's it is of one
     * occurrence, but of none that there is. */
    out->recurrence_us = seconds > 0 && seconds < year_10000_s ? (int64_t)seconds * 1000000 : 1;
}

static bool read_event(icalcomponent *calendar, struct hop_itip_reply *out)
{
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    icalproperty *uid, *sequence;

    if (event == NULL || icalcomponent_get_method(calendar) != ICAL_METHOD_REPLY)
        return false;
    uid = icalcomponent_get_first_property(event, ICAL_UID_PROPERTY);
    if (uid == NULL || icalproperty_get_uid(uid) == NULL ||
        g_strlcpy(out->uid, icalproperty_get_uid(uid), sizeof(out->uid)) >= sizeof(out->uid) ||
        !g_utf8_validate(out->uid, -1, NULL))
        return false;
    sequence = icalcomponent_get_first_property(event, ICAL_SEQUENCE_PROPERTY);
    if (sequence != NULL)
        out->sequence = icalproperty_get_sequence(sequence);
    read_comment(event, out);
    read_recurrence(calendar, event, out);
    return out->uid[0] != '\0' && read_attendee(event, out);
}

int hop_itip_parse(const char *text, size_t len, struct hop_itip_reply *out)
{
    struct hop_itip_reply reply = { 0 };
    g_autofree char *copy = NULL;
    icalcomponent *calendar;
    bool right;

    if (len > HOP_ITIP_MAX || memchr(text, '\0', len) != NULL)
        return -EINVAL;
    copy = g_strndup(text, len);
    calendar = icalcomponent_new_from_string(copy);
    if (calendar == NULL)
        return -EINVAL;
    right = icalcomponent_isa(calendar) == ICAL_VCALENDAR_COMPONENT && read_event(calendar, &reply);
    icalcomponent_free(calendar);
    if (!right)
        return -ENOMSG;
    *out = reply;
    return 0;
}
