/* SPDX-License-Identifier: MIT */
/* The generator and the shuffle (golden numbers of NumPy and scikit-learn), folds, metrics, and the training loop
 * against a second implementation that follows scikit-learn's source line by line. */
#include "base/hash.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/random.h"
#include "learn/cv.h"
#include "learn/fit.h"
#include "learn/folds.h"
#include "learn/integer.h"
#include "learn/loss_functions.h"
#include "learn/metrics.h"
#include "packed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- Generator and shuffle ---- */

static void generator_is_numpys(void **state) {
    (void)state;
    static const uint32_t raw[] = {1608637542, 3421126067, 4083286876, 787846414, 3143890026, 3348747335};
    struct random_state rs;
    random_seed(&rs, 42);
    for (size_t i = 0; i < COUNT(raw); i++)
        assert_int_equal(random_uint32(&rs), raw[i]);

    static uint32_t permutation[60000];
    static const uint32_t begins[] = {12628, 37730, 39991, 8525, 8279, 51012, 14871, 15127};
    static const uint32_t ends[] = {38158, 860, 15795, 56422};
    random_seed(&rs, 42);
    random_permutation(&rs, permutation, COUNT(permutation));
    assert_memory_equal(permutation, begins, sizeof begins);
    assert_memory_equal(permutation + COUNT(permutation) - COUNT(ends), ends, sizeof ends);
    assert_int_equal(random_uint32(&rs), 1116216237);
}

static void masked_draws_stay_in_range(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 1);
    for (uint32_t max = 0; max < 70; max++) {
        uint32_t greatest = 0;
        for (int i = 0; i < 2000; i++) {
            uint32_t value = random_masked(&rs, max);
            assert_true(value <= max);
            if (value > greatest) greatest = value;
        }
        assert_int_equal(greatest, max);
    }
    struct random_state same = rs;
    assert_int_equal(random_masked(&rs, 0), 0); /* draws nothing */
    assert_int_equal(random_uint32(&rs), random_uint32(&same));
    same = rs;
    assert_int_equal(random_masked(&rs, UINT32_MAX), random_uint32(&same));
}

enum { SEED_A = 1608637542, SEED_B = 1273642419 };

static void shuffle_seeds(void **state) {
    (void)state;
    assert_int_equal(epoch_seed(42, COMPAT_0_19), SEED_A);
    assert_int_equal(epoch_seed(42, COMPAT_1_2), SEED_B);
}

static void epoch_orders(void **state) {
    (void)state;
    static const struct {
        uint32_t seed, first[10], second[10];
    } small[] = {
        {SEED_A, {8, 3, 6, 2, 9, 0, 1, 4, 5, 7}, {5, 2, 1, 6, 7, 8, 3, 9, 0, 4}},
        {SEED_B, {3, 6, 0, 2, 5, 8, 4, 1, 9, 7}, {2, 4, 3, 0, 8, 9, 5, 6, 7, 1}},
    };
    uint32_t pi[10];
    for (size_t s = 0; s < COUNT(small); s++) {
        epoch_permutation(pi, 10, small[s].seed);
        assert_memory_equal(pi, small[s].first, sizeof pi);
        for (int i = 0; i < 10; i++)
            assert_int_equal(small[s].first[pi[i]], small[s].second[i]);
    }
    static uint32_t large[40000];
    static const struct {
        uint32_t seed, begins[8], ends[3];
    } folds[] = {
        {SEED_A, {13328, 10830, 12692, 1384, 5139, 4428, 15364, 22050}, {25438, 10638, 37998}},
        {SEED_B, {21053, 27453, 31541, 27309, 3563, 10833, 34448, 3086}, {4892, 28568, 2395}},
    };
    for (size_t s = 0; s < COUNT(folds); s++) {
        epoch_permutation(large, COUNT(large), folds[s].seed);
        assert_memory_equal(large, folds[s].begins, sizeof folds[s].begins);
        assert_memory_equal(large + COUNT(large) - 3, folds[s].ends, sizeof folds[s].ends);
    }
    epoch_permutation(pi, 1, SEED_A);
    assert_int_equal(pi[0], 0);
    /* A seed of 0 is taken as 1 (from 0.21 on). */
    uint32_t zero[10], one[10];
    epoch_permutation(zero, 10, 0);
    epoch_permutation(one, 10, 1);
    assert_memory_equal(zero, one, sizeof zero);
}

/* ---- Folds ---- */

static void folds_by_hand(void **state) {
    (void)state;
    static const struct {
        enum compat compat;
        unsigned folds;
        uint8_t positive[9];
        uint16_t fold[9];
    } cases[] = {
        /* Negative rows come first, 5 and 4 members: up to 0.21 they fall to folds of 2+2+1 and 2+1+1, from 0.22 on the
         * sorted labels 000001111 are dealt to three hands, 2+2+1 and 1+1+2. */
        {COMPAT_0_19, 3, {0, 1, 0, 1, 0, 1, 0, 1, 0}, {0, 0, 0, 0, 1, 1, 1, 2, 2}},
        {COMPAT_1_2, 3, {0, 1, 0, 1, 0, 1, 0, 1, 0}, {0, 0, 0, 1, 1, 2, 1, 2, 2}},
        /* A positive row first: it is encoded 0, and 000001111 stands for five positive and four negative rows. */
        {COMPAT_1_2, 3, {1, 0, 1, 0, 1, 0, 1, 0, 1}, {0, 0, 0, 1, 1, 2, 1, 2, 2}},
        {COMPAT_0_19, 2, {1, 1, 1, 1, 1, 1, 1, 0, 0}, {0, 0, 0, 0, 1, 1, 1, 0, 1}},
        {COMPAT_1_2, 2, {1, 1, 1, 1, 1, 1, 1, 0, 0}, {0, 0, 0, 0, 1, 1, 1, 0, 1}},
        {COMPAT_1_2, 4, {0, 0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 1, 2, 3, 0, 1, 2, 3}},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        uint16_t fold[9];
        assert_int_equal(stratified_folds(fold, cases[c].positive, 9, 2, cases[c].folds, cases[c].compat, NULL), 0);
        assert_memory_equal(fold, cases[c].fold, sizeof fold);
    }
}

