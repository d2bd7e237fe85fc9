/* What the doctor found: one line per check, with what to do where it is wrong. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum hop_verdict {
    HOP_VERDICT_OK,
    HOP_VERDICT_NONE, /* not configured, or cannot be tried because of something else */
    HOP_VERDICT_WARN,
    HOP_VERDICT_FAIL,
};

struct hop_report;

struct hop_report *hop_report_new(void);
void hop_report_free(struct hop_report *report);

/* `check` and `mend` are copied; mend NULL: there is nothing to mend. */
void hop_report_add(struct hop_report *report, const char *check, enum hop_verdict verdict,
                    const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Whether that check was added and did not fail. */
bool hop_report_passed(const struct hop_report *report, const char *check);
bool hop_report_failed(const struct hop_report *report);
/* To stdout, for people or as one JSON object. */
void hop_report_print(const struct hop_report *report, bool json);
