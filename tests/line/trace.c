/* Scripts of an impaired line; see trace.h. Called by the relay's loop. */
#include "tests/line/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct step {
    int64_t at_ns;
    const char *command; /* into text; NULL: the end */
};

struct hop_line_trace {
    char *text;
    bool loop;
    int64_t begin_ns;
    size_t n, next;
    struct step steps[HOP_LINE_STEPS];
};

/* One line of the script. False: it is wrong. */
static bool parse_step(struct hop_line_trace *t, char *line)
{
    line[strcspn(line, "#\r")] = '\0';
    line += strspn(line, " \t");
    if (!*line)
        return true;
    char *rest;
    double ms = strtod(line, &rest);
    if (rest == line || ms < 0 || ms > 1e9 || t->n == HOP_LINE_STEPS)
        return false;
    rest += strspn(rest, " \t");
    struct step s = { .at_ns = (int64_t)(ms * 1e6), .command = strcmp(rest, "end") ? rest : NULL };
    const struct step *last = t->n ? &t->steps[t->n - 1] : NULL;
    if (!*rest || (last && (!last->command || last->at_ns > s.at_ns)))
        return false;
    t->steps[t->n++] = s;
    return true;
}

int hop_line_trace_new(const char *text, bool loop, int64_t now_ns, struct hop_line_trace **out,
                       unsigned *bad)
{
    struct hop_line_trace *t = calloc(1, sizeof(*t));
    if (!t || !(t->text = strdup(text))) {
        free(t);
        return -ENOMEM;
    }
    t->loop = loop;
    t->begin_ns = now_ns;
    unsigned n = 0;
    char *rest = t->text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        n++;
        if (!parse_step(t, line)) {
            *bad = n;
            hop_line_trace_free(t);
            return -EINVAL;
        }
    }
    /* a loop that takes no time would never let go */
    if (!t->n || (loop && (t->steps[t->n - 1].command || t->steps[t->n - 1].at_ns < 1000000))) {
        *bad = n;
        hop_line_trace_free(t);
        return -EINVAL;
    }
    *out = t;
    return 0;
}

void hop_line_trace_free(struct hop_line_trace *t)
{
    if (!t)
        return;
    free(t->text);
    free(t);
}

int64_t hop_line_trace_next_ns(const struct hop_line_trace *t)
{
    return t->next < t->n ? t->begin_ns + t->steps[t->next].at_ns : INT64_MAX;
}

const char *hop_line_trace_step(struct hop_line_trace *t, int64_t now_ns)
{
    if (hop_line_trace_next_ns(t) > now_ns)
        return NULL;
    const struct step *s = &t->steps[t->next++];
    if (s->command)
        return s->command;
    if (!t->loop)
        return NULL;
    t->begin_ns += s->at_ns;
    t->next = 0;
    return hop_line_trace_step(t, now_ns);
}
