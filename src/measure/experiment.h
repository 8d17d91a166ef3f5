/* SPDX-License-Identifier: MIT */
/* An experiment: cases timed side by side in interleaved rounds. epochs.c, folds.c and digits.c build experiments; one
 * runner times them, and analysis.h analyses them. */
#ifndef SGDMARK_MEASURE_EXPERIMENT_H
#define SGDMARK_MEASURE_EXPERIMENT_H

#include "base/progress.h"
#include "machine/placement.h"
#include "measure/plan.h"
#include "measure/rounds.h"
#include "verify/digits.h"
#include "verify/parity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum case_kind { CASE_EPOCH, CASE_FOLDS, CASE_DIGITS, CASE_READ_ROOF, CASE_COMPUTE_ROOF, CASE_CACHE_ROOF };
extern const char *const case_kind_names[]; /* "epoch", "folds", "digits", "read roof", "compute roof", "cache roof" */

enum { NO_CASE = -1 };

/* The roofs of a case, as indexes of cases, or NO_CASE. The one that takes longer per row binds. */
struct roof_pair {
    int read, compute;
};

/* What one timed case is. It names other cases by their index in the experiment. */
struct case_facts {
    enum case_kind kind;
    const struct verified_job *job; /* the job it runs; NULL: a roof of the machine, or read back from a file */
    char job_name[JOB_NAME];        /* "f32/avx512"; "": a roof of the machine */
    const char *engine, *backend;   /* of the job; NULL: none */
    char prefetch[PREFETCH_TEXT];   /* distances of the rows in an epoch; "": does not apply */
    const char *placement;          /* of the folds' workers; NULL: the experiment's one core */
    unsigned workers;
    double work;                         /* rows or bytes per sample; of digits, rows of each fit */
    const char *unit;                    /* "rows", "bytes" */
    const char *what;                    /* of a roof: what is timed, in one phrase */
    double row_bytes;                    /* bytes read per row, on average; 0: not known */
    double folds;                        /* fits per sample; 0: none */
    unsigned models, group;              /* of digits: fits per sample, and how many share each read of a row; else 0 */
    int control_of;                      /* this case is the A/A twin of that one, or NO_CASE */
    int control;                         /* the A/A twin of a case of the same length and place, or NO_CASE */
    int alone;                           /* of folds: the same job on one core, or NO_CASE */
    struct roof_pair roofs, whole_roofs; /* of rows as stored; of rows with their empty border */
};

/* Facts of a case of one worker, without relations to other cases. */
static inline struct case_facts case_facts_of(enum case_kind kind, const char *unit, double work) {
    const struct roof_pair none = {NO_CASE, NO_CASE};
    return (struct case_facts){.kind = kind,
                               .workers = 1,
                               .work = work,
                               .unit = unit,
                               .control_of = NO_CASE,
                               .control = NO_CASE,
                               .alone = NO_CASE,
                               .roofs = none,
                               .whole_roofs = none};
}

/* Is it work, and not a roof? */
static inline bool case_is_work(const struct case_facts *facts) {
    return facts->kind == CASE_EPOCH || facts->kind == CASE_FOLDS || facts->kind == CASE_DIGITS;
}

/* Why two cases are compared. */
enum pair_family {
    PAIR_BEST,       /* the best backend against each other one */
    PAIR_SCALAR,     /* each backend against f32/scalar */
    PAIR_F64,        /* each backend against f64/scalar */
    PAIR_CONTENTION, /* folds of a placement against the same folds on one core */
    PAIR_GROUP       /* fits that share each read of a row against the same fits one after the other */
};
enum { PAIR_FAMILIES = PAIR_GROUP + 1 };
extern const char *const pair_family_names[]; /* "best", "scalar", "f64", "contention", "group" */

/* Does a pair of this family stand in the main table of its experiment? */
static inline bool is_main_pair(enum pair_family family) {
    return family == PAIR_BEST || family == PAIR_CONTENTION || family == PAIR_GROUP;
}

struct wanted_pair {
    enum pair_family family;
    size_t subject, base;
};

