/* SPDX-License-Identifier: MIT */
#include "record/rounds_json.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 1000000 };

static int wrong(struct error *err, const char *what) {
    return fail_program(err, "the rounds of a process cannot be read: %s", what);
}

static json_t *numbers(const double *x, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(list, json_number(x[i]));
    return list;
}

/* Reads n numbers. */
static int read_numbers(double *x, const json_t *list, size_t n, struct error *err) {
    if (json_array_size(list) != n) return wrong(err, "a list of numbers has another length");
    for (size_t i = 0; i < n; i++)
        x[i] = json_number_of(json_array_get(list, i));
    return 0;
}

json_t *witness_json(const struct witness *witness) {
    json_t *value =
        json_pack("{s:f, s:o, s:o, s:o, s:i, s:i, s:I, s:I}", "seconds", witness->seconds, "away",
                  json_number(witness->away), "others", json_number(witness->here), "others_near",
                  json_number(witness->near), "others_pu", witness->here_pu, "others_near_pu", witness->near_pu,
                  "throttled", (json_int_t)witness->throttled, "moved", (json_int_t)witness->moved);
    if (value && witness->load_reason[0]) json_put(value, "others_reason", json_escaped(witness->load_reason));
    return value;
}

int witness_from_json(struct witness *witness, const json_t *value, struct error *err) {
    if (!json_is_number(json_object_get(value, "seconds"))) return wrong(err, "the witness is missing");
    const char *reason = json_string_value(json_object_get(value, "others_reason"));
    *witness = (struct witness){
        .seconds = json_number_at(value, "seconds"),
        .away = json_number_at(value, "away"),
        .here = json_number_at(value, "others"),
        .near = json_number_at(value, "others_near"),
        .here_pu = (int)json_integer_value(json_object_get(value, "others_pu")),
        .near_pu = (int)json_integer_value(json_object_get(value, "others_near_pu")),
        .throttled = json_integer_value(json_object_get(value, "throttled")),
        .moved = (unsigned)json_integer_value(json_object_get(value, "moved")),
    };
    snprintf(witness->load_reason, sizeof witness->load_reason, "%s", reason ? reason : "");
    return 0;
}

/* The samples of one case: columns of n values. */
static json_t *samples_json(const struct rounds *rounds, size_t which) {
    const struct observation *seen = rounds_observed(rounds, which);
    json_t *flags = json_array(), *away = json_array(), *counted = json_array();
    for (size_t r = 0; r < rounds->rounds; r++) {
        json_add(flags, json_integer(seen[r].disturbance.flags));
        json_add(away, json_number(seen[r].disturbance.away));
        json_add(counted, numbers(seen[r].counted.value, COUNTERS));
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "failed", rounds->failed[which], "seconds",
                     numbers(rounds_of(rounds, which), rounds->rounds), "cpu_seconds",
                     numbers(rounds_cpu_of(rounds, which), rounds->rounds), "flags", flags, "away", away, "counted",
                     counted);
}

static int samples_from_json(struct rounds *rounds, size_t which, const json_t *value, struct error *err) {
    const size_t n = rounds->rounds, at = which * n;
    const json_t *flags = json_object_get(value, "flags"), *away = json_object_get(value, "away");
    const json_t *counted = json_object_get(value, "counted");
    if (json_array_size(flags) != n || json_array_size(away) != n || json_array_size(counted) != n)
        return wrong(err, "a list of samples has another length");
    if (read_numbers(rounds->seconds + at, json_object_get(value, "seconds"), n, err) != 0 ||
        read_numbers(rounds->cpu_seconds + at, json_object_get(value, "cpu_seconds"), n, err) != 0)
        return -1;
    rounds->failed[which] = json_is_true(json_object_get(value, "failed"));
    for (size_t r = 0; r < n; r++) {
        struct observation *seen = &rounds->observed[at + r];
        seen->disturbance.flags = (unsigned)json_integer_value(json_array_get(flags, r));
        seen->disturbance.away = json_number_value(json_array_get(away, r));
        if (read_numbers(seen->counted.value, json_array_get(counted, r), COUNTERS, err) != 0) return -1;
        if (!rounds->failed[which] && !(rounds->seconds[at + r] > 0)) return wrong(err, "a time is not positive");
    }
    return 0;
}

