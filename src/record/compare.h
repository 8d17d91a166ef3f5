/* SPDX-License-Identifier: MIT */
/* Compares result files of different runs or machines. The first file is the base; the others are the subjects. Samples
 * of different files are independent, so nothing is paired across files. */
#ifndef SGDMARK_RECORD_COMPARE_H
#define SGDMARK_RECORD_COMPARE_H

#include "base/error.h"
#include "measure/stats.h"
#include "record/load.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The most files that one comparison takes. */
enum { MAX_FILES = 64 };

/* A fact about the machine, the build or the system whose value is not the same in all files. */
struct difference {
    char *key;          /* "cpu.microcode" */
    char **values;      /* [files] printable, shortened; "not recorded" where a file does not have it */
    unsigned weight;    /* importance for the comparison; listed in descending order */
    const char *effect; /* how such a difference affects the times */
};

/* The ratio of one benchmark that is in the base and in a subject. */
struct ratio_row {
    const char *name;
    size_t subject;                           /* index in report.files, from 1 */
    struct summary base_times, subject_times; /* seconds per iteration */
    struct comparison times;
    size_t gate; /* index in totals[subject].gates */
};

/* The condition for verdicts on one experiment. All samples of a run share its memory layout and machine state, so
 * their spread does not show how much another run would differ. A verdict therefore needs an interval that lies outside
 * [1 / (1 + floor), 1 + floor]. The floor is the largest of:
 *   - 1 %, the effect of memory layout;
 *   - the resolution of the experiment's A/A case, in either file;
 *   - the largest (wall time / CPU time)^2 - 1 of the experiment's benchmarks, in either file;
 *   - the largest squared change of a roof between the files, if both come from one machine. */
struct gate {
    const char *experiment; /* "epochs", "folds"; "" for benchmarks outside any experiment */
    int base, subject;      /* the experiment in either file: series.gate */
    double floor;           /* relative: 0.01 is 1 % */
    const char *floor_reason;
    char withheld[160]; /* why verdicts are withheld; "": they are not */
};

/* One subject as a whole, compared with the base. */
struct subject_totals {
    double geometric_mean; /* of the subject's ratios; not set when there are none */
    size_t ratio_count;    /* of these ratios */
    struct gate *gates;    /* [gate_count] in the order of the benchmarks that use them */
    size_t gate_count;
};

/* A benchmark that one file has and another lacks. */
struct partial {
    const char *name;
    size_t in;     /* index of the file that has it */
    size_t not_in; /* index of the file that lacks it */
};

struct compare_report {
    const struct result_file *files; /* the caller's; must outlive the report */
    size_t file_count;
    struct difference *differences; /* most important first */
    size_t difference_count;
    struct ratio_row *rows; /* by benchmark in the base's order, then by subject */
    size_t row_count;
    struct partial *partial;
    size_t partial_count;
    struct subject_totals *totals; /* [file_count]; [0] is not used */
};

/* Compares 2 to MAX_FILES files. All intervals hold together with probability `confidence` (Bonferroni). Returns 0, or
 * -1 with the reason: a file is incomplete, the files differ in what was trained (data, row order, hyper-parameters),
 * or no subject has a benchmark of the base. compare_free releases the report. */
int compare_results(struct compare_report *report, const struct result_file *files, size_t file_count,
                    double confidence, struct error *err);
void compare_free(struct compare_report *report);

/* True if the verdict is "slower" and the whole interval lies above 1 + threshold (0.05: 5 %). */
bool beyond_threshold(const struct ratio_row *row, double threshold);

/* The report as JSON. `threshold` is NaN when the user gave none. NULL when memory runs out. */
json_t *compare_json(const struct compare_report *report, double threshold);

#endif
