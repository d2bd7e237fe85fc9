/* hop-bench-audio-floor: what a meeting's sound costs with plain libopus, OpenSSL's AES-128-GCM and
 * sendmmsg(): the decodes, encodes and sends that the talkers make necessary, every 20 ms, and
 * nothing else. Another thread receives, as the clients do. bench_mix.mjs starts it.
 *
 *     hop-bench-audio-floor --address 10.99.0.1 --members 100 --talkers 3
 */
#include "bench/mix/floor.h"
#include "bench/mix/cases.h"
#include "bench/mix/voices.h"
#include "media/base/bytes.h"
#include "media/base/clock.h"

#include <arpa/inet.h>
#include <glib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    HEADER = 12,
    TAG = 16,
    MOST = 2048, /* members of all rooms */
    BATCH = 64,
    EVENTS = 256,
    PACKET = 640,
};

static struct {
    char *address;
    int rooms, members, talkers, seconds, receiver_cpu;
} options = { .rooms = 1, .members = 3, .talkers = 1, .seconds = 2, .receiver_cpu = -1 };

static GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "To send from and to", "IP" },
    { "rooms", 0, 0, G_OPTION_ARG_INT, &options.rooms, "How many (1)", "N" },
    { "members", 0, 0, G_OPTION_ARG_INT, &options.members, "Of each (3)", "N" },
    { "talkers", 0, 0, G_OPTION_ARG_INT, &options.talkers, "Of these, who are mixed (1)", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "How long (2)", "N" },
    { "receiver-cpu", 0, 0, G_OPTION_ARG_INT, &options.receiver_cpu, "Where to receive", "N" },
    { 0 },
};

static struct member {
    struct sockaddr_in to;
    EVP_CIPHER_CTX *cipher;
    int fd;
    uint32_t sent;
} members[MOST];

static struct bench_floor *rooms[MOST];
static uint8_t packets[BATCH][PACKET];
static struct iovec parts[BATCH];
static struct mmsghdr batch[BATCH];
static int ours, epoll, n_batch;
static _Atomic uint64_t received;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(1);
}

/* ---- the receivers --------------------------------------------------------------------------- */

static void *receive(void *unused)
{
    struct epoll_event events[EVENTS];
    char packet[PACKET];
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((unsigned)options.receiver_cpu, &cpus);
    if (options.receiver_cpu >= 0)
        pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            while (recv(events[i].data.fd, packet, sizeof(packet), MSG_DONTWAIT) > 0)
                atomic_fetch_add(&received, 1);
    }
    return unused;
}

static int open_socket(struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*at);
    *at = (struct sockaddr_in){ .sin_family = AF_INET };
    must(inet_pton(AF_INET, options.address, &at->sin_addr) == 1, "address");
    must(fd >= 0 && bind(fd, (struct sockaddr *)at, sizeof(*at)) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)at, &len) == 0, "getsockname");
    return fd;
}

static void open_all(void)
{
    struct sockaddr_in from;
    uint8_t key[16] = { 1, 2, 3 };
    pthread_t thread;
    ours = open_socket(&from);
    must((epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0, "epoll");
    for (int i = 0; i < options.rooms * options.members; i++) {
        struct member *m = &members[i];
        m->fd = open_socket(&m->to);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = m->fd };
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, m->fd, &event) == 0, "epoll_ctl");
        memcpy(key + 8, &i, sizeof(i));
        m->cipher = EVP_CIPHER_CTX_new();
        must(m->cipher && EVP_EncryptInit_ex(m->cipher, EVP_aes_128_gcm(), NULL, key, NULL) == 1,
             "cipher");
    }
    for (int i = 0; i < options.rooms; i++)
        rooms[i] =
            bench_floor_new(options.talkers, bench_params.bitrate_bps, bench_params.complexity);
    must(pthread_create(&thread, NULL, receive, NULL) == 0, "thread");
}

/* ---- sending --------------------------------------------------------------------------------- */

static void flush(void)
{
    for (int sent = 0; sent < n_batch;) {
        int n = sendmmsg(ours, batch + sent, (unsigned)(n_batch - sent), 0);
        must(n > 0, "sendmmsg");
        sent += n;
    }
    n_batch = 0;
}

/* A header with contributors and their levels, the payload encrypted, the tag. */
static void send_one(struct member *m, const uint8_t *payload, int len)
{
    uint8_t *packet = packets[n_batch], iv[12] = { 0 };
    int head = HEADER + 4 * options.talkers + 4 + (options.talkers + 4) / 4 * 4, n;
    memset(packet, 0, (size_t)head);
    packet[0] = (uint8_t)(0x90 | (options.talkers & 15));
    packet[1] = 111;
    hop_put16(packet + 2, (uint16_t)m->sent);
    hop_put32(packet + 4, m->sent * BENCH_FRAME);
    hop_put32(iv + 8, m->sent++);
    must(EVP_EncryptInit_ex(m->cipher, NULL, NULL, NULL, iv) == 1 &&
             EVP_EncryptUpdate(m->cipher, NULL, &n, packet, head) == 1 &&
             EVP_EncryptUpdate(m->cipher, packet + head, &n, payload, len) == 1 &&
             EVP_EncryptFinal_ex(m->cipher, packet + head + len, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(m->cipher, EVP_CTRL_AEAD_GET_TAG, TAG, packet + head + len) == 1,
         "encrypt");
    parts[n_batch] =
        (struct iovec){ .iov_base = packet, .iov_len = (size_t)head + (size_t)len + TAG };
    batch[n_batch].msg_hdr = (struct msghdr){ .msg_name = &m->to,
                                              .msg_namelen = sizeof(m->to),
                                              .msg_iov = &parts[n_batch],
                                              .msg_iovlen = 1 };
    if (++n_batch == BATCH)
        flush();
}

static void tick(int room, uint64_t seq)
{
    int len;
    bench_floor_tick(rooms[room], seq);
    for (int i = options.talkers == 1 ? 1 : 0; i < options.members; i++) {
        int which = i < options.talkers ? i : options.talkers;
        const uint8_t *payload = bench_floor_payload(rooms[room], which, &len);
        send_one(&members[room * options.members + i], payload, len);
    }
}

static void sleep_until(int64_t at_us)
{
    struct timespec at = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        ;
}

/* The rooms' ticks are spread over four times, as hop's are. */
static void run(void)
{
    int64_t begin_us = hop_now_us() + 10000, spent_us = 0;
    uint64_t ticks = (uint64_t)options.seconds * 50;
    for (uint64_t seq = 0; seq < ticks; seq++)
        for (int part = 0; part < 4; part++) {
            sleep_until(begin_us + (int64_t)seq * BENCH_TICK_US + part * BENCH_TICK_US / 4);
            int64_t from_us = bench_cpu_us();
            for (int room = part; room < options.rooms; room += 4)
                tick(room, seq);
            flush();
            spent_us += bench_cpu_us() - from_us;
        }
    sleep_until(hop_now_us() + 100000);
    printf("{\"cpu_percent\":%.4f,\"packets\":%llu}\n",
           (double)spent_us / 1e4 / (double)options.seconds,
           (unsigned long long)atomic_load(&received));
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- the floor under a meeting's sound");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || !options.address || options.talkers < 1 || options.talkers > BENCH_VOICES ||
        options.rooms < 1 || options.members < options.talkers || options.members > MOST ||
        options.rooms * options.members > MOST) {
        fprintf(stderr, "%s\n", error ? error->message : "bad numbers");
        return 2;
    }
    bench_voices_make();
    open_all();
    run();
    return 0; /* the receiving thread ends with the process */
}
