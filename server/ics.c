/* See ics.h. */
#include "server/ics.h"

#include <glib.h>
#include <libical/ical.h>

void hop_ics_init(void)
{
    icaltimezone_set_tzid_prefix("");
}

static struct icaltimetype utc(int64_t us)
{
    return icaltime_from_timet_with_zone((time_t)(us / 1000000), 0,
                                         icaltimezone_get_utc_timezone());
}

static void add_time(icalcomponent *event, icalproperty *property, icaltimezone *zone)
{
    if (zone != icaltimezone_get_utc_timezone())
        icalproperty_add_parameter(property, icalparameter_new_tzid(icaltimezone_get_tzid(zone)));
    icalcomponent_add_property(event, property);
}

static void add_times(icalcomponent *event, const struct hop_store_meeting *m, icaltimezone *zone)
{
    struct icaltimetype starts =
        icaltime_from_timet_with_zone((time_t)(m->starts_us / 1000000), 0, zone);
    struct icaltimetype ends =
        icaltime_from_timet_with_zone((time_t)(m->ends_us / 1000000), 0, zone);

    add_time(event, icalproperty_new_dtstart(starts), zone);
    add_time(event, icalproperty_new_dtend(ends), zone);
    icalcomponent_add_property(event, icalproperty_new_dtstamp(utc(m->changed_us)));
    icalcomponent_add_property(event, icalproperty_new_created(utc(m->created_us)));
    icalcomponent_add_property(event, icalproperty_new_lastmodified(utc(m->changed_us)));
}

static void add_organizer(icalcomponent *event, const char *uid, const char *organizer)
{
    const char *at = strrchr(uid, '@');
    g_autofree char *mail = g_strdup_printf("mailto:noreply@%s", at != NULL ? at + 1 : "hop");
    icalproperty *property = icalproperty_new_organizer(mail);

    icalproperty_add_parameter(property, icalparameter_new_cn(organizer));
    icalcomponent_add_property(event, property);
}

static icalcomponent *make_event(const struct hop_store_meeting *m, const char *url,
                                 const char *organizer, icaltimezone *zone)
{
    icalcomponent *event = icalcomponent_new_vevent();
    g_autofree char *description =
        g_strdup_printf("%s%s%s", m->description, m->description[0] != '\0' ? "\n\n" : "", url);

    icalcomponent_add_property(event, icalproperty_new_uid(m->uid));
    icalcomponent_add_property(event, icalproperty_new_sequence((int)m->sequence));
    add_times(event, m, zone);
    add_organizer(event, m->uid, organizer);
    icalcomponent_add_property(event, icalproperty_new_summary(m->title));
    icalcomponent_add_property(event, icalproperty_new_description(description));
    icalcomponent_add_property(event, icalproperty_new_location(url));
    icalcomponent_add_property(event, icalproperty_new_url(url));
    icalcomponent_add_property(
        event,
        icalproperty_new_status(m->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    return event;
}

char *hop_ics_new(const struct hop_store_meeting *m, const char *url, const char *organizer)
{
    icalcomponent *calendar = icalcomponent_new_vcalendar();
    icaltimezone *zone = icaltimezone_get_builtin_timezone(m->time_zone);
    icalcomponent *rules = zone != NULL ? icaltimezone_get_component(zone) : NULL;
    char *text, *copy;

    icalcomponent_add_property(calendar,
                               icalproperty_new_prodid("-//hop//hop " HOP_VERSION "//EN"));
    icalcomponent_add_property(calendar, icalproperty_new_version("2.0"));
    icalcomponent_add_property(
        calendar, icalproperty_new_method(m->cancelled ? ICAL_METHOD_CANCEL : ICAL_METHOD_PUBLISH));
    if (rules != NULL)
        icalcomponent_add_component(calendar, icalcomponent_new_clone(rules));
    else
        zone = icaltimezone_get_utc_timezone();
    icalcomponent_add_component(calendar, make_event(m, url, organizer, zone));
    text = icalcomponent_as_ical_string_r(calendar);
    copy = g_strdup(text);
    icalmemory_free_buffer(text);
    icalcomponent_free(calendar);
    return copy;
}
