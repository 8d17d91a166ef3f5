/* SPDX-License-Identifier: MIT */
/* A gathered fleet as JSON, and its comparison with an earlier one. */
#include "base/json.h"
#include "measure/stats.h"
#include "record/fleet_private.h"
#include "record/seal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double mean_of(const struct fleet_node *node, size_t metric) {
    const uint64_t *round = node->metric[metric];
    return round[0] && round[1] ? ((double)round[0] + (double)round[1]) / 2.0 : NAN;
}

/* ---- Writing */

static json_t *group_json(const struct fleet *fleet, const struct fleet_group *group) {
    const struct fleet_node *first = &fleet->node[group->first];
    json_t *metrics = json_object();
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const struct group_metric *metric = &group->metric[m];
        if (metric->nodes == 0) continue;
        json_put(metrics, node_metric_names[m],
                 json_pack("{s:I, s:o, s:o, s:o}", "nodes", (json_int_t)metric->nodes, "median",
                           json_number(metric->median), "mad", json_number(metric->mad), "floor",
                           json_number(metric->floor)));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:b, s:o}", "cpu", first->cpu, "microcode",
                     first->microcode, "build", first->build, "backend", first->backend, "memory_gib",
                     (int)first->memory_gib, "cores", (int)first->core_count, "nodes", (json_int_t)group->nodes, "slow",
                     (json_int_t)group->slow, "wrong", (json_int_t)group->wrong, "judged", (int)group->judged,
                     "metrics", metrics);
}

static json_t *faults_json(const struct fleet_node *node) {
    json_t *list = json_array();
    for (size_t f = 0; f < node->faults; f++) {
        const struct node_fault *fault = &node->fault[f];
        json_add(list, json_pack("{s:i, s:i, s:i, s:s}", "pu", fault->pu, "core", fault->core, "package",
                                 fault->package, "what", fault->what));
    }
    return list;
}

static json_t *judged_json(const struct fleet_node *node, const struct node_judged *judged, bool with_history) {
    json_t *times = json_object(), *excess = json_object();
    for (size_t m = 0; m < NODE_METRICS; m++) {
        json_put(times, node_metric_names[m], json_number(mean_of(node, m)));
        json_put(excess, node_metric_names[m], json_number(judged->excess[m]));
    }
    json_t *value =
        json_pack("{s:s, s:i, s:I, s:s, s:I, s:I, s:i, s:o, s:o, s:o}", "state", node_state_names[judged->state],
                  "rank", node->rank, "group", node->done ? (json_int_t)judged->group : (json_int_t)-1, "started",
                  node->started, "checks", (json_int_t)node->checks, "wrong", (json_int_t)node->wrong, "away_permille",
                  (int)node->away, "times", times, "excess", excess, "faults", faults_json(node));
    if (judged->worst >= 0) json_put(value, "worst", json_string(node_metric_names[judged->worst]));
    if (judged->where[0]) json_put(value, "where", json_string(judged->where));
    if (judged->differs[0]) json_put(value, "differs", json_escaped_before(judged->differs));
    if (with_history) {
        json_put(value, "change", json_number(judged->change));
        json_put(value, "changed", json_boolean(judged->changed));
    }
    return value;
}

static json_t *nodes_json(const struct fleet *fleet) {
    json_t *nodes = json_object();
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->judged[i].state != NODE_DOUBLED)
            json_put(nodes, fleet->node[i].name, judged_json(&fleet->node[i], &fleet->judged[i], fleet->with_history));
    return nodes;
}

json_t *fleet_json(const struct fleet *fleet) {
    char verdict[FLEET_VERDICT];
    json_t *groups = json_array(), *missing = json_array(), *bad = json_array();
    fleet_verdict(verdict, fleet);
    for (size_t g = 0; g < fleet->groups; g++)
        json_add(groups, group_json(fleet, &fleet->group[g]));
    for (size_t i = 0; i < fleet->missing_count && i < MISSING_LISTED; i++)
        json_add(missing, json_string(fleet->missing[i]));
    for (size_t i = 0; i < fleet->bad_count; i++)
        json_add(bad, json_pack("{s:o, s:o}", "file", json_escaped(fleet->bad[i].name), "why",
                                json_escaped(fleet->bad[i].why)));
    json_t *facts = json_pack("{s:i, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "fleet",
                              FLEET_VERSION, "verdict", verdict, "well", (int)fleet_is_well(fleet), "singletons",
                              (int)fleet->singletons, "counted", (json_int_t)fleet->counted, "expected",
                              (json_int_t)fleet->expected, "slow", (json_int_t)fleet->slow, "unconfirmed",
                              (json_int_t)fleet->unconfirmed, "wrong", (json_int_t)fleet->wrong, "dead",
                              (json_int_t)fleet->dead, "missing_count", (json_int_t)fleet->missing_count, "missing",
                              missing, "bad_files", bad, "groups", groups, "nodes", nodes_json(fleet));
    json_t *json = json_pack("{s:o}", "sgdmark", facts);
    if (!json || json_lost() || seal_result(json) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- History */

/* now / then of the metric that grew most; NAN: not known. */
static double growth(const struct fleet_node *node, const json_t *times) {
    static const enum node_metric compared[] = {NODE_EPOCH, NODE_FOLDS_ALL};
    double most = NAN;
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        const double then = json_number_value(json_object_get(times, node_metric_names[compared[i]]));
        const double ratio = then > 0.0 ? mean_of(node, compared[i]) / then : NAN;
        if (isfinite(ratio) && !(ratio <= most)) most = ratio;
    }
    return most;
}

/* Takes the group's own change, such as that of a new kernel, out of its nodes' changes. */
static int compare_group(struct fleet *fleet, size_t group, double *value, struct error *err) {
    struct summary s;
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet_timed(fleet, i) && fleet->judged[i].group == group && isfinite(fleet->judged[i].change))
            value[count++] = fleet->judged[i].change;
    if (count == 0) return 0;
    if (summarize(&s, value, count, err) != 0) return -1;
    const bool enough = count >= FLEET_FEWEST;
    const double median = enough ? s.median : 1.0,
                 floor = fmax(enough ? FLEET_MADS * s.mad / s.median : 0.0, FLEET_SHARE);
    for (size_t i = 0; i < fleet->count; i++) {
        struct node_judged *judged = &fleet->judged[i];
        if (!fleet_timed(fleet, i) || judged->group != group || !isfinite(judged->change)) continue;
        judged->change = judged->change / median - 1.0;
        judged->changed = judged->change > floor;
        fleet->changed += judged->changed;
    }
    return 0;
}

int fleet_compare(struct fleet *fleet, const json_t *history, struct error *err) {
    const json_t *facts = json_object_get(history, "sgdmark"), *nodes = json_object_get(facts, "nodes");
    if (json_integer_value(json_object_get(facts, "fleet")) != FLEET_VERSION || !json_is_object(nodes))
        return fail(err, "it is no JSON of `sgdmark fleet gather` of this version");
    fleet->with_history = true;
    for (size_t i = 0; i < fleet->count; i++) {
        const json_t *then = json_object_get(nodes, fleet->node[i].name);
        if (fleet_timed(fleet, i)) fleet->judged[i].change = growth(&fleet->node[i], json_object_get(then, "times"));
    }
    double *value = malloc((fleet->count + 1) * sizeof *value);
    int bad = value ? 0 : fail_program(err, "out of memory for %zu nodes", fleet->count);
    for (size_t g = 0; g < fleet->groups && !bad; g++)
        bad = compare_group(fleet, g, value, err);
    free(value);
    return bad;
}
