/* SPDX-License-Identifier: MIT */
#include "record/backends.h"

#include "base/json.h"
#include "base/target.h"
#include "base/text.h"
#include "record/derive_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool is_backend(const char *text) {
    static const char *const engines[] = {"f32/", "f64/", "int/"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strncmp(text, engines[i], strlen(engines[i])) == 0) return true;
    return false;
}

/* The case of the base of the same kind and at the same place, or NO_CASE. */
static int base_of(const struct experiment *experiment, size_t which, const char *base) {
    const struct case_facts *facts = &experiment->facts[which];
    if (facts->kind != CASE_EPOCH && facts->kind != CASE_FOLDS) return NO_CASE;
    for (size_t c = 0; c < experiment->count; c++) {
        const struct case_facts *other = &experiment->facts[c];
        if (other->kind != facts->kind || other->control_of != NO_CASE || strcmp(other->job_name, base) != 0) continue;
        if (!facts->placement == !other->placement &&
            (!facts->placement || strcmp(facts->placement, other->placement) == 0))
            return (int)c;
    }
    return NO_CASE;
}

/* Replaces the pairs of the experiment. Returns 0, or -1 when memory runs out. */
static int wish_pairs(struct experiment *experiment, const char *base, struct error *err) {
    struct wanted_pair *pairs = calloc(experiment->count + 1, sizeof *pairs);
    if (!pairs) return fail_program(err, "out of memory for %zu pairs", experiment->count);
    free(experiment->pairs);
    experiment->pairs = pairs;
    experiment->pair_count = 0;
    experiment->pair_room = experiment->count + 1;
    for (size_t c = 0; c < experiment->count; c++) {
        const int other = base_of(experiment, c, base);
        if (other == NO_CASE || other == (int)c || experiment->facts[c].control_of != NO_CASE) continue;
        experiment_pair(experiment, PAIR_BEST, c, (size_t)other);
    }
    return 0;
}

