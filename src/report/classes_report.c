/* SPDX-License-Identifier: MIT */
#include "report/classes_report.h"

#include "report/facts.h"
#include "report/heat_map.h"

#include <inttypes.h>
#include <math.h>

static void print_score_line(FILE *out, const char *name, const struct class_score *score) {
    char precision[FACT_TEXT], recall[FACT_TEXT], f1[FACT_TEXT];
    fprintf(out, "%11s  %9s  %9s  %9s  %8" PRIu64 "\n", name, format_fact(precision, "%.6f", score->precision),
            format_fact(recall, "%.6f", score->recall), format_fact(f1, "%.6f", score->f1), score->support);
}

void print_class_scores(FILE *out, const struct class_scores *scores) {
    print_heat_map(out, scores);
    fputs("digit        precision     recall         f1      rows\n", out);
    for (unsigned c = 0; c < CLASSES; c++) {
        const char name[] = {(char)('0' + c), '\0'};
        print_score_line(out, name, &scores->of[c]);
    }
    print_score_line(out, "macro", &scores->macro);
    print_score_line(out, "weighted", &scores->weighted);
}

static void set_score(json_t *to, const char *name, double score, const char *why_not) {
    char reason[32];
    snprintf(reason, sizeof reason, "%s_reason", name);
    json_put(to, name, json_number(score));
    if (!isfinite(score)) json_put(to, reason, json_string(why_not));
}

static json_t *score_json(const struct class_score *score) {
    json_t *to = json_object();
    set_score(to, "precision", score->precision, "no row was predicted as this digit");
    set_score(to, "recall", score->recall, "no row is this digit");
    set_score(to, "f1", score->f1, "no row is this digit or was predicted as it");
    json_put(to, "support", json_integer((json_int_t)score->support));
    return to;
}

void json_class_scores(json_t *to, const struct class_scores *scores) {
    json_t *confusion = json_array(), *each = json_array();
    for (unsigned c = 0; c < CLASSES; c++) {
        json_t *row = json_array(), *one = score_json(&scores->of[c]);
        for (unsigned k = 0; k < CLASSES; k++)
            json_add(row, json_integer((json_int_t)scores->confusion[c][k]));
        json_add(confusion, row);
        json_put(one, "digit", json_integer(c));
        json_add(each, one);
    }
    json_put(to, "confusion", confusion);
    json_put(to, "per_class", each);
    json_put(to, "macro", score_json(&scores->macro));
    json_put(to, "weighted", score_json(&scores->weighted));
    json_put(to, "accuracy", json_number(scores->accuracy));
}

/* ---- A fit. */

static void print_fit(FILE *out, unsigned digit, const struct class_fit *fit) {
    char intercept[REAL_TEXT];
    format_real(intercept, fit->intercept);
    fprintf(out, "digit %-6u intercept %s, %" PRIu64 " updates, %u epochs, fingerprint %016" PRIx64 "\n", digit,
            intercept, fit->updates, fit->epochs, fit->fingerprint);
}

static void print_accuracy(FILE *out, const char *name, double accuracy, const char *of_what) {
    char text[REAL_TEXT];
    format_real(text, accuracy);
    fprintf(out, "%-13s%s%s\n", name, text, of_what);
}

void print_classes(FILE *out, const struct classes_report *report) {
    fprintf(out, "engine       %s, backend %s\n", report->engine, report->backend);
    for (unsigned c = 0; c < CLASSES; c++)
        print_fit(out, c, &report->fit[c]);
    print_accuracy(out, "accuracy", report->scores->accuracy, " on the rows it was trained on");
    print_class_scores(out, report->scores);
    fprintf(out, "fingerprint  %016" PRIx64 " of all ten\n", report->fingerprint);
    fprintf(out, "fit          %.3f ms for all ten, %.1f ns/row visit (one run)\n", report->seconds * 1e3,
            report->fit_ns);
    fprintf(out, "predict      %.3f ms, %.1f ns/row\n", report->predict_seconds * 1e3, report->predict_ns);
}

