/* Tables as spreadsheets write them. */
#include "server/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static GPtrArray *parse(const char *text)
{
    unsigned line;
    GPtrArray *rows = hop_csv_parse(text, strlen(text), 100, &line);

    assert_non_null(rows);
    return rows;
}

static void assert_row(GPtrArray *rows, guint i, unsigned line, const char *joined)
{
    const struct hop_csv_row *row = g_ptr_array_index(rows, i);
    GString *text = g_string_new(NULL);

    for (guint c = 0; c < row->cells->len; c++)
        g_string_append_printf(text, "%s%s", c > 0 ? "|" : "",
                               (const char *)g_ptr_array_index(row->cells, c));
    assert_string_equal(text->str, joined);
    assert_int_equal(row->line, line);
    g_string_free(text, TRUE);
}

static void separators_and_line_ends(void **state)
{
    static const char *const texts[] = { "a,b;c,d\n1,,2\n", "a;b,c;d\r\n1;;2\r\n",
                                         "\357\273\277a\tb,c;d\tx\n1\t\t2" };
    static const char *const heads[] = { "a|b;c|d", "a|b,c|d", "a|b,c;d|x" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        GPtrArray *rows = parse(texts[i]);

        assert_int_equal(rows->len, 2);
        assert_row(rows, 0, 1, heads[i]);
        assert_row(rows, 1, 2, "1||2");
        g_ptr_array_unref(rows);
    }
}

static void quotes(void **state)
{
    GPtrArray *rows = parse("\"a, \"\"b\"\"\",  \"c\nd\"  ,e\n\n , \nf,\"\",g");

    (void)state;
    assert_int_equal(rows->len, 2);
    assert_row(rows, 0, 1, "a, \"b\"|c\nd|e");
    assert_row(rows, 1, 5, "f||g"); /* the line in the file, not the row */
    g_ptr_array_unref(rows);
}

static void what_cannot_be_read(void **state)
{
    GString *wide = g_string_new(NULL);
    unsigned line = 0;

    (void)state;
    assert_null(hop_csv_parse("a\nb,\"c\n", 7, 100, &line));
    assert_int_equal(line, 3);
    assert_null(hop_csv_parse("a\xff", 2, 100, &line));
    assert_null(hop_csv_parse("a\nb\nc\n", 6, 2, &line));
    for (int i = 0; i < HOP_CSV_MAX_COLUMNS; i++)
        g_string_append(wide, "x,");
    assert_null(hop_csv_parse(wide->str, wide->len, 100, &line));
    g_string_free(wide, TRUE);
}

static void assert_cell(const char *text, const char *expected)
{
    char *cell = hop_csv_cell(text);

    assert_string_equal(cell, expected);
    g_free(cell);
}

static void cells_are_written(void **state)
{
    (void)state;
    assert_cell("", "");
    assert_cell("Nguyễn Văn An", "Nguyễn Văn An");
    assert_cell("a,b", "\"a,b\"");
    assert_cell("say \"a\"", "\"say \"\"a\"\"\"");
    assert_cell("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"");
    assert_cell("@x", "\"'@x\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separators_and_line_ends),
        cmocka_unit_test(quotes),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(cells_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
