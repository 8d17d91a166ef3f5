/* SPDX-License-Identifier: MIT */
/* Fits that share the order of their rows have the bits that each has alone: every engine, every backend that runs
 * here, cropped and packed rows, one to MODELS_MOST fits with labels and alpha of their own. */
#include "learn/group.h"
#include "learn/trainer_private.h" /* to widen the weights of a fit */

#include "data/random.h"
#include "learn/fit.h"
#include "packed.h"
#include "setup.h"

#include <stdlib.h>
#include <string.h>

enum { EPOCHS = 3, DRAWS = 60 };

static struct small_job cropped, packed;
static struct backend plain; /* the scalar backend, and kernels for packed rows that run everywhere */

static int set_up(void **state) {
    (void)state;
    if (small_job_load(&cropped, 784, NULL) != 0 || small_job_load(&packed, 784, NULL) != 0) return -1;
    pack_by_hand(&packed.ds);
    cropped.row_list.ds = &cropped.ds;
    packed.row_list.ds = &packed.ds;
    plain = plain_backend();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    dataset_free(&cropped.ds);
    dataset_free(&packed.ds);
    return 0;
}

/* Rows with the labels of one digit each. */
struct labelled {
    struct row_ref at[MODELS_MOST][SMALL_ROWS];
    struct row_list lists[MODELS_MOST];
};

static void label_rows(struct labelled *rows, const struct small_job *job, size_t models) {
    for (size_t m = 0; m < models; m++) {
        memcpy(rows->at[m], job->row_list.at, sizeof rows->at[m]);
        for (size_t i = 0; i < SMALL_ROWS; i++)
            rows->at[m][i].positive = job->ds.labels[rows->at[m][i].row] == m % 10;
        rows->lists[m] = (struct row_list){&job->ds, rows->at[m], SMALL_ROWS};
    }
}

