/* hop-bench-floor: what the same packets cost a bare loop that does nothing but copy, protect and
 * send them, at the same times; and what protecting one costs, beside libsrtp. bench_forward.mjs
 * starts it. One thread.
 *
 *     hop-bench-floor --address 10.99.0.1 --receivers 100 --burst
 *     hop-bench-floor --protect
 */
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
    MAX_RECEIVERS = 1000,
    MOST = 16, /* packets of a frame */
    PACE_US = 2000,
    ROUNDS = 200000, /* of protecting */
    SOCKET_BYTES = 4 << 20,
};

static struct {
    char *address;
    int receivers, seconds;
    gboolean burst, protect;
} options = { .receivers = 1, .seconds = 3 };

static GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "To send from and to", "IP" },
    { "receivers", 0, 0, G_OPTION_ARG_INT, &options.receivers, "How many (1)", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "How long (3)", "N" },
    { "burst", 0, 0, G_OPTION_ARG_NONE, &options.burst, "A frame at once, not paced", NULL },
    { "protect", 0, 0, G_OPTION_ARG_NONE, &options.protect, "Only protects", NULL },
    { 0 },
};

static struct hop_udp *ours, *theirs[MAX_RECEIVERS];
static struct hop_srtp *lines[MAX_RECEIVERS];
static uint8_t packets[MAX_RECEIVERS][MOST][1536];
static struct hop_udp_message messages[MAX_RECEIVERS * MOST];

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

static void open_all(void)
{
    struct hop_addr local;
    must(hop_addr_parse(options.address ? options.address : "127.0.0.1", 0, &local) == 0,
         "address");
    must(hop_udp_open(&local, SOCKET_BYTES, &ours) == 0, "socket");
    for (int i = 0; i < options.receivers; i++) {
        struct hop_srtp_keys keys = keys_of(i);
        must(hop_udp_open(&local, SOCKET_BYTES / 8, &theirs[i]) == 0, "socket");
        must(hop_srtp_new(&keys, &lines[i]) == 0, "srtp");
    }
}

/* Of what arrived together, everyone's copy. */
static uint64_t forward(const uint8_t *payload, unsigned n, uint16_t seq)
{
    size_t m = 0;
    for (int r = 0; r < options.receivers; r++)
        for (unsigned i = 0; i < n; i++) {
            uint8_t *packet = packets[r][i];
            size_t len = HEADER + PAYLOAD;
            write_header(packet, (uint16_t)(seq + i), (uint32_t)r);
            memcpy(packet + HEADER, payload, PAYLOAD);
            must(hop_srtp_protect_rtp(lines[r], packet, &len, sizeof(packets[r][i])) == HOP_SRTP_OK,
                 "protect");
            messages[m++] = (struct hop_udp_message){
                .data = packet, .len = len, .to = hop_udp_local(theirs[r]), .dscp = 34
            };
        }
    return hop_udp_send(ours, messages, m);
}

static uint64_t drain(struct hop_udp_inbox *inbox)
{
    struct hop_udp_datagram *got;
    uint64_t all = 0;
    for (int i = 0; i < options.receivers; i++)
        for (size_t n; (n = hop_udp_recv(theirs[i], inbox, &got)) > 0;)
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
    static uint8_t payload[PAYLOAD];
    struct hop_udp_inbox *inbox;
    uint64_t sent = 0, received = 0;
    int64_t spent = 0, at = hop_now_us();
    size_t credit = 0;
    uint16_t seq = 0;
    must(hop_udp_inbox_new(&inbox) == 0, "memory");
    for (int f = 0; f < FPS * options.seconds; f++, at += 1000000 / FPS) {
        credit += BPS / 8 / FPS;
        unsigned n = (unsigned)(credit / PAYLOAD), together = options.burst ? n : 1;
        credit -= (size_t)n * PAYLOAD;
        for (unsigned i = 0; i < n; i += together) {
            wait_until(at + (int64_t)i * PACE_US);
            int64_t from = cpu_ns();
            sent += forward(payload, together, seq);
            spent += cpu_ns() - from;
            received += drain(inbox);
            seq = (uint16_t)(seq + together);
        }
    }
    printf("{\"receivers\":%d,\"shape\":\"%s\",\"sent\":%llu,\"received\":%llu,"
           "\"us_per_packet\":%.3f}\n",
           options.receivers, options.burst ? "burst" : "paced", (unsigned long long)sent,
           (unsigned long long)received, (double)spent / 1000 / (double)sent);
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("- the floor under forwarding");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok || options.receivers < 1 || options.receivers > MAX_RECEIVERS) {
        fprintf(stderr, "%s\n", error ? error->message : "bad number of receivers");
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
