/* The reading roof of an epoch, for an arm that runs in the same rounds, on the same core and pages. */
#ifndef SGDMARK_MEASURE_READ_ROOF_H
#define SGDMARK_MEASURE_READ_ROOF_H

#include "data/row_view.h"
#include "learn/fit.h"

/* Reads the bytes that an epoch reads, in its own shuffled order, and does nothing else with them. Sample r reads in
 * the order of epoch r % epochs. The prefetch is the fastest of a few, tried when the roof is made: a roof that is not
 * the best the machine can do would flatter what stands under it. */
struct read_roof;

struct read_roof *read_roof_new(const struct row_list *row_list, enum row_form form, const uint32_t *permutation,
                                unsigned epochs, const struct backend *backend, struct error *err);
void read_roof_free(struct read_roof *roof);

/* Goes on to the next epoch's order: before each sample, not timed. */
void read_roof_next(struct read_roof *roof);
/* The sample: examples->n rows. */
void read_roof_run(struct read_roof *roof);

#endif
