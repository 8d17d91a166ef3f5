/* SPDX-License-Identifier: MIT */
#include "verify/published.h"

#include "base/json.h"
#include "learn/hyper_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct published published = {
    .pixels_sha256 = "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    .labels_sha256 = "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    .permutation_hash = 0xbb9f3ec39feaebfd,
    .fold_accuracy = {0.9502, 0.96565, 0.96495},
    .never_accuracy = {0.909, 0.90715, 0.9128},
    .confusion = {.tn = 53272, .fp = 1307, .fn = 1077, .tp = 4344},
    .precision = 0.7687135020350381,
    .recall = 0.801328168234643,
    .f1 = 0.7846820809248555,
    .decision = "161855.74572176",
    .own_decision = "57246.29519203",
    .roc_auc = 0.9624496555967155,
    .precision_at_threshold = 0.8659205116491548,
    .recall_at_threshold = 0.6993174691016417,
    .fingerprint =
        {[ENGINE_F32] = 0x29533d195ca7d0a4, [ENGINE_F64] = 0x9ad50f98b22bc25c, [ENGINE_INT] = 0x9ad50f98b22bc25c},
    .update_hash = 0x14cd0deafca98f6e,
};

const struct printed printed = {
    .fold_accuracy = {0.9645, 0.9656, 0.94645},
    .never_accuracy = {0.9124, 0.9055, 0.91105},
    .confusion = {.tn = 53553, .fp = 1026, .fn = 1443, .tp = 3978},
    .precision = 0.79496402877697847,
    .recall = 0.73381294964028776,
    .f1 = 0.76316546762589932,
    .mistaken_for = "an 8 (decision 123205.30703063)",
};

bool is_published_job(const struct job *job, const struct job_spec *spec, unsigned folds) {
    const struct row_spec *rows = &spec->rows;
    bool same = strcmp(job->ds.pixels_sha256, published.pixels_sha256) == 0 &&
                strcmp(job->ds.labels_sha256, published.labels_sha256) == 0 && rows->order == ORDER_NOTEBOOK &&
                rows->order_seed == 42 && rows->limit == 0;
    for (size_t i = 0; i < hyper_count; i++)
        same = same && hyper_get(spec, folds, (enum hyper_id)i) == hyper_table[i].fallback;
    return same;
}

/* The checks under way. */
struct checking {
    struct check_list *checks;
    struct check_failure at; /* whose turn it is */
    int bad;                 /* memory ran out */
    struct error *err;
};

/* Counts a check; adds its failure where the two texts differ. */
static void check_text(struct checking *c, const char *name, const char *got, const char *want) {
    c->checks->made++;
    if (strcmp(got, want) == 0) return;
    snprintf(c->at.what, sizeof c->at.what, "%s: %s, published is %s", name, got, want);
    if (check_list_add(c->checks, &c->at, c->err) != 0) c->bad = -1;
}

static void check_hash(struct checking *c, const char *name, uint64_t got, uint64_t want) {
    char texts[2][HEX_TEXT];
    hex_text(texts[0], got);
    hex_text(texts[1], want);
    check_text(c, name, texts[0], texts[1]);
}

static void check_real(struct checking *c, const char *name, double got, double want) {
    char texts[2][REAL_TEXT];
    format_real(texts[0], got);
    format_real(texts[1], want);
    check_text(c, name, texts[0], texts[1]);
}

static void check_folds(struct checking *c, const char *name, const struct cv_result *cv,
                        const double want[PUBLISHED_FOLDS]) {
    for (unsigned f = 0; f < PUBLISHED_FOLDS; f++) {
        char of[64];
        snprintf(of, sizeof of, "%s of fold %u", name, f + 1);
        check_real(c, of, cv->fold[f].accuracy, want[f]);
    }
}

static void check_confusion(struct checking *c, const struct confusion *got) {
    const struct confusion *both[] = {got, &published.confusion};
    char texts[2][96];
    for (int i = 0; i < 2; i++)
        snprintf(texts[i], sizeof *texts, "%" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64, both[i]->tn, both[i]->fp,
                 both[i]->fn, both[i]->tp);
    check_text(c, "confusion matrix", texts[0], texts[1]);
}

static void check_job(struct checking *c, const struct verified_job *job) {
    const struct confusion *confusion = &job->cv.confusion;
    if (job->backend->parity == PARITY_BITS) {
        check_hash(c, "fingerprint", job->model.fingerprint, published.fingerprint[job->engine]);
        check_hash(c, "update hash", job->model.update_hash, published.update_hash);
    }
    check_folds(c, "accuracy", &job->cv, published.fold_accuracy);
    check_confusion(c, confusion);
    check_real(c, "precision", precision_score(confusion), published.precision);
    check_real(c, "recall", recall_score(confusion), published.recall);
    check_real(c, "f1", f1_score(confusion), published.f1);
}

static void check_decision(struct checking *c, const char *name, const struct known_digit *digit, const char *want) {
    char decision[32];
    snprintf(decision, sizeof decision, "%.8f", digit->decision);
    check_text(c, name, decision, want);
}

static void check_notebook(struct checking *c, const struct notebook *notebook) {
    const struct confusion *at_threshold = &notebook->trade_off.at_threshold.confusion;
    check_decision(c, "decision of the digit", &notebook->digit, published.decision);
    check_decision(c, "decision of the notebook's digit", &notebook->own_digit, published.own_decision);
    check_real(c, "ROC AUC", notebook->trade_off.roc_auc, published.roc_auc);
    check_real(c, "precision at the threshold", precision_score(at_threshold), published.precision_at_threshold);
    check_real(c, "recall at the threshold", recall_score(at_threshold), published.recall_at_threshold);
    check_folds(c, "accuracy of always saying no", &notebook->never, published.never_accuracy);
}

int published_check(struct check_list *checks, const struct job *job, const struct job_spec *spec,
                    const struct verified_jobs *jobs, const struct notebook *notebook, struct error *err) {
    struct checking c = {.checks = checks, .at = {.process = -1, .round = -1}, .err = err};
    const unsigned folds = notebook->by->cv.folds;
    verified_job_name(c.at.case_name, notebook->by);
    check_command(c.at.command, spec, folds, notebook->by->engine, notebook->by->backend);
    check_hash(&c, "order of the rows", view_hash(&job->view), published.permutation_hash);
    check_notebook(&c, notebook);
    for (size_t i = 0; i < jobs->count; i++) {
        const struct verified_job *one = &jobs->list[i];
        verified_job_name(c.at.case_name, one);
        check_command(c.at.command, spec, folds, one->engine, one->backend);
        check_job(&c, one);
    }
    return c.bad;
}
