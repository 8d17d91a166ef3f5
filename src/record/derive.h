/* SPDX-License-Identifier: MIT */
/* Derives again what a result file says of its own samples: a number that was edited contradicts those it was made
 * from. */
#ifndef SGDMARK_RECORD_DERIVE_H
#define SGDMARK_RECORD_DERIVE_H

#include "record/load.h"
#include "record/rules.h"

/* Checks a file of schema 3 against the hash it was written with (record/seal.h). Returns 0, or -1 with one line. */
int check_seal(const struct result_file *file, const struct reader *reader);

/* Derives everything again that follows from something else in the file, with the code that wrote it, and compares. The
 * file has passed every other check of result_parse.
 *   - Of every schema: the summaries of samples and roofs.
 *   - From schema 3 on, from the samples, the schedule, the witness and the facts of the cases: the analysis of each
 *     experiment (gates, usable, shares, rates, pairs with intervals and verdicts), Google Benchmark's rows, the
 *     verdict; from the confusion matrices: the scores of receipts and notebook; and that receipts, cases and processes
 *     agree with one another.
 * Numbers are equal within 1e-9: libm differs between machines. Returns 0, or -1 with one line that names the first
 * contradiction: "FILE: experiments[0].pairs[3].low is 1.2, but its samples give 1.1 (the file is damaged ...)". */
int derive_again(const struct result_file *file, const struct reader *reader);

#endif
