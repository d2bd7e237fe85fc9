/* See words.h. */
#include "server/mail/words.h"

#include "server/mail/zone.h"

#include <stdlib.h>
#include <string.h>

static const struct hop_words vietnamese = {
    .language = "vi",
    .subjects = { "Mời họp: %s", "Thay đổi lịch họp: %s", "Hủy cuộc họp: %s",
                  "Thay đổi một buổi họp: %s", "Hủy một buổi họp: %s", "Không còn mời họp: %s",
                  "Nhắc họp: %s" },
    .intros = { "Trân trọng kính mời Ông/Bà tham dự cuộc họp sau:", "Cuộc họp sau đã có thay đổi:",
                "Cuộc họp sau đã bị hủy:", "Một buổi của cuộc họp định kỳ sau đã có thay đổi:",
                "Một buổi của cuộc họp định kỳ sau đã bị hủy:",
                "Ông/Bà không còn trong danh sách mời của cuộc họp sau:",
                "Cuộc họp sau sắp bắt đầu:" },
    .greeting = "Kính gửi %s,",
    .title = "Cuộc họp",
    .when = "Thời gian",
    .repeats = "Lặp lại",
    .place = "Địa điểm",
    .organizer = "Người tổ chức",
    .role = "Vai trò của Ông/Bà",
    .about = "Nội dung",
    .join = "Vào họp",
    .answer = "Trả lời",
    .accept = "Tham dự",
    .tentative = "Có thể tham dự",
    .decline = "Không tham dự",
    .changes = "Những điểm đã thay đổi",
    .was = "trước",
    .is = "nay",
    .nothing = "(không có)",
    .personal = "Đường dẫn này dành riêng cho Ông/Bà, xin không chuyển cho người khác.",
    .footer = "Thư tự động của %s.",
    .all_day = "cả ngày",
    .description = "Nội dung",
};

static const struct hop_words english = {
    .language = "en",
    .subjects = { "Invitation: %s", "Meeting changed: %s", "Meeting cancelled: %s",
                  "One meeting of a series changed: %s", "One meeting of a series cancelled: %s",
                  "No longer invited: %s", "Reminder: %s" },
    .intros = { "You are invited to this meeting:", "This meeting has changed:",
                "This meeting has been cancelled:", "One meeting of this series has changed:",
                "One meeting of this series has been cancelled:",
                "You are no longer invited to this meeting:", "This meeting is about to begin:" },
    .greeting = "Dear %s,",
    .title = "Meeting",
    .when = "When",
    .repeats = "Repeats",
    .place = "Place",
    .organizer = "Organizer",
    .role = "Your part",
    .about = "About",
    .join = "Join",
    .answer = "Answer",
    .accept = "Accept",
    .tentative = "Maybe",
    .decline = "Decline",
    .changes = "What has changed",
    .was = "before",
    .is = "now",
    .nothing = "(none)",
    .personal = "This link is yours alone, please do not pass it on.",
    .footer = "Sent by %s.",
    .all_day = "all day",
    .description = "Description",
};

char *hop_words_fill(const char *text, const char *what)
{
    const char *place = strstr(text, "%s");

    return g_strdup_printf("%.*s%s%s", (int)(place - text), text, what, place + 2);
}

const struct hop_words *hop_words_of(const char *language)
{
    return g_strcmp0(language, "en") == 0 ? &english : &vietnamese;
}

