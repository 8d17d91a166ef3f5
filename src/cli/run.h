/* SPDX-License-Identifier: MIT */
/* The steps of sgdmark run: its state goes from one to the next (cmd_run.c). Each returns 0, or -1 with the reason. */
#ifndef SGDMARK_CLI_RUN_H
#define SGDMARK_CLI_RUN_H

#include "cli/run_options.h"
#include "machine/placement.h"
#include "measure/analysis.h"
#include "measure/planner.h"
#include "measure/shuffles.h"
#include "record/notebook.h"
#include "record/result.h"
#include "verify/check_list.h"
#include "verify/digits.h"
#include "verify/notebook.h"
#include "verify/parity.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The state of a run. */
struct run {
    const struct run_options *options;
    int argc;
    char **argv;
    FILE *out; /* where the report goes */
    struct backend_list chosen;
    struct job job;
    uint32_t *permutation; /* the rows' order in an epoch, [n] */
    struct topology *topology;
    struct placement core; /* the one core of epochs and of everything else that needs one */
    struct verified_jobs jobs;
    struct verified_digits digits; /* that are timed in groups; .job NULL: none */
    struct notebook notebook;
    struct shuffles shuffles; /* that were tried beside the job's own; count 0: none */
    struct result *result;
    struct check_list checks;
    bool published;       /* the job is the notebook's */
    struct usable usable; /* of all experiments together */
    double began, slow_said;
    struct planner planner;
};

/* ---- run_checks.c: what is run, and is it right? */

/* The machine, the rows and their order. */
int run_load(struct run *run, struct error *err);
/* Records job, rows, hyper-parameters and machine, before anything is checked. */
int run_record_head(struct run *run, struct error *err);
/* Checks every job, and on the notebook's job what was published. What fails is noted for the verdict. */
int run_verify(struct run *run, struct error *err);
/* Records what was verified; and, in place of its times, each job that failed. */
int run_record_receipts(struct run *run, struct error *err);
int run_record_not_timed(struct run *run, struct error *err);
/* Trains the ten digits that are timed in groups, each alone, and records what they are or why none is timed. */
int run_verify_digits(struct run *run, struct error *err);
/* Tries other shuffles of the notebook's rows, on all cores; then records the notebook's results. */
int run_try_shuffles(struct run *run, struct error *err);
int run_record_notebook(struct run *run, struct error *err);

/* ---- run_timing.c: how fast is it? */

/* Times epochs, folds and ten digits in several processes, and records what they say. */
int run_time(struct run *run, struct error *err);
/* This process is one of a run's: does its work and nothing else. */
int run_be_process(struct run *run, struct error *err);

/* ---- run_soak.c: --soak */

/* Prints what was checked, then times nothing: repeats fits and kernels on every core. */
int run_soak(struct run *run, struct error *err);

/* ---- cmd_run.c */

/* What was printed must have arrived. */
int run_flush(const struct run *run, struct error *err);

#endif
