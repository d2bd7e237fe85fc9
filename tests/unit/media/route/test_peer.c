/* Coming, going, and what is refused. */
#include "tests/unit/media/route/fixture.h"

static void what_cannot_be_added(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(0, &d, &l);
    assert_int_equal(hop_route_peer_add(fx->route, HOP_MAX_PEERS, 5, &d, &l), -EINVAL);
    assert_int_equal(hop_route_peer_add(fx->route, 0, 0, &d, &l), -EINVAL);
    d.tracks[1].source = HOP_SOURCE_MICROPHONE; /* twice */
    assert_int_equal(hop_route_peer_add(fx->route, 0, 5, &d, &l), -EINVAL);
    d.tracks[1].source = (enum hop_source)9;
    assert_int_equal(hop_route_peer_add(fx->route, 0, 5, &d, &l), -EINVAL);
    fx_describe(0, &d, &l);
    d.n_slots = HOP_MAX_SLOTS + 1;
    assert_int_equal(hop_route_peer_add(fx->route, 0, 5, &d, &l), -EINVAL);
    fx_join(fx, 0);
    fx_describe(0, &d, &l);
    assert_int_equal(hop_route_peer_add(fx->route, 0, 5, &d, &l), -EEXIST);
    assert_int_equal(hop_route_peer_add(fx->route, 1, fx_id(0), &d, &l), -EEXIST);
}

static void ids_are_found_whoever_left(void **state)
{
    struct fx *fx = *state;
    for (uint32_t p = 0; p < FX_PEERS; p++)
        fx_join(fx, p);
    for (uint32_t p = 0; p < FX_PEERS; p += 2)
        hop_route_peer_remove(fx->route, p, false, fx->now_us);
    for (uint32_t p = 0; p < FX_PEERS; p++) {
        const struct hop_route_peer *found = hop_route_find(fx->route, fx_id(p));
        assert_true(p % 2 ? found && found->index == p : !found);
    }
    /* Of those who are not there, everything is ignored. */
    hop_route_peer_remove(fx->route, 0, true, fx->now_us);
    hop_route_peer_connected(fx->route, 0, fx->now_us);
    hop_route_peer_suspended(fx->route, 0, true, fx->now_us);
    hop_route_set_allowed(fx->route, 0, 0, fx->now_us);
    hop_route_rtp(fx->route, 0, (const uint8_t *)"x", 1, fx->now_us);
    hop_route_rtcp(fx->route, 100000, (const uint8_t *)"x", 1, fx->now_us);
}

static void slots_can_be_appended(void **state)
{
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    for (uint32_t p = 0; p < 3; p++)
        fx_join(fx, p);
    fx_describe(3, &d, &l);
    d.n_slots = 1;
    assert_int_equal(hop_route_peer_add(fx->route, 3, fx_id(3), &d, &l), 0);
    hop_route_peer_connected(fx->route, 3, fx->now_us);
    struct hop_view_tile tiles[2] = { { .peer = fx_id(0), .source = HOP_SOURCE_CAMERA },
                                      { .peer = fx_id(1), .source = HOP_SOURCE_CAMERA } };
    assert_int_equal(hop_route_set_view(fx->route, 3, tiles, 2, fx->now_us), 0);
    fx_frame(fx, 0, 1, true);
    fx_frame(fx, 1, 1, true);
    assert_true(fx->slots[3][0].peer == fx_id(0) && fx->slots[3][1].peer == 0);
    d.n_slots = 2;
    assert_int_equal(hop_route_peer_update(fx->route, 3, &d, &l, fx->now_us), 0);
    fx_frame(fx, 1, 2, false); /* the key frame is kept */
    assert_true(fx->slots[3][0].peer == fx_id(0) && fx->slots[3][1].peer == fx_id(1));
    d.n_slots = 1;
    assert_int_equal(hop_route_peer_update(fx->route, 3, &d, &l, fx->now_us), -EINVAL);
    assert_int_equal(hop_route_peer_update(fx->route, 7, &d, &l, fx->now_us), -ENOENT);
}

static void tags_find_only_the_present_stream(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 5);
    fx_frame(fx, 5, 1, true);
    struct hop_layer *layer = &fx->route->peers[5]->publications[HOP_SOURCE_CAMERA]->layers[0];
    uint32_t tag = layer->tag;
    assert_ptr_equal(hop_route_layer_by_tag(fx->route, tag), layer);
    hop_layer_restart(layer);
    assert_null(hop_route_layer_by_tag(fx->route, tag));
    tag = layer->tag;
    hop_route_peer_remove(fx->route, 5, false, fx->now_us);
    assert_null(hop_route_layer_by_tag(fx->route, tag));
    fx_join(fx, 5);
    fx_frame(fx, 5, 1, true);
    assert_null(hop_route_layer_by_tag(fx->route, tag));
}

static void one_participant_stays_below_its_memory(void **state)
{
    (void)state;
    size_t caches = 0;
    struct fx *fx = *state;
    struct hop_peer_desc d;
    struct hop_peer_local l;
    fx_describe(0, &d, &l);
    d.tracks[1].n_rids = 3;
    for (int r = 0; r < 3; r++)
        snprintf(d.tracks[1].rids[r], sizeof(d.tracks[1].rids[r]), "r%d", r);
    assert_int_equal(hop_route_peer_add(fx->route, 0, fx_id(0), &d, &l), 0);
    const struct hop_route_peer *peer = fx->route->peers[0];
    for (int i = 0; i < 3; i++)
        caches += peer->publications[HOP_SOURCE_CAMERA]->layers[i].cache_bytes;
    caches += peer->publications[HOP_SOURCE_SCREEN]->layers[0].cache_bytes;
    size_t rest = sizeof(*peer) + 3 * sizeof(struct hop_publication) + 9 * sizeof(struct hop_slot) +
                  sizeof(struct hop_twcc_recv) + sizeof(struct hop_twcc_send) +
                  9 * HOP_SLOT_SENT_LOG * sizeof(struct hop_sent_entry);
    print_message("caches %zu, all else at nine slots %zu bytes\n", caches, rest);
    assert_true(caches < 600 * 1000);
    assert_true(caches + rest < 850 * 1000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_added),
        TEST(ids_are_found_whoever_left),
        TEST(slots_can_be_appended),
        TEST(tags_find_only_the_present_stream),
        TEST(one_participant_stays_below_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