const char *hop_words_role(const struct hop_words *words, const char *role)
{
    static const struct {
        const char *role, *vi, *en;
    } roles[] = {
        { "chair", "Chủ tọa", "Chair" },
        { "secretary", "Thư ký", "Secretary" },
        { "delegate", "Đại biểu", "Delegate" },
        { "guest", "Khách mời", "Guest" },
        { "observer", "Dự thính", "Observer" },
        { "technician", "Kỹ thuật điểm cầu", "Site technician" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (strcmp(roles[i].role, role) == 0)
            return words == &english ? roles[i].en : roles[i].vi;
    return role;
}

/* ---- times ----------------------------------------------------------------------------------- */

static const char *day_name(const struct hop_words *words, int day)
{
    static const char *const vi[] = { "thứ Hai", "thứ Ba",  "thứ Tư",  "thứ Năm",
                                      "thứ Sáu", "thứ Bảy", "Chủ Nhật" };
    static const char *const en[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday" };

    return words == &english ? en[day - 1] : vi[day - 1];
}

static char *date_text(const struct hop_words *words, GDateTime *time)
{
    g_autofree char *date = g_date_time_format(time, "%d/%m/%Y");

    return g_strdup_printf("%s, %s", day_name(words, g_date_time_get_day_of_week(time)), date);
}

static bool same_day(GDateTime *a, GDateTime *b)
{
    return g_date_time_get_year(a) == g_date_time_get_year(b) &&
           g_date_time_get_day_of_year(a) == g_date_time_get_day_of_year(b);
}

static char *clock_text(const struct hop_words *words, GDateTime *starts, GDateTime *ends,
                        const char *zone)
{
    g_autofree char *from = g_date_time_format(starts, "%H:%M");
    g_autofree char *to = g_date_time_format(ends, "%H:%M");
    g_autofree char *offset = g_date_time_format(starts, "%:z");
    g_autofree char *first = date_text(words, starts);
    g_autofree char *last = date_text(words, ends);

    if (same_day(starts, ends))
        return g_strdup_printf("%s – %s, %s (%s, UTC%s)", from, to, first, zone, offset);
    return g_strdup_printf("%s, %s – %s, %s (%s, UTC%s)", from, first, to, last, zone, offset);
}

char *hop_words_time(const struct hop_words *words, int64_t starts_us, int64_t ends_us,
                     const char *zone, bool all_day)
{
    g_autoptr(GDateTime) starts = hop_zone_time(zone, starts_us);
    g_autoptr(GDateTime) ends = hop_zone_time(zone, all_day ? ends_us - 1000000 : ends_us);
    g_autofree char *first = NULL;
    g_autofree char *last = NULL;

    if (!all_day)
        return clock_text(words, starts, ends, zone);
    first = date_text(words, starts);
    last = date_text(words, ends);
    if (same_day(starts, ends))
        return g_strdup_printf("%s, %s", first, words->all_day);
    return g_strdup_printf("%s – %s, %s", first, last, words->all_day);
}

/* ---- repetitions ----------------------------------------------------------------------------- */

/* The value of one part of a rule; NULL: it is not there. Free with g_free(). */
static char *rule_part(const char *rrule, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(rrule, ";", 32);
    size_t len = strlen(name);

    for (char **part = parts; *part != NULL; part++)
        if (strncmp(*part, name, len) == 0 && (*part)[len] == '=')
            return g_strdup(*part + len + 1);
    return NULL;
}

static void write_frequency(GString *out, const struct hop_words *words, const char *frequency,
                            int interval)
{
    static const struct {
        const char *name, *vi, *vi_unit, *en, *en_unit;
    } all[] = {
        { "DAILY", "hằng ngày", "ngày", "every day", "days" },
        { "WEEKLY", "hằng tuần", "tuần", "every week", "weeks" },
        { "MONTHLY", "hằng tháng", "tháng", "every month", "months" },
        { "YEARLY", "hằng năm", "năm", "every year", "years" },
    };
    bool en = words == &english;

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_strcmp0(all[i].name, frequency) != 0)
            continue;
        if (interval <= 1)
            g_string_append(out, en ? all[i].en : all[i].vi);
        else
            g_string_append_printf(out, en ? "every %d %s" : "%d %s một lần", interval,
                                   en ? all[i].en_unit : all[i].vi_unit);
    }
}

static void write_days(GString *out, const struct hop_words *words, const char *byday)
{
    static const char *const names[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    g_auto(GStrv) days = g_strsplit(byday, ",", 8);
    const char *before = words == &english ? " on " : " vào ";

    for (char **day = days; *day != NULL; day++)
        for (int i = 0; i < 7; i++)
            if (strcmp(names[i], *day) == 0) {
                g_string_append_printf(out, "%s%s", before, day_name(words, i + 1));
                before = ", ";
            }
}

static void write_end(GString *out, const struct hop_words *words, const char *count,
                      const char *until)
{
    bool en = words == &english;

    if (count != NULL)
        g_string_append_printf(out, en ? ", %s times" : ", %s lần", count);
    else if (until != NULL && strlen(until) >= 8)
        g_string_append_printf(out, en ? ", until %.2s/%.2s/%.4s" : ", đến %.2s/%.2s/%.4s",
                               until + 6, until + 4, until);
}

char *hop_words_rule(const struct hop_words *words, const char *rrule)
{
    g_autofree char *frequency = rule_part(rrule, "FREQ");
    g_autofree char *interval = rule_part(rrule, "INTERVAL");
    g_autofree char *byday = rule_part(rrule, "BYDAY");
    g_autofree char *count = rule_part(rrule, "COUNT");
    g_autofree char *until = rule_part(rrule, "UNTIL");
    GString *out = g_string_new(NULL);

    write_frequency(out, words, frequency, interval != NULL ? atoi(interval) : 1);
    if (byday != NULL)
        write_days(out, words, byday);
    write_end(out, words, count, until);
    return g_string_free(out, FALSE);
}
