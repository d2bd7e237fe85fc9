/* How a participant's line is, in words that can be told to people: good, poor or lost, what it
 * carries, and whether pictures suffer from it. Private to media/route; the room's worker thread.
 */
#pragma once

#include "media/base/types.h"

struct hop_route_peer;

enum {
    HOP_LINE_TOLD_US = 1000000, /* news of a line at most that often */
    /* one second's trouble is not worth a word, and trouble must be over before it is called so */
    HOP_LINE_WORSE_US = 2000000,
    HOP_LINE_BETTER_US = 5000000,
};

/* What is seen of a line at one moment. */
struct hop_line_facts {
    bool up;                /* something was heard from it lately */
    uint16_t loss_permille; /* the worse of both directions */
    uint16_t rtt_ms;        /* 0: unknown */
    bool limited, pausing;  /* pictures suffer; some are not sent at all */
    uint32_t down_kbps;     /* 0: unknown */
};

struct hop_line {
    enum hop_line_quality quality;
    int64_t worse_us, better_us; /* since when it looks so; 0: it does not */
    struct hop_line_state told;
    int64_t told_us; /* 0: never */
    int64_t up_lost, up_expected, up_us;
    uint16_t up_loss_permille; /* of the last second */
};

/* Takes the facts of now; returns the quality. Pure but for `line`. */
enum hop_line_quality hop_line_judge(struct hop_line *line, const struct hop_line_facts *facts,
                                     int64_t now_us);
/* Looks at the participant's line and tells the worker what has changed; every 100 ms or so. */
void hop_line_tick(struct hop_route_peer *peer, int64_t now_us);
/* Share of what was sent to him that did not arrive, as he reports it. */
uint16_t hop_line_sent_loss(const struct hop_route_peer *peer, int64_t now_us);
