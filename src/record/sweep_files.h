/* SPDX-License-Identifier: MIT */
/* The folder of a sweep while one process computes its share, and afterwards.
 *
 *   sweep.json             what is computed (record/sweep_head.h)
 *   points.jsonl           the points in their order, one line each; of a share: points-03-of-16.jsonl
 *   points.jsonl.part      the same while they are computed, in the order in which they are finished
 *   times.jsonl            when, where, by what and in what time; of a share: times-03-of-16.jsonl
 *   summary.json           distributions and the best point (record/sweep_summary.h)
 *   points.npz             the points as arrays (record/sweep_npz.h) */
#ifndef SGDMARK_RECORD_SWEEP_FILES_H
#define SGDMARK_RECORD_SWEEP_FILES_H

#include "base/progress.h"
#include "record/point_set.h"

/* One process at work. */
struct sweep_work;

/* Opens the folder, which exists and holds sweep.json. Reads the points that are there already, and cuts off a line
 * that an earlier process has left half. Returns NULL with the reason; if another process computes this share, that is
 * the reason. */
struct sweep_work *sweep_work_open(const char *folder, const struct share *share, const struct sweep_head *head,
                                   struct error *err);
void sweep_work_close(struct sweep_work *work);

/* The points of the share that are not there yet, in order, *count of them; they belong to `work`. */
const size_t *sweep_work_todo(const struct sweep_work *work, size_t *count);

/* Notes who begins to compute, in times.jsonl, once for each process; takes the object over. Returns 0, or -1 with the
 * reason. */
int sweep_work_began(struct sweep_work *work, json_t *facts, struct error *err);

/* Keeps outcomes: each is one whole line in the file of points before the next one is taken. `enough` and `progress`
 * may be NULL. The sink is valid as long as `work` is. */
struct sweep_sink sweep_work_sink(struct sweep_work *work, bool (*enough)(void), const struct progress_sink *progress);

/* How many points are there now: earlier ones, and those kept since. */
size_t sweep_work_done(const struct sweep_work *work);

/* Writes points.jsonl, once no point of the share is missing. Returns 0, or -1 with the reason. */
int sweep_work_finish(struct sweep_work *work, struct error *err);

/* Collects every file of points in a folder, those of shares that are still being computed too. Files of a whole sweep
 * count only where there is none of a share. Fails when there is none at all. */
int sweep_collect(struct point_set *set, const char *folder, struct error *err);

#endif
