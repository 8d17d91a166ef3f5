/* SPDX-License-Identifier: MIT */
#include "cli/planned.h"

#include "base/clock.h"
#include "base/number.h"
#include "cli/options.h"
#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

error_t take_resolve(struct plan_options *options, const char *value) {
    double target = 0;
    error_t bad = take_percent(&target, "resolve", value);
    if (!bad && !(target >= 0.001 && target <= 0.5))
        return bad_option("--resolve: '%s' is not a percentage from 0.1%% to 50%%", value);
    if (!bad) options->target = target;
    return bad;
}

error_t take_time(struct plan_options *options, const char *value) {
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"min", 60}, {"m", 60}, {"h", 3600}, {"s", 1}, {"", 1}};
    char number[64];
    struct error why;
    double amount = 0;
    size_t unit = 0;
    const size_t length = strlen(value);
    while (length < strlen(units[unit].name) ||
           strcmp(value + length - strlen(units[unit].name), units[unit].name) != 0)
        unit++; /* every value ends with the last name */
    const size_t digits = length - strlen(units[unit].name);
    snprintf(number, sizeof number, "%.*s", digits < sizeof number ? (int)digits : 63, value);
    if (digits == 0 || digits >= sizeof number || read_real(&amount, number, 0, 86400, &why) != 0 ||
        amount * units[unit].seconds < 1 || amount * units[unit].seconds > 86400)
        return bad_option("--time: '%s' is not a time from 1s to 24h, such as 90s, 5min or 1h", value);
    options->seconds = amount * units[unit].seconds;
    return 0;
}

bool is_planned(const struct plan_options *options) {
    return options->target > 0 || options->seconds > 0;
}

struct plan plan_asked_for(const struct plan_options *options) {
    return plan_for(options->target, options->seconds > 0 ? options->seconds : RESOLVE_SECONDS);
}

/* "they will resolve about 2.3 %". */
static void resolves_text(char *text, size_t size, double resolves) {
    if (resolves > 0)
        snprintf(text, size, "they will resolve about %.2g %%", 100 * resolves);
    else
        snprintf(text, size, "they will call every pair faster or slower");
}

static bool has_pairs(const struct planner *planner) {
    for (size_t e = 0; e < PLANNED; e++)
        if (planner->experiments[e] && planner->experiments[e]->pair_count > 0) return true;
    return false;
}

/* What the run will resolve, and in how long. */
static void tell(const struct planner *planner) {
    const struct plan *plan = &planner->plan;
    const struct forecast *forecast = &plan->forecast;
    char resolves[96];
    resolves_text(resolves, sizeof resolves, forecast->resolves);
    progress_make_way();
    fprintf(stderr, "sgdmark run: after a pilot of %d processes: ", PLAN_PILOT);
    if (!has_pairs(planner))
        fprintf(stderr, "there is no pair to resolve; %u processes take %.0f s\n", forecast->processes,
                forecast->seconds);
    else if (isnan(forecast->resolves))
        fprintf(stderr, "what %u processes resolve in %.0f s is not known, for too few rounds were undisturbed\n",
                forecast->processes, forecast->seconds);
    else if (plan->target > 0 && planner->reaches)
        fprintf(stderr, "%g %% will be resolved by about %u processes, in %.0f s of %.0f s at most\n",
                100 * plan->target, forecast->processes, forecast->seconds, plan->seconds);
    else if (plan->target > 0)
        fprintf(stderr,
                "%g %% is out of reach: %u processes take %.0f s, and %s (a longer --time, fewer backends or --place "
                "core resolve more)\n",
                100 * plan->target, forecast->processes, forecast->seconds, resolves);
    else
        fprintf(stderr, "%u processes take %.0f s of %.0f s%s, and %s\n", forecast->processes, forecast->seconds,
                plan->seconds, forecast->processes == PLAN_FEWEST ? " (fewer give no intervals)" : "", resolves);
}

int planned_next(struct planner *planner, double began, unsigned started, bool wanted[PLANNED], struct error *err) {
    if (planner_next(planner, started, seconds_now() - began, wanted, err) != 0) return -1;
    if (started == PLAN_PILOT) tell(planner);
    return 0;
}
