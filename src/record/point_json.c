/* SPDX-License-Identifier: MIT */
#include "record/point_json.h"

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Writing */

static int put_params(FILE *to, const struct grid *grid, size_t point) {
    char value[VALUE_TEXT];
    fprintf(to, "{\"point\":%zu,\"params\":{", point);
    for (size_t a = 0; a < grid->axes; a++) {
        const unsigned parameter = grid->axis[a].parameter;
        if (parameter_json_text(value, parameter, grid_value(grid, point, a)) != 0) return -1;
        fprintf(to, "%s\"%s\":%s", a ? "," : "", parameter_name(parameter), value);
    }
    fputc('}', to);
    return 0;
}

/* ,"key":[one for each fold] */
enum fold_part { FOLD_ACCURACY, FOLD_UPDATES, FOLD_FINGERPRINT, FOLD_UPDATE_HASH };
static const char *const fold_keys[] = {"fold_accuracy", "fold_updates", "fold_fingerprint", "fold_update_hash"};

static void put_folds(FILE *to, const struct point_result *result, enum fold_part part) {
    fprintf(to, ",\"%s\":[", fold_keys[part]);
    for (unsigned f = 0; f < result->folds; f++) {
        const struct fold_result *fold = &result->fold[f];
        char real[REAL_TEXT];
        if (f > 0) fputc(',', to);
        format_real(real, fold->accuracy);
        if (part == FOLD_ACCURACY) fputs(real, to);
        if (part == FOLD_UPDATES) fprintf(to, "%" PRIu64, fold->updates);
        if (part == FOLD_FINGERPRINT) fprintf(to, "\"%016" PRIx64 "\"", fold->fingerprint);
        if (part == FOLD_UPDATE_HASH) fprintf(to, "\"%016" PRIx64 "\"", fold->update_hash);
    }
    fputc(']', to);
}

/* ,"name":value; a score whose denominator is 0 is null, with its reason. */
static void put_metric(FILE *to, const struct point_result *result, enum sweep_metric metric) {
    static const char *const why_not[] = {"", "no row was predicted positive", "no row is positive",
                                          "no row is positive", "one class only"};
    const char *name = sweep_metric_names[metric];
    const double value = point_metric(result, metric);
    char real[REAL_TEXT];
    format_real(real, value);
    if (isfinite(value))
        fprintf(to, ",\"%s\":%s", name, real);
    else
        fprintf(to, ",\"%s\":null,\"%s_reason\":\"%s\"", name, name, why_not[metric]);
}

static void put_outcome(FILE *to, const struct point_result *result) {
    const struct confusion *c = &result->confusion;
    put_folds(to, result, FOLD_ACCURACY);
    put_metric(to, result, METRIC_ACCURACY);
    fprintf(to, ",\"confusion\":[[%" PRIu64 ",%" PRIu64 "],[%" PRIu64 ",%" PRIu64 "]]", c->tn, c->fp, c->fn, c->tp);
    for (enum sweep_metric metric = METRIC_PRECISION; metric < SWEEP_METRICS; metric++)
        put_metric(to, result, metric);
    put_folds(to, result, FOLD_UPDATES);
    put_folds(to, result, FOLD_FINGERPRINT);
    put_folds(to, result, FOLD_UPDATE_HASH);
    fprintf(to, ",\"fingerprint\":\"%016" PRIx64 "\"}\n", point_fingerprint(result));
}

static int put_reason(FILE *to, const char *reason) {
    json_t *text = json_string(reason);
    char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    fprintf(to,
            ",\"fold_accuracy\":null,\"mean_accuracy\":null,\"confusion\":null,\"precision\":null,\"recall\":null,"
            "\"f1\":null,\"roc_auc\":null,\"fold_updates\":null,\"fold_fingerprint\":null,\"fold_update_hash\":null,"
            "\"fingerprint\":null,\"reason\":%s}\n",
            quoted ? quoted : "null");
    const bool lost = !quoted;
    free(quoted);
    json_decref(text);
    return lost ? -1 : 0;
}

size_t point_line(char **text, const struct grid *grid, const struct point_result *result) {
    size_t length = 0;
    *text = NULL;
    FILE *to = open_memstream(text, &length);
    if (!to) return 0;
    int bad = put_params(to, grid, result->point);
    if (!bad && result->reason[0]) bad = put_reason(to, result->reason);
    if (!bad && !result->reason[0]) put_outcome(to, result);
    if (ferror(to)) bad = -1;
    if (fclose(to) == 0 && !bad) return length;
    free(*text);
    *text = NULL;
    return 0;
}

/* ---- Reading. Whatever is not as point_line writes it shows when the line is made again. */