struct experiment {
    const char *name;         /* "epochs", "folds", "digits" */
    struct timed_case *cases; /* [count]; the leading cases (timed_case.leads) come first */
    struct case_facts *facts; /* [count] */
    size_t count, room;
    struct wanted_pair *pairs; /* [pair_count] */
    size_t pair_count, pair_room;
    int *controls; /* [control_count] the A/A twins; one per length of sample, or per placement */
    size_t control_count;
    size_t best;      /* index of the best backend's case: the subject of PAIR_BEST */
    double pixels;    /* features per row */
    int pu;           /* the PU that the calling thread is bound to; -1: none */
    struct plan plan; /* how the rounds were planned; all zero: their number was fixed beforehand */
    struct rounds rounds;
    void *context; /* the builder's */
    void (*release)(void *context);
};

/* An empty experiment with room for `cases` cases and `pairs` pairs. NULL with the reason when memory runs out. */
struct experiment *experiment_new(const char *name, size_t cases, size_t pairs, struct error *err);
void experiment_free(struct experiment *experiment);

/* Adds a case and returns its index. The caller made enough room. Fills in the names of the job. */
int experiment_add(struct experiment *experiment, const struct timed_case *timed, const struct case_facts *facts);
void experiment_pair(struct experiment *experiment, enum pair_family family, size_t subject, size_t base);

/* Makes the case an A/A twin that serves as a control. */
void experiment_control(struct experiment *experiment, int twin, int of);

/* Do its times count in the verdict on those of the run? Not those of the ten digits: they have few rounds beside the
 * others, and answer for themselves. */
bool experiment_counts(const struct experiment *experiment);

/* The index of the case with this name, or NO_CASE. */
int experiment_find(const struct experiment *experiment, const char *name);

/* How long the rounds of all processes together may take. */
struct budget {
    double seconds; /* approximately */
    size_t at_most; /* most rounds */
    size_t fewest;  /* rounds; 0: so many that every pair has an interval */
};

/* All intervals of an experiment hold together with this probability. */
extern const double experiment_confidence;

/* The fewest rounds that give an interval to every pair of the experiment and to its A/A gates. */
size_t experiment_rounds_needed(const struct experiment *experiment);

/* Times the share of the rounds that process number `process` of `processes` has, so that all of them together make
 * enough rounds, within the budget if possible. Returns 0, or -1 with the reason. */
struct process_share {
    unsigned process, processes;
    uint32_t seed;
};
int experiment_run(struct experiment *experiment, const struct budget *budget, const struct process_share *share,
                   const struct topology *topology, const struct progress_sink *progress, struct error *err);

/* What experiments are built from. All pointers must outlive the experiment. */
struct timing_setup {
    struct job *job;
    const struct hyper *hyper;
    const struct verified_jobs *jobs;
    const struct topology *topology;
    const struct placement *core;         /* one core: the calling thread is bound to it */
    const uint32_t *permutation;          /* the rows' order in an epoch, [job->row_list.n] */
    unsigned folds, repeats;              /* repeats 0: the fewest that give all workers equally many folds */
    const struct placement_names *places; /* time folds on these and on one core; NULL or none: on all placements */
    const struct verified_digits *digits; /* for digits_experiment alone */
};

/* Builds the experiment `epochs`: one epoch of every verified job on one core, with the roofs. */
struct experiment *epochs_experiment(const struct timing_setup *setup, struct error *err);

/* True if folds of some job are timed: not of engine f64, which is the reference only. */
bool folds_possible(const struct verified_jobs *jobs);

/* Builds the experiment `folds`: cross-validation on every placement by every vector backend. Sets *placements to all
 * placements considered; those not available have a reason. They belong to the experiment. */
struct placements {
    struct placement *list;
    size_t count;
};
struct experiment *folds_experiment(const struct timing_setup *setup, const struct placements **placements,
                                    struct error *err);

/* Builds the experiment `digits`: one epoch of the ten fits of one digit each on one core, in groups that share each
 * read of a row and one after the other, with the roofs of the groups. setup->digits must be timed (digits->job). */
struct experiment *digits_experiment(const struct timing_setup *setup, struct error *err);

#endif
