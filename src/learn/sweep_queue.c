/* SPDX-License-Identifier: MIT */
#include "learn/sweep_queue.h"

#include <stdint.h>
#include <stdlib.h>

/* What becomes of a point; a number between them is 1 + its taker. */
enum { POINT_FREE = 0 };
static const uint32_t point_done = UINT32_MAX;

struct sweep_queue {
    const size_t *todo; /* [count] */
    size_t count, points;
    size_t next; /* todo[] before it has no free point */
    size_t free, held;
    uint32_t *state; /* [points] */
};

struct sweep_queue *sweep_queue_new(const size_t *todo, size_t count, size_t points, struct error *err) {
    struct sweep_queue *queue = calloc(1, sizeof *queue);
    uint32_t *state = calloc(points + 1, sizeof *state);
    if (!queue || !state) {
        free(queue);
        free(state);
        fail_program(err, "out of memory for %zu points", points);
        return NULL;
    }
    *queue = (struct sweep_queue){.todo = todo, .count = count, .points = points, .free = count, .state = state};
    return queue;
}

void sweep_queue_free(struct sweep_queue *queue) {
    if (!queue) return;
    free(queue->state);
    free(queue);
}

size_t sweep_queue_take(struct sweep_queue *queue, unsigned taker, unsigned takers, size_t least, size_t *point) {
    size_t most = queue->free / (2 * (size_t)takers), taken = 0;
    if (most < least) most = least;
    for (; queue->next < queue->count && taken < most; queue->next++) {
        const size_t at = queue->todo[queue->next];
        if (queue->state[at] != POINT_FREE) continue;
        queue->state[at] = taker + 1;
        point[taken++] = at;
    }
    queue->free -= taken;
    queue->held += taken;
    return taken;
}

int sweep_queue_done(struct sweep_queue *queue, unsigned taker, size_t point) {
    if (point >= queue->points || queue->state[point] != taker + 1) return -1;
    queue->state[point] = point_done;
    queue->held--;
    return 0;
}

size_t sweep_queue_drop(struct sweep_queue *queue, unsigned taker) {
    size_t dropped = 0;
    for (size_t i = 0; i < queue->next; i++) {
        if (queue->state[queue->todo[i]] != taker + 1) continue;
        queue->state[queue->todo[i]] = POINT_FREE;
        dropped++;
    }
    if (dropped > 0) queue->next = 0;
    queue->free += dropped;
    queue->held -= dropped;
    return dropped;
}

size_t sweep_queue_left(const struct sweep_queue *queue) {
    return queue->free + queue->held;
}
