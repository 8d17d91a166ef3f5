/* `compare --threshold P`: is anything slower by more than P, and could the files have shown it? */
#ifndef SGDMARK_RECORD_THRESHOLD_H
#define SGDMARK_RECORD_THRESHOLD_H

#include "record/compare.h"

/* Longest explanation. */
enum { THRESHOLD_TEXT = 1024 };

enum threshold_answer {
    THRESHOLD_HELD,        /* nothing is slower by more than the threshold, and it would have been seen */
    THRESHOLD_EXCEEDED,    /* at least one benchmark is */
    THRESHOLD_NOT_ANSWERED /* none is seen to be, but so small a change cannot be told apart */
};

/* Answers for all rows of the report at once. When the answer is THRESHOLD_NOT_ANSWERED, `why` is one line that names
 * the benchmark with the coarsest result and what can be told apart there. */
enum threshold_answer answer_threshold(const struct compare_report *report, double threshold, char why[THRESHOLD_TEXT]);

#endif
