/* What is timed: cases, side by side in interleaved rounds. Epochs and folds are two builders of experiments; one
 * runner times them and one analysis judges them. */
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

/* Two roofs that a case stands under; NO_CASE where there is none. The slower one binds. */
struct roof_pair {
    int read, compute;
};

/* What one timed case is. Indexes are those of other cases of the experiment. */
struct case_facts {
    enum case_kind kind;
    const struct verified_job *job;    /* whose work it is; NULL: a roof of the machine */
    const struct placement *placement; /* of folds; NULL: the experiment's one core */
    unsigned workers;
    double work;          /* rows, or bytes, of one sample */
    const char *unit;     /* "rows", "bytes" */
    const char *what;     /* of a roof: one sentence */
    double row_bytes;     /* read of a row, on average; 0: not known */
    double folds;         /* fits of one sample; 0: none */
    const bool *migrated; /* whether a worker was seen on another PU in any sample; NULL: not looked at */
    int control_of;       /* the case of which this is the A/A twin, or NO_CASE */
    int alone;            /* of folds: the same job on one core, or NO_CASE */
    struct roof_pair roofs, whole_roofs; /* of the rows as they are stored, and with their empty border */
};

/* Facts with no other case named. */
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
    PAIR_SCALAR,    /* a backend against f32/scalar */
    PAIR_F64,       /* a backend against f64/scalar */
    PAIR_CONTENTION /* folds of a placement against the same on one core */
};
enum { PAIR_FAMILIES = PAIR_CONTENTION + 1 };
extern const char *const pair_family_names[]; /* "best", "scalar", "f64", "contention" */

struct wanted_pair {
    enum pair_family family;
    size_t subject, base;
};

struct experiment {
    const char *name;         /* "epochs", "folds" */
    struct timed_case *cases; /* [count]; those that run first in each round stand first */
    struct case_facts *facts; /* [count] */
    size_t count, room;
    struct wanted_pair *pairs; /* [pair_count] */
    size_t pair_count, pair_room;
    int control;   /* the A/A twin */
    size_t best;   /* the case that its pairs of PAIR_BEST are of; without such pairs any */
    double pixels; /* features of a row */
    int pu;        /* that the calling thread is bound to; -1: none */
    struct rounds rounds;
    void *context;                 /* the builder's */
    void (*rewind)(void *context); /* after the pass that measures how long a round takes; may be NULL */
    void (*release)(void *context);
};

/* An empty experiment with room for so many cases and pairs. NULL with the reason when memory runs out. */
struct experiment *experiment_new(const char *name, size_t cases, size_t pairs, struct error *err);
void experiment_free(struct experiment *experiment);

/* Adds a case and returns its index. */
int experiment_add(struct experiment *experiment, const struct timed_case *timed, const struct case_facts *facts);
void experiment_pair(struct experiment *experiment, enum pair_family family, size_t subject, size_t base);

/* How long rounds may take. */
struct budget {
    double seconds; /* about */
    size_t at_most; /* rounds */
};

/* Runs every case once to see how many rounds fit the budget (never fewer than the A/A gate needs), then the rounds.
 * Returns 0, or -1 with the reason. */
int experiment_run(struct experiment *experiment, const struct budget *budget, uint32_t seed,
                   const struct progress_sink *progress, struct error *err);

/* What epochs and folds are built from; all of it outlives the experiment. */
struct timing_setup {
    struct job *job;
    const struct hyper *hyper;
    const struct verified_jobs *jobs;
    const struct topology *topology;
    const struct placement *core; /* where what needs one core runs; the calling thread is bound there */
    const uint32_t *permutation;  /* of the epochs' shuffle, [job->row_list.n] */
    unsigned folds, repeats;      /* repeats 0: as many as give every worker the same number of folds */
    const char *place;            /* NULL: every placement */
};

/* The epochs of every verified job on one core, with their roofs. */
struct experiment *epochs_experiment(const struct timing_setup *setup, struct error *err);

/* Cross-validation by every placement and vector backend. *placements gets the placements that were looked at, those
 * that are not available with their reasons; they belong to the experiment. */
struct placements {
    struct placement *list;
    size_t count;
};
struct experiment *folds_experiment(const struct timing_setup *setup, const struct placements **placements,
                                    struct error *err);

#endif