/* Members of each class in each fold, by the words of the two scikit-learn sources. */
static void naive_allocation(size_t (*allocation)[2], const uint8_t *positive, size_t n, unsigned folds,
                             enum compat compat) {
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        count[positive[i]]++;
    memset(allocation, 0, folds * sizeof *allocation);
    if (compat == COMPAT_0_19) {
        for (unsigned c = 0; c < 2; c++)
            for (size_t member = 0; member < count[c]; member++) {
                unsigned f = 0;
                for (size_t end = 0;; f++) {
                    end += count[c] / folds + (f < count[c] % folds ? 1 : 0);
                    if (member < end) break;
                }
                allocation[f][c]++;
            }
        return;
    }
    unsigned first = positive[0];
    for (size_t i = 0; i < n; i++) /* place i of the sorted labels: y_sorted[f::folds] */
        allocation[i % folds][i < count[first] ? first : 1 - first]++;
}

static void folds_are_scikit_learns(void **state) {
    (void)state;
    enum { MOST = 200, MOST_FOLDS = 12 };
    uint8_t positive[MOST];
    uint16_t fold[MOST];
    size_t allocation[MOST_FOLDS][2], total[MOST_FOLDS];
    struct random_state rs;
    random_seed(&rs, 3);
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + random_masked(&rs, MOST - 1), count[2] = {0, 0};
        unsigned folds = 2 + random_masked(&rs, MOST_FOLDS - 2);
        uint32_t share = 1 + random_masked(&rs, 8);
        enum compat compat = round % 2 ? COMPAT_1_2 : COMPAT_0_19;
        for (size_t i = 0; i < n; i++) {
            positive[i] = random_masked(&rs, 9) < share;
            count[positive[i]]++;
        }
        int bad = stratified_folds(fold, positive, n, 2, folds, compat, NULL);
        assert_int_equal(bad, count[0] < folds && count[1] < folds ? -1 : 0);
        if (bad) continue;
        naive_allocation(allocation, positive, n, folds, compat);
        memset(total, 0, sizeof total);
        unsigned at[2] = {0, 0};
        for (size_t i = 0; i < n; i++) {
            unsigned c = positive[i];
            while (allocation[at[c]][c] == 0)
                at[c]++;
            allocation[at[c]][c]--;
            assert_int_equal(fold[i], at[c]);
            total[fold[i]]++;
        }
        if (compat == COMPAT_1_2)
            for (unsigned f = 1; f < folds; f++)
                assert_true(total[f] == n / folds || total[f] == n / folds + 1);
    }
}

static void folds_need_members(void **state) {
    (void)state;
    static const uint8_t positive[] = {0, 0, 0, 0, 1, 1};
    uint16_t fold[6];
    struct error err;
    for (enum compat compat = COMPAT_0_19; compat <= COMPAT_1_2; compat++) {
        assert_int_equal(stratified_folds(fold, positive, 6, 2, 5, compat, &err), -1);
        assert_non_null(strstr(err.text,
                               "5 folds need at least as many rows of one class, and there are only 2 positive "
                               "and 4 negative"));
        assert_int_equal(stratified_folds(fold, positive, 6, 2, 6, compat, &err), -1);
        /* One class has enough: every fold tests a row of it. */
        assert_int_equal(stratified_folds(fold, positive, 6, 2, 4, compat, &err), 0);
        for (uint16_t k = 0; k < 4; k++)
            assert_int_equal(fold[k], k);
        assert_int_equal(fold[4], 0);
        assert_int_equal(fold[5], 1);
    }
    assert_int_equal(plain_folds(fold, 6, 7, &err), -1);
    assert_non_null(strstr(err.text, "only 6"));
}

