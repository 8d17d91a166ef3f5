/* SPDX-License-Identifier: MIT */
#include "report/predict_report.h"
#include "base/json.h"

#include "report/classes_report.h"
#include "report/facts.h"
#include "report/job_report.h"

#include <inttypes.h>
#include <math.h>

static void print_images(FILE *out, const struct job *job) {
    fputs("data         ", out);
    print_plain(out, job->ds.name);
    fprintf(out, ": %zu rows of %zu pixels, file order, labels unknown\n", job->view.n, job->ds.d);
}

static void print_data(FILE *out, const struct predict_subject *subject) {
    const struct job *job = subject->job;
    const struct row_spec *spec = subject->rows;
    if (!spec) {
        print_images(out, job);
        return;
    }
    const struct rows_text rows = {.data = job->ds.name,
                                   .synthetic = job->ds.synthetic,
                                   .n = (double)job->view.n,
                                   .d = (double)job->ds.d,
                                   .split = split_names[spec->split],
                                   .order = order_names[spec->order],
                                   .order_seed = spec->order_seed};
    print_rows(out, &rows);
}

void print_predict_subject(FILE *out, const struct predict_subject *subject) {
    const struct saved_model *saved = subject->saved;
    fputs("model        ", out);
    print_plain(out, subject->path);
    if (saved->count == 1)
        fprintf(out, ": %u or not %u, loss %s, fingerprint %016" PRIx64 "\n", saved->digit, saved->digit,
                loss_names[saved->hyper.loss], saved->models[0].fingerprint);
    else
        fprintf(out, ": one of %zu digits, loss %s\n", saved->count, loss_names[saved->hyper.loss]);
    print_data(out, subject);
}

static void print_score(FILE *out, const char *name, double score, const char *why_not) {
    char text[REAL_TEXT];
    format_real(text, score);
    fprintf(out, "%-13s%s%s\n", name, isfinite(score) ? text : "undefined: ", isfinite(score) ? "" : why_not);
}

static const char no_positive_predicted[] = "no row was predicted positive";
static const char no_positive[] = "no row is positive";

static void print_scores(FILE *out, const struct predict_report *report) {
    const struct confusion *c = &report->confusion;
    fprintf(out, "confusion    %" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64 "  (tn fp / fn tp)\n", c->tn, c->fp,
            c->fn, c->tp);
    print_score(out, "precision", report->precision, no_positive_predicted);
    print_score(out, "recall", report->recall, no_positive);
    print_score(out, "f1", report->f1, no_positive);
}

void print_predict(FILE *out, const struct predict_subject *subject, const struct predict_report *report) {
    const bool single = subject->saved->count == 1;
    fprintf(out, "engine       %s, backend %s\n", report->engine, report->backend);
    if (single)
        fprintf(out, "predicted    %zu of %zu rows as a %u\n", report->positives, subject->job->view.n,
                subject->saved->digit);
    if (subject->labelled) print_score(out, "accuracy", report->accuracy, "there is no row");
    if (subject->labelled && single) print_scores(out, report);
    if (subject->labelled && !single) print_class_scores(out, &report->classes);
    fprintf(out, "predict      %.3f ms, %.1f ns/row\n", report->seconds * 1e3, report->ns);
}

static void set_score(json_t *to, const char *name, double score, const char *why_not) {
    char reason[64];
    snprintf(reason, sizeof reason, "%s_reason", name);
    json_put(to, name, json_number(score));
    if (!isfinite(score)) json_put(to, reason, json_string(why_not));
}

static void set_scores(json_t *to, const struct predict_report *report) {
    const struct confusion *c = &report->confusion;
    json_put(to, "confusion",
             json_pack("[[I, I], [I, I]]", (json_int_t)c->tn, (json_int_t)c->fp, (json_int_t)c->fn, (json_int_t)c->tp));
    set_score(to, "precision", report->precision, no_positive_predicted);
    set_score(to, "recall", report->recall, no_positive);
    set_score(to, "f1", report->f1, no_positive);
}

json_t *predict_json(const struct predict_subject *subject, const struct predict_report *report) {
    const struct saved_model *saved = subject->saved;
    const struct job *job = subject->job;
    json_t *fingerprints = json_array();
    for (size_t m = 0; m < saved->count; m++)
        json_add(fingerprints, json_hex(saved->models[m].fingerprint));
    json_t *to = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s, s:I, s:o}", "engine", report->engine, "isa",
                           report->backend, "data", job->ds.name, "synthetic", job->ds.synthetic, "n",
                           (json_int_t)job->view.n, "d", (json_int_t)job->ds.d, "loss", loss_names[saved->hyper.loss],
                           "models", (json_int_t)saved->count, "fingerprints", fingerprints);
    if (saved->count == 1) json_put(to, "positives", json_integer((json_int_t)report->positives));
    if (subject->labelled && saved->count > 1) json_class_scores(to, &report->classes);
    set_score(to, "accuracy", report->accuracy, "the labels of an IDX file of images are not known");
    if (subject->labelled && saved->count == 1) set_scores(to, report);
    json_put(to, "predict_seconds", json_number(report->seconds));
    return to;
}
