/* The attendance list on paper: A4, a table that goes on over pages with its head repeated, places
 * for two signatures. See attendance.h. Pango chooses a font that has the Vietnamese letters. */
#include "server/attendance.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

static const double page_w = 595.28, page_h = 841.89; /* A4 in points */
static const double edge = 42, cell_x = 3, cell_y = 2.5;

enum { COLUMNS = 8 };
static const double widths[COLUMNS] = { 26, 118, 88, 58, 84, 68, 42, 27.28 }; /* sum: text width */

struct pdf {
    cairo_t *cr;
    PangoLayout *layout;
    const struct hop_attendance *a;
    const struct hop_attendance_words *w;
    double y;
    int page;
};

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int len)
{
    g_byte_array_append(closure, data, len);
    return CAIRO_STATUS_SUCCESS;
}

/* Height of the text when set so wide; drawn unless `measure`. */
static double text(const struct pdf *p, const char *what, double x, double y, double width,
                   const char *font, PangoAlignment align, bool measure)
{
    PangoFontDescription *description = pango_font_description_from_string(font);
    int height;

    pango_layout_set_font_description(p->layout, description);
    pango_font_description_free(description);
    pango_layout_set_width(p->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(p->layout, align);
    pango_layout_set_text(p->layout, what, -1);
    pango_layout_get_size(p->layout, NULL, &height);
    if (!measure) {
        cairo_move_to(p->cr, x, y);
        pango_cairo_show_layout(p->cr, p->layout);
    }
    return (double)height / PANGO_SCALE;
}

static void foot(const struct pdf *p)
{
    g_autofree char *number = g_strdup_printf("%s %d", p->w->page, p->page);

    (void)text(p, number, edge, page_h - edge + 8, page_w - 2 * edge, "sans 7", PANGO_ALIGN_RIGHT,
               false);
}

static void next_page(struct pdf *p)
{
    foot(p);
    cairo_show_page(p->cr);
    p->page++;
    p->y = edge;
}

static void line(struct pdf *p, const char *what, const char *font, PangoAlignment align)
{
    p->y += text(p, what, edge, p->y, page_w - 2 * edge, font, align, false);
}

static void labelled(struct pdf *p, const char *label, const char *value)
{
    g_autofree char *whole = g_strdup_printf("%s: %s", label, value);

    if (value[0] != '\0')
        line(p, whole, "sans 9", PANGO_ALIGN_LEFT);
}

static void head(struct pdf *p)
{
    const struct hop_store_attendance *s = p->a->source;
    g_autofree char *from = hop_attendance_time(p->a, s->starts_us);
    g_autofree char *to = hop_attendance_time(p->a, s->ends_us);
    g_autofree char *when = g_strdup_printf("%s – %s", from, to);
    g_autofree char *summary =
        g_strdup_printf("%s: %u; %s: %u; %s: %u; %s: %u; %s: %u", p->w->states[0], p->a->count[0],
                        p->w->states[1], p->a->count[1], p->w->states[2], p->a->count[2],
                        p->w->states[3], p->a->count[3], p->w->attendees, p->a->attendees);

    line(p, p->w->title, "sans bold 13", PANGO_ALIGN_CENTER);
    p->y += 4;
    line(p, s->title, "sans bold 11", PANGO_ALIGN_CENTER);
    p->y += 8;
    if (s->starts_us != 0)
        labelled(p, p->w->when, when);
    labelled(p, p->w->chair, s->chair);
    labelled(p, p->w->secretary, s->secretary);
    labelled(p, p->w->summary, summary);
    p->y += 8;
}

static double row_height(const struct pdf *p, const char *const cells[COLUMNS], const char *font)
{
    double height = 0;

    for (int i = 0; i < COLUMNS; i++) {
        double h = text(p, cells[i], 0, 0, widths[i] - 2 * cell_x, font, PANGO_ALIGN_LEFT, true);
        height = MAX(height, h);
    }
    return height + 2 * cell_y;
}

static void draw_row(struct pdf *p, const char *const cells[COLUMNS], const char *font,
                     double height)
{
    double x = edge;

    for (int i = 0; i < COLUMNS; i++) {
        cairo_rectangle(p->cr, x, p->y, widths[i], height);
        cairo_stroke(p->cr);
        (void)text(p, cells[i], x + cell_x, p->y + cell_y, widths[i] - 2 * cell_x, font,
                   PANGO_ALIGN_LEFT, false);
        x += widths[i];
    }
    p->y += height;
}

static void table_head(struct pdf *p)
{
    const char *const cells[COLUMNS] = {
        p->w->number, p->w->name,   p->w->unit,     p->w->role,
        p->w->state,  p->w->joined, p->w->duration, p->w->attendees
    };

    draw_row(p, cells, "sans bold 7", row_height(p, cells, "sans bold 7"));
}

static void person(struct pdf *p, guint i)
{
    const struct hop_attendee *who = &g_array_index(p->a->people, struct hop_attendee, i);
    g_autofree char *number = g_strdup_printf("%u", i + 1);
    g_autofree char *name = who->title[0] != '\0' ? g_strdup_printf("%s\n%s", who->name, who->title)
                                                  : g_strdup(who->name);
    g_autofree char *state = who->reason[0] != '\0'
                                 ? g_strdup_printf("%s: %s", p->w->states[who->state], who->reason)
                                 : g_strdup(p->w->states[who->state]);
    g_autofree char *first = hop_attendance_time(p->a, who->first_us);
    g_autofree char *last =
        who->here ? g_strdup(p->w->here) : hop_attendance_time(p->a, who->last_us);
    g_autofree char *times = g_strdup_printf("%s\n%s", first, last);
    g_autofree char *lasted =
        who->stays->len > 0 ? hop_attendance_duration(who->seconds) : g_strdup("");
    g_autofree char *attendees = g_strdup_printf("%u", who->attendees);
    const char *const cells[COLUMNS] = { number,    name,
                                         who->unit, hop_attendance_role(p->w, who->role),
                                         state,     who->stays->len > 0 ? times : "",
                                         lasted,    attendees };
    double height = row_height(p, cells, "sans 7");

    if (p->y + height > page_h - edge) {
        next_page(p);
        table_head(p);
    }
    draw_row(p, cells, "sans 7", height);
}

static void signatures(struct pdf *p)
{
    double half = (page_w - 2 * edge) / 2;

    if (p->y + 110 > page_h - edge)
        next_page(p);
    p->y += 24;
    (void)text(p, p->w->sign_secretary, edge, p->y, half, "sans bold 9", PANGO_ALIGN_CENTER, false);
    (void)text(p, p->w->sign_chair, edge + half, p->y, half, "sans bold 9", PANGO_ALIGN_CENTER,
               false);
    (void)text(p, p->a->source->secretary, edge, p->y + 70, half, "sans 9", PANGO_ALIGN_CENTER,
               false);
    (void)text(p, p->a->source->chair, edge + half, p->y + 70, half, "sans 9", PANGO_ALIGN_CENTER,
               false);
}

GByteArray *hop_attendance_pdf(const struct hop_attendance *a, const char *language)
{
    GByteArray *out = g_byte_array_new();
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, out, page_w, page_h);
    struct pdf p = { .cr = cairo_create(surface),
                     .a = a,
                     .w = hop_attendance_words(language),
                     .y = edge,
                     .page = 1 };

    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, p.w->title);
    p.layout = pango_cairo_create_layout(p.cr);
    cairo_set_line_width(p.cr, 0.4);
    head(&p);
    table_head(&p);
    for (guint i = 0; i < a->people->len; i++)
        person(&p, i);
    signatures(&p);
    foot(&p);
    cairo_show_page(p.cr);
    g_object_unref(p.layout);
    cairo_destroy(p.cr);
    cairo_surface_finish(surface);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        g_byte_array_unref(out);
        out = NULL;
    }
    cairo_surface_destroy(surface);
    return out;
}
