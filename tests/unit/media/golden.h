/* Reads the RTP captures in tests/golden/rtp: packets behind two length bytes (RFC 4571). */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef HOP_TESTS_DIR /* CMake says where; this is for compiling the header alone */
#define HOP_TESTS_DIR "tests"
#endif

struct golden {
    uint8_t bytes[20000];
    size_t len, at;
};

static inline void golden_open(struct golden *g, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/golden/rtp/%s", HOP_TESTS_DIR, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        abort();
    }
    g->len = fread(g->bytes, 1, sizeof g->bytes, f);
    g->at = 0;
    fclose(f);
}

/* The next packet, or NULL. */
static inline const uint8_t *golden_next(struct golden *g, size_t *len)
{
    if (g->at + 2 > g->len)
        return NULL;
    *len = (size_t)(g->bytes[g->at] << 8 | g->bytes[g->at + 1]);
    const uint8_t *p = g->bytes + g->at + 2;
    g->at += 2 + *len;
    if (g->at > g->len)
        abort();
    return p;
}
