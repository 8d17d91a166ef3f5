/* SPDX-License-Identifier: MIT */
#include "measure/planner.h"

#include "measure/analysis.h"

#include <math.h>

static double seconds_per_process(const struct planner *planner, unsigned started, double seconds) {
    return (seconds - planner->first) / started;
}

/* Processes of the whole run that fit the time. */
static unsigned fitting(const struct planner *planner, unsigned started, double seconds) {
    const double more = (planner->plan.seconds - seconds) / seconds_per_process(planner, started, seconds);
    if (!(more < PLAN_MOST - (double)started)) return PLAN_MOST;
    const unsigned all = started + (more > 0 ? (unsigned)more : 0);
    return all < PLAN_FEWEST ? PLAN_FEWEST : all;
}

/* The analyses of the experiments after the pilot. */
struct pilot {
    struct analysis analyses[PLANNED];
    bool there[PLANNED];
    double resolves[PLANNED]; /* with the number of processes last asked for */
};

/* Does this number of processes resolve every experiment to the target? */
static int foresee(struct pilot *pilot, double target, unsigned processes, bool *reaches, struct error *err) {
    *reaches = true;
    for (size_t e = 0; e < PLANNED; e++) {
        const struct analysis *analysis = &pilot->analyses[e];
        if (!pilot->there[e]) continue;
        if (plan_foresee(&pilot->resolves[e], analysis, processes, err) != 0) return -1;
        if (analysis->experiment->pair_count > 0 && !(pilot->resolves[e] <= target)) *reaches = false;
    }
    return 0;
}

/* Finds the first look that is expected to reach the target; else all the processes that fit the time. */
static int fill_forecast(struct planner *planner, struct pilot *pilot, unsigned started, double seconds,
                         struct error *err) {
    const struct plan *plan = &planner->plan;
    const unsigned most = fitting(planner, started, seconds);
    const double target = plan->target > 0 ? plan->target : (double)INFINITY;
    unsigned processes = most;
    bool reaches = false;
    for (size_t i = 0; i < plan->look_count && plan->looks[i] < most && !reaches; i++) {
        processes = plan->looks[i];
        if (foresee(pilot, target, processes, &reaches, err) != 0) return -1;
    }
    if (!reaches) {
        processes = most;
        if (foresee(pilot, target, processes, &reaches, err) != 0) return -1;
    }
    const double more = (double)(processes - started) * seconds_per_process(planner, started, seconds);
    planner->plan.forecast = (struct forecast){processes, seconds + more, (double)NAN};
    planner->reaches = reaches;
    for (size_t e = 0; e < PLANNED; e++) {
        if (!pilot->there[e]) continue;
        planner->experiments[e]->plan.forecast = (struct forecast){processes, seconds + more, pilot->resolves[e]};
        planner->plan.forecast.resolves =
            fmax(planner->plan.forecast.resolves, pilot->resolves[e]); /* fmax ignores NAN */
    }
    return 0;
}

static int look_after_pilot(struct planner *planner, unsigned started, double seconds, struct error *err) {
    struct pilot pilot = {.there = {false}};
    int bad = 0;
    for (size_t e = 0; e < PLANNED && !bad; e++) {
        const struct experiment *experiment = planner->experiments[e];
        if (!experiment || experiment->rounds.rounds == 0) continue;
        bad = analyse(&pilot.analyses[e], experiment, err);
        pilot.there[e] = !bad;
    }
    if (!bad) bad = fill_forecast(planner, &pilot, started, seconds, err);
    for (size_t e = 0; e < PLANNED; e++)
        if (pilot.there[e]) analysis_free(&pilot.analyses[e]);
    return bad;
}

/* Looks whether every pair is resolved. */
static int look(struct planner *planner, size_t e, struct error *err) {
    struct analysis analysis;
    if (planner->experiments[e]->rounds.rounds == 0) return 0; /* every process failed so far */
    if (analyse(&analysis, planner->experiments[e], err) != 0) return -1;
    planner->enough[e] = analysis.outcome.resolved == analysis.outcome.pairs;
    analysis_free(&analysis);
    return 0;
}

int planner_next(struct planner *planner, unsigned started, double seconds, bool wanted[PLANNED], struct error *err) {
    const struct plan *plan = &planner->plan;
    if (started == 0) planner->first = seconds;
    if (started == PLAN_PILOT && look_after_pilot(planner, started, seconds, err) != 0) return -1;
    for (size_t e = 0; e < PLANNED; e++)
        if (planner->experiments[e] && !planner->enough[e] && plan_looks_after(plan, started) &&
            look(planner, e, err) != 0)
            return -1;
    const bool over =
        started >= PLAN_MOST ||
        (started >= PLAN_FEWEST && seconds + seconds_per_process(planner, started, seconds) > plan->seconds);
    for (size_t e = 0; e < PLANNED; e++)
        wanted[e] = planner->experiments[e] && !planner->enough[e] && !over;
    return 0;
}

struct budget planner_budget(const struct experiment *experiment) {
    return (struct budget){.seconds = PLAN_MOST * plan_share_seconds(&experiment->plan),
                           .at_most = PLAN_MOST * plan_most_rounds(experiment->count),
                           .fewest = (size_t)PLAN_MOST * PLAN_LEAST_ROUNDS};
}
