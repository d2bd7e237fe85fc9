/* The log: lines to standard error, a level per module. Any thread.
 *
 * Readers never lock: a module's entry is written before the count that publishes it and its name
 * never changes after that; only levels do, atomically. */
#include "media/base/log.h"

#include "media/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_MODULES = 48, MAX_MODULE_NAME = 23, MAX_LINE = 1024, LEVEL_INHERIT = -1 };

struct module_level {
    char name[MAX_MODULE_NAME + 1];
    _Atomic int level; /* hop_log_level or LEVEL_INHERIT */
};

static struct module_level modules[MAX_MODULES];
static _Atomic unsigned n_modules;
static _Atomic int default_level = HOP_LOG_INFO;
static _Atomic int highest_level = HOP_LOG_INFO; /* the cheap answer for what nobody wants */
static pthread_mutex_t configure_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const level_names[] = { "error", "warn", "info", "debug" };

bool hop_log_enabled(enum hop_log_level level, const char *module)
{
    if ((int)level > atomic_load_explicit(&highest_level, memory_order_relaxed))
        return false;
    unsigned n = atomic_load_explicit(&n_modules, memory_order_acquire);
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(modules[i].name, module) != 0)
            continue;
        int own = atomic_load_explicit(&modules[i].level, memory_order_relaxed);
        if (own != LEVEL_INHERIT)
            return (int)level <= own;
        break;
    }
    return (int)level <= atomic_load_explicit(&default_level, memory_order_relaxed);
}

static int print_head(char *line, enum hop_log_level level, const char *module)
{
    int64_t now = hop_wall_us();
    time_t seconds = (time_t)(now / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return snprintf(line, MAX_LINE,
                    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %-5s %s: ", tm.tm_year + 1900,
                    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                    (int)(now / 1000 % 1000), level_names[level], module);
}

void hop_log_write(enum hop_log_level level, const char *module, const char *format, ...)
{
    char line[MAX_LINE];
    int head = print_head(line, level, module);
    va_list args;
    va_start(args, format);
    int body = vsnprintf(line + head, sizeof(line) - (size_t)head, format, args);
    va_end(args);
    size_t len = (size_t)head + (body > 0 ? (size_t)body : 0);
    if (len > sizeof(line) - 1)
        len = sizeof(line) - 1;
    /* Text from the network may be in the message: it must not be able to forge a line. */
    for (size_t i = (size_t)head; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* there is nobody left to tell */
}

static int parse_level(const char *text, size_t len)
{
    for (int i = 0; i <= HOP_LOG_DEBUG; i++)
        if (strlen(level_names[i]) == len && memcmp(level_names[i], text, len) == 0)
            return i;
    return -EINVAL;
}

struct parsed {
    char name[MAX_MODULE_NAME + 1];
    int level;
};

/* One comma-separated part: "info" or "ice=debug". */
static int parse_part(const char *part, size_t len, struct parsed *out)
{
    const char *equals = memchr(part, '=', len);
    size_t name_len = equals ? (size_t)(equals - part) : 0;
    if ((equals && name_len == 0) || name_len > MAX_MODULE_NAME)
        return -EINVAL;
    memcpy(out->name, part, name_len);
    out->name[name_len] = '\0';
    size_t skip = equals ? name_len + 1 : 0;
    out->level = parse_level(part + skip, len - skip);
    return out->level < 0 ? -EINVAL : 0;
}

static struct module_level *find_or_add(const char *name)
{
    unsigned n = atomic_load_explicit(&n_modules, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++)
        if (strcmp(modules[i].name, name) == 0)
            return &modules[i];
    if (n == MAX_MODULES)
        return NULL;
    memcpy(modules[n].name, name, sizeof(modules[n].name));
    atomic_store_explicit(&modules[n].level, LEVEL_INHERIT, memory_order_relaxed);
    atomic_store_explicit(&n_modules, n + 1, memory_order_release);
    return &modules[n];
}

static void apply(const struct parsed *parts, size_t n)
{
    int fallback = HOP_LOG_INFO, highest = -1;
    for (unsigned i = 0; i < atomic_load(&n_modules); i++)
        atomic_store(&modules[i].level, LEVEL_INHERIT);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].name[0] == '\0') {
            fallback = parts[i].level;
            continue;
        }
        struct module_level *m = find_or_add(parts[i].name);
        if (!m)
            continue;
        atomic_store(&m->level, parts[i].level);
        if (parts[i].level > highest)
            highest = parts[i].level;
    }
    atomic_store(&default_level, fallback);
    atomic_store(&highest_level, highest > fallback ? highest : fallback);
}

int hop_log_configure(const char *spec)
{
    struct parsed parts[MAX_MODULES];
    size_t n = 0;
    for (const char *p = spec;; p++) {
        size_t len = strcspn(p, ",");
        if (n == MAX_MODULES || parse_part(p, len, &parts[n]) != 0)
            return -EINVAL;
        n++;
        p += len;
        if (*p == '\0')
            break;
    }
    pthread_mutex_lock(&configure_lock);
    apply(parts, n);
    pthread_mutex_unlock(&configure_lock);
    return 0;
}
