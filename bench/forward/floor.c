/* hop-bench-floor: what the same packets cost a bare loop that does nothing but copy, protect and
 * send them, at the same times and in the best way there is (what is due together for one receiver
 * leaves as one run); and what protecting one costs, beside libsrtp. bench_forward.mjs starts it.
 * One thread; its own receiving is not counted.
 *
 *     hop-bench-floor --address 10.99.0.1 --base 10.98.0.0 --receivers 100 --burst
 *     hop-bench-floor --address 10.99.0.1 --base 10.98.0.0 --rooms 8 --senders 12 --receivers 0
 *     hop-bench-floor --protect
 */
#include "bench/load/net.h"
#include "media/base/bytes.h"
#include "media/base/clock.h"
#include "media/net/udp.h"
#include "media/srtp/srtp.h"

#include <glib.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FPS = 30,
    BPS = 1500000,
    PAYLOAD = 1100,
    HEADER = 28, /* with mid, send time, transport-wide number */
    MAX_MEMBERS = 2000,
    MOST = 16, /* packets of a frame */
    PACE_US = 2000,
    BATCH = 1024,    /* datagrams sent together, as hop has it */
    ROUNDS = 200000, /* of protecting */
    SOCKET_BYTES = 4 << 20,
};

static struct {
    char *address, *base;
    int rooms, senders, receivers, seconds;
    gboolean burst, protect;
} options = { .rooms = 1, .senders = 1, .receivers = 1, .seconds = 3 };

static GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "To send from", "IP" },
    { "base", 0, 0, G_OPTION_ARG_STRING, &options.base, "First address to send to", "IP" },
    { "rooms", 0, 0, G_OPTION_ARG_INT, &options.rooms, "How many (1)", "N" },
    { "senders", 0, 0, G_OPTION_ARG_INT, &options.senders, "In each, who receive, too (1)", "N" },
    { "receivers", 0, 0, G_OPTION_ARG_INT, &options.receivers, "In each, beside them (1)", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "How long (3)", "N" },
    { "burst", 0, 0, G_OPTION_ARG_NONE, &options.burst, "A frame at once, not paced", NULL },
    { "protect", 0, 0, G_OPTION_ARG_NONE, &options.protect, "Only protects", NULL },
    { 0 },
};

static struct sender {
    int64_t frame_us, due_us; /* next frame, next packet */
    unsigned left;            /* packets of this frame */
    size_t credit;
    uint16_t seq;
    unsigned due; /* packets of this turn */
} senders[MAX_MEMBERS];

static struct hop_udp *ours;
static struct hop_load_net *theirs;
static struct hop_srtp *lines[MAX_MEMBERS];
static struct hop_addr addresses[MAX_MEMBERS];
static uint8_t packets[BATCH][1536];
static struct hop_udp_message messages[BATCH];
static size_t n_messages;

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "floor: %s failed\n", what);
    exit(1);
}

static struct hop_srtp_keys keys_of(int i)
{
    struct hop_srtp_keys keys = { .profile = HOP_SRTP_AEAD_AES_128_GCM,
                                  .key_len = 16,
                                  .salt_len = 12 };
    memset(keys.local_key, i + 1, sizeof(keys.local_key));
    memcpy(keys.remote_key, &i, sizeof(i));
    return keys;
}

static void write_header(uint8_t *packet, uint16_t seq, uint32_t ssrc)
{
    memset(packet, 0, HEADER);
    packet[0] = 0x90;
    packet[1] = 96;
    hop_put16(packet + 2, seq);
    hop_put32(packet + 8, ssrc);
    hop_put16(packet + 12, 0xbede);
    hop_put16(packet + 14, (HEADER - 16) / 4);
}

/* ---- protecting ------------------------------------------------------------------------------ */

static double protect_ours(void)
{
    static uint8_t packet[1536];
    struct hop_srtp_keys keys = keys_of(0);
    must(hop_srtp_new(&keys, &lines[0]) == 0, "srtp");
    int64_t from = cpu_ns();
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = HEADER + PAYLOAD;
        write_header(packet, (uint16_t)i, 1);
        must(hop_srtp_protect_rtp(lines[0], packet, &len, sizeof(packet)) == HOP_SRTP_OK,
             "protect");
    }
    return (double)(cpu_ns() - from) / ROUNDS;
}

