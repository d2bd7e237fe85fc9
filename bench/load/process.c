/* See process.h. */
#include "bench/load/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool first_line(const char *path, char *line, int cap)
{
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(line, cap, f);
    if (f)
        fclose(f);
    return ok;
}

static uint64_t thread_ns(int pid, const char *tid, bool *worker)
{
    char path[300], line[128] = "";
    unsigned long long ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/comm", pid, tid);
    *worker = first_line(path, line, sizeof(line)) && strncmp(line, "hop-worker", 10) == 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", pid, tid);
    if (!first_line(path, line, sizeof(line)) || sscanf(line, "%llu", &ns) != 1)
        return 0;
    return ns;
}

static int64_t resident_kb(int pid)
{
    char path[64], line[128];
    long pages = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    if (!first_line(path, line, sizeof(line)) || sscanf(line, "%*s %ld", &pages) != 1)
        return 0;
    return pages * 4;
}

struct hop_load_cost hop_load_process_cost(int pid)
{
    struct hop_load_cost cost = { .rss_kb = resident_kb(pid) };
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        bool worker;
        if (e->d_name[0] == '.')
            continue;
        uint64_t ns = thread_ns(pid, e->d_name, &worker);
        cost.cpu_ns += ns;
        cost.worker_ns += worker ? ns : 0;
    }
    if (dir)
        closedir(dir);
    return cost;
}
