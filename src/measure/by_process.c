/* SPDX-License-Identifier: MIT */
#include "measure/by_process.h"

#include "transcendental.h"

#include <math.h>
#include <stdlib.h>

/* The standard error of a median of n normal numbers of standard deviation 1 is about this over sqrt(n), and their
 * standard deviation about this many times their median absolute deviation. */
static const double median_error = 1.2533, mad_to_deviation = 1.4826;

/* Turns sorted logs[n] into their median and their distances from it. */
static double take_median(double *logs, size_t n) {
    sort_doubles(logs, n);
    const double median = quantile(logs, n, 0.5);
    for (size_t i = 0; i < n; i++)
        logs[i] = fabs(logs[i] - median);
    return median;
}

static void fill_shift(struct process_ratios *ratios, const double *medians) {
    const size_t k = ratios->processes;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < k; i++)
        mean += medians[i] / (double)k;
    for (size_t i = 0; i < k; i++)
        squares += (medians[i] - mean) * (medians[i] - mean);
    ratios->shift = (struct shift){.n_subject = k, .n_base = k, .log_ratio = mean, .error = (double)NAN};
    if (k < FEWEST_PROCESSES) return;
    ratios->shift.freedom = k - 1;
    ratios->shift.error = sqrt(squares / (double)(k - 1) / (double)k);
}

int process_ratios(struct process_ratios *ratios, const struct paired_times *times, struct error *err) {
    double *logs = malloc((times->n + 1) * sizeof *logs), *medians = malloc((times->n + 1) * sizeof *medians);
    *ratios = (struct process_ratios){.spread = (double)NAN};
    if (!logs || !medians) {
        free(logs);
        free(medians);
        return fail_program(err, "out of memory for %zu rounds", times->n);
    }
    size_t rounds = 0; /* of the processes that count */
    for (size_t first = 0, end; first < times->n; first = end) {
        for (end = first; end < times->n && times->process[end] == times->process[first]; end++)
            logs[rounds + end - first] = portable_log(times->subject[end]) - portable_log(times->base[end]);
        if (end - first < FEWEST_ROUNDS) continue;
        medians[ratios->processes++] = take_median(logs + rounds, end - first);
        rounds += end - first;
    }
    fill_shift(ratios, medians);
    if (ratios->shift.freedom > 0) {
        const double k = (double)ratios->processes;
        sort_doubles(logs, rounds);
        const double noise = mad_to_deviation * quantile(logs, rounds, 0.5);
        ratios->spread = fmax(ratios->shift.error * sqrt(k), noise * median_error / sqrt((double)rounds / k));
    }
    free(logs);
    free(medians);
    return 0;
}

static double level_of(double confidence, unsigned comparisons) {
    return (1 - confidence) / (comparisons > 0 ? comparisons : 1);
}

struct comparison compare_by_process(const struct process_ratios *ratios, size_t rounds, double confidence,
                                     unsigned comparisons) {
    struct comparison c = comparison_of(&ratios->shift, level_of(confidence, comparisons), 0);
    c.n_subject = c.n_base = rounds;
    c.confidence = confidence;
    c.comparisons = comparisons;
    return c;
}

double half_width_of(double spread, size_t processes, double confidence, unsigned comparisons) {
    if (processes < FEWEST_PROCESSES) return NAN;
    return student_quantile(level_of(confidence, comparisons), processes - 1) * spread / sqrt((double)processes);
}

int make_aa_gate_by_process(struct aa_gate *aa, const struct paired_times *times, struct error *err) {
    struct process_ratios ratios;
    if (process_ratios(&ratios, times, err) != 0) return -1;
    aa->shown = compare_by_process(&ratios, times->n, AA_SHOWN, 1);
    aa->gate = compare_by_process(&ratios, times->n, AA_GATE, 1);
    judge_aa_gate(aa);
    return 0;
}
