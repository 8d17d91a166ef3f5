/* SPDX-License-Identifier: MIT */
/* The points of a sweep as a queue for several takers, whose places in it are numbers. A point is free, held by a
 * taker, or done; what a taker holds becomes free again when it drops out. */
#ifndef SGDMARK_LEARN_SWEEP_QUEUE_H
#define SGDMARK_LEARN_SWEEP_QUEUE_H

#include "base/error.h"

#include <stddef.h>

struct sweep_queue;

/* todo[count] are the points, each below `points`; they must outlive the queue. NULL with the reason when memory runs
 * out. */
struct sweep_queue *sweep_queue_new(const size_t *todo, size_t count, size_t points, struct error *err);
void sweep_queue_free(struct sweep_queue *queue);

/* Hands the taker the next free points, in their order: half of an equal share of what is free, since points take
 * unequal times, but at least `least` of them (a taker's workers) where there are as many. point[] has room for as many
 * as the queue has. Returns their number; 0: none is free. */
size_t sweep_queue_take(struct sweep_queue *queue, unsigned taker, unsigned takers, size_t least, size_t *point);

/* The taker has computed the point. Returns 0, or -1 if it does not hold it. */
int sweep_queue_done(struct sweep_queue *queue, unsigned taker, size_t point);

/* The taker computes no more: what it holds is free. Returns how many points that are. */
size_t sweep_queue_drop(struct sweep_queue *queue, unsigned taker);

/* How many points are not done: free ones, and those that are held. */
size_t sweep_queue_left(const struct sweep_queue *queue);

#endif