static json_t *spoiled_json(const struct rounds *rounds) {
    json_t *list = json_array();
    for (size_t i = 0; i < rounds->spoiled_count; i++) {
        const struct spoiled_sample *one = &rounds->spoiled[i];
        json_add(list, json_pack("{s:I, s:I, s:f, s:f, s:I, s:f}", "case", (json_int_t)one->which, "round",
                                 (json_int_t)one->round, "seconds", one->seconds, "cpu_seconds", one->cpu_seconds,
                                 "flags", (json_int_t)one->disturbance.flags, "away", one->disturbance.away));
    }
    return list;
}

static int spoiled_from_json(struct rounds *rounds, const json_t *list, struct error *err) {
    if (!json_is_array(list)) return wrong(err, "the list of spoiled samples is missing");
    rounds->spoiled = calloc(json_array_size(list) + 1, sizeof *rounds->spoiled);
    if (!rounds->spoiled) return fail_program(err, "out of memory for %zu samples", json_array_size(list));
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) {
        struct spoiled_sample one = {.which = (size_t)json_integer_value(json_object_get(value, "case")),
                                     .round = (size_t)json_integer_value(json_object_get(value, "round")),
                                     .seconds = json_number_value(json_object_get(value, "seconds")),
                                     .cpu_seconds = json_number_value(json_object_get(value, "cpu_seconds"))};
        if (one.which >= rounds->cases || one.round >= rounds->rounds) return wrong(err, "a sample of no round");
        one.disturbance.flags = (unsigned)json_integer_value(json_object_get(value, "flags"));
        one.disturbance.away = json_number_value(json_object_get(value, "away"));
        rounds->spoiled[rounds->spoiled_count++] = one;
    }
    return 0;
}

static json_t *checks_json(const struct check_list *checks) {
    json_t *failures = json_array();
    for (size_t i = 0; i < checks->count; i++) {
        const struct check_failure *one = &checks->failed[i];
        json_add(failures, json_pack("{s:o, s:i, s:o}", "case", json_escaped(one->case_name), "round", one->round,
                                     "what", json_escaped(one->what)));
    }
    return json_pack("{s:I, s:o}", "made", (json_int_t)checks->made, "failures", failures);
}

static int checks_from_json(struct check_list *checks, const json_t *value, int process, struct error *err) {
    size_t i;
    json_t *one;
    if (!json_is_array(json_object_get(value, "failures")) || !json_is_integer(json_object_get(value, "made")))
        return wrong(err, "the checks are missing");
    json_array_foreach(json_object_get(value, "failures"), i, one) {
        const char *name = json_string_value(json_object_get(one, "case"));
        const char *what = json_string_value(json_object_get(one, "what"));
        struct check_failure failure = {.process = process,
                                        .round = (int)json_integer_value(json_object_get(one, "round"))};
        snprintf(failure.case_name, sizeof failure.case_name, "%s", name ? name : "");
        snprintf(failure.what, sizeof failure.what, "%s", what ? what : "");
        if (check_list_add(checks, &failure, err) != 0) return -1;
    }
    checks->made = (uint64_t)json_integer_value(json_object_get(value, "made"));
    return 0;
}

