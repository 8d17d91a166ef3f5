/* SPDX-License-Identifier: MIT */
#include "report/plan_report.h"

#include "report/facts.h"

#include <math.h>

static void print_outcome(FILE *to, const json_t *outcome) {
    char worst[FACT_TEXT];
    const double resolves = fact_number(outcome, "resolves");
    fprintf(to, "stopped after %.0f processes: ", fact_number(outcome, "processes"));
    print_plain(to, fact_text(outcome, "stopped"));
    if (fact_known(outcome, "resolved") && fact_number(outcome, "pairs") > 0)
        fprintf(to, "; %.0f of %.0f pairs are resolved", fact_number(outcome, "resolved"),
                fact_number(outcome, "pairs"));
    if (resolves > 0)
        fprintf(to, "; the worst pair is resolved to %s %%", format_fact(worst, "%.2g", 100.0 * resolves));
    if (resolves <= 0) fputs("; every pair is faster or slower", to);
    fputc('\n', to);
}

void print_plan(FILE *to, const json_t *experiment) {
    const json_t *plan = json_object_get(experiment, "plan");
    const json_t *forecast = json_object_get(plan, "forecast");
    char expected[FACT_TEXT];
    if (!plan) return;
    fputs("planned: ", to);
    if (fact_known(plan, "target")) fprintf(to, "resolve %g %%, ", 100.0 * fact_number(plan, "target"));
    fprintf(to, "%g s at most", fact_number(plan, "seconds"));
    if (json_is_object(forecast))
        fprintf(to, "; expected of the pilot: %.0f processes, %.0f s", fact_number(forecast, "processes"),
                fact_number(forecast, "seconds"));
    if (fact_number(forecast, "resolves") > 0)
        fprintf(to, ", %s %%", format_fact(expected, "%.2g", 100.0 * fact_number(forecast, "resolves")));
    fputc('\n', to);
    print_outcome(to, json_object_get(plan, "outcome"));
}
