/* A fuzz target's assertion: it also holds in builds that define NDEBUG. */
#pragma once

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)
