/* SPDX-License-Identifier: MIT */
/* Reading models: every array of the file is untrusted. */
#include "learn/model_file.h"

#include "base/hash.h"
#include "base/json.h"
#include "data/npz.h"
#include "learn/hyper_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file being read. */
struct reading {
    const struct npz *npz;
    struct saved_model *saved;
    struct error *err;
};

/* The arrays that a file can have. Dimensions of shape (K, d), (K,) or (); classes_ is looked at apart. */
static const struct {
    const char *name;
    enum array_type type;
    unsigned dimensions;
} known[] = {
    {"sgdmark_model", ARRAY_INT64, 0},
    {"params", ARRAY_TEXT, 0},
    {"engine", ARRAY_TEXT, 0},
    {"dtype", ARRAY_TEXT, 0},
    {"coef_", ARRAY_FLOAT64, 2},
    {"intercept_", ARRAY_FLOAT64, 1},
    {"n_iter_", ARRAY_INT64, 0},
    {"t_", ARRAY_FLOAT64, 0},
    {"fingerprint", ARRAY_UINT64, 1},
    {"update_hash", ARRAY_UINT64, 1},
    {"w", ARRAY_FLOAT32, 2},
    {"wscale", ARRAY_FLOAT64, 1},
    {"integer", ARRAY_INT64, 2},
    {"unit", ARRAY_FLOAT64, 1},
    {"slack", ARRAY_FLOAT64, 1},
    {"width", ARRAY_INT64, 0},
    {"average_coef_", ARRAY_FLOAT64, 2},
    {"standard_coef_", ARRAY_FLOAT64, 2},
    {"average_intercept_", ARRAY_FLOAT64, 1},
    {"standard_intercept_", ARRAY_FLOAT64, 1},
};
enum { KNOWN = sizeof known / sizeof *known };

static const char *const type_words[] = {
    [ARRAY_BOOL] = "bool",       [ARRAY_INT64] = "int64",     [ARRAY_UINT64] = "uint64",
    [ARRAY_FLOAT32] = "float32", [ARRAY_FLOAT64] = "float64", [ARRAY_TEXT] = "a text"};

static int contradiction(const struct reading *r, const char *what) {
    return fail(r->err, "%s: %s", r->npz->path, what);
}

/* A text of the file for a message of one line. */
enum { PLAIN = 41 };
static const char *plain(char to[PLAIN], const char *text) {
    snprintf(to, PLAIN, "%s", text);
    for (char *at = to; *at; at++)
        if (*at < ' ' || *at > '~') *at = '?';
    return to;
}

static bool is_finite(const struct array *array) {
    const float *f32 = array->values;
    const double *f64 = array->values;
    for (size_t k = 0; k < array_count(array); k++) {
        if (array->type == ARRAY_FLOAT32 && !isfinite(f32[k])) return false;
        if (array->type == ARRAY_FLOAT64 && !isfinite(f64[k])) return false;
    }
    return true;
}

/* Type, shape and values of an array, for K models of d features. */
static int check_array(const struct reading *r, const struct named_array *member, size_t which) {
    const struct array *array = &member->array;
    const char *path = r->npz->path;
    const size_t shape[] = {r->saved->count, r->saved->d};
    if (array->type != known[which].type)
        return fail(r->err, "%s: '%s' is %s, not %s", path, member->name, type_words[array->type],
                    type_words[known[which].type]);
    const unsigned dimensions = array->dimensions;
    const bool fits = dimensions == known[which].dimensions && (dimensions < 1 || array->shape[0] == shape[0]) &&
                      (dimensions < 2 || array->shape[1] == shape[1]);
    if (!fits)
        return fail(r->err, "%s: the shape of '%s' does not fit %zu x %zu weights", path, member->name, shape[0],
                    shape[1]);
    if (is_finite(array)) return 0;
    return fail(r->err, "%s: '%s' is not finite", path, member->name);
}

