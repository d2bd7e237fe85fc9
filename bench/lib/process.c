/* See process.h. */
#include "bench/lib/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool read_line(int pid, const char *task, const char *file, char *out, int cap)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/%s", pid, task, file);
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(out, cap, f);
    if (f)
        fclose(f);
    return ok;
}

struct hop_process_cpu hop_process_cpu(int pid)
{
    struct hop_process_cpu cpu = { 0 };
    char path[64], line[128], name[32];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        unsigned long long ns;
        if (e->d_name[0] == '.' || !read_line(pid, e->d_name, "schedstat", line, sizeof(line)) ||
            sscanf(line, "%llu", &ns) != 1 ||
            !read_line(pid, e->d_name, "comm", name, sizeof(name)))
            continue;
        cpu.all += ns;
        cpu.workers += strncmp(name, "hop-worker", 10) == 0 ? ns : 0;
        cpu.mix += strncmp(name, "hop-mix", 7) == 0 ? ns : 0;
    }
    if (dir)
        closedir(dir);
    return cpu;
}