static uint64_t read_hex(const json_t *value) {
    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 16) : 0;
}

/* A list of the line, if it has one item for each fold. */
static const json_t *fold_list(const json_t *object, unsigned folds, enum fold_part part) {
    const json_t *list = json_object_get(object, fold_keys[part]);
    return json_array_size(list) == folds ? list : NULL;
}

static int read_folds(struct point_result *result, const json_t *object, struct error *err) {
    const json_t *list[FOLD_UPDATE_HASH + 1];
    for (enum fold_part part = FOLD_ACCURACY; part <= FOLD_UPDATE_HASH; part++) {
        list[part] = fold_list(object, result->folds, part);
        if (!list[part]) return fail(err, "%s is not a list of %u", fold_keys[part], result->folds);
    }
    result->fold = calloc(result->folds, sizeof *result->fold);
    if (!result->fold) return fail_program(err, "out of memory for %u folds", result->folds);
    for (unsigned f = 0; f < result->folds; f++)
        result->fold[f] =
            (struct fold_result){.accuracy = json_number_value(json_array_get(list[FOLD_ACCURACY], f)),
                                 .updates = (uint64_t)json_integer_value(json_array_get(list[FOLD_UPDATES], f)),
                                 .fingerprint = read_hex(json_array_get(list[FOLD_FINGERPRINT], f)),
                                 .update_hash = read_hex(json_array_get(list[FOLD_UPDATE_HASH], f))};
    return 0;
}

static int read_confusion(struct confusion *c, const json_t *object, size_t n, struct error *err) {
    const json_t *rows = json_object_get(object, "confusion");
    json_int_t count[2][2] = {{0}};
    for (size_t i = 0; i < 4; i++) {
        count[i / 2][i % 2] = json_integer_value(json_array_get(json_array_get(rows, i / 2), i % 2));
        if (count[i / 2][i % 2] < 0 || (uint64_t)count[i / 2][i % 2] > n)
            return fail(err, "confusion does not count %zu rows", n);
    }
    *c = (struct confusion){(uint64_t)count[0][0], (uint64_t)count[0][1], (uint64_t)count[1][0], (uint64_t)count[1][1]};
    return c->tn + c->fp + c->fn + c->tp == n ? 0 : fail(err, "confusion does not count %zu rows", n);
}

static unsigned folds_of(const struct point_rules *rules, size_t point) {
    struct job_spec ignored = {0};
    unsigned folds = rules->folds;
    grid_apply(rules->grid, point, &ignored, &folds);
    return folds;
}

static int read_outcome(struct point_result *result, const struct point_rules *rules, const json_t *object,
                        struct error *err) {
    const json_t *reason = json_object_get(object, "reason");
    const json_int_t point = json_integer_value(json_object_get(object, "point"));
    *result = (struct point_result){0};
    if (point < 0 || (uint64_t)point >= rules->grid->points)
        return fail(err, "the sweep has no point %lld", (long long)point);
    result->point = (size_t)point;
    result->folds = folds_of(rules, result->point);
    if (json_is_string(reason)) {
        snprintf(result->reason, sizeof result->reason, "%s", json_string_value(reason));
        return result->reason[0] ? 0 : fail(err, "the reason is empty");
    }
    result->roc_auc = json_is_null(json_object_get(object, "roc_auc"))
                          ? (double)NAN
                          : json_number_value(json_object_get(object, "roc_auc"));
    if (read_confusion(&result->confusion, object, rules->n, err) != 0) return -1;
    return read_folds(result, object, err);
}

/* Is the line what point_line makes of the outcome? */
static int compare_line(const struct point_result *result, const struct grid *grid, struct span line,
                        struct error *err) {
    char *again;
    const size_t length = point_line(&again, grid, result);
    if (length == 0) return fail_program(err, "out of memory for a line");
    const bool same = length == line.length + 1 && memcmp(again, line.bytes, line.length) == 0;
    free(again);
    return same ? 0 : fail(err, "the numbers of point %zu contradict each other or the grid", result->point);
}

int point_read(struct point_result *result, const struct point_rules *rules, struct span line, struct error *err) {
    json_error_t why;
    json_t *object = json_loadb(line.bytes, line.length, JSON_REJECT_DUPLICATES, &why);
    *result = (struct point_result){0};
    if (!json_is_object(object)) {
        json_decref(object);
        return fail(err, "it is not an object of JSON%s%s", object ? "" : ": ", object ? "" : why.text);
    }
    int bad = read_outcome(result, rules, object, err);
    json_decref(object);
    if (!bad) bad = compare_line(result, rules->grid, line, err);
    if (!bad) return 0;
    free(result->fold);
    result->fold = NULL;
    return -1;
}
