/* The impaired line as a program: hop-line between two network namespaces of this process, real UDP
 * through it. What it loses is compared, packet by packet, with the same line in virtual time. */
#include "tests/line/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

enum { PORT = 7000, PATIENCE_MS = 10000, HEADERS = 28 };
#define SEED 11

static struct {
    int near_ns, far_ns, in, out; /* in: our end of its stdin */
    pid_t pid;
    FILE *answers;
    int near, far; /* UDP sockets at the two ends */
} line;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t); /* what the kernel stamps packets with */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int udp_at(int ns, const char *address)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int on = 1, buffer = 4 << 20;
    assert_int_equal(setns(ns, CLONE_NEWNET), 0);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(inet_pton(AF_INET, address, &a.sin_addr), 1);
    assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
    setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
    return s;
}

static void start_program(void)
{
    char near[64], far[64], seed[16];
    int in[2], out[2];
    snprintf(near, sizeof(near), "/proc/%d/fd/%d", (int)getpid(), line.near_ns);
    snprintf(far, sizeof(far), "/proc/%d/fd/%d", (int)getpid(), line.far_ns);
    snprintf(seed, sizeof(seed), "%d", SEED);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    line.pid = fork();
    if (line.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(HOP_LINE, "hop-line", "--seed", seed, near, "near", "10.97.0.1/24", far, "far",
              "10.97.0.2/24", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    line.in = in[1];
    line.answers = fdopen(out[0], "r");
}

static json_t *answer(void)
{
    char text[65536];
    assert_non_null(fgets(text, sizeof(text), line.answers));
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    return j;
}

static json_t *command(const char *text)
{
    assert_int_equal(dprintf(line.in, "%s\n", text), (int)strlen(text) + 1);
    return answer();
}

static void tell(const char *text)
{
    json_t *j = command(text);
    assert_true(json_is_true(json_object_get(j, "ok")));
    json_decref(j);
}

static long long counted(const char *direction, const char *fate)
{
    json_t *j = command("stats");
    json_t *f = json_object_get(json_object_get(j, direction), fate);
    long long n = json_integer_value(json_object_get(f, "packets"));
    json_decref(j);
    return n;
}

static int open_line(void **state)
{
    (void)state;
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    line.near_ns = open("/proc/self/ns/net", O_RDONLY);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    line.far_ns = open("/proc/self/ns/net", O_RDONLY);
    start_program();
    json_t *ready = answer();
    assert_true(json_is_true(json_object_get(ready, "ready")));
    json_decref(ready);
    line.near = udp_at(line.near_ns, "10.97.0.1");
    line.far = udp_at(line.far_ns, "10.97.0.2");
    return 0;
}

static int close_line(void **state)
{
    (void)state;
    int status = -1;
    close(line.in); /* the end of stdin ends it */
    assert_int_equal(waitpid(line.pid, &status, 0), line.pid);
    assert_int_equal(status, 0);
    fclose(line.answers);
    close(line.near);
    close(line.far);
    close(line.near_ns);
    close(line.far_ns);
    return 0;
}

/* A datagram whose IP packet has len bytes. */
static void send_number(int from, const char *to, uint32_t number, size_t len)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    uint8_t data[HOP_LINE_MTU] = { 0 };
    memcpy(data, &number, sizeof(number));
    inet_pton(AF_INET, to, &a.sin_addr);
    ssize_t n = sendto(from, data, len - HEADERS, 0, (struct sockaddr *)&a, sizeof(a));
    assert_int_equal(n, len - HEADERS);
}

/* The number of the next datagram and when the kernel got it; false: none in time. */
static bool receive_number(int s, int timeout_ms, uint32_t *number, int64_t *at_ns)
{
    struct pollfd p = { .fd = s, .events = POLLIN };
    char control[128];
    struct iovec iov = { number, sizeof(*number) };
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    if (poll(&p, 1, timeout_ms) != 1 || recvmsg(s, &m, 0) < (ssize_t)sizeof(*number))
        return false;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    struct timespec t;
    assert_non_null(c);
    memcpy(&t, CMSG_DATA(c), sizeof(t));
    *at_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    return true;
}

/* The smallest of many one-way delays in ms: a busy machine makes some longer, none shorter. */
static double smallest_delay_ms(int from, const char *to, int at)
{
    int64_t best = INT64_MAX, at_ns;
    uint32_t number;
    for (uint32_t i = 0; i < 20; i++) {
        int64_t sent_ns = now_ns();
        send_number(from, to, i, 100);
        assert_true(receive_number(at, PATIENCE_MS, &number, &at_ns));
        assert_int_equal(number, i);
        best = at_ns - sent_ns < best ? at_ns - sent_ns : best;
    }
    return (double)best / 1e6;
}

static void packets_are_delayed_each_way(void **state)
{
    (void)state;
    tell("down delay=30ms");
    tell("up delay=10ms");
    double down = smallest_delay_ms(line.near, "10.97.0.2", line.far);
    double up = smallest_delay_ms(line.far, "10.97.0.1", line.near);
    print_message("# one way: %.3f ms down (30), %.3f ms up (10)\n", down, up);
    assert_true(down >= 30 && down < 31.5);
    assert_true(up >= 10 && up < 11.5);
    tell("both clean");
    assert_true(smallest_delay_ms(line.near, "10.97.0.2", line.far) < 2);
}

/* N packets at once, and how long they take to come out, which one late wake-up does not change. */
static void packets_leave_at_the_lines_rate(void **state)
{
    (void)state;
    enum { N = 100 };
    int64_t first = 0, last = 0;
    uint32_t number;
    tell("down rate=2M buffer=2s");
    for (uint32_t i = 0; i < N; i++)
        send_number(line.near, "10.97.0.2", i, 1000);
    for (uint32_t i = 0; i < N; i++) {
        assert_true(receive_number(line.far, PATIENCE_MS, &number, i ? &last : &first));
        assert_int_equal(number, i);
    }
    double took_ms = (double)(last - first) / 1e6;
    print_message("# %d packets of 1000 bytes at 2 Mbit/s: %.2f ms (%d)\n", N, took_ms,
                  (N - 1) * 4);
    assert_true(took_ms > (N - 1) * 4 - 20 && took_ms < (N - 1) * 4 + 20);
}

static void a_full_queue_drops_and_says_so(void **state)
{
    (void)state;
    uint32_t number, n = 0;
    int64_t at_ns;
    tell("down rate=400k buffer=100ms"); /* five packets of 1000 bytes */
    for (uint32_t i = 0; i < 20; i++)
        send_number(line.near, "10.97.0.2", i, 1000);
    while (counted("down", "in") < 20)
        ;
    long long dropped = counted("down", "overflow");
    for (; n < 20 - dropped; n++)
        assert_true(receive_number(line.far, PATIENCE_MS, &number, &at_ns));
    assert_int_equal(counted("down", "out"), 20 - dropped);
    assert_in_range(dropped, 10, 15); /* the queue moves while we send */
    tell("reset");
    assert_int_equal(counted("down", "in"), 0);
}

/* The same dice: what the program loses, the line in virtual time loses. */
static void losses_are_those_of_the_seed(void **state)
{
    (void)state;
    enum { N = 1000 };
    static const char words[] = "loss=20% burst=3";
    struct hop_line *twin;
    struct hop_line_settings s = hop_line_settings_default();
    char bad[64];
    bool came[N] = { false };
    uint32_t number = 0;
    int64_t at_ns;
    assert_int_equal(hop_line_new(2 * SEED, 0, &twin), 0);
    assert_int_equal(hop_line_settings_parse(words, &s, bad), 0);
    hop_line_set(twin, &s, 0);
    tell("down loss=20% burst=3");
    for (uint32_t i = 0; i < N; i++)
        send_number(line.near, "10.97.0.2", i, 100);
    while (counted("down", "in") < N)
        ;
    for (long long left = counted("down", "out"); left > 0; left--) {
        assert_true(receive_number(line.far, PATIENCE_MS, &number, &at_ns));
        came[number] = true;
    }
    int lost = 0;
    for (uint32_t i = 0; i < N; i++) {
        uint8_t packet[100] = { 0 };
        hop_line_push(twin, packet, sizeof(packet), i);
        assert_int_equal(hop_line_pop(twin, i) != NULL, came[i]);
        lost += !came[i];
    }
    assert_in_range(lost, 100, 300);
    assert_int_equal(counted("down", "lost"), lost);
    hop_line_free(twin);
}

static void wrong_commands_are_answered(void **state)
{
    (void)state;
    static const char *const wrong[] = { "sideways rate=1M", "down rate=fast", "trace /nowhere",
                                         "down \"\\" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *j = command(wrong[i]);
        assert_non_null(json_object_get(j, "error"));
        json_decref(j);
    }
    char long_one[3000];
    memset(long_one, 'x', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    json_t *j = command(long_one);
    assert_string_equal(json_string_value(json_object_get(j, "detail")), "too long");
    json_decref(j);
    /* its pieces may be answered one by one; then all is as before */
    bool back = false;
    for (int i = 0; i < 10 && !back; i++) {
        j = command("stats");
        back = json_object_get(j, "down") != NULL;
        json_decref(j);
    }
    assert_true(back);
}

static void a_trace_changes_the_line(void **state)
{
    (void)state;
    char path[] = "/tmp/hop-line-XXXXXX", text[64];
    int fd = mkstemp(path);
    assert_true(dprintf(fd, "0 down loss=100%%\n300 down loss=0\n") > 0);
    close(fd);
    snprintf(text, sizeof(text), "trace %s", path);
    tell(text);
    unlink(path);
    uint32_t number = 0, n = 0;
    int64_t at_ns;
    do /* until one gets through */
        send_number(line.near, "10.97.0.2", n++, 100);
    while (!receive_number(line.far, 20, &number, &at_ns));
    assert_true(number > 0);
    assert_true(counted("down", "lost") > 0);
}

int main(void)
{
    if (geteuid() != 0) {
        print_message("# needs root: network namespaces\n");
        return 0;
    }
#define line_test(f) cmocka_unit_test_setup_teardown(f, open_line, close_line)
    const struct CMUnitTest tests[] = {
        line_test(packets_are_delayed_each_way),   line_test(packets_leave_at_the_lines_rate),
        line_test(a_full_queue_drops_and_says_so), line_test(losses_are_those_of_the_seed),
        line_test(wrong_commands_are_answered),    line_test(a_trace_changes_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
