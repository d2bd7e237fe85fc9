/* No packet costs an allocation: every malloc made inside the route while a room runs is counted.
 */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool inside;
static unsigned allocations;

static void note(void)
{
    if (inside)
        allocations++;
}

#ifndef __has_feature /* clang's way to tell */
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
/* The sanitizers own malloc; they call hooks instead. */
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                              void (*free_hook)(const volatile void *));

static void malloc_hook(const volatile void *p, size_t size)
{
    (void)p, (void)size;
    note();
}

static void free_hook(const volatile void *p)
{
    (void)p;
}

static void install(void)
{
    __sanitizer_install_malloc_and_free_hooks(malloc_hook, free_hook);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
    note();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    note();
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    note();
    return __libc_realloc(p, size);
}

static void install(void)
{
}
#endif

static void on_alloc(struct sim *sim, bool now_inside)
{
    (void)sim;
    inside = now_inside;
}

static const struct sim_link lossy = { .loss_permille = 50, .delay_us = 20000, .jitter_us = 8000 };

static void no_allocation_per_packet(void **state)
{
    (void)state;
    install();
    struct sim *sim = sim_new(500);
    for (uint32_t c = 0; c < 6; c++) {
        struct sim_client_config config = { .camera = c % 2 ? HOP_CODEC_VP8 : HOP_CODEC_H264,
                                            .camera_layers = 3,
                                            .n_slots = 5,
                                            .microphone = true,
                                            .up = lossy,
                                            .down = lossy };
        struct sim_client *client = sim_join(sim, c, &config);
        sim_send(client, HOP_SOURCE_CAMERA, true);
        sim_send(client, HOP_SOURCE_MICROPHONE, true);
    }
    for (uint32_t c = 0; c < 6; c++)
        sim_view(&sim->clients[c], 720, (int)((c + 1) % 6), (int)((c + 2) % 6), (int)((c + 3) % 6),
                 -1);
    /* Joining and the first packets may allocate, rings grow with the rate, and that is seen: the
     * counter works. */
    sim->on_alloc = on_alloc;
    sim->counting = true;
    sim_run(sim, 8000000);
    assert_true(allocations > 0);
    uint64_t sent = sim->rtp_sent;
    allocations = 0;
    sim_run(sim, 10000000);
    assert_true(sim->rtp_sent - sent > 10000);
    /* A ring of sent packets doubles when more are under way than ever before: five times at most
     * in a receiver's life. */
    assert_true(allocations < 10);
    sim->counting = false;
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_allocation_per_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