json_t *rounds_json(const struct experiment *experiment) {
    const struct rounds *rounds = &experiment->rounds;
    json_t *cases = json_array(), *samples = json_array(), *reasons = json_array();
    for (size_t c = 0; c < experiment->count; c++) {
        json_add(cases, json_string(experiment->cases[c].name));
        json_add(samples, samples_json(rounds, c));
    }
    for (int c = 0; c < COUNTERS; c++)
        json_add(reasons, json_escaped(rounds->counter_reason[c]));
    return json_pack("{s:I, s:I, s:i, s:o, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "rounds",
                     (json_int_t)rounds->rounds, "seed", (json_int_t)rounds->schedule.seed, "process",
                     (int)rounds->process[0], "cases", cases, "samples", samples, "ghz",
                     numbers(rounds->ghz, rounds->rounds), "timed", rounds->timed, "total", rounds->total, "spoiled",
                     spoiled_json(rounds), "checks", checks_json(&rounds->checks), "witness",
                     witness_json(&rounds->witness), "counter_reasons", reasons, "joules",
                     numbers(rounds->joules, rounds->cases), "energy_reason", json_escaped(rounds->energy_reason));
}

/* The order of the cases follows from the seed. */
static int remake_schedule(struct rounds *rounds, const json_t *value, const struct experiment *experiment,
                           struct error *err) {
    const uint32_t seed = (uint32_t)json_integer_value(json_object_get(value, "seed"));
    size_t leading = 0;
    while (leading < experiment->count && experiment->cases[leading].leads)
        leading++;
    return schedule_make(&rounds->schedule, experiment->count, leading, rounds->rounds, seed, err);
}

static int fill_rounds(struct rounds *rounds, const json_t *value, const struct experiment *experiment,
                       struct error *err) {
    const json_t *cases = json_object_get(value, "cases"), *samples = json_object_get(value, "samples");
    const json_t *reasons = json_object_get(value, "counter_reasons");
    const int process = (int)json_integer_value(json_object_get(value, "process"));
    for (size_t c = 0; c < experiment->count; c++) {
        const char *name = json_string_value(json_array_get(cases, c));
        if (!name || strcmp(name, experiment->cases[c].name) != 0) return wrong(err, "it timed other cases");
        if (samples_from_json(rounds, c, json_array_get(samples, c), err) != 0) return -1;
    }
    for (size_t r = 0; r < rounds->rounds; r++)
        rounds->process[r] = (unsigned)process;
    for (size_t c = 0; c < COUNTERS; c++) {
        const char *reason = json_string_value(json_array_get(reasons, c));
        snprintf(rounds->counter_reason[c], sizeof rounds->counter_reason[c], "%s", reason ? reason : "");
    }
    rounds->timed = json_number_value(json_object_get(value, "timed"));
    rounds->total = json_number_value(json_object_get(value, "total"));
    const char *energy_reason = json_string_value(json_object_get(value, "energy_reason"));
    snprintf(rounds->energy_reason, sizeof rounds->energy_reason, "%s", energy_reason ? energy_reason : "");
    if (read_numbers(rounds->joules, json_object_get(value, "joules"), rounds->cases, err) != 0 ||
        read_numbers(rounds->ghz, json_object_get(value, "ghz"), rounds->rounds, err) != 0 ||
        spoiled_from_json(rounds, json_object_get(value, "spoiled"), err) != 0 ||
        checks_from_json(&rounds->checks, json_object_get(value, "checks"), process, err) != 0 ||
        witness_from_json(&rounds->witness, json_object_get(value, "witness"), err) != 0)
        return -1;
    return remake_schedule(rounds, value, experiment, err);
}

int rounds_from_json(struct rounds *rounds, const json_t *value, const struct experiment *experiment,
                     struct error *err) {
    const json_int_t count = json_integer_value(json_object_get(value, "rounds"));
    *rounds = (struct rounds){0};
    if (count < 1 || count > MOST_ROUNDS) return wrong(err, "the number of rounds is missing");
    if (json_array_size(json_object_get(value, "cases")) != experiment->count)
        return wrong(err, "it timed other cases");
    if (rounds_allocate(rounds, experiment->count, (size_t)count, err) != 0) return -1;
    if (fill_rounds(rounds, value, experiment, err) == 0) return 0;
    rounds_free(rounds);
    return -1;
}