static void plain_folds_are_blocks(void **state) {
    (void)state;
    static const uint16_t want[] = {0, 0, 0, 1, 1, 1, 2, 2, 3, 3};
    uint16_t fold[10];
    assert_int_equal(plain_folds(fold, 10, 4, NULL), 0);
    assert_memory_equal(fold, want, sizeof fold);
    assert_int_equal(plain_folds(fold, 10, 10, NULL), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(fold[i], i);
}

/* The first `positives` of n rows are positive. */
static void label_rows(struct row_list *list, struct row_ref *at, const struct dataset *ds, size_t n,
                       size_t positives) {
    for (uint32_t i = 0; i < n; i++)
        at[i] = (struct row_ref){i, ds->start[i], i < positives};
    *list = (struct row_list){ds, at, n};
}

/* A class with one row: the fold that tests it has the other class alone to train on. */
static void a_fold_of_one_class_has_no_score(void **state) {
    (void)state;
    enum { N = 30 };
    struct dataset ds;
    struct row_ref at[N];
    struct row_list list;
    struct error err = {.text = ""};
    struct hyper hyper = hyper_defaults(ENGINE_F64);
    hyper.compat = COMPAT_1_2;
    hyper.epochs = 2;
    assert_int_equal(dataset_load(&ds, "synthetic:n=30", SPLIT_TRAIN, NULL), 0);
    for (size_t positives = 1; positives <= N - 1; positives += N - 2) {
        struct cv_result result;
        label_rows(&list, at, &ds, N, positives);
        assert_int_equal(cv_every_fold_trains(&list, &err), -1);
        assert_non_null(strstr(err.text, positives == 1 ? "only one row is positive" : "only one row is negative"));
        hyper.compat = COMPAT_1_2;
        assert_int_equal(cross_validate(&result, &list, 3, &hyper, backend_scalar(), NULL, &err), 0);
        assert_int_equal(result.untrained, 1);
        for (unsigned f = 0; f < 3; f++) {
            /* The single positive comes first and falls to fold 0; the single negative is the last of all, in fold 2.
             */
            const bool trained = f != (positives == 1 ? 0 : 2);
            assert_int_equal(!isnan(result.fold[f].accuracy), trained);
            assert_int_equal(!isnan(result.fold[f].intercept), trained);
            assert_int_equal(result.fold[f].fingerprint != 0, trained);
        }
        assert_true(isnan(result.roc_auc) && isnan(precision_score(&result.confusion)));
        cv_free(&result);
        hyper.compat = COMPAT_0_19;
        assert_int_equal(cross_validate(&result, &list, 3, &hyper, backend_scalar(), NULL, &err), -1);
        assert_non_null(strstr(err.text, "is trained on the other alone, where scikit-learn 0.19 fails"));
    }
    label_rows(&list, at, &ds, N, 2);
    assert_int_equal(cv_every_fold_trains(&list, &err), 0);
    dataset_free(&ds);
}

static void few_members_are_warned_of(void **state) {
    (void)state;
    enum { N = 9 };
    struct dataset ds;
    struct row_ref at[N];
    struct row_list list;
    char text[FOLDS_WARNING] = "";
    assert_int_equal(dataset_load(&ds, "synthetic:n=10", SPLIT_TRAIN, NULL), 0);
    label_rows(&list, at, &ds, N, 2);
    assert_false(folds_warning(text, &list, 2));
    assert_false(folds_warning(text, &list, 8)); /* no class has so many: an error */
    assert_string_equal(text, "");
    assert_true(folds_warning(text, &list, 3));
    assert_string_equal(text,
                        "only 2 of the rows are positive: fewer than the 3 folds, of which some test none of them");
    label_rows(&list, at, &ds, N, 8);
    assert_true(folds_warning(text, &list, 8));
    assert_non_null(strstr(text, "only 1 of the rows is negative: fewer than the 8 folds"));
    dataset_free(&ds);
}

/* ---- Metrics ---- */

static void metrics_of_the_notebook(void **state) {
    (void)state;
    struct confusion c = {53272, 1307, 1077, 4344};
    assert_true(precision_score(&c) == 0.7687135020350381);
    assert_true(recall_score(&c) == 0.801328168234643);
    assert_true(f1_score(&c) == 0.7846820809248555);
    assert_true(accuracy_score(&c) == (53272.0 + 4344.0) / 60000.0);
    struct confusion none = {5, 0, 3, 0};
    assert_true(isnan(precision_score(&none)));
    assert_true(recall_score(&none) == 0.0);
    assert_true(f1_score(&none) == 0.0);
    struct confusion no_positives = {5, 0, 0, 0};
    assert_true(isnan(recall_score(&no_positives)) && isnan(f1_score(&no_positives)));
}

static void confusion_counts_each_pair(void **state) {
    (void)state;
    static const uint8_t truth[] = {0, 0, 0, 0, 1, 1, 1, 0, 1, 1}, predicted[] = {0, 0, 0, 0, 1, 0, 0, 1, 1, 1};
    struct confusion c = confusion_count(truth, predicted, COUNT(truth));
    assert_int_equal(c.tn, 4);
    assert_int_equal(c.fp, 1);
    assert_int_equal(c.fn, 2);
    assert_int_equal(c.tp, 3);
}

static void roc_auc_counts_pairs(void **state) {
    (void)state;
    static const uint8_t truth[] = {0, 0, 1, 1};
    static const double score[] = {0.1, 0.4, 0.35, 0.8}, tied[] = {1, 1, 1, 1}, backwards[] = {4, 3, 2, 1};
    assert_true(roc_auc_score(truth, score, 4) == 0.75); /* the example of scikit-learn's documentation */
    assert_true(roc_auc_score(truth, tied, 4) == 0.5);
    assert_true(roc_auc_score(truth, backwards, 4) == 0.0);
    assert_true(isnan(roc_auc_score(truth, score, 2)));
    static const double zeros[] = {-0.0, 1.0, 0.0, 2.0}, mixed[] = {-3.5, -1e-300, 1e-300, INFINITY};
    assert_true(roc_auc_score(truth, zeros, 4) == 0.625); /* zeros are equal whatever their sign */
    assert_true(roc_auc_score(truth, mixed, 4) == 1.0);

    enum { N = 120 };
    uint8_t labels[N];
    double scores[N];
    struct random_state rs;
    random_seed(&rs, 9);
    for (int round = 0; round < 50; round++) {
        uint64_t twice_won = 0, pairs = 0;
        for (int i = 0; i < N; i++) {
            labels[i] = random_masked(&rs, 3) == 0;
            scores[i] = random_masked(&rs, 40);
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (labels[i] && !labels[j]) {
                    pairs++;
                    twice_won += scores[i] > scores[j] ? 2 : scores[i] == scores[j] ? 1 : 0;
                }
        assert_true(roc_auc_score(labels, scores, N) == (double)twice_won / (double)(2 * pairs));
    }
}

/* ---- The training loop ---- */

/* Default hyper-parameters but for these. */
static struct hyper made(enum engine engine, double alpha, unsigned epochs, uint32_t seed) {
    struct hyper hyper = hyper_defaults(engine);
    hyper.alpha = alpha;
    hyper.epochs = epochs;
    hyper.seed = seed;
    return hyper;
}

/* What a fit must end with. */
struct naive {
    size_t d;
    double *coef, intercept;
    float *w; /* engine f32 */
    double wscale;
    uint64_t hash, updates, resets;
    uint64_t close; /* decisions so close to the hinge that rounding makes them */
};

/* Engine f32's sum, on a whole row. */
static float lanes64(const float *w, const uint8_t *x, size_t d) {
    float a[64] = {0};
    for (size_t k = 0; k < d; k++)
        a[k % 64] = fmaf(w[k], (float)x[k], a[k % 64]);
    for (size_t h = 32; h > 0; h /= 2)
        for (size_t i = 0; i < h; i++)
            a[i] = a[i] + a[i + h];
    return a[0];
}

static double naive_dot(const struct naive *m, const uint8_t *x) {
    if (m->w) return (double)lanes64(m->w, x, m->d);
    double s = 0.0;
    for (size_t j = 0; j < m->d; j++)
        s = s + m->coef[j] * (double)x[j];
    return s;
}

static void naive_add(struct naive *m, const uint8_t *x, double c) {
    for (size_t j = 0; j < m->d; j++) {
        if (m->w)
            m->w[j] = fmaf((float)c, (float)x[j], m->w[j]);
        else
            m->coef[j] = m->coef[j] + (double)x[j] * c;
    }
}

static void naive_reset(struct naive *m) {
    for (size_t j = 0; j < m->d; j++) {
        if (m->w)
            m->w[j] = (float)((double)m->w[j] * m->wscale);
        else
            m->coef[j] = m->coef[j] * m->wscale;
    }
    m->wscale = 1.0;
}

/* The shuffle of seq_dataset, in place; the order goes on from epoch to epoch. */
static void naive_shuffle(uint32_t *ind, size_t n, uint32_t seed) {
    for (size_t i = 0; i + 1 < n; i++) {
        if (seed == 0) seed = 1;
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        size_t j = i + (seed & 0x7fffffff) % (uint32_t)(n - i);
        uint32_t swapped = ind[i];
        ind[i] = ind[j];
        ind[j] = swapped;
    }
}

/* sgd_fast's plain_sgd for hinge loss, L2 and the 'optimal' rate, on rows x[n][d] with y = -1 or +1. */
static void naive_fit(struct naive *m, const uint8_t *x, const double *y, size_t n, size_t d,
                      const struct hyper *hyper) {
    *m = (struct naive){.d = d, .wscale = 1.0, .hash = 1469598103934665603ULL};
    m->coef = calloc(d, sizeof *m->coef);
    if (hyper->engine == ENGINE_F32) m->w = calloc(d, sizeof *m->w);
    uint32_t *ind = calloc(n, sizeof *ind), seed = epoch_seed(hyper->seed, hyper->compat);
    for (size_t i = 0; i < n; i++)
        ind[i] = (uint32_t)i;
    double typw = sqrt(1.0 / sqrt(hyper->alpha)), t0 = 1.0 / (typw * hyper->alpha), t = 1.0, b = 0.0;
    for (unsigned epoch = 0; epoch < hyper->epochs; epoch++) {
        naive_shuffle(ind, n, seed);
        for (size_t i = 0; i < n; i++) {
            const uint8_t *row = x + ind[i] * d;
            double yy = y[ind[i]];
            double p = naive_dot(m, row) * m->wscale + b;
            double eta = 1.0 / (hyper->alpha * ((t0 + t) - 1.0));
            double z = p * yy;
            m->close += fabs(z - 1.0) < 1e-13 * (fabs(b) + 1.0);
            double dloss = z <= 1.0 ? -yy : 0.0;
            double u = (-eta) * dloss;
            m->wscale = m->wscale * fmax(0.0, 1.0 - (((1.0 - 0.0) * eta) * hyper->alpha));
            if (m->wscale < (m->w ? 1e-6 : 1e-9)) {
                naive_reset(m);
                m->resets++;
            }
            if (u != 0.0) {
                naive_add(m, row, u / m->wscale);
                b = b + u * 1.0;
                m->hash = (m->hash ^ (epoch * 60000ULL + i)) * 1099511628211ULL;
                m->updates++;
            }
            t = t + 1.0;
        }
    }
    for (size_t j = 0; j < d; j++)
        m->coef[j] = (m->w ? (double)m->w[j] : m->coef[j]) * m->wscale;
    m->intercept = b;
    free(ind);
}

static double naive_decision(const struct naive *m, const uint8_t *x) {
    return (m->w ? naive_dot(m, x) * m->wscale : naive_dot(m, x)) + m->intercept;
}

static void naive_free(struct naive *m) {
    free(m->coef);
    free(m->w);
}

/* Random rows, each with ink in a stretch of `ink` features; labels that a linear model learns in part. */
struct rows {
    size_t n, d;
    uint8_t *x;
    double *y;
    struct dataset ds;
    uint32_t *index;
};

static void rows_make(struct rows *rows, size_t n, size_t d, size_t ink, bool packed, struct random_state *rs) {
    *rows = (struct rows){.n = n, .d = d};
    rows->x = calloc(n, d);
    rows->y = calloc(n, sizeof *rows->y);
    rows->index = calloc(n, sizeof *rows->index);
    struct error err;
    strcpy(rows->ds.name, "random rows");
    if (dataset_allocate(&rows->ds, n, d, &err) != 0) fail_msg("%s", err.text);
    for (size_t i = 0; i < n; i++) {
        size_t start = random_masked(rs, (uint32_t)(d - ink));
        unsigned label = random_masked(rs, 3) == 0;
        for (size_t k = start; k < start + ink; k++)
            rows->x[i * d + k] = (uint8_t)(random_masked(rs, 2) ? 0 : random_masked(rs, 255) >> (label && k % 3 == 0));
        rows->y[i] = label ? 1.0 : -1.0;
        rows->ds.labels[i] = label ? 5 : 3;
        rows->index[i] = (uint32_t)i;
    }
    memcpy(rows->ds.pixels, rows->x, n * d);
    rows->ds.n_train = n;
    if (packed) dataset_crop(&rows->ds);
}

static void rows_free(struct rows *rows) {
    dataset_free(&rows->ds);
    free(rows->x);
    free(rows->y);
    free(rows->index);
}

static bool same_bits(const void *a, const void *b, size_t size) {
    return memcmp(a, b, size) == 0;
}

static const char *const engine_words[] = {[ENGINE_F32] = "f32", [ENGINE_F64] = "f64", [ENGINE_INT] = "int"};

/* What was unusual about a fit. */
struct unusual {
    uint64_t resets; /* of wscale, into the weights */
    uint64_t close;  /* decisions on the hinge */
};

/* Trains and decides both ways and compares every bit. */
static struct unusual compare_fits(const struct rows *rows, const struct hyper *hyper, const struct backend *backend) {
    struct row_ref *at = calloc(rows->n, sizeof *at);
    double *decision = calloc(rows->n, sizeof *decision);
    row_refs_fill(at, &rows->ds, rows->index, rows->n, 5);
    struct row_list row_list = {&rows->ds, at, rows->n};
    struct naive want;
    struct model got;
    struct error err;
    naive_fit(&want, rows->x, rows->y, rows->n, rows->d, hyper);
    if (fit(&got, &row_list, hyper, backend, &err) != 0) fail_msg("%s", err.text);
    decision_function(decision, &got, &row_list, backend);

    uint64_t updates = 0;
    for (unsigned epoch = 0; epoch < got.epochs; epoch++)
        updates += got.updates[epoch];
    bool equal = updates == want.updates && got.update_hash == want.hash && got.intercept == want.intercept &&
                 same_bits(got.coef, want.coef, rows->d * sizeof *got.coef) && got.wscale == want.wscale;
    uint64_t fingerprint = fnv1a(FNV_START, want.coef, rows->d * sizeof *want.coef);
    equal = equal && got.fingerprint == fnv1a(fingerprint, &want.intercept, sizeof want.intercept);
    for (size_t i = 0; i < rows->n; i++) {
        double d = naive_decision(&want, rows->x + i * rows->d);
        /* Engine int promises the class, by a sum of its own. */
        equal = equal && (hyper->engine == ENGINE_INT ? (decision[i] > 0) == (d > 0) : decision[i] == d);
    }
    if (!equal)
        fail_msg("%s %s, n %zu, d %zu (width %zu), alpha %g, %u epochs, seed %u, compat %d: another model",
                 engine_words[hyper->engine], backend->name, rows->n, rows->d, rows->ds.width, hyper->alpha,
                 hyper->epochs, hyper->seed, (int)hyper->compat);
    const struct unusual unusual = {want.resets, want.close};
    naive_free(&want);
    model_free(&got);
    free(at);
    free(decision);
    return unusual;
}

static bool promises_bits(const struct backend *backend) {
    return backend->parity == PARITY_BITS && backend_state(backend) == BACKEND_OK;
}

/* The same fits on packed rows. */
static void compare_packed(const struct rows *rows, const struct hyper *hyper) {
    struct rows packed = *rows;
    const struct backend plain = plain_backend();
    pack_by_hand(&packed.ds);
    compare_fits(&packed, hyper, &plain);
    if (backend_best()->dot_packed) compare_fits(&packed, hyper, backend_best());
    packed_free(&packed.ds.packed);
}

static struct unusual compare_backends(const struct rows *rows, struct hyper hyper) {
    if (hyper.engine == ENGINE_F64) return compare_fits(rows, &hyper, backend_scalar());
    if (hyper.engine == ENGINE_INT) compare_packed(rows, &hyper);
    struct unusual unusual = {0};
    for (size_t i = 0; i < backend_count; i++)
        if (promises_bits(&backends[i])) unusual = compare_fits(rows, &hyper, &backends[i]);
    return unusual;
}

static void fits_are_scikit_learns(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 17, 150}, widths[] = {1, 5, 64, 131, 300};
    static const double alphas[] = {1e-6, 1e-4, 1e-2, 1.0};
    struct random_state rs;
    random_seed(&rs, 5);
    unsigned round = 0;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(widths); j++)
            for (size_t k = 0; k < COUNT(alphas); k++, round++) {
                struct rows rows;
                rows_make(&rows, sizes[i], widths[j], 1 + widths[j] / 2, round % 2, &rs);
                struct hyper hyper = made(ENGINE_F32, alphas[k], 1 + round % 6, random_uint32(&rs));
                for (unsigned all = 0; all < 6; all++) {
                    hyper.engine = (enum engine)(all % 3);
                    if (hyper.engine == ENGINE_INT && hyper.alpha > 0.39) continue; /* has no integer form */
                    hyper.compat = all / 3 ? COMPAT_1_2 : COMPAT_0_19;
                    compare_backends(&rows, hyper);
                }
                rows_free(&rows);
            }
}

