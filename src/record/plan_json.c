/* SPDX-License-Identifier: MIT */
#include "record/plan_json.h"

#include "base/json.h"
#include "record/result_private.h"

#include <math.h>

static const char no_target[] = "only the time was given";
static const char not_known[] = "too few processes, or nothing to compare";

static json_t *forecast_json(const struct forecast *forecast) {
    if (forecast->processes == 0) return json_null();
    json_t *value = json_pack("{s:I, s:f}", "processes", (json_int_t)forecast->processes, "seconds", forecast->seconds);
    if (value && put_number(value, "resolves", forecast->resolves, not_known) == 0) return value;
    json_decref(value);
    return NULL;
}

/* Why the experiment stopped where it did. */
static const char *stopped_because(const struct plan *plan, const struct plan_outcome *outcome) {
    if (plan->target > 0 && outcome->pairs > 0 && outcome->resolved == outcome->pairs) return "every pair is resolved";
    if (outcome->pairs == 0 && plan->target > 0) return "there is no pair to resolve";
    if (outcome->started >= PLAN_MOST) return "no run starts more processes";
    return "the time was up";
}

static json_t *outcome_json(const struct analysis *a) {
    const struct plan *plan = &a->experiment->plan;
    const struct plan_outcome *outcome = &a->outcome;
    json_t *resolved = plan->target > 0 ? json_integer((json_int_t)outcome->resolved) : json_null();
    json_t *value =
        json_pack("{s:I, s:I, s:o, s:s}", "processes", (json_int_t)a->processes, "pairs", (json_int_t)outcome->pairs,
                  "resolved", resolved, "stopped", stopped_because(plan, outcome));
    int bad = value ? put_number(value, "resolves", outcome->resolves, not_known) : -1;
    if (!bad && !(plan->target > 0)) bad = json_put(value, "resolved_reason", json_string(no_target));
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

json_t *plan_json(const struct analysis *a) {
    const struct plan *plan = &a->experiment->plan;
    json_t *looks = json_array(), *value = json_object();
    for (size_t i = 0; i < plan->look_count; i++)
        json_add(looks, json_integer((json_int_t)plan->looks[i]));
    if (value && put_number(value, "target", plan->target > 0 ? plan->target : (double)NAN, no_target) == 0 &&
        put_number(value, "seconds", plan->seconds, NULL) == 0 && json_put(value, "looks", looks) == 0 &&
        json_put(value, "forecast", forecast_json(&plan->forecast)) == 0 &&
        json_put(value, "outcome", outcome_json(a)) == 0)
        return value;
    json_decref(value);
    return NULL;
}

static const char *read_forecast(struct forecast *forecast, const json_t *value) {
    const json_int_t processes = json_integer_value(json_object_get(value, "processes"));
    const json_t *seconds = json_object_get(value, "seconds"), *resolves = json_object_get(value, "resolves");
    *forecast = (struct forecast){.resolves = (double)NAN};
    if (json_is_null(value)) return NULL;
    if (processes < PLAN_FEWEST || processes > PLAN_MOST || !(json_number_value(seconds) > 0))
        return "has no forecast of processes and seconds";
    forecast->processes = (unsigned)processes;
    forecast->seconds = json_number_value(seconds);
    if (json_is_number(resolves)) forecast->resolves = json_number_value(resolves);
    if (forecast->resolves < 0) return "has a forecast below 0";
    return NULL;
}

const char *plan_from_json(struct plan *plan, const json_t *value) {
    const json_t *target = json_object_get(value, "target"), *looks = json_object_get(value, "looks");
    *plan = (struct plan){.made = true,
                          .target = json_number_value(target),
                          .seconds = json_number_value(json_object_get(value, "seconds")),
                          .look_count = json_array_size(looks)};
    if (!(json_is_null(target) || plan->target > 0) || plan->target > 1) return "has no target from 0 to 1";
    if (!(plan->seconds > 0)) return "has no time";
    if (plan->look_count > PLAN_MOST_LOOKS || (plan->target > 0) != (plan->look_count > 0))
        return "does not look at a target, and only at one";
    for (size_t i = 0; i < plan->look_count; i++) {
        const json_int_t look = json_integer_value(json_array_get(looks, i));
        const json_int_t before = i > 0 ? (json_int_t)plan->looks[i - 1] : PLAN_FEWEST - 1;
        if (look <= before || look >= PLAN_MOST) return "does not look after more and more processes";
        plan->looks[i] = (unsigned)look;
    }
    return read_forecast(&plan->forecast, json_object_get(value, "forecast"));
}
