/* What a sender who takes only REMB is told: the rate of his line, from when his packets left and
 * when they came. */
#include "media/bwe/uplink_bwe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* He sends what he is told, at most `most_bps`, over a line of that rate with half a second of
 * buffer. */
struct line {
    struct hop_uplink_bwe u;
    int64_t now_us, clock_us, free_us, next_us; /* clock_us: how far the sender's clock is off */
    uint32_t rate_bps, told_bps, most_bps, rembs;
    int64_t queue_us; /* of the newest packet */
    struct {
        int64_t at_us;
        uint32_t send_time;
    } way[4096];
    unsigned first, n;
};

enum { PACKET = 1000, STEP_US = 500 };

static void run(struct line *l, int64_t us)
{
    for (int64_t until_us = l->now_us + us; l->now_us < until_us; l->now_us += STEP_US) {
        uint32_t bps = l->told_bps < l->most_bps ? l->told_bps : l->most_bps;
        if (l->now_us >= l->next_us) {
            l->next_us += (int64_t)PACKET * 8000000 / bps;
            int64_t free_us = l->free_us > l->now_us ? l->free_us : l->now_us;
            l->queue_us = free_us - l->now_us;
            if (l->queue_us < 500000) {
                l->free_us = free_us + (int64_t)PACKET * 8000000 / l->rate_bps;
                unsigned at = (l->first + l->n++) % 4096;
                l->way[at].at_us = l->free_us + 20000;
                int64_t sent_us = l->now_us + l->clock_us;
                l->way[at].send_time = (uint32_t)(sent_us * (1 << 18) / 1000000) & 0xffffff;
            }
        }
        for (; l->n > 0 && l->way[l->first].at_us <= l->now_us; l->first = (l->first + 1) % 4096) {
            hop_uplink_bwe_packet(&l->u, l->way[l->first].send_time, PACKET, 40000, l->now_us);
            l->n--;
        }
        l->rembs += hop_uplink_bwe_due(&l->u, l->now_us, &l->told_bps);
    }
}

static void line_init(struct line *l, uint32_t rate_bps, uint32_t most_bps)
{
    *l = (struct line){ .now_us = 1000000, .clock_us = 50000000, .next_us = 1000000 };
    l->rate_bps = rate_bps;
    l->most_bps = most_bps;
    l->told_bps = 300000;
    hop_uplink_bwe_init(&l->u);
}

static void a_thin_line_is_found(void **state)
{
    (void)state;
    static struct line l;
    line_init(&l, 700000, 5000000);
    run(&l, 10000000);
    for (int i = 0; i < 80; i++) { /* 80 s: the send time wraps after 64 */
        run(&l, 1000000);
        assert_in_range(l.told_bps, 450000, 760000);
        assert_in_range(l.queue_us, 0, 300000);
    }
}

static void who_has_room_is_not_held_back(void **state)
{
    (void)state;
    static struct line l;
    line_init(&l, 20000000, 800000);
    run(&l, 60000000);
    assert_true(l.told_bps >= 950000); /* what he sends and a fifth: more is not known */
    assert_in_range(l.rembs, 100, 140);
}

static void a_drop_is_told_at_once(void **state)
{
    (void)state;
    static struct line l;
    line_init(&l, 3000000, 2000000);
    run(&l, 40000000);
    assert_true(l.told_bps >= 1500000);
    l.rate_bps = 400000;
    run(&l, 1500000);
    assert_true(l.told_bps <= 450000);
    run(&l, 10000000);
    assert_in_range(l.queue_us, 0, 200000);
}

static void who_is_silent_is_told_nothing(void **state)
{
    (void)state;
    static struct line l;
    uint32_t bps = 7;
    line_init(&l, 1000000, 500000);
    assert_false(hop_uplink_bwe_due(&l.u, 1000000, &bps));
    run(&l, 3000000);
    assert_false(hop_uplink_bwe_due(&l.u, l.now_us + 5000000, &bps));
    assert_int_equal(bps, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thin_line_is_found),
        cmocka_unit_test(who_has_room_is_not_held_back),
        cmocka_unit_test(a_drop_is_told_at_once),
        cmocka_unit_test(who_is_silent_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