static void wscale_is_folded_in(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 6);
    struct rows rows;
    rows_make(&rows, 120, 100, 40, true, &rs);
    struct hyper f32 = made(ENGINE_F32, 1e6, 40, 42);
    struct hyper f64 = made(ENGINE_F64, 1e10, 60, 42);
    assert_true(compare_backends(&rows, f32).resets > 1);
    assert_true(compare_backends(&rows, f64).resets > 1);
    rows_free(&rows);

    /* The first step folds in a factor of 0 (not one below 0): weights without ink stay +0. */
    rows_make(&rows, 2, 300, 10, true, &rs);
    assert_true(rows.ds.width < rows.d);
    f64.alpha = 1e6;
    assert_true(compare_backends(&rows, f32).resets > 0);
    assert_true(compare_backends(&rows, f64).resets > 0);
    rows_free(&rows);
}

/* With alpha 1 the first step is exactly 1: rows without ink and of the positive class then lie on the margin, z = 1,
 * and the hinge's threshold is included. */
static void a_row_on_the_margin_is_an_update(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 7);
    struct rows rows;
    rows_make(&rows, 3, 20, 10, false, &rs);
    memset(rows.x, 0, rows.n * rows.d);
    memset(rows.ds.pixels, 0, rows.n * rows.d);
    for (size_t i = 0; i < rows.n; i++) {
        rows.ds.labels[i] = 5;
        rows.y[i] = 1.0;
    }
    struct row_ref at[3];
    row_refs_fill(at, &rows.ds, rows.index, rows.n, 5);
    struct row_list row_list = {&rows.ds, at, rows.n};
    for (int engine = 0; engine < 2; engine++) {
        struct hyper hyper = made(engine ? ENGINE_F32 : ENGINE_F64, 1.0, 1, 42);
        struct model model;
        assert_int_equal(fit(&model, &row_list, &hyper, backend_best(), NULL), 0);
        assert_int_equal(model.updates[0], 2);
        assert_true(model.intercept == 1.5);
        model_free(&model);
        compare_backends(&rows, hyper);
    }
    rows_free(&rows);
}

