/* SPDX-License-Identifier: MIT */
#include "report/cv_report.h"

#include "base/json.h"
#include "report/curve_report.h"
#include "report/facts.h"

#include <inttypes.h>
#include <math.h>

void print_accuracies(FILE *out, const struct cv_result *result) {
    for (unsigned f = 0; f < result->folds; f++) {
        char text[REAL_TEXT] = "none";
        if (isfinite(result->fold[f].accuracy)) format_real(text, result->fold[f].accuracy);
        fprintf(out, "%s%s", f ? " " : "", text);
    }
}

static void print_score(FILE *out, const char *name, double score, const char *missing) {
    char text[REAL_TEXT];
    format_real(text, score);
    fprintf(out, "%-13s%s%s\n", name, isfinite(score) ? text : "undefined: ", isfinite(score) ? "" : missing);
}

static void print_average_precision(FILE *out, const json_t *trade_off) {
    char text[REAL_TEXT];
    format_real(text, fact_number(trade_off, "average_precision"));
    fprintf(out, "pr area      %s (average precision)\n", text);
}

static const char no_positive_predicted[] = "no row was predicted positive";
static const char no_positive[] = "no row is positive";
static const char no_decision[] = "the never estimator has no decision values";

static const char untrained[] = "the fold was trained on one class alone";
static const char no_prediction[] = "one fold was trained on one class alone, so its rows have no predictions";

static void print_fold(FILE *out, unsigned number, const struct fold_result *fold, bool stopped) {
    char intercept[REAL_TEXT];
    if (isnan(fold->accuracy)) {
        fprintf(out, "fold %-7u no score: %s\n", number, untrained);
        return;
    }
    format_real(intercept, fold->intercept);
    fprintf(out,
            "fold %-7u intercept %s, %" PRIu64 " updates, fingerprint %016" PRIx64 ", update hash %016" PRIx64 "\n",
            number, intercept, fold->updates, fold->fingerprint, fold->update_hash);
    if (stopped) fprintf(out, "             stopped after %u epochs\n", fold->epochs);
}

/* Why a pooled score is undefined: `otherwise`, unless a fold has no predictions. */
static const char *why_not(const struct cv_result *result, const char *otherwise) {
    return result->untrained ? no_prediction : otherwise;
}

void print_cv(FILE *out, const struct cv_report *report) {
    const struct cv_result *result = report->result;
    const struct confusion *c = &result->confusion;
    fprintf(out, "engine       %s, backend %s\n", report->engine, report->backend);
    fprintf(out, "accuracy     ");
    print_accuracies(out, result);
    if (result->untrained)
        fprintf(out, "\nconfusion    undefined: %s\n", no_prediction);
    else
        fprintf(out, "\nconfusion    %" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64 "  (tn fp / fn tp)\n", c->tn,
                c->fp, c->fn, c->tp);
    print_score(out, "precision", report->precision, why_not(result, no_positive_predicted));
    print_score(out, "recall", report->recall, why_not(result, no_positive));
    print_score(out, "f1", report->f1, why_not(result, no_positive));
    if (!report->fitted) return;
    print_score(out, "roc auc", report->roc_auc, why_not(result, "one class only"));
    if (report->trade_off) print_average_precision(out, report->trade_off);
    if (report->trade_off) print_thresholds(out, report->trade_off, 0, true);
    for (unsigned f = 0; f < result->folds; f++)
        print_fold(out, f + 1, &result->fold[f], result->fold[f].epochs < report->epochs);
    fprintf(out, "time         %.3f ms for all fits and predictions (one run; `sgdmark run` compares)\n",
            result->seconds * 1e3);
    if (report->placed)
        fprintf(out, "workers      %zu on %s, %u x the folds, all with these models\n", report->workers, report->place,
                report->repeats);
    if (report->place_note[0]) fprintf(out, "refused      %s\n", report->place_note);
}

static void set_score(json_t *to, const char *name, double score, const char *missing) {
    char reason[64];
    snprintf(reason, sizeof reason, "%s_reason", name);
    json_put(to, name, json_number(score));
    if (!isfinite(score)) json_put(to, reason, json_string(missing));
}

