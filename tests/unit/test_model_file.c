/* SPDX-License-Identifier: MIT */
/* Saved models: the bits that come back, and what is refused. */
#include "base/hash.h"
#include "data/npz.h"
#include "learn/model_file.h"
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/sgdmark-test-model.XXXXXX";

static int make_path(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

/* A fit of the small job. */
static void train(struct small_job *job, struct model *model, enum engine engine, double alpha, unsigned epochs) {
    struct error err;
    if (small_job_load(job, 100, &err) != 0) fail_msg("%s", err.text);
    job->hyper.engine = engine;
    job->hyper.alpha = alpha;
    job->hyper.epochs = epochs;
    if (fit(model, &job->row_list, &job->hyper, backend_scalar(), &err) != 0) fail_msg("%s", err.text);
}

static struct saved_model saved_of(const struct small_job *job, struct model *models, size_t count) {
    return (struct saved_model){.digit = 5,
                                .hyper = job->hyper,
                                .d = job->ds.d,
                                .count = count,
                                .models = models,
                                .n_iter = job->hyper.epochs,
                                .t = 1.0 + job->hyper.epochs * (double)SMALL_ROWS,
                                .width = job->ds.width};
}

static void expect_same_decisions(const struct small_job *job, const struct model *a, const struct model *b) {
    double first[SMALL_ROWS], second[SMALL_ROWS];
    for (size_t i = 0; i < backend_count; i++) {
        if (backend_state(&backends[i]) != BACKEND_OK) continue;
        decision_function(first, a, &job->row_list, &backends[i]);
        decision_function(second, b, &job->row_list, &backends[i]);
        assert_memory_equal(first, second, sizeof first);
    }
}

/* ---- What comes back ---- */

static void a_saved_model_gives_the_bits_of_training(void **state) {
    (void)state;
    for (enum engine engine = ENGINE_F32; engine <= ENGINE_INT; engine++) {
        struct small_job job;
        struct model model;
        struct saved_model back;
        struct error err;
        train(&job, &model, engine, 1e-4, 3);
        const struct saved_model saved = saved_of(&job, &model, 1);
        if (model_save(path, &saved, &err) != 0 || model_load(&back, path, &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(back.count, 1);
        assert_int_equal(back.digit, 5);
        assert_int_equal(back.hyper.engine, engine);
        assert_int_equal(back.hyper.seed, 42);
        assert_true(back.hyper.alpha == 1e-4);
        assert_int_equal(back.n_iter, 3);
        assert_true(back.t == 361.0);
        assert_null(back.average_coef);
        assert_int_equal(back.models[0].fingerprint, model.fingerprint);
        assert_int_equal(back.models[0].update_hash, model.update_hash);
        expect_same_decisions(&job, &model, &back.models[0]);
        saved_model_free(&back);
        model_free(&model);
        dataset_free(&job.ds);
    }
}

/* Integers beyond 16 bits, as long fits have them. */
static void wide_integers_come_back(void **state) {
    (void)state;
    struct small_job job;
    struct model model;
    struct saved_model back;
    struct error err;
    int64_t numbers[100];
    train(&job, &model, ENGINE_INT, 1e-4, 2);
    integer_get(&model.integer, numbers);
    for (size_t k = 0; k < 100; k++)
        model.coef[k] = (double)(numbers[k] *= 1001) * model.unit;
    assert_true(integer_set(&model.integer, numbers) && model.integer.wide);
    model.fingerprint = fnv1a(fnv1a(FNV_START, model.coef, sizeof(double[100])), &model.intercept, sizeof(double));
    const struct saved_model saved = saved_of(&job, &model, 1);
    if (model_save(path, &saved, &err) != 0 || model_load(&back, path, &err) != 0) fail_msg("%s", err.text);
    assert_true(back.models[0].integer.wide);
    expect_same_decisions(&job, &model, &back.models[0]);
    saved_model_free(&back);
    model_free(&model);
    dataset_free(&job.ds);
}

/* Where the integers were lost, the float64 weights decide, as they do in training. */
static void lost_integers_leave_the_weights(void **state) {
    (void)state;
    struct small_job job;
    struct model model;
    struct saved_model back;
    struct error err;
    train(&job, &model, ENGINE_INT, 1e-4, 2);
    model.integer.lost = true;
    model.slack = (double)INFINITY;
    const struct saved_model saved = saved_of(&job, &model, 1);
    if (model_save(path, &saved, &err) != 0 || model_load(&back, path, &err) != 0) fail_msg("%s", err.text);
    assert_null(back.models[0].integer.low);
    expect_same_decisions(&job, &model, &back.models[0]);
    saved_model_free(&back);
    model_free(&model);
    dataset_free(&job.ds);
}

static void ten_models_and_their_averages_come_back(void **state) {
    (void)state;
    struct small_job job;
    struct model models[MODEL_CLASSES];
    struct saved_model back;
    struct error err;
    for (unsigned m = 0; m < MODEL_CLASSES; m++) {
        if (m > 0) dataset_free(&job.ds);
        train(&job, &models[m], ENGINE_F32, 1e-4 * (m + 1), 2);
    }
    struct saved_model saved = saved_of(&job, models, MODEL_CLASSES);
    double *average = calloc(4 * MODEL_CLASSES * saved.d, sizeof *average);
    for (size_t k = 0; k < 4 * MODEL_CLASSES * saved.d; k++)
        average[k] = (double)k;
    saved.average_coef = average;
    saved.standard_coef = average + 1000;
    saved.average_intercept = average + 2000;
    saved.standard_intercept = average + 3000;
    if (model_save(path, &saved, &err) != 0 || model_load(&back, path, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(back.count, MODEL_CLASSES);
    for (unsigned m = 0; m < MODEL_CLASSES; m++)
        expect_same_decisions(&job, &models[m], &back.models[m]);
    assert_true(back.average_coef[999] == 999.0 && back.standard_coef[0] == 1000.0);
    assert_true(back.average_intercept[9] == 2009.0 && back.standard_intercept[1] == 3001.0);
    saved_model_free(&back);
    free(average);
    for (unsigned m = 0; m < MODEL_CLASSES; m++)
        model_free(&models[m]);
    dataset_free(&job.ds);
}

static void wider_rows_get_a_larger_slack(void **state) {
    (void)state;
    struct model model = {.slack = 1.0};
    struct saved_model saved = {.d = 100, .count = 1, .models = &model, .width = 50};
    struct dataset ds = {.d = 100, .width = 50, .name = "rows"};
    struct error err;
    assert_int_equal(saved_model_fit_rows(&saved, "m.npz", &ds, &err), 0);
    assert_true(model.slack == 1.0);
    ds.width = 100;
    assert_int_equal(saved_model_fit_rows(&saved, "m.npz", &ds, &err), 0);
    assert_true(model.slack == 4.0);
    ds.d = 64;
    assert_int_equal(saved_model_fit_rows(&saved, "m.npz", &ds, &err), -1);
    assert_string_equal(err.text, "m.npz: is a model of 100 features, but the rows of rows have 64");
}

/* ---- What is refused ---- */

/* The arrays of a good file of an engine, to be changed one at a time. */
struct good_file {
    struct small_job job;
    struct model model;
    struct npz npz;
};

static void make_good(struct good_file *good, enum engine engine) {
    struct error err;
    train(&good->job, &good->model, engine, 1e-4, 2);
    const struct saved_model saved = saved_of(&good->job, &good->model, 1);
    if (model_save(path, &saved, &err) != 0 || npz_load(&good->npz, path, &err) != 0) fail_msg("%s", err.text);
}

static void free_good(struct good_file *good) {
    npz_free(&good->npz);
    model_free(&good->model);
    dataset_free(&good->job.ds);
}

static void expect_refused(const struct npz *npz, const char *because) {
    struct saved_model back;
    struct error err;
    if (npz_write(path, npz->member, npz->count, &err) != 0) fail_msg("%s", err.text);
    if (model_load(&back, path, &err) == 0) fail_msg("was not refused: %s", because);
    if (strncmp(err.text, path, strlen(path)) != 0 || strchr(err.text, '\n') || !strstr(err.text, because))
        fail_msg("'%s' does not say: %s", err.text, because);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(back.models);
}

static struct named_array *member_of(struct npz *npz, const char *name) {
    for (size_t i = 0; i < npz->count; i++)
        if (strcmp(npz->member[i].name, name) == 0) return &npz->member[i];
    fail_msg("no array %s", name);
    return NULL;
}

/* With another array in its place. */
static void replaced(struct good_file *good, const char *name, struct array array, const char *because) {
    struct npz changed = good->npz;
    member_of(&changed, name)->array = array;
    expect_refused(&changed, because);
}

static void missing(struct good_file *good, const char *name) {
    struct npz changed = good->npz;
    char because[96];
    *member_of(&changed, name) = changed.member[changed.count - 1];
    changed.count--;
    snprintf(because, sizeof because, "'%s'", name);
    expect_refused(&changed, because);
}

static void replaced_text(struct good_file *good, const char *name, const char *text, const char *because) {
    replaced(good, name, (struct array){ARRAY_TEXT, 0, {0}, text}, because);
}

static void replaced_int(struct good_file *good, const char *name, int64_t value, const char *because) {
    replaced(good, name, (struct array){ARRAY_INT64, 0, {0}, &value}, because);
}

static void replaced_real(struct good_file *good, const char *name, double value, const char *because) {
    replaced(good, name, (struct array){ARRAY_FLOAT64, 0, {0}, &value}, because);
}

/* One element of an array of 8-byte values changed. */
static void edited(struct good_file *good, const char *name, size_t k, const void *value, size_t size,
                   const char *because) {
    char *at = (char *)(uintptr_t)member_of(&good->npz, name)->array.values + k * size, before[8];
    memcpy(before, at, size);
    memcpy(at, value, size);
    expect_refused(&good->npz, because);
    memcpy(at, before, size);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    struct good_file good;
    make_good(&good, ENGINE_F32);
    static const char *const needed[] = {"sgdmark_model", "params",     "engine",  "dtype", "classes_",
                                         "coef_",         "intercept_", "n_iter_", "t_",    "fingerprint",
                                         "update_hash",   "w",          "wscale"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        missing(&good, needed[i]);
    replaced_int(&good, "sgdmark_model", 2, "of format 2");
    replaced_text(&good, "engine", "f16", "no engine 'f16'");
    replaced_text(&good, "dtype", "float64", "features of type 'float64'");
    replaced_text(&good, "params", "[]", "no JSON object");
    replaced_text(&good, "params", "{\"alpha\": -1}", "alpha");
    replaced_text(&good, "params", "{\"alpha\": [1]}", "no value of 'alpha'");
    replaced_text(&good, "params", "{\"alpha\": true}", "alpha: 'true'");
    replaced_text(&good, "params", "{\"loss\": \"hinges\"}", "hinges");
    replaced_text(&good, "params", "{\"frobnicate\": 1}", "'frobnicate'");
    replaced_text(&good, "params", "{\"seed\": 1, \"seed\": 2}", "no JSON object");
    replaced_int(&good, "n_iter_", 0, "below 1");
    replaced_real(&good, "t_", 0.0, "below 1");
    replaced_real(&good, "t_", (double)NAN, "'t_' is not finite");
    replaced_int(&good, "t_", 5, "'t_' is int64, not float64");
    free_good(&good);
}

static void contradicting_weights_are_refused(void **state) {
    (void)state;
    static const double zero[3 * 100] = {0};
    static const uint8_t both[] = {1, 0};
    const double changed = 1e300, nan = (double)NAN;
    const float one_more = 12345.0F;
    struct good_file good;
    make_good(&good, ENGINE_F32);
    replaced(&good, "coef_", (struct array){ARRAY_FLOAT64, 2, {3, 100}, zero}, "3 rows, neither 1 nor 10");
    replaced(&good, "coef_", (struct array){ARRAY_FLOAT64, 1, {100}, zero}, "(K, d)");
    replaced(&good, "coef_", (struct array){ARRAY_FLOAT64, 2, {1, 99}, zero}, "does not fit 1 x 99");
    replaced(&good, "coef_", (struct array){ARRAY_FLOAT64, 2, {1, 0}, zero}, "0 columns");
    replaced(&good, "coef_", (struct array){ARRAY_FLOAT64, 2, {1, 100}, zero}, "fingerprint");
    replaced(&good, "w", (struct array){ARRAY_FLOAT64, 2, {1, 100}, zero}, "'w' is float64, not float32");
    replaced(&good, "classes_", (struct array){ARRAY_BOOL, 1, {2}, both}, "'classes_'");
    edited(&good, "coef_", 7, &changed, sizeof changed, "fingerprint");
    edited(&good, "coef_", 7, &nan, sizeof nan, "'coef_' is not finite");
    edited(&good, "intercept_", 0, &changed, sizeof changed, "fingerprint");
    edited(&good, "w", 50, &one_more, sizeof one_more, "'coef_' is not 'w' times 'wscale'");
    edited(&good, "wscale", 0, &changed, sizeof changed, "'coef_' is not 'w' times 'wscale'");
    struct npz more = good.npz;
    more.member[more.count++] = (struct named_array){"extra", {ARRAY_FLOAT64, 0, {0}, &changed}};
    expect_refused(&more, "an array 'extra'");
    more.count--;
    more.member[more.count++] = (struct named_array){"average_coef_", {ARRAY_FLOAT64, 2, {1, 100}, zero}};
    expect_refused(&more, "not all four");
    free_good(&good);
}

static void contradicting_integers_are_refused(void **state) {
    (void)state;
    const int64_t other = 999999, huge = INT64_MIN;
    const double below = -1.0;
    struct good_file good;
    make_good(&good, ENGINE_INT);
    missing(&good, "unit");
    missing(&good, "slack");
    missing(&good, "width");
    replaced_int(&good, "width", 0, "'width'");
    edited(&good, "integer", 3, &other, sizeof other, "'integer' times 'unit'");
    edited(&good, "integer", 3, &huge, sizeof huge, "'integer' times 'unit'");
    edited(&good, "slack", 0, &below, sizeof below, "'slack' is below 0");
    free_good(&good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_model_gives_the_bits_of_training),
        cmocka_unit_test(wide_integers_come_back),
        cmocka_unit_test(lost_integers_leave_the_weights),
        cmocka_unit_test(ten_models_and_their_averages_come_back),
        cmocka_unit_test(wider_rows_get_a_larger_slack),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(contradicting_weights_are_refused),
        cmocka_unit_test(contradicting_integers_are_refused),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