/* ---- Engine int ---- */

/* 1500 updates by random rows, the last third all down. */
static void grow_integers(const struct backend *backend, bool packed) {
    enum { D = 192, WIDTH = 128, START = 64 };
    struct random_state rs;
    random_seed(&rs, 14);
    int64_t want[D] = {0};
    uint8_t row[2 * WIDTH / 64 + WIDTH], *x = row + 2 * WIDTH / 64; /* packed, with every group kept */
    memset(row, 0xff, 2 * WIDTH / 64);
    struct integer_weights w;
    assert_int_equal(integer_new(&w, D, 0, NULL), 0);
    integer_clear(&w, packed);
    for (unsigned step = 0; step < 1500; step++) {
        int y = step < 1000 && random_masked(&rs, 7) ? 1 : -1;
        int64_t sum = 0;
        for (size_t k = 0; k < WIDTH; k++) {
            x[k] = k < 3 ? 255 : (uint8_t)random_masked(&rs, 255);
            sum += want[START + k] * x[k];
        }
        if (packed)
            assert_true(integer_dot_packed(&w, backend, START, row, WIDTH / 64, row, 1) == sum);
        else
            assert_true(integer_dot(&w, backend, START, x, WIDTH, x, NULL) == sum);
        integer_add(&w, backend, START, x, y, WIDTH);
        for (size_t k = 0; k < WIDTH; k++)
            want[START + k] += y * x[k];
    }
    assert_true(w.wide && !w.lost);
    integer_free(&w);
}

