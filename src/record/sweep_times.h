/* SPDX-License-Identifier: MIT */
/* The first line of times.jsonl: when, where and by what some points of a sweep were computed. None of it is in the
 * file of points. */
#ifndef SGDMARK_RECORD_SWEEP_TIMES_H
#define SGDMARK_RECORD_SWEEP_TIMES_H

#include "learn/group_choice.h"
#include "machine/launcher.h"
#include "machine/placement.h"
#include "record/sweep_head.h"

/* A process that is about to compute. */
struct sweep_process {
    int argc;
    char *const *argv;
    const char *data; /* where the rows are from */
    const struct backend *backend;
    enum engine engine;
    const struct placement *placement;
    const struct launcher *launcher;
    const struct share *share;
    size_t points; /* to compute */
    const struct group_choice *group;
};

/* The line as an object. NULL when memory runs out. */
json_t *sweep_times_json(const struct sweep_process *process);

#endif
