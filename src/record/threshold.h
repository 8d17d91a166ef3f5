/* SPDX-License-Identifier: MIT */
/* `compare --threshold P`: is any benchmark slower by more than P, and can the files show it? */
#ifndef SGDMARK_RECORD_THRESHOLD_H
#define SGDMARK_RECORD_THRESHOLD_H

#include "record/compare.h"

/* Size of an explanation. */
enum { THRESHOLD_TEXT = 1024 };

enum threshold_answer {
    THRESHOLD_PASS,        /* the interval of every benchmark ends below 1 + P */
    THRESHOLD_FAIL,        /* the whole interval of at least one lies above it */
    THRESHOLD_INCONCLUSIVE /* neither: the files cannot show it */
};

/* "PASS", "FAIL", "INCONCLUSIVE". */
const char *threshold_words(enum threshold_answer answer);

/* One answer for all rows of the report. `why` is one line: with THRESHOLD_FAIL the slowest benchmark; with
 * THRESHOLD_INCONCLUSIVE the benchmark with the coarsest result, the reason, and what would help. */
enum threshold_answer answer_threshold(const struct compare_report *report, double threshold, char why[THRESHOLD_TEXT]);

#endif
