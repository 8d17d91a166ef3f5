/* SPDX-License-Identifier: MIT */
/* --resolve and --time of `run`: their values, and what the user is told once the pilot has run. */
#ifndef SGDMARK_CLI_PLANNED_H
#define SGDMARK_CLI_PLANNED_H

#include "measure/planner.h"

#include <argp.h>

#define RESOLVE_SECONDS 300.0 /* --resolve without --time stops after so many */

struct plan_options {
    double target;  /* --resolve, 0.01 for 1 %; 0: not given */
    double seconds; /* --time; 0: not given */
};

/* Option values, for argp parsers (cli/options.h). */
error_t take_resolve(struct plan_options *options, const char *value);
error_t take_time(struct plan_options *options, const char *value);

/* True if the run is planned: one of the two was given. */
bool is_planned(const struct plan_options *options);

/* The plan of each experiment of such a run. */
struct plan plan_asked_for(const struct plan_options *options);

/* planner_next, which says on stderr what the run will resolve, once and in one line. `began`: seconds_now() at the
 * start of the run. */
int planned_next(struct planner *planner, double began, unsigned started, bool wanted[PLANNED], struct error *err);

#endif
