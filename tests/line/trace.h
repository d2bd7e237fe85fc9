/* A script of changes to a line: "MS COMMAND" per line, times since its start, rising; `#` begins a
 * comment; "MS end" says when it ends (or begins again). Sans I/O: text and the time go in,
 * commands come out when they are due. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOP_LINE_STEPS = 20000 };

struct hop_line_trace;

/* -EINVAL: the number of the wrong text line is in *bad; -ENOMEM. */
int hop_line_trace_new(const char *text, bool loop, int64_t now_ns, struct hop_line_trace **out,
                       unsigned *bad);
void hop_line_trace_free(struct hop_line_trace *t);
/* The next command that is due, NULL: none. Good as long as the trace. */
const char *hop_line_trace_step(struct hop_line_trace *t, int64_t now_ns);
/* When to call step next; INT64_MAX: it has ended. */
int64_t hop_line_trace_next_ns(const struct hop_line_trace *t);