static int check_classes(const struct reading *r) {
    const struct array *classes = npz_find(r->npz, "classes_");
    const size_t count = r->saved->count == 1 ? 2 : MODEL_CLASSES;
    const enum array_type type = r->saved->count == 1 ? ARRAY_BOOL : ARRAY_INT64;
    if (!classes) return contradiction(r, "has no array 'classes_'");
    bool right = classes->type == type && classes->dimensions == 1 && classes->shape[0] == count;
    for (size_t k = 0; right && k < count; k++)
        right = type == ARRAY_BOOL ? ((const uint8_t *)classes->values)[k] == k
                                   : ((const int64_t *)classes->values)[k] == (int64_t)k;
    return right ? 0 : contradiction(r, "'classes_' is neither False, True of one model nor 0 to 9 of ten");
}

/* All arrays are known and fit together. */
static int check_arrays(const struct reading *r) {
    for (size_t i = 0; i < r->npz->count; i++) {
        const struct named_array *member = &r->npz->member[i];
        size_t which = 0;
        while (which < KNOWN && strcmp(known[which].name, member->name) != 0)
            which++;
        if (which == KNOWN && strcmp(member->name, "classes_") == 0) continue;
        if (which == KNOWN)
            return fail(r->err, "%s: has an array '%s', which this version does not know", r->npz->path, member->name);
        if (check_array(r, member, which) != 0) return -1;
    }
    return check_classes(r);
}

static const void *values_of(const struct reading *r, const char *name) {
    const struct array *array = npz_find(r->npz, name);
    if (array) return array->values;
    fail(r->err, "%s: has no array '%s'", r->npz->path, name);
    return NULL;
}

/* The format, and K and d. */
static int take_shape(const struct reading *r) {
    const struct array *format = npz_find(r->npz, "sgdmark_model"), *coef = npz_find(r->npz, "coef_");
    if (!format || format->type != ARRAY_INT64 || format->dimensions != 0)
        return contradiction(r, "is no model: it lacks 'sgdmark_model' (sgdmark train --save writes one)");
    const int64_t version = *(const int64_t *)format->values;
    if (version != MODEL_FORMAT)
        return fail(r->err, "%s: is a model of format %" PRId64 "; this version reads format %d", r->npz->path, version,
                    MODEL_FORMAT);
    if (!coef || coef->type != ARRAY_FLOAT64 || coef->dimensions != 2)
        return contradiction(r, "'coef_' is not float64 of shape (K, d)");
    r->saved->count = coef->shape[0];
    r->saved->d = coef->shape[1];
    if (r->saved->count != 1 && r->saved->count != MODEL_CLASSES)
        return fail(r->err, "%s: 'coef_' has %zu rows, neither 1 nor %d", r->npz->path, coef->shape[0], MODEL_CLASSES);
    if (r->saved->d >= 1 && r->saved->d <= UINT16_MAX) return 0;
    return fail(r->err, "%s: 'coef_' has %zu columns; 1 to %u features can be used", r->npz->path, coef->shape[1],
                UINT16_MAX);
}

/* ---- Engine and hyper-parameters ---- */

static int take_engine(const struct reading *r) {
    char shown[PLAIN];
    const char *engine = values_of(r, "engine"), *dtype = engine ? values_of(r, "dtype") : NULL;
    if (!dtype) return -1;
    if (strcmp(dtype, "uint8") != 0)
        return fail(r->err, "%s: is for features of type '%s'; rows have uint8", r->npz->path, plain(shown, dtype));
    for (size_t i = 0; engine_names[i]; i++) {
        if (strcmp(engine_names[i], engine) != 0) continue;
        r->saved->hyper.engine = (enum engine)i;
        return 0;
    }
    return fail(r->err, "%s: there is no engine '%s'", r->npz->path, plain(shown, engine));
}

