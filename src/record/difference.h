/* What two result files say about machine, build and system, and about the work that was done. */
#ifndef SGDMARK_RECORD_DIFFERENCE_H
#define SGDMARK_RECORD_DIFFERENCE_H

#include "record/compare.h"

/* Returns 0 when both files trained the same, or -1 with all that differs in data, row order or hyper-parameters. */
int refuse_other_work(const struct result_file *a, const struct result_file *b, struct error *err);

/* Do both files name the same processor and the same topology (by its hash)? */
bool same_machine(const struct result_file *a, const struct result_file *b);

/* Fills in the report's differences, sorted by what they do to the comparison. Returns 0, or -1 when memory runs out.
 */
int find_differences(struct compare_report *report, struct error *err);
void free_differences(struct compare_report *report);

#endif
