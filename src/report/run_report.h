/* `sgdmark run` in the terminal. Every section is printed from the facts of the result, `own` (the member "sgdmark" of
 * a result file), so that printing a file again gives the same text. Functions that make tables return 0, or -1 with
 * the reason. */
#ifndef SGDMARK_REPORT_RUN_REPORT_H
#define SGDMARK_REPORT_RUN_REPORT_H

#include "base/error.h"

#include <jansson.h>
#include <stdio.h>

/* The machine and the job. */
void report_head(FILE *to, const json_t *facts);

/* The notebook's steps in its own order. */
void report_notebook(FILE *to, const json_t *facts);

/* One row per engine and backend: fingerprints, hashes, and whether the check was passed. */
int report_parity(FILE *to, const json_t *facts, struct error *err);

/* The epochs beside their roofs; the placements and their contention. */
int report_epochs(FILE *to, const json_t *facts, struct error *err);
int report_folds(FILE *to, const json_t *facts, struct error *err);

/* The epochs in further processes; nothing where there were none. */
int report_launches(FILE *to, const json_t *facts, struct error *err);

/* What the run could tell apart, and whether every check held. */
void report_verdict(FILE *to, const json_t *facts);

/* All of it, in this order. */
int report_run(FILE *to, const json_t *facts, struct error *err);

#endif
