/* media/worker/tx.c: more than a batch, several sockets, what nobody takes, who is put together and
 * what is padded. */
#include "media/worker/tx.h"

#include "media/base/bytes.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TAG = 16 };

/* In the place of SRTP: a tag behind that says what it was and how often it came. */
static int protected_times;
static bool fake_protect(void *ctx, bool rtcp, uint8_t *packet, size_t *len, size_t cap)
{
    assert_true(*len + TAG <= cap);
    if (*(const char *)ctx == 'x')
        return false;
    memset(packet + *len, rtcp ? 0xcc : 0xaa, TAG);
    *len += TAG;
    protected_times++;
    return true;
}

static const struct hop_worker_tx_ops ops = { .protect = fake_protect };

struct fixture {
    struct hop_udp *ours[2], *theirs[2];
    struct hop_udp_inbox *inbox;
    struct hop_worker_tx tx;
};

static struct hop_udp *open_loopback(void)
{
    struct hop_addr local;
    struct hop_udp *udp;
    assert_int_equal(hop_addr_parse("127.0.0.1", 0, &local), 0);
    assert_int_equal(hop_udp_open(&local, 4 << 20, &udp), 0);
    return udp;
}

static void open_fixture(struct fixture *f)
{
    for (int i = 0; i < 2; i++) {
        f->ours[i] = open_loopback();
        f->theirs[i] = open_loopback();
    }
    assert_int_equal(hop_udp_inbox_new(&f->inbox), 0);
    assert_int_equal(hop_worker_tx_init(&f->tx, f->ours, 2, &ops), 0);
}

static void close_fixture(struct fixture *f)
{
    hop_worker_tx_deinit(&f->tx);
    hop_udp_inbox_free(f->inbox);
    for (int i = 0; i < 2; i++) {
        hop_udp_close(f->ours[i]);
        hop_udp_close(f->theirs[i]);
    }
}

/* Takes what one of them got: numbers in order, from the socket that was asked for. */
static uint32_t receive_all(struct fixture *f, int which, uint32_t first, uint32_t step)
{
    struct hop_udp_datagram *got;
    uint32_t n = 0;
    for (size_t k; (k = hop_udp_recv(f->theirs[which], f->inbox, &got)) > 0;)
        for (size_t i = 0; i < k; i++, n++) {
            assert_int_equal(got[i].len, 100);
            assert_int_equal(hop_get32(got[i].data), first + n * step);
            assert_true(hop_addr_equal(&got[i].from, hop_udp_local(f->ours[which])));
        }
    return n;
}

static void sends_more_than_a_batch_in_order(void **state)
{
    (void)state;
    struct fixture f;
    enum { MANY = HOP_TX_BATCH * 2 + 10 };
    open_fixture(&f);
    for (uint32_t i = 0; i < MANY; i++) {
        struct hop_path path = { .socket = i % 2, .remote = *hop_udp_local(f.theirs[i % 2]) };
        hop_put32(hop_worker_tx_slot(&f.tx), i);
        hop_worker_tx_append(&f.tx, 100, &path, 46);
    }
    assert_int_equal(f.tx.packets, HOP_TX_BATCH * 2); /* full batches have left */
    hop_worker_tx_flush(&f.tx);
    assert_int_equal(f.tx.packets, MANY);
    assert_int_equal(f.tx.bytes, MANY * 100);
    assert_int_equal(f.tx.refused, 0);
    assert_int_equal(receive_all(&f, 0, 0, 2), MANY / 2);
    assert_int_equal(receive_all(&f, 1, 1, 2), MANY / 2);
    assert_int_equal(hop_pool_in_use(f.tx.pool), 0);
    hop_worker_tx_flush(&f.tx);
    assert_int_equal(f.tx.packets, MANY);
    close_fixture(&f);
}

static void a_slot_that_is_not_sent_comes_again(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    uint8_t *slot = hop_worker_tx_slot(&f.tx);
    for (int i = 0; i < 1000; i++)
        assert_ptr_equal(hop_worker_tx_slot(&f.tx), slot);
    struct hop_path path = { .socket = 0, .remote = *hop_udp_local(f.theirs[0]) };
    hop_worker_tx_append(&f.tx, 100, &path, 0);
    assert_ptr_not_equal(hop_worker_tx_slot(&f.tx), slot); /* it has not left yet */
    hop_worker_tx_flush(&f.tx);
    close_fixture(&f);
}

