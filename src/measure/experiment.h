/* SPDX-License-Identifier: MIT */
/* An experiment: cases timed side by side in interleaved rounds. epochs.c and folds.c build experiments; one runner
 * times them, and analysis.h analyses them. */
#ifndef SGDMARK_MEASURE_EXPERIMENT_H
#define SGDMARK_MEASURE_EXPERIMENT_H

#include "base/progress.h"
#include "machine/placement.h"
#include "measure/rounds.h"
#include "verify/parity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum case_kind { CASE_EPOCH, CASE_FOLDS, CASE_READ_ROOF, CASE_COMPUTE_ROOF, CASE_CACHE_ROOF };
extern const char *const case_kind_names[]; /* "epoch", "folds", "read roof", "compute roof", "cache roof" */

enum { NO_CASE = -1 };

/* The roofs of a case, as indexes of cases, or NO_CASE. The one that takes longer per row binds. */
struct roof_pair {
    int read, compute;
};

/* What one timed case is. It names other cases by their index in the experiment. */
struct case_facts {
    enum case_kind kind;
    const struct verified_job *job;    /* the job it runs; NULL: a roof of the machine */
    const struct placement *placement; /* of the folds' workers; NULL: the experiment's one core */
    unsigned workers;
    double work;                         /* rows or bytes per sample */
    const char *unit;                    /* "rows", "bytes" */
    const char *what;                    /* of a roof: what is timed, in one phrase */
    double row_bytes;                    /* bytes read per row, on average; 0: not known */
    double folds;                        /* fits per sample; 0: none */
    const bool *migrated;                /* a worker ran on another PU in some sample; NULL: not checked */
    int control_of;                      /* this case is the A/A twin of that one, or NO_CASE */
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
                               .alone = NO_CASE,
                               .roofs = none,
                               .whole_roofs = none};
}

/* Why two cases are compared. */
enum pair_family {
    PAIR_BEST,      /* the best backend against each other one */
    PAIR_SCALAR,    /* each backend against f32/scalar */
    PAIR_F64,       /* each backend against f64/scalar */
    PAIR_CONTENTION /* folds of a placement against the same folds on one core */
};
enum { PAIR_FAMILIES = PAIR_CONTENTION + 1 };
extern const char *const pair_family_names[]; /* "best", "scalar", "f64", "contention" */

struct wanted_pair {
    enum pair_family family;
    size_t subject, base;
};

struct experiment {
    const char *name;         /* "epochs", "folds" */
    struct timed_case *cases; /* [count]; the leading cases (timed_case.leads) come first */
    struct case_facts *facts; /* [count] */
    size_t count, room;
    struct wanted_pair *pairs; /* [pair_count] */
    size_t pair_count, pair_room;
    int control;   /* index of the A/A twin */
    size_t best;   /* index of the best backend's case: the subject of PAIR_BEST */
    double pixels; /* features per row */
    int pu;        /* the PU that the calling thread is bound to; -1: none */
    struct rounds rounds;
    void *context;                 /* the builder's */
    void (*rewind)(void *context); /* undoes the trial pass of experiment_run; may be NULL */
    void (*release)(void *context);
};

/* An empty experiment with room for `cases` cases and `pairs` pairs. NULL with the reason when memory runs out. */
struct experiment *experiment_new(const char *name, size_t cases, size_t pairs, struct error *err);
void experiment_free(struct experiment *experiment);

/* Adds a case and returns its index. The caller made enough room. */
int experiment_add(struct experiment *experiment, const struct timed_case *timed, const struct case_facts *facts);
void experiment_pair(struct experiment *experiment, enum pair_family family, size_t subject, size_t base);

/* How long the rounds may take. */
struct budget {
    double seconds; /* approximately */
    size_t at_most; /* most rounds */
};

/* Times a trial pass over all cases to find how many rounds fit the budget, but at least the 11 that the A/A gate
 * needs, then runs the rounds. Returns 0, or -1 with the reason. */
int experiment_run(struct experiment *experiment, const struct budget *budget, uint32_t seed,
                   const struct progress_sink *progress, struct error *err);

/* What epochs and folds are built from. All pointers must outlive the experiment. */
struct timing_setup {
    struct job *job;
    const struct hyper *hyper;
    const struct verified_jobs *jobs;
    const struct topology *topology;
    const struct placement *core; /* one core: the calling thread is bound to it */
    const uint32_t *permutation;  /* the rows' order in an epoch, [job->row_list.n] */
    unsigned folds, repeats;      /* repeats 0: the fewest that give all workers equally many folds */
    const char *place;            /* time folds on this placement and on one core; NULL: on all placements */
};

/* Builds the experiment `epochs`: one epoch of every verified job on one core, with the roofs. */
struct experiment *epochs_experiment(const struct timing_setup *setup, struct error *err);

/* Builds the experiment `folds`: cross-validation on every placement by every vector backend. Sets *placements to all
 * placements considered; those not available have a reason. They belong to the experiment. */
struct placements {
    struct placement *list;
    size_t count;
};
struct experiment *folds_experiment(const struct timing_setup *setup, const struct placements **placements,
                                    struct error *err);

#endif
