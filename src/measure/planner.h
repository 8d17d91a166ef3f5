/* SPDX-License-Identifier: MIT */
/* Carries out a plan (plan.h): says before each process which experiments it times, and stops the run. */
#ifndef SGDMARK_MEASURE_PLANNER_H
#define SGDMARK_MEASURE_PLANNER_H

#include "measure/experiment.h"

enum { PLANNED = 2 };

struct planner {
    struct plan plan;                        /* of each experiment; here its forecast is of all together */
    struct experiment *experiments[PLANNED]; /* whose plan is made; NULL: there is none. Rounds are appended to them */
    bool enough[PLANNED];                    /* every pair of it is resolved */
    double first;                            /* seconds of the run before the first process */
    bool reaches;                            /* the forecast reaches the target in time; true without a target */
};

/* Call it before each process: `started` is how many were started so far, `seconds` how long the run has taken. Sets
 * wanted[] to the experiments that the next process times; none: the run has enough. After the pilot it fills in the
 * forecasts. Returns 0, or -1 with the reason. */
int planner_next(struct planner *planner, unsigned started, double seconds, bool wanted[PLANNED], struct error *err);

/* The budget of an experiment, for PLAN_MOST processes. */
struct budget planner_budget(const struct experiment *experiment);

#endif