static void integers_are_exact_beyond_16_bits(void **state) {
    (void)state;
    const struct backend plain = plain_backend();
    for (size_t i = 0; i < backend_count; i++)
        if (promises_bits(&backends[i])) grow_integers(&backends[i], false);
    grow_integers(&plain, true);
    if (backend_best()->dot_packed) grow_integers(backend_best(), true);
}

static void integers_beyond_29_bits_are_lost(void **state) {
    (void)state;
    const uint8_t x = 255;
    struct integer_weights w;
    assert_int_equal(integer_new(&w, 1, 0, NULL), 0);
    int64_t updates = 0;
    for (; !w.lost && updates < 10000000; updates++) {
        if (updates % 100000 == 0)
            assert_true(integer_dot(&w, backend_scalar(), 0, &x, 1, &x, NULL) == updates * 255 * 255);
        integer_add(&w, backend_scalar(), 0, &x, 1, 1);
    }
    assert_true(w.lost);
    assert_true(updates > ((int64_t)1 << 29) / 255 - 300);
    integer_clear(&w, false);
    assert_true(!w.lost && !w.wide && integer_dot(&w, backend_scalar(), 0, &x, 1, &x, NULL) == 0);
    integer_free(&w);
}

/* A few features of small values, and t0 and many a decision short binary fractions: some fall on the hinge, where
 * float64's rounding decides, and engine int has to follow it. */
static void integers_follow_float64_on_the_hinge(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 13);
    uint64_t close = 0;
    const struct backend *best = backend_best();
    for (unsigned round = 0; round < 3000; round++) {
        struct rows rows;
        size_t n = 4 + random_masked(&rs, 60), d = 1 + random_masked(&rs, 3);
        rows_make(&rows, n, d, d, false, &rs);
        for (size_t i = 0; i < n * d; i++)
            rows.x[i] = rows.ds.pixels[i] = (uint8_t)random_masked(&rs, 3);
        const double alpha = round % 4 ? 0x1p-4 : 0x1p-8;
        const unsigned epochs = 1 + random_masked(&rs, 8);
        struct hyper hyper = made(ENGINE_INT, alpha, epochs, random_uint32(&rs));
        close += compare_fits(&rows, &hyper, best).close;
        rows_free(&rows);
    }
    assert_true(close > 10);
}

/* Two kinds of rows that differ by 1 of 255: the weights that tell them apart grow by 1 with every pair of updates. */
static void a_fit_outgrows_16_bits(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 15);
    struct rows rows;
    rows_make(&rows, 600, 2, 2, false, &rs);
    for (size_t i = 0; i < rows.n; i++) {
        const uint8_t row[2] = {(uint8_t)(254 + i % 2), (uint8_t)(255 - i % 2)};
        memcpy(rows.x + 2 * i, row, sizeof row);
        memcpy(rows.ds.pixels + 2 * i, row, sizeof row);
        rows.ds.labels[i] = i % 2 ? 5 : 3;
        rows.y[i] = i % 2 ? 1.0 : -1.0;
    }
    struct hyper hyper = made(ENGINE_INT, 0.3, 400, 42);
    compare_backends(&rows, hyper);
    struct row_ref *at = calloc(rows.n, sizeof *at);
    row_refs_fill(at, &rows.ds, rows.index, rows.n, 5);
    struct row_list row_list = {&rows.ds, at, rows.n};
    struct model model;
    assert_int_equal(fit(&model, &row_list, &hyper, backend_best(), NULL), 0);
    assert_true(model.integer.wide);
    model_free(&model);
    free(at);
    rows_free(&rows);
}

/* The intercept after one update down and two up, in float64 as the loop has it. */
static double after_three_steps(double alpha) {
    double typw = sqrt(1.0 / sqrt(alpha)), t0 = 1.0 / (typw * alpha), b = 0.0;
    for (int t = 1; t <= 3; t++)
        b += (t == 1 ? -1.0 : 1.0) / (alpha * ((t0 + t) - 1.0));
    return b;
}

/* Rows without ink: the fourth one's decision is the intercept, and alpha is chosen so that it lies on the margin or
 * one rounding below. Integers cannot tell on which side; the float64 order has to be asked. */
