/* SPDX-License-Identifier: MIT */
/* rederive FILE: makes everything that is derived in a result file of schema 3 fit its raw facts again, in place: the
 * time inside samples, the experiments, what Google Benchmark's rows and the summaries say of their samples, the
 * verdict on the times, the hash. For tests that need a file with other samples. Exit status 1 with the reason where
 * the facts do not fit together. */
#include "base/json.h"
#include "record/derive_private.h"
#include "record/run_facts.h"
#include "record/seal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct result_file file;
static struct error err;
static struct reader reader;

static double sum_of(const json_t *samples) {
    double sum = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(samples, "seconds"), i, one) {
        sum += json_number_value(one);
    }
    json_array_foreach(json_object_get(samples, "repeated"), i, one) {
        sum += json_number_value(json_object_get(one, "seconds"));
    }
    return sum;
}

/* The samples of the case with this name, in either list. */
static const json_t *samples_of(const struct contents *contents, const char *name) {
    const json_t *at = json_object_get(contents->samples, name);
    if (at) return json_array_get(json_object_get(file.facts, "samples"), (size_t)json_integer_value(at));
    at = strncmp(name, "roof/", 5) == 0 ? json_object_get(contents->roofs, name + 5) : NULL;
    return at ? json_array_get(json_object_get(file.facts, "roofs"), (size_t)json_integer_value(at)) : NULL;
}

static void set_timed(const struct contents *contents, const json_t *experiment) {
    double timed = 0;
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(json_object_get(experiment, "schedule"), "cases"), i, name) {
        timed += sum_of(samples_of(contents, json_string_value(name)));
    }
    json_object_set_new(json_object_get(experiment, "clock"), "timed_seconds", json_real(timed));
}

/* Puts each derived member in the place of the recorded one of the same name. */
static void replace(json_t *recorded, const json_t *at, const json_t *derived) {
    size_t i;
    json_t *one;
    json_array_foreach(derived, i, one) {
        const json_t *index = json_object_get(at, json_string_value(json_object_get(one, "name")));
        json_array_set(recorded, (size_t)json_integer_value(index), one);
    }
}

/* Rebuilds one experiment; its rows go to `rows`. */
static int rederive(const struct contents *contents, size_t at, json_t *rows, struct usable *usable) {
    json_t *experiments = json_object_get(file.facts, "experiments");
    struct analysis analysis;
    set_timed(contents, json_array_get(experiments, at));
    struct experiment *experiment = replay_experiment(contents, at);
    if (!experiment || analyse(&analysis, experiment, &err) != 0) return -1;
    struct result *record = record_of(contents);
    if (!record || result_samples(record, experiment, &err) != 0) return -1;
    *usable = usable->reason[0] || usable->above > 0 ? usable_both(usable, &analysis.usable) : analysis.usable;
    json_t *derived = experiment_json(&analysis);
    replace(json_object_get(file.facts, "samples"), contents->samples, record->samples);
    replace(json_object_get(file.facts, "roofs"), contents->roofs, json_object_get(record->facts, "roofs"));
    json_array_extend(rows, record->benchmarks);
    result_free(record);
    analysis_free(&analysis);
    json_array_set_new(experiments, at, derived);
    experiment_free(experiment); /* its texts were those of the old one */
    return 0;
}

/* Every name is a family of its own. */
static void number_families(json_t *rows) {
    json_int_t family = -1;
    const char *last = "";
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *name = json_string_value(json_object_get(row, "run_name"));
        family += strcmp(name, last) != 0;
        last = name;
        json_object_set_new(row, "family_index", json_integer(family));
    }
}

/* Keeps the rows of what no experiment timed, in front. */
static void keep_other_rows(json_t *rows) {
    json_t *names = json_object(), *kept = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        json_object_set_new(names, json_string_value(json_object_get(row, "run_name")), json_true());
    }
    json_array_foreach(json_object_get(file.root, "benchmarks"), i, row) {
        if (!json_object_get(names, json_string_value(json_object_get(row, "run_name")))) json_array_append(kept, row);
    }
    json_array_extend(kept, rows);
    number_families(kept);
    json_object_set_new(file.root, "benchmarks", kept);
    json_decref(names);
}

static int rederive_all(void) {
    struct usable usable = {.above = (double)NAN};
    struct contents contents;
    json_t *rows = json_array(), *verdict = json_object_get(file.facts, "verdict");
    if (contents_open(&contents, &file, &reader) != 0) return -1;
    for (size_t i = 0; i < json_array_size(json_object_get(file.facts, "experiments")); i++)
        if (rederive(&contents, i, rows, &usable) != 0) return -1;
    keep_other_rows(rows);
    json_decref(rows);
    contents_close(&contents);
    if (verdict) json_object_set_new(verdict, "times", usable_json(&usable));
    return seal_result(file.root);
}

int main(int argc, char **argv) {
    json_error_t why;
    if (argc != 2) {
        fprintf(stderr, "usage: rederive FILE\n");
        return 2;
    }
    reader = (struct reader){argv[1], &err};
    file = (struct result_file){.path = argv[1], .root = json_load_file(argv[1], 0, &why), .schema = 3};
    file.facts = json_object_get(file.root, "sgdmark");
    if (!file.facts) snprintf(err.text, sizeof err.text, "%s: is no result file", argv[1]);
    int bad = file.facts && rederive_all() == 0 && json_write(argv[1], file.root, &err) == 0 ? 0 : 1;
    if (bad) fprintf(stderr, "rederive: %s\n", err.text);
    json_decref(file.root);
    return bad;
}
