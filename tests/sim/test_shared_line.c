/* Two receivers and a TCP download on one line, in virtual time: nobody starves. The download is
 * Reno (RFC 5681) in outline: slow start, one packet per round trip, half after a loss. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEGMENT = 1460, BASE_US = 40000, IN_FLIGHT = 4096 };

struct tcp {
    double window, threshold; /* segments */
    struct {
        int64_t at_us;
        bool lost;
    } acks[IN_FLIGHT];
    unsigned first, n;
    int64_t recovered_us;
    uint64_t delivered;
};

static void take_acks(struct tcp *t, int64_t now_us)
{
    for (; t->n > 0 && t->acks[t->first].at_us <= now_us; t->n--) {
        bool lost = t->acks[t->first].lost;
        t->first = (t->first + 1) % IN_FLIGHT;
        if (!lost) {
            t->delivered += SEGMENT;
            t->window += t->window < t->threshold ? 1 : 1 / t->window;
        } else if (now_us > t->recovered_us) {
            t->window = t->threshold = t->window > 4 ? t->window / 2 : 2;
            t->recovered_us = now_us + BASE_US;
        }
    }
}

static void download(struct tcp *t, struct sim_client *line, int64_t now_us)
{
    take_acks(t, now_us);
    for (; t->n < (unsigned)t->window && t->n < IN_FLIGHT; t->n++) {
        int64_t wait_us;
        bool passed = sim_line_cross(line, SEGMENT, &wait_us);
        unsigned at = (t->first + t->n) % IN_FLIGHT;
        t->acks[at].at_us = now_us + wait_us + BASE_US;
        t->acks[at].lost = !passed;
    }
}

static uint64_t received(const struct sim_client *client)
{
    uint64_t bytes = 0;
    for (uint8_t s = 0; s < client->desc.n_slots; s++)
        bytes += client->slots[s].recv.bytes;
    return bytes;
}

static void run(struct sim *sim, struct tcp *t, struct sim_client *line, int64_t us)
{
    for (; us > 0; us -= 1000) {
        download(t, line, sim->now_us);
        sim_run(sim, 1000);
    }
}

static const struct sim_link good = { .delay_us = 20000 };

static void shares(int64_t buffer_us, double least_share)
{
    static const uint32_t rates[] = { 100000, 350000, 1250000 };
    struct sim *sim = sim_new(800);
    for (uint32_t c = 0; c < 4; c++) {
        struct sim_client_config config = {
            .camera = HOP_CODEC_VP8, .camera_layers = 3, .up = good, .down = good
        };
        struct sim_client *client = sim_join(sim, c, &config);
        for (uint8_t l = 0; l < 3; l++)
            client->sources[HOP_SOURCE_CAMERA].layers[l].bps = rates[l];
        client->sources[HOP_SOURCE_CAMERA].temporal = true;
        sim_send(client, HOP_SOURCE_CAMERA, true);
    }
    struct sim_client_config config = { .n_slots = 4, .up = good, .down = good };
    config.down.rate_bps = 3000000;
    config.down.buffer_us = (int)buffer_us;
    struct sim_client *a = sim_join(sim, 8, &config), *b = sim_join(sim, 9, &config);
    b->behind = a;
    sim_view(a, 720, 0, 1, 2, 3, -1);
    sim_view(b, 720, 0, 1, 2, 3, -1);
    sim_run(sim, 5000000);
    struct tcp tcp = { .window = 10, .threshold = 1e9 };
    run(sim, &tcp, a, 10000000);
    uint64_t from[] = { received(a), received(b), tcp.delivered };
    run(sim, &tcp, a, 40000000);
    double bps[] = { (double)(received(a) - from[0]) * 8 / 40,
                     (double)(received(b) - from[1]) * 8 / 40,
                     (double)(tcp.delivered - from[2]) * 8 / 40 };
    print_message("  %d ms of buffer: %.0f and %.0f kbit/s, the download %.0f\n",
                  (int)(buffer_us / 1000), bps[0] / 1000, bps[1] / 1000, bps[2] / 1000);
    for (int i = 0; i < 3; i++)
        assert_true(bps[i] >= least_share * 1000000);
    sim_free(sim);
}

static void nobody_starves(void **state)
{
    (void)state;
    shares(60000, 0.25);
    shares(150000, 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_starves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