static double protect_theirs(void)
{
    static uint8_t packet[1536], key[28];
    srtp_policy_t policy = { .ssrc.type = ssrc_any_outbound, .key = key, .window_size = 1024 };
    srtp_t session;
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    must(srtp_create(&session, &policy) == srtp_err_status_ok, "libsrtp");
    int64_t from = cpu_ns();
    for (int i = 0; i < ROUNDS; i++) {
        int len = HEADER + PAYLOAD;
        write_header(packet, (uint16_t)i, 1);
        must(srtp_protect(session, packet, &len) == srtp_err_status_ok, "libsrtp");
    }
    double ns = (double)(cpu_ns() - from) / ROUNDS;
    srtp_dealloc(session);
    return ns;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int members(void)
{
    return options.rooms * (options.senders + options.receivers);
}

static void open_all(void)
{
    struct hop_addr local;
    must(hop_addr_parse(options.address ? options.address : "127.0.0.1", 0, &local) == 0,
         "address");
    must(hop_udp_open(&local, SOCKET_BYTES, &ours) == 0, "socket");
    must(hop_load_net_open(options.base ? options.base : "127.64.0.0", &theirs) == 0, "socket");
    for (int i = 0; i < members(); i++) {
        struct hop_srtp_keys keys = keys_of(i);
        addresses[i] = hop_load_net_addr(theirs, (uint32_t)i + 1);
        must(hop_srtp_new(&keys, &lines[i]) == 0, "srtp");
        senders[i].frame_us = senders[i].due_us = hop_now_us() + rand() % (1000000 / FPS);
    }
}

static uint64_t flush(void)
{
    uint64_t sent = hop_udp_send(ours, messages, n_messages);
    n_messages = 0;
    return sent;
}

/* One sender's packets of this turn for one receiver. */
static uint64_t copy(const struct sender *s, int from, int to)
{
    static const uint8_t payload[PAYLOAD];
    uint64_t sent = 0;
    for (unsigned i = 0; i < s->due; i++) {
        if (n_messages == BATCH)
            sent += flush();
        uint8_t *packet = packets[n_messages];
        size_t len = HEADER + PAYLOAD;
        write_header(packet, (uint16_t)(s->seq + i), (uint32_t)from);
        memcpy(packet + HEADER, payload, PAYLOAD);
        must(hop_srtp_protect_rtp(lines[to], packet, &len, sizeof(packets[0])) == HOP_SRTP_OK,
             "protect");
        messages[n_messages++] = (struct hop_udp_message){
            .data = packet, .len = len, .to = &addresses[to], .dscp = 34
        };
    }
    return sent;
}

/* Receiver by receiver, what all senders of his room have for him. */
static uint64_t forward(void)
{
    int each = options.senders + options.receivers;
    uint64_t sent = 0;
    for (int to = 0; to < members(); to++) {
        int room = to / each * each;
        for (int from = room; from < room + options.senders; from++)
            if (from != to && senders[from].due > 0)
                sent += copy(&senders[from], from, to);
    }
    return sent + flush();
}

/* What each sender has had arrive by now; returns when the next packet does. */
static int64_t arrive(int64_t now_us)
{
    int each = options.senders + options.receivers;
    int64_t next = INT64_MAX;
    for (int i = 0; i < members(); i++) {
        struct sender *s = &senders[i];
        if (i % each >= options.senders)
            continue;
        for (s->due = 0; s->due_us <= now_us;) {
            if (s->left == 0) {
                s->credit += BPS / 8 / FPS;
                s->left = (unsigned)(s->credit / PAYLOAD);
                s->credit -= (size_t)s->left * PAYLOAD;
                s->frame_us += 1000000 / FPS;
            }
            unsigned n = options.burst ? s->left : 1;
            s->due += n;
            s->left -= n;
            s->due_us = s->left ? s->due_us + PACE_US : s->frame_us;
        }
        next = s->due_us < next ? s->due_us : next;
    }
    return next;
}

static void leave_behind(void)
{
    for (int i = 0; i < members(); i++) {
        senders[i].seq = (uint16_t)(senders[i].seq + senders[i].due);
        senders[i].due = 0;
    }
}

static uint64_t drain(void)
{
    struct hop_load_datagram *got;
    uint64_t all = 0;
    for (size_t n; (n = hop_load_net_recv(theirs, &got)) > 0;)
        all += n;
    return all;
}

static void wait_until(int64_t us)
{
    struct timespec t = { us / 1000000, us % 1000000 * 1000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        ;
}

static void run(void)
{
    uint64_t sent = 0, received = 0;
    int64_t spent = 0, until = hop_now_us() + (int64_t)options.seconds * 1000000;
    for (int64_t now_us = hop_now_us(); now_us < until; now_us = hop_now_us()) {
        int64_t next = arrive(now_us), from = cpu_ns();
        sent += forward();
        spent += cpu_ns() - from;
        leave_behind();
        received += drain();
        wait_until(next);
    }
    printf("{\"members\":%d,\"shape\":\"%s\",\"sent\":%llu,\"received\":%llu,"
           "\"us_per_packet\":%.3f,\"percent\":%.2f}\n",
           members(), options.burst ? "burst" : "paced", (unsigned long long)sent,
           (unsigned long long)received, (double)spent / 1000 / (double)sent,
           (double)spent / 1e7 / options.seconds);
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- the floor under forwarding");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || members() < 1 || members() > MAX_MEMBERS) {
        fprintf(stderr, "%s\n", error ? error->message : "bad number of members");
        return 2;
    }
    if (options.protect) {
        double mine = protect_ours();
        printf("{\"hop_ns\":%.0f,\"libsrtp_ns\":%.0f}\n", mine, protect_theirs());
        return 0;
    }
    open_all();
    run();
    return 0;
}
