/* SPDX-License-Identifier: MIT */
/* The queue of a sweep's points: each goes to one taker, in order; what a taker gives back goes to others; sizes. */
#include "learn/sweep_queue.h"

#include "setup.h"

enum { POINTS = 100, WANTED = 60 };

static size_t todo[WANTED], point[POINTS];

/* A queue of the points 0, 1, 3, 4, 6, ...: each third one is there already. */
static struct sweep_queue *queue_of_60(void) {
    for (size_t i = 0; i < WANTED; i++)
        todo[i] = i / 2 * 3 + i % 2;
    return sweep_queue_new(todo, WANTED, POINTS, NULL);
}

static void hands_each_point_to_one(void **state) {
    (void)state;
    struct sweep_queue *queue = queue_of_60();
    size_t next = 0;
    for (unsigned taker = 0;; taker = (taker + 1) % 3) {
        const size_t count = sweep_queue_take(queue, taker, 3, 4, point);
        if (count == 0) break;
        assert_int_equal(sweep_queue_left(queue), WANTED - next);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(point[i], todo[next++]);
            assert_int_equal(sweep_queue_done(queue, (taker + 1) % 3, point[i]), -1); /* held by another */
            assert_int_equal(sweep_queue_done(queue, taker, point[i]), 0);
            assert_int_equal(sweep_queue_done(queue, taker, point[i]), -1); /* done already */
        }
    }
    assert_int_equal(next, WANTED);
    assert_int_equal(sweep_queue_left(queue), 0);
    assert_int_equal(sweep_queue_done(queue, 0, 2), -1); /* not to do */
    assert_int_equal(sweep_queue_done(queue, 0, POINTS), -1);
    sweep_queue_free(queue);
}

static void shares_shrink_to_the_least(void **state) {
    (void)state;
    static const size_t want[] = {10, 8, 7, 5, 5, 5, 5, 5, 5, 5, 0};
    struct sweep_queue *queue = queue_of_60();
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(sweep_queue_take(queue, 0, 3, 5, point), want[i]);
    sweep_queue_free(queue);
}

static void gives_back_what_is_dropped(void **state) {
    (void)state;
    struct sweep_queue *queue = queue_of_60();
    assert_int_equal(sweep_queue_take(queue, 1, 1, 20, point), 30);
    assert_int_equal(sweep_queue_take(queue, 2, 1, 20, point), 20);
    assert_int_equal(sweep_queue_done(queue, 1, todo[0]), 0);
    assert_int_equal(sweep_queue_done(queue, 1, todo[5]), 0);
    assert_int_equal(sweep_queue_drop(queue, 3), 0);
    assert_int_equal(sweep_queue_drop(queue, 1), 28);
    assert_int_equal(sweep_queue_done(queue, 1, todo[1]), -1);
    assert_int_equal(sweep_queue_left(queue), 58);
    /* What came back goes first, without what is done or held. */
    assert_int_equal(sweep_queue_take(queue, 0, 1, POINTS, point), 38);
    assert_int_equal(point[0], todo[1]);
    assert_int_equal(point[4], todo[6]);
    assert_int_equal(point[28], todo[50]);
    assert_int_equal(point[37], todo[59]);
    assert_int_equal(sweep_queue_take(queue, 0, 1, 1, point), 0);
    assert_int_equal(sweep_queue_left(queue), 58);
    sweep_queue_free(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_each_point_to_one),
        cmocka_unit_test(shares_shrink_to_the_least),
        cmocka_unit_test(gives_back_what_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
