/* SPDX-License-Identifier: MIT */
/* Many result files, sorted by what makes them comparable: the same work is a group; repeats of one job by one build on
 * one machine are a side of it. */
#ifndef SGDMARK_RECORD_GROUPS_H
#define SGDMARK_RECORD_GROUPS_H

#include "record/compare.h"
#include "record/inputs.h"

/* Files of the same data, row order and hyper-parameters: files[first .. first + count - 1]. */
struct group {
    size_t first, count;
    size_t *sides; /* [side_count] files of each side, in the order of the files */
    size_t side_count;
};

struct groups {
    struct group *list; /* in the order in which they come first */
    size_t count;
};

enum side_of {
    SIDE_REPEATS, /* runs of one build on one machine with the same settings are one side, unless it would be the only
                     one of its group */
    SIDE_FILE     /* each file is a side */
};

/* Sorts the files, which keep their order within a side, into groups and sides. Files that are incomplete, or of a run
 * that is there already, are left out. Returns 0, or -1 when memory runs out; groups_free releases the groups. */
int groups_make(struct groups *groups, struct inputs *inputs, enum side_of side, struct error *err);
void groups_free(struct groups *groups);

#endif
