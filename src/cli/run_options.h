/* SPDX-License-Identifier: MIT */
/* The options of sgdmark run. */
#ifndef SGDMARK_CLI_RUN_OPTIONS_H
#define SGDMARK_CLI_RUN_OPTIONS_H

#include "cli/options.h"
#include "cli/planned.h"
#include "machine/placement.h"
#include "measure/experiment.h"

#include <argp.h>
#include <stdbool.h>

/* The budget of a run. */
struct preset {
    const char *name;
    struct budget epochs, folds, digits; /* of all processes together; no seconds: not timed */
    unsigned processes;
    double shuffle_seconds; /* for other shuffles of the notebook's rows */
    double promised;        /* seconds that the whole run takes at most, on two cores */
};

struct run_options {
    struct job_options job;
    double soak; /* minutes; 0: no soak, time the job */
    unsigned folds, repeats;
    const struct preset *preset;
    struct plan_options plan;
    struct placement_names places; /* none: all */
    const char *json, *perf, *perf_case;
    const char *label; /* NULL: none */
    bool require_usable;
    bool notebook; /* print all of its steps */
    bool process;  /* this is a process of a run (record/processes.h) */
};

/* Its input is a struct run_options. */
extern const struct argp run_argp;

#endif
