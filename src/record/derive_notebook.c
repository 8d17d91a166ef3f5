/* SPDX-License-Identifier: MIT */
/* Derives again what the section "notebook" says: from the receipt of its job, and from its own confusion matrices. */
#include "base/json.h"
#include "record/derive_private.h"
#include "record/load_private.h"
#include "record/notebook.h"
#include "record/shuffles_json.h"
#include "record/trade_off.h"

#include <stdio.h>
#include <stdlib.h>

static const char by_confusion[] = "its confusion matrix gives";
static const char here[] = "notebook.trade_off";

static json_t *scores_json(const struct confusion *c) {
    const uint64_t positives = c->fn + c->tp, negatives = c->tn + c->fp;
    return json_pack("{s:I, s:[[I, i], [i, I]], s:o, s:o, s:o}", "positives", (json_int_t)positives,
                     "perfect_confusion", (json_int_t)negatives, 0, 0, (json_int_t)positives, "precision",
                     json_number(precision_score(c)), "recall", json_number(recall_score(c)), "f1",
                     json_number(f1_score(c)));
}

static int check_scores(const struct reader *reader, const json_t *notebook, const struct confusion *c) {
    json_t *scores = scores_json(c);
    const char *key;
    json_t *value;
    int bad = scores ? 0 : no_memory(reader);
    json_object_foreach(scores, key, value) {
        if (!bad) bad = same_member(reader, "notebook", notebook, key, value, by_confusion);
    }
    json_decref(scores);
    return bad;
}

/* ---- Digits. */

static int check_sign(const struct reader *reader, const char *where, const json_t *digit) {
    const bool positive = json_number_value(json_object_get(digit, "decision")) > 0;
    return same_made(reader, where, digit, "positive", json_boolean(positive), "its decision gives");
}

static int check_own_digit(const struct reader *reader, const json_t *digit) {
    uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
    size_t height, width;
    if (!digit) return 0; /* a file of an earlier version */
    if (check_sign(reader, "notebook.own_digit", digit) != 0) return -1;
    if (json_is_null(json_object_get(digit, "picture")) || picture_of_digit(digit, pixels, &height, &width)) return 0;
    return fault(reader, "notebook.own_digit", "picture", "is no picture");
}

/* ---- The trade-off. */

/* Reads what a point was derived from. wanted: NULL for the threshold, which is what was asked for. */
static int read_point(struct scores_at *at, double *wanted, const json_t *trade_off, const char *name,
                      const struct reader *reader) {
    const json_t *point = json_object_get(trade_off, name), *threshold = json_object_get(point, "threshold");
    char where[64];
    snprintf(where, sizeof where, "%s.%s", here, name);
    if (wanted) *wanted = json_number_value(json_object_get(point, "wanted"));
    if (!json_is_number(threshold) && !(wanted && json_is_null(threshold)))
        return fault(reader, where, "threshold", "is not a number");
    at->reached = json_is_number(threshold);
    at->threshold = json_number_value(threshold);
    return at->reached ? read_confusion(&at->confusion, json_object_get(point, "confusion"), where, reader) : 0;
}

static int read_trade_off(struct trade_off *to, const json_t *from, const struct reader *reader) {
    const double average = json_number_at(from, "average_precision");
    const double area = json_number_at(from, "roc_auc");
    if (!(average > 0 && average <= 1 + 1e-9))
        return fault(reader, here, "average_precision", "is not a number from 0 to 1");
    if (!(area >= 0 && area <= 1)) return fault(reader, here, "roc_auc", "is not a number from 0 to 1");
    *to = (struct trade_off){.average_precision = average, .roc_auc = area};
    if (read_point(&to->at_threshold, NULL, from, "at_threshold", reader) != 0 ||
        read_point(&to->at_precision, &to->wanted.precision, from, "at_precision", reader) != 0 ||
        read_point(&to->at_recall, &to->wanted.recall, from, "at_recall", reader) != 0)
        return -1;
    to->wanted.threshold = to->at_threshold.threshold;
    return 0;
}

/* Of two thresholds the higher one predicts no more rows to be positive. */
static bool in_order(const struct scores_at *a, const struct scores_at *b) {
    const struct scores_at *low = a->threshold > b->threshold ? b : a, *high = low == a ? b : a;
    return low->confusion.tp >= high->confusion.tp && low->confusion.fp >= high->confusion.fp;
}

/* Do the points fit one another and the predictions, whose threshold is 0? */
static int check_points(const struct reader *reader, const struct trade_off *made, const struct confusion *predicted) {
    const struct scores_at whole = {true, 0.0, *predicted};
    const struct scores_at *points[] = {&whole, &made->at_threshold, &made->at_precision, &made->at_recall};
    for (size_t i = 0; i < COUNT(points); i++) {
        const struct confusion *c = &points[i]->confusion;
        if (!points[i]->reached) continue;
        if (c->tn + c->fp != predicted->tn + predicted->fp || c->fn + c->tp != predicted->fn + predicted->tp)
            return fault(reader, "notebook", "trade_off", "counts other rows than the confusion matrix");
        for (size_t j = 0; j < i; j++)
            if (points[j]->reached && !in_order(points[i], points[j]))
                return fault(reader, "notebook", "trade_off", "predicts more rows positive at a higher threshold");
    }
    if (made->at_precision.reached && precision_score(&made->at_precision.confusion) < made->wanted.precision)
        return fault(reader, here, "at_precision", "does not have the precision wanted");
    if (made->at_recall.reached && recall_score(&made->at_recall.confusion) < made->wanted.recall)
        return fault(reader, here, "at_recall", "does not have the recall wanted");
    return 0;
}