static void assert_same_as_alone(const struct group *group, size_t m, const struct row_list *rows,
                                 const struct hyper *hyper, const struct backend *backend) {
    struct model alone, together;
    struct error err;
    if (fit(&alone, rows, hyper, backend, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(model_new(&together, rows->ds->d, hyper, NULL), 0);
    if (trainer_model(group_fit(group, m), &together, &err) != 0) fail_msg("%s", err.text);
    if (together.fingerprint != alone.fingerprint || together.update_hash != alone.update_hash ||
        trainer_hash(group_fit(group, m)) != alone.epoch_hash[EPOCHS - 1])
        fail_msg("engine %s, backend %s, fit %zu with alpha %g differs from the same fit alone",
                 engine_names[hyper->engine], backend->name, m, hyper->alpha);
    assert_memory_equal(together.updates, alone.updates, EPOCHS * sizeof *alone.updates);
    assert_true(together.slack == alone.slack && together.unit == alone.unit);
    model_free(&alone);
    model_free(&together);
}

static void check_group(size_t models, const struct hyper *hyper, const struct small_job *job,
                        const struct backend *backend) {
    static struct labelled rows;
    struct error err;
    label_rows(&rows, job, models);
    struct group *group = group_new(models, SMALL_ROWS, job->ds.d, hyper, backend, &err);
    if (!group) fail_msg("%s", err.text);
    static uint32_t permutation[SMALL_ROWS];
    hyper_permutation(permutation, SMALL_ROWS, &hyper[0]);
    for (int again = 0; again < 2; again++) { /* the second time in memory that was used */
        group_start(group, rows.lists, permutation);
        for (unsigned epoch = 0; epoch < EPOCHS; epoch++)
            group_epoch(group);
    }
    for (size_t m = 0; m < models; m++)
        assert_same_as_alone(group, m, &rows.lists[m], &hyper[m], backend);
    group_free(group);
}

/* Classes share every hyper-parameter; the points of a sweep have an alpha each. */
static void draw_hypers(struct hyper *hyper, size_t models, const struct hyper *base, struct random_state *random) {
    const bool same_alpha = random_uint32(random) % 2;
    for (size_t m = 0; m < models; m++) {
        hyper[m] = *base;
        hyper[m].epochs = EPOCHS;
        if (!same_alpha) hyper[m].alpha = 1e-5 * (double)(1 + random_uint32(random) % 1000);
    }
}

static void every_fit_has_its_own_bits(void **state) {
    (void)state;
    struct random_state random;
    size_t tried = 0;
    random_seed(&random, 20261127);
    for (size_t i = 0; i < DRAWS; i++) {
        struct hyper hyper[MODELS_MOST], base = cropped.hyper;
        const size_t models = 1 + i % MODELS_MOST;
        base.engine = (enum engine)(random_uint32(&random) % ENGINES);
        base.loss = base.engine == ENGINE_INT || random_uint32(&random) % 2 ? LOSS_HINGE : LOSS_SQUARED_HINGE;
        if (base.loss == LOSS_HINGE && random_uint32(&random) % 4 == 0) base.loss = LOSS_PERCEPTRON;
        base.prefetch = random_uint32(&random) % 2 ? PREFETCH_DEFAULT : (struct prefetch){4, 16, 8};
        draw_hypers(hyper, models, &base, &random);
        for (size_t b = 0; b < backend_count; b++) {
            if (backend_state(&backends[b]) != BACKEND_OK || backends[b].parity != PARITY_BITS) continue;
            check_group(models, hyper, &cropped, &backends[b]);
            if (backends[b].dot_packed) check_group(models, hyper, &packed, &backends[b]);
            tried++;
        }
        if (base.engine == ENGINE_INT) check_group(models, hyper, &packed, &plain);
    }
    assert_true(tried >= DRAWS);
}

/* W in other halves: the same numbers. */
static void widen(struct integer_weights *w) {
    for (size_t k = 0; k < w->d; k++) {
        const int part = w->low[k] > 0 ? 1 : -1;
        w->low[k] = (int16_t)(w->low[k] - part * INTEGER_RADIX);
        w->high[k] = (int16_t)(w->high[k] + part);
    }
    w->wide = true;
    w->most = INT16_MAX;
}

static void a_fit_with_wide_weights(void **state) {
    (void)state;
    enum { FITS = 3 };
    struct hyper hyper[FITS];
    static struct labelled rows;
    static uint32_t permutation[SMALL_ROWS];
    for (size_t m = 0; m < FITS; m++) {
        hyper[m] = cropped.hyper;
        hyper[m].engine = ENGINE_INT;
        hyper[m].epochs = EPOCHS;
    }
    label_rows(&rows, &cropped, FITS);
    hyper_permutation(permutation, SMALL_ROWS, &hyper[0]);
    struct group *group = group_new(FITS, SMALL_ROWS, cropped.ds.d, hyper, &plain, NULL);
    assert_non_null(group);
    group_start(group, rows.lists, permutation);
    group_epoch(group);
    widen(&group_fit(group, 1)->integer);
    group_epoch(group);
    group_epoch(group);
    for (size_t m = 0; m < FITS; m++) {
        struct model alone;
        assert_int_equal(fit(&alone, &rows.lists[m], &hyper[m], &plain, NULL), 0);
        assert_int_equal(group_fit(group, m)->update_hash, alone.update_hash);
        assert_true(alone.updates[1] > 0);
        model_free(&alone);
    }
    group_free(group);
}

static void what_shares_an_order(void **state) {
    (void)state;
    struct hyper a = hyper_defaults(ENGINE_F32), b = a;
    assert_true(hyper_share_order(&a, &b));
    b.alpha *= 10;
    assert_true(hyper_share_order(&a, &b));
    b.seed++;
    assert_false(hyper_share_order(&a, &b));
    b = a;
    b.loss = LOSS_LOG_LOSS;
    assert_false(hyper_share_order(&a, &b));
    b = a;
    b.penalty = PENALTY_L1;
    assert_false(hyper_share_order(&b, &b)); /* not plain */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_fit_has_its_own_bits),
                                       cmocka_unit_test(a_fit_with_wide_weights),
                                       cmocka_unit_test(what_shares_an_order)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
