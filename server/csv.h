/* Tables as spreadsheets write them (RFC 4180), with the liberties that they take: separator ',',
 * ';' or tab, a byte order mark, LF alone. Any thread; no state. */
#pragma once

#include <glib.h>

enum { HOP_CSV_MAX_COLUMNS = 64 };

struct hop_csv_row {
    unsigned line;    /* in the text, from 1 */
    GPtrArray *cells; /* char *, trimmed */
};

/* Rows that are not empty, at most `max_rows`; struct hop_csv_row. NULL: `*line` says where it is
 * wrong (a quote that does not end, too many columns or rows, no UTF-8). */
GPtrArray *hop_csv_parse(const char *text, size_t len, size_t max_rows, unsigned *line);

/* One cell as it is written, quoted where it must be; what a spreadsheet would take for a formula
 * is disarmed. Free with g_free(). */
char *hop_csv_cell(const char *text);
