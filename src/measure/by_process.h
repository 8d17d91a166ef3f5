/* SPDX-License-Identifier: MIT */
/* Paired ratios with the process as the unit: what planned runs rest on (plan.h). */
#ifndef SGDMARK_MEASURE_BY_PROCESS_H
#define SGDMARK_MEASURE_BY_PROCESS_H

#include "measure/stats.h"

/* The times of two cases in the same rounds, in seconds, and the process of each round, ascending. */
struct paired_times {
    double *subject, *base; /* [n] */
    unsigned *process;      /* [n] */
    size_t n;
};

/* A process with fewer rounds that nothing disturbed does not count: the median of one or two is no median. */
enum { FEWEST_ROUNDS = 3 };

/* One number per process: the median of its log ratios, log(subject / base). */
struct process_ratios {
    struct shift shift; /* their mean with its standard error, on processes - 1 degrees of freedom; where no process
                         * counts, the median of all log ratios */
    size_t processes;   /* that count */
};

/* Returns 0, or -1 with the reason. With fewer than FEWEST_PROCESSES processes the error is not known. */
int process_ratios(struct process_ratios *ratios, const struct paired_times *times, struct error *err);

/* How much another process would differ, in logarithms: the standard deviation of the medians, or what the noise of
 * single rounds alone would make it, whichever is larger. NAN where the error is not known. Returns 0, or -1 with the
 * reason. */
int process_spread(double *spread, const struct process_ratios *ratios, const struct paired_times *times,
                   struct error *err);

/* The ratio with its interval at 1 - (1 - confidence) / comparisons, Student's over processes. Rounds of one process
 * are alike: they share its memory layout and its minute. Processes are as independent as a run can make them. */
struct comparison compare_by_process(const struct process_ratios *ratios, size_t rounds, double confidence,
                                     unsigned comparisons);

/* Student's half-width, in logarithms, of the interval that `processes` processes with this spread will have. */
double half_width_of(double spread, size_t processes, double confidence, unsigned comparisons);

/* The A/A gate of such times (stats.h). */
int make_aa_gate_by_process(struct aa_gate *aa, const struct paired_times *times, struct error *err);

#endif
