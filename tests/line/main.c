/* hop-line: joins two network namespaces by a line that is as bad as wanted, and changes when told.
 *
 *     hop-line [--seed N] NETNS IF ADDRESS/BITS  NETNS IF ADDRESS/BITS
 *
 * The first end is the server's, the second the client's; NETNS is a path or "-". Commands come on
 * stdin, one a line, each answered by one line of JSON; the end of stdin ends it. README.md has the
 * commands. One thread. */
#include "tests/line/line.h"
#include "tests/line/trace.h"
#include "tests/line/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { DOWN, UP, DIRECTIONS };
enum { BATCH = 256, COMMAND = 1024, SCRIPT = 1 << 20 };

static struct {
    struct hop_line *line[DIRECTIONS];
    int fd[DIRECTIONS]; /* [DOWN]: the server's end, whose packets go down */
    struct hop_line_trace *trace;
    int64_t begin_ns;
    char input[COMMAND];
    size_t input_len;
    bool input_skipped, ended;
} relay;

static int64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void print_error(const char *why, const char *detail)
{
    printf("{\"error\":\"%s\",\"detail\":\"", why);
    for (; *detail; detail++)
        putchar(*detail == '"' || *detail == '\\' || (unsigned char)*detail < ' ' ? '?' : *detail);
    printf("\"}\n");
}

static void begin_answer(int64_t now_ns)
{
    printf("{\"ok\":true,\"at_ms\":%.3f,\"wall_ms\":%.3f", (double)(now_ns - relay.begin_ns) / 1e6,
           (double)clock_ns(CLOCK_REALTIME) / 1e6);
}

static void print_both(const char *what, int64_t from_ms, int64_t now_ns)
{
    static const char *const names[] = { "down", "up" };
    begin_answer(now_ns);
    for (int i = 0; i < DIRECTIONS; i++) {
        printf(",\"%s\":", names[i]);
        const struct hop_line_counters *c = hop_line_counters(relay.line[i]);
        if (strcmp(what, "tenths") == 0)
            hop_line_counters_print_tenths(c, from_ms, stdout);
        else
            hop_line_counters_print(c, now_ns, stdout);
    }
    printf("}\n");
}

/* "rate=1M …" for one direction or both. False, and bad says why: nothing has changed. */
static bool change(bool down, bool up, const char *words, int64_t now_ns, char bad[64])
{
    struct hop_line_settings s[DIRECTIONS];
    const bool wanted[] = { down, up };
    for (int i = 0; i < DIRECTIONS; i++) {
        s[i] = *hop_line_settings(relay.line[i]);
        if (wanted[i] && hop_line_settings_parse(words, &s[i], bad) != 0)
            return false;
    }
    for (int i = 0; i < DIRECTIONS; i++)
        hop_line_set(relay.line[i], &s[i], now_ns);
    return true;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = f ? calloc(1, SCRIPT + 1) : NULL;
    if (text && fread(text, 1, SCRIPT, f) == SCRIPT) {
        free(text);
        text = NULL;
    }
    if (f)
        fclose(f);
    return text;
}

static void start_trace(const char *path, bool loop, int64_t now_ns)
{
    struct hop_line_trace *t;
    char *text = read_file(path), where[32];
    unsigned bad = 0;
    int err = text ? hop_line_trace_new(text, loop, now_ns, &t, &bad) : -ENOENT;
    free(text);
    if (err) {
        snprintf(where, sizeof(where), "line %u", bad);
        print_error("trace", bad ? where : path);
        return;
    }
    hop_line_trace_free(relay.trace);
    relay.trace = t;
    begin_answer(now_ns);
    printf("}\n");
}

static void reset(int64_t now_ns)
{
    for (int i = 0; i < DIRECTIONS; i++)
        hop_line_counters_reset(hop_line_counters(relay.line[i]), now_ns);
}

static void run_command(char *text, int64_t now_ns)
{
    char bad[64], *words = text;
    const char *verb = strsep(&words, " \t");
    words = words ? words : text + strlen(text);
    bool down = strcmp(verb, "down") == 0, up = strcmp(verb, "up") == 0;
    down = down || strcmp(verb, "both") == 0;
    up = up || strcmp(verb, "both") == 0;
    if (down || up) {
        if (!change(down, up, words, now_ns, bad)) {
            print_error("setting", bad);
            return;
        }
    } else if (strcmp(verb, "stats") == 0 || strcmp(verb, "tenths") == 0) {
        print_both(verb, atoll(words), now_ns);
        return;
    } else if (strcmp(verb, "trace") == 0) {
        char *path = strsep(&words, " \t");
        start_trace(path, words && strcmp(words, "loop") == 0, now_ns);
        return;
    } else if (strcmp(verb, "stop") == 0) {
        hop_line_trace_free(relay.trace);
        relay.trace = NULL;
    } else if (strcmp(verb, "reset") == 0) {
        reset(now_ns);
    } else {
        print_error("command", verb);
        return;
    }
    begin_answer(now_ns);
    printf("}\n");
}