/* A value of the JSON as it stands on the command line. */
static bool value_text(char text[PLAIN], const json_t *value) {
    if (json_is_integer(value))
        snprintf(text, PLAIN, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        format_real(text, json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(text, PLAIN, "%s", json_is_true(value) ? "true" : "false");
    else if (json_is_string(value))
        plain(text, json_string_value(value));
    else
        return false;
    return true;
}

static int take_param(const struct reading *r, struct job_spec *spec, const char *key, const json_t *value) {
    char text[PLAIN];
    double number = 0.0;
    struct error why;
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++) {
        if (strcmp(hyper_table[id].name, key) != 0) continue;
        if (!value_text(text, value)) return fail(r->err, "%s: 'params' has no value of '%s'", r->npz->path, key);
        if (id == HYPER_DIGIT && strcmp(text, "all") == 0 && r->saved->count == CLASSES) {
            spec->digit = DIGIT_ALL;
            return 0;
        }
        if (hyper_read(&number, id, text, &why) != 0)
            return fail(r->err, "%s: 'params': %s: %.800s", r->npz->path, key, why.text);
        hyper_set(spec, id, number);
        return 0;
    }
    return fail(r->err, "%s: 'params' has '%s', which this version does not know", r->npz->path, plain(text, key));
}

/* What the file lacks has its default. */
static int take_params(const struct reading *r) {
    const char *text = values_of(r, "params"), *key;
    json_error_t why;
    json_t *value;
    struct job_spec spec;
    if (!text) return -1;
    json_t *params = json_loads(text, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(params)) {
        json_decref(params);
        return contradiction(r, "'params' is no JSON object");
    }
    job_spec_defaults(&spec);
    spec.hyper.engine = r->saved->hyper.engine;
    int bad = 0;
    json_object_foreach(params, key, value) {
        bad = take_param(r, &spec, key, value);
        if (bad) break;
    }
    json_decref(params);
    r->saved->digit = spec.digit;
    r->saved->hyper = spec.hyper;
    return bad;
}

static int take_counts(const struct reading *r) {
    const int64_t *n_iter = values_of(r, "n_iter_");
    const double *t = n_iter ? values_of(r, "t_") : NULL;
    if (!t) return -1;
    if (*n_iter < 1 || *t < 1.0) return contradiction(r, "'n_iter_' or 't_' is below 1");
    r->saved->n_iter = (uint64_t)*n_iter;
    r->saved->t = *t;
    return 0;
}

/* ---- The models ---- */

/* The weights that the engine predicts with. */
struct engine_weights {
    const float *w;
    const double *wscale;
    const int64_t *integer;
    const double *unit, *slack;
};

static int take_f32(const struct reading *r, struct engine_weights *weights) {
    weights->w = values_of(r, "w");
    weights->wscale = weights->w ? values_of(r, "wscale") : NULL;
    return weights->wscale ? 0 : -1;
}

static int take_int(const struct reading *r, struct engine_weights *weights) {
    if (!npz_find(r->npz, "integer")) return 0; /* lost: coef_ decides */
    weights->integer = values_of(r, "integer");
    weights->unit = values_of(r, "unit");
    weights->slack = weights->unit ? values_of(r, "slack") : NULL;
    const int64_t *width = weights->slack ? values_of(r, "width") : NULL;
    if (!width) return -1;
    if (*width < 1 || *width > UINT16_MAX) return contradiction(r, "'width' is not from 1 to 65535");
    r->saved->width = (size_t)*width;
    return 0;
}

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0; /* NOLINT(bugprone-suspicious-memory-comparison): bits on purpose */
}

static bool fill_f32(struct model *model, const struct engine_weights *weights, size_t m) {
    memcpy(model->w, weights->w + m * model->d, model->d * sizeof *model->w);
    model->wscale = weights->wscale[m];
    for (size_t k = 0; k < model->d; k++)
        if (!same_bits(model->coef[k], (double)model->w[k] * model->wscale)) return false;
    return true;
}

/* coef_ is integer times unit within the rounding of a fit, which is far below a millionth of the largest. */
static bool fill_int(struct model *model, const struct engine_weights *weights, size_t m) {
    double most = 0.0;
    for (size_t k = 0; k < model->d; k++)
        most = fmax(most, fabs(model->coef[k]));
    model->unit = weights->unit[m];
    model->slack = weights->slack[m];
    if (!integer_set(&model->integer, weights->integer + m * model->d)) return false;
    for (size_t k = 0; k < model->d; k++) {
        const double coef = (double)weights->integer[m * model->d + k] * model->unit;
        if (!(fabs(coef - model->coef[k]) <= 1e-6 * most)) return false;
    }
    return model->slack >= 0.0;
}

