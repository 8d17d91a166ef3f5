/* SPDX-License-Identifier: MIT */
/* Compares result files of different runs or machines. The unit is the process: all samples of one process share its
 * memory layout and much of the machine's state, so each process counts once, with its median. Nothing is paired across
 * processes. */
#ifndef SGDMARK_RECORD_COMPARE_H
#define SGDMARK_RECORD_COMPARE_H

#include "base/error.h"
#include "measure/stats.h"
#include "record/load.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The most files that one comparison takes. */
enum { MAX_FILES = 256, MAX_RATIOS = 100000 };

/* All verdicts of one comparison hold together with this probability: of a hundred comparisons of identical builds, one
 * may call some row different. */
#define COMPARE_CONFIDENCE 0.99

/* A change below 1 % may come from memory layout alone, which differs between builds (Mytkowicz and others, "Producing
 * wrong data without doing anything obviously wrong!", 2009). */
#define SMALLEST_FLOOR 0.01

/* The files of one side. */
struct pool {
    size_t first, count; /* report.files[first .. first + count - 1] */
};

/* A fact about the machine, the build, the system or the tuning whose value is not the same in all files. */
struct difference {
    char *key;          /* "cpu.microcode" */
    char **values;      /* [files] printable, shortened; "not recorded" where a file does not have it */
    unsigned weight;    /* importance for the comparison; listed in descending order */
    const char *effect; /* how such a difference affects the times */
};

/* A ratio as people read it: how many times as fast as the base the subject is, bigger is better. 1 / ratio, with the
 * ends of the interval exchanged; NaN without an interval. */
struct speedup {
    double value, low, high;
};

/* The ratio of one benchmark that all files of the base and of a subject have. */
struct ratio_row {
    const char *name;
    size_t subject;                           /* index in report.pools, from 1 */
    struct summary base_times, subject_times; /* of all samples of a side, seconds per iteration */
    struct shift shift;                       /* between the medians of the processes */
    double base_time, subject_time;           /* geometric means of these medians, whose quotient the ratio is */
    struct comparison times;                  /* n_subject, n_base: processes */
    struct speedup speedup;
    double base_roof, subject_roof; /* percent of its own read or compute roof; NaN: not known */
    double floor;                   /* a verdict needs an interval beyond it: 0.01 is 1 % */
    const char *floor_reason;
    char *withheld;         /* why the verdict is withheld; NULL: it is not */
    bool noisy;             /* it is withheld because some file's times are not quiet enough */
    bool tuned_differently; /* the sides, or files of one side, were tuned to different prefetch distances */
};

/* One subject as a whole, compared with the base. */
struct subject_totals {
    double geometric_mean;                /* of the subject's ratios; not set when there are none */
    double geometric_speed;               /* 1 / geometric_mean */
    size_t ratio_count;                   /* of these ratios */
    size_t verdicts[VERDICT_UNKNOWN + 1]; /* rows with each verdict */
};

/* A benchmark that one file has and another lacks. */
struct partial {
    const char *name;
    size_t in;     /* index of the file that has it */
    size_t not_in; /* index of the file that lacks it */
};

/* What the files of one side have in common, apart from what was trained. */
enum pooling {
    POOL_BUILD,  /* build and machine */
    POOL_MACHINE /* the machine: the base is the runs before the subject, whatever build they are of */
};

struct compare_report {
    const struct result_file *files; /* the caller's; must outlive the report */
    size_t file_count;
    struct pool *pools; /* [pool_count]; the first is the base, the others are the subjects */
    size_t pool_count;
    struct difference *differences; /* most important first */
    size_t difference_count;
    struct ratio_row *rows; /* by benchmark in the base's order, then by subject */
    size_t row_count;
    struct partial *partial;
    size_t partial_count;
    struct subject_totals *totals; /* [pool_count]; [0] is not used */
    enum pooling pooling;
};

/* Compares 2 to MAX_FILES files. With base_count 0 the first file is the base and each other one a subject; otherwise
 * the first base_count files are the base and all others together are one subject. Returns 0, or -1 with the reason: a
 * file is incomplete, a run would count twice, the files differ in what was trained (data, row order,
 * hyper-parameters), files of one side differ in build or machine, or no subject has a benchmark of the base.
 * compare_free releases the report. */
int compare_results(struct compare_report *report, const struct result_file *files, size_t file_count,
                    size_t base_count, struct error *err);

/* The same for sides that are given: the first counts[0] files are the base, the next counts[1] the first subject, and
 * so on. count >= 2 sides. */
struct sides {
    const size_t *counts;
    size_t count;
    enum pooling pooling;
};
int compare_sides(struct compare_report *report, const struct result_file *files, const struct sides *sides,
                  struct error *err);
void compare_free(struct compare_report *report);

/* The file that stands for a side where one name is needed. */
static inline const struct result_file *pool_file(const struct compare_report *report, size_t pool) {
    return &report->files[report->pools[pool].first];
}

/* The benchmark by which a side is named in one figure: the epoch of the base's best backend, or the first row. NULL:
 * the subject has no row. */
const struct ratio_row *headline_row(const struct compare_report *report, size_t subject);

/* The epoch of the fastest backend of a file's own choice, "epoch/f32/avx512"; NULL: its run names none. */
const char *best_epoch(const struct result_file *file);

/* True if both files are of the same run. */
bool same_run(const struct result_file *a, const struct result_file *b);

/* The smallest change that a row can show (0.01: 1 %): what its interval and its floor leave. Infinite without a
 * verdict. */
double smallest_visible_change(const struct ratio_row *row);

/* True if the verdict is "slower" and the whole interval lies above 1 + threshold (0.05: 5 %). */
bool beyond_threshold(const struct ratio_row *row, double threshold);

/* The report as JSON. `threshold` is NaN when the user gave none. NULL when memory runs out. */
json_t *compare_json(const struct compare_report *report, double threshold);

#endif