static void read_commands(int64_t now_ns)
{
    ssize_t n = read(STDIN_FILENO, relay.input + relay.input_len, COMMAND - 1 - relay.input_len);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        relay.ended = true;
    relay.input_len += n > 0 ? (size_t)n : 0;
    for (char *end; (end = memchr(relay.input, '\n', relay.input_len));) {
        size_t len = (size_t)(end - relay.input);
        *end = '\0';
        if (!relay.input_skipped && len)
            run_command(relay.input, now_ns);
        relay.input_skipped = false;
        relay.input_len -= len + 1;
        memmove(relay.input, end + 1, relay.input_len);
    }
    if (relay.input_len == COMMAND - 1) { /* too long for a command */
        print_error("command", "too long");
        relay.input_skipped = true;
        relay.input_len = 0;
    }
    fflush(stdout);
}

/* Changes of a running script; what is wrong in it is told like a wrong command. */
static void run_trace(int64_t now_ns)
{
    const char *step;
    char bad[64];
    while (relay.trace && (step = hop_line_trace_step(relay.trace, now_ns))) {
        bool down = strncmp(step, "down ", 5) == 0, both = strncmp(step, "both ", 5) == 0;
        bool up = strncmp(step, "up ", 3) == 0;
        if (!(down || up || both) ||
            !change(down || both, up || both, strchr(step, ' ') + 1, now_ns, bad)) {
            print_error("trace", step);
            fflush(stdout);
        }
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void carry(int direction, int64_t now_ns)
{
    struct hop_line *l = relay.line[direction];
    uint8_t packet[HOP_LINE_MTU + 1];
    ssize_t n;
    for (int i = 0; i < BATCH && (n = read(relay.fd[direction], packet, sizeof(packet))) > 0; i++)
        hop_line_push(l, packet, (size_t)n, now_ns);
}

static void deliver(int direction, int64_t now_ns)
{
    const struct hop_line_packet *p;
    while ((p = hop_line_pop(relay.line[direction], now_ns))) {
        ssize_t ignored = write(relay.fd[!direction], p->data, p->len); /* its end may be down */
        (void)ignored;
    }
}

static void arm(int timer)
{
    int64_t next = relay.trace ? hop_line_trace_next_ns(relay.trace) : INT64_MAX;
    for (int i = 0; i < DIRECTIONS; i++) {
        int64_t n = hop_line_next_ns(relay.line[i]);
        next = n < next ? n : next;
    }
    struct itimerspec t = { 0 };
    if (next != INT64_MAX) {
        next = next > 1 ? next : 1; /* 0 would disarm it */
        t.it_value.tv_sec = next / 1000000000;
        t.it_value.tv_nsec = next % 1000000000;
    }
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static int loop(void)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const int fds[] = { relay.fd[DOWN], relay.fd[UP], timer, STDIN_FILENO };
    for (unsigned i = 0; i < 4; i++) {
        struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
        if (poll < 0 || timer < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &e))
            return -errno;
    }
    while (!relay.ended) {
        struct epoll_event events[4];
        arm(timer);
        int n = epoll_wait(poll, events, 4, -1);
        int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
        run_trace(now_ns);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u32 < DIRECTIONS)
                carry((int)events[i].data.u32, now_ns);
            else if (events[i].data.u32 == 3)
                read_commands(now_ns);
        }
        uint64_t expirations;
        ssize_t ignored = read(timer, &expirations, sizeof(expirations));
        (void)ignored;
        deliver(DOWN, now_ns);
        deliver(UP, now_ns);
    }
    return 0;
}

/* A relay that comes late is a worse line than the one asked for: before all else that runs. */
static void be_punctual(void)
{
    struct sched_param p = { .sched_priority = 10 };
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) && nice(-15) == -1)
        fprintf(stderr, "hop-line: no priority, it may come late\n");
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    if (argc > 2 && strcmp(argv[1], "--seed") == 0) {
        seed = strtoull(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (argc != 7) {
        fprintf(stderr, "usage: hop-line [--seed N] NETNS IF ADDRESS/BITS NETNS IF ADDRESS/BITS\n");
        return 2;
    }
    relay.begin_ns = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < DIRECTIONS; i++) {
        char **end = argv + 1 + 3 * i;
        const char *what = "memory";
        int err = hop_line_new(2 * seed + (uint64_t)i, relay.begin_ns, &relay.line[i]);
        if (!err)
            err = hop_line_tun_open(end[0], end[1], end[2], &relay.fd[i], &what);
        if (err) {
            fprintf(stderr, "hop-line: %s %s: %s: %s\n", end[0], end[1], what, strerror(-err));
            return 1;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    be_punctual();
    printf("{\"ready\":true}\n");
    fflush(stdout);
    int err = loop();
    hop_line_trace_free(relay.trace);
    hop_line_free(relay.line[DOWN]);
    hop_line_free(relay.line[UP]);
    return err ? 1 : 0;
}
