/* The control language of an impaired line: words to settings. Called by the relay's command loop
 * and by the tests; no state. */
#include "tests/line/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t MAX_NS = 60LL * 1000000000;

struct hop_line_settings hop_line_settings_default(void)
{
    return (struct hop_line_settings){ .buffer_ns = 200000000, .bad_loss = 1 };
}

/* A number not below 0 and what is behind it. False: none. */
static bool number(const char *text, double *value, const char **unit)
{
    char *end;
    *value = strtod(text, &end);
    *unit = end;
    return end != text && *value >= 0 && *value < 1e15;
}

static bool scaled(const char *text, const char *const *units, const double *factors, double *out)
{
    const char *unit;
    if (!number(text, out, &unit))
        return false;
    for (int i = 0; units[i]; i++) {
        if (strcmp(unit, units[i]) == 0) {
            *out *= factors[i];
            return true;
        }
    }
    return false;
}

static bool duration(const char *text, int64_t *ns)
{
    static const char *const units[] = { "ms", "us", "s", NULL };
    static const double factors[] = { 1e6, 1e3, 1e9 };
    double value;
    if (!scaled(text, units, factors, &value) || value > (double)MAX_NS)
        return false;
    *ns = (int64_t)value;
    return true;
}

static bool quantity(const char *text, int64_t *out)
{
    static const char *const units[] = { "", "k", "M", "G", NULL };
    static const double factors[] = { 1, 1e3, 1e6, 1e9 };
    double value;
    if (!scaled(text, units, factors, &value))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool share(const char *text, double *out)
{
    static const char *const units[] = { "%", "", NULL };
    static const double factors[] = { 0.01, 1 };
    double value;
    if (!scaled(text, units, factors, &value) || value > 1)
        return false;
    *out = value;
    return true;
}

static bool buffer(const char *text, struct hop_line_settings *s)
{
    if (duration(text, &s->buffer_ns)) {
        s->buffer_bytes = 0;
        return s->buffer_ns > 0;
    }
    s->buffer_ns = 0;
    return quantity(text, &s->buffer_bytes) && s->buffer_bytes > 0;
}

static bool jitter(const char *text, struct hop_line_settings *s)
{
    static const char *const kinds[] = { "uniform", "normal", "exponential" };
    char time[32];
    const char *kind = strchr(text, ':');
    if (snprintf(time, sizeof(time), "%.*s", kind ? (int)(kind - text) : (int)strlen(text), text) >=
        (int)sizeof(time))
        return false;
    s->jitter = HOP_LINE_UNIFORM;
    for (unsigned i = 0; kind; i++) {
        if (i == sizeof(kinds) / sizeof(kinds[0]))
            return false;
        if (strcmp(kind + 1, kinds[i]) == 0) {
            s->jitter = (enum hop_line_jitter)i;
            break;
        }
    }
    return duration(time, &s->jitter_ns);
}

static bool word(char *text, struct hop_line_settings *s)
{
    if (strcmp(text, "clean") == 0) {
        *s = hop_line_settings_default();
        return true;
    }
    char *value = strchr(text, '=');
    if (!value)
        return false;
    size_t n = (size_t)(value++ - text);
    const char *unit;
#define KEY(name) (n == strlen(name) && strncmp(text, name, n) == 0)
    if (KEY("rate"))
        return quantity(value, &s->rate_bps);
    if (KEY("buffer"))
        return buffer(value, s);
    if (KEY("delay"))
        return duration(value, &s->delay_ns);
    if (KEY("jitter"))
        return jitter(value, s);
    if (KEY("reorder") && (strcmp(value, "0") == 0 || strcmp(value, "1") == 0)) {
        s->reorder = *value == '1';
        return true;
    }
    if (KEY("loss"))
        return share(value, &s->loss);
    if (KEY("bad_loss"))
        return share(value, &s->bad_loss) && s->bad_loss > 0;
    if (KEY("burst"))
        return number(value, &s->burst, &unit) && !*unit;
#undef KEY
    return false;
}

int hop_line_settings_parse(const char *text, struct hop_line_settings *settings, char bad[64])
{
    struct hop_line_settings s = *settings;
    char copy[512], *rest = copy;
    if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy)) {
        snprintf(bad, 64, "too long");
        return -EINVAL;
    }
    for (char *w; (w = strsep(&rest, " \t\r\n"));) {
        if (!*w)
            continue;
        char shown[64];
        snprintf(shown, sizeof(shown), "%.63s", w);
        if (!word(w, &s)) {
            memcpy(bad, shown, sizeof(shown));
            return -EINVAL;
        }
    }
    if (s.bad_loss < s.loss)
        s.bad_loss = s.loss;
    *settings = s;
    return 0;
}
