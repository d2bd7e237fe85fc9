/* Text as it is searched: without case, without diacritics, "đ" as "d". Any thread; no state. */
#pragma once

/* Free with g_free(). Text that is no UTF-8 gives "". */
char *hop_fold(const char *text);
/* The folded text as a pattern of LIKE … ESCAPE '\' that finds it anywhere. Free with g_free(). */
char *hop_fold_pattern(const char *text);
