/* The parts of `sgdmark run`. Each prints its own section. */
#ifndef SGDMARK_CLI_RUN_H
#define SGDMARK_CLI_RUN_H

#include "base/json.h"
#include "cli/options.h"
#include "machine/placement.h"
#include "measure/fold_pool.h"
#include "measure/read_roof.h"
#include "measure/roof.h"
#include "measure/rounds.h"
#include "measure/stats.h"
#include "record/result.h"
#include "verify/parity.h"

/* Everything that a run knows. */
struct run {
    struct job_options options;
    unsigned folds, repeats; /* repeats 0: as many as fill the workers */
    const char *place;       /* NULL: every placement */
    struct job job;
    uint32_t *permutation; /* of the epochs' shuffle, [n] */
    struct topology *topology;
    struct placement core; /* where what needs one core runs */
    struct verified_jobs jobs;
    bool published; /* the job is the one that the notebook published: real images and all defaults */
};

/* What the times of a table are printed in: ms, or us if the shortest of them (in seconds) is below 0.1 ms. */
struct time_unit {
    const char *name;
    double per_second;
};
struct time_unit time_unit_for(double shortest);

/* The notebook's steps in its own order, from the results of `trial`. */
void print_notebook(const struct run *run, const struct verified_job *trial, const struct cv_result *never);

/* One row per trial; returns whether every check held. */
bool print_parity(const struct run *run);

/* How long rounds may take. */
struct budget {
    double seconds; /* about */
    size_t at_most; /* rounds */
};
/* The rounds that fit, from one pass over the arms; never fewer than the A/A gate needs. */
size_t affordable_rounds(const struct arm *arms, size_t count, const struct budget *budget);

enum { NO_ARM = -1 };

/* Whether the rows may have left the shared cache since they were read last, and how to bring them back. */
enum { COLD_PASSES = 2, STORED_FORMS = FORM_PACKED + 1 };
struct warmth {
    const uint8_t *bytes[STORED_FORMS];
    size_t size[STORED_FORMS];
    int passes[STORED_FORMS]; /* over the rows of a form, before an epoch on them is timed */
    read_u8_fn *read;
    volatile uint64_t sum; /* keeps the reads alive */
};

/* A cache level's reading roof; the last level's buffer drives the rows out. */
struct level_turn {
    struct level_roof roof;
    struct warmth *warmth;
};

/* From now on the rows may be anywhere. */
void cool_down(struct warmth *warmth);

/* The roofs of rows that nothing is left out of: what a loop over the files' rows could reach. */
struct whole_rows {
    struct read_roof *reader;
    struct warmth *warmth;
    int read;               /* arm, or NO_ARM: rows are stored whole, or would take too much memory */
    int *mix_of;            /* [trials] arm, or NO_ARM */
    struct mix_roof *mixes; /* [trials] */
};

/* The epochs of every trial that passed, side by side on one core with their roofs. */
struct epochs {
    struct arm *arms; /* [count] */
    size_t count;
    int *epoch_of;             /* [trials] arm of each trial's epoch, or NO_ARM */
    int *mix_of;               /* [trials] arm of its computing roof, or NO_ARM */
    size_t best;               /* trial that auto takes */
    int again;                 /* arm: its epoch once more (A/A) */
    int read[STORED_FORMS];    /* arms: the reading roofs; NO_ARM where no epoch reads rows of that form */
    struct trainer **trainers; /* [trials + 1] */
    struct epoch_turn *turns;  /* [trials + 1] */
    struct mix_roof *mixes;    /* [trials] */
    struct read_roof *reader[STORED_FORMS];
    struct reading_turn *reading; /* [STORED_FORMS] */
    struct whole_rows whole;
    struct warmth *warmth;
    int level_of[ROOF_LEVELS]; /* arm that reads from this cache, or NO_ARM */
    struct level_turn levels[ROOF_LEVELS];
    struct rounds rounds;
    struct aa_gate aa;
};
int epochs_measure(struct epochs *epochs, const struct run *run, const struct budget *budget, uint32_t seed,
                   struct error *err);