static int fill_model(const struct reading *r, size_t m, const struct engine_weights *weights) {
    const double *coef = values_of(r, "coef_"), *intercept = values_of(r, "intercept_");
    const uint64_t *fingerprint = values_of(r, "fingerprint"), *hash = values_of(r, "update_hash");
    struct model *model = &r->saved->models[m];
    struct hyper room = r->saved->hyper;
    if (!coef || !intercept || !fingerprint || !hash) return -1;
    room.epochs = 1; /* of updates and hashes by epoch, which no file has */
    if (room.engine == ENGINE_INT && !weights->integer) room.engine = ENGINE_F64;
    if (model_new(model, r->saved->d, &room, r->err) != 0) return -1;
    memcpy(model->coef, coef + m * model->d, model->d * sizeof *model->coef);
    memset(model->updates, 0, sizeof *model->updates);
    model->intercept = intercept[m];
    model->update_hash = hash[m];
    model->fingerprint =
        fnv1a(fnv1a(FNV_START, model->coef, model->d * sizeof *model->coef), &model->intercept, sizeof(double));
    if (model->fingerprint != fingerprint[m])
        return contradiction(r, "'coef_' and 'intercept_' do not have the fingerprint they were saved with");
    if (weights->w && !fill_f32(model, weights, m)) return contradiction(r, "'coef_' is not 'w' times 'wscale'");
    if (weights->integer && !fill_int(model, weights, m))
        return contradiction(r, "'coef_' is not 'integer' times 'unit', or 'slack' is below 0");
    return 0;
}

static int fill_models(const struct reading *r) {
    struct engine_weights weights = {0};
    int bad = 0;
    if (r->saved->hyper.engine == ENGINE_F32) bad = take_f32(r, &weights);
    if (r->saved->hyper.engine == ENGINE_INT) bad = take_int(r, &weights);
    if (bad) return -1;
    r->saved->models = calloc(r->saved->count, sizeof *r->saved->models);
    if (!r->saved->models) return fail_program(r->err, "%s: out of memory", r->npz->path);
    for (size_t m = 0; !bad && m < r->saved->count; m++)
        bad = fill_model(r, m, &weights);
    return bad;
}

/* A copy of an array, NULL when memory runs out. */
static double *copied(const struct reading *r, const char *name) {
    const struct array *array = npz_find(r->npz, name);
    const size_t bytes = array_count(array) * sizeof(double);
    double *copy = malloc(bytes);
    if (copy) memcpy(copy, array->values, bytes);
    return copy;
}

static int take_averages(const struct reading *r) {
    static const char *const names[] = {"average_coef_", "standard_coef_", "average_intercept_", "standard_intercept_"};
    struct saved_model *saved = r->saved;
    double **to[] = {&saved->average_coef, &saved->standard_coef, &saved->average_intercept,
                     &saved->standard_intercept};
    enum { AVERAGES = sizeof names / sizeof *names };
    int there = 0;
    for (int i = 0; i < AVERAGES; i++)
        there += npz_find(r->npz, names[i]) != NULL;
    if (there == 0) return 0;
    if (there < AVERAGES) return contradiction(r, "has some arrays of averaging, not all four");
    for (int i = 0; i < AVERAGES; i++) {
        *to[i] = copied(r, names[i]);
        if (!*to[i]) return fail_program(r->err, "%s: out of memory", r->npz->path);
    }
    return 0;
}

static int take_all(const struct reading *r) {
    if (take_shape(r) != 0 || check_arrays(r) != 0 || take_engine(r) != 0) return -1;
    if (take_params(r) != 0 || take_counts(r) != 0 || fill_models(r) != 0) return -1;
    return take_averages(r);
}

static int from_arrays(struct saved_model *saved, const struct npz *npz, struct error *err) {
    const struct reading reading = {npz, saved, err};
    *saved = (struct saved_model){0};
    int bad = take_all(&reading);
    if (bad) saved_model_free(saved);
    return bad;
}

int model_load(struct saved_model *saved, const char *path, struct error *err) {
    struct npz npz;
    if (npz_load(&npz, path, err) != 0) return -1;
    int bad = from_arrays(saved, &npz, err);
    npz_free(&npz);
    return bad;
}

int model_parse(struct saved_model *saved, const char *path, const uint8_t *bytes, size_t length, struct error *err) {
    struct npz npz;
    if (npz_parse(&npz, path, bytes, length, err) != 0) return -1;
    int bad = from_arrays(saved, &npz, err);
    npz_free(&npz);
    return bad;
}