static int add_pair(struct backend_ratios *ratios, const struct experiment *experiment,
                    const struct pair_analysis *pair, struct error *err) {
    if (pair->failed) return 0;
    struct backend_ratio *grown = realloc(ratios->list, (ratios->count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for the comparison");
    ratios->list = grown;
    struct backend_ratio *row = &grown[ratios->count++];
    *row = (struct backend_ratio){.name = strdup(experiment->cases[pair->of.subject].name),
                                  .base = strdup(experiment->cases[pair->of.base].name),
                                  .times = pair->times,
                                  .speedup = {pair->speed, pair->speed_low, pair->speed_high},
                                  .resolution = pair->resolution,
                                  .withheld = pair->reason ? printable_text(pair->reason) : NULL};
    if (row->name && row->base && (row->withheld || !pair->reason)) return 0;
    return fail_program(err, "out of memory for the comparison");
}

static int add_experiment(struct backend_ratios *ratios, const struct contents *contents, size_t at,
                          struct error *err) {
    struct experiment *experiment = replay_experiment(contents, at);
    struct analysis analysis;
    if (!experiment) return -1;
    int bad = wish_pairs(experiment, ratios->base, err);
    if (!bad && experiment->pair_count > 0) {
        bad = analyse(&analysis, experiment, err);
        for (size_t p = 0; !bad && p < experiment->pair_count; p++)
            bad = add_pair(ratios, experiment, &analysis.pairs[p], err);
        analysis_free(&analysis);
    }
    experiment_free(experiment);
    return bad;
}

/* The row that counts in the sentence: the fastest with this verdict, in an epoch if there is one. */
static const struct backend_ratio *fastest(const struct backend_ratios *ratios) {
    const struct backend_ratio *best = NULL;
    for (size_t i = 0; i < ratios->count; i++) {
        const struct backend_ratio *row = &ratios->list[i];
        if (row->times.verdict != VERDICT_FASTER || strncmp(row->name, "epoch/", strlen("epoch/")) != 0) continue;
        if (!best || row->speedup.value > best->speedup.value) best = row;
    }
    return best;
}

static void answer(struct backend_ratios *ratios, const struct result_file *file) {
    size_t verdicts[VERDICT_UNKNOWN + 1] = {0};
    char name[SIDE_TEXT], best[ANSWER_TEXT / 2] = "";
    for (size_t i = 0; i < ratios->count; i++)
        verdicts[ratios->list[i].times.verdict]++;
    printable_copy(name, sizeof name, path_name(file->path));
    const struct backend_ratio *row = fastest(ratios);
    if (row)
        snprintf(best, sizeof best, "; the fastest, %s, runs %.3fx as fast [%.3f, %.3f]", row->name, row->speedup.value,
                 row->speedup.low, row->speedup.high);
    const size_t without = verdicts[VERDICT_WITHHELD] + verdicts[VERDICT_UNKNOWN];
    if (without == ratios->count)
        snprintf(ratios->answer, sizeof ratios->answer,
                 "There is no verdict on any benchmark of %s against %s: %.600s.", name, ratios->base,
                 ratios->list[0].withheld ? ratios->list[0].withheld : "too few rounds");
    else
        snprintf(ratios->answer, sizeof ratios->answer,
                 "In %s, %zu of %zu benchmarks are faster than %s there, %zu slower, %zu not told apart%s.", name,
                 verdicts[VERDICT_FASTER], ratios->count, ratios->base, verdicts[VERDICT_SLOWER],
                 ratios->count - verdicts[VERDICT_FASTER] - verdicts[VERDICT_SLOWER], best);
}

int backend_ratios_make(struct backend_ratios *ratios, const struct result_file *file, const char *base,
                        struct error *err) {
    const struct reader reader = {file->path, err};
    struct contents contents;
    *ratios = (struct backend_ratios){0};
    if (file->schema < 3 || file->experiment_count == 0)
        return fail(err, "%s: holds no rounds of `sgdmark run` (schema 3), in which backends are compared", file->path);
    snprintf(ratios->base, sizeof ratios->base, "%s", base);
    if (contents_open(&contents, file, &reader) != 0) return -1;
    int bad = 0;
    for (size_t i = 0; !bad && i < file->experiment_count; i++)
        bad = add_experiment(ratios, &contents, i, err);
    contents_close(&contents);
    if (!bad && ratios->count == 0)
        bad = fail(err, "%s: timed no other backend beside %s, or not that one", file->path, base);
    if (!bad) answer(ratios, file);
    if (bad) backend_ratios_free(ratios);
    return bad;
}

void backend_ratios_free(struct backend_ratios *ratios) {
    for (size_t i = 0; i < ratios->count; i++) {
        free(ratios->list[i].name);
        free(ratios->list[i].base);
        free(ratios->list[i].withheld);
    }
    free(ratios->list);
    *ratios = (struct backend_ratios){0};
}

static json_t *row_json(const struct backend_ratio *row) {
    static const char few[] = "too few rounds in which neither case was disturbed";
    json_t *value = comparison_json(&row->times);
    int bad = json_put(value, "name", json_string(row->name)) | json_put(value, "base", json_string(row->base)) |
              put_number(value, "speedup", row->speedup.value, few) |
              put_number(value, "speedup_low", row->speedup.low, few) |
              put_number(value, "speedup_high", row->speedup.high, few) |
              put_number(value, "resolution", row->resolution, few);
    if (row->withheld) bad |= json_put(value, "withheld", json_escaped_before(row->withheld));
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

json_t *backend_ratios_json(const struct backend_ratios *ratios, const struct result_file *file) {
    json_t *rows = json_array();
    for (size_t i = 0; i < ratios->count; i++)
        json_add(rows, row_json(&ratios->list[i]));
    return json_pack("{s:o, s:o, s:f, s:s, s:o}", "answer", json_escaped_before(ratios->answer), "file",
                     json_escaped(file->path), "confidence", experiment_confidence, "base", ratios->base, "benchmarks",
                     rows);
}
