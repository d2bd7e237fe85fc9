/* One direction of an impaired line: a drop-tail queue in front of a link of some rate, behind it
 * loss, delay and jitter. Sans I/O: packets and the time go in, packets and the next deadline come
 * out, so the same code runs in the relay (main.c) and, in virtual time, in its tests. One thread.
 *
 *     hop_line_push(line, data, len, now);
 *     while ((p = hop_line_pop(line, now)))
 *         write(fd, p->data, p->len);
 *     sleep until hop_line_next_ns(line);
 *
 * Times are monotonic nanoseconds and never go back. */
#pragma once

#include "tests/line/counters.h"
#include "tests/line/settings.h"

#include <stddef.h>

enum {
    HOP_LINE_MTU = 1500,      /* bytes of the longest packet */
    HOP_LINE_PACKETS = 16384, /* under way in one direction, at most */
};

struct hop_line_packet {
    int64_t in_ns;   /* when it came */
    int64_t due_ns;  /* when it is to leave */
    uint64_t number; /* in the order of coming */
    uint32_t len;
    uint8_t data[HOP_LINE_MTU];
};

struct hop_line;

/* A line that changes nothing. The same seed loses and delays the same packets. -ENOMEM. */
int hop_line_new(uint64_t seed, int64_t now_ns, struct hop_line **out);
void hop_line_free(struct hop_line *l);

/* From now on; what is being sent goes on with the bits that are left at the new rate. */
void hop_line_set(struct hop_line *l, const struct hop_line_settings *s, int64_t now_ns);
const struct hop_line_settings *hop_line_settings(const struct hop_line *l);

/* A packet comes in; it is copied, or dropped and counted. */
void hop_line_push(struct hop_line *l, const uint8_t *data, size_t len, int64_t now_ns);
/* A packet that has come through; NULL: none yet. Good until the next call. */
const struct hop_line_packet *hop_line_pop(struct hop_line *l, int64_t now_ns);
/* When to call pop next; INT64_MAX: nothing is under way. */
int64_t hop_line_next_ns(const struct hop_line *l);

struct hop_line_counters *hop_line_counters(struct hop_line *l);
