/* See ics.h. */
#include "server/ics.h"

#include <glib.h>
#include <libical/ical.h>
#include <stdbool.h>

static struct icaltimetype utc(int64_t us)
{
    return icaltime_from_timet_with_zone((time_t)(us / 1000000), 0,
                                         icaltimezone_get_utc_timezone());
}

/* ---- the time zone --------------------------------------------------------------------------- */

/* The last moment at which an observance (STANDARD or DAYLIGHT) begins. */
static icaltimetype last_onset(icalcomponent *observance)
{
    icalproperty *rule = icalcomponent_get_first_property(observance, ICAL_RRULE_PROPERTY);
    struct icalrecurrencetype recurrence;

    if (rule == NULL)
        return icalcomponent_get_dtstart(observance);
    recurrence = icalproperty_get_rrule(rule);
    return icaltime_is_null_time(recurrence.until) ? icaltime_from_string("99991231T000000")
                                                   : recurrence.until;
}

/* Some calendars stumble over a century of a zone's history: only what is in force about the time
 * of the meeting is kept. */
static void trim_rules(icalcomponent *rules, int year)
{
    icalcomponent *o = icalcomponent_get_first_component(rules, ICAL_ANY_COMPONENT);
    icalcomponent *newest = NULL;
    bool kept = false;

    while (o != NULL) {
        icalcomponent *next = icalcomponent_get_next_component(rules, ICAL_ANY_COMPONENT);
        bool future = icalcomponent_get_dtstart(o).year > year + 5;
        bool past = last_onset(o).year < year - 1;

        if (future || past)
            icalcomponent_remove_component(rules, o);
        if (past && !kept &&
            (newest == NULL || icaltime_compare(last_onset(o), last_onset(newest)) > 0)) {
            if (newest != NULL)
                icalcomponent_free(newest);
            newest = o;
        } else if (future || past) {
            icalcomponent_free(o);
        } else {
            kept = true;
        }
        o = next;
    }
    if (newest != NULL && !kept)
        icalcomponent_add_component(rules, newest);
    else if (newest != NULL)
        icalcomponent_free(newest);
}

/* libical gives its zones names of its own; calendars know the IANA ones. */
static icalcomponent *make_rules(const char *name, icaltimezone *zone, int year)
{
    icalcomponent *rules = icalcomponent_new_clone(icaltimezone_get_component(zone));
    icalproperty *tzid = icalcomponent_get_first_property(rules, ICAL_TZID_PROPERTY);

    if (tzid != NULL)
        icalproperty_set_tzid(tzid, name);
    trim_rules(rules, year);
    return rules;
}

/* ---- the event ------------------------------------------------------------------------------- */

static icalproperty *in_zone(icalproperty *property, const char *zone)
{
    if (zone != NULL)
        icalproperty_add_parameter(property, icalparameter_new_tzid(zone));
    return property;
}

static struct icaltimetype local(int64_t us, icaltimezone *zone)
{
    return zone != NULL ? icaltime_convert_to_zone(utc(us), zone) : utc(us);
}

static void add_times(icalcomponent *event, const struct hop_store_meeting *m, icaltimezone *zone)
{
    const char *name = zone != NULL ? m->time_zone : NULL;

    icalcomponent_add_property(event,
                               in_zone(icalproperty_new_dtstart(local(m->starts_us, zone)), name));
    icalcomponent_add_property(event,
                               in_zone(icalproperty_new_dtend(local(m->ends_us, zone)), name));
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
    char *text, *copy;

    icalcomponent_add_property(calendar,
                               icalproperty_new_prodid("-//hop//hop " HOP_VERSION "//EN"));
    icalcomponent_add_property(calendar, icalproperty_new_version("2.0"));
    icalcomponent_add_property(
        calendar, icalproperty_new_method(m->cancelled ? ICAL_METHOD_CANCEL : ICAL_METHOD_PUBLISH));
    if (zone == icaltimezone_get_utc_timezone() || icaltimezone_get_component(zone) == NULL)
        zone = NULL; /* written with a Z, and needs no rules */
    if (zone != NULL)
        icalcomponent_add_component(calendar,
                                    make_rules(m->time_zone, zone, utc(m->starts_us).year));
    icalcomponent_add_component(calendar, make_event(m, url, organizer, zone));
    text = icalcomponent_as_ical_string_r(calendar);
    copy = g_strdup(text);
    icalmemory_free_buffer(text);
    icalcomponent_free(calendar);
    return copy;
}
