/* SPDX-License-Identifier: MIT */
/* `compare --threshold P`: is any benchmark slower by more than P, and can the files show it? */
#ifndef SGDMARK_RECORD_THRESHOLD_H
#define SGDMARK_RECORD_THRESHOLD_H

#include "record/compare.h"

/* Size of an explanation. */
enum { THRESHOLD_TEXT = 1024 };

enum threshold_answer {
    THRESHOLD_HELD,        /* no benchmark is slower by more than the threshold; the files can show that */
    THRESHOLD_EXCEEDED,    /* at least one benchmark is slower by more */
    THRESHOLD_NOT_ANSWERED /* none is known to be, but the files cannot show so small a change */
};

/* One answer for all rows of the report. With THRESHOLD_NOT_ANSWERED, `why` is one line: the benchmark with the
 * coarsest result, and the smallest change it can show. */
enum threshold_answer answer_threshold(const struct compare_report *report, double threshold, char why[THRESHOLD_TEXT]);

#endif
