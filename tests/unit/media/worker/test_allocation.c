/* A worker in steady state allocates nothing: pictures and sound flow through the real relay, with
 * reports coming back, while every allocation on its thread is counted. */
#include "relay.h"

#include <pthread.h>
#include <stdatomic.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER 1
#endif
#endif

enum { PACKETS = 600, PAYLOAD = 500, CAMERA = 2000, MICROPHONE = 1000 };

static _Atomic bool counting;
static _Atomic unsigned n_allocations;

static void count(void)
{
    static _Thread_local int is_worker = -1;
    char name[16] = "";
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return;
    if (is_worker < 0)
        is_worker = pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 &&
                    strncmp(name, "hop-worker", 10) == 0;
    if (is_worker == 1)
        atomic_fetch_add(&n_allocations, 1);
}

#ifdef SANITIZER
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                              void (*freed)(const volatile void *));

static void on_malloc(const volatile void *p, size_t n)
{
    (void)p;
    (void)n;
    count();
}

static void on_free(const volatile void *p)
{
    (void)p;
}

static void install(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
}
#else
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    count();
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    count();
    return __libc_realloc(p, n);
}

static void install(void)
{
}
#endif

/* VP8, one packet each: a key frame at first, then such as depend on it. */
static void send_picture(struct client *c, uint16_t seq, bool key)
{
    static const uint8_t key_head[] = { 0x10, 0x10, 0x02, 0x00, 0x9d, 0x01,
                                        0x2a, 0x40, 0x01, 0xf0, 0x00 };
    static const uint8_t head[] = { 0x10, 0x11, 0x02, 0x00 };
    uint8_t payload[PAYLOAD] = { 0 };
    memcpy(payload, key ? key_head : head, key ? sizeof(key_head) : sizeof(head));
    client_send_rtp(c, CAMERA, 0x80 | 96, seq, 3000u * seq, payload, sizeof(payload));
}

static void send_sound(struct client *c, uint16_t seq)
{
    static const uint8_t silence[] = { 0xf8, 0xff, 0xfe }; /* Opus, 20 ms */
    client_send_rtp(c, MICROPHONE, 111, seq, 960u * seq, silence, sizeof(silence));
}

static void send_report(struct client *c)
{
    static const uint8_t empty[] = { 0x80, 201, 0, 1, 0, 0, 0, 9 };
    uint8_t packet[CLIENT_PACKET];
    client_send(c, packet, client_protect(c, true, empty, sizeof(empty), packet));
}

/* That many packets have reached the receiver; both numbers go on. */
static void play(struct relay *r, struct joined *from, struct joined *to, uint16_t *seq, int n,
                 bool key)
{
    uint32_t ssrc = to->local.slots[0].ssrc;
    for (int got = 0; got < n;) {
        to->client->n_kept = 0;
        relay_until(r, (send_picture(from->client, *seq, key), send_sound(from->client, *seq),
                        send_report(to->client), ++*seq, client_count(to->client, ssrc) > 0));
        got += (int)client_count(to->client, ssrc);
    }
}

static void nothing_is_allocated_per_packet(void **state)
{
    (void)state;
    struct relay *r = relay_on("127.0.0.1");
    struct joined a = relay_connect(r, false), b = relay_connect(r, false);
    struct hop_view_tile tile = { .peer = a.id, .source = HOP_SOURCE_CAMERA, .height = 240 };
    uint16_t seq = 1;
    assert_int_equal(hop_media_set_view(r->media, b.id, &tile, 1), 0);
    play(r, &a, &b, &seq, 5, true);
    play(r, &a, &b, &seq, 100, false);
    size_t from = r->n_events;
    relay_await(r, HOP_MEDIA_WORKER_STATS, 0, from);
    /* OpenSSL's HMAC allocates: once for each check that proves consent, every few seconds. */
    hop_checker_set_silent(a.client->checker, true);
    hop_checker_set_silent(b.client->checker, true);
    relay_for(r, 20000);
    atomic_store(&counting, true);
    play(r, &a, &b, &seq, PACKETS, false);
    relay_await(r, HOP_MEDIA_WORKER_STATS, 0, r->n_events); /* the reports of a second, too */
    atomic_store(&counting, false);
    assert_int_equal(atomic_load(&n_allocations), 0);
    /* The counter itself works: a newcomer is allocated. */
    atomic_store(&counting, true);
    relay_connect(r, false);
    atomic_store(&counting, false);
    assert_true(atomic_load(&n_allocations) > 0);
    relay_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_allocated_per_packet) };
    install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
