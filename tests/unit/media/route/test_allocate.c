/* Which layer suits a tile. */
#include "media/route/allocate.h"
#include "media/route/decide.h"
#include "tests/unit/media/route/fixture.h"

/* Three layers with these heights; 0: not known yet. All flow. */
static struct hop_publication *camera(uint16_t low, uint16_t middle, uint16_t high)
{
    static struct hop_route route;
    static struct hop_route_peer owner = { .route = &route };
    struct hop_publication *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    p->owner = &owner;
    p->demand = 2;
    const uint16_t heights[] = { low, middle, high };
    p->n_layers = 3;
    for (uint8_t i = 0; i < 3; i++) {
        p->layers[i].publication = p;
        p->layers[i].index = i;
        p->layers[i].ssrc = i + 1u;
        p->layers[i].flowing = true;
        p->layers[i].height = heights[i];
    }
    return p;
}

static int choice(struct hop_publication *p, uint16_t tile)
{
    const struct hop_layer *layer = hop_decide_choose(p, tile);
    return layer ? layer->index : -1;
}

static void the_highest_that_is_not_wasted(void **state)
{
    (void)state;
    struct hop_publication *p = camera(180, 360, 720);
    assert_int_equal(choice(p, 90), 0);
    assert_int_equal(choice(p, 180), 0);
    assert_int_equal(choice(p, 239), 0);
    assert_int_equal(choice(p, 240), 1);
    assert_int_equal(choice(p, 479), 1);
    assert_int_equal(choice(p, 480), 2);
    assert_int_equal(choice(p, 2160), 2);
    assert_int_equal(choice(p, 0), 2);
    free(p);
}

static void unknown_heights_are_guessed_by_halves(void **state)
{
    (void)state;
    struct hop_publication *p = camera(270, 0, 0);
    assert_int_equal(choice(p, 359), 0);
    assert_int_equal(choice(p, 360), 1); /* 540 */
    assert_int_equal(choice(p, 720), 2); /* 1080 */
    p->layers[0].height = 0;
    p->layers[2].height = 1080;
    assert_int_equal(choice(p, 360), 1);
    p->layers[2].height = 0;
    assert_int_equal(choice(p, 240), 1); /* 180, 360, 720 */
    free(p);
}

static void only_layers_that_come_are_taken(void **state)
{
    (void)state;
    struct hop_publication *p = camera(180, 360, 720);
    p->layers[2].flowing = false;
    assert_int_equal(choice(p, 720), 1);
    p->layers[0].flowing = false;
    assert_int_equal(choice(p, 90), 1);
    p->layers[1].ssrc = 0;
    assert_int_equal(choice(p, 90), -1);
    /* A single layer may pause (a still screen) without being lost. */
    p->n_layers = 1;
    assert_int_equal(choice(p, 90), 0);
    free(p);
}

static void ids_not_in_the_room_are_served_when_they_appear(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_join(fx, 0);
    fx_frame(fx, 0, 1, true);
    assert_true(fx->slots[1][0].peer == fx_id(0));
    hop_route_peer_remove(fx->route, 0, false, fx->now_us);
    assert_true(fx->slots[1][0].peer == 0);
    fx_join(fx, 0);
    fx_frame(fx, 0, 77, true);
    assert_true(fx->slots[1][0].peer == fx_id(0));
}

static void the_same_state_is_reported_once(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 0);
    fx_join(fx, 1);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_frame(fx, 0, 1, true);
    assert_int_equal(fx->slot_reports, 1);
    for (uint16_t i = 2; i < 20; i++)
        fx_frame(fx, 0, i, i % 5 == 0);
    fx_watch(fx, 1, 0, HOP_SOURCE_CAMERA);
    fx_run(fx, 200000);
    assert_int_equal(fx->slot_reports, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_that_is_not_wasted),
        cmocka_unit_test(unknown_heights_are_guessed_by_halves),
        cmocka_unit_test(only_layers_that_come_are_taken),
        TEST(ids_not_in_the_room_are_served_when_they_appear),
        TEST(the_same_state_is_reported_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