static void integers_ask_on_the_margin(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 16);
    struct rows rows;
    rows_make(&rows, 4, 20, 10, false, &rs);
    memset(rows.x, 0, rows.n * rows.d);
    memset(rows.ds.pixels, 0, rows.n * rows.d);
    struct hyper hyper = made(ENGINE_INT, 1e-4, 1, 42);
    uint32_t order[4];
    epoch_permutation(order, 4, epoch_seed(hyper.seed, hyper.compat));
    for (size_t i = 0; i < 4; i++) {
        rows.y[order[i]] = i ? 1.0 : -1.0;
        rows.ds.labels[order[i]] = i ? 5 : 3;
    }
    double low = 0.01, high = 0.39; /* the intercept falls from 2.9 to 0.2 */
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        *(after_three_steps(middle) > 1.0 ? &low : &high) = middle;
    }
    assert_true(after_three_steps(low) > 1.0 && after_three_steps(high) <= 1.0);
    hyper.alpha = high;
    compare_backends(&rows, hyper);
    hyper.alpha = low;
    compare_backends(&rows, hyper);
    rows_free(&rows);
}

/* wscale as the loop computes it, against the exact (t0 - 1) / (t0 + t - 1): looked at every 8 steps, its error stays
 * within what the last look said, which is far below the worst case of all steps. */
static void the_error_of_wscale_is_bounded_by_looking(void **state) {
    (void)state;
    static const double alphas[] = {1e-4, 0.01, 0.3};
    enum { STEPS = 2000000, LOOK = 8 };
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
        double alpha = alphas[a], t0 = 1.0 / (sqrt(1.0 / sqrt(alpha)) * alpha), wscale = 1.0, bound = 0.0,
               largest = 0.0;
        for (int t = 1; t <= STEPS; t++) {
            if (t % LOOK == 1) bound = integer_scale_error(t0, t, wscale, LOOK);
            double eta = 1.0 / (alpha * ((t0 + t) - 1.0));
            wscale *= 1.0 - eta * alpha;
            long double exact = ((long double)t0 - 1.0L) / ((long double)t0 + t - 1.0L);
            double error = (double)fabsl((long double)wscale / exact - 1.0L) * 0x1p53;
            assert_true(error <= bound);
            largest = fmax(largest, bound);
        }
        assert_true(largest < 2.0 * STEPS / 100.0);
    }
}

static void some_settings_have_no_integer_form(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(integer_possible(1e-4, 1000.0, 300000, &err), 0);
    assert_int_equal(integer_possible(1.0, 1.0, 10, &err), -1);
    assert_non_null(strstr(err.text, "no integer form"));
    assert_int_equal(integer_possible(1e-4, 1000.0, 1e12, &err), -1);
    assert_int_equal(integer_possible(0.3, 2.47, 1e11, &err), -1);
    assert_non_null(strstr(err.text, "too small"));
}

static void cropped_rows_train_the_same_model(void **state) {
    (void)state;
    for (int engine = 0; engine < 3; engine++) {
        uint64_t fingerprint[2];
        for (int packed = 0; packed < 2; packed++) {
            struct random_state rs;
            random_seed(&rs, 8);
            struct rows rows;
            rows_make(&rows, 200, 784, 300, packed, &rs);
            assert_int_equal(rows.ds.width < rows.d, packed);
            struct row_ref *at = calloc(rows.n, sizeof *at);
            row_refs_fill(at, &rows.ds, rows.index, rows.n, 5);
            struct row_list row_list = {&rows.ds, at, rows.n};
            struct hyper hyper = made((enum engine)engine, 1e-4, 5, 42);
            struct model model;
            assert_int_equal(fit(&model, &row_list, &hyper, backend_best(), NULL), 0);
            fingerprint[packed] = model.fingerprint;
            model_free(&model);
            free(at);
            rows_free(&rows);
        }
        assert_int_equal(fingerprint[0], fingerprint[1]);
    }
}

static void overflow_is_an_error(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 10);
    struct rows rows;
    rows_make(&rows, 20, 30, 20, false, &rs);
    struct row_ref *at = calloc(rows.n, sizeof *at);
    row_refs_fill(at, &rows.ds, rows.index, rows.n, 5);
    struct row_list row_list = {&rows.ds, at, rows.n};
    struct hyper hyper = made(ENGINE_F32, 1e-200, 2, 1);
    struct model model;
    struct error err;
    assert_int_equal(fit(&model, &row_list, &hyper, backend_best(), &err), -1);
    assert_non_null(strstr(err.text, "not finite"));
    free(at);
    rows_free(&rows);
}

/* ---- Cross-validation ---- */

static void compare_folds(const struct rows *rows, const struct cv_result *got, const uint16_t *fold_of,
                          const struct hyper *hyper) {
    uint8_t *x = calloc(rows->n, rows->d);
    double *y = calloc(rows->n, sizeof *y);
    for (unsigned f = 0; f < got->folds; f++) {
        size_t trained = 0, tested = 0, right = 0;
        for (size_t i = 0; i < rows->n; i++) {
            if (fold_of[i] == f) continue;
            memcpy(x + trained * rows->d, rows->x + i * rows->d, rows->d);
            y[trained++] = rows->y[i];
        }
        struct naive want;
        naive_fit(&want, x, y, trained, rows->d, hyper);
        for (size_t i = 0; i < rows->n; i++) {
            if (fold_of[i] != f) continue;
            double decision = naive_decision(&want, rows->x + i * rows->d);
            assert_true(got->decision[i] == decision);
            assert_int_equal(got->predicted[i], decision > 0.0);
            assert_int_equal(got->truth[i], rows->y[i] > 0.0);
            right += (decision > 0.0) == (rows->y[i] > 0.0);
            tested++;
        }
        assert_true(got->fold[f].accuracy == (double)right / (double)tested);
        assert_true(got->fold[f].intercept == want.intercept);
        assert_int_equal(got->fold[f].updates, want.updates);
        assert_int_equal(got->fold[f].update_hash, want.hash);
        naive_free(&want);
    }
    free(x);
    free(y);
}

