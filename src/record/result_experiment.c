/* SPDX-License-Identifier: MIT */
/* Adds an experiment to a result: schedule, A/A gates, witness, and the analysis of its cases and pairs. */
#include "base/json.h"
#include "record/plan_json.h"
#include "record/result_private.h"
#include "record/rounds_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char few_samples[] = "too few samples for an interval at this confidence";
static const char few_processes[] = "fewer than 3 processes have 3 rounds in which neither sample was spoiled";
static const char no_roof[] = "this case has no such roof";
static const char not_applicable[] = "does not apply to this case";

json_t *comparison_json(const struct comparison *c) {
    json_t *value = json_pack("{s:I, s:I, s:f, s:I, s:s}", "subject_samples", (json_int_t)c->n_subject, "base_samples",
                              (json_int_t)c->n_base, "confidence", c->confidence, "comparisons",
                              (json_int_t)c->comparisons, "verdict", verdict_words(c->verdict));
    if (value && put_number(value, "ratio", c->ratio, NULL) == 0 &&
        put_number(value, "low", c->low, few_samples) == 0 && put_number(value, "high", c->high, few_samples) == 0 &&
        put_number(value, "coverage", c->coverage, few_samples) == 0 && put_number(value, "p", c->p, few_samples) == 0)
        return value;
    json_decref(value);
    return NULL;
}

/* A member of an object that is a number, or null with a reason. */
struct member {
    const char *key;
    double value;
};

static int put_members(json_t *object, const struct member *members, size_t count, const char *reason) {
    int bad = object ? 0 : -1;
    for (size_t i = 0; i < count && !bad; i++)
        bad = put_number(object, members[i].key, members[i].value, reason);
    return bad;
}

static const char *case_name(const struct experiment *experiment, int which) {
    return which == NO_CASE ? NULL : experiment->cases[which].name;
}

static json_t *schedule_json(const struct experiment *experiment) {
    const struct schedule *schedule = &experiment->rounds.schedule;
    json_t *cases = json_array();
    json_t *order = json_array();
    json_t *process = json_array();
    for (size_t c = 0; c < schedule->cases; c++)
        json_add(cases, json_escaped(experiment->cases[c].name));
    for (size_t r = 0; r < schedule->rounds; r++) {
        json_t *round = json_array();
        for (size_t s = 0; s < schedule->cases; s++)
            json_add(round, json_integer((json_int_t)schedule_case(schedule, r, s)));
        json_add(order, round);
        json_add(process, json_integer(experiment->rounds.process[r]));
    }
    return json_pack("{s:I, s:o, s:o, s:o}", "seed", (json_int_t)schedule->seed, "cases", cases, "order", order,
                     "process", process);
}

