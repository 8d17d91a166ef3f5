/* SPDX-License-Identifier: MIT */
/* Checks that were made during a run, and those that failed. */
#ifndef SGDMARK_VERIFY_CHECK_LIST_H
#define SGDMARK_VERIFY_CHECK_LIST_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* One failed check. */
struct check_failure {
    char case_name[192]; /* of the timed case, or of what else was checked; "epoch/f32/avx512" */
    int process, round;  /* of the sample, from 0; -1: none */
    char what[256];      /* what differs */
    char command[256];   /* that repeats the check, or "" */
};

struct check_list {
    uint64_t made; /* all checks */
    struct check_failure *failed;
    size_t count; /* of the failed ones */
};

/* Adds a copy of the failure; check_list_free releases the list. Returns 0, or -1 when memory runs out. Counts the
 * check as made. */
int check_list_add(struct check_list *list, const struct check_failure *failure, struct error *err);
void check_list_free(struct check_list *list);

#endif
