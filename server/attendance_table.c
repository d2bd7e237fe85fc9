/* The attendance list's words, and the list as CSV (RFC 4180): see attendance.h. */
#include "server/attendance.h"

#include "server/csv.h"
#include "signaling/rights.h"

#include <string.h>

static const struct hop_attendance_words vietnamese = {
    .title = "DANH SÁCH ĐIỂM DANH",
    .when = "Thời gian",
    .chair = "Chủ tọa",
    .secretary = "Thư ký",
    .summary = "Tổng hợp",
    .number = "STT",
    .name = "Họ và tên",
    .position = "Chức vụ",
    .unit = "Đơn vị",
    .role = "Vai trò",
    .state = "Trạng thái",
    .joined = "Vào lúc",
    .left = "Ra lúc",
    .duration = "Thời lượng",
    .attendees = "Số người",
    .reason = "Lý do, ghi chú",
    .admitted_by = "Người cho vào",
    .through = "Vào bằng",
    .here = "đang họp",
    .page = "Trang",
    .signatures = "Xác nhận",
    .sign_secretary = "THƯ KÝ",
    .sign_chair = "CHỦ TỌA",
    .states = { "Có mặt tại phòng họp", "Có mặt trực tuyến", "Vắng mặt", "Chưa điểm danh" },
    .roles = { "Người tổ chức", "Chủ tọa", "Thư ký", "Đại biểu", "Khách mời", "Quan sát viên",
               "Kỹ thuật" },
    .throughs = { "tài khoản", "giấy mời", "đường dẫn chung" },
};

static const struct hop_attendance_words english = {
    .title = "ATTENDANCE LIST",
    .when = "Time",
    .chair = "Chair",
    .secretary = "Secretary",
    .summary = "Summary",
    .number = "No.",
    .name = "Name",
    .position = "Title",
    .unit = "Unit",
    .role = "Role",
    .state = "State",
    .joined = "Joined",
    .left = "Left",
    .duration = "Duration",
    .attendees = "People",
    .reason = "Reason, note",
    .admitted_by = "Admitted by",
    .through = "Came by",
    .here = "in the meeting",
    .page = "Page",
    .signatures = "Confirmed",
    .sign_secretary = "SECRETARY",
    .sign_chair = "CHAIR",
    .states = { "Present in the room", "Present online", "Absent", "Not marked" },
    .roles = { "Organizer", "Chair", "Secretary", "Delegate", "Guest", "Observer", "Technician" },
    .throughs = { "account", "invitation", "common link" },
};

const struct hop_attendance_words *hop_attendance_words(const char *language)
{
    return strcmp(language, "en") == 0 ? &english : &vietnamese;
}

const char *hop_attendance_role(const struct hop_attendance_words *words, const char *role)
{
    enum hop_role parsed;

    return hop_role_parse(role, &parsed) ? words->roles[parsed] : role;
}

char *hop_attendance_time(const struct hop_attendance *a, int64_t us)
{
    const char *zone = a->source->time_zone[0] != '\0' ? a->source->time_zone : "Asia/Ho_Chi_Minh";
    g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(zone);
    g_autoptr(GDateTime) utc = us != 0 ? g_date_time_new_from_unix_utc(us / 1000000) : NULL;
    g_autoptr(GDateTime) local =
        utc != NULL && tz != NULL ? g_date_time_to_timezone(utc, tz) : NULL;

    return local != NULL ? g_date_time_format(local, "%d/%m/%Y %H:%M:%S") : g_strdup("");
}

char *hop_attendance_duration(int64_t seconds)
{
    return g_strdup_printf("%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                           (int)(seconds % 60));
}

static void cell(GString *out, const char *text, bool last)
{
    g_autofree char *safe = hop_csv_cell(text);

    g_string_append(out, safe);
    g_string_append(out, last ? "\r\n" : ",");
}

static void header(GString *out, const struct hop_attendance_words *w)
{
    const char *const columns[] = { w->number,   w->name,      w->position, w->unit,
                                    w->role,     w->state,     w->joined,   w->left,
                                    w->duration, w->attendees, w->through,  w->admitted_by,
                                    w->reason };

    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        cell(out, columns[i], i + 1 == G_N_ELEMENTS(columns));
}

static const char *through(const struct hop_attendance_words *w, const struct hop_attendee *p)
{
    const struct hop_store_stay *stay;

    if (p->stays->len == 0)
        return "";
    stay = g_array_index(p->stays, const struct hop_store_stay *, 0);
    return w->throughs[stay->user_id != 0 ? 0 : stay->invite_id != 0 ? 1 : 2];
}

static const char *admitted_by(const struct hop_attendee *p)
{
    const char *by = "";

    for (guint i = 0; i < p->stays->len && by[0] == '\0'; i++)
        by = g_array_index(p->stays, const struct hop_store_stay *, i)->admitted_by;
    return by;
}

static void row(GString *out, const struct hop_attendance *a, const struct hop_attendance_words *w,
                guint i)
{
    const struct hop_attendee *p = &g_array_index(a->people, struct hop_attendee, i);
    g_autofree char *number = g_strdup_printf("%u", i + 1);
    g_autofree char *joined = hop_attendance_time(a, p->first_us);
    g_autofree char *left = p->here ? g_strdup(w->here) : hop_attendance_time(a, p->last_us);
    g_autofree char *lasted =
        p->stays->len > 0 ? hop_attendance_duration(p->seconds) : g_strdup("");
    g_autofree char *attendees = g_strdup_printf("%u", p->attendees);
    const char *const cells[] = { number,
                                  p->name,
                                  p->title,
                                  p->unit,
                                  hop_attendance_role(w, p->role),
                                  w->states[p->state],
                                  joined,
                                  left,
                                  lasted,
                                  attendees,
                                  through(w, p),
                                  admitted_by(p),
                                  p->reason };

    for (size_t k = 0; k < G_N_ELEMENTS(cells); k++)
        cell(out, cells[k], k + 1 == G_N_ELEMENTS(cells));
}

GString *hop_attendance_csv(const struct hop_attendance *a, const char *language)
{
    const struct hop_attendance_words *w = hop_attendance_words(language);
    GString *out = g_string_new("\xef\xbb\xbf"); /* or Excel reads it in a code page */

    header(out, w);
    for (guint i = 0; i < a->people->len; i++)
        row(out, a, w, i);
    return out;
}