/* One list for each property of the folds; null where a fold was not trained. */
static void set_folds(json_t *to, const struct cv_result *result, bool fitted) {
    json_t *accuracy = json_array(), *intercept = json_array(), *updates = json_array(), *fingerprint = json_array(),
           *hash = json_array(), *by_epoch = json_array(), *epochs = json_array();
    for (unsigned f = 0; f < result->folds; f++) {
        const struct fold_result *fold = &result->fold[f];
        const bool trained = !isnan(fold->accuracy);
        json_add(accuracy, json_number(fold->accuracy));
        json_add(intercept, json_number(fold->intercept));
        json_add(updates, trained ? json_integer((json_int_t)fold->updates) : json_null());
        json_add(fingerprint, trained ? json_hex(fold->fingerprint) : json_null());
        json_add(hash, trained ? json_hex(fold->update_hash) : json_null());
        json_add(by_epoch, trained ? json_hex(fold->update_hash_by_epoch) : json_null());
        json_add(epochs, trained ? json_integer((json_int_t)fold->epochs) : json_null());
    }
    json_put(to, "fold_accuracy", accuracy);
    json_put(to, "fold_intercept", fitted ? json_incref(intercept) : json_null());
    json_put(to, "fold_updates", fitted ? json_incref(updates) : json_null());
    json_put(to, "fold_fingerprint", fitted ? json_incref(fingerprint) : json_null());
    json_put(to, "fold_update_hash", fitted ? json_incref(hash) : json_null());
    json_put(to, "fold_update_hash_by_epoch", fitted ? json_incref(by_epoch) : json_null());
    json_put(to, "fold_n_iter", fitted ? json_incref(epochs) : json_null());
    if (!fitted) json_put(to, "fold_reason", json_string("the never estimator has no model"));
    if (result->untrained) json_put(to, "fold_reason", json_string(untrained));
    json_decref(intercept);
    json_decref(updates);
    json_decref(fingerprint);
    json_decref(hash);
    json_decref(by_epoch);
    json_decref(epochs);
}

static void set_confusion(json_t *to, const struct cv_result *result) {
    const struct confusion *c = &result->confusion;
    json_t *cells = result->untrained ? json_null()
                                      : json_pack("[[I, I], [I, I]]", (json_int_t)c->tn, (json_int_t)c->fp,
                                                  (json_int_t)c->fn, (json_int_t)c->tp);
    json_put(to, "confusion", cells);
    if (result->untrained) json_put(to, "confusion_reason", json_string(no_prediction));
}

json_t *cv_json(const struct dataset *ds, const struct cv_report *report) {
    const struct cv_result *result = report->result;
    json_t *to = json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:i}", "engine", report->engine, "isa", report->backend,
                           "data", json_escaped(ds->name), "synthetic", ds->synthetic, "n", (json_int_t)result->n, "d",
                           (json_int_t)ds->d, "folds", (int)result->folds);
    set_folds(to, result, report->fitted);
    set_confusion(to, result);
    set_score(to, "precision", report->precision, why_not(result, no_positive_predicted));
    set_score(to, "recall", report->recall, why_not(result, no_positive));
    set_score(to, "f1", report->f1, why_not(result, no_positive));
    set_score(to, "roc_auc", report->roc_auc, why_not(result, no_decision));
    if (!report->trade_off) set_score(to, "average_precision", (double)NAN, why_not(result, no_decision));
    if (report->trade_off && json_object_update_missing(to, (json_t *)report->trade_off) != 0) {
        json_decref(to);
        return NULL;
    }
    if (report->warning) json_put(to, "folds_warning", json_string(report->warning));
    json_put(to, "seconds", json_number(result->seconds));
    json_put(to, "place", json_escaped(report->place));
    if (report->place_note[0]) json_put(to, "place_note", json_escaped(report->place_note));
    json_put(to, "workers", json_integer((json_int_t)report->workers));
    json_put(to, "repeats", json_integer((json_int_t)report->repeats));
    return to;
}
