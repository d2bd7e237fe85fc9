/* Logging. A library module logs at debug only; the caller with the context logs the event once.
 * Level per module at run time. Any thread; one write(2) per line. */
#pragma once

#include <stdbool.h>

enum hop_log_level { HOP_LOG_ERROR, HOP_LOG_WARN, HOP_LOG_INFO, HOP_LOG_DEBUG };

/* A module names itself once per file, before including this header:
 *     #define HOP_LOG_MODULE "ice"
 */
#ifndef HOP_LOG_MODULE
#define HOP_LOG_MODULE "hop"
#endif

/* True when the module's messages of that level are wanted. */
bool hop_log_enabled(enum hop_log_level level, const char *module);

void hop_log_write(enum hop_log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets levels from a text like "info" or "info,ice=debug,dtls=warn". Returns 0 or -EINVAL, with the
 * old levels kept. Any thread. */
int hop_log_configure(const char *spec);

#define hop_log(level, ...)                                                                        \
    do {                                                                                           \
        if (hop_log_enabled((level), HOP_LOG_MODULE))                                              \
            hop_log_write((level), HOP_LOG_MODULE, __VA_ARGS__);                                   \
    } while (0)

#define hop_error(...) hop_log(HOP_LOG_ERROR, __VA_ARGS__)
#define hop_warn(...)  hop_log(HOP_LOG_WARN, __VA_ARGS__)
#define hop_info(...)  hop_log(HOP_LOG_INFO, __VA_ARGS__)
#define hop_debug(...) hop_log(HOP_LOG_DEBUG, __VA_ARGS__)
