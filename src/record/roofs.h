/* The reading roof of an epoch, for an arm that runs in the same rounds, on the same core and pages. */
#ifndef SGDMARK_RECORD_ROOFS_H
#define SGDMARK_RECORD_ROOFS_H

#include "learn/fit.h"

/* Reads the bytes that an epoch reads, in its own shuffled order, and does nothing else with them. Sample r reads in
 * the order of epoch r % epochs. The prefetch is the fastest of a few, tried when the roof is made: a roof that is not
 * the best the machine can do would flatter what stands under it. */
struct read_roof;

/* How the rows lie that are read. */
enum row_form {
    FORM_WINDOWS, /* as the data set stores them */
    FORM_PACKED,  /* packed for engine int: as many whole lines of each as rows have on average, not more than an epoch
                     reads */
    FORM_WHOLE,   /* with their empty border, each at the beginning of a cache line: a copy of n x d bytes */
    FORMS
};

struct read_roof *read_roof_new(const struct examples *examples, enum row_form form, const uint32_t *permutation,
                                unsigned epochs, const struct backend *backend, struct error *err);
void read_roof_free(struct read_roof *roof);

/* Goes on to the next epoch's order: before each sample, not timed. */
void read_roof_next(struct read_roof *roof);
/* The sample: examples->n rows. */
void read_roof_run(struct read_roof *roof);

#endif
