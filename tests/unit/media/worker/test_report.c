/* media/worker/report.c and the ufrags of worker.c, on a worker that does not run: news that found
 * no room is told later, in order, and what was overtaken is not told. */
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/worker/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct hop_worker *w;
    struct hop_dtls_cert *cert;
    struct hop_worker_peer *peer;
};

static void no_news(void *ctx)
{
    (void)ctx;
}

static void open_fixture(struct fixture *f)
{
    struct hop_worker_config config = { .news = no_news, .unproven_us = 1000000 };
    struct hop_peer_desc desc = { .remote_ufrag = "abcd",
                                  .remote_pwd = "password",
                                  .fingerprint_hash = "sha-256",
                                  .fingerprint_len = 32 };
    struct hop_transport_config tc = { .desc = &desc,
                                       .local_ufrag = "local",
                                       .local_pwd = "a-password-of-22-chars",
                                       .timeout_us = 1000000 };
    struct hop_worker_peer_spec spec = { .desc = desc };
    assert_int_equal(hop_dtls_cert_new(&f->cert), 0);
    tc.cert = f->cert;
    assert_int_equal(hop_worker_new(&config, &f->w), 0);
    f->w->now_us = hop_now_us();
    hop_worker_room_add(f->w, 7);
    assert_int_equal(hop_transport_new(&tc, f->w->now_us, &spec.transport), 0);
    hop_worker_peer_add(f->w, hop_worker_room_find(f->w, 7), 5, &spec);
    f->peer = hop_worker_peer_find(f->w, 5);
    assert_non_null(f->peer);
    struct hop_media_event event;
    hop_worker_report_pending(f->w);
    while (hop_worker_take_event(f->w, &event))
        ;
}

static void close_fixture(struct fixture *f)
{
    hop_worker_room_remove(f->w, hop_worker_room_find(f->w, 7));
    hop_worker_free(f->w);
    hop_dtls_cert_free(f->cert);
}

static size_t fill_ring(struct hop_worker *w)
{
    struct hop_media_event filler = { .type = HOP_MEDIA_SPEAKING, .room = 7 };
    size_t n = 0;
    while (hop_worker_report(w, &filler))
        n++;
    return n;
}

static void a_full_ring_delays_and_keeps_order(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_media_event event;
    open_fixture(&f);
    size_t fillers = fill_ring(f.w);
    assert_true(fillers > 100);
    f.peer->active = HOP_SOURCE_BIT(HOP_SOURCE_CAMERA);
    f.peer->pending_tracks = HOP_SOURCE_BIT(HOP_SOURCE_CAMERA);
    hop_worker_report_later(f.w, f.peer, HOP_PENDING_SLOTS);
    hop_worker_report_later(f.w, f.peer, HOP_PENDING_CONNECTED);
    hop_worker_report_pending(f.w);
    assert_true(f.w->any_pending);

    assert_true(hop_worker_take_event(f.w, &event)); /* room for one */
    hop_worker_report_pending(f.w);
    assert_true(f.w->any_pending);
    while (fillers-- > 1)
        assert_true(hop_worker_take_event(f.w, &event) && event.type == HOP_MEDIA_SPEAKING);
    hop_worker_report_pending(f.w);
    assert_false(f.w->any_pending);

    static const enum hop_media_event_type order[] = { HOP_MEDIA_CONNECTED, HOP_MEDIA_SLOTS,
                                                       HOP_MEDIA_TRACK };
    for (size_t i = 0; i < 3; i++) {
        assert_true(hop_worker_take_event(f.w, &event));
        assert_int_equal(event.type, order[i]);
        assert_int_equal(event.peer, 5);
        assert_int_equal(event.room, 7);
    }
    assert_int_equal(event.track.source, HOP_SOURCE_CAMERA);
    assert_true(event.track.active);
    assert_false(hop_worker_take_event(f.w, &event));
    close_fixture(&f);
}

static void what_was_overtaken_is_told_once(void **state)
{
    (void)state;
    struct fixture f;
    struct hop_media_event event;
    open_fixture(&f);
    for (int i = 0; i < 10; i++)
        hop_worker_report_later(f.w, f.peer, HOP_PENDING_SLOTS);
    f.peer->pending_tracks = HOP_SOURCE_BIT(HOP_SOURCE_SCREEN);
    hop_worker_report_pending(f.w);
    assert_true(hop_worker_take_event(f.w, &event) && event.type == HOP_MEDIA_SLOTS);
    assert_true(hop_worker_take_event(f.w, &event) && event.type == HOP_MEDIA_TRACK);
    assert_false(event.track.active);
    assert_false(hop_worker_take_event(f.w, &event));
    close_fixture(&f);
}

static void a_ufrag_names_worker_and_index(void **state)
{
    (void)state;
    static const uint32_t keys[] = { 0, 0x12345678, UINT32_MAX };
    struct hop_ufrag_name name;
    for (size_t k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < HOP_MAX_PEERS; i++) {
            char ufrag[HOP_UFRAG_CHARS + 1];
            hop_worker_ufrag((struct hop_ufrag_name){ i % 256, i }, keys[k], ufrag);
            assert_int_equal(strlen(ufrag), HOP_UFRAG_CHARS);
            assert_true(hop_worker_ufrag_read(ufrag, HOP_UFRAG_CHARS, keys[k], &name));
            assert_int_equal(name.worker, i % 256);
            assert_int_equal(name.index, i);
            assert_false(hop_worker_ufrag_read(ufrag, HOP_UFRAG_CHARS - 1, keys[k], &name));
        }
    }
    assert_false(hop_worker_ufrag_read("a\0bcdefghijkl", 12, 0, &name));
    assert_false(hop_worker_ufrag_read("\xff\xff\xff---------", 12, 0, &name));
    char a[HOP_UFRAG_CHARS + 1], b[HOP_UFRAG_CHARS + 1];
    hop_worker_ufrag((struct hop_ufrag_name){ 0, 3 }, 1, a);
    hop_worker_ufrag((struct hop_ufrag_name){ 0, 3 }, 1, b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_ring_delays_and_keeps_order),
        cmocka_unit_test(what_was_overtaken_is_told_once),
        cmocka_unit_test(a_ufrag_names_worker_and_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
