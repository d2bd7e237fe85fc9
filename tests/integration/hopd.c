/* See hopd.h. */
#include "tests/integration/hopd.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_FD = 3, MAX_ARGS = 64, START_MS = 30000, STOP_MS = 20000 };

/* ---- files ----------------------------------------------------------------------------------- */

static bool write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    return (f && fclose(f) == 0) && ok;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t cap = 0;
    if (f && getdelim(&text, &cap, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    if (f)
        fclose(f);
    return text ? text : strdup("");
}

static void in_dir(const struct hopd *h, const char *name, char out[2 * HOPD_PATH])
{
    snprintf(out, 2 * HOPD_PATH, "%s/%s", h->dir, name);
}

bool hopd_prepare(struct hopd *h, const struct hopd_options *options)
{
    char path[2 * HOPD_PATH];
    *h = (struct hopd){ .pidfd = -1, .ready_fd = -1 };
    if (options)
        h->options = *options;
    snprintf(h->dir, sizeof(h->dir), "/tmp/hopd-XXXXXX");
    if (!mkdtemp(h->dir))
        return false;
    snprintf(h->state, sizeof(h->state), "%s/state", h->dir);
    in_dir(h, "web", path);
    if (mkdir(h->state, 0700) != 0 || mkdir(path, 0700) != 0)
        return false;
    in_dir(h, "web/index.html", path);
    if (!write_file(path, "<!doctype html><title>hop</title>"))
        return false;
    in_dir(h, "hopd.conf", path);
    if (!write_file(path, "[server]\n"))
        return false;
    in_dir(h, "password", path);
    return write_file(path, HOPD_PASSWORD);
}

char *hopd_log(const struct hopd *h)
{
    char path[2 * HOPD_PATH];
    in_dir(h, "log", path);
    return read_file(path);
}

static void print_log(const struct hopd *h)
{
    char *log = hopd_log(h);
    fprintf(stderr, "---- hopd said:\n%s----\n", log);
    free(log);
}

void hopd_inside(const struct hopd *h, const char *name, char out[2 * HOPD_PATH])
{
    if (h->pid)
        snprintf(out, 2 * HOPD_PATH, "/proc/%d/root%.120s/%.100s", (int)h->pid, h->state, name);
    else
        snprintf(out, 2 * HOPD_PATH, "%.200s/%.100s", h->state, name);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* ---- the child ------------------------------------------------------------------------------- */

/* The test's own options for the sanitizers, and the suppressions; little is kept of what was
 * freed, so that its memory can be judged. */
static void set_sanitizer_options(void)
{
    const char *given = getenv("ASAN_OPTIONS");
    char text[512];
    snprintf(text, sizeof(text), "detect_leaks=1:%s:quarantine_size_mb=8", given ? given : "");
    setenv("ASAN_OPTIONS", text, 1);
    setenv("LSAN_OPTIONS", "suppressions=" HOP_SOURCE_DIR "/tests/lsan.supp:print_suppressions=0",
           0);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1", 0);
}

static bool mount_disk(const struct hopd *h)
{
    char size[32];
    if (h->options.disk_kb == 0)
        return true;
    snprintf(size, sizeof(size), "size=%uk", h->options.disk_kb);
    /* in a chroot "/" is no mount, and the disk may show outside: hopd_remove() takes it away */
    return unshare(CLONE_NEWNS) == 0 &&
           (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 || errno == EINVAL) &&
           mount("disk", h->state, "tmpfs", 0, size) == 0;
}

/* Out of the way of those that hopd is given. */
static int open_program(void)
{
    return fcntl(open(HOPD, O_PATH | O_CLOEXEC), F_DUPFD_CLOEXEC, READY_FD + 8);
}

/* The program by its descriptor: who has given up root's rights may not reach it by its path. */
static void become(int program, const char *const *args, int out, int ready)
{
    const char *argv[MAX_ARGS + 2] = { HOPD };
    for (int i = 0; i < MAX_ARGS && args[i]; i++)
        argv[i + 1] = args[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
    set_sanitizer_options();
    dup2(out, 1);
    dup2(out, 2);
    if (ready >= 0 && ready != READY_FD)
        dup2(ready, READY_FD);
    close_range((unsigned)(ready >= 0 ? READY_FD + 1 : READY_FD), ~0u, CLOSE_RANGE_CLOEXEC);
    execveat(program, "", (char *const *)argv, environ, AT_EMPTY_PATH);
    dprintf(2, "%s: %s\n", HOPD, strerror(errno));
    _exit(127);
}

struct arguments {
    char text[MAX_ARGS][2 * HOPD_PATH];
    const char *list[MAX_ARGS + 1];
    int n;
};

static void add(struct arguments *a, const char *name, const char *value)
{
    a->list[a->n++] = name;
    snprintf(a->text[a->n], sizeof(a->text[a->n]), "%s", value);
    a->list[a->n] = a->text[a->n];
    a->n++;
}

static void add_port(struct arguments *a, const char *name, int port)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", port);
    add(a, name, text);
}

static void make_arguments(const struct hopd *h, struct arguments *a)
{
    char path[2 * HOPD_PATH];
    memset(a, 0, sizeof(*a));
    in_dir(h, "hopd.conf", path);
    add(a, "--config", path); /* not the machine's own */
    add(a, "--state-dir", h->state);
    in_dir(h, "web", path);
    add(a, "--web-root", path);
    in_dir(h, "password", path);
    add(a, "--admin-password-file", path);
    add_port(a, "--ready-fd", READY_FD);
    add_port(a, "--https-port", h->https);
    add_port(a, "--http-port", h->http);
    add_port(a, "--media-port", h->media);
    add(a, "--set", "media.addresses=127.0.0.1;::1");
    for (int i = 0; i < HOPD_MAX_SET && h->options.set[i]; i++)
        add(a, "--set", h->options.set[i]);
}

bool hopd_spawn(struct hopd *h)
{
    struct arguments a;
    char path[2 * HOPD_PATH];
    int ready[2];
    in_dir(h, "log", path);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || pipe2(ready, O_CLOEXEC) != 0)
        return false;
    make_arguments(h, &a);
    h->pid = fork();
    if (h->pid == 0) {
        if (!mount_disk(h)) {
            dprintf(log, "no disk: %s\n", strerror(errno));
            _exit(126);
        }
        become(open_program(), a.list, log, ready[1]);
    }
    close(log);
    close(ready[1]);
    h->ready_fd = ready[0];
    if (h->pid > 0)
        h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
    return h->pid > 0 && h->pidfd >= 0;
}

/* ---- waiting for it -------------------------------------------------------------------------- */

struct wait {
    struct hopd *h;
    int fd;
    char line[256];
    size_t len;
};

/* The pipe has a whole line, or is at its end. */
static bool line_there(void *ctx)
{
    struct wait *w = ctx;
    struct pollfd p = { .fd = w->fd, .events = POLLIN };
    if (poll(&p, 1, 0) != 1)
        return false;
    ssize_t n = read(w->fd, w->line + w->len, sizeof(w->line) - 1 - w->len);
    w->len += n > 0 ? (size_t)n : 0;
    w->line[w->len] = '\0';
    return n <= 0 || strchr(w->line, '\n');
}

static bool read_ports(struct hopd *h, const char *line)
{
    json_t *ports = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    bool ok = json_unpack(ports, "{s:i, s:i, s:i}", "https", &h->https, "http", &h->http, "media",
                          &h->media) == 0;
    json_decref(ports);
    snprintf(h->url, sizeof(h->url), "http://127.0.0.1:%d", h->http);
    return ok;
}

bool hopd_wait_ready(struct hopd *h, struct hop_client_loop *loop, int timeout_ms)
{
    struct wait w = { .h = h, .fd = h->ready_fd };
    hop_client_loop_pump(loop, 1);
    bool came = hop_client_loop_run(loop, line_there, &w, (int64_t)timeout_ms * 1000);
    hop_client_loop_pump(loop, -1);
    close(h->ready_fd);
    h->ready_fd = -1;
    if (came && read_ports(h, w.line))
        return true;
    fprintf(stderr, "hopd was not ready\n");
    print_log(h);
    return false;
}

bool hopd_start(struct hopd *h, const struct hopd_options *options, struct hop_client_loop *loop)
{
    return hopd_prepare(h, options) && hopd_spawn(h) && hopd_wait_ready(h, loop, START_MS);
}

static bool is_gone(void *ctx)
{
    struct pollfd p = { .fd = ((struct wait *)ctx)->fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int reap(struct hopd *h)
{
    int status = 0;
    waitpid(h->pid, &status, 0);
    close(h->pidfd);
    h->pid = 0;
    h->pidfd = -1;
    return code_of(status);
}

int hopd_wait_exit(struct hopd *h, struct hop_client_loop *loop, int timeout_ms)
{
    struct wait w = { .h = h, .fd = h->pidfd };
    if (!h->pid)
        return -1;
    hop_client_loop_pump(loop, 1);
    bool gone = hop_client_loop_run(loop, is_gone, &w, (int64_t)timeout_ms * 1000);
    hop_client_loop_pump(loop, -1);
    int code = gone ? reap(h) : -1;
    if (code != 0) {
        fprintf(stderr, "hopd: exit code %d\n", code);
        print_log(h);
    }
    return code;
}

int hopd_stop(struct hopd *h, struct hop_client_loop *loop)
{
    if (!h->pid)
        return -1;
    kill(h->pid, SIGTERM);
    return hopd_wait_exit(h, loop, STOP_MS);
}

void hopd_kill(struct hopd *h)
{
    if (!h->pid)
        return;
    kill(h->pid, SIGKILL);
    reap(h);
}

bool hopd_runs(const struct hopd *h)
{
    struct pollfd p = { .fd = h->pidfd, .events = POLLIN };
    return h->pid && poll(&p, 1, 0) == 0;
}

void hopd_remove(struct hopd *h)
{
    hopd_kill(h);
    if (h->ready_fd >= 0)
        close(h->ready_fd);
    h->ready_fd = -1;
    if (h->options.disk_kb > 0)
        umount2(h->state, MNT_DETACH); /* where it showed outside the namespace */
    if (h->dir[0])
        nftw(h->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    h->dir[0] = '\0';
}

/* ---- a run to the end ------------------------------------------------------------------------ */

static char *read_all(int fd)
{
    FILE *f = fdopen(fd, "r");
    char *text = NULL;
    size_t cap = 0;
    if (getdelim(&text, &cap, '\0', f) < 0)
        text[0] = '\0';
    fclose(f);
    return text;
}

int hopd_run(const char *const *args, bool as_nobody, char **output)
{
    int out[2], status = 0;
    if (pipe2(out, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int program = open_program();
        if (as_nobody && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
            _exit(126);
        alarm(START_MS / 1000);
        become(program, args, out[1], -1);
    }
    close(out[1]);
    *output = read_all(out[0]);
    waitpid(pid, &status, 0);
    return code_of(status);
}
