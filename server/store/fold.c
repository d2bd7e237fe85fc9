/* See fold.h. */
#include "server/store/fold.h"

#include <glib.h>

static gunichar without_stroke(gunichar c)
{
    return c == 0x111 || c == 0xf0 ? 'd' : c; /* đ and ð have no decomposition */
}

char *hop_fold(const char *text)
{
    g_autofree char *apart = NULL;
    GString *out = g_string_new(NULL);

    if (g_utf8_validate(text, -1, NULL))
        apart = g_utf8_normalize(text, -1, G_NORMALIZE_NFKD);
    for (const char *at = apart; at != NULL && *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (!g_unichar_ismark(c))
            g_string_append_unichar(out, without_stroke(g_unichar_tolower(c)));
    }
    return g_string_free(out, FALSE);
}

char *hop_fold_pattern(const char *text)
{
    g_autofree char *folded = hop_fold(text);
    GString *out = g_string_new("%");

    for (const char *at = folded; *at != '\0'; at++) {
        if (*at == '%' || *at == '_' || *at == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '%');
    return g_string_free(out, FALSE);
}
