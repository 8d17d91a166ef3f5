/* Comparison of result files of different runs or machines. Their samples are independent: nothing is paired across
 * files. The first file is the base that the others, the subjects, are held against. */
#ifndef SGDMARK_RECORD_COMPARE_H
#define SGDMARK_RECORD_COMPARE_H

#include "base/error.h"
#include "measure/stats.h"
#include "record/load.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How many files one comparison takes. */
enum { MAX_FILES = 64 };

/* Something of the machine, the build or the system in which the files differ. */
struct difference {
    char *key;          /* "cpu.microcode" */
    char **values;      /* [files] printable, shortened; "not recorded" where a file does not have it */
    unsigned weight;    /* how much it does to the comparison: higher comes first */
    const char *effect; /* the same in words */
};

/* One benchmark that the base and a subject have. */
struct ratio_row {
    const char *name;
    size_t subject;                           /* index of the file, 1.. */
    struct summary base_times, subject_times; /* seconds of one iteration */
    struct comparison times;
    size_t gate; /* index of the subject's gates */
};

/* What verdicts on one experiment need. Samples of one run share that run's memory layout and machine state, which
 * their own spread does not show. So a verdict also needs an interval outside of 1 / (1 + floor) .. 1 + floor: at least
 * 1 %, what the experiment's A/A of both runs could resolve, how long its samples waited for a processor, and, on one
 * machine, how far the roofs moved between the runs. */
struct gate {
    const char *experiment; /* "epochs", "folds"; "" for benchmarks that are part of none */
    int base, subject;      /* which experiment of either file (series.gate) */
    double floor;
    const char *floor_reason;
    char withheld[160]; /* why there are no verdicts; "" where there are */
};

/* How a subject as a whole stands against the base. */
struct against {
    double geometric_mean; /* of its ratios; NaN where there are none */
    size_t mean_of;        /* how many ratios that is */
    struct gate *gates;    /* [gate_count] in the order in which benchmarks need them */
    size_t gate_count;
};

/* A benchmark that some files lack. */
struct partial {
    const char *name;
    size_t in; /* index of a file that has it */
    size_t not_in;
};

struct compare_report {
    const struct result_file *files; /* the caller's, as long as the report lives */
    size_t file_count;
    struct difference *differences; /* most telling first */
    size_t difference_count;
    struct ratio_row *rows; /* in the base's order, subjects in turn */
    size_t row_count;
    struct partial *partial;
    size_t partial_count;
    struct against *against; /* [files]; [0] is not used */
};

/* Compares 2 to MAX_FILES files. The intervals of all ratios hold together at `confidence`. Returns 0, or -1 with the
 * reason when a file is incomplete, when files differ in what was trained (data, row order, hyper-parameters), or when
 * no benchmark is in the base and in a subject. compare_free releases the report. */
int compare_results(struct compare_report *report, const struct result_file *files, size_t file_count,
                    double confidence, struct error *err);
void compare_free(struct compare_report *report);

/* Is the verdict "slower", and the whole interval slower than the base by more than `threshold` (0.05: 5 %)? */
bool beyond_threshold(const struct ratio_row *row, double threshold);

/* The report as JSON; threshold NaN: none was asked for. NULL when memory runs out. */
json_t *compare_json(const struct compare_report *report, double threshold);

#endif