/* ---- The shuffles. */

static bool read_counts(uint64_t *to, const json_t *list, size_t n, uint64_t most) {
    if (json_array_size(list) != n) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *count = json_array_get(list, i);
        if (!json_is_integer(count) || json_integer_value(count) < 0 || (uint64_t)json_integer_value(count) > most)
            return false;
        to[i] = (uint64_t)json_integer_value(count);
    }
    return true;
}

static bool read_shuffles(struct shuffles *to, const json_t *from) {
    const json_t *rows = json_object_get(from, "rows");
    const json_int_t negatives = json_integer_value(json_array_get(rows, 0));
    const json_int_t positives = json_integer_value(json_array_get(rows, 1));
    to->negatives = negatives < 0 ? 0 : (uint64_t)negatives;
    to->positives = positives < 0 ? 0 : (uint64_t)positives;
    to->seconds = json_number_value(json_object_get(from, "seconds"));
    return read_counts(to->fp, json_object_get(from, "fp"), to->count, to->negatives) &&
           read_counts(to->fn, json_object_get(from, "fn"), to->count, to->positives);
}

static int check_places(const struct reader *reader, const json_t *recorded, const struct shuffles *shuffles) {
    struct shuffle_place place[SHUFFLE_METRICS];
    const struct confusion own = NOTEBOOK_CONFUSION;
    struct error err;
    if (shuffles_place(place, shuffles, &own, &err) != 0) return no_memory(reader);
    json_t *made = shuffles_json(shuffles, place);
    int bad = made ? same_made(reader, "notebook.shuffles", recorded, "places",
                               json_incref(json_object_get(made, "places")), "its counts give")
                   : no_memory(reader);
    json_decref(made);
    return bad;
}

static int check_shuffles(const struct reader *reader, const json_t *notebook) {
    const json_t *recorded = json_object_get(notebook, "shuffles");
    const json_int_t seeds = json_integer_value(json_object_get(recorded, "seeds"));
    if (!recorded || json_is_null(recorded)) return 0; /* none, or a file of an earlier version */
    if (seeds < 1 || seeds > MOST_SHUFFLES)
        return fault(reader, "notebook.shuffles", "seeds", "is no number of shuffles");
    struct shuffles shuffles = {.count = (size_t)seeds,
                                .fp = calloc((size_t)seeds, sizeof *shuffles.fp),
                                .fn = calloc((size_t)seeds, sizeof *shuffles.fn)};
    int bad = -1;
    if (!shuffles.fp || !shuffles.fn)
        no_memory(reader);
    else if (!read_shuffles(&shuffles, recorded))
        fault(reader, "notebook.shuffles", "fp", "and fn do not count its rows for each seed");
    else
        bad = check_places(reader, recorded, &shuffles);
    shuffles_free(&shuffles);
    return bad;
}

static int check_trade_off(const struct reader *reader, const json_t *notebook, const struct confusion *predicted) {
    const json_t *recorded = json_object_get(notebook, "trade_off");
    struct trade_off made = {.at_threshold.reached = false};
    if (!recorded) return 0; /* a file of an earlier version */
    if (read_trade_off(&made, recorded, reader) != 0) return -1;
    if (same_made(reader, "notebook", notebook, "trade_off", trade_off_json(&made), by_confusion) != 0) return -1;
    return check_points(reader, &made, predicted);
}

int check_notebook(const struct contents *contents) {
    const json_t *notebook = json_object_get(contents->file->facts, "notebook");
    const char *by = json_string_value(json_object_get(notebook, "by"));
    const json_t *receipt = by ? receipt_of(contents, by) : NULL;
    const json_t *job = json_object_get(contents->file->facts, "job");
    const struct reader *reader = contents->reader;
    static const char by_receipt[] = "the receipt of its job has", by_job[] = "the job says";
    struct confusion c = {0};
    if (!notebook) return 0;
    if (!receipt) return fault(reader, "notebook", "by", "names a job without a receipt");
    if (same_member(reader, "notebook", notebook, "confusion", json_object_get(receipt, "confusion"), by_receipt) !=
            0 ||
        same_member(reader, "notebook", notebook, "fold_accuracy", json_object_get(receipt, "fold_accuracy"),
                    by_receipt) != 0 ||
        same_member(reader, "notebook", notebook, "synthetic", json_object_get(job, "synthetic"), by_job) != 0 ||
        same_member(reader, "notebook", notebook, "published", json_object_get(job, "published"), by_job) != 0 ||
        read_confusion(&c, json_object_get(notebook, "confusion"), "notebook", reader) != 0 ||
        check_sign(reader, "notebook.digit", json_object_get(notebook, "digit")) != 0 ||
        check_own_digit(reader, json_object_get(notebook, "own_digit")) != 0 || check_scores(reader, notebook, &c) != 0)
        return -1;
    if (check_shuffles(reader, notebook) != 0) return -1;
    return check_trade_off(reader, notebook, &c);
}