static json_t *control_json(const struct analysis *a, const struct control_analysis *control) {
    const struct aa_gate *aa = &control->aa;
    json_t *value =
        json_pack("{s:o, s:o, s:s, s:o, s:o}", "first", json_escaped(case_name(a->experiment, control->twin)), "second",
                  json_escaped(case_name(a->experiment, control->of)), "state", aa_words(aa->state), "shown",
                  comparison_json(&aa->shown), "gate", comparison_json(&aa->gate));
    int bad = value ? put_number(value, "resolution", resolution(&aa->shown), few_samples) : -1;
    const bool few = aa->state == AA_TOO_FEW && a->experiment->plan.made;
    if (!bad && aa->state != AA_QUIET)
        bad = json_put(value, "state_reason", json_escaped(few ? few_processes : aa_reason(aa->state)));
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

static json_t *controls_json(const struct analysis *a) {
    json_t *list = json_array();
    for (size_t i = 0; i < a->control_count; i++)
        json_add(list, control_json(a, &a->controls[i]));
    return list;
}

static json_t *reason_value(const char *text) {
    return text[0] ? json_escaped(text) : json_null();
}

json_t *usable_json(const struct usable *usable) {
    json_t *value = json_pack("{s:s, s:o, s:o}", "state", usable_names[usable->state], "reason",
                              reason_value(usable->reason), "advice", reason_value(usable->advice));
    if (value && put_number(value, "above", usable->above, "no pair has a verdict") == 0) return value;
    json_decref(value);
    return NULL;
}

/* What each source of disturbances showed. A source that never moved may be silent rather than calm. */
static json_t *sources_json(const struct witness *witness) {
    json_t *sources = json_object();
    for (int i = 0; i < DISTURBANCE_FLAGS; i++)
        json_put(sources, disturbance_names[i],
                 json_string(witness->moved & 1u << i ? "moved" : "never moved, so unknown"));
    return sources;
}

static json_t *whole_witness_json(const struct witness *witness) {
    json_t *value = witness_json(witness);
    if (value) json_put(value, "sources", sources_json(witness));
    return value;
}

static json_t *clock_json(const struct analysis *a) {
    const struct rounds *rounds = &a->experiment->rounds;
    static const char no_probe[] = "the clock probe knows no instruction latency on this architecture";
    json_t *ghz = json_array();
    json_t *missing = json_object();
    for (size_t r = 0; r < rounds->rounds; r++)
        json_add(ghz, json_number(rounds->ghz[r]));
    for (int c = 0; c < COUNTERS; c++)
        if (rounds->counter_reason[c][0]) put_number(missing, counter_names[c], (double)NAN, rounds->counter_reason[c]);
    json_t *value = json_pack("{s:o, s:o, s:f, s:f}", "ghz_per_round", ghz, "counters_missing", missing,
                              "timed_seconds", rounds->timed, "total_seconds", rounds->total);
    if (value && put_number(value, "ghz", a->ghz, no_probe) == 0 &&
        put_number(value, "percent_between_samples", 100.0 * a->between, NULL) == 0)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *share_json(const struct analysis *a, const struct roof_share *share, struct roof_pair roofs) {
    if (!share->known) return json_null();
    const struct experiment *experiment = a->experiment;
    const struct member members[] = {{"percent", share->percent}, {"low", share->low}, {"high", share->high}};
    json_t *value = json_pack("{s:o, s:o, s:s, s:s}", "read", json_escaped(case_name(experiment, roofs.read)),
                              "compute", json_escaped(case_name(experiment, roofs.compute)), "binds", share->binds,
                              "verdict", roof_verdict_names[share->verdict]);
    if (put_members(value, members, sizeof members / sizeof *members, few_samples) == 0 &&
        put_number(value, "read_ns_per_row", share->read_ns, NULL) == 0 &&
        put_number(value, "compute_ns_per_row", share->compute_ns, no_roof) == 0)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *rates_json(const struct case_analysis *one) {
    const struct member members[] = {{"ns_per_row", one->ns_per_row},
                                     {"cycles_per_pixel", one->cycles_per_pixel},
                                     {"gb_per_second", one->gb_per_second},
                                     {"bytes_per_cycle", one->bytes_per_cycle},
                                     {"seconds_per_fold", one->seconds_per_fold},
                                     {"folds_per_second", one->folds_per_second},
                                     {"mrows_per_second", one->mrows_per_second}};
    json_t *value = json_object();
    if (put_members(value, members, sizeof members / sizeof *members, not_applicable) == 0) return value;
    json_decref(value);
    return NULL;
}

/* Sets value[key] to a share, or to null with the reason. */
static int put_share(json_t *value, const char *key, json_t *share) {
    if (!share) return -1;
    char reason[64];
    snprintf(reason, sizeof reason, "%s_reason", key);
    if (json_is_null(share) && json_put(value, reason, json_string(no_roof)) != 0) return -1;
    return json_put(value, key, share);
}

static json_t *roof_names_json(const struct experiment *experiment, struct roof_pair roofs) {
    return json_pack("{s:o, s:o}", "read", json_escaped(case_name(experiment, roofs.read)), "compute",
                     json_escaped(case_name(experiment, roofs.compute)));
}

/* What the case is. */
static json_t *case_facts_json(const struct experiment *experiment, size_t which) {
    const struct case_facts *facts = &experiment->facts[which];
    const char *job = facts->job_name[0] ? facts->job_name : NULL;
    json_t *value = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "name",
        experiment->cases[which].name, "kind", case_kind_names[facts->kind], "job", json_escaped(job), "engine",
        json_escaped(facts->engine), "backend", json_escaped(facts->backend), "prefetch", reason_value(facts->prefetch),
        "placement", json_escaped(facts->placement), "workers", (json_int_t)facts->workers, "unit", facts->unit, "work",
        facts->work, "row_bytes", facts->row_bytes, "folds", facts->folds, "control_of",
        json_escaped(case_name(experiment, facts->control_of)), "control",
        json_escaped(case_name(experiment, facts->control)), "alone", json_escaped(case_name(experiment, facts->alone)),
        "roof_cases", roof_names_json(experiment, facts->roofs), "whole_roof_cases",
        roof_names_json(experiment, facts->whole_roofs));
    if (!value || facts->models == 0) return value;
    json_put(value, "models", json_integer(facts->models));
    json_put(value, "group", json_integer(facts->group));
    return value;
}

static json_t *process_medians_json(const struct analysis *a, const struct case_analysis *one) {
    json_t *list = json_array();
    for (size_t k = 0; k < a->processes; k++)
        json_add(list, json_number(one->process_medians[k]));
    return list;
}

static json_t *unexplained_json(const struct analysis *a, size_t which) {
    json_t *list = json_array();
    for (size_t r = 0; r < a->experiment->rounds.rounds; r++)
        if (analysis_unexplained(a, which, r)) json_add(list, json_integer((json_int_t)r));
    return list;
}

/* Energy of an epoch's or of folds' samples. */
static json_t *energy_of_case_json(const struct analysis *a, size_t which) {
    const char *key = a->experiment->facts[which].kind == CASE_FOLDS ? "joules_per_fold" : "joules_per_epoch";
    const struct case_analysis *one = &a->cases[which];
    const char *reason = a->experiment->rounds.energy_reason;
    if (isfinite(one->joules)) reason = "the counters did not move in these samples";
    json_t *value = json_object();
    if (value && put_number(value, "joules", one->joules, reason) == 0 &&
        put_number(value, key, one->joules_each, reason) == 0)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *case_json(const struct analysis *a, size_t which) {
    const struct case_facts *facts = &a->experiment->facts[which];
    const struct case_analysis *one = &a->cases[which];
    json_t *value = case_facts_json(a->experiment, which);
    json_t *found = json_pack("{s:I, s:I, s:I, s:o, s:b, s:o, s:o, s:o, s:o}", "disturbed", (json_int_t)one->disturbed,
                              "spoiled", (json_int_t)one->spoiled, "unexplained", (json_int_t)one->unexplained,
                              "unexplained_rounds", unexplained_json(a, which), "migrated", one->migrated,
                              "process_medians", process_medians_json(a, one), "unusable", reason_value(one->unusable),
                              "summary", summary_json(&one->all), "rates", rates_json(one));
    int bad = value && found ? json_object_update(value, found) : -1;
    json_decref(found);
    if (!bad) bad = json_put(value, "quiet", one->quiet.n > 0 ? summary_json(&one->quiet) : json_null());
    if (!bad && one->quiet.n == 0) bad = json_put(value, "quiet_reason", json_string("every sample was disturbed"));
    if (!bad && (facts->kind == CASE_EPOCH || facts->kind == CASE_FOLDS))
        bad = json_put(value, "energy", energy_of_case_json(a, which));
    if (!bad) bad = put_share(value, "roof", share_json(a, &one->stored, facts->roofs));
    if (!bad) bad = put_share(value, "whole_roof", share_json(a, &one->whole, facts->whole_roofs));
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

/* The times the other way round, bigger is better: speedup = 1 / ratio, with the ends of the interval swapped. */
static int put_speedup(json_t *value, const struct comparison *times) {
    const struct member members[] = {
        {"speedup", 1.0 / times->ratio}, {"speedup_low", 1.0 / times->high}, {"speedup_high", 1.0 / times->low}};
    return put_members(value, members, sizeof members / sizeof *members, few_samples);
}

static json_t *pair_json(const struct analysis *a, const struct pair_analysis *pair) {
    const struct experiment *experiment = a->experiment;
    json_t *value = comparison_json(&pair->times);
    const struct member speeds[] = {{"speed", pair->speed},
                                    {"speed_low", pair->speed_low},
                                    {"speed_high", pair->speed_high},
                                    {"resolution", pair->resolution}};
    const struct member contention[] = {{"contention", pair->contention},
                                        {"contention_low", pair->contention_low},
                                        {"contention_high", pair->contention_high},
                                        {"efficiency", pair->efficiency}};
    int bad = value ? 0 : -1;
    if (!bad)
        bad = json_put(value, "family", json_string(pair_family_names[pair->of.family])) |
              json_put(value, "subject", json_escaped(experiment->cases[pair->of.subject].name)) |
              json_put(value, "base", json_escaped(experiment->cases[pair->of.base].name)) |
              json_put(value, "kind", json_string(experiment->plan.made ? "by process" : "paired")) |
              put_members(value, speeds, sizeof speeds / sizeof *speeds, few_samples);
    if (!bad) bad = put_speedup(value, &pair->times);
    if (!bad && pair->of.family == PAIR_CONTENTION)
        bad = put_members(value, contention, sizeof contention / sizeof *contention, few_samples);
    if (!bad && experiment->plan.made) bad = put_number(value, "resolves", pair->resolves, few_samples);
    if (!bad && pair->times.verdict == VERDICT_WITHHELD)
        bad = json_put(value, "verdict_reason", json_escaped(pair->reason ? pair->reason : "not stated"));
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

/* One array element per case, or per pair; NULL when memory runs out. */
static json_t *cases_json(const struct analysis *a) {
    json_t *list = json_array();
    for (size_t c = 0; c < a->experiment->count; c++)
        if (!a->cases[c].failed && json_add(list, case_json(a, c)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *pairs_json(const struct analysis *a) {
    json_t *list = json_array();
    for (size_t p = 0; p < a->experiment->pair_count; p++)
        if (!a->pairs[p].failed && json_add(list, pair_json(a, &a->pairs[p])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The observations around the samples of one case, as columns. */
struct columns {
    double *counters;       /* [COUNTERS][rounds] */
    double *away;           /* [rounds] */
    char *text;             /* [rounds][DISTURBANCE_TEXT] */
    const char **disturbed; /* [rounds] */
    struct sample_counter list[COUNTERS];
};

enum { DISTURBANCE_TEXT = 64 };

static void columns_free(struct columns *columns) {
    free(columns->counters);
    free(columns->away);
    free(columns->text);
    free(columns->disturbed);
}

static int columns_new(struct columns *columns, const struct rounds *rounds, size_t which, struct error *err) {
    const struct observation *seen = rounds_observed(rounds, which);
    const size_t n = rounds->rounds;
    *columns = (struct columns){.counters = calloc(COUNTERS * n, sizeof *columns->counters),
                                .away = calloc(n, sizeof *columns->away),
                                .text = calloc(n, DISTURBANCE_TEXT),
                                .disturbed = calloc(n, sizeof *columns->disturbed)};
    if (!columns->counters || !columns->away || !columns->text || !columns->disturbed) {
        columns_free(columns);
        return fail_program(err, "out of memory for the samples of %zu rounds", n);
    }
    for (size_t r = 0; r < n; r++) {
        char *text = columns->text + r * DISTURBANCE_TEXT;
        for (size_t c = 0; c < COUNTERS; c++)
            columns->counters[c * n + r] = seen[r].counted.value[c];
        columns->away[r] = seen[r].disturbance.away;
        disturbance_text(seen[r].disturbance.flags, text, DISTURBANCE_TEXT);
        columns->disturbed[r] = seen[r].disturbance.flags ? text : NULL;
    }
    for (size_t c = 0; c < COUNTERS; c++) {
        const char *reason = rounds->counter_reason[c];
        columns->list[c] = (struct sample_counter){.name = counter_names[c],
                                                   .values = columns->counters + c * n,
                                                   .missing = reason[0] ? reason : "counted in every other round"};
    }
    return 0;
}

/* True if any hardware counter works. If none does, "clock" holds the reasons, so rows do not repeat them. */
static bool counted(const struct rounds *rounds) {
    for (int c = 0; c < COUNTERS; c++)
        if (!rounds->counter_reason[c][0]) return true;
    return false;
}

/* The samples of a case that were spoiled and timed again. */
static json_t *repeated_json(const struct rounds *rounds, size_t which) {
    json_t *list = json_array();
    for (size_t i = 0; i < rounds->spoiled_count; i++) {
        const struct spoiled_sample *one = &rounds->spoiled[i];
        char text[DISTURBANCE_TEXT];
        if (one->which != which) continue;
        disturbance_text(one->disturbance.flags, text, sizeof text);
        json_add(list, json_pack("{s:I, s:f, s:f, s:s, s:f}", "round", (json_int_t)one->round, "seconds", one->seconds,
                                 "cpu_seconds", one->cpu_seconds, "disturbed", text, "away", one->disturbance.away));
    }
    return list;
}

static int add_timing(struct result *result, const struct experiment *experiment, size_t which,
                      const struct columns *columns, json_t *repeated, struct error *err) {
    const struct rounds *rounds = &experiment->rounds;
    const struct case_facts *facts = &experiment->facts[which];
    const struct timing timing = {.name = experiment->cases[which].name,
                                  .engine = facts->engine,
                                  .backend = facts->backend,
                                  .seconds = rounds_of(rounds, which),
                                  .cpu_seconds = rounds_cpu_of(rounds, which),
                                  .samples = rounds->rounds,
                                  .iterations = 1,
                                  .threads = facts->workers,
                                  .disturbed = columns->disturbed,
                                  .away = columns->away,
                                  .counters = columns->list,
                                  .counter_count = counted(rounds) ? COUNTERS : 0,
                                  .repeated = repeated};
    return result_timing(result, &timing, err);
}

static int add_roof(struct result *result, const struct experiment *experiment, size_t which,
                    const struct columns *columns, json_t *repeated, struct error *err) {
    const struct case_facts *facts = &experiment->facts[which];
    const struct roof roof = {.name = experiment->cases[which].name + strlen("roof/"),
                              .what = facts->what,
                              .unit = facts->unit,
                              .work = facts->work,
                              .seconds = rounds_of(&experiment->rounds, which),
                              .cpu_seconds = rounds_cpu_of(&experiment->rounds, which),
                              .disturbed = columns->disturbed,
                              .away = columns->away,
                              .samples = experiment->rounds.rounds,
                              .repeated = repeated};
    return result_roof(result, &roof, err);
}

/* Adds the raw samples of one case; an error row if its work was wrong. */
static int add_samples_of(struct result *result, const struct experiment *experiment, size_t which, struct error *err) {
    struct columns columns;
    if (experiment->rounds.failed[which])
        return result_not_timed(result, experiment->cases[which].name, "its work was wrong in a timed sample", err);
    if (columns_new(&columns, &experiment->rounds, which, err) != 0) return -1;
    json_t *repeated = repeated_json(&experiment->rounds, which);
    int bad = (case_is_work(&experiment->facts[which]) ? add_timing : add_roof)(result, experiment, which, &columns,
                                                                                repeated, err);
    json_decref(repeated);
    columns_free(&columns);
    return bad;
}

/* The cases whose work was wrong, and the pairs that hold one. Nothing of them is analysed, but they count: intervals
 * that hold together are wider the more of them there are. */
static json_t *failed_json(const struct analysis *a) {
    const struct experiment *experiment = a->experiment;
    json_t *cases = json_array(), *pairs = json_array();
    for (size_t c = 0; c < experiment->count; c++)
        if (a->cases[c].failed) json_add(cases, case_facts_json(experiment, c));
    for (size_t p = 0; p < experiment->pair_count; p++) {
        const struct wanted_pair *of = &experiment->pairs[p];
        if (!a->pairs[p].failed) continue;
        json_add(pairs, json_pack("{s:s, s:s, s:s}", "family", pair_family_names[of->family], "subject",
                                  experiment->cases[of->subject].name, "base", experiment->cases[of->base].name));
    }
    return json_pack("{s:o, s:o}", "cases", cases, "pairs", pairs);
}

json_t *experiment_json(const struct analysis *analysis) {
    const struct experiment *experiment = analysis->experiment;
    json_t *pu = experiment->pu < 0 ? json_null() : json_integer(experiment->pu);
    json_t *value = json_pack("{s:s, s:I, s:o, s:f, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "name",
                              experiment->name, "rounds", (json_int_t)experiment->rounds.rounds, "pu", pu, "pixels",
                              experiment->pixels, "best", experiment->cases[experiment->best].name, "schedule",
                              schedule_json(experiment), "controls", controls_json(analysis), "witness",
                              whole_witness_json(&experiment->rounds.witness), "usable", usable_json(&analysis->usable),
                              "clock", clock_json(analysis), "samples", (json_int_t)analysis->samples, "disturbed",
                              (json_int_t)analysis->disturbed, "cases", cases_json(analysis), "pairs",
                              pairs_json(analysis), "failed", failed_json(analysis));
    if (!value || !experiment->plan.made || json_put(value, "plan", plan_json(analysis)) == 0) return value;
    json_decref(value);
    return NULL;
}

int result_samples(struct result *result, const struct experiment *experiment, struct error *err) {
    for (size_t c = 0; c < experiment->count; c++)
        if (add_samples_of(result, experiment, c, err) != 0) return -1;
    return 0;
}

int result_experiment(struct result *result, const struct analysis *analysis, struct error *err) {
    if (append_or_fail(json_object_get(result->facts, "experiments"), experiment_json(analysis), err) != 0) return -1;
    return result_samples(result, analysis->experiment, err);
}