static void counts_what_the_kernel_refuses(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    struct hop_path path = { .socket = 0 };
    assert_int_equal(hop_addr_parse("255.255.255.255", 9, &path.remote), 0);
    hop_worker_tx_slot(&f.tx);
    hop_worker_tx_append(&f.tx, 100, &path, 0);
    path.remote = *hop_udp_local(f.theirs[0]);
    hop_put32(hop_worker_tx_slot(&f.tx), 0);
    hop_worker_tx_append(&f.tx, 100, &path, 0);
    hop_worker_tx_flush(&f.tx);
    assert_int_equal(f.tx.packets, 1);
    assert_int_equal(f.tx.refused, 1);
    assert_int_equal(receive_all(&f, 0, 0, 1), 1);
    close_fixture(&f);
}

/* ---- receivers ------------------------------------------------------------------------------- */

/* One packet of media whose bytes are `fill`, behind a first byte of RTP. */
static void media(struct fixture *f, int to, size_t len, enum hop_tx_kind kind, uint8_t fill,
                  struct hop_worker_tx_line *line)
{
    struct hop_path path = { .socket = 0, .remote = *hop_udp_local(f->theirs[to]) };
    uint8_t *slot = hop_worker_tx_slot(&f->tx);
    memset(slot, fill, len);
    slot[0] = 0x80;
    hop_worker_tx_media(&f->tx, len, &path, kind == HOP_TX_KIND_RTP ? 46 : 34, kind, line);
}

/* The next packet of that receiver: so long before the tag, the last `padding` of it padding. */
static void expect(struct fixture *f, int which, size_t len, uint8_t padding, uint8_t fill)
{
    uint8_t got[2000];
    struct pollfd p = { .fd = hop_udp_fd(f->theirs[which]), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(recv(p.fd, got, sizeof(got), 0), len + TAG);
    assert_int_equal(got[0], padding ? 0xa0 : 0x80);
    for (size_t i = 1; i < len - padding; i++)
        assert_int_equal(got[i], fill);
    for (size_t i = len - padding; i + 1 < len; i++)
        assert_int_equal(got[i], 0);
    if (padding)
        assert_int_equal(got[len - 1], padding);
}

static void nothing_left(struct fixture *f)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(recv(hop_udp_fd(f->theirs[i]), &(char){ 0 }, 1, MSG_DONTWAIT), -1);
    assert_int_equal(hop_pool_in_use(f->tx.pool), 0);
}

static void a_frame_leaves_as_one_run(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line line = { .ctx = "a" };
    open_fixture(&f);
    /* as libwebrtc cuts a frame: the first ones a byte shorter; then what is left of another */
    media(&f, 0, 1000, HOP_TX_KIND_VIDEO, 1, &line);
    media(&f, 0, 1000, HOP_TX_KIND_VIDEO, 2, &line);
    media(&f, 0, 1001, HOP_TX_KIND_VIDEO, 3, &line);
    media(&f, 0, 999, HOP_TX_KIND_VIDEO, 4, &line);
    media(&f, 0, 400, HOP_TX_KIND_VIDEO, 5, &line);
    hop_worker_tx_flush(&f.tx);
    expect(&f, 0, 1001, 1, 1);
    expect(&f, 0, 1001, 1, 2);
    expect(&f, 0, 1001, 0, 3);
    expect(&f, 0, 1001, 2, 4);
    expect(&f, 0, 400, 0, 5);
    nothing_left(&f);
    assert_int_equal(hop_udp_runs(f.ours[0]).sent, 1);
    assert_int_equal(f.tx.padded, 4);
    assert_int_equal(f.tx.packets, 5);
    assert_int_equal(f.tx.bytes, 4 * 1001 + 400 + 5 * TAG);
    close_fixture(&f);
}

static void the_last_of_a_run_may_be_short(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line line = { .ctx = "a" };
    open_fixture(&f);
    media(&f, 0, 1001, HOP_TX_KIND_VIDEO, 1, &line);
    media(&f, 0, 1000, HOP_TX_KIND_VIDEO, 2, &line);
    hop_worker_tx_flush(&f.tx);
    expect(&f, 0, 1001, 0, 1);
    expect(&f, 0, 1000, 0, 2);
    assert_int_equal(f.tx.padded, 0);
    assert_int_equal(hop_udp_runs(f.ours[0]).sent, 1);
    nothing_left(&f);
    close_fixture(&f);
}

