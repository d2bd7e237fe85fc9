/* What invitations say, in Vietnamese and English. Any thread; no state. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum hop_words_why {
    HOP_WORDS_INVITED,
    HOP_WORDS_CHANGED,
    HOP_WORDS_CANCELLED,
    HOP_WORDS_OCCURRENCE_CHANGED,
    HOP_WORDS_OCCURRENCE_CANCELLED,
    HOP_WORDS_REMOVED,
    HOP_WORDS_REMINDER,
    HOP_WORDS_COUNT
};

struct hop_words {
    const char *language;
    const char *subjects[HOP_WORDS_COUNT], *intros[HOP_WORDS_COUNT]; /* subjects with one %s */
    const char *greeting;                                            /* with one %s */
    const char *title, *when, *repeats, *place, *organizer, *role, *about, *join, *answer;
    const char *accept, *tentative, *decline;
    const char *changes, *was, *is, *nothing; /* "before", "now", where there is nothing */
    const char *personal, *footer;            /* footer with one %s */
    const char *all_day, *description;
};

/* One of the texts above with `what` in the place of its %s. Free with g_free(). */
char *hop_words_fill(const char *text, const char *what);
/* NULL or unknown: Vietnamese. */
const struct hop_words *hop_words_of(const char *language);
/* Of a participant: "chair", … as people say it; an unknown one as it is. */
const char *hop_words_role(const struct hop_words *words, const char *role);

/* "14:30 – 15:30, thứ Hai, 23/11/2026 (Asia/Ho_Chi_Minh, UTC+07:00)". Free with g_free(). */
char *hop_words_time(const struct hop_words *words, int64_t starts_us, int64_t ends_us,
                     const char *zone, bool all_day);
/* A rule of repetition in words; one that is too special says only how often. Free with g_free().
 */
char *hop_words_rule(const struct hop_words *words, const char *rrule);
