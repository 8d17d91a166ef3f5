/* The limits of the machine for an epoch, as arms that run in the same rounds, on the same core and pages. */
#ifndef SGDMARK_RECORD_ROOFS_H
#define SGDMARK_RECORD_ROOFS_H

#include "learn/fit.h"
#include "record/rounds.h"

/* Reading: the bytes that an epoch reads, in its own shuffled order and with its own prefetch, and nothing else. Sample
 * r reads in the order of epoch r % epochs. */
struct read_roof;
struct read_roof *read_roof_new(const struct examples *examples, const uint32_t *permutation, unsigned epochs,
                                const struct backend *backend, struct error *err);
void read_roof_free(struct read_roof *roof);
/* Makes `arm` sample it, under the name that the arm has; work per sample: examples->n rows. */
void read_roof_arm(struct read_roof *roof, struct arm *arm);

/* Computing: the dot products of an epoch on rows that stay in the first-level cache. For engine f32 the backend's
 * dot_u8f32 (its load, convert and multiply-add mix), for engine f64 the reference loop. */
struct mix_roof;
struct mix_roof *mix_roof_new(const struct dataset *ds, enum engine engine, const struct backend *backend,
                              struct error *err);
void mix_roof_free(struct mix_roof *roof);
void mix_roof_arm(struct mix_roof *roof, struct arm *arm);
/* Rows per sample: so many that it lasts about two milliseconds. */
double mix_roof_rows(const struct mix_roof *roof);

#endif
