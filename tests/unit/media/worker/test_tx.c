/* media/worker/tx.c: more than a batch, several sockets, what nobody takes. */
#include "media/worker/tx.h"

#include "media/base/bytes.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
    assert_int_equal(hop_worker_tx_init(&f->tx, f->ours, 2), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_more_than_a_batch_in_order),
        cmocka_unit_test(a_slot_that_is_not_sent_comes_again),
        cmocka_unit_test(counts_what_the_kernel_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