static void pads_nothing_else(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line line = { .ctx = "a" };
    open_fixture(&f);
    media(&f, 0, 100, HOP_TX_KIND_RTP, 1, &line);
    media(&f, 0, 101, HOP_TX_KIND_RTP, 2, &line);
    media(&f, 0, 100, HOP_TX_KIND_RTCP, 3, &line);
    media(&f, 0, 101, HOP_TX_KIND_RTCP, 4, &line);
    /* too far apart */
    media(&f, 0, 500, HOP_TX_KIND_VIDEO, 5, &line);
    media(&f, 0, 501 + HOP_TX_MOST_PADDING, HOP_TX_KIND_VIDEO, 6, &line);
    hop_worker_tx_flush(&f.tx);
    for (uint8_t i = 1; i <= 4; i++)
        expect(&f, 0, i % 2 ? 100 : 101, 0, i);
    expect(&f, 0, 500, 0, 5);
    expect(&f, 0, 501 + HOP_TX_MOST_PADDING, 0, 6);
    assert_int_equal(f.tx.padded, 0);
    nothing_left(&f);
    close_fixture(&f);
}

/* Fan-out offers packet by packet; what leaves is receiver by receiver, in order for each. */
static void puts_receivers_together(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line lines[2] = { { .ctx = "a" }, { .ctx = "b" } };
    open_fixture(&f);
    for (uint8_t round = 0; round < 3; round++) {
        for (uint8_t i = 0; i < 10; i++)
            for (int to = 0; to < 2; to++)
                media(&f, to, 900u - i % 3, HOP_TX_KIND_VIDEO, (uint8_t)(i * 2 + to), &lines[to]);
        for (int to = 0; to < 2; to++)
            media(&f, to, 80, HOP_TX_KIND_RTP, 200, &lines[to]);
        hop_worker_tx_flush(&f.tx);
        for (int to = 0; to < 2; to++) {
            for (uint8_t i = 0; i < 10; i++)
                expect(&f, to, 900, i % 3, (uint8_t)(i * 2 + to));
            expect(&f, to, 80, 0, 200);
        }
        nothing_left(&f);
        assert_int_equal(hop_udp_runs(f.ours[0]).sent, 2 * (round + 1));
    }
    close_fixture(&f);
}

static void one_that_cannot_be_protected_is_counted(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line bad = { .ctx = "x" }, good = { .ctx = "a" };
    open_fixture(&f);
    media(&f, 0, 500, HOP_TX_KIND_VIDEO, 1, &bad);
    media(&f, 1, 500, HOP_TX_KIND_VIDEO, 2, &good);
    hop_worker_tx_flush(&f.tx);
    expect(&f, 1, 500, 0, 2);
    assert_int_equal(f.tx.refused, 1);
    assert_int_equal(f.tx.packets, 1);
    nothing_left(&f);
    close_fixture(&f);
}

static void who_leaves_is_sent_to_before(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_worker_tx_line a = { .ctx = "a" }, b = { .ctx = "b" };
    open_fixture(&f);
    media(&f, 0, 500, HOP_TX_KIND_VIDEO, 1, &a);
    hop_worker_tx_forget(&f.tx, &b);
    assert_int_equal(f.tx.packets, 0);
    hop_worker_tx_forget(&f.tx, &a);
    assert_int_equal(f.tx.packets, 1);
    hop_worker_tx_forget(&f.tx, &a);
    expect(&f, 0, 500, 0, 1);
    nothing_left(&f);
    close_fixture(&f);
}

/* A batch that fills up in the middle of a receiver's packets loses and repeats nothing. */
static void a_full_batch_of_media(void **state)
{
    (void)state;
    enum { ALL = HOP_TX_BATCH * 2 + 7 };
    struct fixture f;
    struct hop_worker_tx_line lines[2] = { { .ctx = "a" }, { .ctx = "b" } };
    open_fixture(&f);
    protected_times = 0;
    for (int i = 0; i < ALL; i++)
        media(&f, i % 2, 60, HOP_TX_KIND_RTP, (uint8_t)i, &lines[i % 2]);
    hop_worker_tx_flush(&f.tx);
    assert_int_equal(protected_times, ALL);
    assert_int_equal(f.tx.packets, ALL);
    for (int i = 0; i < ALL; i++)
        expect(&f, i % 2, 60, 0, (uint8_t)i);
    nothing_left(&f);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_more_than_a_batch_in_order),
        cmocka_unit_test(a_slot_that_is_not_sent_comes_again),
        cmocka_unit_test(counts_what_the_kernel_refuses),
        cmocka_unit_test(a_frame_leaves_as_one_run),
        cmocka_unit_test(the_last_of_a_run_may_be_short),
        cmocka_unit_test(pads_nothing_else),
        cmocka_unit_test(puts_receivers_together),
        cmocka_unit_test(one_that_cannot_be_protected_is_counted),
        cmocka_unit_test(who_leaves_is_sent_to_before),
        cmocka_unit_test(a_full_batch_of_media),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
