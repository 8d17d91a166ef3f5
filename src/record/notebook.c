/* SPDX-License-Identifier: MIT */
#include "record/notebook.h"

#include "base/json.h"
#include "record/shuffles_json.h"
#include "record/trade_off.h"

#include <stdlib.h>
#include <string.h>

static json_t *accuracies(const struct cv_result *cv) {
    json_t *list = json_array();
    for (unsigned f = 0; f < cv->folds; f++)
        json_add(list, json_number(cv->fold[f].accuracy));
    return list;
}

/* The row, its label, and the model's decision on it. */
static json_t *digit_json(const struct known_digit *digit) {
    return json_pack("{s:I, s:I, s:o, s:b}", "row", (json_int_t)digit->row, "label", (json_int_t)digit->label,
                     "decision", json_number(digit->decision), "positive", digit->decision > 0.0);
}

/* The bytes as hexadecimal digits. */
static json_t *hex_row(const uint8_t *pixels, size_t width) {
    static const char digits[] = "0123456789abcdef";
    char text[2 * MOST_PICTURE_SIDE];
    for (size_t x = 0; x < width; x++) {
        text[2 * x] = digits[pixels[x] / 16];
        text[2 * x + 1] = digits[pixels[x] % 16];
    }
    return json_stringn(text, 2 * width);
}

/* One text for each row of pixels. */
static json_t *picture_json(const struct dataset *ds, const struct known_digit *digit) {
    uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
    json_t *rows = json_array();
    dataset_row(ds, dataset_place(ds, digit->row), pixels);
    for (size_t y = 0; y < ds->image_height; y++)
        json_add(rows, hex_row(pixels + y * ds->image_width, ds->image_width));
    if (json_array_size(rows) == ds->image_height) return rows;
    json_decref(rows);
    return NULL;
}

/* The digit with its picture. */
static json_t *own_digit_json(const struct dataset *ds, const struct known_digit *digit) {
    const bool drawn =
        ds->image_height > 1 && ds->image_height <= MOST_PICTURE_SIDE && ds->image_width <= MOST_PICTURE_SIDE;
    json_t *to = digit_json(digit);
    int bad = json_put(to, "rank", json_integer((json_int_t)digit->rank)) |
              json_put(to, "picture", drawn ? picture_json(ds, digit) : json_null());
    if (!drawn)
        bad |= json_put(
            to, "picture_reason",
            json_string(ds->image_height > 1 ? "it is wider or higher than 100 pixels" : "the rows are no images"));
    if (!bad) return to;
    json_decref(to);
    return NULL;
}

/* Where the notebook's own results fall among many shuffles; null where none were tried. */
static json_t *places_json(const struct shuffles *shuffles) {
    struct shuffle_place place[SHUFFLE_METRICS];
    const struct confusion own = NOTEBOOK_CONFUSION;
    struct error err;
    if (shuffles->count == 0) return json_null();
    return shuffles_place(place, shuffles, &own, &err) == 0 ? shuffles_json(shuffles, place) : NULL;
}

/* Adds the notebook's own digit, the trade-off and the shuffles. Returns 0, or -1 when memory runs out. */
static int add_walk(json_t *to, const struct dataset *ds, const struct notebook *notebook,
                    const struct shuffles *shuffles) {
    int bad = json_put(to, "own_digit", own_digit_json(ds, &notebook->own_digit)) |
              json_put(to, "trade_off", trade_off_json(&notebook->trade_off)) |
              json_put(to, "shuffles", places_json(shuffles));
    if (shuffles->count == 0) bad |= json_put(to, "shuffles_reason", json_string("no other shuffles were tried"));
    return bad;
}

json_t *notebook_json(const struct job *job, const struct notebook *notebook, bool is_published,
                      const struct shuffles *shuffles) {
    const struct verified_job *verified = notebook->by;
    const struct confusion *c = &verified->cv.confusion;
    uint64_t positives = 0;
    for (size_t i = 0; i < job->view.n; i++)
        positives += job->at[i].positive;
    char by[JOB_NAME];
    verified_job_name(by, verified);
    json_t *to = json_pack(
        "{s:s, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:[[I, I], [I, I]], s:[[I, i], [i, I]], s:o, s:o, s:o}", "by", by,
        "synthetic", job->ds.synthetic, "published", is_published, "positives", (json_int_t)positives, "rows_read",
        (json_int_t)job->ds.n, "digit", digit_json(&notebook->digit), "fold_accuracy", accuracies(&verified->cv),
        "never_accuracy", accuracies(&notebook->never), "confusion", (json_int_t)c->tn, (json_int_t)c->fp,
        (json_int_t)c->fn, (json_int_t)c->tp, "perfect_confusion", (json_int_t)c->tn + (json_int_t)c->fp, 0, 0,
        (json_int_t)c->fn + (json_int_t)c->tp, "precision", json_number(precision_score(c)), "recall",
        json_number(recall_score(c)), "f1", json_number(f1_score(c)));
    if (add_walk(to, &job->ds, notebook, shuffles) == 0) return to;
    json_decref(to);
    return NULL;
}

/* Reads 2 * width hexadecimal digits. */
static bool read_hex_row(uint8_t *pixels, const char *text, size_t width) {
    for (size_t x = 0; x < width; x++) {
        const char pair[3] = {text[2 * x], text[2 * x + 1], 0};
        if (strspn(pair, "0123456789abcdef") != 2) return false;
        pixels[x] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

bool picture_of_digit(const json_t *digit, uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE], size_t *height,
                      size_t *width) {
    const json_t *rows = json_object_get(digit, "picture");
    *height = json_array_size(rows);
    *width = json_string_length(json_array_get(rows, 0)) / 2;
    if (*height == 0 || *height > MOST_PICTURE_SIDE || *width == 0 || *width > MOST_PICTURE_SIDE) return false;
    for (size_t y = 0; y < *height; y++) {
        const json_t *row = json_array_get(rows, y);
        if (json_string_length(row) != 2 * *width || !read_hex_row(pixels + y * *width, json_string_value(row), *width))
            return false;
    }
    return true;
}
