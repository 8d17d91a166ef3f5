/* What cross-validation found, as text and as JSON. */
#ifndef SGDMARK_REPORT_CV_REPORT_H
#define SGDMARK_REPORT_CV_REPORT_H

#include "base/json.h"
#include "learn/cv.h"

void print_cv(const struct cv_result *result, enum estimator estimator, const char *engine, const char *isa);

/* The JSON of `sgdmark cv`. A score whose denominator is 0 is null, with "<score>_reason" beside it; so are the
 * properties that the never estimator does not have. */
json_t *cv_json(const struct dataset *ds, const struct cv_result *result, enum estimator estimator, const char *engine,
                const char *isa);

/* "0.9502 0.96565 0.96495" */
void print_accuracies(const struct cv_result *result);

#endif
