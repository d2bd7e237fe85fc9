/* See csv.h. */
#include "server/csv.h"

#include <stdbool.h>
#include <string.h>

struct parser {
    const char *at, *end;
    char separator;
    unsigned line;
    size_t max_rows;
    GPtrArray *rows;
};

static void row_free(void *data)
{
    struct hop_csv_row *row = data;

    g_ptr_array_unref(row->cells);
    g_free(row);
}

/* Of the first line: the one that stands there most often outside of quotes. */
static char find_separator(const char *text, const char *end)
{
    static const char candidates[] = { ',', ';', '\t' };
    size_t counts[3] = { 0 }, best = 0;

    bool quoted = false;

    for (; text < end && (quoted || *text != '\n'); text++) {
        quoted ^= *text == '"';
        for (size_t i = 0; i < 3; i++)
            counts[i] += !quoted && *text == candidates[i];
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

/* A cell in quotes; false: the quote does not end. */
static bool read_quoted(struct parser *p, GString *cell)
{
    for (p->at++; p->at < p->end; p->at++) {
        if (*p->at == '"' && p->at + 1 < p->end && p->at[1] == '"')
            p->at++;
        else if (*p->at == '"') {
            p->at++;
            return true;
        }
        p->line += *p->at == '\n';
        g_string_append_c(cell, *p->at);
    }
    return false;
}

static bool at_line_end(const struct parser *p)
{
    return p->at >= p->end || *p->at == '\n' ||
           (*p->at == '\r' && (p->at + 1 == p->end || p->at[1] == '\n'));
}

static bool read_cell(struct parser *p, GString *cell)
{
    while (p->at < p->end && *p->at == ' ')
        p->at++;
    if (p->at < p->end && *p->at == '"' && !read_quoted(p, cell))
        return false;
    while (!at_line_end(p) && *p->at != p->separator)
        g_string_append_c(cell, *p->at++);
    return true;
}

static bool read_row(struct parser *p, struct hop_csv_row *row)
{
    row->line = p->line;
    for (;;) {
        g_autoptr(GString) cell = g_string_new(NULL);

        if (row->cells->len == HOP_CSV_MAX_COLUMNS || !read_cell(p, cell))
            return false;
        g_ptr_array_add(row->cells, g_strdup(g_strstrip(cell->str)));
        if (at_line_end(p))
            break;
        p->at++; /* the separator */
    }
    if (p->at < p->end && *p->at == '\r')
        p->at++;
    if (p->at < p->end)
        p->at++;
    p->line++;
    return true;
}

static bool is_empty(const struct hop_csv_row *row)
{
    for (guint i = 0; i < row->cells->len; i++)
        if (*(const char *)g_ptr_array_index(row->cells, i) != '\0')
            return false;
    return true;
}

static bool read_rows(struct parser *p)
{
    while (p->at < p->end) {
        struct hop_csv_row *row = g_new0(struct hop_csv_row, 1);
        bool good;

        row->cells = g_ptr_array_new_with_free_func(g_free);
        good = read_row(p, row);
        if (good && !is_empty(row) && p->rows->len < p->max_rows) {
            g_ptr_array_add(p->rows, row);
            continue;
        }
        good = good && is_empty(row);
        row_free(row);
        if (!good)
            return false;
    }
    return true;
}

GPtrArray *hop_csv_parse(const char *text, size_t len, size_t max_rows, unsigned *line)
{
    struct parser p = { .at = text, .end = text + len, .line = 1, .max_rows = max_rows };

    *line = 1;
    if (!g_utf8_validate(text, (gssize)len, NULL))
        return NULL;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        p.at += 3;
    p.separator = find_separator(p.at, p.end);
    p.rows = g_ptr_array_new_with_free_func(row_free);
    if (read_rows(&p))
        return p.rows;
    *line = p.line;
    g_ptr_array_unref(p.rows);
    return NULL;
}

char *hop_csv_cell(const char *text)
{
    bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    GString *out;

    if (!formula && strpbrk(text, ",;\"\n\r\t") == NULL)
        return g_strdup(text);
    out = g_string_new("\"");
    if (formula)
        g_string_append_c(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}
