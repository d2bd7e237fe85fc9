/* See report.h. */
#include "doctor/report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct line {
    char *check, *text, *mend;
    enum hop_verdict verdict;
};

struct hop_report {
    GPtrArray *lines;
};

static const char *const verdicts[] = { "ok", "none", "warn", "fail" };

static void free_line(gpointer data)
{
    struct line *line = data;

    g_free(line->check);
    g_free(line->text);
    g_free(line->mend);
    g_free(line);
}

struct hop_report *hop_report_new(void)
{
    struct hop_report *report = g_new0(struct hop_report, 1);

    report->lines = g_ptr_array_new_with_free_func(free_line);
    return report;
}

void hop_report_free(struct hop_report *report)
{
    g_ptr_array_unref(report->lines);
    g_free(report);
}

void hop_report_add(struct hop_report *report, const char *check, enum hop_verdict verdict,
                    const char *mend, const char *format, ...)
{
    struct line *line = g_new0(struct line, 1);
    va_list args;

    va_start(args, format);
    line->text = g_strdup_vprintf(format, args);
    va_end(args);
    line->check = g_strdup(check);
    line->mend = g_strdup(mend);
    line->verdict = verdict;
    g_ptr_array_add(report->lines, line);
}

bool hop_report_passed(const struct hop_report *report, const char *check)
{
    for (guint i = 0; i < report->lines->len; i++) {
        const struct line *line = report->lines->pdata[i];

        if (strcmp(line->check, check) == 0)
            return line->verdict == HOP_VERDICT_OK || line->verdict == HOP_VERDICT_WARN;
    }
    return false;
}

bool hop_report_failed(const struct hop_report *report)
{
    for (guint i = 0; i < report->lines->len; i++)
        if (((const struct line *)report->lines->pdata[i])->verdict == HOP_VERDICT_FAIL)
            return true;
    return false;
}

static void print_json(const struct hop_report *report)
{
    json_t *list = json_array();
    json_t *whole;

    for (guint i = 0; i < report->lines->len; i++) {
        const struct line *line = report->lines->pdata[i];

        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s?}", "check", line->check, "verdict",
                                              verdicts[line->verdict], "text", line->text, "mend",
                                              line->mend));
    }
    whole = json_pack("{s:b,s:o}", "ok", !hop_report_failed(report), "checks", list);
    json_dumpf(whole, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(whole);
}

void hop_report_print(const struct hop_report *report, bool json)
{
    static const char *const marks[] = { "ok  ", "-   ", "WARN", "FAIL" };

    if (json) {
        print_json(report);
        return;
    }
    for (guint i = 0; i < report->lines->len; i++) {
        const struct line *line = report->lines->pdata[i];

        printf("%s  %-16s %s\n", marks[line->verdict], line->check, line->text);
        if (line->mend != NULL)
            printf("      %-16s -> %s\n", "", line->mend);
    }
}
