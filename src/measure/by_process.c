/* SPDX-License-Identifier: MIT */
#include "measure/by_process.h"

#include "transcendental.h"

#include <math.h>
#include <stdlib.h>

/* The standard error of a median of n normal numbers of standard deviation 1 is about this over sqrt(n), and their
 * standard deviation about this many times their median absolute deviation. */
static const double median_error = 1.2533, mad_to_deviation = 1.4826;

/* The log ratios of the processes that count, one process after the other, each as its sorted log ratios. */
struct ratio_groups {
    double *logs;    /* [rounds] */
    double *medians; /* [processes] */
    size_t *ends;    /* [processes] behind the last round of each */
    size_t rounds, processes;
};

static void ratio_groups_free(struct ratio_groups *groups) {
    free(groups->logs);
    free(groups->medians);
    free(groups->ends);
}

static int ratio_groups_make(struct ratio_groups *groups, const struct paired_times *times, struct error *err) {
    *groups = (struct ratio_groups){.logs = malloc((times->n + 1) * sizeof *groups->logs),
                                    .medians = malloc((times->n + 1) * sizeof *groups->medians),
                                    .ends = malloc((times->n + 1) * sizeof *groups->ends)};
    if (!groups->logs || !groups->medians || !groups->ends) {
        ratio_groups_free(groups);
        return fail_program(err, "out of memory for %zu rounds", times->n);
    }
    for (size_t first = 0, end; first < times->n; first = end) {
        double *logs = groups->logs + groups->rounds;
        for (end = first; end < times->n && times->process[end] == times->process[first]; end++)
            logs[end - first] = portable_log(times->subject[end]) - portable_log(times->base[end]);
        if (end - first < FEWEST_ROUNDS) continue;
        sort_doubles(logs, end - first);
        groups->rounds += end - first;
        groups->ends[groups->processes] = groups->rounds;
        groups->medians[groups->processes++] = quantile(logs, end - first, 0.5);
    }
    return 0;
}

/* The median log ratio of all rounds; 0 of none. */
static double median_of_all(const struct paired_times *times, double *logs) {
    for (size_t r = 0; r < times->n; r++)
        logs[r] = portable_log(times->subject[r]) - portable_log(times->base[r]);
    sort_doubles(logs, times->n);
    return times->n > 0 ? quantile(logs, times->n, 0.5) : 0;
}

int process_ratios(struct process_ratios *ratios, const struct paired_times *times, struct error *err) {
    struct ratio_groups groups;
    if (ratio_groups_make(&groups, times, err) != 0) return -1;
    const size_t k = groups.processes;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < k; i++)
        mean += groups.medians[i] / (double)k;
    for (size_t i = 0; i < k; i++)
        squares += (groups.medians[i] - mean) * (groups.medians[i] - mean);
    if (k == 0) mean = median_of_all(times, groups.logs);
    *ratios = (struct process_ratios){{.n_subject = k, .n_base = k, .log_ratio = mean, .error = (double)NAN}, k};
    if (k >= FEWEST_PROCESSES) {
        ratios->shift.freedom = k - 1;
        ratios->shift.error = sqrt(squares / (double)(k - 1) / (double)k);
    }
    ratio_groups_free(&groups);
    return 0;
}

int process_spread(double *spread, const struct process_ratios *ratios, const struct paired_times *times,
                   struct error *err) {
    struct ratio_groups groups;
    *spread = NAN;
    if (ratios->shift.freedom == 0) return 0;
    if (ratio_groups_make(&groups, times, err) != 0) return -1;
    for (size_t i = 0, r = 0; i < groups.processes; i++)
        for (; r < groups.ends[i]; r++)
            groups.logs[r] = fabs(groups.logs[r] - groups.medians[i]);
    sort_doubles(groups.logs, groups.rounds);
    const double k = (double)groups.processes, noise = mad_to_deviation * quantile(groups.logs, groups.rounds, 0.5);
    *spread = fmax(ratios->shift.error * sqrt(k), noise * median_error / sqrt((double)groups.rounds / k));
    ratio_groups_free(&groups);
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
