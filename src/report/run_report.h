/* SPDX-License-Identifier: MIT */
/* `sgdmark run` in the terminal. Every section is printed from the facts of the result, `own` (the member "sgdmark" of
 * a result file), so that printing a file again gives the same text. Functions that make tables return 0, or -1 with
 * the reason. */
#ifndef SGDMARK_REPORT_RUN_REPORT_H
#define SGDMARK_REPORT_RUN_REPORT_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Machine and job. */
void report_head(FILE *to, const json_t *facts);

/* The notebook's steps in its own order, if `walk` or the run asked for them (--notebook); else one line of it. */
void report_notebook(FILE *to, const json_t *facts, bool walk);

/* One row per engine and backend: fingerprint, update hash, fold accuracies, and the verdict of the parity check. */
int report_parity(FILE *to, const json_t *facts, struct error *err);

/* Epochs with their roofs; placements with their contention; ten digits with the roofs of their groups, or why the run
 * did not time them. */
int report_epochs(FILE *to, const json_t *facts, struct error *err);
int report_folds(FILE *to, const json_t *facts, struct error *err);
int report_digits(FILE *to, const json_t *facts, struct error *err);

/* The verdict: is the work correct, what are the times usable for, and what disturbs most on this machine? */
void report_verdict(FILE *to, const json_t *facts);

/* All of it, in this order. walk: the notebook's steps in any case. */
int report_run(FILE *to, const json_t *facts, bool walk, struct error *err);

#endif