static json_t *fit_json(unsigned digit, const struct class_fit *fit, uint32_t seed, json_t *updates) {
    return json_pack("{s:i, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "digit", (int)digit, "seed", (json_int_t)seed,
                     "updates", updates, "n_iter", (json_int_t)fit->epochs, "intercept", json_number(fit->intercept),
                     "fingerprint", json_hex(fit->fingerprint), "update_hash", json_hex(fit->update_hash),
                     "update_hash_by_epoch", json_hex(fit->update_hash_by_epoch), "seconds", json_number(fit->seconds));
}

/* What every result of ten digits begins with. */
static json_t *head_json(const struct dataset *ds, size_t n, const char *engine, const char *backend) {
    return json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:s}", "engine", engine, "isa", backend, "data",
                     json_escaped(ds->name), "synthetic", ds->synthetic, "n", (json_int_t)n, "d", (json_int_t)ds->d,
                     "digit", "all");
}

json_t *classes_json(const struct dataset *ds, size_t n, const struct classes_report *report) {
    json_t *to = head_json(ds, n, report->engine, report->backend), *fits = json_array();
    for (unsigned c = 0; c < CLASSES; c++) {
        json_t *updates = json_array();
        for (unsigned epoch = 0; epoch < report->fit[c].epochs; epoch++)
            json_add(updates, json_integer(report->updates[c][epoch]));
        json_add(fits, fit_json(c, &report->fit[c], report->seed[c], updates));
    }
    json_put(to, "fits", fits);
    json_put(to, "n_iter", json_integer(report->epochs));
    json_put(to, "fingerprint", json_hex(report->fingerprint));
    json_put(to, "seconds", json_number(report->seconds));
    json_put(to, "predict_seconds", json_number(report->predict_seconds));
    json_class_scores(to, report->scores);
    return to;
}

/* ---- A cross-validation. */

void print_classes_cv(FILE *out, const struct classes_cv_report *report) {
    const struct classes_cv *result = report->result;
    fprintf(out, "engine       %s, backend %s\naccuracy    ", report->engine, report->backend);
    for (unsigned f = 0; f < result->folds; f++) {
        char text[REAL_TEXT];
        format_real(text, result->fold[f].accuracy);
        fprintf(out, " %s", text);
    }
    fputc('\n', out);
    print_class_scores(out, &result->scores);
    for (unsigned f = 0; f < result->folds; f++)
        fprintf(out, "fold %-7u fingerprint %016" PRIx64 " of all ten\n", f + 1, result->fold[f].fingerprint);
    fprintf(out, "time         %.3f ms for all fits and predictions (one run)\n", result->seconds * 1e3);
    if (report->placed)
        fprintf(out, "workers      %zu on %s share the ten fits of a fold\n", report->workers, report->place);
    if (report->place_note[0]) fprintf(out, "refused      %s\n", report->place_note);
}

json_t *classes_cv_json(const struct dataset *ds, const struct classes_cv_report *report) {
    const struct classes_cv *result = report->result;
    json_t *to = head_json(ds, result->n, report->engine, report->backend), *accuracy = json_array(),
           *fingerprint = json_array(), *folds = json_array();
    for (unsigned f = 0; f < result->folds; f++) {
        const struct classes_fold *fold = &result->fold[f];
        json_t *fits = json_array();
        for (unsigned c = 0; c < CLASSES; c++)
            json_add(fits, fit_json(c, &fold->fit[c], result->seed[c], json_integer((json_int_t)fold->fit[c].updates)));
        json_add(folds, fits);
        json_add(accuracy, json_number(fold->accuracy));
        json_add(fingerprint, json_hex(fold->fingerprint));
    }
    json_put(to, "folds", json_integer(result->folds));
    json_put(to, "fold_accuracy", accuracy);
    json_put(to, "fold_fingerprint", fingerprint);
    json_put(to, "fold_fits", folds);
    if (report->warning) json_put(to, "folds_warning", json_string(report->warning));
    json_put(to, "seconds", json_number(result->seconds));
    json_put(to, "place", json_escaped(report->place));
    if (report->place_note[0]) json_put(to, "place_note", json_escaped(report->place_note));
    json_put(to, "workers", json_integer((json_int_t)report->workers));
    json_class_scores(to, &result->scores);
    return to;
}