void epochs_free(struct epochs *epochs, const struct run *run);

/* Whether a trial takes much longer than the fastest. */
bool is_slow(const struct run *run, size_t trial);

/* Adds an arm that times the trial's own arithmetic on a row of d features, and fills in `mix`; `packed` if it is to be
 * the one for packed rows. `suffix` ends its name. Returns the arm, or NO_ARM with the reason. */
int add_mix(struct epochs *epochs, const struct run *run, size_t trial, size_t d, bool packed, const char *suffix,
            struct mix_roof *mix, struct error *err);

/* How an epoch stands against the slower of its two roofs. */
struct roof_share {
    double read, mix;  /* seconds that the roof alone takes for the epoch's rows */
    const char *binds; /* "read" or "mix": the slower one */
    double percent;    /* of the binding roof that is reached: median of the rounds, with its 95 % interval */
    double low, high;
};
/* Of two arms; `mix_arm` may be NO_ARM. */
struct roof_share roof_share(const struct epochs *epochs, const struct run *run, size_t trial, int read_arm,
                             int mix_arm, const struct mix_roof *mix);

/* Adds the arms of whole rows. Returns 0, or -1 with the reason. */
int whole_add(struct epochs *epochs, const struct run *run, struct error *err);
void whole_free(struct epochs *epochs, const struct run *run);
/* One line for each trial that has them. */
void print_whole(const struct run *run, const struct epochs *epochs);

/* The L1 reading roof of one core, beside the folds: how fast the core itself was in these rounds. Where another
 * program has the other half of a core, only this shows it. */
struct pace {
    const struct run *run;
    struct level_roof roof; /* bytes 0: none */
};

/* Adds an arm for each cache that the machine lists. Returns 0, or -1 with the reason. */
int levels_add(struct epochs *epochs, const struct run *run, struct error *err);
void levels_free(struct epochs *epochs);

/* Makes arm[0] the pace of the run's core; none where L1 is not listed. Returns 0, or -1 with the reason. */
int pace_new(struct pace *pace, struct arm *arm, const struct run *run, struct error *err);

/* One line: the read bandwidth of each. */
void print_levels(const struct epochs *epochs, double ghz);

/* Prints the table; returns false when something surely stands above 102 % of its roof, which no true number can. */
bool print_epochs(const struct run *run, const struct epochs *epochs);

/* Cross-validation by every placement and vector backend. */
struct places {
    struct placement *list; /* [listed] all named ones, with the reasons of those that are missing */
    size_t listed;
    struct place_arm *arm; /* [count] */
    struct arm *arms;      /* [count], the last one the first once more (A/A); behind it the pace */
    size_t count;
    struct cv_plan plan, integer_plan; /* the same folds for engine int: owns nothing */
    struct pace pace;                  /* what follows the arms, at [count], where L1 is listed */
    struct rounds rounds;
    struct aa_gate aa;
};
struct place_arm {
    const struct placement *placement;
    size_t trial;
    unsigned repeats;
    enum fold_task task;
    struct fold_pool *crew;
    const struct verified_job *expected; /* whose folds it must reproduce */
    bool migrated;                       /* in any sample */
};
int places_measure(struct places *places, const struct run *run, const struct budget *budget, uint32_t seed,
                   struct error *err);
void places_free(struct places *places);
void print_places(const struct run *run, const struct places *places);

/* Repeats the fit on every core in turn for so many minutes and prints what each core did; returns whether none ever
 * decided otherwise than the reference. */
bool run_soak(const struct run *run, double minutes);

/* Makes the folder results/, where results go that --json does not send elsewhere, and checks that a file can be made
 * in it: to be asked before the long work. Returns 0, or -1 with the reason. */
int make_results_folder(struct error *err);

/* Fills in and writes the result file: to `path` ("-": standard output), or, when that is NULL, as
 * results/<host>-<UTC time>.json. Says where on stdout. Returns 0, or -1 with the reason. */
int write_run(struct result *result, struct run *run, const struct epochs *epochs, const struct places *places,
              const char *path, struct error *err);

#endif