static void cross_validation_is_scikit_learns(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 12);
    for (unsigned round = 0; round < 16; round++) {
        struct rows rows;
        rows_make(&rows, 60 + random_masked(&rs, 60), 90, 50, round % 2, &rs);
        struct hyper hyper = made(round % 4 < 2 ? ENGINE_F32 : ENGINE_F64, 1e-4, 3, random_uint32(&rs));
        hyper.compat = round % 8 < 4 ? COMPAT_1_2 : COMPAT_0_19;
        unsigned folds = 2 + random_masked(&rs, 5);
        struct row_ref *at = calloc(rows.n, sizeof *at);
        uint8_t *positive = calloc(rows.n, 1);
        uint16_t *fold_of = calloc(rows.n, sizeof *fold_of);
        row_refs_fill(at, &rows.ds, rows.index, rows.n, 5);
        struct row_list row_list = {&rows.ds, at, rows.n};
        for (size_t i = 0; i < rows.n; i++)
            positive[i] = rows.y[i] > 0.0;
        assert_int_equal(stratified_folds(fold_of, positive, rows.n, 2, folds, hyper.compat, NULL), 0);
        struct cv_result result;
        struct error err;
        if (cross_validate(&result, &row_list, folds, &hyper, backend_best(), NULL, &err) != 0)
            fail_msg("%s", err.text);
        compare_folds(&rows, &result, fold_of, &hyper);
        assert_int_equal(result.confusion.tn + result.confusion.fp + result.confusion.fn + result.confusion.tp, rows.n);
        assert_true(result.roc_auc == roc_auc_score(positive, result.decision, rows.n));
        cv_free(&result);
        free(at);
        free(positive);
        free(fold_of);
        rows_free(&rows);
    }
}

/* scikit-learn updates on the hinge itself, and t0 = 1 / (eta0 alpha) is 1000 for alpha 1e-4. */
static void hinge_is_scikit_learns(void **state) {
    (void)state;
    assert_true(loss_violated(LOSS_HINGE, 0.0, 1.0, 0.1));
    assert_true(loss_violated(LOSS_HINGE, -1.0, -1.0, 0.1));
    assert_false(loss_violated(LOSS_HINGE, nextafter(1.0, 2.0), 1.0, 0.1));
    assert_true(loss_derivative(LOSS_HINGE, 0.5, 1.0, 0.1) == -1.0);
    assert_true(loss_derivative(LOSS_HINGE, 0.5, -1.0, 0.1) == 1.0);
    assert_true(loss_optimal_t0(LOSS_HINGE, 1e-4, 0.1) == 1000.0);
    assert_true(loss_is_hinge(LOSS_HINGE));
    assert_string_equal(loss_names[LOSS_HINGE], "hinge");
    assert_null(loss_names[LOSSES]);
}

/* Weights end in the page in which they begin if they fit one; those of fits trained together begin apart. */
static void weights_lie_apart_in_their_pages(void **state) {
    (void)state;
    static const size_t bytes[] = {1, 64, 1664, 3136, 4032, 4095, 4096, 4097, 6656, 20000};
    enum { SIZES = sizeof bytes / sizeof *bytes, FITS = 12, PAGE = 4096 };
    for (size_t s = 0; s < SIZES; s++) {
        size_t last = PAGE;
        for (size_t nth = 0; nth < FITS; nth++) {
            char *weights = weights_alloc(bytes[s], nth);
            assert_non_null(weights);
            memset(weights, 1, bytes[s]);
            const size_t begin = (uintptr_t)weights % PAGE;
            if (nth == 0) assert_int_equal(begin, 0);
            assert_int_equal(begin % 64, 0);
            if (bytes[s] <= PAGE) assert_true(begin + bytes[s] <= PAGE);
            if (bytes[s] <= PAGE - 1024 || bytes[s] > PAGE) assert_int_not_equal(begin, last);
            last = begin;
            weights_free(weights);
        }
    }
    weights_free(NULL);
    assert_null(weights_alloc(SIZE_MAX, 0));
    assert_null(weights_alloc(SIZE_MAX - 4096, 3));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_lie_apart_in_their_pages),
        cmocka_unit_test(hinge_is_scikit_learns),
        cmocka_unit_test(generator_is_numpys),
        cmocka_unit_test(masked_draws_stay_in_range),
        cmocka_unit_test(shuffle_seeds),
        cmocka_unit_test(epoch_orders),
        cmocka_unit_test(folds_by_hand),
        cmocka_unit_test(folds_are_scikit_learns),
        cmocka_unit_test(folds_need_members),
        cmocka_unit_test(plain_folds_are_blocks),
        cmocka_unit_test(a_fold_of_one_class_has_no_score),
        cmocka_unit_test(few_members_are_warned_of),
        cmocka_unit_test(metrics_of_the_notebook),
        cmocka_unit_test(confusion_counts_each_pair),
        cmocka_unit_test(roc_auc_counts_pairs),
        cmocka_unit_test(fits_are_scikit_learns),
        cmocka_unit_test(wscale_is_folded_in),
        cmocka_unit_test(a_row_on_the_margin_is_an_update),
        cmocka_unit_test(integers_are_exact_beyond_16_bits),
        cmocka_unit_test(integers_follow_float64_on_the_hinge),
        cmocka_unit_test(integers_beyond_29_bits_are_lost),
        cmocka_unit_test(a_fit_outgrows_16_bits),
        cmocka_unit_test(integers_ask_on_the_margin),
        cmocka_unit_test(the_error_of_wscale_is_bounded_by_looking),
        cmocka_unit_test(some_settings_have_no_integer_form),
        cmocka_unit_test(cropped_rows_train_the_same_model),
        cmocka_unit_test(overflow_is_an_error),
        cmocka_unit_test(cross_validation_is_scikit_learns),
    };
    return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
